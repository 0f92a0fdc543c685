/* The filter that meets the head of a final response. */
#include "response.h"

#include <http_request.h>
#include <util_filter.h>

#include "cache.h"
#include "interim.h"
#include "request.h"

/* The same filter twice: in its place, and one step before it. httpd puts a filter behind those of
 * its type that are there already, so one that comes late would stand behind HTTP_HEADER. */
static ap_filter_rec_t *filter_handle;
static ap_filter_rec_t *late_filter_handle;

int cg_response_create_request(request_rec *r)
{
    cg_response *response;
    if (r->main) {
        return OK;
    }
    if (r->prev) {
        response = cg_response_of(r->prev);
    } else {
        response = apr_pcalloc(r->pool, sizeof *response);
        response->end = &response->first;
        ap_add_output_filter_handle(filter_handle, response, r, r->connection);
        response->filter_is_in = true;
    }
    ap_set_module_config(r->request_config, &cookieguard_module, response);
    return OK;
}

/* The late filter may be dropped again with all filters of its kind, so it is not noted as being
 * in; where it then stands twice, the second one finds all lines judged. */
void cg_response_insert_filter(request_rec *r)
{
    cg_response *response = cg_response_of(r);
    if (!response) {
        return;
    }
    if (!response->filter_is_in) {
        ap_add_output_filter_handle(late_filter_handle, response, r, r->connection);
    }
    cg_interim_remember_filters(r);
    if (response->headers_in) {
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

/* What the browser holds by an old name is handed out by the new one, once. */
static void judge_and_hand_out(request_rec *r, cg_response *response)
{
    response->is_handed_out = true;
    cg_request_hand_out(r, response);
    judge_head(r);
    cg_request_delete_old(r, response);
}

static apr_status_t filter_response(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    cg_response *response = f->ctx;

    cg_interim_disarm(f->c);
    if (response->restored && !response->is_handed_out) {
        judge_and_hand_out(f->r, response);
    } else {
        judge_head(f->r);
    }
    response->filter_is_in = false;
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
