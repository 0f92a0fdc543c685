/* A record that is about to be written: its header, key and content, and what is kept beside it. */
#ifndef CG_DRAFT_H
#define CG_DRAFT_H

#include "session.h"

typedef struct cg_draft {
    cg_record_header header; /* handle, version, state ... as they are to be */
    unsigned char key[CG_KEY_SIZE];
    cg_content content;
    cg_table_facts facts;
} cg_draft;

/* What `content` becomes under the changes, in `pool`; *differs, if asked for, says whether it did.
 * One that no record can hold has a length over CG_CONTENT_MAX and no text. */
cg_content cg_draft_content(apr_pool_t *pool, cg_content content, const cg_change *changes,
                            size_t count, bool *differs);

/* A new record for whoever gets `token`, which is drawn: of this subject's, under the active key.
 * `header` has its number, epoch, state and expiry; handle, key id, subject, created and version are
 * filled in. False: no randomness. */
bool cg_draft_make(const cg_session_store *store, cg_crypto *crypto, const cg_realm *realm,
                   cg_span user, uint32_t now, cg_draft *draft, cg_token *token);

/* The last second is the end of all times: nothing begins anew behind it. */
static inline uint32_t cg_draft_moment_after(uint32_t now, uint32_t seconds)
{
    return now > UINT32_MAX - seconds ? UINT32_MAX : now + seconds;
}

/* It is used now. A clock that was set back makes nothing older than it is. */
static inline void cg_draft_touch(cg_draft *draft, uint32_t now)
{
    if (draft->facts.last_access < now) {
        draft->facts.last_access = now;
    }
}

/* Seals it, and puts it where nothing is, or in the place of version `expected`. A table's results;
 * CG_TABLE_BROKEN also where there is no randomness. Who had to go is added to `evictions`. */
cg_table_result cg_draft_put(const cg_session_store *store, cg_crypto *crypto, apr_pool_t *pool,
                             const cg_realm *realm, cg_draft *draft,
                             const cg_session_limits *limits, uint32_t now,
                             cg_evictions *evictions);
cg_table_result cg_draft_replace(const cg_session_store *store, cg_crypto *crypto, apr_pool_t *pool,
                                 const cg_realm *realm, cg_draft *draft, uint32_t expected,
                                 const cg_session_limits *limits, uint32_t now,
                                 cg_evictions *evictions);

#endif
