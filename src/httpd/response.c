/* The filter that meets the head of a final response. */
#include "response.h"

#include <http_request.h>
#include <util_filter.h>

#include "cache.h"
#include "hand_out.h"
#include "interim.h"
#include "request.h"
#include "request_session.h"

/* The same filter twice: in its place, and one step before it. httpd puts a filter behind those of
 * its type that are there already, so one that comes late would stand behind HTTP_HEADER. */
static ap_filter_rec_t *filter_handle;
static ap_filter_rec_t *late_filter_handle;

/* What is known is shared by the requests that internal redirects make, and so is the filter. */
int cg_response_create_request(request_rec *r)
{
    if (r->prev) {
        ap_set_module_config(r->request_config, &cookieguard_module, cg_response_of(r->prev));
    } else if (!r->main) {
        ap_add_output_filter_handle(filter_handle, NULL, r, r->connection);
    }
    return OK;
}

static bool has_filter(const request_rec *r)
{
    const ap_filter_t *f = r->proto_output_filters;
    while (f && f->frec != filter_handle && f->frec->ftype < AP_FTYPE_CONNECTION) {
        f = f->next;
    }
    return f && f->frec == filter_handle;
}

/* The late filter may be dropped again with all filters of its kind, so it does not count; where it
 * then stands twice, the second one finds all lines judged. */
void cg_response_insert_filter(request_rec *r)
{
    cg_response *response = cg_response_of(r);
    if (r->main) {
        return;
    }
    if (!has_filter(r)) {
        ap_add_output_filter_handle(late_filter_handle, NULL, r, r->connection);
    }
    cg_interim_remember_filters(r);
    if (response && response->headers_in) {
        cg_request_guard_trailers(r, response);
    }
}

static void judge_head(request_rec *r)
{
    cg_judging judging;

    cg_judging_begin(&judging, r);
    cg_cache_before_judging(&judging);
    cg_judging_table(&judging, r->headers_out);
    cg_judging_table(&judging, r->err_headers_out);
    cg_judging_end(&judging);
}

/* What the browser holds by an old name is handed out by the new one, once; not on a hit of which
 * too little is known to judge it. */
static void judge_and_hand_out(request_rec *r, cg_response *response)
{
    response->is_handed_out = true;
    cg_hand_out_before_judging(r, response);
    judge_head(r);
    cg_hand_out_after_judging(r, response);
}

static apr_status_t filter_response(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    cg_response *response = cg_response_of(f->r);

    cg_interim_disarm(f->c);
    if (response && response->restored && !response->is_handed_out &&
        !cg_cache_is_quick_hit(f->r)) {
        judge_and_hand_out(f->r, response);
    } else {
        judge_head(f->r);
    }
    if (response && response->session) {
        cg_request_session_settle(response->session, f->r);
    }
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

void cg_response_register_filter(void)
{
    filter_handle = ap_register_output_filter("COOKIEGUARD", filter_response, NULL,
                                              AP_FTYPE_PROTOCOL);
    late_filter_handle = ap_register_output_filter("COOKIEGUARD_LATE", filter_response, NULL,
                                                   AP_FTYPE_PROTOCOL - 1);
}
