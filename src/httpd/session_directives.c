/* Reading the directives about sessions. What is wrong in one line is said here; what is wrong
 * between lines, by session_checks.c. Nothing is created or opened. */
#include "session_directives.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "../cookie/limits.h"
#include "../cookie/name_prefix.h"
#include "words.h"

static cg_session_settings *settings_of(cmd_parms *cmd)
{
    return &cg_config_of(cmd->server)->session;
}

/* "CookieGuardX: " and the sentence; null stays null. */
static const char *name_directive(cmd_parms *cmd, const char *error)
{
    return error ? apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", error, NULL) : NULL;
}

const char *cg_set_session(cmd_parms *cmd, void *dummy, int flag)
{
    cg_session_settings *settings = settings_of(cmd);
    (void)dummy;
    settings->has_on = true;
    settings->is_on = flag != 0;
    return NULL;
}

/* A segment over it is more likely a slip of the pen than memory that somebody has. */
#define STORE_SIZE_MAX ((apr_size_t)1 << 36)

static const char *read_store_size(cmd_parms *cmd, const char *text)
{
    cg_store_settings *store = &cg_generation_now.store;
    const char *error = cg_word_read_size(cmd->pool, text, &store->size);

    if (!error && (store->size < CG_TABLE_SIZE_MIN || store->size > STORE_SIZE_MAX)) {
        error = apr_psprintf(cmd->pool, "size=%s is out of range; the store takes 1M to 64G", text);
    }
    store->has_size = true;
    return error;
}

const char *cg_set_store(cmd_parms *cmd, void *dummy, int argc, char *const argv[])
{
    const char *size;
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    (void)dummy;

    if (error) {
        return error;
    }
    if (argc == 0 || ap_cstr_casecmp(argv[0], "shm")) {
        return apr_psprintf(cmd->pool,
                            "CookieGuardStore does not know '%s'; known is shm, as in "
                            "\"CookieGuardStore shm size=32M\"",
                            argc ? argv[0] : "");
    }
    for (int i = 1; i < argc; i++) {
        if (!cg_word_has_name(argv[i], "size", &size)) {
            return apr_psprintf(
                cmd->pool, "CookieGuardStore shm does not know '%s'; known is size=32M", argv[i]);
        }
        if ((error = read_store_size(cmd, size)) != NULL) {
            return name_directive(cmd, error);
        }
    }
    return NULL;
}

/* Without slashes at its end: behind one, a symbolic link would be followed. */
static const char *read_path(apr_pool_t *pool, const char *word)
{
    char *path = *word ? ap_server_root_relative(pool, word) : NULL;
    size_t len = path ? strlen(path) : 0;

    while (len > 1 && path[len - 1] == '/') {
        path[--len] = '\0';
    }
    return path;
}

const char *cg_set_state_dir(cmd_parms *cmd, void *dummy, const char *word)
{
    cg_store_settings *store = &cg_generation_now.store;
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    (void)dummy;

    if (error) {
        return error;
    }
    store->has_state_dir = true;
    store->state_dir = read_path(cmd->pool, word);
    return store->state_dir
               ? NULL
               : apr_psprintf(cmd->pool, "CookieGuardStateDir: '%s' is not a path", word);
}

/* -- how long ------------------------------------------------------------------------------- */

/* A rotation that is due before the one before it has settled would never settle. */
#define ROTATE_MIN 60

static const char *read_positive_time(cmd_parms *cmd, const char *text, uint32_t *seconds)
{
    const char *error = cg_word_read_time(cmd->pool, text, seconds);
    return error || *seconds ? error : "a time of 0 would end every session at once";
}

static const char *read_rotate(cmd_parms *cmd, const char *text, uint32_t *seconds)
{
    const char *error;

    *seconds = 0;
    if (!ap_cstr_casecmp(text, "off")) {
        return NULL;
    }
    error = cg_word_read_time(cmd->pool, text, seconds);
    if (!error && *seconds < ROTATE_MIN) {
        return apr_psprintf(cmd->pool,
                            "rotate=%s is too short; a minute is the least, and off is "
                            "never",
                            text);
    }
    return error;
}

static const char *read_timeout(cmd_parms *cmd, cg_session_settings *settings, const char *word)
{
    const char *time;

    if (cg_word_has_name(word, "idle", &time)) {
        settings->has_idle = true;
        return read_positive_time(cmd, time, &settings->idle);
    }
    if (cg_word_has_name(word, "absolute", &time)) {
        settings->has_absolute = true;
        return read_positive_time(cmd, time, &settings->absolute);
    }
    if (cg_word_has_name(word, "rotate", &time)) {
        settings->has_rotate = true;
        return read_rotate(cmd, time, &settings->rotate);
    }
    return apr_psprintf(cmd->pool,
                        "'%s' is not known; known are idle=30m, absolute=8h and "
                        "rotate=15m",
                        word);
}

const char *cg_set_session_timeout(cmd_parms *cmd, void *dummy, int argc, char *const argv[])
{
    const char *error = NULL;
    (void)dummy;

    if (argc == 0) {
        return "CookieGuardSessionTimeout needs one or more of idle=30m, absolute=8h and "
               "rotate=15m";
    }
    for (int i = 0; i < argc && !error; i++) {
        error = read_timeout(cmd, settings_of(cmd), argv[i]);
    }
    return name_directive(cmd, error);
}

/* -- the cookie ----------------------------------------------------------------------------- */

/* Longer names only cost room in each request. */
#define COOKIE_NAME_MAX 64

/* Null if browsers protect a cookie of this name, and it has one spelling everywhere. */
static const char *check_cookie_name(apr_pool_t *pool, cg_span name)
{
    cg_prefix prefix = cg_prefix_find(name);
    cg_span text = cg_prefix_rows[prefix].text;

    if (!cg_prefix_rows[prefix].needs_host_only || !cg_span_starts(name, text)) {
        return apr_psprintf(pool,
                            "'%s' does not begin with __Host- or __Host-Http-, in this case; only "
                            "such a name do browsers keep from being set by other hosts and by "
                            "plain http. The default is " CG_SESSION_COOKIE_NAME,
                            name.at);
    }
    if (name.len == text.len || name.len > COOKIE_NAME_MAX) {
        return apr_psprintf(pool, "after %s come 1 to %u characters of a name", text.at,
                            (unsigned)(COOKIE_NAME_MAX - text.len));
    }
    for (size_t i = text.len; i < name.len; i++) {
        if (!apr_isalnum(name.at[i]) && name.at[i] != '-' && name.at[i] != '_') {
            return apr_psprintf(pool, "after %s come letters, digits, '-' and '_', not '%c'",
                                text.at, name.at[i]);
        }
    }
    return NULL;
}

static const char *read_cookie_term(cmd_parms *cmd, cg_session_settings *settings, const char *word)
{
    const char *value;

    if (!ap_cstr_casecmp(word, "Partitioned")) {
        settings->is_partitioned = true;
        return NULL;
    }
    if (!cg_word_has_name(word, "SameSite", &value)) {
        return apr_psprintf(cmd->pool,
                            "'%s' is not known; known are SameSite=Lax, SameSite=Strict, "
                            "SameSite=None and Partitioned. Secure, HttpOnly and Path=/ "
                            "are always there",
                            word);
    }
    settings->same_site = cg_same_site_find(cg_span_of(value));
    return settings->same_site != CG_SAME_SITE_DEFAULT
               ? NULL
               : apr_psprintf(cmd->pool, "SameSite is Strict, Lax or None, not '%s'", value);
}

const char *cg_set_session_cookie(cmd_parms *cmd, void *dummy, int argc, char *const argv[])
{
    cg_session_settings *settings = settings_of(cmd);
    const char *error;
    (void)dummy;

    if (argc == 0) {
        return "CookieGuardSessionCookie needs a name, such as " CG_SESSION_COOKIE_NAME;
    }
    settings->has_cookie = true;
    settings->cookie_name = cg_span_of(argv[0]);
    settings->same_site = CG_SAME_SITE_LAX;
    settings->is_partitioned = false;
    error = check_cookie_name(cmd->pool, settings->cookie_name);
    for (int i = 1; i < argc && !error; i++) {
        error = read_cookie_term(cmd, settings, argv[i]);
    }
    return name_directive(cmd, error);
}

const char *cg_set_realm(cmd_parms *cmd, void *dummy, const char *word)
{
    cg_session_settings *settings = settings_of(cmd);
    (void)dummy;

    settings->has_realm = true;
    settings->realm_name = cg_span_of(word);
    if (settings->realm_name.len == 0 || settings->realm_name.len > CG_HOST_NAME_MAX) {
        return "CookieGuardRealm takes a name of 1 to 255 octets, the same one in each virtual "
               "host "
               "that is to share its sessions";
    }
    return NULL;
}

/* -- how many, how large --------------------------------------------------------------------- */

const char *cg_set_sessions_per_user(cmd_parms *cmd, void *dummy, const char *word)
{
    enum { MOST = 10000 };
    cg_session_settings *settings = settings_of(cmd);
    char *end;
    apr_int64_t count = apr_strtoi64(word, &end, 10);
    (void)dummy;

    settings->has_per_user = true;
    if (!ap_cstr_casecmp(word, "off")) {
        settings->per_user = 0;
        return NULL;
    }
    if (!cg_ascii_is_digit(*word) || *end || count < 1 || count > MOST) {
        return apr_psprintf(cmd->pool,
                            "CookieGuardSessionsPerUser takes a number from 1 to %d, or off, not "
                            "'%s'",
                            MOST, word);
    }
    settings->per_user = (unsigned)count;
    return NULL;
}

const char *cg_set_store_full(cmd_parms *cmd, void *dummy, const char *word)
{
    static const cg_word words[] = {{"refuse", false}, {"evict-idle", true}, {NULL, 0}};
    cg_session_settings *settings = settings_of(cmd);
    int evicts = true;
    const char *error = cg_word_find(cmd, words, word, &evicts);
    (void)dummy;

    settings->has_store_full = true;
    settings->evicts_idle = evicts != 0;
    return error;
}

const char *cg_set_session_max_size(cmd_parms *cmd, void *dummy, const char *word)
{
    enum { LEAST = 1024 };
    cg_session_settings *settings = settings_of(cmd);
    const char *error = cg_word_read_size(cmd->pool, word, &settings->content_max);
    (void)dummy;

    settings->has_content_max = true;
    if (!error && (settings->content_max < LEAST || settings->content_max > CG_CONTENT_MAX)) {
        error = apr_psprintf(cmd->pool, "'%s' is out of range; a session holds 1k to 64k", word);
    }
    return name_directive(cmd, error);
}

/* -- what identifies ------------------------------------------------------------------------- */

static const char *parse_expression(cmd_parms *cmd, const char *text, unsigned flags,
                                    ap_expr_info_t **expression)
{
    const char *error = NULL;

    if (!*text) {
        return "an expression is empty";
    }
    *expression = ap_expr_parse_cmd(cmd, text, AP_EXPR_FLAG_DONT_VARY | flags, &error, NULL);
    return error ? apr_psprintf(cmd->pool, "the expression '%s' cannot be parsed: %s", text, error)
                 : NULL;
}

static const char *read_login(cmd_parms *cmd, const char *what, const char *user,
                              cg_login_rule *rule)
{
    const char *value;

    if (user && !cg_word_has_name(user, "user", &value)) {
        return apr_psprintf(cmd->pool,
                            "'%s' is not known; after the pattern comes user=EXPRESSION, "
                            "such as \"user=%%{resp:X-User}\", or nothing",
                            user);
    }
    if (user) {
        const char *error = parse_expression(cmd, value, AP_EXPR_FLAG_STRING_RESULT, &rule->user);
        if (error) {
            return error;
        }
    }
    if (cg_word_has_name(what, "expr", &value)) {
        return parse_expression(cmd, value, 0, &rule->condition);
    }
    rule->uri_pattern = what;
    return *what == '/' || *what == '*'
               ? NULL
               : apr_psprintf(cmd->pool,
                              "'%s' is no path: write one that begins with '/', with * "
                              "and ? where any octets may stand, or \"expr=...\"",
                              what);
}

const char *cg_add_login(cmd_parms *cmd, void *dummy, const char *what, const char *user)
{
    cg_session_settings *settings = settings_of(cmd);
    cg_login_rule rule = {.text = apr_pstrcat(cmd->pool, what, user ? " " : "", user, NULL)};
    const char *error = read_login(cmd, what, user, &rule);
    apr_array_header_t *logins;
    (void)dummy;

    if (error) {
        return name_directive(cmd, error);
    }
    logins = settings->logins ? apr_array_copy(cmd->pool, settings->logins)
                              : apr_array_make(cmd->pool, 2, sizeof(cg_login_rule));
    APR_ARRAY_PUSH(logins, cg_login_rule) = rule;
    settings->has_logins = true;
    settings->logins = logins;
    return NULL;
}

const char *cg_set_token_reuse(cmd_parms *cmd, void *dummy, const char *word)
{
    static const cg_word words[] = {{"report", false}, {"end", true}, {NULL, 0}};
    cg_session_settings *settings = settings_of(cmd);
    int ends = false;
    const char *error = cg_word_find(cmd, words, word, &ends);
    (void)dummy;

    settings->has_reuse = true;
    settings->reuse_ends = ends != 0;
    return error;
}
