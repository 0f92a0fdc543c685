/* Moments: one spelling each. */
#include "unit.h"

#include "session/moment.h"

static void known_moments(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"1970-01-01T00:00:01Z", 1},          {"1999-12-31T23:59:59Z", 946684799},
        {"2000-02-29T12:00:00Z", 951825600},  {"2026-11-24T01:53:27Z", 1795485207},
        {"2100-03-01T00:00:00Z", 4107542400}, {"9999-12-31T23:59:59Z", 253402300799},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CG_MOMENT_TEXT_LEN];
        cg_writer writer = {.at = text, .size = sizeof text};
        int64_t seconds = -1;
        assert_true(cg_moment_parse(guarded(cg_span_of(cases[i].text)), &seconds));
        assert_int_equal(seconds, cases[i].seconds);
        cg_moment_print(&writer, cases[i].seconds);
        assert_text(cases[i].text, (cg_span){text, writer.len}, cg_span_of(cases[i].text));
    }
}

static void other_spellings_are_none(void **state)
{
    static const char *const texts[] = {
        "",
        "-",
        "2026-11-24",
        "2026-11-24T01:53:27",
        "2026-11-24T01:53:27Z ",
        "2026-11-24 01:53:27Z",
        "2026-11-24t01:53:27z",
        "2026-11-24T01:53:27+",
        "2026/11/24T01:53:27Z",
        "2026-11-24T01.53.27Z",
        "2026-13-24T01:53:27Z",
        "2026-00-24T01:53:27Z",
        "2026-11-31T01:53:27Z",
        "2026-11-00T01:53:27Z",
        "2025-02-29T01:53:27Z",
        "2100-02-29T01:53:27Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T01:60:27Z",
        "2026-11-24T01:53:60Z",
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "2026-11-24T01:53:2;Z",
        "2026-11-24T-1:53:27Z",
        "20260-1-24T01:53:27Z",
        "2026-11-24T01:53:\xff\xffZ",
        "\xff\xff\xff\xff-11-24T01:53:27Z",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        int64_t seconds = -5;
        if (cg_moment_parse(guarded(cg_span_of(texts[i])), &seconds)) {
            fail_msg("'%s' is a moment", texts[i]);
        }
        assert_int_equal(seconds, -5);
    }
}

/* Each octet in each place: what is read is written as it was. */
static void what_is_read_is_written_like_it(void **state)
{
    (void)state;
    for (size_t place = 0; place < CG_MOMENT_TEXT_LEN; place++) {
        for (unsigned octet = 0; octet < 256; octet++) {
            char text[] = "2026-11-24T01:53:27Z", again[CG_MOMENT_TEXT_LEN];
            cg_writer writer = {.at = again, .size = sizeof again};
            int64_t seconds = 0;
            text[place] = (char)octet;
            if (cg_moment_parse((cg_span){text, CG_MOMENT_TEXT_LEN}, &seconds)) {
                cg_moment_print(&writer, seconds);
                assert_memory_equal(again, text, sizeof again);
            }
        }
    }
}

static void what_lies_outside_is_cut(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:01Z"},
        {INT64_MIN, "1970-01-01T00:00:01Z"},
        {253402300800, "9999-12-31T23:59:59Z"},
        {INT64_MAX, "9999-12-31T23:59:59Z"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CG_MOMENT_TEXT_LEN];
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_moment_print(&writer, cases[i].seconds);
        assert_text("cut", (cg_span){text, writer.len}, cg_span_of(cases[i].text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_moments),
        cmocka_unit_test(other_spellings_are_none),
        cmocka_unit_test(what_is_read_is_written_like_it),
        cmocka_unit_test(what_lies_outside_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
