/* Where a request comes from, as far as it matters to sessions. */
#ifndef CG_SESSION_CLIENT_H
#define CG_SESSION_CLIENT_H

#include "config.h"

/* A keyed hash of the realm and the client's network: 32 bits of an IPv4 address, 56 of an IPv6
 * address, which is what one customer has. */
uint64_t cg_session_source(const request_rec *r, const cg_sub_keys *sub_keys,
                           const cg_realm *realm);

/* True if the response to `r` may begin a session. A browser that keeps the token of an earlier one
 * back, because another site asked for this request, would have it replaced. */
bool cg_session_may_begin(const request_rec *r, bool is_login);

#endif
