/* Sections one after the other: settings, order, and the price of putting them together. */
#include "unit.h"

#include <apr_tables.h>

#include "enforcement.h"

static apr_pool_t *pool;

static cg_policy *leaf(cg_scope scope, const char *rules)
{
    cg_policy *policy = apr_pcalloc(pool, sizeof *policy);
    enforcement is;
    const char *error = enforcement_read_rules(pool, cg_span_of(rules), &is);
    if (error) {
        fail_msg("%s: %s", rules, error);
    }
    policy->scope = scope;
    policy->rules = is.rule_count ? cg_ruleset_make(pool, is.rules, is.rule_count) : NULL;
    for (unsigned i = 0; i < is.rule_count; i++) {
        policy->has_drop |= is.rules[i].drop;
    }
    return policy;
}

static cg_policy *leaf_with_mode(cg_scope scope, cg_mode mode)
{
    cg_policy *policy = leaf(scope, "");
    policy->has_mode = true;
    policy->mode = mode;
    policy->mode_place = "test:7";
    return policy;
}

static cg_policy *leaf_with_override(cg_override override)
{
    cg_policy *policy = leaf(CG_SCOPE_SECTION, "");
    policy->has_override = true;
    policy->override = override;
    return policy;
}

static const cg_policy *join(const cg_policy *outer, const cg_policy *inner)
{
    return cg_policy_join(pool, outer, inner);
}

static int64_t seconds_for(const cg_policy *policy, const char *name)
{
    const cg_lookup lookup = {.holds = NULL};
    cg_demands demands = {.ignored = NULL};
    cg_policy_find(policy, cg_span_of(name), &lookup, &demands);
    return demands.term[CG_ATTRIBUTE_MAX_AGE] ? demands.term[CG_ATTRIBUTE_MAX_AGE]->seconds : 0;
}

static void collect_rules(const cg_policy *part, void *context)
{
    apr_array_header_t *found = context;
    if (part->rules) {
        APR_ARRAY_PUSH(found, const cg_ruleset *) = part->rules;
    }
}

/* Whatever way five sections are put together, they speak in their order. */
static void inner_sections_speak_last(void **state)
{
    cg_policy *s[5];
    const cg_policy *ways[3];
    (void)state;
    for (int i = 0; i < 5; i++) {
        s[i] = leaf(CG_SCOPE_SECTION,
                    apr_psprintf(pool, "* Max-Age=%d\nc%d Max-Age=%d", i + 1, i, 100 + i));
    }
    ways[0] = join(join(join(join(s[0], s[1]), s[2]), s[3]), s[4]);
    ways[1] = join(s[0], join(s[1], join(s[2], join(s[3], s[4]))));
    ways[2] = join(join(s[0], s[1]), join(join(s[2], s[3]), s[4]));
    for (size_t w = 0; w < COUNT(ways); w++) {
        apr_array_header_t *found = apr_array_make(pool, 5, sizeof(const cg_ruleset *));
        assert_int_equal(seconds_for(ways[w], "x"), 5);
        assert_int_equal(seconds_for(ways[w], "c0"), 5);
        assert_int_equal(seconds_for(ways[w], "c4"), 104);
        cg_policy_each(ways[w], collect_rules, found);
        assert_int_equal(found->nelts, 5);
        for (int i = 0; i < 5; i++) {
            assert_ptr_equal(APR_ARRAY_IDX(found, i, const cg_ruleset *), s[i]->rules);
        }
    }
}

static void settings_come_from_the_innermost_that_makes_them(void **state)
{
    cg_settings settings;
    const cg_policy *server = leaf_with_mode(CG_SCOPE_SERVER, CG_MODE_ON);
    const cg_policy *section = leaf_with_mode(CG_SCOPE_SECTION, CG_MODE_REPORT);
    cg_policy *no_baseline = leaf(CG_SCOPE_SECTION, "");
    (void)state;

    no_baseline->has_baseline = true;
    cg_policy_settle(leaf(CG_SCOPE_SERVER, ""), &settings);
    assert_int_equal(settings.mode, CG_MODE_OFF);
    assert_int_equal(settings.override, CG_OVERRIDE_TIGHTEN);
    assert_true(settings.baseline);
    cg_policy_settle(join(server, join(section, no_baseline)), &settings);
    assert_int_equal(settings.mode, CG_MODE_REPORT);
    assert_false(settings.baseline);
    assert_null(settings.ignored_mode);
}

static void a_word_to_caches_comes_from_the_innermost(void **state)
{
    cg_settings settings;
    cg_policy *server = leaf(CG_SCOPE_SERVER, "");
    cg_policy *section = leaf(CG_SCOPE_SECTION, "");
    cg_policy *silent = leaf(CG_SCOPE_SECTION, "* Secure");
    (void)state;

    cg_policy_settle(server, &settings);
    assert_int_equal(settings.cache_wish, CG_CACHE_WISH_AUTO);
    server->has_cache_wish = section->has_cache_wish = true;
    server->cache_wish = CG_CACHE_WISH_NO_STORE;
    section->cache_wish = CG_CACHE_WISH_AUTO;
    cg_policy_settle(join(server, silent), &settings);
    assert_int_equal(settings.cache_wish, CG_CACHE_WISH_NO_STORE);
    cg_policy_settle(join(join(server, section), silent), &settings);
    assert_int_equal(settings.cache_wish, CG_CACHE_WISH_AUTO);
    /* a section that says nothing else is not left out of a join */
    assert_ptr_not_equal(join(silent, section), silent);
}

static void htaccess_may_raise_the_mode_and_lowers_it_where_trusted(void **state)
{
    static const struct {
        cg_mode outer, asked;
        cg_override override;
        cg_mode mode;
        bool ignored;
    } cases[] = {
        {CG_MODE_ON, CG_MODE_OFF, CG_OVERRIDE_TIGHTEN, CG_MODE_ON, true},
        {CG_MODE_ON, CG_MODE_REPORT, CG_OVERRIDE_TIGHTEN, CG_MODE_ON, true},
        {CG_MODE_REPORT, CG_MODE_OFF, CG_OVERRIDE_TIGHTEN, CG_MODE_REPORT, true},
        {CG_MODE_OFF, CG_MODE_ON, CG_OVERRIDE_TIGHTEN, CG_MODE_ON, false},
        {CG_MODE_REPORT, CG_MODE_ON, CG_OVERRIDE_TIGHTEN, CG_MODE_ON, false},
        {CG_MODE_ON, CG_MODE_ON, CG_OVERRIDE_TIGHTEN, CG_MODE_ON, false},
        {CG_MODE_ON, CG_MODE_OFF, CG_OVERRIDE_ALL, CG_MODE_OFF, false},
        {CG_MODE_ON, CG_MODE_OFF, CG_OVERRIDE_NONE, CG_MODE_ON, true},
        {CG_MODE_OFF, CG_MODE_ON, CG_OVERRIDE_NONE, CG_MODE_OFF, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_settings settings;
        cg_policy_settle(join(join(leaf_with_mode(CG_SCOPE_SERVER, cases[i].outer),
                                   leaf_with_override(cases[i].override)),
                              leaf_with_mode(CG_SCOPE_HTACCESS, cases[i].asked)),
                         &settings);
        assert_int_equal(settings.mode, cases[i].mode);
        assert_int_equal(settings.ignored_mode != NULL, cases[i].ignored);
    }
}

static void the_override_around_a_htaccess_counts_for_its_rules(void **state)
{
    (void)state;
    for (int override = CG_OVERRIDE_TIGHTEN; override <= CG_OVERRIDE_ALL; override++) {
        const cg_policy *policy = join(
            join(leaf(CG_SCOPE_SERVER, "* Max-Age<=60"),
                 leaf_with_override((cg_override) override)),
            leaf(CG_SCOPE_HTACCESS, "htaccess * Max-Age<=600\nhtaccess tight Max-Age<=6"));
        assert_int_equal(seconds_for(policy, "x"), override == CG_OVERRIDE_ALL ? 600 : 60);
        assert_int_equal(seconds_for(policy, "tight"), override == CG_OVERRIDE_NONE ? 60 : 6);
    }
}

static void drop_is_found_in_every_section(void **state)
{
    const cg_policy *policy = join(
        join(leaf(CG_SCOPE_SERVER, "* Secure"), leaf(CG_SCOPE_SERVER, "SID Drop")),
        join(leaf(CG_SCOPE_SECTION, "x HttpOnly"), leaf(CG_SCOPE_SERVER, "wp_* Drop")));
    (void)state;
    assert_non_null(cg_policy_find_drop(policy, CG_SPAN("SID")));
    assert_non_null(cg_policy_find_drop(policy, CG_SPAN("wp_x")));
    assert_null(cg_policy_find_drop(policy, CG_SPAN("x")));
    assert_null(cg_policy_find_drop(leaf(CG_SCOPE_SERVER, "* Secure"), CG_SPAN("SID")));
}

static void a_section_that_says_nothing_costs_nothing(void **state)
{
    const cg_policy *says = leaf(CG_SCOPE_SERVER, "* Secure");
    const cg_policy *nothing = leaf(CG_SCOPE_SECTION, "");
    (void)state;
    assert_ptr_equal(join(says, nothing), says);
    assert_ptr_equal(join(nothing, says), says);
    assert_ptr_equal(join(nothing, nothing), nothing);
}

/* -- the price of a directory merge ------------------------------------------------------------ */

/* Octets that joining `count` sections takes of a pool. A pool hands out neighbours: what lies
 * between two marks has been allocated in between. */
static size_t join_octets(const cg_policy *const *sections, int count)
{
    apr_pool_t *request;
    const cg_policy *joined = sections[0];
    char *before, *after;
    apr_pool_create(&request, pool);
    before = apr_palloc(request, 8);
    for (int i = 1; i < count; i++) {
        joined = cg_policy_join(request, joined, sections[i]);
    }
    after = apr_palloc(request, 8);
    assert_true(after > before);
    apr_pool_destroy(request);
    return (size_t)(after - before) - 8;
}

static const cg_policy *leaf_of_many(int rule_count)
{
    cg_rule *rules = apr_pcalloc(pool, (size_t)rule_count * sizeof *rules);
    cg_policy *policy = leaf(CG_SCOPE_SECTION, "");
    for (int i = 0; i < rule_count; i++) {
        const char *words[] = {apr_psprintf(pool, i % 2 ? "c%d" : "g%d*", i), "HttpOnly"};
        assert_null(cg_rule_parse(pool, CG_SCOPE_SECTION, "test:1", 2, words, &rules[i]));
    }
    policy->rules = cg_ruleset_make(pool, rules, (unsigned)rule_count);
    return policy;
}

static void a_merge_allocates_the_same_however_many_rules(void **state)
{
    const cg_policy *few[5], *many[5];
    size_t node = (sizeof(cg_policy) + 7) / 8 * 8;
    (void)state;
    for (int i = 0; i < 5; i++) {
        few[i] = leaf_of_many(1);
        many[i] = leaf_of_many(200);
    }
    for (int count = 1; count <= 5; count++) {
        assert_int_equal(join_octets(few, count), (size_t)(count - 1) * node);
        assert_int_equal(join_octets(many, count), (size_t)(count - 1) * node);
    }
}

static void names_are_as_long_as_they_say(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        cg_span mode = cg_mode_name((cg_mode)i), override = cg_override_name((cg_override)i);
        assert_int_equal(mode.len, strlen(mode.at));
        assert_int_equal(override.len, strlen(override.at));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inner_sections_speak_last),
        cmocka_unit_test(settings_come_from_the_innermost_that_makes_them),
        cmocka_unit_test(a_word_to_caches_comes_from_the_innermost),
        cmocka_unit_test(htaccess_may_raise_the_mode_and_lowers_it_where_trusted),
        cmocka_unit_test(the_override_around_a_htaccess_counts_for_its_rules),
        cmocka_unit_test(drop_is_found_in_every_section),
        cmocka_unit_test(a_section_that_says_nothing_costs_nothing),
        cmocka_unit_test(a_merge_allocates_the_same_however_many_rules),
        cmocka_unit_test(names_are_as_long_as_they_say),
    };
    pool = enforcement_root();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
