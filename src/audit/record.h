/* An event -> one JSON object on one line.
 *
 * docs/audit.schema.json describes the lines. They are ASCII: other octets come out as \u00XX, so
 * that any name makes valid JSON and no name makes a second line. A line, with its line feed, is at
 * most CG_RECORD_SIZE_MAX octets: so much a pipe takes in one piece (POSIX, PIPE_BUF on Linux).
 * Texts that would not fit are cut, and the record says "truncated":true. */
#ifndef CG_RECORD_H
#define CG_RECORD_H

#include "../cookie/writer.h"
#include "event.h"

#define CG_RECORD_SIZE_MAX 4096

/* Writes the line with its line feed. `writer` needs room for CG_RECORD_SIZE_MAX octets. */
void cg_record_print(cg_writer *writer, const cg_event *event);

/* What a summary of earlier sightings tells (see segment.h). */
typedef struct cg_sighting_count {
    int64_t time_us;  /* when the summary is written */
    int64_t first_us; /* the first and the last sighting */
    int64_t last_us;
    uint64_t count; /* sightings since the last summary */
    cg_span vhost;
    cg_span name;
    cg_span before; /* as cg_attributes_print writes it */
    uint64_t findings;
    bool is_session_like;
} cg_sighting_count;

void cg_record_print_count(cg_writer *writer, const cg_sighting_count *count);

/* The response had more cookies than are recorded one by one. */
void cg_record_print_omitted(cg_writer *writer, const cg_event_request *request, uint64_t count);

/* Writes what the attributes say, without a value of the cookie: "Path=/; Secure; SameSite=Lax",
 * known attributes in their usual order, "(other)" once if there are others. */
void cg_attributes_print(cg_writer *writer, const cg_attributes *attributes, bool has_others);

/* The short form for an access log: "SID:+Secure+HttpOnly", "-" in front of what was removed, ":="
 * semantics not shown; a dropped cookie is "SID:dropped". Nothing if nothing changed. Names are
 * escaped as in a record. */
void cg_short_form_print(cg_writer *writer, cg_span name, const cg_judgement *judgement);

#endif
