/* The first look at a name: it may let too much through, and never too little. */
#include "unit.h"

#include "cookie/folded_name.h"
#include "restoring.h"

static const char *const rule_sets[] = {
    "SID Prefix=__Host-",   "a Prefix=__Host-",   "ab Prefix=__Secure-",
    "a.b_c Prefix=__Http-", "_x Prefix=__Host-",  "a%20b Prefix=__Host-",
    "s* Prefix=__Host-",    "s*d Prefix=__Host-", "sess_* Prefix=__Host-\nSID Prefix=__Host-Http-",
    "SID Prefix=off",
};

static const cg_guards *guards_of(const char *rules)
{
    const cg_guards *guards = restoring_guards(enforcement_root(), cg_span_of(rules));
    if (!guards) {
        fail_msg("no guards: %s", rules);
    }
    return guards;
}

/* A name that folds to a guarded one, if it ends at one of these ends; worked out without the table. */
static bool is_alike(const cg_guards *guards, const cg_folded_name *folded, const int *ends,
                     size_t count)
{
    for (unsigned i = 0; i < guards->count; i++) {
        for (size_t k = 0; k < CG_FOLDED_STARTS * count; k++) {
            size_t start = folded->starts[k / count], end = folded->ends[ends[k % count]];
            if (start < end && cg_pattern_matches(&guards->guards[i].folded,
                                                  (cg_span){folded->at + start, end - start})) {
                return true;
            }
        }
    }
    return false;
}

/* Asks about the name itself, and about it as the last word of a pair. There it does not end before a
 * `[` or NUL: who ends it so (PHP) does not look for names there. */
static void assert_not_overlooked(const cg_guards *guards, cg_span name)
{
    static const int all[] = {0, 1, 2, 3, 4}, whole[] = {0, 1, 4};
    char text[64] = "x ";
    cg_folded_name folded;

    memcpy(text + 2, name.at, name.len);
    cg_name_fold(name, &folded);
    if (is_alike(guards, &folded, all, COUNT(all)) &&
        !cg_guard_table_may_begin(guards->table, guarded(name))) {
        fail_msg("the beginning of '%.*s'", (int)name.len, name.at);
    }
    if (is_alike(guards, &folded, whole, COUNT(whole)) &&
        !cg_guard_table_may_end(guards->table, (cg_span){text, name.len + 2})) {
        fail_msg("the end of '%.*s'", (int)name.len, name.at);
    }
}

/* Every name of four pieces, each a letter of the guarded names or something that is folded. */
static void overlooks_nothing(void **state)
{
    static const char *const pieces[] = {"",     "s",   "S", "i",   "d", "a",   "b",
                                         "_",    ".",   "+", "%20", "[", "%53", "%",
                                         "\xa0", "%c2", "x", "%00", "]"};
    const size_t count = COUNT(pieces);
    (void)state;
    for (size_t r = 0; r < COUNT(rule_sets); r++) {
        const cg_guards *guards = guards_of(rule_sets[r]);
        for (size_t n = 0; n < count * count * count * count; n++) {
            char name[32];
            snprintf(name, sizeof name, "%s%s%s%s", pieces[n % count], pieces[n / count % count],
                     pieces[n / count / count % count], pieces[n / count / count / count]);
            assert_not_overlooked(guards, cg_span_of(name));
        }
    }
}

/* What the table finds is what it lets through. */
static void finds_what_it_lets_through(void **state)
{
    static const char *const names[] = {"SID",          "__Host-SID", "__host-sid", "S%49D",
                                        "\xc2\xa0SID",  "..Host-SID", "+SID",       "[SID",
                                        "%5f_Host-SID", "SID[a]",     "SID%00x",    "SID+"};
    const cg_guards *guards = guards_of("SID Prefix=__Host-");
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        cg_spelling spelling;
        cg_span name = guarded(cg_span_of(names[i]));
        assert_non_null(cg_guards_find(guards, name, &spelling));
        assert_true(cg_guard_table_may_begin(guards->table, name));
    }
}

/* It is there for this: most names of others are told apart at once. */
static void lets_little_through(void **state)
{
    static const char *const names[] = {"theme",  "lang", "_ga",       "__utma", "__cf_bm",
                                        "sessid", "a",    "csrftoken", "shop",   "Secure",
                                        "visits", "i",    "_gid",      "wp_x",   "SESSION"};
    const cg_guards *guards = guards_of("SID Prefix=__Host-");
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (cg_guard_table_may_begin(guards->table, guarded(cg_span_of(names[i])))) {
            fail_msg("%s", names[i]);
        }
    }
    assert_false(cg_guard_table_may_end(guards->table, CG_SPAN("theme")));
    assert_false(cg_guard_table_may_end(guards->table, CG_SPAN("SID")));
    assert_true(cg_guard_table_may_end(guards->table, CG_SPAN("x SID")));
    assert_int_equal(guards->table->shortest, 3);
    assert_false(cg_guard_table_may_begin(guards->table, CG_SPAN("")));
}

static void knows_whether_any_guard_is_in_force(void **state)
{
    (void)state;
    assert_true(guards_of("SID Prefix=__Host-")->table->has_prefix);
    assert_false(guards_of("SID Prefix=off")->table->has_prefix);
    assert_true(guards_of("a Prefix=off\nb Prefix=__Host-")->table->has_prefix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlooks_nothing),
        cmocka_unit_test(finds_what_it_lets_through),
        cmocka_unit_test(lets_little_through),
        cmocka_unit_test(knows_whether_any_guard_is_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
