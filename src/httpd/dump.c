/* Printing the policy of every server and of every section in it, and the settings of sessions. */
#include "dump.h"

#include <apr_strings.h>
#include <http_core.h>

#include "../policy/rule.h"
#include "session_store.h"

/* Rules of one policy in their order, to be printed and compared. */
typedef struct rule_list {
    apr_array_header_t *rules; /* of const cg_rule * */
} rule_list;

static void collect_rules(const cg_policy *leaf, void *context)
{
    rule_list *list = context;
    unsigned count = 0;
    const cg_rule *rules = leaf->rules ? cg_ruleset_rules(leaf->rules, &count) : NULL;

    for (unsigned i = 0; i < count; i++) {
        APR_ARRAY_PUSH(list->rules, const cg_rule *) = &rules[i];
    }
}

static const cg_rule *find_canceller(const apr_array_header_t *rules, int index)
{
    const cg_rule *rule = APR_ARRAY_IDX(rules, index, const cg_rule *);
    for (int i = index + 1; i < rules->nelts; i++) {
        const cg_rule *later = APR_ARRAY_IDX(rules, i, const cg_rule *);
        if (cg_rule_cancels(later, rule)) {
            return later;
        }
    }
    return NULL;
}

static const char *rule_text(apr_pool_t *pool, const cg_rule *rule)
{
    cg_writer writer = {.size = 0};
    cg_rule_print(&writer, rule);
    writer = (cg_writer){.at = apr_palloc(pool, writer.len + 1), .size = writer.len};
    cg_rule_print(&writer, rule);
    writer.at[writer.len] = '\0';
    return writer.at;
}

static void print_rules(apr_pool_t *pool, apr_file_t *out, const cg_policy *policy,
                        const char *indent)
{
    rule_list list = {.rules = apr_array_make(pool, 8, sizeof(const cg_rule *))};

    cg_policy_each(policy, collect_rules, &list);
    for (int i = 0; i < list.rules->nelts; i++) {
        const cg_rule *rule = APR_ARRAY_IDX(list.rules, i, const cg_rule *);
        const cg_rule *canceller = find_canceller(list.rules, i);
        apr_file_printf(out, "%s%-32s # %s", indent, rule_text(pool, rule), rule->place);
        if (canceller) {
            apr_file_printf(out, ", cancelled by %s", canceller->place);
        }
        apr_file_puts("\n", out);
    }
}

static const char *https_text(const cg_server_config *config)
{
    static const char *const texts[] = {[CG_HTTPS_AUTO] = "auto",
                                        [CG_HTTPS_ON] = "on",
                                        [CG_HTTPS_OFF] = "off",
                                        [CG_HTTPS_EXPRESSION] = "an expression"};
    return texts[config->https];
}

static const char *audit_text(apr_pool_t *pool, const cg_server_config *config)
{
    static const char *const selections[] = {[CG_AUDIT_NEW] = "new",
                                             [CG_AUDIT_CHANGES] = "changes",
                                             [CG_AUDIT_FINDINGS] = "findings",
                                             [CG_AUDIT_ALL] = "all"};
    switch (config->audit_target) {
    case CG_AUDIT_TO_NOBODY:
        return "off";
    case CG_AUDIT_TO_ERROR_LOG:
        return "ErrorLog new";
    default:
        return apr_psprintf(pool, "%s%s %s", config->audit_target == CG_AUDIT_TO_PIPE ? "|" : "",
                            config->audit_name, selections[config->audit_selection]);
    }
}

/* The last day, or "off". */
static const char *migration_text(apr_pool_t *pool, const cg_server_config *config)
{
    apr_time_exp_t day;
    if (!config->migration_end) {
        return "off";
    }
    apr_time_exp_gmt(&day, config->migration_end - 1);
    return apr_psprintf(pool, "until=%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1,
                        day.tm_mday);
}

/* "30m", "90s": in the largest unit that is whole. */
static const char *time_text(apr_pool_t *pool, uint32_t seconds)
{
    static const struct {
        uint32_t seconds;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;

    while (seconds % units[i].seconds) {
        i++;
    }
    return apr_psprintf(pool, "%u%c", seconds / units[i].seconds, units[i].letter);
}

static const char *size_text(apr_pool_t *pool, apr_size_t octets)
{
    bool is_mega = octets % (1024 * 1024) == 0, is_kilo = octets % 1024 == 0;
    return apr_psprintf(pool, "%" APR_SIZE_T_FMT "%s",
                        octets / (is_mega   ? 1024 * 1024
                                  : is_kilo ? 1024
                                            : 1),
                        is_mega   ? "M"
                        : is_kilo ? "k"
                                  : "");
}

static void print_logins(apr_file_t *out, const apr_array_header_t *logins)
{
    for (int i = 0; logins && i < logins->nelts; i++) {
        apr_file_printf(out, "    CookieGuardLogin %s\n",
                        APR_ARRAY_IDX(logins, i, cg_login_rule).text);
    }
}

static void print_sessions(apr_pool_t *pool, apr_file_t *out, const cg_session_settings *settings)
{
    const cg_timeouts *timeouts = &settings->timeouts;

    apr_file_printf(out, "  CookieGuardSession %s\n", settings->is_on ? "On" : "Off");
    if (!settings->is_on) {
        return;
    }
    apr_file_printf(out, "    CookieGuardSessionTimeout idle=%s absolute=%s rotate=%s\n",
                    time_text(pool, timeouts->idle), time_text(pool, timeouts->absolute),
                    timeouts->rotate ? time_text(pool, timeouts->rotate) : "off");
    apr_file_printf(out, "    CookieGuardSessionCookie %s SameSite=%s%s\n",
                    settings->cookie_name.at, cg_same_site_name(settings->same_site).at,
                    settings->is_partitioned ? " Partitioned" : "");
    if (settings->has_realm) {
        apr_file_printf(out, "    CookieGuardRealm %s\n", settings->realm_name.at);
    }
    apr_file_printf(out, "    CookieGuardSessionsPerUser %s\n",
                    settings->per_user ? apr_itoa(pool, (int)settings->per_user) : "off");
    apr_file_printf(out, "    CookieGuardSessionMaxSize %s\n",
                    size_text(pool, settings->content_max));
    apr_file_printf(out, "    CookieGuardStoreFull %s\n",
                    settings->evicts_idle ? "evict-idle" : "refuse");
    apr_file_printf(out, "    CookieGuardTokenReuse %s\n", settings->reuse_ends ? "end" : "report");
    print_logins(out, settings->logins);
}

static void print_store(apr_pool_t *pool, apr_file_t *out)
{
    const cg_store_settings *store = &cg_generation_now.store;
    apr_file_printf(out, "CookieGuardStore shm size=%s\nCookieGuardStateDir %s\n",
                    size_text(pool, store->size), store->state_dir);
}

static void print_server(apr_pool_t *pool, apr_file_t *out, const server_rec *server)
{
    const cg_server_config *config = cg_config_of(server);
    const cg_policy *policy = cg_policy_of(server->lookup_defaults);
    cg_settings settings;
    unsigned baseline_count;

    cg_policy_settle(policy, &settings);
    apr_file_printf(out, "%s %s", server->is_virtual ? "virtual host" : "main server",
                    config->vhost.at);
    if (server->defn_name) {
        apr_file_printf(out, " (%s:%u)", server->defn_name, server->defn_line_number);
    }
    apr_file_printf(out, "\n  CookieGuard %s\n", cg_mode_name(settings.mode).at);
    apr_file_printf(out, "  CookieGuardHTTPS %s\n", https_text(config));
    apr_file_printf(out, "  CookieGuardAuditLog %s\n", audit_text(pool, config));
    apr_file_printf(out, "  CookieGuardMigration %s\n", migration_text(pool, config));
    apr_file_printf(out, "  CookieGuardOverride %s\n", cg_override_name(settings.override).at);
    apr_file_printf(out, "  CookieGuardCacheControl %s\n",
                    cg_cache_wish_name(settings.cache_wish).at);
    apr_file_printf(out, "  CookieGuardBaseline %s\n", settings.baseline ? "On" : "Off");
    if (settings.baseline) {
        const cg_rule *rules = cg_ruleset_rules(cg_generation_now.baseline, &baseline_count);
        apr_file_printf(out, "    %-32s # built-in, less %u known cookies\n",
                        rule_text(pool, &rules[0]), baseline_count - 1);
    }
    print_rules(pool, out, policy, "    ");
    print_sessions(pool, out, &config->session);
}

static void print_section(apr_pool_t *pool, apr_file_t *out, const char *kind,
                          ap_conf_vector_t *section_config)
{
    const core_dir_config *core = ap_get_core_module_config(section_config);
    const cg_policy *policy = cg_policy_of(section_config);

    /* httpd makes a module's part of a section with its first directive there. */
    if (!policy || (!policy->has_mode && !policy->has_override && !policy->has_baseline &&
                    !policy->has_cache_wish && !policy->rules)) {
        return;
    }
    apr_file_printf(out, "  <%s %s>\n", kind, core && core->d ? core->d : "");
    if (policy->has_mode) {
        apr_file_printf(out, "    CookieGuard %s # %s\n", cg_mode_name(policy->mode).at,
                        policy->mode_place);
    }
    if (policy->has_override) {
        apr_file_printf(out, "    CookieGuardOverride %s\n", cg_override_name(policy->override).at);
    }
    if (policy->has_cache_wish) {
        apr_file_printf(out, "    CookieGuardCacheControl %s\n",
                        cg_cache_wish_name(policy->cache_wish).at);
    }
    if (policy->has_baseline) {
        apr_file_printf(out, "    CookieGuardBaseline %s\n", policy->baseline ? "On" : "Off");
    }
    print_rules(pool, out, policy, "    ");
}

static void print_sections(apr_pool_t *pool, apr_file_t *out, const char *kind,
                           const apr_array_header_t *sections)
{
    for (int i = 0; sections && i < sections->nelts; i++) {
        ap_conf_vector_t *section = APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);
        const core_dir_config *core = ap_get_core_module_config(section);
        print_section(pool, out, kind, section);
        if (core) {
            print_sections(pool, out, "Files", core->sec_file);
            print_sections(pool, out, "If", core->sec_if);
        }
    }
}

void cg_dump_config(apr_pool_t *pconf, server_rec *main_server)
{
    apr_file_t *out;

    if (!ap_exists_config_define("DUMP_COOKIEGUARD") ||
        apr_file_open_stdout(&out, pconf) != APR_SUCCESS) {
        return;
    }
    apr_file_printf(out, "mod_cookieguard/" COOKIEGUARD_VERSION ": the policy in effect\n");
    if (cg_session_store_is_wanted(main_server)) {
        print_store(pconf, out);
    }
    for (server_rec *s = main_server; s; s = s->next) {
        const core_server_config *core = ap_get_core_module_config(s->module_config);
        const core_dir_config *defaults = ap_get_core_module_config(s->lookup_defaults);
        print_server(pconf, out, s);
        print_sections(pconf, out, "Directory", core->sec_dir);
        print_sections(pconf, out, "Location", core->sec_url);
        print_sections(pconf, out, "Files", defaults->sec_file);
        print_sections(pconf, out, "If", defaults->sec_if);
    }
}
