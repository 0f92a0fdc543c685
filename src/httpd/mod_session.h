/* mod_session's provider: its entries are the section MOD_SESSION of a session.
 *
 * mod_session gets a session_rec of ours, one for each request of a client. Its entries look into the
 * opened content and are never encoded. When the session is settled they are compared with what was
 * loaded: the difference is what is to be saved, be it that mod_session asked for it or that it did
 * not come to it (a request that ends in an ErrorDocument outside `Session On`).
 *
 * Its hooks are looked for when the configuration is read, whatever the order of LoadModule; where
 * mod_session is not loaded, nothing happens. */
#ifndef CG_MOD_SESSION_H
#define CG_MOD_SESSION_H

#include "config.h"

/* Hook pre_config: registers with mod_session if that is there. */
int cg_mod_session_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

bool cg_mod_session_is_there(void);

/* What mod_session was given for one request. */
typedef struct cg_mod_session cg_mod_session;

/* What became of the entries. */
typedef struct cg_entry_changes {
    const cg_change *changes; /* their texts are the entries' */
    size_t count;
    bool has_user; /* an entry NAME-user was given another value (mod_auth_form), or removed ... */
    cg_span user;  /* ... and this is it; empty: nobody any more */
} cg_entry_changes;

/* `entries` may be null: nobody asked for them. */
cg_entry_changes cg_mod_session_changes(const cg_mod_session *entries, apr_pool_t *pool);

/* True if an entry NAME-user says `user`. */
bool cg_mod_session_knows(const cg_mod_session *entries, const char *user);

#endif
