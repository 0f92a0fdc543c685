/* Who the user is. */
#include "session_user.h"

#include "../policy/pattern.h"

static cg_user_statement state(cg_span user)
{
    return (cg_user_statement){.is_said = user.len != 0, .user = user};
}

/* -- CookieGuardLogin ---------------------------------------------------------------------------- */

static const request_rec *first_of(const request_rec *r)
{
    while (r->prev) {
        r = r->prev;
    }
    return r;
}

/* A form that was sent to this path, as httpd understood it, and taken. */
static bool is_login_at(const char *path_pattern, const request_rec *r)
{
    const cg_pattern pattern = cg_pattern_parse(cg_span_of(path_pattern));

    return first_of(r)->method_number == M_POST && r->status < HTTP_BAD_REQUEST &&
           cg_pattern_matches(&pattern, cg_span_of(r->uri));
}

static bool condition_holds(const ap_expr_info_t *condition, request_rec *r)
{
    const char *error = NULL;
    return ap_expr_exec(r, condition, &error) > 0 && !error;
}

static bool rule_holds(const cg_login_rule *rule, request_rec *r)
{
    return (!rule->uri_pattern || is_login_at(rule->uri_pattern, r)) &&
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

/* The response, at the path that the client asked for: where an internal redirect leads (a front
 * controller, an error page) says nothing of who logs in. */
static request_rec as_asked(const request_rec *r)
{
    const request_rec *first = first_of(r);
    request_rec asked = *r;

    asked.uri = first->uri;
    asked.args = first->args;
    return asked;
}

/* The last rule that says somebody. */
static cg_user_statement ask_rules(const request_rec *r)
{
    const apr_array_header_t *rules = cg_config_of(r->server)->session.logins;
    cg_user_statement said = {.is_said = false};
    request_rec asked;

    if (!rules) {
        return said;
    }
    asked = as_asked(r);
    for (int i = rules->nelts; i-- > 0 && !said.is_said;) {
        const cg_login_rule *rule = &APR_ARRAY_IDX(rules, i, cg_login_rule);
        if (rule_holds(rule, &asked)) {
            said = apply(rule, &asked);
        }
    }
    return said;
}

/* -- all together -------------------------------------------------------------------------------- */

/* What became of the entries comes first: it is later than fixups, and says of somebody that he left.
 * Then the rules: behind httpd's own password there may be an application with a login of its own.
 * A user whom some entry names is no news: there may be several AuthNames, each with its own. Under
 * a status of 401 nobody was let in, whoever he said that he is. */
cg_user_statement cg_session_user_find(request_rec *r, const char *seen,
                                       const cg_mod_session *entries,
                                       const cg_entry_changes *changes)
{
    cg_user_statement said;

    if (changes->has_user) {
        return (cg_user_statement){.is_said = true, .user = changes->user};
    }
    said = ask_rules(r);
    if (said.is_said || !seen || r->status == HTTP_UNAUTHORIZED) {
        return said;
    }
    return state(cg_span_of(cg_mod_session_knows(entries, seen) ? NULL : seen));
}
