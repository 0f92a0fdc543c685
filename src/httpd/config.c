/* Making and merging configurations. */
#include "config.h"

#include <apr_strings.h>
#include <http_core.h>

cg_generation cg_generation_now;

/* Sections whose rules are not a ruleset yet; only while a configuration is read. */
static apr_array_header_t *open_sections;

void cg_config_begin(apr_pool_t *pconf)
{
    open_sections = apr_array_make(pconf, 16, sizeof(cg_section *));
    cg_generation_now = (cg_generation){.mode_cap = CG_MODE_ON};
}

static void make_ruleset(apr_pool_t *pool, cg_section *section)
{
    section->policy.rules = cg_ruleset_make(pool, (const cg_rule *)section->rules->elts,
                                            (unsigned)section->rules->nelts);
}

void cg_config_finish(apr_pool_t *pconf)
{
    for (int i = 0; i < open_sections->nelts; i++) {
        cg_section *section = APR_ARRAY_IDX(open_sections, i, cg_section *);
        make_ruleset(pconf, section);
        cg_generation_now.rule_count += (unsigned)section->rules->nelts;
    }
    apr_array_clear(open_sections);
    cg_generation_now.baseline = cg_ruleset_make_baseline(pconf);
    if (ap_exists_config_define("COOKIEGUARD_REPORT")) {
        cg_generation_now.mode_cap = CG_MODE_REPORT;
    }
    if (ap_exists_config_define("COOKIEGUARD_OFF")) {
        cg_generation_now.mode_cap = CG_MODE_OFF;
    }
}

void cg_config_add_section(apr_pool_t *pool, cg_section *section)
{
    section->rules = apr_array_make(pool, 4, sizeof(cg_rule));
    if (section->policy.scope != CG_SCOPE_HTACCESS) {
        APR_ARRAY_PUSH(open_sections, cg_section *) = section;
    }
}

void *cg_config_create_dir(apr_pool_t *pool, char *path)
{
    cg_section *section = apr_pcalloc(pool, sizeof *section);
    (void)path;
    section->policy.scope = CG_SCOPE_SERVER;
    return section;
}

/* The rules of a .htaccess become a ruleset when it is merged: httpd reads it for one request, and
 * that request's pool is at hand. */
static const cg_policy *finish_htaccess(apr_pool_t *pool, cg_policy *policy)
{
    cg_section *section = (cg_section *)policy;
    bool is_leaf = policy->inner == NULL;
    if (is_leaf && policy->scope == CG_SCOPE_HTACCESS && section->rules && !policy->rules) {
        make_ruleset(pool, section);
    }
    return policy;
}

void *cg_config_merge_dir(apr_pool_t *pool, void *base, void *add)
{
    return (void *)cg_policy_join(pool, finish_htaccess(pool, base), finish_htaccess(pool, add));
}

void *cg_config_create_server(apr_pool_t *pool, server_rec *server)
{
    (void)server;
    return apr_pcalloc(pool, sizeof(cg_server_config));
}

void *cg_config_merge_server(apr_pool_t *pool, void *base_config, void *add_config)
{
    const cg_server_config *base = base_config;
    cg_server_config *merged = apr_pmemdup(pool, add_config, sizeof *merged);

    if (!merged->has_https) {
        merged->has_https = base->has_https;
        merged->https = base->https;
        merged->https_expression = base->https_expression;
    }
    if (!merged->has_audit) {
        merged->has_audit = base->has_audit;
        merged->audit_target = base->audit_target;
        merged->audit_selection = base->audit_selection;
        merged->audit_name = base->audit_name;
    }
    if (!merged->has_migration) {
        merged->has_migration = base->has_migration;
        merged->migration_end = base->migration_end;
    }
    cg_session_settings_merge(&merged->session, &base->session);
    return merged;
}
