/* The module's configuration as httpd holds it: per directory, per server, and for the process.
 *
 * A directory's configuration is a cg_policy; httpd's merge is cg_policy_join, which allocates one
 * node at most. All of it is made when the configuration is read and only looked at afterwards. */
#ifndef CG_CONFIG_H
#define CG_CONFIG_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <ap_expr.h>

#include "../audit/segment.h"
#include "../policy/guard.h"
#include "session_settings.h"

#ifndef COOKIEGUARD_VERSION
#error "COOKIEGUARD_VERSION comes from configure"
#endif

/* The one symbol that httpd looks for; everything else is compiled hidden (configure). */
extern module AP_MODULE_DECLARE_DATA cookieguard_module __attribute__((visibility("default")));
APLOG_USE_MODULE(cookieguard);

/* A section while it is read: the policy, and the rules that are to become its ruleset. */
typedef struct cg_section {
    cg_policy policy;          /* the first field: httpd hands this one around */
    apr_array_header_t *rules; /* of cg_rule */
} cg_section;

/* Who decides whether the client's connection is HTTPS (CookieGuardHTTPS). */
typedef enum cg_https_source {
    CG_HTTPS_AUTO = 0,
    CG_HTTPS_ON,
    CG_HTTPS_OFF,
    CG_HTTPS_EXPRESSION
} cg_https_source;

/* Which cookies get a record (the second word of CookieGuardAuditLog). */
typedef enum cg_audit_selection {
    CG_AUDIT_NEW = 0,
    CG_AUDIT_CHANGES,
    CG_AUDIT_FINDINGS,
    CG_AUDIT_ALL
} cg_audit_selection;

/* Where the records go. */
typedef enum cg_audit_target {
    CG_AUDIT_TO_ERROR_LOG = 0,
    CG_AUDIT_TO_FILE,
    CG_AUDIT_TO_PIPE,
    CG_AUDIT_TO_NOBODY
} cg_audit_target;

typedef struct cg_server_config {
    bool has_https;
    cg_https_source https;
    ap_expr_info_t *https_expression;

    bool has_audit;
    cg_audit_target audit_target;
    cg_audit_selection audit_selection;
    const char *audit_name; /* the file's path or the program's command line */
    apr_file_t *audit_file; /* open from open_logs on */

    bool has_migration;
    apr_time_t migration_end; /* up to then guarded cookies are accepted bare; 0: never */

    cg_session_settings session;

    /* from check_config on */
    const cg_guards *guards;         /* null: no rule of this server says Prefix, and no sessions */
    const cg_guards *request_guards; /* of them those that act on requests: in mode On all, else the
                                      * session's token; or null */
    cg_mode secrecy_mode; /* in which Drop and Prefix are carried out: the server's own */
    bool merges_trailers; /* MergeTrailers On */

    cg_span vhost;   /* "name:port", from post_config on */
    unsigned number; /* of the server in httpd's list, the main server first */
} cg_server_config;

/* What belongs to the whole server generation. */
typedef struct cg_generation {
    const cg_ruleset *baseline;
    cg_mode mode_cap;    /* -D COOKIEGUARD_REPORT, -D COOKIEGUARD_OFF */
    unsigned rule_count; /* CookieGuardCookie lines, but for those in .htaccess */
    cg_segment *segment;
    cg_store_settings store;
} cg_generation;

extern cg_generation cg_generation_now;

/* What a configured mode comes to in this generation: at most its cap. */
static inline cg_mode cg_mode_capped(cg_mode mode)
{
    return mode < cg_generation_now.mode_cap ? mode : cg_generation_now.mode_cap;
}

void *cg_config_create_dir(apr_pool_t *pool, char *path);
void *cg_config_merge_dir(apr_pool_t *pool, void *base, void *add);
void *cg_config_create_server(apr_pool_t *pool, server_rec *server);
void *cg_config_merge_server(apr_pool_t *pool, void *base, void *add);

/* Starts to read a configuration: forgets the sections of the one before. */
void cg_config_begin(apr_pool_t *pconf);

/* Remembers a section with rules, so that cg_config_finish makes its ruleset. */
void cg_config_add_section(apr_pool_t *pool, cg_section *section);

/* Makes the rulesets of all sections read so far. */
void cg_config_finish(apr_pool_t *pconf);

static inline const cg_policy *cg_policy_of(ap_conf_vector_t *per_dir_config)
{
    return ap_get_module_config(per_dir_config, &cookieguard_module);
}

static inline cg_server_config *cg_config_of(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &cookieguard_module);
}

#endif
