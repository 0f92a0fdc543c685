/* The module's life: the configuration is checked, the shared segment made, a line written. */
#include "lifecycle.h"

#include <ap_listen.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <http_core.h>

#include "audit_log.h"
#include "log_format.h"
#include "session_checks.h"
#include "session_store.h"

int cg_lifecycle_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    cg_config_begin(pconf);
    cg_log_format_register(pconf);
    return OK;
}

/* What ServerName or the virtual host's address says; else where httpd listens first. */
static unsigned find_port(const server_rec *server)
{
    if (server->port) {
        return server->port;
    }
    if (server->addrs && server->addrs->host_port) {
        return server->addrs->host_port;
    }
    return ap_listeners && ap_listeners->bind_addr ? ap_listeners->bind_addr->port : 0;
}

/* A virtual host that says nothing of this module shares the main server's configuration; it gets
 * a copy, so that it can have a name of its own. */
static cg_server_config *own_config(apr_pool_t *pconf, server_rec *main_server, server_rec *server)
{
    cg_server_config *config = cg_config_of(server);
    if (server != main_server && config == cg_config_of(main_server)) {
        config = apr_pmemdup(pconf, config, sizeof *config);
        ap_set_module_config(server->module_config, &cookieguard_module, config);
    }
    return config;
}

/* "name:port", for records and for messages. */
static void name_servers(apr_pool_t *pconf, server_rec *main_server)
{
    unsigned number = 0;
    for (server_rec *s = main_server; s; s = s->next) {
        cg_server_config *config = own_config(pconf, main_server, s);
        unsigned port = find_port(s);
        const char *name = s->server_hostname ? s->server_hostname : "";
        config->vhost = cg_span_of(port ? apr_psprintf(pconf, "%s:%u", name, port) : name);
        config->number = number++;
    }
}

static cg_mode find_secrecy_mode(const cg_policy *policy)
{
    cg_settings settings;
    cg_policy_settle(policy, &settings);
    return cg_mode_capped(settings.mode);
}

/* The name of the token's cookie, empty where there are no sessions. */
static cg_span token_name_of(const cg_session_settings *settings)
{
    return settings->is_on ? settings->cookie_name : (cg_span){NULL, 0};
}

static const cg_guards *guards_on_requests(const cg_server_config *config)
{
    return !config->guards || config->secrecy_mode == CG_MODE_ON ? config->guards
                                                                 : config->guards->token;
}

/* What is decided for a whole virtual host, whatever sections say. */
static void settle_servers(apr_pool_t *pconf, server_rec *main_server)
{
    for (server_rec *s = main_server; s; s = s->next) {
        cg_server_config *config = cg_config_of(s);
        const cg_policy *policy = cg_policy_of(s->lookup_defaults);
        const core_server_config *core = ap_get_core_module_config(s->module_config);

        cg_session_settings_settle(&config->session);
        config->guards = cg_guards_make(pconf, policy, token_name_of(&config->session));
        config->secrecy_mode = find_secrecy_mode(policy);
        config->request_guards = guards_on_requests(config);
        config->merges_trailers = core->merge_trailers == AP_MERGE_TRAILERS_ENABLE;
    }
}

static bool refuse_names_alike(apr_pool_t *ptemp, server_rec *main_server)
{
    bool is_refused = false;
    for (server_rec *s = main_server; s; s = s->next) {
        const char *error = cg_guards_check(ptemp, cg_config_of(s)->guards);
        if (error) {
            is_refused = true;
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, s, "CG0004: %s", error);
        }
    }
    return is_refused;
}

static bool has_prefix_rules(const cg_server_config *config)
{
    return config->guards && config->guards->rule_count;
}

/* Is it On at all, where it was not switched off from the command line? */
static bool is_idle(server_rec *server)
{
    cg_settings settings;
    cg_policy_settle(cg_policy_of(server->lookup_defaults), &settings);
    return settings.mode != CG_MODE_ON;
}

/* A demand that nothing will carry out is more likely a mistake than a wish. */
static void warn_of_idle_secrecy(server_rec *server)
{
    const cg_server_config *config = cg_config_of(server);
    const cg_policy *policy = cg_policy_of(server->lookup_defaults);

    if ((policy->has_drop || has_prefix_rules(config)) && is_idle(server)) {
        const char *term = policy->has_drop ? "Drop" : "Prefix";
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
                     "CG0002: a rule of virtual host %s says %s, but its mode is %s; %s acts only "
                     "where the virtual host itself says CookieGuard On",
                     config->vhost.at, term, cg_mode_name(config->secrecy_mode).at, term);
    }
}

static void warn_of_past_migration(server_rec *server)
{
    const cg_server_config *config = cg_config_of(server);
    if (has_prefix_rules(config) && config->migration_end &&
        config->migration_end <= apr_time_now()) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
                     "CG0005: the last day of CookieGuardMigration of virtual host %s is past; "
                     "cookies without their prefix are refused. The line can go",
                     config->vhost.at);
    }
}

static void warn_of_plain_http(server_rec *server)
{
    const cg_server_config *config = cg_config_of(server);
    if (has_prefix_rules(config) && config->https == CG_HTTPS_OFF) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
                     "CG0006: virtual host %s has rules with Prefix and says CookieGuardHTTPS off; "
                     "browsers take such cookies over HTTPS only, so they are not sent",
                     config->vhost.at);
    }
}

static void warn_of_contradictions(server_rec *server)
{
    const cg_guards *guards = cg_config_of(server)->guards;

    for (unsigned i = 0; guards && i < guards->rule_count; i++) {
        const cg_guard *guard = &guards->guards[i];
        const cg_term *term = cg_guard_find_contradiction(guard,
                                                          cg_policy_of(server->lookup_defaults));
        if (term) {
            const char *name = guard->name.text.at;
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
                         "CG0007: cookies of the name %s cannot leave as %s%s (%s): the rule at %s "
                         "gives them a %s that the prefix does not take. Add Path:=/ -Domain to "
                         "the rule with Prefix",
                         name, cg_prefix_rows[guard->prefix].text.at, name, guard->rule->place,
                         term->rule->place, cg_attribute_name(term->attribute).at);
        }
    }
}

int cg_lifecycle_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                              server_rec *main_server)
{
    (void)plog;
    cg_config_finish(pconf);
    name_servers(pconf, main_server);
    settle_servers(pconf, main_server);
    cg_store_settings_settle(&cg_generation_now.store);
    if (refuse_names_alike(ptemp, main_server) || cg_session_checks_refuse(ptemp, main_server)) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    for (server_rec *s = main_server; s; s = s->next) {
        warn_of_idle_secrecy(s);
        warn_of_past_migration(s);
        warn_of_plain_http(s);
        warn_of_contradictions(s);
    }
    return OK;
}

/* httpd reads its configuration twice before it starts; the first time leads to nothing. */
static bool is_rehearsal(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;
}

int cg_lifecycle_open_logs(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                           server_rec *main_server)
{
    (void)plog;
    (void)ptemp;
    return is_rehearsal() ? OK : cg_audit_log_open(pconf, main_server);
}

/* APR puts a word of its own before the memory that it gives, which leaves it unaligned. */
enum { SEGMENT_ALIGNMENT = 64 };

static cg_segment *make_segment(apr_pool_t *pconf, server_rec *main_server)
{
    unsigned char key[16];
    apr_size_t size = cg_segment_size() + SEGMENT_ALIGNMENT;
    apr_shm_t *memory;
    char *start;
    apr_status_t status = apr_generate_random_bytes(key, sizeof key);

    if (status == APR_SUCCESS) {
        status = apr_shm_create(&memory, size, NULL, pconf);
    }
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, status, main_server,
                     "CG0003: no shared memory of %" APR_SIZE_T_FMT " bytes for the counters",
                     size);
        return NULL;
    }
    start = apr_shm_baseaddr_get(memory);
    memset(start, 0, size);
    start += SEGMENT_ALIGNMENT - ((uintptr_t)start % SEGMENT_ALIGNMENT);
    return cg_segment_make(start, key);
}

static const char *describe_target(const cg_server_config *config)
{
    switch (config->audit_target) {
    case CG_AUDIT_TO_FILE:
    case CG_AUDIT_TO_PIPE:
        return config->audit_name;
    case CG_AUDIT_TO_NOBODY:
        return "off";
    case CG_AUDIT_TO_ERROR_LOG:
        break;
    }
    return "ErrorLog";
}

/* "On", or "On in 2, Report in 1, Off in 0 servers" where they differ. */
static const char *describe_modes(apr_pool_t *pool, server_rec *main_server)
{
    unsigned servers[CG_MODE_ON + 1] = {0};
    unsigned count = 0;
    cg_settings settings;

    for (server_rec *s = main_server; s; s = s->next, count++) {
        cg_policy_settle(cg_policy_of(s->lookup_defaults), &settings);
        servers[settings.mode]++;
    }
    if (servers[settings.mode] == count) {
        return cg_mode_name(settings.mode).at;
    }
    return apr_psprintf(pool, "On in %u, Report in %u, Off in %u servers", servers[CG_MODE_ON],
                        servers[CG_MODE_REPORT], servers[CG_MODE_OFF]);
}

/* "logs/cookieguard.log", and whether other servers have other logs. */
static const char *describe_logs(apr_pool_t *pool, server_rec *main_server)
{
    const char *first = describe_target(cg_config_of(main_server));
    for (server_rec *s = main_server->next; s; s = s->next) {
        if (strcmp(first, describe_target(cg_config_of(s)))) {
            return apr_pstrcat(pool, first, " and others", NULL);
        }
    }
    return first;
}

static void say_hello(apr_pool_t *pool, server_rec *main_server)
{
    static const char *const caps[] = {[CG_MODE_OFF] = " (all off by -D COOKIEGUARD_OFF)",
                                       [CG_MODE_REPORT] = " (at most Report by -D "
                                                          "COOKIEGUARD_REPORT)",
                                       [CG_MODE_ON] = ""};

    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, main_server,
                 "CG0001: mod_cookieguard/" COOKIEGUARD_VERSION
                 ": mode %s%s, %u rules besides the built-in one, audit log %s",
                 describe_modes(pool, main_server), caps[cg_generation_now.mode_cap],
                 cg_generation_now.rule_count, describe_logs(pool, main_server));
}

int cg_lifecycle_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                             server_rec *main_server)
{
    (void)plog;
    if (is_rehearsal()) {
        return OK;
    }
    cg_generation_now.segment = make_segment(pconf, main_server);
    if (!cg_generation_now.segment) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    cg_audit_log_start_summaries(pconf, main_server);
    say_hello(ptemp, main_server);
    return cg_session_store_post_config(pconf, ptemp, main_server);
}
