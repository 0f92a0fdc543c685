/* The prefixes of names: found in any case, the longest first. */
#include "unit.h"

#include "cookie/name_prefix.h"

static const struct {
    const char *name;
    cg_prefix prefix;
} cases[] = {
    {"__Secure-SID", CG_PREFIX_SECURE},
    {"__Http-SID", CG_PREFIX_HTTP},
    {"__Host-SID", CG_PREFIX_HOST},
    {"__Host-Http-SID", CG_PREFIX_HOST_HTTP},
    {"__secure-SID", CG_PREFIX_SECURE},
    {"__hTTP-SID", CG_PREFIX_HTTP},
    {"__HOST-SID", CG_PREFIX_HOST},
    {"__host-HTTP-SID", CG_PREFIX_HOST_HTTP},
    {"__Host-", CG_PREFIX_HOST},
    {"__Host-Http-", CG_PREFIX_HOST_HTTP},
    {"__Host-Http", CG_PREFIX_HOST},
    {"__HostHttp-SID", CG_PREFIX_NONE},
    {"__Http-Host-SID", CG_PREFIX_HTTP},
    {"__Host", CG_PREFIX_NONE},
    {"__Hos", CG_PREFIX_NONE},
    {"__", CG_PREFIX_NONE},
    {"_", CG_PREFIX_NONE},
    {"", CG_PREFIX_NONE},
    {"_Host-SID", CG_PREFIX_NONE},
    {"-_Host-SID", CG_PREFIX_NONE},
    {"___Host-SID", CG_PREFIX_NONE},
    {" __Host-SID", CG_PREFIX_NONE},
    {"x__Host-SID", CG_PREFIX_NONE},
    {"__Host_SID", CG_PREFIX_NONE},
    {"__H\xc3\xb6st-SID", CG_PREFIX_NONE},
    {"__utma", CG_PREFIX_NONE},
};

static void finds_the_longest_in_any_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cg_prefix_find(guarded(cg_span_of(cases[i].name))) != cases[i].prefix) {
            fail_msg("%s", cases[i].name);
        }
    }
}

/* 6265bis 4.1.3 and layered-cookies 4.1.3. */
static void each_has_its_text_and_its_needs(void **state)
{
    static const struct {
        const char *text;
        bool httponly, host_only;
    } wanted[CG_PREFIX_COUNT] = {
        [CG_PREFIX_NONE] = {"", false, false},
        [CG_PREFIX_SECURE] = {"__Secure-", false, false},
        [CG_PREFIX_HTTP] = {"__Http-", true, false},
        [CG_PREFIX_HOST] = {"__Host-", false, true},
        [CG_PREFIX_HOST_HTTP] = {"__Host-Http-", true, true},
    };
    (void)state;
    for (int i = 0; i < CG_PREFIX_COUNT; i++) {
        assert_text("text", cg_prefix_rows[i].text, cg_span_of(wanted[i].text));
        assert_int_equal(cg_prefix_rows[i].needs_httponly, wanted[i].httponly);
        assert_int_equal(cg_prefix_rows[i].needs_host_only, wanted[i].host_only);
        assert_int_equal(cg_prefix_find(cg_prefix_rows[i].text), i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_longest_in_any_case),
        cmocka_unit_test(each_has_its_text_and_its_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
