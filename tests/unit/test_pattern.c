/* The NAME of a rule: exact names, globs, regular expressions. */
#include "unit.h"

#include "policy/pattern.h"

static const struct {
    const char *pattern, *name;
    bool matches;
} matchings[] = {
    {"SID", "SID", true},
    {"SID", "sid", false},
    {"SID", "SID2", false},
    {"SID", "SI", false},
    {"SID", "", false},
    {"wp_*", "wp_", true},
    {"wp_*", "wp_settings", true},
    {"wp_*", "wp-settings", false},
    {"wp_*", "xwp_", false},
    {"wp_*", "", false},
    {"*", "", true},
    {"*", "anything", true},
    {"**", "", true},
    {"*x", "x", true},
    {"*x", "axbx", true},
    {"*x", "axb", false},
    {"?", "a", true},
    {"?", "", false},
    {"?", "ab", false},
    {"??*", "a", false},
    {"??*", "ab", true},
    {"a?c", "abc", true},
    {"a?c", "ac", false},
    {"*a*b*", "xxaxxbxx", true},
    {"*a*b*", "xxbxxaxx", false},
    {"a*b*c", "aXbXbXc", true},
    {"a*b*c", "abcabc", true},
    {"a*b*c", "abcab", false},
    {"*aab", "aaaab", true},
    {".AspNetCore.*", ".AspNetCore.Antiforgery", true},
    {".AspNetCore.*", "xAspNetCore.Antiforgery", false},
    {"[a]", "a", false},
    {"\xc3\xa4*", "\xc3\xa4x", true},
};

static bool begins_with(const void *regex, cg_span name)
{
    return cg_span_starts(name, cg_span_of(regex));
}

static void matches_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(matchings); i++) {
        cg_pattern pattern = cg_pattern_parse(guarded(cg_span_of(matchings[i].pattern)));
        bool is = cg_pattern_matches(&pattern, guarded(cg_span_of(matchings[i].name)));
        if (is != matchings[i].matches) {
            fail_msg("%s and %s", matchings[i].pattern, matchings[i].name);
        }
    }
}

/* The plain way to match a glob, on every short glob and every short name of a small alphabet. */
static bool naive_glob(const char *glob, const char *name)
{
    if (*glob == '\0') {
        return *name == '\0';
    }
    if (*glob == '*') {
        return naive_glob(glob + 1, name) || (*name && naive_glob(glob, name + 1));
    }
    return *name && (*glob == '?' || *glob == *name) && naive_glob(glob + 1, name + 1);
}

static void spell(unsigned number, const char *alphabet, char *text)
{
    size_t letters = strlen(alphabet);
    size_t len = 0;
    for (; number; number = (unsigned)((number - 1) / letters)) {
        text[len++] = alphabet[(number - 1) % letters];
    }
    text[len] = '\0';
}

static void agrees_with_the_plain_way(void **state)
{
    (void)state;
    for (unsigned g = 1; g < 1365; g++) {
        char glob[8];
        cg_pattern pattern;
        spell(g, "ab*?", glob);
        pattern = cg_pattern_parse(cg_span_of(glob));
        for (unsigned n = 0; n < 127; n++) {
            char name[8];
            spell(n, "ab", name);
            if (cg_pattern_matches(&pattern, cg_span_of(name)) != naive_glob(glob, name)) {
                fail_msg("%s and %s", glob, name);
            }
        }
    }
}

/* Many stars and a long name: the product of the lengths, not a power. */
static void a_bad_glob_stays_cheap(void **state)
{
    static char glob[2001], name[4097];
    cg_pattern pattern;
    (void)state;
    for (size_t i = 0; i < sizeof glob - 1; i += 2) {
        glob[i] = '*';
        glob[i + 1] = 'a';
    }
    glob[sizeof glob - 2] = 'b';
    memset(name, 'a', sizeof name - 1);
    pattern = cg_pattern_parse(cg_span_of(glob));
    assert_false(cg_pattern_matches(&pattern, cg_span_of(name)));
}

static void asks_the_regular_expression(void **state)
{
    cg_pattern pattern = cg_pattern_parse(CG_SPAN("~^wp_"));
    (void)state;
    assert_int_equal(pattern.kind, CG_PATTERN_REGEX);
    assert_text("text", pattern.text, CG_SPAN("^wp_"));
    assert_false(cg_pattern_matches(&pattern, CG_SPAN("wp_x")));
    pattern.regex = "wp_";
    pattern.matches = begins_with;
    assert_true(cg_pattern_matches(&pattern, CG_SPAN("wp_x")));
    assert_false(cg_pattern_matches(&pattern, CG_SPAN("xwp_")));
    assert_false(cg_pattern_matches(&pattern, CG_SPAN("")));
}

static void knows_what_covers_what(void **state)
{
    static const struct {
        const char *outer, *inner;
        bool covers;
    } cases[] = {
        {"*", "SID", true},       {"*", "wp_*", true},   {"*", "~x", true},
        {"*", "*", true},         {"SID", "SID", true},  {"SID", "x", false},
        {"wp_*", "wp_", true},    {"wp_*", "x", false},  {"wp_*", "wp_*", true},
        {"SID", "*", false},      {"wp_a*", "*", false}, {"~x", "~x", true},
        {"wp_*", "wp_a*", false}, {"~x", "*", false},    {"~x", "~y", false},
        {"~wp_*", "wp_*", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_pattern outer = cg_pattern_parse(cg_span_of(cases[i].outer));
        cg_pattern inner = cg_pattern_parse(cg_span_of(cases[i].inner));
        if (cg_pattern_covers(&outer, &inner) != cases[i].covers) {
            fail_msg("%s and %s", cases[i].outer, cases[i].inner);
        }
    }
}

static void knows_what_a_prefix_rules_out(void **state)
{
    static const struct {
        const char *pattern;
        bool excludes;
    } cases[] = {
        {"SID", true},  {"__Host-SID", false}, {"_", true},    {"__", false},  {"a*", true},
        {"*", false},   {"?", true},           {"??", false},  {"_*", false},  {"_a*", true},
        {"__*", false}, {"?a*", true},         {"?_*", false}, {"~^a", false}, {"_?*", false},
        {"?*", false},  {"_xsrf", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_pattern pattern = cg_pattern_parse(guarded(cg_span_of(cases[i].pattern)));
        if (cg_pattern_excludes_prefix(&pattern, CG_SPAN("__")) != cases[i].excludes) {
            fail_msg("%s", cases[i].pattern);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_names),          cmocka_unit_test(agrees_with_the_plain_way),
        cmocka_unit_test(a_bad_glob_stays_cheap), cmocka_unit_test(asks_the_regular_expression),
        cmocka_unit_test(knows_what_covers_what), cmocka_unit_test(knows_what_a_prefix_rules_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
