/* Rules found by name: in order, each time, and as a plain list would find them. */
#include "unit.h"

#include "enforcement.h"

static apr_pool_t *pool;

static const cg_ruleset *make(const char *text)
{
    enforcement is;
    const char *error = enforcement_read_rules(pool, cg_span_of(text), &is);
    if (error) {
        fail_msg("%s: %s", text, error);
    }
    return cg_ruleset_make(pool, is.rules, is.rule_count);
}

/* Max-Age=1, Max-Age=2 ... tell which rule had the last word. */
static void the_last_of_all_matching_rules_wins(void **state)
{
    static const struct {
        const char *rules, *name;
        int64_t seconds; /* 0: no rule matches */
    } cases[] = {
        {"SID Max-Age=1", "SID", 1},
        {"SID Max-Age=1", "sid", 0},
        {"SID Max-Age=1", "", 0},
        {"SID Max-Age=1\n* Max-Age=2", "SID", 2},
        {"* Max-Age=1\nSID Max-Age=2", "SID", 2},
        {"* Max-Age=1\nSID Max-Age=2", "x", 1},
        {"* Max-Age=1\nSID Max-Age=2", "", 1},
        {"SID Max-Age=1\nS* Max-Age=2\nSID Max-Age=3", "SID", 3},
        {"SID Max-Age=1\nS* Max-Age=2\nSID Max-Age=3\nSI* Max-Age=4", "SID", 4},
        {"SID Max-Age=1\nSID Max-Age=2\nSID Max-Age=3", "SID", 3},
        {"a Max-Age=1\nb Max-Age=2\nc Max-Age=3\nd Max-Age=4\ne Max-Age=5", "c", 3},
        {"?? Max-Age=1\n* HttpOnly", "ab", 1},
        {"?? Max-Age=1\n* HttpOnly", "abc", 0},
        {"", "SID", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const cg_lookup lookup = {.holds = NULL};
        cg_demands demands = {.ignored = NULL};
        const cg_term *term;
        cg_ruleset_find(make(cases[i].rules), guarded(cg_span_of(cases[i].name)), &lookup,
                        CG_OVERRIDE_TIGHTEN, &demands);
        term = demands.term[CG_ATTRIBUTE_MAX_AGE];
        if ((term ? term->seconds : 0) != cases[i].seconds) {
            fail_msg("%s\nfor %s", cases[i].rules, cases[i].name);
        }
    }
}

static bool is_equal_text(const void *condition, void *context)
{
    return strcmp(condition, context) == 0;
}

static void conditions_are_asked_for_this_response(void **state)
{
    const char *words[] = {"*", "HttpOnly", "expr=yes"};
    char yes[] = "yes", no[] = "no";
    const cg_ruleset *rules;
    cg_rule rule;
    (void)state;

    assert_null(cg_rule_parse(pool, CG_SCOPE_SERVER, "test:1", 3, words, &rule));
    rule.condition = "yes";
    rules = cg_ruleset_make(pool, &rule, 1);
    for (int i = 0; i < 3; i++) {
        const cg_lookup lookup = {.holds = i ? is_equal_text : NULL, .context = i == 1 ? yes : no};
        cg_demands demands = {.ignored = NULL};
        cg_ruleset_find(rules, CG_SPAN("x"), &lookup, CG_OVERRIDE_TIGHTEN, &demands);
        assert_int_equal(demands.term[CG_ATTRIBUTE_HTTPONLY] != NULL, i == 1);
    }
}

static void terms_know_their_rule(void **state)
{
    unsigned count;
    const cg_rule *rules = cg_ruleset_rules(make("a Secure HttpOnly\nb* -Path"), &count);
    (void)state;
    assert_int_equal(count, 2);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < rules[i].term_count; k++) {
            assert_ptr_equal(rules[i].terms[k].rule, &rules[i]);
        }
    }
}

static void drop_is_found_by_exact_name_and_glob(void **state)
{
    const cg_ruleset *rules = make("* Secure\nSID Drop\nwp_* Drop");
    (void)state;
    assert_non_null(cg_ruleset_find_drop(rules, CG_SPAN("SID")));
    assert_non_null(cg_ruleset_find_drop(rules, CG_SPAN("wp_x")));
    assert_null(cg_ruleset_find_drop(rules, CG_SPAN("sid")));
    assert_null(cg_ruleset_find_drop(rules, CG_SPAN("")));
    assert_null(cg_ruleset_find_drop(make("* Secure"), CG_SPAN("SID")));
}

static void the_built_in_rule_protects_all_but_the_known(void **state)
{
    static const struct {
        const char *name;
        bool http_only, same_site;
    } cases[] = {
        {"SID", true, true},
        {"", true, true},
        {"XSRF-TOKEN", false, true},
        {"csrftoken", false, true},
        {"_xsrf", false, true},
        {"wp-settings-1", false, true},
        {"mellon-cookie", true, false},
        {"_shibstate_x", true, false},
    };
    const cg_ruleset *rules = cg_ruleset_make_baseline(pool);
    const cg_lookup lookup = {.holds = NULL};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_demands demands = {.ignored = NULL};
        cg_ruleset_find(rules, cg_span_of(cases[i].name), &lookup, CG_OVERRIDE_TIGHTEN, &demands);
        assert_int_equal(demands.term[CG_ATTRIBUTE_SECURE]->verb, CG_VERB_DEFAULT);
        assert_int_equal(demands.term[CG_ATTRIBUTE_HTTPONLY]->verb,
                         cases[i].http_only ? CG_VERB_DEFAULT : CG_VERB_KEEP);
        assert_int_equal(demands.term[CG_ATTRIBUTE_SAMESITE]->verb,
                         cases[i].same_site ? CG_VERB_DEFAULT : CG_VERB_KEEP);
        assert_int_equal(demands.term[CG_ATTRIBUTE_SAMESITE]->same_site,
                         cases[i].same_site ? CG_SAME_SITE_LAX : CG_SAME_SITE_DEFAULT);
        assert_int_equal(demands.lifted_by_table != 0, !(cases[i].http_only && cases[i].same_site));
    }
}

/* -- the clever table against a plain list, on many random sets -------------------------------- */

static unsigned next_random(unsigned *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 12;
}

static const char *random_name(unsigned *random)
{
    static const char *const names[] = {"SID", "sid", "a",   "b",  "ab", "abc", "wp_a", "wp_b",
                                        "x1",  "x2",  "x3",  "x4", "x5", "x6",  "x7",   "x8",
                                        "y1",  "y2",  "__a", "",   "*",  "wp_", "wp",   "A"};
    return names[next_random(random) % COUNT(names)];
}

static const char *random_pattern(unsigned *random)
{
    static const char *const globs[] = {"*", "wp_*", "?", "??", "x*", "*1", "a*", "S?D", "*b*"};
    const char *name = random_name(random);
    return next_random(random) % 3 && *name ? name : globs[next_random(random) % COUNT(globs)];
}

static void agrees_with_a_plain_list(void **state)
{
    static const char *const terms[] = {"Secure", "-Secure", "HttpOnly",   "HttpOnly=keep",
                                        "Path=/", "-Path",   "Max-Age<=1d"};
    const cg_lookup lookup = {.holds = NULL};
    unsigned random = 1;
    (void)state;

    for (int round = 0; round < 2000; round++) {
        apr_pool_t *round_pool;
        cg_rule rules[40];
        unsigned count = next_random(&random) % COUNT(rules);
        const cg_ruleset *set;
        const cg_rule *own;
        apr_pool_create(&round_pool, pool);
        for (unsigned i = 0; i < count; i++) {
            const char *words[] = {random_pattern(&random),
                                   terms[next_random(&random) % COUNT(terms)]};
            assert_null(cg_rule_parse(round_pool, CG_SCOPE_SERVER, "test:1", 2, words, &rules[i]));
        }
        set = cg_ruleset_make(round_pool, rules, count);
        own = cg_ruleset_rules(set, &count);
        for (int n = 0; n < 20; n++) {
            cg_span name = cg_span_of(random_name(&random));
            cg_demands is = {.ignored = NULL}, wanted = {.ignored = NULL};
            cg_ruleset_find(set, name, &lookup, CG_OVERRIDE_TIGHTEN, &is);
            for (unsigned i = 0; i < count; i++) {
                if (cg_pattern_matches(&own[i].pattern, name)) {
                    cg_demands_add(&wanted, &own[i], CG_OVERRIDE_TIGHTEN);
                }
            }
            assert_memory_equal(is.term, wanted.term, sizeof is.term);
        }
        apr_pool_destroy(round_pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_of_all_matching_rules_wins),
        cmocka_unit_test(conditions_are_asked_for_this_response),
        cmocka_unit_test(terms_know_their_rule),
        cmocka_unit_test(drop_is_found_by_exact_name_and_glob),
        cmocka_unit_test(the_built_in_rule_protects_all_but_the_known),
        cmocka_unit_test(agrees_with_a_plain_list),
    };
    pool = enforcement_root();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
