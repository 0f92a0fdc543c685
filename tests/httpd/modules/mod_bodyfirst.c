/*
 * A module of the tests: a handler that reads the whole body before it looks at the request's head,
 * as modules do that decide by what was posted. It answers with the Cookie and Cookie2 fields, the
 * trailer X-Trailer that was merged into the head, and the body, joined by bars.
 */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "http_request.h"
#include "apr_strings.h"

static const char *field(request_rec *r, const char *name)
{
    const char *value = apr_table_get(r->headers_in, name);
    return value != NULL ? value : "";
}

static apr_status_t read_body(request_rec *r, const char **body)
{
    apr_bucket_brigade *all = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_bucket_brigade *part = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_status_t status;
    apr_size_t len;
    char *text;

    do {
        status = ap_get_brigade(r->input_filters, part, AP_MODE_READBYTES, APR_BLOCK_READ, 8192);
        if (status != APR_SUCCESS) {
            return status;
        }
        APR_BRIGADE_CONCAT(all, part);
    } while (!APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(all)));
    status = apr_brigade_pflatten(all, &text, &len, r->pool);
    *body = apr_pstrmemdup(r->pool, text, len);
    return status;
}

static int handler(request_rec *r)
{
    const char *body;

    if (r->handler == NULL || strcmp(r->handler, "body-first") != 0) {
        return DECLINED;
    }
    if (read_body(r, &body) != APR_SUCCESS) {
        return HTTP_BAD_REQUEST;
    }
    ap_set_content_type(r, "text/plain");
    ap_rprintf(r, "%s|%s|%s|%s", field(r, "Cookie"), field(r, "Cookie2"), field(r, "X-Trailer"),
               body);
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(bodyfirst) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE,
};
