/* Looking for what is wrong with sessions before the server starts. */
#include "session_checks.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_core.h>
#include <unistd.h>

#include "config_tree.h"
#include "mod_session.h"
#include "session_store.h"
#include "state_dir.h"

static const cg_session_settings *settings_of(const server_rec *server)
{
    return &cg_config_of(server)->session;
}

static const char *name_of(const server_rec *server)
{
    return cg_config_of(server)->vhost.at;
}

/* -- what contradicts itself ------------------------------------------------------------------ */

static bool refuse_contradictions(apr_pool_t *ptemp, const server_rec *server)
{
    const char *error = cg_session_settings_check(ptemp, settings_of(server));

    if (error) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, server,
                     "CG0030: virtual host %s: %s", name_of(server), error);
    }
    return error != NULL;
}

/* -- other places for the same sessions ------------------------------------------------------- */

static const char *const other_providers[] = {"SessionCookieName", "SessionCookieName2",
                                              "SessionDBDCookieName", "SessionDBDCookieName2",
                                              "SessionDBDPerUser"};

static bool refuse_other_provider(const server_rec *server, const char *name)
{
    const ap_directive_t *own = cg_tree_find(server, CG_TREE_OWN, name);
    const ap_directive_t *outer = cg_tree_find(server, CG_TREE_INHERITED, name);

    if (own) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, server,
                     "CG0032: %s at %s:%d and CookieGuardSession On are for the same sessions of "
                     "virtual host %s, and only one can keep them; take %s out, or say "
                     "CookieGuardSession Off there",
                     name, own->filename, own->line_num, name_of(server), name);
        return true;
    }
    if (outer) {
        ap_log_error(
            APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
            "CG0033: %s at %s:%d has no effect in virtual host %s, where CookieGuardSession "
            "is On; if it is for others, put it into their virtual hosts",
            name, outer->filename, outer->line_num, name_of(server));
    }
    return false;
}

static bool refuse_other_providers(apr_pool_t *ptemp, const server_rec *server)
{
    bool is_refused = false;
    (void)ptemp;

    for (size_t i = 0; i < sizeof other_providers / sizeof other_providers[0]; i++) {
        is_refused |= refuse_other_provider(server, other_providers[i]);
    }
    return is_refused;
}

static bool warn_of_passphrase(apr_pool_t *ptemp, const server_rec *server)
{
    const ap_directive_t *own = cg_tree_find(server, CG_TREE_OWN, "SessionCryptoPassphrase");
    (void)ptemp;

    if (!own) {
        own = cg_tree_find(server, CG_TREE_OWN, "SessionCryptoPassphraseFile");
    }
    if (own) {
        ap_log_error(
            APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
            "CG0033: %s at %s:%d has no effect in virtual host %s, where CookieGuardSession "
            "is On: the store has keys of its own. The line can go",
            own->directive, own->filename, own->line_num, name_of(server));
    }
    return false;
}

/* -- HTTPS ------------------------------------------------------------------------------------ */

static bool is_word(const ap_directive_t *directive, const char *word)
{
    return directive && directive->args && !ap_cstr_casecmpn(directive->args, word, strlen(word));
}

/* Something gives requests the variable HTTPS. */
static bool sets_variable(const server_rec *server)
{
    static const char *const names[] = {"SetEnv", "SetEnvIf", "SetEnvIfNoCase", "SetEnvIfExpr",
                                        "RewriteRule"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (cg_tree_find_with(server, names[i], "HTTPS")) {
            return true;
        }
    }
    return false;
}

static bool may_be_https(server_rec *server)
{
    const char *protocol = ap_get_server_protocol(server);
    const ap_directive_t *engine = cg_tree_find_any(server, "SSLEngine");

    switch (cg_config_of(server)->https) {
    case CG_HTTPS_OFF:
        return false;
    case CG_HTTPS_ON:
    case CG_HTTPS_EXPRESSION:
        return true;
    case CG_HTTPS_AUTO:
        break;
    }
    return (engine && !is_word(engine, "off")) || cg_tree_find_any(server, "TLSEngine") ||
           (protocol && !ap_cstr_casecmp(protocol, "https")) ||
           (server->server_scheme && !ap_cstr_casecmp(server->server_scheme, "https")) ||
           sets_variable(server);
}

static bool serves_https(server_rec *main_server)
{
    for (server_rec *s = main_server; s; s = s->next) {
        if (settings_of(s)->is_on && may_be_https(s)) {
            return true;
        }
    }
    return false;
}

/* Who says it for all virtual hosts means those with HTTPS; who says it in one means that one. */
static void warn_of_plain_http(server_rec *main_server, server_rec *server)
{
    if (may_be_https(server) || !cg_tree_find(server, CG_TREE_OWN, "CookieGuardSession") ||
        (!server->is_virtual && serves_https(main_server))) {
        return;
    }
    ap_log_error(
        APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
        "CG0034: virtual host %s says CookieGuardSession On, and nothing says that its "
        "clients come over HTTPS; over plain http no token is sent and none is taken. Where a "
        "proxy before it ends TLS, say so with CookieGuardHTTPS",
        name_of(server));
}

/* -- names ------------------------------------------------------------------------------------ */

static bool warn_of_missing_name(apr_pool_t *ptemp, const server_rec *server)
{
    (void)ptemp;
    if (!settings_of(server)->has_realm && !cg_tree_find_any(server, "ServerName")) {
        ap_log_error(
            APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
            "CG0038: virtual host %s has no ServerName, so its name is that of the machine; "
            "when that changes, all its sessions end. Give it a ServerName",
            name_of(server));
    }
    return false;
}

static bool share_on_purpose(const server_rec *a, const server_rec *b)
{
    return settings_of(a)->has_realm && settings_of(b)->has_realm &&
           cg_span_equal(settings_of(a)->realm_name, settings_of(b)->realm_name);
}

static void compare_names(server_rec *first, server_rec *second, const char *name)
{
    if (first == second || first->addrs->host_port == second->addrs->host_port ||
        !(settings_of(first)->is_on || settings_of(second)->is_on) ||
        share_on_purpose(first, second)) {
        return;
    }
    ap_log_error(
        APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, second,
        "CG0035: the virtual hosts %s and %s are one host for a browser (%s), which sends the "
        "cookies of one port to the other, the token of sessions too. Give them names of "
        "their own, or, if they are to share their sessions, the same CookieGuardRealm",
        name_of(first), name_of(second), name);
}

/* Remembers who had the name first. */
static void look_at_name(apr_hash_t *owners, server_rec *server, const char *name)
{
    apr_pool_t *pool = apr_hash_pool_get(owners);
    char *folded = apr_pstrdup(pool, name);
    server_rec *owner;

    ap_str_tolower(folded);
    owner = apr_hash_get(owners, folded, APR_HASH_KEY_STRING);
    if (owner) {
        compare_names(owner, server, folded);
    } else {
        apr_hash_set(owners, folded, APR_HASH_KEY_STRING, server);
    }
}

/* Of those that may set a token or get one: a browser sends it over HTTPS alone. */
static void warn_of_shared_names(apr_pool_t *ptemp, server_rec *main_server)
{
    apr_hash_t *owners = apr_hash_make(ptemp);

    for (server_rec *s = main_server->next; s; s = s->next) {
        if (!s->server_hostname || !s->addrs || !s->addrs->host_port || !may_be_https(s)) {
            continue;
        }
        look_at_name(owners, s, s->server_hostname);
        for (int i = 0; s->names && i < s->names->nelts; i++) {
            look_at_name(owners, s, APR_ARRAY_IDX(s->names, i, const char *));
        }
    }
}

/* -- the whole server ------------------------------------------------------------------------- */

static bool warn_of_missing_mod_session(server_rec *main_server)
{
    if (!cg_mod_session_is_there()) {
        ap_log_error(
            APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, main_server,
            "CG0031: CookieGuardSession is On, and mod_session is not loaded, so nobody asks "
            "for a session; add LoadModule session_module modules/mod_session.so");
        return true;
    }
    return false;
}

/* Only who will start the server can tell, and only before it runs: later it goes on with what it
 * has. */
static bool refuse_state_dir(apr_pool_t *ptemp, server_rec *main_server)
{
    const char *sentence = NULL;

    if (geteuid() == 0 && !cg_session_store_is_running()) {
        sentence = cg_state_dir_look(ptemp, cg_generation_now.store.state_dir);
    }
    if (sentence) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, main_server, "CG0039: %s", sentence);
    }
    return sentence != NULL;
}

/* Of each virtual host with sessions. */
static bool (*const checks[])(apr_pool_t *ptemp, const server_rec *server) = {
    refuse_contradictions, refuse_other_providers, warn_of_passphrase, warn_of_missing_name};

bool cg_session_checks_refuse(apr_pool_t *ptemp, server_rec *main_server)
{
    bool is_refused;

    if (!cg_session_store_is_wanted(main_server)) {
        return false;
    }
    warn_of_missing_mod_session(main_server);
    warn_of_shared_names(ptemp, main_server);
    is_refused = refuse_state_dir(ptemp, main_server);
    for (server_rec *s = main_server; s; s = s->next) {
        for (size_t i = 0; settings_of(s)->is_on && i < sizeof checks / sizeof checks[0]; i++) {
            is_refused |= checks[i](ptemp, s);
        }
        if (settings_of(s)->is_on) {
            warn_of_plain_http(main_server, s);
        }
    }
    return is_refused;
}

/* -- worth knowing ---------------------------------------------------------------------------- */

static void tell_of_max_age(const server_rec *server)
{
    const ap_directive_t *max_age = cg_tree_find_for_all(server, "SessionMaxAge", NULL);
    uint32_t idle = settings_of(server)->timeouts.idle;
    apr_int64_t seconds = max_age && max_age->args ? apr_atoi64(max_age->args) : 0;

    if (seconds > 0 && seconds != (apr_int64_t)idle) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                     "CG0036: SessionMaxAge at %s:%d is %" APR_INT64_T_FMT
                     " s, and CookieGuardSessionTimeout of virtual host %s says idle=%us; the "
                     "shorter wins, which is %s",
                     max_age->filename, max_age->line_num, seconds, name_of(server), idle,
                     seconds < (apr_int64_t)idle ? "SessionMaxAge, where it stands" : "idle");
    }
}

static void tell_of_nobody_asking(const server_rec *server)
{
    if (cg_mod_session_is_there() && !cg_tree_find_for_all(server, "Session", "on")) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                     "CG0037: virtual host %s says CookieGuardSession On and nowhere Session On; "
                     "mod_session keeps sessions only where that is said",
                     name_of(server));
    }
}

/* The promises that hang on knowing who is a user. */
static void tell_of_no_users(const server_rec *server)
{
    if (!settings_of(server)->logins && !cg_tree_find_for_all(server, "AuthType", NULL) &&
        !cg_tree_find_for_all(server, "CookieGuardLogin", NULL)) {
        ap_log_error(
            APLOG_MARK, APLOG_NOTICE, 0, server,
            "CG0040: nothing in virtual host %s says who its users are (neither AuthType nor "
            "CookieGuardLogin), so all its sessions are those of visitors: throw-away sessions "
            "can push them out of a full store, a login changes no token, and "
            "CookieGuardSessionsPerUser counts nothing",
            name_of(server));
    }
}

/* Once for who says it, not for each that inherits it. */
void cg_session_checks_tell(server_rec *main_server)
{
    for (server_rec *s = main_server; s; s = s->next) {
        if (settings_of(s)->is_on && cg_tree_find(s, CG_TREE_OWN, "CookieGuardSession")) {
            tell_of_max_age(s);
            tell_of_nobody_asking(s);
            tell_of_no_users(s);
        }
    }
}
