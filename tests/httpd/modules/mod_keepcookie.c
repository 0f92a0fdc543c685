/*
 * A module of the tests: it looks at the Cookie field before anybody else, and keeps hold of its
 * octets where they stand.
 *
 * Handler kept-cookie answers with what stands there by then, and every NUL as "0".
 */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "http_request.h"

module AP_MODULE_DECLARE_DATA keepcookie_module;

typedef struct kept {
    const char *at;
    apr_size_t len;
} kept;

static int keep(request_rec *r)
{
    const char *field = apr_table_get(r->headers_in, "Cookie");
    kept *k = apr_pcalloc(r->pool, sizeof *k);

    if (field) {
        k->at = field;
        k->len = strlen(field);
    }
    ap_set_module_config(r->request_config, &keepcookie_module, k);
    return DECLINED;
}

static int answer(request_rec *r)
{
    const kept *k = ap_get_module_config(r->request_config, &keepcookie_module);

    if (!r->handler || strcmp(r->handler, "kept-cookie") != 0) {
        return DECLINED;
    }
    ap_set_content_type(r, "text/plain");
    for (apr_size_t i = 0; i < k->len; i++) {
        ap_rputc(k->at[i] ? k->at[i] : '0', r);
    }
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_read_request(keep, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(answer, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA keepcookie_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0};
