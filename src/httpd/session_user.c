/* Who the user is. */
#include "session_user.h"

#include "../policy/pattern.h"

static cg_user_statement state(cg_span user)
{
    return (cg_user_statement){.is_said = user.len != 0, .user = user};
}

/* -- CookieGuardLogin ---------------------------------------------------------------------------- */

/* As the browser asked for it and httpd understood it. */
static cg_span path_of(const request_rec *r)
{
    while (r->prev) {
        r = r->prev;
    }
    return cg_span_of(r->uri);
}

static bool path_matches(const char *text, const request_rec *r)
{
    cg_pattern pattern = cg_pattern_parse(cg_span_of(text));
    return cg_pattern_matches(&pattern, path_of(r));
}

static bool condition_holds(const ap_expr_info_t *condition, request_rec *r)
{
    const char *error = NULL;
    return ap_expr_exec(r, condition, &error) > 0 && !error;
}

static bool rule_holds(const cg_login_rule *rule, request_rec *r)
{
    return (!rule->uri_pattern || path_matches(rule->uri_pattern, r)) &&
           (!rule->condition || condition_holds(rule->condition, r));
}

static cg_user_statement apply(const cg_login_rule *rule, request_rec *r)
{
    const char *error = NULL;
    const char *user;

    if (!rule->user) {
        return (cg_user_statement){.is_said = true, .has_no_name = true};
    }
    user = ap_expr_str_exec(r, rule->user, &error);
    return state(cg_span_of(error ? NULL : user));
}

/* The last rule that says somebody. */
static cg_user_statement ask_rules(request_rec *r)
{
    const apr_array_header_t *rules = cg_config_of(r->server)->session.logins;
    cg_user_statement said = {.is_said = false};

    for (int i = rules ? rules->nelts : 0; i-- > 0 && !said.is_said;) {
        const cg_login_rule *rule = &APR_ARRAY_IDX(rules, i, cg_login_rule);
        if (rule_holds(rule, r)) {
            said = apply(rule, r);
        }
    }
    return said;
}

/* -- all together -------------------------------------------------------------------------------- */

/* What became of the entries comes first: it is later than fixups, and says of somebody that he left.
 * A user whom some entry names is no news: there may be several AuthNames, each with its own. Under
 * a status of 401 nobody was let in, whoever he said that he is. */
cg_user_statement cg_session_user_find(request_rec *r, const char *seen,
                                       const cg_mod_session *entries,
                                       const cg_entry_changes *changes)
{
    if (changes->has_user) {
        return (cg_user_statement){.is_said = true, .user = changes->user};
    }
    if (seen && r->status != HTTP_UNAUTHORIZED) {
        return state(cg_span_of(cg_mod_session_knows(entries, seen) ? NULL : seen));
    }
    return ask_rules(r);
}
