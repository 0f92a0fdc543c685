/*
 * A module of the tests: it answers at places where few real modules do, with the
 * Set-Cookie line that the request names in X-Line. Its handler never runs outside tests.
 *
 *   /cgtest/quick/out, /cgtest/quick/err     a quick handler, either header table
 *   /cgtest/early/out, /cgtest/early/err     a responder in post_read_request
 *   /cgtest/handler/out, .../err, .../both   a handler; both: the same line in both tables
 *   /cgtest/handler/die                      the handler returns 403 after setting the line
 *   /cgtest/handler/empty                    OK without a byte of output
 *   /cgtest/handler/flush                    three flushes before the end
 *   /cgtest/handler/redirect                 an internal redirect to a page
 *   /cgtest/handler/subrequest               the line stands in a sub-request only
 *   /cgtest/handler/late                     the line is set again after the head is sent
 *   /cgtest/handler/many/N                   the line N times
 *   /cgtest/handler/interim                  a 103 with the line, then a page
 *   /cgtest/handler/raw/N                    what was posted goes to the connection as it is, in
 *                                            pieces of N octets, each of them flushed
 */
#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "http_protocol.h"
#include "http_request.h"
#include "apr_strings.h"

static const char *line_of(request_rec *r)
{
    const char *line = apr_table_get(r->headers_in, "X-Line");
    return line != NULL ? line : "cgtest=none";
}

static void set_line(request_rec *r, const char *where)
{
    if (strcmp(where, "err") != 0) {
        apr_table_addn(r->headers_out, "Set-Cookie", line_of(r));
    }
    if (strcmp(where, "out") != 0) {
        apr_table_addn(r->err_headers_out, "Set-Cookie", line_of(r));
    }
}

static void say(request_rec *r)
{
    ap_set_content_type(r, "text/plain");
    ap_rputs("cgtest\n", r);
}

static int quick(request_rec *r, int lookup)
{
    if (lookup || strncmp(r->uri, "/cgtest/quick/", 14) != 0) {
        return DECLINED;
    }
    set_line(r, r->uri + 14);
    say(r);
    return OK;
}

/* As mod_md answers its challenges: the response is whole before any later hook runs. */
static int early(request_rec *r)
{
    apr_bucket_brigade *bb;

    if (strncmp(r->uri, "/cgtest/early/", 14) != 0) {
        return DECLINED;
    }
    set_line(r, r->uri + 14);
    r->status = HTTP_OK;
    ap_set_content_type(r, "text/plain");
    ap_set_content_length(r, 7);
    bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_brigade_puts(bb, NULL, NULL, "cgtest\n");
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(r->connection->bucket_alloc));
    ap_pass_brigade(r->output_filters, bb);
    apr_brigade_cleanup(bb);
    return DONE;
}

static int answer_many(request_rec *r, const char *count)
{
    apr_int64_t lines = apr_atoi64(count);

    while (lines-- > 0) {
        set_line(r, "out");
    }
    say(r);
    return OK;
}

static int answer_interim(request_rec *r)
{
    apr_table_addn(r->headers_out, "Set-Cookie", line_of(r));
    r->status = 103;
    r->status_line = "103 Early Hints";
    ap_send_interim_response(r, 1);
    r->status = HTTP_OK;
    r->status_line = NULL;
    say(r);
    return OK;
}

static char *read_body(request_rec *r, apr_size_t *len)
{
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_bucket_brigade *all = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    char *body;
    int ended = 0;

    while (!ended && ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES, APR_BLOCK_READ,
                                    65536) == APR_SUCCESS) {
        ended = !APR_BRIGADE_EMPTY(bb) && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(bb));
        ap_save_brigade(NULL, &all, &bb, r->pool);
    }
    apr_brigade_pflatten(all, &body, len, r->pool);
    apr_brigade_cleanup(all);
    return body;
}

/* As mod_cgi does it for an nph- script: every filter of the request is cut off. */
static int answer_raw(request_rec *r, apr_size_t size)
{
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    ap_filter_t *f = r->proto_output_filters;
    apr_size_t len;
    char *body = read_body(r, &len);

    while (f->frec->ftype < AP_FTYPE_CONNECTION) {
        f = f->next;
    }
    r->output_filters = r->proto_output_filters = f;
    for (apr_size_t at = 0; at < len; at += size) {
        apr_brigade_write(bb, NULL, NULL, body + at, len - at < size ? len - at : size);
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(bb->bucket_alloc));
        if (ap_pass_brigade(r->output_filters, bb) != APR_SUCCESS) {
            return OK;
        }
        apr_brigade_cleanup(bb);
    }
    return OK;
}

static int answer_subrequest(request_rec *r)
{
    request_rec *sub = ap_sub_req_lookup_uri("/cgtest/handler/out", r, r->output_filters);

    ap_set_content_type(r, "text/plain");
    ap_run_sub_req(sub);
    ap_destroy_sub_req(sub);
    return OK;
}

static int handler(request_rec *r)
{
    const char *what;

    if (strncmp(r->uri, "/cgtest/handler/", 16) != 0) {
        return DECLINED;
    }
    what = r->uri + 16;
    if (strncmp(what, "many/", 5) == 0) {
        return answer_many(r, what + 5);
    }
    if (strcmp(what, "subrequest") == 0) {
        return answer_subrequest(r);
    }
    if (strncmp(what, "raw/", 4) == 0) {
        return answer_raw(r, apr_atoi64(what + 4));
    }
    if (strcmp(what, "interim") == 0) {
        return answer_interim(r);
    }
    set_line(r, strcmp(what, "err") == 0 || strcmp(what, "both") == 0       ? what
                : strcmp(what, "die") == 0 || strcmp(what, "redirect") == 0 ? "err"
                                                                            : "out");
    if (strcmp(what, "die") == 0) {
        return HTTP_FORBIDDEN;
    }
    if (strcmp(what, "redirect") == 0) {
        ap_internal_redirect("/static/plain", r);
        return OK;
    }
    if (strcmp(what, "empty") == 0) {
        return OK;
    }
    say(r);
    if (strcmp(what, "flush") == 0) {
        ap_rflush(r);
        ap_rputs("cgtest\n", r);
        ap_rflush(r);
        ap_rputs("cgtest\n", r);
        ap_rflush(r);
    }
    if (strcmp(what, "late") == 0) {
        ap_rflush(r);
        set_line(r, "out");
        ap_rputs("cgtest\n", r);
    }
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_quick_handler(quick, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(early, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(cgtest) = {STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
                             AP_MODULE_FLAG_NONE
#endif
};
