/* Reading the directives. Whatever is wrong is answered with a sentence: what was not understood,
 * and what is known. Nothing is created or opened here. */
#include "directives.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_main.h>

#include "../policy/rule.h"
#include "session_directives.h"
#include "words.h"

static const cg_word mode_words[] = {
    {"Off", CG_MODE_OFF}, {"Report", CG_MODE_REPORT}, {"On", CG_MODE_ON}, {NULL, 0}};

static const cg_word override_words[] = {{"Tighten", CG_OVERRIDE_TIGHTEN},
                                         {"None", CG_OVERRIDE_NONE},
                                         {"All", CG_OVERRIDE_ALL},
                                         {NULL, 0}};

static const cg_word cache_words[] = {
    {"auto", CG_CACHE_WISH_AUTO},         {"private", CG_CACHE_WISH_PRIVATE},
    {"no-store", CG_CACHE_WISH_NO_STORE}, {"report", CG_CACHE_WISH_REPORT},
    {"off", CG_CACHE_WISH_OFF},           {NULL, 0}};

static const cg_word https_words[] = {
    {"auto", CG_HTTPS_AUTO}, {"on", CG_HTTPS_ON}, {"off", CG_HTTPS_OFF}, {NULL, 0}};

static const cg_word selection_words[] = {{"new", CG_AUDIT_NEW},
                                          {"changes", CG_AUDIT_CHANGES},
                                          {"findings", CG_AUDIT_FINDINGS},
                                          {"all", CG_AUDIT_ALL},
                                          {NULL, 0}};

static cg_scope scope_of(cmd_parms *cmd)
{
    if (ap_check_cmd_context(cmd, NOT_IN_HTACCESS)) {
        return CG_SCOPE_HTACCESS;
    }
    return ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT) ? CG_SCOPE_SECTION : CG_SCOPE_SERVER;
}

/* "file:line", the file as seen from ServerRoot. */
static const char *place_of(cmd_parms *cmd)
{
    const char *file = cmd->directive->filename;
    size_t root_len = ap_server_root ? strlen(ap_server_root) : 0;

    if (root_len && !strncmp(file, ap_server_root, root_len) && file[root_len] == '/') {
        file += root_len + 1;
    }
    return apr_psprintf(cmd->pool, "%s:%d", file, cmd->directive->line_num);
}

static const char *set_mode(cmd_parms *cmd, void *config, const char *word)
{
    cg_section *section = config;
    int mode = CG_MODE_OFF;
    const char *error = cg_word_find(cmd, mode_words, word, &mode);

    section->policy.scope = scope_of(cmd);
    section->policy.has_mode = true;
    section->policy.mode = (cg_mode)mode;
    section->policy.mode_place = place_of(cmd);
    return error;
}

static const char *set_override(cmd_parms *cmd, void *config, const char *word)
{
    cg_section *section = config;
    int override = CG_OVERRIDE_TIGHTEN;
    const char *error = cg_word_find(cmd, override_words, word, &override);

    section->policy.scope = scope_of(cmd);
    section->policy.has_override = true;
    section->policy.override = (cg_override) override;
    return error;
}

static const char *set_baseline(cmd_parms *cmd, void *config, int flag)
{
    cg_section *section = config;
    section->policy.scope = scope_of(cmd);
    section->policy.has_baseline = true;
    section->policy.baseline = flag != 0;
    return NULL;
}

static const char *set_cache_control(cmd_parms *cmd, void *config, const char *word)
{
    cg_section *section = config;
    int wish = CG_CACHE_WISH_AUTO;
    const char *error = cg_word_find(cmd, cache_words, word, &wish);

    section->policy.scope = scope_of(cmd);
    section->policy.has_cache_wish = true;
    section->policy.cache_wish = (cg_cache_wish)wish;
    return error;
}

static bool regex_matches(const void *regex, cg_span name)
{
    return ap_regexec_len(regex, name.at ? name.at : "", name.len, 0, NULL, 0) == 0;
}

static const char *compile_regex(cmd_parms *cmd, cg_pattern *pattern)
{
    const char *text = apr_pstrmemdup(cmd->pool, pattern->text.at, pattern->text.len);
    pattern->regex = ap_pregcomp(cmd->pool, text, AP_REG_EXTENDED);
    pattern->matches = regex_matches;
    if (pattern->regex == NULL) {
        return apr_psprintf(cmd->pool, "'%s' is not a regular expression that can be compiled",
                            text);
    }
    return NULL;
}

static const char *compile_condition(cmd_parms *cmd, cg_rule *rule)
{
    const char *error = NULL;
    const char *text = apr_pstrmemdup(cmd->pool, rule->condition_text.at, rule->condition_text.len);
    rule->condition = ap_expr_parse_cmd(cmd, text, AP_EXPR_FLAG_DONT_VARY, &error, NULL);
    if (error) {
        return apr_psprintf(cmd->pool, "the expression '%s' cannot be parsed: %s", text, error);
    }
    return NULL;
}

/* A condition in a .htaccess is never evaluated: the expression could read files or variables that
 * are not its owner's. The rule stays without effect and is reported like any that is ignored. */
static void disarm_htaccess_condition(cg_rule *rule)
{
    rule->is_refused = true;
}

static const char *name_directive(cmd_parms *cmd, const char *error)
{
    return apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", error, NULL);
}

static const char *add_rule(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    cg_section *section = config;
    cg_rule rule;
    cg_scope scope = scope_of(cmd);
    const char *error = cg_rule_parse(cmd->pool, scope, place_of(cmd), argc,
                                      (const char *const *)argv, &rule);

    if (!error && rule.pattern.kind == CG_PATTERN_REGEX) {
        error = compile_regex(cmd, &rule.pattern);
    }
    if (!error && rule.condition_text.at) {
        if (scope == CG_SCOPE_HTACCESS) {
            disarm_htaccess_condition(&rule);
        } else {
            error = compile_condition(cmd, &rule);
        }
    }
    if (error) {
        return name_directive(cmd, error);
    }
    section->policy.scope = scope;
    section->policy.has_rules = true;
    section->policy.has_drop |= rule.drop && scope == CG_SCOPE_SERVER;
    if (!section->rules) {
        cg_config_add_section(cmd->pool, section);
    }
    APR_ARRAY_PUSH(section->rules, cg_rule) = rule;
    return NULL;
}

static const char *set_https(cmd_parms *cmd, void *dummy, const char *word)
{
    cg_server_config *config = cg_config_of(cmd->server);
    const char *error = NULL;
    int source = CG_HTTPS_AUTO;
    (void)dummy;

    config->has_https = true;
    if (!strncmp(word, "expr=", 5)) {
        config->https = CG_HTTPS_EXPRESSION;
        config->https_expression = ap_expr_parse_cmd(cmd, word + 5, AP_EXPR_FLAG_DONT_VARY, &error,
                                                     NULL);
        return error ? apr_psprintf(cmd->pool,
                                    "CookieGuardHTTPS: the expression '%s' cannot be parsed: %s",
                                    word + 5, error)
                     : NULL;
    }
    error = cg_word_find(cmd, https_words, word, &source);
    config->https = (cg_https_source)source;
    return error ? apr_pstrcat(cmd->pool, error, ", \"expr=...\"", NULL) : NULL;
}

static bool is_leap_year(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Reads "2027-01-31", a day that there is. */
static bool read_day(const char *text, apr_time_exp_t *day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const char form[] = "dddd-dd-dd";
    int year, month, last;

    for (int i = 0; form[i]; i++) {
        if (form[i] == 'd' ? !cg_ascii_is_digit(text[i]) : text[i] != form[i]) {
            return false;
        }
    }
    year = (int)apr_strtoi64(text, NULL, 10);
    month = (int)apr_strtoi64(text + 5, NULL, 10);
    if (text[sizeof form - 1] || year < 1970 || month < 1 || month > 12) {
        return false;
    }
    last = days[month - 1] + (month == 2 && is_leap_year(year));
    *day = (apr_time_exp_t){.tm_year = year - 1900,
                            .tm_mon = month - 1,
                            .tm_mday = (int)apr_strtoi64(text + 8, NULL, 10)};
    return day->tm_mday >= 1 && day->tm_mday <= last;
}

/* A date and never a duration: what was meant to be temporary ends, restarts or not. */
static const char *set_migration(cmd_parms *cmd, void *dummy, const char *word)
{
    cg_server_config *config = cg_config_of(cmd->server);
    apr_time_exp_t day;
    (void)dummy;

    config->has_migration = true;
    if (!ap_cstr_casecmp(word, "off")) {
        config->migration_end = 0;
        return NULL;
    }
    if (strncmp(word, "until=", 6) || !read_day(word + 6, &day)) {
        return apr_psprintf(cmd->pool,
                            "CookieGuardMigration does not know '%s'; write off, or the last day "
                            "(UTC) on which cookies without their prefix are accepted, such as "
                            "until=2027-01-31",
                            word);
    }
    apr_time_exp_gmt_get(&config->migration_end, &day);
    config->migration_end += apr_time_from_sec(24 * 60 * 60);
    return NULL;
}

/* A file that cannot be made because its directory is missing is said now, not at the start. */
static const char *check_directory(cmd_parms *cmd, const char *file)
{
    apr_finfo_t info;
    const char *directory = ap_make_dirstr_parent(cmd->temp_pool, file);

    if (apr_stat(&info, directory, APR_FINFO_TYPE, cmd->temp_pool) != APR_SUCCESS ||
        info.filetype != APR_DIR) {
        return apr_psprintf(cmd->pool,
                            "CookieGuardAuditLog: the directory %s does not exist; make it, or "
                            "choose another place for the log",
                            directory);
    }
    if (apr_stat(&info, file, APR_FINFO_TYPE, cmd->temp_pool) == APR_SUCCESS &&
        info.filetype == APR_DIR) {
        return apr_psprintf(cmd->pool, "CookieGuardAuditLog: %s is a directory, not a file", file);
    }
    return NULL;
}

static const char *set_audit_file(cmd_parms *cmd, cg_server_config *config, const char *target)
{
    const char *file = ap_server_root_relative(cmd->pool, target);
    if (!file || !*target) {
        return apr_psprintf(cmd->pool, "CookieGuardAuditLog: '%s' is not a path", target);
    }
    config->audit_target = CG_AUDIT_TO_FILE;
    config->audit_name = file;
    return check_directory(cmd, file);
}

static const char *set_audit_log(cmd_parms *cmd, void *dummy, const char *target,
                                 const char *selection)
{
    cg_server_config *config = cg_config_of(cmd->server);
    int selected = CG_AUDIT_NEW;
    const char *error = selection ? cg_word_find(cmd, selection_words, selection, &selected) : NULL;
    (void)dummy;

    if (error) {
        return error;
    }
    config->has_audit = true;
    config->audit_selection = (cg_audit_selection)selected;
    if (!ap_cstr_casecmp(target, "off")) {
        config->audit_target = CG_AUDIT_TO_NOBODY;
        return selection ? "CookieGuardAuditLog off takes no second word" : NULL;
    }
    if (*target == '|') {
        config->audit_target = CG_AUDIT_TO_PIPE;
        config->audit_name = target + 1;
        return target[1] ? NULL : "CookieGuardAuditLog: after '|' comes a program";
    }
    return set_audit_file(cmd, config, target);
}

const command_rec cg_directives[] = {
    AP_INIT_TAKE1("CookieGuard", set_mode, NULL, OR_FILEINFO,
                  "Off, Report (say what On would do, change nothing) or On"),
    AP_INIT_TAKE_ARGV("CookieGuardCookie", add_rule, NULL, OR_FILEINFO,
                      "a cookie's name, glob or ~regex, then terms such as HttpOnly=keep "
                      "SameSite>=Lax Max-Age<=1d -Domain, and at last \"expr=...\" if it is to "
                      "hold only then"),
    AP_INIT_FLAG("CookieGuardBaseline", set_baseline, NULL, RSRC_CONF | ACCESS_CONF,
                 "On or Off: the built-in rule * Secure HttpOnly SameSite=Lax, less the known "
                 "cookies"),
    AP_INIT_TAKE1("CookieGuardCacheControl", set_cache_control, NULL, RSRC_CONF | ACCESS_CONF,
                  "auto, private, no-store, report or off: what a response that sets a cookie says "
                  "to shared caches"),
    AP_INIT_TAKE1("CookieGuardHTTPS", set_https, NULL, RSRC_CONF,
                  "auto, on, off or \"expr=...\": whether the client's connection is HTTPS"),
    AP_INIT_TAKE1("CookieGuardMigration", set_migration, NULL, RSRC_CONF,
                  "off, or until=YYYY-MM-DD: the last day on which cookies under Prefix are "
                  "accepted without their prefix"),
    AP_INIT_TAKE1("CookieGuardOverride", set_override, NULL, RSRC_CONF | ACCESS_CONF,
                  "Tighten, All or None: what .htaccess files may ask"),
    AP_INIT_TAKE12("CookieGuardAuditLog", set_audit_log, NULL, RSRC_CONF,
                   "a file, \"|program\" or off, then new, changes, findings or all"),
    AP_INIT_FLAG("CookieGuardSession", cg_set_session, NULL, RSRC_CONF,
                 "On or Off: sessions are kept encrypted in the store, for mod_session and those "
                 "who use it"),
    AP_INIT_TAKE_ARGV("CookieGuardStore", cg_set_store, NULL, RSRC_CONF,
                      "shm, then size=32M: where sessions are kept"),
    AP_INIT_TAKE1("CookieGuardStateDir", cg_set_state_dir, NULL, RSRC_CONF,
                  "the directory of the keys, which only the user who starts httpd may enter"),
    AP_INIT_TAKE_ARGV("CookieGuardSessionTimeout", cg_set_session_timeout, NULL, RSRC_CONF,
                      "one or more of idle=30m absolute=8h rotate=15m; rotate may be off"),
    AP_INIT_TAKE_ARGV("CookieGuardSessionCookie", cg_set_session_cookie, NULL, RSRC_CONF,
                      "a name that begins with __Host-, then SameSite=Lax, Strict or None and "
                      "Partitioned"),
    AP_INIT_TAKE1("CookieGuardRealm", cg_set_realm, NULL, RSRC_CONF,
                  "a name; virtual hosts of the same one share their sessions"),
    AP_INIT_TAKE1("CookieGuardSessionsPerUser", cg_set_sessions_per_user, NULL, RSRC_CONF,
                  "how many sessions a user may have at a time, or off"),
    AP_INIT_TAKE1("CookieGuardStoreFull", cg_set_store_full, NULL, RSRC_CONF,
                  "evict-idle or refuse: what becomes of a new session when sessions of users fill "
                  "the store"),
    AP_INIT_TAKE1("CookieGuardSessionMaxSize", cg_set_session_max_size, NULL, RSRC_CONF,
                  "how much a session may hold, such as 16k; at most 64k"),
    AP_INIT_TAKE12("CookieGuardLogin", cg_add_login, NULL, RSRC_CONF,
                   "a pattern of paths or \"expr=...\", then user=EXPRESSION: the responses that "
                   "log somebody in"),
    AP_INIT_TAKE1("CookieGuardTokenReuse", cg_set_token_reuse, NULL, RSRC_CONF,
                  "report or end: what becomes of a session whose old token comes back"),
    {NULL}};
