/* The embedded store in this server: key ring, sub-keys and segment, made once and kept over graceful.
 *
 * post_config, in the parent: reads or makes the ring in the state directory, derives the sub-keys,
 * makes the segment or takes the one of the generation before (retained data). child_init: opens the
 * table and enters the child. The parent never locks in the segment. */
#ifndef CG_SESSION_STORE_H
#define CG_SESSION_STORE_H

#include "config.h"

/* Hooks. Where no virtual host says CookieGuardSession On they do nothing. */
int cg_session_store_post_config(apr_pool_t *pconf, apr_pool_t *ptemp, server_rec *main_server);
void cg_session_store_child_init(apr_pool_t *pchild, server_rec *main_server);

/* Of this process; null: sessions are not to be had (off, or the store failed: the log says why).
 * Every user of it fails closed then: no session. */
const cg_session_store *cg_session_store_now(void);

/* The tool of this thread, made at its first use and freed with the thread; null: there is none. */
cg_crypto *cg_crypto_of_thread(void);

/* Of the request's virtual host and the host that the browser addressed. False: no memory. */
bool cg_realm_of_request(const request_rec *r, cg_crypto *crypto, cg_realm *realm);

/* Seconds since 1970: the later of the wall clock (that of the request) and the one that nobody sets
 * back (CLOCK_BOOTTIME since the segment was made). */
uint32_t cg_session_now(const request_rec *r);

#endif
