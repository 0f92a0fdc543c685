/* The shared segment of the audit: counters, and which cookies have been seen.
 *
 * One piece of memory that all processes of a server generation share. Nothing in it is ever
 * locked: counters and table entries are atomics, and a process that dies leaves nothing behind
 * that others wait for. There are no pointers in it. Whoever reads it treats it as hostile input:
 * every length is checked against the size of its field. */
#ifndef CG_SEGMENT_H
#define CG_SEGMENT_H

#include "../policy/restore.h"
#include "event.h"
#include "record.h"
#include "session_record.h"

/* cg_counter_names says how they are called in public. */
typedef enum cg_counter {
    /* of the lines of responses */
    CG_COUNTER_RESPONSES = 0, /* responses with at least one cookie judged */
    CG_COUNTER_COOKIES,       /* lines judged */
    CG_COUNTER_REWRITTEN,
    CG_COUNTER_DROPPED,
    CG_COUNTER_WITHHELD,     /* lines under Prefix that could not be carried */
    CG_COUNTER_TOKENS_SET,   /* lines of the session's token that were not ours */
    CG_COUNTER_REFUSED,      /* lines of which a change was refused */
    CG_COUNTER_CACHE_MARKED, /* heads made to keep shared caches away */
    CG_COUNTER_IGNORED,      /* lines that browsers ignore; the last that judging a head counts */
    CG_COUNTER_FINDINGS,

    /* of the audit itself */
    CG_COUNTER_RECORDS,      /* audit records written */
    CG_COUNTER_RECORDS_LOST, /* audit records that could not be written */
    CG_COUNTER_UNSEEN,       /* sightings that the full table could not take */

    /* of heads */
    CG_COUNTER_HEADS, /* heads with cookies that only the connection saw: 100, 101, 103, nph- */
    CG_COUNTER_HEADS_REWRITTEN,

    /* of sessions: the first of what became of them, by the actions of cg_session_action */
    CG_COUNTER_SESSIONS,

    /* of the cookies of requests */
    CG_COUNTER_RESTORED = CG_COUNTER_SESSIONS + CG_SESSION_ACTION_COUNT - 1, /* handed on by the
                           * application's name, their prefix taken off */
    CG_COUNTER_REFUSALS, /* the first of cookies not handed on, by the reasons of cg_refusal */
    CG_COUNTER_COUNT = CG_COUNTER_REFUSALS + CG_REFUSAL_COUNT - 1
} cg_counter;

static inline cg_counter cg_counter_of_action(cg_session_action action)
{
    return (cg_counter)(CG_COUNTER_SESSIONS + (int)action - 1);
}

/* The counter of cookies that were refused for this reason. */
static inline cg_counter cg_counter_of_refusal(cg_refusal refusal)
{
    return (cg_counter)(CG_COUNTER_REFUSALS + (int)refusal - 1);
}

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

/* What clients can cause at will is recorded CG_LINES_PER_SECOND times a second and virtual host at
 * most; the rest is counted. True if a line may be written at `now_us`; *held_back is then the
 * number of lines that were not since the last one that was. `vhost` is the number of the virtual
 * host; those from CG_VHOSTS_MAX - 1 on share one limit. Never waits. A clock that is a little
 * behind another process's counts as its second. */
#define CG_LINES_PER_SECOND 10
#define CG_VHOSTS_MAX 4096
bool cg_segment_allow_line(cg_segment *segment, unsigned vhost, int64_t now_us,
                           uint64_t *held_back);

/* Takes the number of lines held back, so that it is told although no line follows. */
uint64_t cg_segment_take_held_back(cg_segment *segment, unsigned vhost);

/* Null if the segment is as it must be, at any moment and whoever else is at work; otherwise a
 * sentence that says what is wrong. Reads nothing outside the segment, whatever stands in it. */
const char *cg_segment_check(const cg_segment *segment);

/* True for the first caller in this generation, over all processes, false for every later one and
 * for a `notice` of CG_NOTICE_MAX or more: what is to be said once. Never waits. */
#define CG_NOTICE_MAX 4096
bool cg_segment_notice_once(cg_segment *segment, unsigned notice);

#endif
