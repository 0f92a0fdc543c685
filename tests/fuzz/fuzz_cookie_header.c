/* Any octets as a Cookie field, under any guards: the promises of the request side hold, and the
 * second one on every field: a guarded name occurs only where we put it.
 *
 * The input is "migrating" or an empty line, rules one a line, an empty line, and then the field. A
 * rule "token NAME" makes that the name of the session's token. */
#include "fuzz_input.h"

#include "../property/request_promises.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No line of rules is longer than this in any example; longer ones only take time. */
enum { RULES_MAX = 512 };

static cg_span take_rules(cg_span *rest)
{
    cg_span rules = *rest;
    while (rest->len && rest->at[0] != '\n') {
        enforcement_take(rest, '\n');
    }
    rules.len -= rest->len;
    enforcement_take(rest, '\n');
    return rules;
}

static bool lies_in(cg_span part, cg_span field)
{
    return part.len == 0 || (part.at >= field.at && part.at + part.len <= field.at + field.len);
}

static void check_token(const cg_restored *is)
{
    fuzz_check(lies_in(is->token, is->field), "the token lies in the field");
    fuzz_check(is->secret_count <= CG_SECRETS_MAX, "some secrets are remembered");
    for (unsigned i = 0; i < is->secret_count; i++) {
        fuzz_check(lies_in(is->secrets[i], is->field), "a secret lies in the field");
        for (unsigned k = 0; k < is->cookie_count; k++) {
            fuzz_check(is->cookies[k].is_disputed || is->cookies[k].raw != is->secrets[i].at,
                       "what is handed on is not overwritten");
        }
    }
}

/* Names that may be those of tokens: octets of tokens that no parser decodes. */
static bool has_good_token(const cg_guards *guards)
{
    cg_span name = guards->token ? guards->token->guards[0].name.text : CG_SPAN("sid");
    for (size_t i = 0; i < name.len; i++) {
        if (!cg_ascii_is_token(name.at[i]) || strchr("%+$*", name.at[i])) {
            return false;
        }
    }
    return name.len <= 64;
}

static void check_remembered(const cg_restored *is)
{
    for (unsigned i = 0; i < is->cookie_count; i++) {
        const cg_restored_cookie *cookie = &is->cookies[i];
        fuzz_check(cookie->name.len > 0 && cookie->guard, "a cookie has a name and a guard");
        fuzz_check(cookie->came >> cookie->prefix & 1, "what counts came");
        fuzz_check(lies_in(cookie->name, is->field), "a name lies in the field");
        for (unsigned k = 0; k < i; k++) {
            fuzz_check(!cg_span_equal(cookie->name, is->cookies[k].name), "a name stands once");
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    cg_span rest = {(const char *)data, size};
    bool accepts_plain = cg_span_equal(enforcement_take(&rest, '\n'), CG_SPAN("migrating"));
    cg_span rules = take_rules(&rest);
    const cg_guards *guards = rules.len > RULES_MAX ? NULL : restoring_guards(pool, rules);
    const request_promise *broken;
    const char *how;
    request_trial t;

    if (!guards || cg_guards_check(pool, guards) || !has_good_token(guards) ||
        rest.len > GUARD_PAGE_ROOM) {
        return 0;
    }
    request_trial_run(&t, guards, (octets){rest.at, rest.len}, accepts_plain);
    broken = request_promises_find_broken(&t, &how);
    if (broken) {
        fprintf(stderr, "%s is broken: ", broken->name);
        fuzz_check(false, how);
    }
    if (t.is.is_concerned) {
        check_remembered(&t.is.restored);
        check_token(&t.is.restored);
    }
    return 0;
}
