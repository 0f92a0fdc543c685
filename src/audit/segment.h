/* The shared segment of the audit: counters, and which cookies have been seen.
 *
 * One piece of memory that all processes of a server generation share. Nothing in it is ever
 * locked: counters and table entries are atomics, and a process that dies leaves nothing behind
 * that others wait for. There are no pointers in it. Whoever reads it treats it as hostile input:
 * every length is checked against the size of its field. */
#ifndef CG_SEGMENT_H
#define CG_SEGMENT_H

#include "event.h"
#include "record.h"

/* Later counters are added at the end; cg_counter_names says how they are called in public. */
typedef enum cg_counter {
    CG_COUNTER_RESPONSES = 0, /* responses with at least one cookie judged */
    CG_COUNTER_COOKIES,       /* lines judged */
    CG_COUNTER_REWRITTEN,
    CG_COUNTER_DROPPED,
    CG_COUNTER_REFUSED, /* lines of which a change was refused */
    CG_COUNTER_IGNORED, /* lines that browsers ignore */
    CG_COUNTER_FINDINGS,
    CG_COUNTER_RECORDS,      /* audit records written */
    CG_COUNTER_RECORDS_LOST, /* audit records that could not be written */
    CG_COUNTER_UNSEEN,       /* sightings that the full table could not take */
    CG_COUNTER_HEADS, /* heads with cookies that only the connection saw: 100, 101, 103, nph- */
    CG_COUNTER_HEADS_REWRITTEN,
    CG_COUNTER_COUNT
} cg_counter;

extern const cg_span cg_counter_names[CG_COUNTER_COUNT];

typedef struct cg_segment cg_segment;

/* Octets that a segment needs. */
size_t cg_segment_size(void);

/* Makes a segment of zeroed memory of that size, aligned to 64 octets. `key` is random; it keeps
 * names from being chosen so that they collide. */
cg_segment *cg_segment_make(void *memory, const unsigned char key[16]);

void cg_counter_add(cg_segment *segment, cg_counter counter, uint64_t number);
uint64_t cg_counter_read(const cg_segment *segment, cg_counter counter);

typedef enum cg_sight {
    CG_SIGHT_AGAIN = 0, /* seen before in this generation: counted */
    CG_SIGHT_FIRST,     /* now entered */
    CG_SIGHT_UNSEEN     /* the table is full: counted in CG_COUNTER_UNSEEN only */
} cg_sight;

/* Notes that (vhost, name, attributes as sent, findings, mode) was seen. Never waits. Of Expires
 * and Max-Age it counts only whether they are there: their values change from hour to hour, and
 * what matters about them is a finding. Of all who note the same thing at once, one gets
 * CG_SIGHT_FIRST. */
cg_sight cg_segment_note(cg_segment *segment, const cg_event *event);

/* Hands over one summary for every entry that was seen again since its last summary, and starts
 * their counts anew. For one process at a time (the parent): hourly, and when a generation ends.
 * The spans of a summary are valid during the call only. */
typedef void cg_summary_writer(const cg_sighting_count *count, void *context);
void cg_segment_summarize(cg_segment *segment, int64_t now_us, cg_summary_writer *write,
                          void *context);

/* Null if the segment is as it must be, at any moment and whoever else is at work; otherwise a
 * sentence that says what is wrong. Reads nothing outside the segment, whatever stands in it. */
const char *cg_segment_check(const cg_segment *segment);

/* True for the first caller in this generation, over all processes, false for every later one and
 * for a `notice` of CG_NOTICE_MAX or more: what is to be said once. Never waits. */
#define CG_NOTICE_MAX 4096
bool cg_segment_notice_once(cg_segment *segment, unsigned notice);

#endif
