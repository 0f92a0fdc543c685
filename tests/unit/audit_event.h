/* Events for the tests of the audit: a line and rules as text, judged as in the server. */
#ifndef CG_TEST_AUDIT_EVENT_H
#define CG_TEST_AUDIT_EVENT_H

#include <apr_general.h>
#include <apr_strings.h>

#include "unit.h"

#include "audit/event.h"
#include "policy/rule.h"
#include "policy/ruleset.h"

/* 2026-11-23T18:14:00.123456Z */
#define EVENT_MOMENT INT64_C(1795457640123456)

static apr_pool_t *event_pool;

static inline int set_up_events(void **state)
{
    (void)state;
    return apr_initialize() != APR_SUCCESS || apr_pool_create(&event_pool, NULL) != APR_SUCCESS;
}

static inline int tear_down_events(void **state)
{
    (void)state;
    apr_pool_destroy(event_pool);
    apr_terminate();
    return 0;
}

static inline cg_event_request some_request(void)
{
    return (cg_event_request){
        .time_us = EVENT_MOMENT,
        .vhost = CG_SPAN("shop.example:443"),
        .client = CG_SPAN("192.0.2.7"),
        .request_id = CG_SPAN("ZzX1aB@2-3_4"),
        .method = CG_SPAN("POST"),
        .path = CG_SPAN("/login"),
        .status = 302,
        .origin = CG_SPAN("proxy"),
    };
}

/* "file:line NAME TERM..."; a place in a .htaccess gives the rule that scope. */
static inline const cg_ruleset *rules_of_text(const char *text)
{
    const char *wrong;
    cg_rule rule;
    char **words;
    int count = 0;

    assert_int_equal(apr_tokenize_to_argv(text, &words, event_pool), APR_SUCCESS);
    while (words[count]) {
        count++;
    }
    wrong = cg_rule_parse(event_pool,
                          strstr(words[0], ".htaccess") ? CG_SCOPE_HTACCESS : CG_SCOPE_SERVER,
                          words[0], count - 1, (const char *const *)words + 1, &rule);
    if (wrong) {
        fail_msg("%s: %s", text, wrong);
    }
    return cg_ruleset_make(event_pool, &rule, 1);
}

static inline void add_secrecy(const cg_ruleset *set, cg_span name, cg_secrecy *secrecy)
{
    cg_policy *policy = apr_pcalloc(event_pool, sizeof *policy);
    const cg_guards *guards;

    policy->scope = CG_SCOPE_SERVER;
    policy->rules = set;
    guards = cg_guards_make(event_pool, policy, (cg_span){NULL, 0});
    if (!secrecy->drop) {
        secrecy->drop = cg_ruleset_find_drop(set, name);
    }
    if (!secrecy->guard && guards) {
        secrecy->guard = cg_guards_find(guards, name, &secrecy->spelling);
    }
}

/* Up to three rules; "built-in" is the built-in rule with the table of known cookies. */
static inline void add_rules(const char *const rules[3], cg_span name, cg_demands *demands,
                             cg_secrecy *secrecy)
{
    const cg_lookup lookup = {.holds = NULL};
    for (int i = 0; i < 3 && rules[i]; i++) {
        bool is_baseline = strcmp(rules[i], "built-in") == 0;
        const cg_ruleset *set = is_baseline ? cg_ruleset_make_baseline(event_pool)
                                            : rules_of_text(rules[i]);
        cg_ruleset_find(set, name, &lookup, CG_OVERRIDE_TIGHTEN, demands);
        add_secrecy(set, name, secrecy);
    }
}

static inline cg_event event_of(const cg_event_request *request, cg_span line,
                                const char *const rules[3], bool is_https)
{
    const cg_circumstances circumstances = {
        .is_https = is_https,
        .host = CG_SPAN("shop.example"),
        .request_path = CG_SPAN("/login"),
        .now = EVENT_MOMENT / 1000000,
    };
    cg_event event = {.request = request, .mode = CG_MODE_ON};
    cg_secrecy secrecy = {.drop = NULL};

    cg_set_cookie_parse(line, &event.cookie);
    add_rules(rules, event.cookie.name, &event.demands, &secrecy);
    cg_judge(&event.cookie, &event.demands, &secrecy, &circumstances, &event.judgement);
    event.findings = cg_findings_find(&event.cookie, &event.demands, &event.judgement,
                                      &circumstances);
    event.browser_before = cg_browser_judge(&event.cookie, &event.cookie.attributes,
                                            &circumstances);
    event.browser_after = cg_browser_judge(&event.cookie, &event.judgement.after, &circumstances);
    return event;
}

/* Numbers that look random and are the same in every run (splitmix64). */
static inline uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

#endif
