/* What the session of a request is opened with: the thread's cryptography, the realm, the time. */
#ifndef CG_SESSION_FACTS_H
#define CG_SESSION_FACTS_H

#include <stdatomic.h>

#include "config.h"

/* From child_init: threads of this process may ask for their tools. */
void cg_session_facts_child_init(apr_pool_t *pchild);

/* The tool of this thread, made at its first use and freed with the thread; null: there is none. */
cg_crypto *cg_crypto_of_thread(void);

/* Computes the realms of the names that are known beforehand. False: no memory. */
bool cg_session_facts_make_realms(apr_pool_t *pconf, cg_crypto *crypto, server_rec *server);

/* Of the request's virtual host and the host that the browser addressed, if that is a name of the
 * virtual host; else ServerName stands in. False: no memory. */
bool cg_realm_of_request(const request_rec *r, cg_crypto *crypto, cg_realm *realm);

/* From the parent: where all processes keep the most that CLOCK_BOOTTIME ever lacked to be the time
 * since 1970; zero at first. */
void cg_session_facts_set_clock(_Atomic apr_time_t *furthest);

/* Seconds since 1970, now, which may be long after the request began. Never set back: where the wall
 * clock is, after it was ahead, time goes on from where it was, as CLOCK_BOOTTIME counts it. */
uint32_t cg_session_now(void);

#endif
