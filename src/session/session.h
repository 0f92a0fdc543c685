/* A session's life, as one request sees it: opened by its token, and settled when the response leaves.
 *
 *   token -> open -> LIVE        content, and what it says of itself
 *                    FORMER      the content as it was before somebody logged in; read only, mute
 *                    NONE        unknown, expired, forged, revoked: as if there were no cookie
 *
 *   changes, who the user is, now -> settle -> what the response carries: nothing, a new token, a deletion
 *
 * Rules (docs/sessions.md): a save applies the difference to the newest record of the same identity
 * epoch and never creates; a token that was alive when the request opened it and is not when it
 * settles makes the response mute; rotation by age leaves an alias behind; a change of identity
 * leaves the record as it was, read only for CG_GRACE_SECONDS; logout leaves nothing.
 *
 * No request waits for another. Time is an argument; chance comes from crypto.h. */
#ifndef CG_SESSION_H
#define CG_SESSION_H

#include "table.h"

typedef struct cg_timeouts {
    uint32_t idle;     /* seconds */
    uint32_t absolute; /* seconds */
    uint32_t rotate;   /* seconds; 0: never by age */
} cg_timeouts;

typedef struct cg_session_limits {
    cg_table_limits table;
    size_t content_max; /* octets, at most CG_CONTENT_MAX */
} cg_session_limits;

/* What all sessions of a process share. */
typedef struct cg_session_store {
    cg_table *table;
    const cg_sub_keys *sub_keys;
} cg_session_store;

/* Why there is no session, or is one. */
typedef enum cg_session_verdict {
    CG_SESSION_NONE = 0, /* no record of that handle */
    CG_SESSION_FORGED,  /* a record, and not this secret (or not this realm); nothing was changed */
    CG_SESSION_EXPIRED, /* idle for too long, or older than absolute */
    CG_SESSION_REUSED,  /* a token whose successor was presented: CG-TOKEN-REUSE */
    CG_SESSION_MUTE,    /* unknown key id: neither a session nor a logout */
    CG_SESSION_FORMER,  /* read only */
    CG_SESSION_LIVE
} cg_session_verdict;

/* A place in the table and its key. */
typedef struct cg_session_place {
    unsigned char handle[CG_HANDLE_SIZE];
    unsigned char key[CG_KEY_SIZE];
    uint32_t version; /* as last seen */
} cg_session_place;

typedef struct cg_session {
    const cg_session_store *store;
    apr_pool_t *pool;
    cg_realm realm;
    cg_timeouts timeouts;
    cg_session_verdict verdict;

    cg_session_place entry;  /* what the token opened: the record, or an alias of it */
    cg_session_place record; /* the record itself; the same place unless is_alias */
    bool is_alias;

    cg_record_header entry_header; /* what stands at the entry, and ... */
    cg_record_header header;       /* ... at the record's place */
    cg_table_facts facts;          /* of the record */
    cg_content content;            /* as loaded; looks into `memory`, or was written anew */
    unsigned char *memory;         /* of `pool`, wiped by cg_session_wipe */
    size_t memory_size;
    size_t memory_used; /* octets that a record was read into */
} cg_session;

/* Opens the session of `token`, and wipes the token. Touches the record if it opened. Never null. */
cg_session *cg_session_open(const cg_session_store *store, cg_crypto *crypto, apr_pool_t *pool,
                            const cg_realm *realm, cg_token *token, const cg_timeouts *timeouts,
                            uint32_t now);

/* Reads the session anew, as it is by now, into a copy of its own: the same entry, the same key. */
cg_session cg_session_reload(const cg_session *session, cg_crypto *crypto, uint32_t now);

/* Keys and contents of the request's copy. */
void cg_session_wipe(cg_session *session);

/* Ends the session of a token that came again after its successor (CookieGuardTokenReuse end). */
void cg_session_end_reused(cg_session *session);

/* A number of the INTERNAL section, or `otherwise` if it is not there. */
uint32_t cg_session_number_at(cg_content content, cg_span key, uint32_t otherwise);

/* Keys of the INTERNAL section. A record that was made by rotation says since when its own token is
 * in use (0: not yet) and, up to then, which alias stands before it. */
#define CG_INTERNAL_USER CG_SPAN("user")
#define CG_INTERNAL_PRESENTED CG_SPAN("presented") /* seconds since 1970, 4 octets */
#define CG_INTERNAL_FROM CG_SPAN("from")           /* a handle */
#define CG_INTERNAL_TO CG_SPAN("to") /* of an alias: handle and key of the successor */

/* The user as the store has it; empty: nobody. */
cg_span cg_session_user(const cg_session *session);

/* What a response wants. */
typedef struct cg_session_wish {
    const cg_change *changes; /* of sections other than INTERNAL */
    size_t change_count;
    bool has_user; /* something is known of who the user is now ... */
    cg_span user;  /* ... and this is it; empty: nobody any more (logout) */
    uint64_t source;
    bool may_create; /* a session may begin */
} cg_session_wish;

typedef enum cg_session_event {
    CG_SESSION_NOTHING = 0, /* read only, or touched */
    CG_SESSION_SAVED,
    CG_SESSION_CREATED,    /* a token */
    CG_SESSION_ROTATED,    /* by age: a token */
    CG_SESSION_IDENTIFIED, /* by identity: a token */
    CG_SESSION_ENDED,      /* logout or emptied: a deletion */
    CG_SESSION_MUTED,      /* the token died meanwhile, or was a former one: nothing was stored */
    CG_SESSION_DROPPED,    /* too many saves came first */
    CG_SESSION_TOO_LARGE,  /* refused; the old record is intact */
    CG_SESSION_FULL,       /* no room; the old record is intact */
    CG_SESSION_FAILED      /* no randomness, or a shard that cannot be used */
} cg_session_event;

typedef struct cg_session_outcome {
    cg_session_event event;
    bool has_token;                       /* `token` is to be sent ... */
    bool deletes;                         /* ... or the browser's is to be deleted; never both */
    cg_token token;                       /* for the caller to print once and wipe */
    unsigned char number[CG_NUMBER_SIZE]; /* of the session concerned; all zero: none */
    unsigned retries;
    cg_evictions evictions;
} cg_session_outcome;

/* Settles it: once for each client request, when the head of its final response is about to leave.
 * `session` null: the request came with no token. */
void cg_session_settle(const cg_session_store *store, cg_crypto *crypto, apr_pool_t *pool,
                       const cg_realm *realm, const cg_timeouts *timeouts,
                       const cg_session_limits *limits, cg_session *session,
                       const cg_session_wish *wish, uint32_t now, cg_session_outcome *outcome);

/* The name of a session in logs: 16 hexadecimal digits, keyed, another one each day (UTC). */
#define CG_SESSION_TAG_LEN 16
bool cg_session_tag(cg_crypto *crypto, const unsigned char audit_key[CG_KEY_SIZE],
                    const unsigned char number[CG_NUMBER_SIZE], int64_t now,
                    char tag[CG_SESSION_TAG_LEN + 1]);

#endif
