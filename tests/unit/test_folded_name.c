/* Names as lenient parsers fold them. */
#include "unit.h"

#include "cookie/folded_name.h"

static const struct {
    const char *name, *folded;
    const char *base; /* where PHP ends it; null: as folded */
    const char *wide; /* with the `_` that PHP makes of what is trimmed behind; null: as folded */
} cases[] = {
    {"SID", "sid", NULL, "sid"},
    {"sid", "sid", NULL},
    {"__Host-SID", "__host-sid", NULL},
    {"a.b", "a_b", NULL},
    {"a+b", "a_b", NULL},
    {"a b", "a_b", NULL},
    {"a_b", "a_b", NULL},
    {"a-b", "a-b", NULL},
    {"..Host-SID", "__host-sid", NULL},

    /* decoded once */
    {"S%49D", "sid", NULL},
    {"%53%49%44", "sid", NULL},
    {"%5f_Host-SID", "__host-sid", NULL},
    {"%5F%5FHost%2dSID", "__host-sid", NULL},
    {"S%2549D", "s%49d", NULL},
    {"S%4", "s%4", NULL},
    {"S%", "s%", NULL},
    {"S%zz", "s%zz", NULL},
    {"%%53ID", "%sid", NULL},
    {"a%2eb", "a_b", NULL},
    {"a%20b", "a_b", NULL},
    {"a%2Bb", "a_b", NULL},
    {"a%5bb", "a_b", "a"},

    /* trimmed at both ends */
    {" SID\t", "sid", NULL},
    {"%20SID%09", "sid", NULL},
    {"\xc2\xa0SID", "sid", NULL},
    {"SID\xc2\xa0", "sid", NULL},
    {"\xc2\x85SID\xc2\x85", "sid", NULL},
    {"\xa0SID", "sid", NULL},
    {"\x85SID", "sid", NULL},
    {"\xe2\x80\x80__Host-SID", "__host-sid", NULL},
    {"\xe2\x80\xa8SID\xe3\x80\x80", "sid", NULL},
    {"\xef\xbb\xbfSID", "sid", NULL},
    {"%C2%A0SID", "sid", NULL},
    {"%e2%80%80SID%E2%80%80", "sid", NULL},
    {"\x7fSID\x01", "sid", NULL},
    {"\"SID\"", "sid", NULL},
    {"(SID)", "sid", NULL},
    {",/=SID", "sid", NULL},

    /* kept in the middle */
    {"S\xc2\xa0ID", "s\xc2\xa0id", NULL},
    {"S,ID", "s,id", NULL},
    {"S\tID", "s\tid", NULL},

    /* where PHP ends a name */
    {"SID[a]", "sid_a", "sid"},
    {"SID[", "sid", "sid", "sid_"},
    {"SID ", "sid", NULL, "sid_"},
    {"SID%20[", "sid", "sid", "sid__"},
    {"SID\xa0 ", "sid", NULL, "sid"},
    {"SID[]", "sid", "sid"},
    {"SID [a]", "sid__a", "sid"},
    {"SID[a][b]", "sid_a]_b", "sid"},
    {"SID%00x", NULL, "sid"},
    {"SID%00", "sid", "sid"},
    {"%00SID", "sid", NULL},
    {"SID%5Ba%5D", "sid_a", "sid"},

    /* nothing is left */
    {"", "", NULL},
    {"   ", "", NULL},
    {"\xc2\xa0", "", NULL},
    {"%20%0a", "", NULL},
    {"=", "", NULL},
    {"[]", "", NULL},
};

static void folds_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *base = cases[i].base ? cases[i].base : cases[i].folded;
        cg_folded_name is;
        cg_name_fold(guarded(cg_span_of(cases[i].name)), &is);
        if (cases[i].folded) {
            assert_text(cases[i].name, (cg_span){is.at, is.len}, cg_span_of(cases[i].folded));
        }
        assert_text(cases[i].name, (cg_span){is.at, is.ends[0]}, (cg_span){is.at, is.len});
        assert_text(cases[i].name, (cg_span){is.at, is.ends[2]}, cg_span_of(base));
        if (cases[i].wide) {
            assert_text(cases[i].name, (cg_span){is.at, is.ends[1]}, cg_span_of(cases[i].wide));
        }
    }
}

/* PHP before 7.4.11 decoded the names of cookies: a `+` became a blank, and blanks before a name were
 * skipped. A bracket there is a `_` like any other, or nothing. */
static void may_begin_behind_plus_signs_and_brackets(void **state)
{
    static const struct {
        const char *name, *folded, *behind;
    } pluses[] = {
        {"+SID", "_sid", "sid"},     {"++SID", "__sid", "sid"},
        {"+ +SID", "___sid", "sid"}, {" +SID", "_sid", "sid"},
        {"SID+", "sid_", "sid_"},    {"S+ID", "s_id", "s_id"},
        {"%2BSID", "_sid", "sid"},   {".SID", "_sid", "_sid"},
        {"[SID]", "_sid", "sid"},    {"[_Host-SID", "__host-sid", "_host-sid"},
        {" [+SID", "__sid", "sid"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(pluses); i++) {
        cg_folded_name is;
        cg_name_fold(guarded(cg_span_of(pluses[i].name)), &is);
        assert_text(pluses[i].name, (cg_span){is.at, is.len}, cg_span_of(pluses[i].folded));
        assert_text(pluses[i].name, cg_span_part((cg_span){is.at, is.len}, is.starts[1], is.len),
                    cg_span_of(pluses[i].behind));
    }
}

static void may_end_before_plus_signs(void **state)
{
    cg_folded_name is;
    (void)state;
    cg_name_fold(CG_SPAN("S+ID+ +\xa0"), &is);
    assert_text("all", (cg_span){is.at, is.len}, CG_SPAN("s_id___"));
    assert_text("decoded and trimmed", (cg_span){is.at, is.ends[4]}, CG_SPAN("s_id"));
}

/* `SID [a]=v` is an array SID_ to PHP. */
static void may_end_before_an_index(void **state)
{
    cg_folded_name is;
    (void)state;
    cg_name_fold(CG_SPAN("SID [a]"), &is);
    assert_text("trimmed", (cg_span){is.at, is.ends[2]}, CG_SPAN("sid"));
    assert_text("wide", (cg_span){is.at, is.ends[3]}, CG_SPAN("sid_"));
}

static cg_folded_name fold_repeated(const char *before, char c, size_t times, const char *after)
{
    static char text[4096];
    size_t len = strlen(before);
    cg_folded_name is;
    memcpy(text, before, len);
    memset(text + len, c, times);
    memcpy(text + len + times, after, strlen(after));
    cg_name_fold(guarded((cg_span){text, len + times + strlen(after)}), &is);
    return is;
}

static void long_names_are_like_no_other(void **state)
{
    (void)state;
    assert_int_equal(fold_repeated("", 'a', CG_FOLDED_NAME_MAX, "").len, CG_FOLDED_NAME_MAX);
    assert_int_equal(fold_repeated("", 'a', CG_FOLDED_NAME_MAX + 1, "").len, 0);
    assert_int_equal(fold_repeated("", 'a', 3000, "").ends[2], 0);
}

/* However much stands around it. */
static void a_short_name_stays_short(void **state)
{
    (void)state;
    assert_int_equal(fold_repeated("", '\xa0', 3000, "SID").len, 3);
    assert_int_equal(fold_repeated("SID", '\xa0', 3000, "").len, 3);
    assert_int_equal(fold_repeated("SID", '\xa0', 3000, "x").len, 0);
    assert_int_equal(fold_repeated("SID[", 'a', 3000, "]").ends[2], 3);
    assert_int_equal(fold_repeated("SID%00", 'a', 3000, "").ends[2], 3);
}

/* The set of octets that are trimmed is the complement of RFC 9110's token. */
static void trims_what_no_token_has(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        assert_int_equal(cg_name_is_trimmed((unsigned char)c), !cg_ascii_is_token((char)c));
    }
    assert_true(cg_name_is_trimmed('\0'));
}

/* Folding what is folded changes nothing, unless it can be decoded again. */
static void folding_is_settled(void **state)
{
    (void)state;
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            const char text[] = {'x', (char)a, (char)b, '4', '1'};
            cg_folded_name once, twice;
            cg_name_fold(guarded((cg_span){text, sizeof text}), &once);
            if (memchr(once.at, '%', once.len)) {
                continue;
            }
            cg_name_fold((cg_span){once.at, once.len}, &twice);
            assert_text("twice", (cg_span){twice.at, twice.len}, (cg_span){once.at, once.len});
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_names),
        cmocka_unit_test(may_begin_behind_plus_signs_and_brackets),
        cmocka_unit_test(may_end_before_plus_signs),
        cmocka_unit_test(may_end_before_an_index),
        cmocka_unit_test(long_names_are_like_no_other),
        cmocka_unit_test(a_short_name_stays_short),
        cmocka_unit_test(trims_what_no_token_has),
        cmocka_unit_test(folding_is_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
