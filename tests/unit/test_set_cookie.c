/* Reading a Set-Cookie line: every rule of 6265bis 5.6, and what 5.7 makes of the attributes. */
#include "unit.h"

#include "cookie/limits.h"
#include "cookie/set_cookie.h"
#include "cookie/writer.h"

static void describe_set(cg_writer *writer, const char *title, unsigned set)
{
    if (set == 0) {
        return;
    }
    cg_write(writer, cg_span_of(title));
    for (int i = 0; i < CG_ATTRIBUTE_COUNT; i++) {
        if (set & CG_ATTRIBUTE_BIT(i)) {
            cg_write_char(writer, ' ');
            cg_write(writer, cg_attribute_name((cg_attribute)i));
        }
    }
}

static void describe_attribute(cg_writer *writer, cg_attribute attribute,
                               const cg_attributes *attributes)
{
    cg_write_char(writer, ' ');
    cg_write(writer, cg_attribute_name(attribute));
    switch (attribute) {
    case CG_ATTRIBUTE_DOMAIN:
    case CG_ATTRIBUTE_PATH:
        cg_write_char(writer, '=');
        cg_write(writer, attribute == CG_ATTRIBUTE_PATH ? attributes->path : attributes->domain);
        break;
    case CG_ATTRIBUTE_EXPIRES:
    case CG_ATTRIBUTE_MAX_AGE:
        cg_write_char(writer, '=');
        cg_write_number(writer, attribute == CG_ATTRIBUTE_EXPIRES ? attributes->expires
                                                                  : attributes->max_age);
        break;
    case CG_ATTRIBUTE_SAMESITE:
        cg_write_char(writer, '=');
        cg_write(writer, attributes->same_site ? cg_same_site_name(attributes->same_site)
                                               : CG_SPAN("default"));
        break;
    default:
        break;
    }
}

/* "[name][value]" and, in the order of the enum, all that was read of the attributes. */
static void describe(cg_writer *writer, const cg_set_cookie *cookie)
{
    static const char *const kinds[] = {
        [CG_LINE_UNREAD] = "unread ",
        [CG_LINE_COOKIE] = "",
        [CG_LINE_CONTROL_CHARACTER] = "control ",
        [CG_LINE_EMPTY] = "empty ",
        [CG_LINE_TOO_LONG] = "long ",
    };
    cg_write(writer, cg_span_of(kinds[cookie->kind]));
    cg_write_char(writer, '[');
    cg_write(writer, cookie->name);
    cg_write(writer, CG_SPAN("]["));
    cg_write(writer, cookie->value);
    cg_write_char(writer, ']');
    for (int i = 0; i < CG_ATTRIBUTE_COUNT; i++) {
        if (cookie->attributes.present & CG_ATTRIBUTE_BIT(i)) {
            describe_attribute(writer, (cg_attribute)i, &cookie->attributes);
        }
    }
    describe_set(writer, " ignored:", cookie->ignored);
    describe_set(writer, " repeated:", cookie->repeated);
    describe_set(writer, " valued:", cookie->valued_flags);
}

/* The number of the rule, the line, and what a browser reads. */
/* clang-format off */
static const struct {
    int rule;
    const char *line;
    const char *reading;
} readings[] = {
    /* 8: quotes belong to the value */
    {8, "a=\"b\"", "[a][\"b\"]"},
    {8, "a=\"b; Secure\"", "[a][\"b]"},
    {8, "a=\" b \"", "[a][\" b \"]"},
    /* 11: names of attributes in any case, names of cookies as they are */
    {11, "A=b; SECURE; httponly; sAmEsItE=LAX", "[A][b] Secure HttpOnly SameSite=Lax"},
    {11, "a=b; path=/; DOMAIN=x.example; MAX-AGE=1", "[a][b] Domain=x.example Path=/ Max-Age=1"},
    {11, "a=b; pArTiTiOnEd", "[a][b] Partitioned"},
    /* 12: unknown attributes are none of the reader's business */
    {12, "a=b; Priority=High; foo; =bar", "[a][b]"},
    {12, "a=b; Secured; HttpOnly2; Same-Site=Lax; Max_Age=1; Secure Secure", "[a][b]"},
    /* 16: control characters spoil the whole line, tabs do not */
    {16, "a=b\001", "control [a][b\001]"},
    {16, "\x08""a=b", "control [\x08""a][b]"},
    {16, "a=b; Path=/\x7f", "control [a][b] Path=/\x7f"},
    {16, "a=b; x=\r\nSet-Cookie: c=d", "control [a][b]"},
    {16, "a=b; x\x1f", "control [a][b]"},
    {16, "a\tb=\tc\td\t;\tSecure\t", "[a\tb][c\td] Secure"},
    {16, "a=b\x80\xff", "[a][b\x80\xff]"},
    {16, "\xc3\xa4=\xe2\x82\xac", "[\xc3\xa4][\xe2\x82\xac]"},
    {16, "\n", "control [][\n]"},
    {16, "=\001", "control [][\001]"},
    /* 17: the first semicolon ends the pair */
    {17, "a=b;c=d", "[a][b]"},
    {17, "a=b;Secure", "[a][b] Secure"},
    {17, "a;b=c; Secure", "[][a] Secure"},
    {17, "a=\"b;Secure\"; HttpOnly", "[a][\"b] HttpOnly"},
    {17, ";a=b", "empty [][]"},
    {17, "a=b,c=d; Secure", "[a][b,c=d] Secure"},
    /* 18: the first equals sign parts name and value; none: no name */
    {18, "a=b=c", "[a][b=c]"},
    {18, "a==b", "[a][=b]"},
    {18, "=b", "[][b]"},
    {18, "==b", "[][=b]"},
    {18, "b", "[][b]"},
    {18, "b; Path=/", "[][b] Path=/"},
    {18, "a=", "[a][]"},
    {18, " a = b ", "[a][b]"},
    {18, "\t a \t=\t b c \t; Secure", "[a][b c] Secure"},
    {18, "a\x0b=b", "control [a\x0b][b]"},
    {18, "a\xc2\xa0=\xc2\xa0""b", "[a\xc2\xa0][\xc2\xa0""b]"},
    /* 19: neither name nor value */
    {19, "", "empty [][]"},
    {19, "=", "empty [][]"},
    {19, " = ", "empty [][]"},
    {19, " \t ", "empty [][]"},
    {19, "; Secure", "empty [][] Secure"},
    {19, "=; Path=/", "empty [][] Path=/"},
    /* 21: attributes one by one; a flag ignores its value */
    {21, "a=b; Secure=x", "[a][b] Secure valued: Secure"},
    {21, "a=b; Secure=false; HttpOnly=0; Partitioned=", "[a][b] Secure HttpOnly Partitioned valued: Secure HttpOnly Partitioned"},
    {21, "a=b; Secure =x", "[a][b] Secure valued: Secure"},
    {21, "a=b;  Path = /x y  ;", "[a][b] Path=/x y"},
    {21, "a=b; Path=/x=y", "[a][b] Path=/x=y"},
    {21, "a=b;;; ;Secure;;", "[a][b] Secure"},
    {21, "a=b; = ; =; Secure", "[a][b] Secure"},
    {21, "a=b; \"Secure\"; HttpOnly", "[a][b] HttpOnly"},
    {21, "a=b; Secure, HttpOnly", "[a][b]"},
    /* 22: Max-Age */
    {22, "a=b; Max-Age=0", "[a][b] Max-Age=0"},
    {22, "a=b; Max-Age=-1", "[a][b] Max-Age=-1"},
    {22, "a=b; Max-Age=-0", "[a][b] Max-Age=0"},
    {22, "a=b; Max-Age=007", "[a][b] Max-Age=7"},
    {22, "a=b; Max-Age=34560001", "[a][b] Max-Age=34560001"},
    {22, "a=b; Max-Age", "[a][b] ignored: Max-Age"},
    {22, "a=b; Max-Age=", "[a][b] ignored: Max-Age"},
    {22, "a=b; Max-Age=-", "[a][b] ignored: Max-Age"},
    {22, "a=b; Max-Age=+1", "[a][b] ignored: Max-Age"},
    {22, "a=b; Max-Age=1.5", "[a][b] ignored: Max-Age"},
    {22, "a=b; Max-Age=1 2", "[a][b] ignored: Max-Age"},
    {22, "a=b; Max-Age=--1", "[a][b] ignored: Max-Age"},
    {22, "a=b; Max-Age=0x10", "[a][b] ignored: Max-Age"},
    {22, "a=b; Max-Age=\"10\"", "[a][b] ignored: Max-Age"},
    {22, "a=b; Max-Age=\xd9\xa1", "[a][b] ignored: Max-Age"},
    {22, "a=b; Max-Age=99999999999999999999999999", "[a][b] Max-Age=4611686018427387903"},
    {22, "a=b; Max-Age=-99999999999999999999999999", "[a][b] Max-Age=-4611686018427387903"},
    {22, "a=b; Max-Age=4611686018427387903", "[a][b] Max-Age=4611686018427387903"},
    {22, "a=b; Max-Age=4611686018427387909", "[a][b] Max-Age=4611686018427387903"},
    {22, "a=b; Max-Age=9223372036854775808", "[a][b] Max-Age=4611686018427387903"},
    /* 23: Expires, leniently; test_cookie_date has the forms */
    {23, "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "[a][b] Expires=0"},
    {23, "a=b; Expires=1 jan 69 0:0:1", "[a][b] Expires=3124224001"},
    {23, "a=b; Expires=31 Dec 1969 23:59:59", "[a][b] Expires=-1"},
    {23, "a=b; Expires=0", "[a][b] ignored: Expires"},
    {23, "a=b; Expires", "[a][b] ignored: Expires"},
    {23, "a=b; Expires=Thu, 01 Jan 1600 00:00:00 GMT", "[a][b] ignored: Expires"},
    /* 25: Domain */
    {25, "a=b; Domain=example.com", "[a][b] Domain=example.com"},
    {25, "a=b; Domain=.example.com", "[a][b] Domain=example.com"},
    {25, "a=b; Domain=..example.com", "[a][b] Domain=.example.com"},
    {25, "a=b; Domain=", "[a][b] Domain="},
    {25, "a=b; Domain=.", "[a][b] Domain="},
    {25, "a=b; Domain", "[a][b] Domain="},
    {25, "a=b; Domain = .Example.COM ", "[a][b] Domain=Example.COM"},
    /* 26: Path: also one that means the default path */
    {26, "a=b; Path=", "[a][b] Path="},
    {26, "a=b; Path", "[a][b] Path="},
    {26, "a=b; Path=app", "[a][b] Path=app"},
    {26, "a=b; Path=\"/\"", "[a][b] Path=\"/\""},
    {26, "a=b; Path=/a/../b", "[a][b] Path=/a/../b"},
    /* 27: SameSite */
    {27, "a=b; SameSite=Strict", "[a][b] SameSite=Strict"},
    {27, "a=b; SameSite=lAx", "[a][b] SameSite=Lax"},
    {27, "a=b; SameSite=NONE", "[a][b] SameSite=None"},
    {27, "a=b; SameSite=Default", "[a][b] SameSite=default"},
    {27, "a=b; SameSite=", "[a][b] SameSite=default"},
    {27, "a=b; SameSite", "[a][b] SameSite=default"},
    {27, "a=b; SameSite=\"Lax\"", "[a][b] SameSite=default"},
    {27, "a=b; SameSite=Lax Strict", "[a][b] SameSite=default"},
    /* 28: the last occurrence counts; flags anywhere */
    {28, "a=b; Max-Age=1; Max-Age=2", "[a][b] Max-Age=2 repeated: Max-Age"},
    {28, "a=b; Max-Age=1; Max-Age=x", "[a][b] Max-Age=1 ignored: Max-Age repeated: Max-Age"},
    {28, "a=b; Max-Age=x; Max-Age=1", "[a][b] Max-Age=1 ignored: Max-Age repeated: Max-Age"},
    {28, "a=b; Max-Age=x; Max-Age=y", "[a][b] ignored: Max-Age repeated: Max-Age"},
    {28, "a=b; Expires=1 Jan 1970 0:0:0; Expires=1 Jan 1970 0:0:5", "[a][b] Expires=5 repeated: Expires"},
    {28, "a=b; Domain=a.example; Domain=b.example", "[a][b] Domain=b.example repeated: Domain"},
    {28, "a=b; Domain=a.example; Domain=", "[a][b] Domain= repeated: Domain"},
    {28, "a=b; Path=/a; Path=/b", "[a][b] Path=/b repeated: Path"},
    {28, "a=b; Path=/a; Path=bogus", "[a][b] Path=bogus repeated: Path"},
    {28, "a=b; SameSite=Strict; SameSite=None", "[a][b] SameSite=None repeated: SameSite"},
    {28, "a=b; SameSite=Strict; SameSite=bogus", "[a][b] SameSite=default repeated: SameSite"},
    {28, "a=b; Secure; secure; SECURE=1", "[a][b] Secure repeated: Secure"},
    {28, "a=b; Secure=1; Secure", "[a][b] Secure repeated: Secure valued: Secure"},
    {28, "a=b; Expires=1 Jan 1970 0:0:5; Max-Age=9", "[a][b] Expires=5 Max-Age=9"},
};
/* clang-format on */

static void reads_every_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(readings); i++) {
        char text[512], what[32];
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_set_cookie cookie;
        cg_set_cookie_parse(guarded(cg_span_of(readings[i].line)), &cookie);
        describe(&writer, &cookie);
        assert_false(cg_writer_is_full(&writer));
        snprintf(what, sizeof what, "rule %d", readings[i].rule);
        assert_text(what, (cg_span){text, writer.len}, cg_span_of(readings[i].reading));
    }
}

/* Rule 16, for every octet in every place of a line that is looked at in several steps, the last of
 * which reaches back. */
static void finds_each_control_character_anywhere(void **state)
{
    (void)state;
    for (int octet = 0; octet < 256; octet++) {
        bool is_control = (octet < 0x20 && octet != '\t') || octet == 0x7F;
        for (size_t at = 0; at < 43; at++) {
            char text[] = "abcdefgh=ijklmno; Path=/pqr; Max-Age=123456";
            cg_set_cookie cookie;
            text[at] = (char)octet;
            cg_set_cookie_parse(guarded((cg_span){text, sizeof text - 1}), &cookie);
            if (is_control != (cookie.kind == CG_LINE_CONTROL_CHARACTER)) {
                fail_msg("octet 0x%02x at %zu", octet, at);
            }
        }
    }
}

/* Until it is read, a date is there and never past, however bad it is; then all is as if it had been
 * read at once. */
static void a_date_may_wait(void **state)
{
    static const struct {
        const char *line;
        bool is_unread;
    } cases[] = {
        {"a=b; Expires=1 Jan 1970 0:0:5", true},
        {"a=b; expires =\"1 Jan 1970 0:0:5", true},
        {"a=b; Expires=bogus; Path=/", true},
        {"a=b; Expires", true},
        {"a=b; Path=/", false},
        {"a=b; Expires=1 Jan 1970 0:0:5; Expires=bogus", false},
        {"a=b; Expires=bogus; Expires=1 Jan 1970 0:0:5", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[2][512];
        cg_writer one = {.at = text[0], .size = sizeof text[0]};
        cg_writer other = {.at = text[1], .size = sizeof text[1]};
        cg_set_cookie late, at_once;

        cg_set_cookie_scan(guarded(cg_span_of(cases[i].line)), &late);
        assert_int_equal(late.has_unread_date, cases[i].is_unread);
        if (cases[i].is_unread) {
            assert_true(late.attributes.present & CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_EXPIRES));
            assert_false(cg_attributes_delete(&late.attributes, INT64_MAX - 1));
        }
        cg_set_cookie_read_date(&late);
        assert_false(late.has_unread_date);
        describe(&one, &late);
        cg_set_cookie_parse(guarded(cg_span_of(cases[i].line)), &at_once);
        describe(&other, &at_once);
        assert_text(cases[i].line, (cg_span){text[0], one.len}, (cg_span){text[1], other.len});
    }
}

/* Rule 20: name and value, without the attributes and without white space around them. */
static void counts_name_and_value_to_4096(void **state)
{
    static const struct {
        size_t name, value, attribute;
        cg_line_kind kind;
    } cases[] = {
        {1, 4095, 0, CG_LINE_COOKIE},    {1, 4096, 0, CG_LINE_TOO_LONG},
        {4096, 0, 0, CG_LINE_COOKIE},    {4097, 0, 0, CG_LINE_TOO_LONG},
        {0, 4096, 0, CG_LINE_COOKIE},    {0, 4097, 0, CG_LINE_TOO_LONG},
        {2048, 2048, 0, CG_LINE_COOKIE}, {2048, 2049, 0, CG_LINE_TOO_LONG},
        {1, 1, 60000, CG_LINE_COOKIE},   {1, 4095, 60000, CG_LINE_COOKIE},
    };
    static char text[70000];
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_set_cookie cookie;
        cg_write(&writer, CG_SPAN(" \t"));
        for (size_t k = 0; k < cases[i].name; k++) {
            cg_write_char(&writer, 'n');
        }
        cg_write(&writer, CG_SPAN(" = "));
        for (size_t k = 0; k < cases[i].value; k++) {
            cg_write_char(&writer, 'v');
        }
        cg_write(&writer, CG_SPAN("  ;"));
        for (size_t k = 0; k < cases[i].attribute; k++) {
            cg_write_char(&writer, 'x');
        }
        cg_set_cookie_parse(guarded((cg_span){text, writer.len}), &cookie);
        assert_int_equal(cookie.name.len, cases[i].name);
        assert_int_equal(cookie.value.len, cases[i].value);
        assert_int_equal(cookie.kind, cases[i].kind);
    }
}

/* Rule 21: a value over 1024 octets spoils its attribute, a flag's too. */
static void ignores_attributes_over_1024(void **state)
{
    static const char *const starts[] = {"a=b; Path=/",  "a=b; Secure=",  "a=b; SameSite=",
                                         "a=b; Domain=", "a=b; Max-Age=", "a=b; Foo="};
    static char text[2048];
    (void)state;

    for (size_t i = 0; i < COUNT(starts); i++) {
        for (size_t len = 1023; len <= 1026; len++) {
            cg_writer writer = {.at = text, .size = sizeof text};
            cg_set_cookie cookie;
            size_t start = 4 + cg_span_find(cg_span_of(starts[i] + 4), '=') + 1;
            cg_write(&writer, cg_span_of(starts[i]));
            while (writer.len < start + len) {
                cg_write_char(&writer, '0');
            }
            cg_set_cookie_parse(guarded((cg_span){text, writer.len}), &cookie);
            assert_int_equal(cookie.kind, CG_LINE_COOKIE);
            assert_int_equal(cookie.has_long_value, len > CG_ATTRIBUTE_VALUE_MAX);
            if (i + 1 < COUNT(starts)) {
                assert_int_equal(cookie.attributes.present != 0, len <= CG_ATTRIBUTE_VALUE_MAX);
                assert_int_equal(cookie.ignored != 0, len > CG_ATTRIBUTE_VALUE_MAX);
            }
        }
    }
}

/* The first of two Paths counts again if the second is too long. */
static void a_long_attribute_leaves_the_one_before_it(void **state)
{
    static char text[2048];
    cg_writer writer = {.at = text, .size = sizeof text};
    cg_set_cookie cookie;
    (void)state;

    cg_write(&writer, CG_SPAN("a=b; Path=/kept; Path=/"));
    for (int i = 0; i < 1024; i++) {
        cg_write_char(&writer, 'x');
    }
    cg_set_cookie_parse(guarded((cg_span){text, writer.len}), &cookie);
    assert_text("path", cookie.attributes.path, CG_SPAN("/kept"));
    assert_int_equal(cookie.repeated, CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_PATH));
    assert_ptr_equal(cookie.effective[CG_ATTRIBUTE_PATH], cookie.line.at + 4);
}

/* Rules 22, 23 and 28: what deletes a cookie. */
static void tells_deletions(void **state)
{
    static const struct {
        const char *line;
        bool deletes;
    } cases[] = {
        {"a=b", false},
        {"a=b; Max-Age=0", true},
        {"a=b; Max-Age=-1", true},
        {"a=b; Max-Age=1", false},
        {"a=b; Max-Age=x", false},
        {"a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", true},
        {"a=b; Expires=Thu, 01 Jan 1970 00:16:40 GMT", true},
        {"a=b; Expires=Thu, 01 Jan 1970 00:16:41 GMT", false},
        {"a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=1", false},
        {"a=b; Max-Age=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", false},
        {"a=b; Max-Age=0; Expires=Thu, 01 Jan 2070 00:00:00 GMT", true},
        {"a=b; Max-Age=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT", true},
        {"a=b; Expires=0", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_set_cookie cookie;
        cg_set_cookie_parse(guarded(cg_span_of(cases[i].line)), &cookie);
        if (cg_attributes_delete(&cookie.attributes, 1000) != cases[i].deletes) {
            fail_msg("%s", cases[i].line);
        }
    }
}

/* Tokens and semicolons together are the whole line again. */
static void steps_through_every_octet(void **state)
{
    static const char *const lines[] = {"a=b", "a=b;", "a=b; Secure ;; x = y =z;", ";", ";;;", ""};
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        char text[64];
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_attribute_token token;
        cg_set_cookie cookie;
        cg_span rest;
        cg_set_cookie_parse(guarded(cg_span_of(lines[i])), &cookie);
        cg_write(&writer, cookie.pair);
        for (rest = cookie.rest; cg_attribute_next(&rest, &token);) {
            cg_write_char(&writer, ';');
            cg_write(&writer, token.raw);
        }
        assert_text("line", (cg_span){text, writer.len}, cg_span_of(lines[i]));
    }
}

static void names_are_found_by_their_names(void **state)
{
    (void)state;
    for (int i = CG_ATTRIBUTE_OTHER + 1; i < CG_ATTRIBUTE_COUNT; i++) {
        cg_span name = cg_attribute_name((cg_attribute)i);
        assert_int_equal(name.len, strlen(name.at));
        assert_int_equal(cg_attribute_find(name), i);
    }
    for (int i = CG_SAME_SITE_NONE; i < CG_SAME_SITE_COUNT; i++) {
        cg_span name = cg_same_site_name((cg_same_site)i);
        assert_int_equal(name.len, strlen(name.at));
        assert_int_equal(cg_same_site_find(name), i);
    }
    assert_int_equal(cg_attribute_find((cg_span){NULL, 0}), CG_ATTRIBUTE_OTHER);
    assert_int_equal(cg_same_site_find((cg_span){NULL, 0}), CG_SAME_SITE_DEFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_rule),
        cmocka_unit_test(finds_each_control_character_anywhere),
        cmocka_unit_test(a_date_may_wait),
        cmocka_unit_test(counts_name_and_value_to_4096),
        cmocka_unit_test(ignores_attributes_over_1024),
        cmocka_unit_test(a_long_attribute_leaves_the_one_before_it),
        cmocka_unit_test(tells_deletions),
        cmocka_unit_test(steps_through_every_octet),
        cmocka_unit_test(names_are_found_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
