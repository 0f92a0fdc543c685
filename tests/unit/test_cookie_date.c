/* Cookie dates: the lenient reading of 6265bis 5.1.1, and IMF-fixdate. */
#include "unit.h"

#include <time.h>

#include "cookie/cookie_date.h"

/* Each text, and the date that browsers find in it; null: none. */
/* clang-format off */
static const struct {
    const char *text;
    const char *date;
} readings[] = {
    /* the three forms of RFC 9110 5.6.7 */
    {"Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 GMT"},
    /* what servers send */
    {"Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"Thu, 01-Jan-1970 00:00:01 GMT", "Thu, 01 Jan 1970 00:00:01 GMT"},
    {"Thu, 01-Jan-70 00:00:01 GMT", "Thu, 01 Jan 1970 00:00:01 GMT"},
    {"Mon, 01-Jan-2001 08:49:37 UTC", "Mon, 01 Jan 2001 08:49:37 GMT"},
    {"Wed, 31-Dec-97 23:59:59 GMT", "Wed, 31 Dec 1997 23:59:59 GMT"},
    {"Tue, 19 Jan 2038 03:14:07 GMT", "Tue, 19 Jan 2038 03:14:07 GMT"},
    {"Tue, 19 Jan 2038 03:14:08 GMT", "Tue, 19 Jan 2038 03:14:08 GMT"},
    {"Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"},
    {"Fri, 01 Jan 2100 00:00:00 +0000", "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"Sat, 16 Sep 2023 10:11:12 GMT+0200", "Sat, 16 Sep 2023 10:11:12 GMT"},
    {"Sat Sep 16 2023 10:11:12 GMT+0200 (CEST)", "Sat, 16 Sep 2023 10:11:12 GMT"},
    /* tokens in any order, any case, any delimiters, words without meaning */
    {"08:49:37 6 Nov 1994", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"1994 Nov 6 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"94 Nov 6 08:49:37", NULL}, /* 94 is the day, and no year is left */
    {"Nov 6 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"6 1994 08:49:37 november", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"6 NOV 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"6-nOvEmBeR-1994-08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"6/Nov/1994/08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"\"6 Nov 1994 08:49:37\"", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"6\tNov\t1994\t08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"   6   Nov   1994   08:49:37   ", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"@6@Nov@1994@08:49:37@{|}~", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"6_Nov_1994_08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"Nov 6 94 08:49:37 foo bar 99 1:2:3", "Sun, 06 Nov 1994 08:49:37 GMT"},
    /* digits with something behind them */
    {"6th Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"6 Nov 1994AD 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"6 Nov 1994 08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"6 Nov 1994 08:49:37.123", "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"6 Nov 1994 8:9:7", "Sun, 06 Nov 1994 08:09:07 GMT"},
    {"6 Nov 1994 08:49:37:12", "Sun, 06 Nov 1994 08:49:37 GMT"},
    /* years */
    {"1 Jan 00 0:0:0", "Sat, 01 Jan 2000 00:00:00 GMT"},
    {"1 Jan 69 0:0:0", "Tue, 01 Jan 2069 00:00:00 GMT"},
    {"1 Jan 70 0:0:0", "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"1 Jan 99 0:0:0", "Fri, 01 Jan 1999 00:00:00 GMT"},
    {"1 Jan 069 0:0:0", "Tue, 01 Jan 2069 00:00:00 GMT"},
    {"1 Jan 0070 0:0:0", "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"1 Jan 100 0:0:0", NULL},
    {"1 Jan 1600 0:0:0", NULL},
    {"1 Jan 1601 0:0:0", "Mon, 01 Jan 1601 00:00:00 GMT"},
    {"1 Jan 1 0:0:0", NULL},
    {"1 Jan 20000 0:0:0", NULL},
    {"1 Jan 020000 0:0:0", NULL},
    /* the calendar */
    {"29 Feb 2000 0:0:0", "Tue, 29 Feb 2000 00:00:00 GMT"},
    {"29 Feb 2024 0:0:0", "Thu, 29 Feb 2024 00:00:00 GMT"},
    {"29 Feb 1900 0:0:0", NULL},
    {"29 Feb 2023 0:0:0", NULL},
    {"30 Feb 2024 0:0:0", NULL},
    {"31 Apr 2024 0:0:0", NULL},
    {"31 Jan 2024 0:0:0", "Wed, 31 Jan 2024 00:00:00 GMT"},
    {"32 Jan 2024 0:0:0", NULL},
    {"0 Jan 2024 0:0:0", NULL},
    /* the clock */
    {"1 Jan 2024 23:59:59", "Mon, 01 Jan 2024 23:59:59 GMT"},
    {"1 Jan 2024 24:00:00", NULL},
    {"1 Jan 2024 23:60:00", NULL},
    {"1 Jan 2024 23:59:60", NULL},
    {"1 Jan 2024 1:2", NULL},
    {"1 Jan 2024 001:02:03", NULL},
    {"1 Jan 2024 01:002:03", NULL},
    {"1 Jan 2024 01:02:003", NULL},
    {"1 Jan 2024 :1:2:3", NULL},
    /* parts that are missing, and no date at all */
    {"Jan 2024 0:0:0", NULL},
    {"1 2024 0:0:0", NULL},
    {"1 Jan 0:0:0", NULL},
    {"1 Jan 2024", NULL},
    {"1 Ja 2024 0:0:0", NULL},
    {"1 Jxn 2024 0:0:0", NULL},
    {"0", NULL},
    {"-1", NULL},
    {"", NULL},
    {" ", NULL},
    {"Session", NULL},
    {"2024-01-01T00:00:00Z", NULL},
    {"1700000000", NULL},
    {"1 J\xc3\xa4n 2024 0:0:0", NULL},
    {"\xff", NULL},
};
/* clang-format on */

static cg_span print(int64_t seconds, char *text)
{
    cg_writer writer = {.at = text, .size = CG_IMF_FIXDATE_LEN};
    cg_cookie_date_print(&writer, seconds);
    assert_int_equal(writer.len, CG_IMF_FIXDATE_LEN);
    return (cg_span){text, writer.len};
}

static void reads_as_browsers_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(readings); i++) {
        char text[CG_IMF_FIXDATE_LEN];
        int64_t seconds = -77;
        bool is_date = cg_cookie_date_parse(guarded(cg_span_of(readings[i].text)), &seconds);
        if (is_date != (readings[i].date != NULL)) {
            fail_msg("'%s' is %sa date", readings[i].text, is_date ? "" : "not ");
        }
        if (is_date) {
            assert_text(readings[i].text, print(seconds, text), cg_span_of(readings[i].date));
        } else {
            assert_int_equal(seconds, -77);
        }
    }
}

/* %x09, %x20-2F, %x3B-40, %x5B-60, %x7B-7E part tokens, and no other octet does. */
static void knows_every_delimiter(void **state)
{
    (void)state;
    for (int octet = 0; octet < 256; octet++) {
        char text[] = "6 Nov 1994 08:49:37";
        int64_t seconds;
        bool parts = octet == 0x09 || (octet >= 0x20 && octet <= 0x2F) ||
                     (octet >= 0x3B && octet <= 0x40) || (octet >= 0x5B && octet <= 0x60) ||
                     (octet >= 0x7B && octet <= 0x7E);
        text[5] = (char)octet;
        if (cg_cookie_date_parse(guarded((cg_span){text, sizeof text - 1}), &seconds) != parts) {
            fail_msg("octet 0x%02x", octet);
        }
    }
}

static void knows_every_month(void **state)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    (void)state;
    for (unsigned i = 0; i < 12 * 3; i++) {
        char text[CG_IMF_FIXDATE_LEN], line[] = "1 mmm 2001 0:0:0";
        int64_t seconds;
        memcpy(line + 2, months + i / 3 * 3, 3);
        line[2 + i % 3] ^= 0x20;
        assert_true(cg_cookie_date_parse(guarded(cg_span_of(line)), &seconds));
        assert_memory_equal(print(seconds, text).at + 8, months + i / 3 * 3, 3);
        line[2 + i % 3] ^= 0x60;
        assert_false(cg_cookie_date_parse(guarded(cg_span_of(line)), &seconds));
    }
}

/* The C library's calendar is the other opinion. */
static void assert_agrees_with_gmtime(int64_t seconds)
{
    char text[CG_IMF_FIXDATE_LEN], wanted[64];
    time_t moment = (time_t)seconds;
    struct tm parts;
    int64_t again;

    gmtime_r(&moment, &parts);
    strftime(wanted, sizeof wanted, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    assert_text("date", print(seconds, text), cg_span_of(wanted));
    assert_true(cg_cookie_date_parse((cg_span){text, sizeof text}, &again));
    assert_int_equal(again, seconds);
}

static void every_day_agrees_with_the_c_library(void **state)
{
    const int64_t first = INT64_C(-11644473600), last = INT64_C(253402300799);
    (void)state;
    for (int64_t seconds = first; seconds < last; seconds += 86400 + 3 * 3661) {
        assert_agrees_with_gmtime(seconds);
    }
    for (int64_t day = -36525; day < 73050; day++) {
        assert_agrees_with_gmtime(day * 86400);
        assert_agrees_with_gmtime(day * 86400 - 1);
    }
    assert_agrees_with_gmtime(first);
    assert_agrees_with_gmtime(last);
}

static void prints_nothing_that_cannot_be_read_again(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {INT64_MIN, "Mon, 01 Jan 1601 00:00:00 GMT"},
        {INT64_C(-11644473601), "Mon, 01 Jan 1601 00:00:00 GMT"},
        {INT64_C(253402300800), "Fri, 31 Dec 9999 23:59:59 GMT"},
        {INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CG_IMF_FIXDATE_LEN];
        assert_text(cases[i].text, print(cases[i].seconds, text), cg_span_of(cases[i].text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_as_browsers_do),
        cmocka_unit_test(knows_every_delimiter),
        cmocka_unit_test(knows_every_month),
        cmocka_unit_test(every_day_agrees_with_the_c_library),
        cmocka_unit_test(prints_nothing_that_cannot_be_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
