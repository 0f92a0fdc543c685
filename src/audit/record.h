/* An event -> one JSON object on one line.
 *
 * docs/audit.schema.json describes the lines. They are ASCII: other octets come out as \u00XX, so
 * that any name makes valid JSON and no name makes a second line. A line, with its line feed, is at
 * most CG_RECORD_SIZE_MAX octets: so much a pipe takes in one piece (POSIX, PIPE_BUF on Linux).
 * Texts that would not fit are cut, the longest first; "..." stands where something is missing,
 * and the record says "truncated":true. */
#ifndef CG_RECORD_H
#define CG_RECORD_H

#include "../cookie/writer.h"
#include "../policy/restore.h"
#include "event.h"

#define CG_RECORD_SIZE_MAX 4096

/* Writes the line with its line feed. `writer` needs room for CG_RECORD_SIZE_MAX octets. */
void cg_record_print(cg_writer *writer, const cg_event *event);

/* What a summary of earlier sightings tells (see segment.h). */
typedef struct cg_sighting_count {
    int64_t time_us;  /* when the summary is written */
    int64_t first_us; /* the first and the last sighting */
    int64_t last_us;
    uint64_t count; /* sightings since the first one or the last summary; those not included */
    cg_mode mode;
    cg_span vhost;
    cg_span name;
    cg_span before; /* at the first sighting, as cg_attributes_print writes it */
    uint64_t findings;
    bool is_session_like;
    bool is_cut; /* some text was longer than the segment keeps */
} cg_sighting_count;

void cg_record_print_count(cg_writer *writer, const cg_sighting_count *count);

/* The response had more cookies than are recorded one by one. */
void cg_record_print_omitted(cg_writer *writer, const cg_event_request *request, uint64_t count);

/* Cookies of a request that were not handed on to the application: how many for each reason, and
 * the guarded name that the first of them was about, as the configuration has it. Names and values
 * as they were sent are not told. Only mode On refuses. */
void cg_record_print_refused(cg_writer *writer, const cg_event_request *request,
                             const cg_restored *restored);

/* So many more records of refused cookies were not written, because there were too many. */
void cg_record_print_held_back(cg_writer *writer, int64_t time_us, cg_span vhost, uint64_t count);

/* Writes what the attributes say, without a value of the cookie: "Path=/; Secure; SameSite=Lax",
 * known attributes in their usual order, "(other)" once if there are others. Path and Domain come
 * as they are, whatever their octets: who puts the text into a log escapes it. */
void cg_attributes_print(cg_writer *writer, const cg_attributes *attributes, bool has_others);

/* True if the line has attributes that browsers do not know. */
bool cg_set_cookie_has_others(const cg_set_cookie *cookie);

#endif
