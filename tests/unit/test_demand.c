/* Adding up demands, and what counts as tightening: compared with a model that tries every word
 * that an application can say. */
#include "unit.h"

#include "enforcement.h"

#include "cookie/limits.h"

static apr_pool_t *pool;

/* -- the model: what a browser is left with, as a number; more is safer ----------------------- */

/* Words of an application for one attribute, and what a term makes of each. */
typedef struct model {
    cg_attribute attribute;
    int words;                                       /* how many there are */
    int (*carry_out)(const cg_term *term, int word); /* the word that leaves */
    bool (*is_weaker)(int after, int before);        /* under any reading of browsers */
    const char *const *terms;
    size_t term_count;
} model;

/* Flags: absent or there. */
static int carry_out_flag(const cg_term *term, int word)
{
    return term->verb == CG_VERB_DEFAULT ? 1 : term->verb == CG_VERB_REMOVE ? 0 : word;
}

static bool is_less(int after, int before)
{
    return after < before;
}

/* SameSite: the words are those of cg_same_site. */
static int carry_out_same_site(const cg_term *term, int word)
{
    int asked = (int)term->same_site;
    switch (term->verb) {
    case CG_VERB_DEFAULT:
        return word == CG_SAME_SITE_DEFAULT ? asked : word;
    case CG_VERB_FLOOR:
        return word < asked ? asked : word;
    case CG_VERB_EXACT:
        return asked;
    case CG_VERB_REMOVE:
        return CG_SAME_SITE_DEFAULT;
    default:
        return word;
    }
}

/* Some browsers take a missing SameSite for None and some for Lax: both must agree. */
static bool is_weaker_same_site(int after, int before)
{
    static const int as_none[] = {1, 1, 2, 3}, as_lax[] = {2, 1, 2, 3};
    return as_none[after] < as_none[before] || as_lax[after] < as_lax[before];
}

/* Max-Age: word 0 is a session cookie, the safest; the others are lifetimes. */
static const int lifetimes[] = {0, 10, 60, 100, 600, 1000, 6000, 10000};

static int carry_out_max_age(const cg_term *term, int word)
{
    int seconds = (int)term->seconds;
    switch (term->verb) {
    case CG_VERB_DEFAULT:
        return word == 0 ? -seconds : word;
    case CG_VERB_CAP:
        return word && lifetimes[word] > seconds ? -seconds : word;
    case CG_VERB_EXACT:
        return -seconds;
    case CG_VERB_REMOVE:
        return 0;
    default:
        return word;
    }
}

static int lifetime_of(int word)
{
    return word < 0 ? -word : lifetimes[word];
}

static bool is_longer(int after, int before)
{
    return lifetime_of(after) > lifetime_of(before);
}

/* Path: word 0 is none, so that the page's own directory counts: here /app/admin. */
static const char *const paths[] = {"/app/admin", "/", "/app", "/app/admin/x", "/else"};

static int carry_out_path(const cg_term *term, int word)
{
    int asked = 0;
    while (asked < 4 && !cg_span_equal(term->text, cg_span_of(paths[asked]))) {
        asked++;
    }
    switch (term->verb) {
    case CG_VERB_DEFAULT:
        return word == 0 ? asked : word;
    case CG_VERB_EXACT:
        return asked;
    case CG_VERB_REMOVE:
        return 0;
    default:
        return word;
    }
}

/* Pages get the cookie that did not. */
static bool is_wider(int after, int before)
{
    cg_span new_path = cg_span_of(paths[after]), old_path = cg_span_of(paths[before]);
    bool is_within = cg_span_starts(new_path, old_path) &&
                     (new_path.len == old_path.len || old_path.len == 1 ||
                      new_path.at[old_path.len] == '/');
    return !is_within;
}

/* Domain: word 0 is the host alone, which nothing is narrower than. */
static int carry_out_domain(const cg_term *term, int word)
{
    return term->verb == CG_VERB_EXACT || (term->verb == CG_VERB_DEFAULT && word == 0) ? 1
           : term->verb == CG_VERB_REMOVE                                              ? 0
                                                                                       : word;
}

static bool is_more(int after, int before)
{
    return after > before;
}

#define TERMS(...) (const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__}))

/* clang-format off */
static const model models[] = {
    {CG_ATTRIBUTE_SECURE, 2, carry_out_flag, is_less, TERMS("Secure", "Secure=keep", "-Secure")},
    {CG_ATTRIBUTE_HTTPONLY, 2, carry_out_flag, is_less,
     TERMS("HttpOnly", "HttpOnly=keep", "-HttpOnly")},
    {CG_ATTRIBUTE_SAMESITE, CG_SAME_SITE_COUNT, carry_out_same_site, is_weaker_same_site,
     TERMS("SameSite=None", "SameSite=Lax", "SameSite=Strict", "SameSite>=Lax", "SameSite>=Strict",
           "SameSite:=None", "SameSite:=Lax", "SameSite:=Strict", "SameSite=keep", "-SameSite")},
    {CG_ATTRIBUTE_MAX_AGE, COUNT(lifetimes), carry_out_max_age, is_longer,
     TERMS("Max-Age=60", "Max-Age=600", "Max-Age=6000", "Max-Age<=60", "Max-Age<=600",
           "Max-Age<=6000", "Max-Age:=60", "Max-Age:=600", "Max-Age:=6000", "Max-Age=keep",
           "-Max-Age")},
    {CG_ATTRIBUTE_PATH, COUNT(paths), carry_out_path, is_wider,
     TERMS("Path=/", "Path=/app", "Path=/else", "Path:=/", "Path:=/app", "Path:=/app/admin/x",
           "Path=keep", "-Path")},
    {CG_ATTRIBUTE_DOMAIN, 2, carry_out_domain, is_more,
     TERMS("Domain=example.com", "Domain:=example.com", "Domain=keep", "-Domain")},
};
/* clang-format on */

static const cg_term *make_term(const char *text)
{
    const char *words[] = {"*", text};
    cg_rule *rule = apr_palloc(pool, sizeof *rule);
    const char *error = cg_rule_parse(pool, CG_SCOPE_SERVER, "test:1", 2, words, rule);
    if (error) {
        fail_msg("%s: %s", text, error);
    }
    return rule->terms;
}

/* The first word of an application for which `term` leaves less protection, or -1. */
static int find_weakened(const model *of, const cg_term *term, const cg_term *before)
{
    static const cg_term nothing = {.verb = CG_VERB_KEEP};
    for (int word = 0; word < of->words; word++) {
        int was = of->carry_out(before ? before : &nothing, word);
        if (of->is_weaker(of->carry_out(term, word), was)) {
            return word;
        }
    }
    return -1;
}

/* Whatever passes for a tightening weakens no word of any application. */
static void nothing_that_weakens_passes_for_a_tightening(void **state)
{
    int tightening = 0;
    (void)state;
    for (size_t m = 0; m < COUNT(models); m++) {
        for (size_t t = 0; t < models[m].term_count; t++) {
            for (size_t b = 0; b <= models[m].term_count; b++) {
                const char *text = models[m].terms[t];
                const char *before_text = b ? models[m].terms[b - 1] : "nothing";
                const cg_term *before = b ? make_term(before_text) : NULL;
                const cg_term *term = make_term(text);
                bool tightens = cg_term_tightens(term, before);
                int word = find_weakened(&models[m], term, before);
                tightening += tightens;
                if (tightens && word >= 0) {
                    fail_msg("%s after %s weakens word %d", text, before_text, word);
                }
            }
        }
    }
    assert_true(tightening > 20);
}

/* What .htaccess is for: these are tightenings. */
static void tightenings_pass(void **state)
{
    static const struct {
        const char *term, *before; /* null: nothing */
    } cases[] = {
        {"Secure", NULL},
        {"Secure", "-Secure"},
        {"Secure", "Secure"},
        {"HttpOnly", "HttpOnly=keep"},
        {"SameSite=Lax", NULL},
        {"SameSite=Strict", "SameSite=Lax"},
        {"SameSite=Lax", "SameSite=keep"},
        {"SameSite>=Lax", NULL},
        {"SameSite>=Lax", "SameSite=Lax"},
        {"SameSite>=Strict", "SameSite:=Lax"},
        {"SameSite>=Lax", "SameSite:=None"},
        {"SameSite:=Strict", NULL},
        {"SameSite:=Strict", "SameSite>=Lax"},
        {"Max-Age<=60", NULL},
        {"Max-Age<=60", "Max-Age<=600"},
        {"Max-Age<=60", "Max-Age:=600"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const cg_term *before = cases[i].before ? make_term(cases[i].before) : NULL;
        if (!cg_term_tightens(make_term(cases[i].term), before)) {
            fail_msg("%s after %s", cases[i].term, cases[i].before ? cases[i].before : "nothing");
        }
    }
}

static const cg_rule *add(cg_demands *demands, const char *text, cg_override override)
{
    cg_rule *rule = apr_palloc(pool, sizeof *rule);
    const char *error = enforcement_read_rule(pool, cg_span_of(text), rule);
    if (error) {
        fail_msg("%s: %s", text, error);
    }
    for (unsigned i = 0; i < rule->term_count; i++) {
        cg_term *terms = apr_pmemdup(pool, rule->terms, rule->term_count * sizeof *terms);
        for (unsigned k = 0; k < rule->term_count; k++) {
            terms[k].rule = rule;
        }
        rule->terms = terms;
    }
    cg_demands_add(demands, rule, override);
    return rule;
}

static void the_last_word_wins_for_each_attribute(void **state)
{
    cg_demands demands = {.ignored = NULL};
    (void)state;
    add(&demands, "* Secure HttpOnly SameSite=Lax", CG_OVERRIDE_TIGHTEN);
    add(&demands, "section * HttpOnly=keep", CG_OVERRIDE_TIGHTEN);
    add(&demands, "section * SameSite:=None -Path", CG_OVERRIDE_TIGHTEN);
    assert_int_equal(demands.term[CG_ATTRIBUTE_SECURE]->verb, CG_VERB_DEFAULT);
    assert_int_equal(demands.term[CG_ATTRIBUTE_HTTPONLY]->verb, CG_VERB_KEEP);
    assert_int_equal(demands.term[CG_ATTRIBUTE_SAMESITE]->verb, CG_VERB_EXACT);
    assert_int_equal(demands.term[CG_ATTRIBUTE_PATH]->verb, CG_VERB_REMOVE);
    assert_null(demands.term[CG_ATTRIBUTE_DOMAIN]);
    assert_null(demands.ignored);
}

static void htaccess_goes_as_far_as_it_is_let(void **state)
{
    static const struct {
        const char *text;
        cg_override override;
        bool counts;
    } cases[] = {
        {"htaccess * HttpOnly=keep", CG_OVERRIDE_TIGHTEN, false},
        {"htaccess * HttpOnly=keep", CG_OVERRIDE_NONE, false},
        {"htaccess * HttpOnly=keep", CG_OVERRIDE_ALL, true},
        {"htaccess * HttpOnly", CG_OVERRIDE_TIGHTEN, true},
        {"htaccess * HttpOnly", CG_OVERRIDE_NONE, false},
        {"htaccess * HttpOnly", CG_OVERRIDE_ALL, true},
        {"section * -HttpOnly", CG_OVERRIDE_TIGHTEN, true},
        {"section * -HttpOnly", CG_OVERRIDE_NONE, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_demands demands = {.ignored = NULL};
        const cg_rule *server = add(&demands, "* HttpOnly", CG_OVERRIDE_TIGHTEN);
        const cg_rule *inner = add(&demands, cases[i].text, cases[i].override);
        const cg_term *word = demands.term[CG_ATTRIBUTE_HTTPONLY];
        assert_ptr_equal(word->rule, cases[i].counts ? inner : server);
        assert_ptr_equal(demands.ignored, cases[i].counts ? NULL : inner);
    }
}

/* A rule there that asks for both keeps the half that is allowed. */
static void the_allowed_half_of_a_rule_counts(void **state)
{
    cg_demands demands = {.ignored = NULL};
    const cg_rule *rule, *later;
    (void)state;
    rule = add(&demands, "htaccess * HttpOnly -Secure", CG_OVERRIDE_TIGHTEN);
    later = add(&demands, "htaccess * -Path", CG_OVERRIDE_TIGHTEN);
    assert_ptr_not_equal(rule, later);
    assert_non_null(demands.term[CG_ATTRIBUTE_HTTPONLY]);
    assert_null(demands.term[CG_ATTRIBUTE_SECURE]);
    assert_null(demands.term[CG_ATTRIBUTE_PATH]);
    assert_ptr_equal(demands.ignored, rule);
}

/* Drop and Prefix; what else the rule asks counts as far as it may. */
static void secrecy_in_htaccess_is_ignored_and_noted(void **state)
{
    static const char *const rules[] = {"htaccess SID Drop", "htaccess SID Prefix=__Host-",
                                        "htaccess SID Prefix=off",
                                        "htaccess SID Prefix=__Host- Secure"};
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++) {
        for (int override = CG_OVERRIDE_TIGHTEN; override <= CG_OVERRIDE_ALL; override++) {
            cg_demands demands = {.ignored = NULL};
            const cg_rule *rule = add(&demands, rules[i], (cg_override) override);
            assert_ptr_equal(demands.ignored, rule);
            assert_int_equal(demands.wanted_flags != 0,
                             rule->term_count && override != CG_OVERRIDE_NONE);
        }
    }
}

static void a_refused_rule_has_no_say_at_all(void **state)
{
    cg_demands demands = {.ignored = NULL};
    cg_rule rule;
    cg_term term = {.attribute = CG_ATTRIBUTE_SECURE, .verb = CG_VERB_DEFAULT, .rule = &rule};
    (void)state;
    rule = (cg_rule){.terms = &term, .term_count = 1, .is_refused = true};
    cg_demands_add(&demands, &rule, CG_OVERRIDE_ALL);
    assert_null(demands.term[CG_ATTRIBUTE_SECURE]);
    assert_ptr_equal(demands.ignored, &rule);
}

static void what_the_table_lifts_is_noted(void **state)
{
    cg_demands demands = {.ignored = NULL};
    cg_rule rule;
    cg_term term = {.attribute = CG_ATTRIBUTE_HTTPONLY, .verb = CG_VERB_KEEP, .rule = &rule};
    (void)state;
    rule = (cg_rule){.scope = CG_SCOPE_SERVER, .terms = &term, .term_count = 1};
    cg_demands_add(&demands, &rule, CG_OVERRIDE_TIGHTEN);
    assert_int_equal(demands.lifted_by_table, 0);
    rule.is_known_cookie = true;
    cg_demands_add(&demands, &rule, CG_OVERRIDE_TIGHTEN);
    assert_int_equal(demands.lifted_by_table, CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_HTTPONLY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_weakens_passes_for_a_tightening),
        cmocka_unit_test(tightenings_pass),
        cmocka_unit_test(the_last_word_wins_for_each_attribute),
        cmocka_unit_test(htaccess_goes_as_far_as_it_is_let),
        cmocka_unit_test(the_allowed_half_of_a_rule_counts),
        cmocka_unit_test(secrecy_in_htaccess_is_ignored_and_noted),
        cmocka_unit_test(a_refused_rule_has_no_say_at_all),
        cmocka_unit_test(what_the_table_lifts_is_noted),
    };
    pool = enforcement_root();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
