/* Guards: who has a say on a name, in which spelling, and by which rule. */
#include "unit.h"

#include "enforcement.h"

#include "cookie/folded_name.h"

static apr_pool_t *pool;

static const cg_guards *guards_of(const char *rules)
{
    enforcement is;
    const char *error = enforcement_read_rules(pool, cg_span_of(rules), &is);
    if (error) {
        fail_msg("%s: %s", rules, error);
    }
    return is.guards;
}

#define HOST_SID "SID Prefix=__Host-"
#define TOKEN "token __Host-Http-cg"

/* clang-format off */
static const struct {
    const char *rules;
    const char *name;
    const char *found; /* spelling, the guard's name, its prefix, and what the application says */
} cases[] = {
    /* the three spellings that a guard knows */
    {HOST_SID, "SID", "application SID __Host- SID"},
    {HOST_SID, "__Host-SID", "wire SID __Host- SID"},
    {HOST_SID, "sid", "alike SID __Host- sid"},
    {HOST_SID, "SIDE", "free"},
    {HOST_SID, "SI", "free"},
    {HOST_SID, "XSID", "free"},
    {HOST_SID, "", "free"},
    {HOST_SID, "S", "free"},
    {HOST_SID, "__Host-", "free"},
    {HOST_SID, "__Host-SI", "free"},
    {HOST_SID, "__Secure-SID", "free"},
    {HOST_SID, "__Http-SID", "free"},
    {HOST_SID, "__Host-Http-SID", "free"},
    {"SID Prefix=__Secure-", "__Secure-SID", "wire SID __Secure- SID"},
    {"SID Prefix=__Secure-", "__Host-SID", "free"},
    {"SID Prefix=__Http-", "__Http-SID", "wire SID __Http- SID"},
    {"SID Prefix=__Host-Http-", "__Host-Http-SID", "wire SID __Host-Http- SID"},
    {"SID Prefix=__Host-Http-", "__Host-SID", "free"},
    /* alike: case, percent signs, what PHP folds, white space and separators at the ends */
    {HOST_SID, "Sid", "alike SID __Host- Sid"},
    {HOST_SID, "%53ID", "alike SID __Host- %53ID"},
    {HOST_SID, "SI%44", "alike SID __Host- SI%44"},
    {HOST_SID, "%20SID%00", "alike SID __Host- %20SID%00"},
    {HOST_SID, " SID", "alike SID __Host-  SID"},
    {HOST_SID, "SID\t", "alike SID __Host- SID\t"},
    {HOST_SID, "\xc2\xa0SID", "alike SID __Host- \xc2\xa0SID"},
    {HOST_SID, "\xe2\x80\x80SID", "alike SID __Host- \xe2\x80\x80SID"},
    {HOST_SID, "SID\x7f", "alike SID __Host- SID\x7f"},
    {HOST_SID, "\"SID", "alike SID __Host- \"SID"},
    {HOST_SID, "a,SID", "free"}, /* read within a pair where requests are restored */
    {HOST_SID, "SID[]", "alike SID __Host- SID[]"},
    {HOST_SID, "SID[x][y", "alike SID __Host- SID[x][y"},
    {HOST_SID, "SID%5Bx", "alike SID __Host- SID%5Bx"},
    {HOST_SID, "SID%00x", "alike SID __Host- SID%00x"},
    {HOST_SID, "__HOST-SID", "alike SID __Host- __HOST-SID"},
    {HOST_SID, "__Host-sid", "alike SID __Host- __Host-sid"},
    {HOST_SID, "__Host%2dSID", "alike SID __Host- __Host%2dSID"},
    {HOST_SID, ".[Host-SID", "alike SID __Host- .[Host-SID"},
    {HOST_SID, "..Host-SID", "alike SID __Host- ..Host-SID"},
    {HOST_SID, "++hoST-SID", "alike SID __Host- ++hoST-SID"},
    {HOST_SID, "__Host-SID[1]", "alike SID __Host- __Host-SID[1]"},
    {HOST_SID, "%5f%5FHost-SID", "alike SID __Host- %5f%5FHost-SID"},
    {HOST_SID, "%2553ID", "free"}, /* decoded once */
    {HOST_SID, "S ID", "free"},
    {"a_b Prefix=__Host-", "a.b", "alike a_b __Host- a.b"},
    {"a_b Prefix=__Host-", "a[b", "alike a_b __Host- a[b"},
    {"a_b Prefix=__Host-", "a+b", "alike a_b __Host- a+b"},
    {"a_b Prefix=__Host-", "a b", "alike a_b __Host- a b"},
    {"a.b Prefix=__Host-", "a.b", "application a.b __Host- a.b"},
    {"a.b Prefix=__Host-", "a_b", "alike a.b __Host- a_b"},
    {"a.b Prefix=__Host-", "__Host-a.b", "wire a.b __Host- a.b"},
    {"a.b Prefix=__Host-", "__Host-a_b", "alike a.b __Host- __Host-a_b"},
    /* an exact spelling comes before one that is like a later guard's */
    {"sid Prefix=__Secure-\nSID Prefix=__Host-", "sid", "application sid __Secure- sid"},
    {"sid Prefix=__Secure-\nSID Prefix=__Host-", "SID", "application SID __Host- SID"},
    {"sid Prefix=__Secure-\nSID Prefix=__Host-", "__Secure-sid", "wire sid __Secure- sid"},
    {"sid Prefix=__Secure-\nSID Prefix=__Host-", "__Secure-SID", "alike sid __Secure- __Secure-SID"},
    {"sid Prefix=__Host-\nSID Prefix=__Host-", "__Host-sid", "wire sid __Host- sid"},
    {"sid Prefix=__Host-\nSID Prefix=__Host-", "Sid", "alike SID __Host- Sid"},
    /* of several rules for a name the last one speaks, and no other has a spelling left */
    {"SID Prefix=__Secure-\nSID Prefix=__Host-", "SID", "application SID __Host- SID"},
    {"SID Prefix=__Secure-\nSID Prefix=__Host-", "__Host-SID", "wire SID __Host- SID"},
    {"SID Prefix=__Secure-\nSID Prefix=__Host-", "__Secure-SID", "free"},
    {"SID Prefix=off\nSID Prefix=__Host-", "__Secure-SID", "free"},
    {"SID Prefix=__Host-\nSID Prefix=off", "sid", "free"},
    {"S* Prefix=__Secure-\nSID Prefix=__Host-", "SID", "application SID __Host- SID"},
    {"S* Prefix=__Secure-\nSID Prefix=__Host-", "__Host-SID", "wire SID __Host- SID"},
    {"S* Prefix=__Secure-\nSID Prefix=__Host-", "__Secure-SID", "alike S* __Secure- __Secure-SID"},
    {"S* Prefix=__Secure-\nSID Prefix=__Host-", "__Secure-SIX", "wire S* __Secure- SIX"},
    {"SID Prefix=__Host-\nS* Prefix=__Secure-", "SID", "application S* __Secure- SID"},
    {"SID Prefix=__Host-\nS* Prefix=__Secure-", "__Secure-SID", "wire S* __Secure- SID"},
    {"SID Prefix=__Host-\nS* Prefix=__Secure-", "__Host-SID", "alike SID __Host- __Host-SID"},
    {"SID Prefix=__Host-\nS* Prefix=off", "SID", "application S* off SID"},
    /* rolled back: any prefix is the wire's, and nothing is alike */
    {"SID Prefix=off", "SID", "application SID off SID"},
    {"SID Prefix=off", "__Host-SID", "wire SID off SID"},
    {"SID Prefix=off", "__Secure-SID", "wire SID off SID"},
    {"SID Prefix=off", "__Http-SID", "wire SID off SID"},
    {"SID Prefix=off", "__Host-Http-SID", "wire SID off SID"},
    {"Http-a Prefix=off", "__Host-Http-a", "wire Http-a off Http-a"},
    {"SID Prefix=off", "__host-SID", "free"},
    {"SID Prefix=off", "sid", "free"},
    {"SID Prefix=off", "SID[x]", "free"},
    /* globs */
    {"wp_* Prefix=__Host-", "wp_", "application wp_* __Host- wp_"},
    {"wp_* Prefix=__Host-", "wp_x", "application wp_* __Host- wp_x"},
    {"wp_* Prefix=__Host-", "__Host-wp_x", "wire wp_* __Host- wp_x"},
    {"wp_* Prefix=__Host-", "WP_X", "alike wp_* __Host- WP_X"},
    {"wp_* Prefix=__Host-", "wp.x", "alike wp_* __Host- wp.x"},
    {"wp_* Prefix=__Host-", "__Host-WP_x", "alike wp_* __Host- __Host-WP_x"},
    {"wp_* Prefix=__Host-", "wp", "free"},
    {"wp_* Prefix=__Host-", "wp_x+", "alike wp_* __Host- wp_x+"},
    {"wp_* Prefix=__Host-", "__Host-wp_x+y", "alike wp_* __Host- __Host-wp_x+y"},
    /* two globs: a name of the one may be another spelling of one of the other */
    {"w* Prefix=__Secure-\nwp_* Prefix=__Host-", "wp.x", "alike wp_* __Host- wp.x"},
    {"w* Prefix=__Secure-\nwp_* Prefix=__Host-", "wP_x", "alike wp_* __Host- wP_x"},
    {"w* Prefix=__Secure-\nwp_* Prefix=__Host-", "wp_x", "application wp_* __Host- wp_x"},
    {"wp_* Prefix=__Host-\nw* Prefix=__Secure-", "wp_x", "application w* __Secure- wp_x"},
    {"w* Prefix=__Host-\nwp_* Prefix=__Host-", "wp.x", "application w* __Host- wp.x"},
    {"w* Prefix=__Host-\nwp_* Prefix=off", "wp.x", "application w* __Host- wp.x"},
    {"S?D Prefix=__Host-", "SID", "application S?D __Host- SID"},
    {"S?D Prefix=__Host-", "__Host-S!D", "wire S?D __Host- S!D"},
    {"S?D Prefix=__Host-", "s.d", "alike S?D __Host- s.d"},
    {"S? Prefix=__Host-", "sx", "alike S? __Host- sx"},
    {"?a Prefix=__Host-", "Xa", "application ?a __Host- Xa"},
    {"?a Prefix=__Host-", "XA", "alike ?a __Host- XA"},
    /* the token: its one spelling is that of browsers, and no prefix is taken off it */
    {TOKEN, "__Host-Http-cg", "application __Host-Http-cg token __Host-Http-cg"},
    {TOKEN, "__host-http-cg", "alike __Host-Http-cg token __host-http-cg"},
    {TOKEN, "__Host-Http-CG", "alike __Host-Http-cg token __Host-Http-CG"},
    {TOKEN, "..Host-Http-cg", "alike __Host-Http-cg token ..Host-Http-cg"},
    {TOKEN, "%5f_Host-Http-cg", "alike __Host-Http-cg token %5f_Host-Http-cg"},
    {TOKEN, "__Host-Http-cg[x]", "alike __Host-Http-cg token __Host-Http-cg[x]"},
    {TOKEN, "\xc2\xa0__Host-Http-cg", "alike __Host-Http-cg token \xc2\xa0__Host-Http-cg"},
    {TOKEN, "__Host-Http-cg\t", "alike __Host-Http-cg token __Host-Http-cg\t"},
    {TOKEN, "__Host-Http-c", "free"},
    {TOKEN, "__Host-Http-cgi", "free"},
    {TOKEN, "__Host-cg", "free"},
    {TOKEN, "cg", "free"},
    {TOKEN, "__Host-__Host-Http-cg", "free"},
    {"token sid", "sid", "application sid token sid"},
    {"token sid", "SID", "alike sid token SID"},
    {"token sid", "__Host-sid", "free"},
    {TOKEN "\n" HOST_SID, "__Host-SID", "wire SID __Host- SID"},
    {TOKEN "\n" HOST_SID, "__Host-Http-cg", "application __Host-Http-cg token __Host-Http-cg"},
    /* and no rule has a say on it, nor makes it of another name */
    {"token sid\ns* Prefix=__Host-", "sid", "application sid token sid"},
    {"token sid\ns* Prefix=__Host-", "sID", "alike sid token sID"},
    {"token sid\ns* Prefix=__Host-", "__Host-sid", "alike s* __Host- __Host-sid"},
    {"token sid\ns* Prefix=__Host-", "__Host-sID", "alike sid token __Host-sID"},
    {"token sid\ns* Prefix=off", "sid", "application sid token sid"},
    {"token sid\ns* Prefix=off", "sID", "alike sid token sID"},
    {"token sid\ns* Prefix=off", "__Host-sid", "free"},
    {TOKEN "\ncg Prefix=off", "__Host-Http-cg", "application __Host-Http-cg token __Host-Http-cg"},
    {TOKEN "\nc* Prefix=__Host-Http-", "cg", "alike __Host-Http-cg token cg"},
    {TOKEN "\nc* Prefix=__Host-Http-", "cG", "alike __Host-Http-cg token cG"},
    {TOKEN "\nc* Prefix=__Host-Http-", "cgi", "application c* __Host-Http- cgi"},
    {TOKEN "\nc* Prefix=__Host-", "cg", "application c* __Host- cg"},
    {TOKEN "\nc* Prefix=off", "cg", "application c* off cg"},
    {"token __Host-sid\ns* Prefix=__Host-", "sid", "alike __Host-sid token sid"},
    {"token __Host-sid\ns* Prefix=__Secure-", "sid", "application s* __Secure- sid"},
    /* rules of sections and of .htaccess have no part in it */
    {HOST_SID "\nhtaccess SID Prefix=off", "__Host-SID", "wire SID __Host- SID"},
    {HOST_SID "\nhtaccess wp_* Prefix=__Host-", "wp_x", "free"},
};
/* clang-format on */

static void describe(cg_writer *writer, const cg_guard *guard, cg_spelling spelling, cg_span name)
{
    static const char *const spellings[] = {"free", "application ", "wire ", "alike "};
    cg_write(writer, cg_span_of(spellings[spelling]));
    if (guard) {
        cg_span prefix = cg_prefix_rows[guard->prefix].text;
        cg_write(writer, guard->name.text);
        cg_write_char(writer, ' ');
        cg_write(writer, prefix.len ? prefix : guard->is_token ? CG_SPAN("token") : CG_SPAN("off"));
        cg_write_char(writer, ' ');
        cg_write(writer, cg_guard_application_name(guard, spelling, name));
    }
}

static void finds_the_guard_of_a_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[100];
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_span name = guarded(cg_span_of(cases[i].name));
        cg_spelling spelling;
        const cg_guard *guard = cg_guards_find(guards_of(cases[i].rules), name, &spelling);
        describe(&writer, guard, spelling, name);
        assert_text(apr_pstrcat(pool, cases[i].rules, ": ", cases[i].name, NULL),
                    (cg_span){text, writer.len}, cg_span_of(cases[i].found));
    }
}

static void without_a_rule_there_are_no_guards(void **state)
{
    (void)state;
    assert_null(guards_of(""));
    assert_null(guards_of("built-in\nSID Secure\na Drop"));
    assert_null(guards_of("htaccess SID Prefix=__Host-"));
    assert_non_null(guards_of("SID Prefix=off"));
    assert_null(cg_guards_check(pool, NULL));
}

/* Where there are rules as well, it also stands alone. */
static void the_token_is_guarded_without_a_rule(void **state)
{
    const cg_guards *alone = guards_of(TOKEN), *beside = guards_of(TOKEN "\n" HOST_SID);
    cg_spelling spelling;
    (void)state;

    assert_int_equal(alone->count, 1);
    assert_int_equal(alone->rule_count, 0);
    assert_ptr_equal(alone->token, alone);
    assert_int_equal(beside->count, 2);
    assert_int_equal(beside->rule_count, 1);
    assert_int_equal(beside->token->count, 1);
    assert_non_null(cg_guards_find(beside->token, CG_SPAN("__Host-Http-cg"), &spelling));
    assert_null(cg_guards_find(beside->token, CG_SPAN("__Host-SID"), &spelling));
    assert_null(guards_of(HOST_SID)->token);
}

static cg_policy *leaf(cg_scope scope, const char *rules)
{
    cg_policy *policy = apr_pcalloc(pool, sizeof *policy);
    enforcement is;
    assert_null(enforcement_read_rules(pool, cg_span_of(rules), &is));
    for (unsigned i = 0; i < is.rule_count; i++) {
        is.rules[i].scope = scope;
    }
    policy->scope = scope;
    policy->rules = cg_ruleset_make(pool, is.rules, is.rule_count);
    return policy;
}

/* The server's rules, then the virtual host's: the last one for a name speaks, however they are
 * joined. Rules of a section stand aside even if they got into one. */
static void nested_policies_speak_in_their_order(void **state)
{
    const cg_policy *s[4] = {leaf(CG_SCOPE_SERVER, "SID Prefix=__Secure-\na Prefix=__Host-"),
                             leaf(CG_SCOPE_SERVER, "b Secure"),
                             leaf(CG_SCOPE_SERVER, "SID Prefix=__Host-\nc Prefix=off"),
                             leaf(CG_SCOPE_SECTION, "SID Prefix=off\nd Prefix=__Host-")};
    const cg_policy *ways[3];
    (void)state;
    ways[0] = cg_policy_join(pool, cg_policy_join(pool, cg_policy_join(pool, s[0], s[1]), s[2]),
                             s[3]);
    ways[1] = cg_policy_join(pool, s[0],
                             cg_policy_join(pool, s[1], cg_policy_join(pool, s[2], s[3])));
    ways[2] = cg_policy_join(pool, cg_policy_join(pool, s[0], s[1]),
                             cg_policy_join(pool, s[2], s[3]));
    for (size_t i = 0; i < COUNT(ways); i++) {
        const cg_guards *guards = cg_guards_make(pool, ways[i], (cg_span){NULL, 0});
        cg_spelling spelling;
        assert_int_equal(cg_guards_find(guards, CG_SPAN("SID"), &spelling)->prefix, CG_PREFIX_HOST);
        assert_int_equal(cg_guards_find(guards, CG_SPAN("a"), &spelling)->prefix, CG_PREFIX_HOST);
        assert_int_equal(cg_guards_find(guards, CG_SPAN("c"), &spelling)->prefix, CG_PREFIX_NONE);
        assert_int_equal(spelling, CG_SPELLING_APPLICATION);
        assert_null(cg_guards_find(guards, CG_SPAN("b"), &spelling));
        assert_null(cg_guards_find(guards, CG_SPAN("d"), &spelling));
        assert_null(cg_guards_find(guards, CG_SPAN("__Secure-SID"), &spelling));
        assert_int_equal(guards->count, 3);
    }
}

static void two_names_that_fold_alike_are_told(void **state)
{
    static const char *const good[] = {
        "SID Prefix=__Host-\nSIDE Prefix=__Host-",
        "SID Prefix=__Host-\nSID Prefix=__Secure-",
        "SID Prefix=__Host-\ns* Prefix=__Host-",
        "a_b Prefix=__Host-\na-b Prefix=__Host-",
        TOKEN "\nSID Prefix=__Host-",
        TOKEN "\ncg Prefix=__Host-",
        TOKEN "\ncg Prefix=off",
        TOKEN "\nc* Prefix=__Host-Http-",
    };
    static const struct {
        const char *rules, *error;
    } bad[] = {
        {"SID Prefix=__Host-\nsid Prefix=__Host-",
         "test:1: Prefix for sid, and at test:1 for SID: lenient parsers take both names for one; "
         "guard one of them"},
        {"S* Prefix=__Host-\ns* Prefix=__Host-",
         "test:1: Prefix for s*, and at test:1 for S*: lenient parsers take both names for one; "
         "guard one of them"},
        {"wp.? Prefix=__Secure-\nwp_? Prefix=__Host-",
         "test:1: Prefix for wp_?, and at test:1 for wp.?: lenient parsers take both names for "
         "one; "
         "guard one of them"},
        {"a_b Prefix=__Host-\nx Prefix=off\na.b Prefix=__Secure-",
         "test:1: Prefix for a.b, and at test:1 for a_b: lenient parsers take both names for one; "
         "guard one of them"},
        {TOKEN "\ncg Prefix=__Host-Http-",
         "test:1: Prefix for cg: its cookie would be taken for the session's, __Host-Http-cg; give "
         "that another name with CookieGuardSessionCookie"},
        {TOKEN "\nCG Prefix=__Host-Http-",
         "test:1: Prefix for CG: its cookie would be taken for the session's, __Host-Http-cg; give "
         "that another name with CookieGuardSessionCookie"},
        {"token s_id\ns.id Prefix=__Secure-",
         "test:1: Prefix for s.id: its cookie would be taken for the session's, s_id; give that "
         "another name with CookieGuardSessionCookie"},
        {"token sid\nx Prefix=__Host-\nsid Prefix=off",
         "test:1: Prefix for sid: its cookie would be taken for the session's, sid; give that "
         "another name with CookieGuardSessionCookie"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        const char *error = cg_guards_check(pool, guards_of(good[i]));
        if (error) {
            fail_msg("%s: %s", good[i], error);
        }
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *error = cg_guards_check(pool, guards_of(bad[i].rules));
        assert_non_null(error);
        assert_string_equal(error, bad[i].error);
    }
}

static void a_rule_elsewhere_that_spoils_the_prefix_is_found(void **state)
{
    static const struct {
        const char *rules;
        cg_attribute attribute; /* of the term that is in the way; OTHER: none is */
    } rows[] = {
        {"SID Prefix=__Host-", CG_ATTRIBUTE_OTHER},
        {"SID Prefix=__Host-\n* Secure HttpOnly SameSite:=None", CG_ATTRIBUTE_OTHER},
        {"SID Prefix=__Host-\n* Domain=example.com", CG_ATTRIBUTE_DOMAIN},
        {"* Domain:=example.com\nSID Prefix=__Host-", CG_ATTRIBUTE_DOMAIN},
        {"* Domain:=example.com\nSID Prefix=__Host- -Domain", CG_ATTRIBUTE_OTHER},
        {"SID Prefix=__Host- -Domain\n* Domain:=example.com", CG_ATTRIBUTE_OTHER},
        {"SID Prefix=__Host-\n* Domain:=example.com\nSID Domain=keep", CG_ATTRIBUTE_OTHER},
        {"SID Prefix=__Host-\nS* Path:=/app", CG_ATTRIBUTE_PATH},
        {"SID Prefix=__Host-\nS* Path=/app", CG_ATTRIBUTE_PATH},
        {"SID Prefix=__Host-\nS* Path:=/", CG_ATTRIBUTE_OTHER},
        {"SID Prefix=__Host-\nS* -Path", CG_ATTRIBUTE_PATH},
        {"SID Prefix=__Host- Path:=/\nS* -Path", CG_ATTRIBUTE_OTHER},
        {"SID Prefix=__Host-\nother Path:=/app Domain=example.com", CG_ATTRIBUTE_OTHER},
        {"SID Prefix=__Host-\n* Path:=/app expr=x", CG_ATTRIBUTE_OTHER},
        {"SID Prefix=__Host-Http-\n* Path:=/app", CG_ATTRIBUTE_PATH},
        {"SID Prefix=__Secure-\n* Path:=/app Domain=example.com", CG_ATTRIBUTE_OTHER},
        {"SID Prefix=__Http-\n* Path:=/app Domain=example.com", CG_ATTRIBUTE_OTHER},
        {"SID Prefix=off\n* Path:=/app Domain=example.com", CG_ATTRIBUTE_OTHER},
        {"S* Prefix=__Host-\n* Path:=/app Domain=example.com", CG_ATTRIBUTE_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const cg_term *term;
        enforcement is;
        assert_null(enforcement_read_rules(pool, cg_span_of(rows[i].rules), &is));
        term = cg_guard_find_contradiction(&is.guards->guards[0], is.policy);
        if ((term ? term->attribute : CG_ATTRIBUTE_OTHER) != rows[i].attribute) {
            fail_msg("%s", rows[i].rules);
        }
    }
}

/* However long a name is, one that a guard owns to the octet is found. */
static void long_names_stay_guarded(void **state)
{
    const cg_guards *guards = guards_of("wp_* Prefix=__Host-");
    (void)state;
    for (size_t len = CG_FOLDED_NAME_MAX - 20; len < CG_FOLDED_NAME_MAX + 20; len++) {
        char *name = apr_palloc(pool, len);
        cg_spelling spelling;
        memset(name, 'x', len);
        memcpy(name, "wp_", 3);
        if (!cg_guards_find(guards, guarded((cg_span){name, len}), &spelling) ||
            spelling != CG_SPELLING_APPLICATION) {
            fail_msg("a name of %zu octets", len);
        }
        memcpy(name, "__Host-wp_", 10);
        if (!cg_guards_find(guards, guarded((cg_span){name, len}), &spelling) ||
            spelling != CG_SPELLING_WIRE) {
            fail_msg("a name of %zu octets on the wire", len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_guard_of_a_name),
        cmocka_unit_test(without_a_rule_there_are_no_guards),
        cmocka_unit_test(the_token_is_guarded_without_a_rule),
        cmocka_unit_test(nested_policies_speak_in_their_order),
        cmocka_unit_test(two_names_that_fold_alike_are_told),
        cmocka_unit_test(a_rule_elsewhere_that_spoils_the_prefix_is_found),
        cmocka_unit_test(long_names_stay_guarded),
    };
    pool = enforcement_root();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
