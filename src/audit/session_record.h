/* What became of a session -> one JSON object on one line.
 *
 * The lines are as those of record.h. A session goes by its tag: a keyed hash of its number, another
 * one each day, that opens nothing. No token, no content, and nothing computed from them stands here. */
#ifndef CG_SESSION_RECORD_H
#define CG_SESSION_RECORD_H

#include "../cookie/writer.h"
#include "event.h"

/* cg_session_actions says how each is called, and what may be known of it. */
typedef enum cg_session_action {
    CG_TOLD_NOTHING = 0,
    CG_TOLD_CREATED,
    CG_TOLD_ROTATED,    /* another token, by age */
    CG_TOLD_IDENTIFIED, /* another token, because somebody logged in or out */
    CG_TOLD_ENDED,
    CG_TOLD_EXPIRED, /* a token came whose session was too old, or idle for too long */
    CG_TOLD_EVICTED, /* it had to go to make room for another one */
    CG_TOLD_REFUSED, /* a token that opens nothing came */
    CG_TOLD_FORGED,  /* the handle of a session came, and not its secret */
    CG_TOLD_REUSED,  /* a token whose successor is in use came */
    CG_TOLD_MUTED,   /* what was changed was not kept, since the token had died meanwhile */
    CG_TOLD_DROPPED, /* the same, since others changed the session all the time */
    CG_TOLD_FULL,    /* the same, since the store is full */
    CG_TOLD_TOO_LARGE,
    CG_TOLD_FAILED, /* the same, for want of randomness or of a sound store */
    CG_SESSION_ACTION_COUNT
} cg_session_action;

typedef struct cg_session_action_row {
    cg_span name;
    bool is_at_will;   /* any client can cause it as often as it likes */
    uint64_t findings; /* CG_FINDING_BIT */
} cg_session_action_row;

extern const cg_session_action_row cg_session_actions[CG_SESSION_ACTION_COUNT];

/* Why, where an action can have several reasons. */
typedef enum cg_session_reason {
    CG_REASON_NONE = 0,
    CG_REASON_MALFORMED,   /* refused: it is no token to the octet */
    CG_REASON_REPEATED,    /* refused: several came */
    CG_REASON_UNKNOWN,     /* refused: there is no session of that handle, or none any more */
    CG_REASON_UNKNOWN_KEY, /* refused: the key under which the session is sealed is not there */
    CG_REASON_REUSE,       /* ended: CookieGuardTokenReuse end */
    CG_REASON_NEWBORN,     /* evicted: its token had not come back yet */
    CG_REASON_RETURNING,   /* evicted: nobody had logged in with it */
    CG_REASON_IDLE,        /* evicted: somebody had, and had not come for long */
    CG_REASON_SURPLUS,     /* evicted: its user had more than CookieGuardSessionsPerUser */
    CG_REASON_COUNT
} cg_session_reason;

cg_span cg_session_reason_name(cg_session_reason reason);

typedef struct cg_session_record {
    const cg_event_request *request;
    cg_session_action action;
    cg_session_reason reason;
    cg_span tag;      /* of the session that it is about; empty: not known */
    unsigned retries; /* how often others came first */
} cg_session_record;

/* Writes the line with its line feed. `writer` needs room for CG_RECORD_SIZE_MAX octets. */
void cg_session_record_print(cg_writer *writer, const cg_session_record *record);

#endif
