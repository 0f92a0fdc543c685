/* The way of a response's cookies: where httpd is about to send the head, every Set-Cookie line of
 * both tables is judged (judging.h).
 *
 * The filter stands right before the one that writes the head (reference: AP_FTYPE_PROTOCOL, added
 * when the request is made). It works on the first brigade and takes itself out; the hooks
 * insert_filter and insert_error_filter put it back, one step earlier, when another response
 * begins. */
#ifndef CG_RESPONSE_H
#define CG_RESPONSE_H

#include "config.h"

/* Registers the filter. From register_hooks. */
void cg_response_register_filter(void);

/* Hooks of the same names. */
int cg_response_create_request(request_rec *r);
void cg_response_insert_filter(request_rec *r);

#endif
