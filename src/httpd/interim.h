/* Heads that no filter of a request sees: 100 Continue, 101, 103, and what an nph- script writes.
 *
 * httpd sends them straight to the connection, as HTTP/1 text in every protocol: mod_http2 parses
 * the text again. So one filter stands on the connection of each client. It is armed when a request
 * was read, and passes everything on otherwise. Armed, it collects a head, has its Set-Cookie lines
 * judged (judging.h) and passes it on. It is disarmed when the final response begins, be it by the
 * filter for those (response.h) or by a head that is no interim one.
 *
 * The filter is never in pre_connection's reach, because connections to backends run that as well.
 * It is added once per connection and stays, because its memory is the connection's. */
#ifndef CG_INTERIM_H
#define CG_INTERIM_H

#include <util_filter.h>

#include "../cookie/response_head.h"
#include "config.h"

/* httpd trunk has heads as buckets on the request's own chain. */
#if defined(AP_HAS_RESPONSE_BUCKETS) && AP_HAS_RESPONSE_BUCKETS
#define CG_HAS_HEADS_AS_TEXT 0
#else
#define CG_HAS_HEADS_AS_TEXT 1
#endif

/* Octets of a head that are collected at most. A longer one is judged in parts; a single Set-Cookie
 * field that is longer is not sent if it were to be changed. */
#define CG_HEAD_COLLECTED_MAX ((size_t)1 << 16)

/* What one connection of a client knows. Lives in the connection's pool. Whenever `len` is 0, the
 * next octet to be collected begins a head. */
typedef struct cg_interim {
    request_rec *armed;            /* whose heads are looked at; null: everything is passed on */
    ap_filter_t *protocol_filters; /* of its request, on a connection of HTTP/2 */
    apr_bucket_brigade *out;       /* what is ready to leave; null before the first head */
    char *text;                    /* of the head so far, in the connection's pool */
    size_t len;
    size_t size;
    cg_head_place place; /* of the text in the head; not the start if a first part has left */
    unsigned status;     /* of the head whose first part has left */
    bool is_stripping;   /* the text begins within a cookie that is left out */
    bool is_restored;    /* the head has become the request's own response */
} cg_interim;

/* Registers the filter. From register_hooks. */
void cg_interim_register_filter(void);

/* Adds the filter to the connection of `r`. */
cg_interim *cg_interim_add_filter(request_rec *r);

static inline cg_interim *cg_interim_of(const conn_rec *c)
{
    return ap_get_module_config(c->conn_config, &cookieguard_module);
}

/* When a request of a client was read, or made by an internal redirect. */
static inline void cg_interim_arm(request_rec *r)
{
    cg_interim *interim = cg_interim_of(r->connection);
    if (!interim && CG_HAS_HEADS_AS_TEXT) {
        interim = cg_interim_add_filter(r);
    }
    if (interim) {
        interim->armed = r;
    }
}

/* When filters are inserted for `r`: the handler of an nph- script will cut its chain off. */
static inline void cg_interim_remember_filters(const request_rec *r)
{
    if (r->connection->master && cg_interim_of(r->connection)) {
        cg_interim_of(r->connection)->protocol_filters = r->proto_output_filters;
    }
}

/* Hook log_transaction: no request is looked at after its end, however its response was sent. The
 * next one on the connection may be armed already. */
int cg_interim_log_transaction(request_rec *r);

/* When the final response begins. */
static inline void cg_interim_disarm(const conn_rec *c)
{
    cg_interim *interim = cg_interim_of(c);
    if (interim && interim->len == 0) {
        interim->armed = NULL;
    }
}

#endif
