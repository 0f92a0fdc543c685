/* One cookie line through the whole core: rules, judge, rewriter, findings.
 *
 * Rules are written one a line, as after CookieGuardCookie; "built-in" stands for the built-in
 * rule, "htaccess" or "section" before a rule for where it stands, and "token" before a name makes it
 * that of the session's token. A response is written as a URL: "https://www.example.com/app/". */
#ifndef CG_TEST_ENFORCEMENT_H
#define CG_TEST_ENFORCEMENT_H

#include <stdlib.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "policy/finding.h"
#include "policy/policy.h"
#include "policy/rewrite.h"
#include "policy/rule.h"

/* Tue, 14 Nov 2023 22:13:20 GMT */
#define ENFORCEMENT_NOW INT64_C(1700000000)

#define ENFORCEMENT_RULES_MAX 64
#define ENFORCEMENT_WORDS_MAX 16

typedef struct enforcement {
    const cg_policy *policy;
    const cg_guards *guards;              /* null if no rule says Prefix and there is no token */
    cg_rule rules[ENFORCEMENT_RULES_MAX]; /* as written, without the built-in ones */
    unsigned rule_count;
    bool has_built_in;
    cg_circumstances circumstances;

    cg_set_cookie cookie;
    cg_demands demands;
    cg_secrecy secrecy;
    cg_judgement judgement;
    uint64_t findings;
    cg_span out; /* null if the cookie is dropped */
} enforcement;

/* The calling program's one root pool. */
static inline apr_pool_t *enforcement_root(void)
{
    static apr_pool_t *root;
    if (root == NULL) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    return root;
}

/* Takes the text before the first `c` off *rest. */
static inline cg_span enforcement_take(cg_span *rest, char c)
{
    size_t end = cg_span_find(*rest, c);
    cg_span part = cg_span_part(*rest, 0, end);
    *rest = cg_span_part(*rest, end < rest->len ? end + 1 : end, rest->len);
    return part;
}

static inline const char *enforcement_read_rule(apr_pool_t *pool, cg_span text, cg_rule *rule)
{
    const char *words[ENFORCEMENT_WORDS_MAX], *error;
    int count = 0;
    cg_scope scope = CG_SCOPE_SERVER;

    while (text.len && count < ENFORCEMENT_WORDS_MAX) {
        cg_span word = enforcement_take(&text, ' ');
        if (count == 0 && cg_span_equal(word, CG_SPAN("htaccess"))) {
            scope = CG_SCOPE_HTACCESS;
        } else if (count == 0 && cg_span_equal(word, CG_SPAN("section"))) {
            scope = CG_SCOPE_SECTION;
        } else if (word.len) {
            words[count++] = apr_pstrmemdup(pool, word.at, word.len);
        }
    }
    error = cg_rule_parse(pool, scope, "test:1", count, words, rule);
    rule->condition = rule->condition_text.at; /* of which none holds here */
    return error;
}

/* The policy that the rules make. Null, or what is wrong with one of them. */
static inline const char *enforcement_read_rules(apr_pool_t *pool, cg_span text, enforcement *is)
{
    cg_policy *own = apr_pcalloc(pool, sizeof *own);
    cg_policy *built_in = apr_pcalloc(pool, sizeof *built_in);
    cg_span token = {NULL, 0};

    is->rule_count = 0;
    is->has_built_in = false;
    built_in->scope = own->scope = CG_SCOPE_SERVER;
    while (text.len && is->rule_count < ENFORCEMENT_RULES_MAX) {
        const char *error;
        cg_span line = enforcement_take(&text, '\n');
        if (cg_span_equal(line, CG_SPAN("built-in"))) {
            built_in->rules = cg_ruleset_make_baseline(pool);
            is->has_built_in = true;
        } else if (cg_span_starts(line, CG_SPAN("token "))) {
            token = cg_span_part(line, 6, line.len);
        } else if (line.len) {
            error = enforcement_read_rule(pool, line, &is->rules[is->rule_count]);
            if (error) {
                return error;
            }
            own->has_drop |= is->rules[is->rule_count].drop &&
                             is->rules[is->rule_count].scope == CG_SCOPE_SERVER;
            is->rule_count++;
        }
    }
    own->rules = cg_ruleset_make(pool, is->rules, is->rule_count);
    is->policy = cg_policy_join(pool, built_in, own);
    is->guards = cg_guards_make(pool, is->policy, token);
    return NULL;
}

/* The circumstances of a response to `url`. */
static inline cg_circumstances enforcement_read_url(cg_span url)
{
    cg_circumstances circumstances = {.now = ENFORCEMENT_NOW};
    cg_span rest = url;
    circumstances.is_https = cg_span_starts(url, CG_SPAN("https:"));
    enforcement_take(&rest, '/');
    enforcement_take(&rest, '/');
    circumstances.host = cg_span_part(rest, 0, cg_span_find(rest, '/'));
    circumstances.request_path = cg_span_part(rest, circumstances.host.len, rest.len);
    return circumstances;
}

static inline bool enforcement_find_secrecy(enforcement *is)
{
    const cg_guards *token = is->guards ? is->guards->token : NULL;
    return (token && cg_secrecy_find_token(token, &is->cookie, &is->secrecy)) ||
           cg_secrecy_find(is->policy, is->guards, is->cookie.name, &is->secrecy);
}

/* Reads, judges and rewrites `line` under is->policy and is->circumstances. */
static inline void enforcement_run(apr_pool_t *pool, cg_span line, enforcement *is)
{
    const cg_lookup lookup = {.holds = NULL};
    bool has_secrecy;
    cg_writer writer;

    is->demands = (cg_demands){.ignored = NULL};
    cg_set_cookie_scan(line, &is->cookie);
    has_secrecy = enforcement_find_secrecy(is);
    cg_policy_find(is->policy, is->secrecy.rules_name, &lookup, &is->demands);
    if (is->secrecy.guard && is->secrecy.guard->rule) {
        cg_demands_add(&is->demands, is->secrecy.guard->rule, CG_OVERRIDE_ALL);
    }
    cg_judge(&is->cookie, &is->demands, has_secrecy ? &is->secrecy : NULL, &is->circumstances,
             &is->judgement);
    cg_judgement_complete(&is->cookie, &is->circumstances, &is->judgement);
    is->findings = cg_findings_find(&is->cookie, &is->demands, &is->judgement, &is->circumstances);
    is->out = line;
    if (is->judgement.action == CG_ACTION_DROP) {
        is->out = (cg_span){NULL, 0};
    } else if (is->judgement.action == CG_ACTION_REWRITE) {
        writer = (cg_writer){.size = cg_rewrite_size_max(&is->cookie, &is->judgement)};
        writer.at = apr_palloc(pool, writer.size);
        cg_rewrite_print(&writer, &is->cookie, &is->judgement);
        is->out = (cg_span){writer.at, writer.len};
        if (cg_writer_is_full(&writer)) {
            abort(); /* the promise of cg_rewrite_size_max */
        }
    }
}

#endif
