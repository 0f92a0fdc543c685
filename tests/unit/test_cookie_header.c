/* The Cookie field, pair by pair. */
#include "unit.h"

#include "cookie/cookie_header.h"

static const struct {
    const char *field;
    const char *raws[5]; /* up to a null */
} splits[] = {
    {"", {""}},
    {"a=1", {"a=1"}},
    {"a=1; b=2", {"a=1", " b=2"}},
    {"a=1;b=2", {"a=1", "b=2"}},
    {"a=1;", {"a=1", ""}},
    {";;", {"", "", ""}},
    {"a=1, b=2; c=3", {"a=1, b=2", " c=3"}},
    {"a=\"x; y\"; b", {"a=\"x", " y\"", " b"}},
};

static void splits_at_semicolons_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(splits); i++) {
        cg_span rest = guarded(cg_span_of(splits[i].field)), raw;
        size_t count = 0;
        while (cg_cookie_next(&rest, &raw)) {
            if (!splits[i].raws[count]) {
                fail_msg("%s: too many pairs", splits[i].field);
            }
            assert_text(splits[i].field, raw, cg_span_of(splits[i].raws[count++]));
        }
        assert_null(splits[i].raws[count]);
    }
}

static void no_field_has_no_pair(void **state)
{
    cg_span rest = {NULL, 0}, raw;
    (void)state;
    assert_false(cg_cookie_next(&rest, &raw));
}

static const struct {
    const char *raw, *name, *value;
    bool has_equals;
} pairs[] = {
    {"a=1", "a", "1", true},
    {" a=1", "a", "1", true},
    {"\ta=\t 1 ", "a", "1", true},
    {" a \t=1", "a \t", "1", true},
    {" =1", "", "1", true},
    {"a=b=c", "a", "b=c", true},
    {"a=", "a", "", true},
    {"=1", "", "1", true},
    {"=", "", "", true},
    {"a", "a", "", false},
    {" a b ", "a b ", "", false},
    {"", "", "", false},
    {"a=\"1\"", "a", "\"1\"", true},
    {"\xc2\xa0"
     "a=1",
     "\xc2\xa0"
     "a",
     "1", true},
    {"\x0b"
     "a=1",
     "\x0b"
     "a",
     "1", true},
};

static void reads_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        cg_cookie_pair is;
        cg_cookie_pair_parse(guarded(cg_span_of(pairs[i].raw)), &is);
        assert_text(pairs[i].raw, is.name, cg_span_of(pairs[i].name));
        assert_text(pairs[i].raw, is.value, cg_span_of(pairs[i].value));
        assert_int_equal(is.has_equals, pairs[i].has_equals);
    }
}

static const struct {
    const char *text, *name; /* empty: none */
} inner_names[] = {
    {"", ""},
    {"a", ""},
    {"x/a", ""},
    {"a=b", ""},
    {"a=", ""},
    {"a==", ""},
    {"a=b=c", ""},
    {"x a", "a"},
    {"x,a", "a"},
    {"x, a", "a"},
    {"x\"a", "a"},
    {"x\ta", "a"},
    {"x\x0c"
     "a",
     "a"},
    {"x a b", "b"},
    {"x=y a", "a"},
    {"x= a", "a"},
    {"x=\"a", "a"},
    {"x=y, z=a", ""},
    {"x=y, z= a", "a"},
    {"x,(a", "(a"},
    {"x a ", "a "},
    {"x a\"", "a\""},
    {"x a\xc2\xa0", "a\xc2\xa0"},
    {"x \xc2\xa0"
     "a",
     "\xc2\xa0"
     "a"},
    {"x a \t", "a \t"},
    {"x,a %20", "a %20"},
    {"x,a%20 ", "a%20 "},
    {"x,a +", "a +"},
    {"x,a %00%20", "a %00%20"},
    {"x,a %2b", "%2b"},
    {"x,a %2", "%2"},
    {"x,a 20", "20"},
    {"x,%20", ""},
    {"x=y a =", ""},
    {"x ", ""},
    {"x,=a", "a"},
    {"x=y,==a", "a"},
    {"x=\"=a", "a"},
    {"x==a", ""},
    {"x=/=a", ""},
    {"x,y=a", ""},
    {"x,=", ""},
};

static void finds_names_inside_a_pair(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(inner_names); i++) {
        cg_span is = cg_cookie_inner_name(guarded(cg_span_of(inner_names[i].text)));
        assert_text(inner_names[i].text, is, cg_span_of(inner_names[i].name));
    }
}

static const struct {
    const char *raw;
    bool is_open;
} quotes[] = {
    {"a=1", false},
    {"a=\"1\"", false},
    {"a=\"1", true},
    {"a=\"", true},
    {"a= \"1", true},
    {"a=\t\"1", true},
    {"a=\"\"", false},
    {"a=\"1\\\"", true},
    {"a=\"1\\\"\"", false},
    {"a=\"1\\\\\"", false},
    {"a=\"1\\", true},
    {"a=5\"", false},
    {"a=x\"y", false},
    {"\"a", true},
    {" \"a", true},
    {"\"a\"", false},
    {"=\"_=\"", true},
    {"a=\"b=\"", false},
    {"a=\"YWI=\" ", false},
    {"a[=\",_=\"", true},
    {"a=x,\"b", true},
    {"a=x, \"b\"", false},
    {"a", false},
    {"", false},
    {"a=b=\"c", true},
    {"a=\"b\", c=\"d", true},
    {"a=\"b\", c=\"d\"", false},
    {"a=\"b=\"c", true},
    {"a=", false},
    {"a= ", false},
};

static void sees_open_quotes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(quotes); i++) {
        bool is = cg_cookie_leaves_quote_open(guarded(cg_span_of(quotes[i].raw)));
        if (is != quotes[i].is_open) {
            fail_msg("%s", quotes[i].raw);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_at_semicolons_alone),
        cmocka_unit_test(no_field_has_no_pair),
        cmocka_unit_test(reads_pairs),
        cmocka_unit_test(finds_names_inside_a_pair),
        cmocka_unit_test(sees_open_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
