/* Plain facts about a request, for rooms that must not see it. */
#ifndef CG_FACTS_H
#define CG_FACTS_H

#include "config.h"

/* True if the client's connection is HTTPS, as CookieGuardHTTPS says to find out. */
bool cg_fact_is_https(request_rec *r);

/* What a browser knows of the response. The spans live as long as the request; `now` is when httpd
 * read the request line. */
void cg_fact_circumstances(request_rec *r, cg_circumstances *circumstances);

/* Who, what and where, for the audit. `r` is the request as the client sent it; status and origin
 * are those of the last request that an internal redirect made of it. */
cg_event_request cg_fact_event_request(request_rec *r);

#endif
