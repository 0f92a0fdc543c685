/* The way of a request's cookies: before anything reads them, the names that browsers know become
 * the names that the application knows (restore.h), and what only pretends to be one is taken out.
 *
 * Once for each request of a client, by the configuration of its virtual host alone. Sub-requests and
 * internal redirects see what was made then. */
#ifndef CG_REQUEST_H
#define CG_REQUEST_H

#include "judging.h"

/* Registers the filter that keeps merged trailers from bringing cookies. From register_hooks. */
void cg_request_register_filter(void);

/* Hook of the same name; behind mod_proxy's, which knows a forward proxy's requests, and before all
 * that read cookies. */
int cg_request_post_read_request(request_rec *r);

/* Hook of the same name, before the loggers: what cg_request_post_read_request was not asked about. */
int cg_request_log_transaction(request_rec *r);

/* Before a handler can read the body of `r`: trailers merged into the request's head bring no
 * cookies (MergeTrailers). */
void cg_request_guard_trailers(request_rec *r, cg_response *response);

#endif
