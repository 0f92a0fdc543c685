/* The embedded store in this server: key ring, sub-keys and segment, made once and kept over graceful.
 *
 * post_config, in the parent: reads or makes the ring in the state directory, derives the sub-keys,
 * makes the segment or takes the one of the generation before (retained data). child_init: opens the
 * table and enters the child. The parent never locks in the segment.
 *
 * What is wrong at the first start keeps the server from starting. What goes wrong later, at a
 * graceful, does not end a server that runs: keys and segment of the generation before go on, or, if
 * there were none, there are no sessions until it is put right. */
#ifndef CG_SESSION_STORE_H
#define CG_SESSION_STORE_H

#include "session_facts.h"

/* Hooks. Where no virtual host says CookieGuardSession On they do nothing. */
int cg_session_store_post_config(apr_pool_t *pconf, apr_pool_t *ptemp, server_rec *main_server);
void cg_session_store_child_init(apr_pool_t *pchild, server_rec *main_server);

/* True if any virtual host keeps sessions. */
bool cg_session_store_is_wanted(const server_rec *main_server);

/* True from the first start of this process on: a refusal would end a server that runs. */
bool cg_session_store_is_running(void);

/* Of this process; null: sessions are not to be had (off, or the store failed: the log says why).
 * Every user of it fails closed then: no session. */
const cg_session_store *cg_session_store_now(void);

#endif
