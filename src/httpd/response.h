/* The way of a response's cookies: where httpd is about to send the head, every Set-Cookie line of
 * both tables is judged once and, in mode On, leaves as the judgement says.
 *
 * The filter stands right before the one that writes the head (reference: AP_FTYPE_PROTOCOL, added
 * when the request is made). It works on the first brigade and takes itself out; the hooks
 * insert_filter and insert_error_filter put it back, one step earlier, when another response
 * begins. */
#ifndef CG_RESPONSE_H
#define CG_RESPONSE_H

#include "config.h"

/* A line that was judged. Lives in the request's pool. */
typedef struct cg_judged {
    cg_event event;  /* its request is filled in by the audit */
    const char *out; /* the line as it stands in the table now; null if dropped */
    struct cg_judged *next;
} cg_judged;

/* Lines kept for the audit at most, per response; more are judged and enforced, and counted. */
#define CG_JUDGED_MAX 1000

/* What one client request knows of its response, over all internal redirects. */
typedef struct cg_response {
    bool filter_is_in;
    cg_circumstances circumstances; /* under which the lines were judged */
    unsigned judged_count;          /* kept in the list */
    unsigned omitted_count;         /* judged, and not kept */
    cg_judged *first;
    cg_judged **end;
} cg_response;

/* Registers the filter. From register_hooks. */
void cg_response_register_filter(void);

/* Hooks of the same names. */
int cg_response_create_request(request_rec *r);
void cg_response_insert_filter(request_rec *r);

/* The response of `r`, or null for a sub-request. */
cg_response *cg_response_of(const request_rec *r);

#endif
