/* A cookie that was judged, as the audit tells it: the facts, before they become a line of text.
 *
 * An event holds no value of a cookie that is ever printed; the spans of `cookie` look into the
 * line, so whoever prints an event must not print cookie->value, cookie->line, or the text of
 * attributes that browsers do not know: a value may have run over into them. */
#ifndef CG_EVENT_H
#define CG_EVENT_H

#include "../policy/finding.h"
#include "../policy/policy.h"

/* The response that carried the cookie. Every span may be empty. */
typedef struct cg_event_request {
    int64_t time_us; /* microseconds since 1970-01-01T00:00:00Z */
    cg_span vhost;   /* "name:port" */
    cg_span client;  /* address of the client, as mod_remoteip has it */
    cg_span user;
    cg_span request_id;
    cg_span method;
    cg_span path; /* as requested; printing leaves out the query and every ;parameter */
    int status;
    cg_span origin; /* what made the response: "file", "proxy", "cgi" ... */
} cg_event_request;

typedef struct cg_event {
    const cg_event_request *request;
    cg_mode mode;
    cg_set_cookie cookie;
    cg_demands demands;
    cg_judgement judgement;
    cg_browser_verdict browser_before;
    cg_browser_verdict browser_after;
    uint64_t findings; /* CG_FINDING_BIT */
    int status;        /* that the head with the cookie said itself, an interim one or that of an
                        * nph- script; 0: the request's */
} cg_event;

#endif
