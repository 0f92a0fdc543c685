/* The table of known cookies: each row is complete, and lifts what it may lift. */
#include "unit.h"

#include "policy/known_cookies.h"
#include "policy/pattern.h"

static void every_row_is_complete(void **state)
{
    const unsigned both = CG_LIFTS_HTTPONLY | CG_LIFTS_SAMESITE;
    (void)state;
    assert_true(cg_known_cookies_count > 0);
    for (size_t i = 0; i < cg_known_cookies_count; i++) {
        const cg_known_cookie *row = &cg_known_cookies[i];
        assert_non_null(row->pattern);
        if (!(row->lifted & both) || (row->lifted & ~both)) {
            fail_msg("%s lifts %u", row->pattern, row->lifted);
        }
        if (!row->reason || !row->source || row->reason[strlen(row->reason) - 1] != '.' ||
            strlen(row->source) < 10) {
            fail_msg("%s has no reason or no source", row->pattern);
        }
    }
}

/* No regular expression, nothing that matches all, no name twice, no name under another's glob. */
static void no_row_hides_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < cg_known_cookies_count; i++) {
        cg_pattern outer = cg_pattern_parse(cg_span_of(cg_known_cookies[i].pattern));
        assert_int_not_equal(outer.kind, CG_PATTERN_REGEX);
        assert_false(cg_pattern_matches(&outer, CG_SPAN("SID")));
        assert_false(cg_pattern_matches(&outer, CG_SPAN("")));
        for (size_t k = 0; k < cg_known_cookies_count; k++) {
            cg_pattern inner = cg_pattern_parse(cg_span_of(cg_known_cookies[k].pattern));
            if (i != k &&
                (cg_span_equal(outer.text, inner.text) || cg_pattern_covers(&outer, &inner))) {
                fail_msg("%s hides %s", cg_known_cookies[i].pattern, cg_known_cookies[k].pattern);
            }
        }
    }
}

/* Names of sessions that are easily taken for others are not in it. */
static void sessions_of_applications_are_not_known_cookies(void **state)
{
    static const char *const names[] = {"PHPSESSID", "JSESSIONID",      "sessionid", "connect.sid",
                                        "SID",       "laravel_session", "session",   "__Host-SID"};
    (void)state;
    for (size_t i = 0; i < cg_known_cookies_count; i++) {
        cg_pattern pattern = cg_pattern_parse(cg_span_of(cg_known_cookies[i].pattern));
        for (size_t n = 0; n < COUNT(names); n++) {
            assert_false(cg_pattern_matches(&pattern, cg_span_of(names[n])));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(no_row_hides_another),
        cmocka_unit_test(sessions_of_applications_are_not_known_cookies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
