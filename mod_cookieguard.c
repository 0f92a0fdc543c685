/* mod_cookieguard: safe cookies in front of applications that nobody can change.
 *
 * The front door: the module's record and its hooks, in the order in which a server and then a
 * request meet them. docs/architecture.md is the map of the rooms behind it. */
#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>

#include "src/httpd/audit_log.h"
#include "src/httpd/cache.h"
#include "src/httpd/config.h"
#include "src/httpd/directives.h"
#include "src/httpd/dump.h"
#include "src/httpd/interim.h"
#include "src/httpd/lifecycle.h"
#include "src/httpd/mod_session.h"
#include "src/httpd/request.h"
#include "src/httpd/request_session.h"
#include "src/httpd/response.h"
#include "src/httpd/session_log.h"
#include "src/httpd/session_store.h"

static void register_hooks(apr_pool_t *pool)
{
    /* who is asked before us whether a request is a forward proxy's, and who reads cookies */
    static const char *const know_proxies[] = {"mod_proxy.c", NULL};
    static const char *const read_cookies[] = {"mod_headers.c", "mod_setenvif.c", NULL};
    (void)pool;

    /* the configuration is read, checked and perhaps shown */
    ap_hook_pre_config(cg_lifecycle_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_config(cg_cache_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_config(cg_mod_session_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cg_lifecycle_check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(cg_dump_config, NULL, NULL, APR_HOOK_MIDDLE);

    /* the server starts, and lives */
    ap_hook_open_logs(cg_lifecycle_open_logs, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cg_lifecycle_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cg_cache_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(cg_session_store_child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(cg_audit_log_monitor, NULL, NULL, APR_HOOK_MIDDLE);

    /* a request is made, is read, is answered, and is logged */
    cg_response_register_filter();
    cg_request_register_filter();
    cg_interim_register_filter();
    cg_cache_register_filters();
    ap_hook_create_request(cg_response_create_request, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(cg_request_post_read_request, know_proxies, read_cookies,
                              APR_HOOK_FIRST);
    ap_hook_fixups(cg_request_session_fixups, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_insert_filter(cg_response_insert_filter, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_error_filter(cg_response_insert_filter, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(cg_request_log_transaction, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(cg_session_log_redact, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(cg_audit_log_request, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(cg_interim_log_transaction, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA cookieguard_module = {
    STANDARD20_MODULE_STUFF, cg_config_create_dir, cg_config_merge_dir, cg_config_create_server,
    cg_config_merge_server,  cg_directives,        register_hooks,      AP_MODULE_FLAG_NONE,
};
