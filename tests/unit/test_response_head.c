/* Reading the text of response heads: where they begin and end, and what fields they have. */
#include "unit.h"

#include "cookie/response_head.h"

static void recognizes_a_head_by_its_first_octets(void **state)
{
    static const struct {
        const char *text;
        cg_head_sign sign;
    } cases[] = {
        {"HTTP/1.1 200 OK", CG_HEAD_BEGINS},
        {"HTTP", CG_HEAD_BEGINS},
        {"http/1.0 200", CG_HEAD_BEGINS},
        {"\r\n\r\nHTTP/1.0", CG_HEAD_BEGINS},
        {"\n\n\nHtTp/", CG_HEAD_BEGINS},
        {"", CG_HEAD_PERHAPS},
        {"\r\n", CG_HEAD_PERHAPS},
        {"\r\n\r\n", CG_HEAD_PERHAPS},
        {"H", CG_HEAD_PERHAPS},
        {"\nhtt", CG_HEAD_PERHAPS},
        {"\n\n\n\n\nHTTP/1.1", CG_HEAD_NEVER},
        {"HTML", CG_HEAD_NEVER},
        {" HTTP/1.1", CG_HEAD_NEVER},
        {"Content-Type: text/plain\n\n", CG_HEAD_NEVER},
        {"\x16\x03\x01", CG_HEAD_NEVER},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cg_head_recognize(guarded(cg_span_of(cases[i].text))) != cases[i].sign) {
            fail_msg("'%s'", cases[i].text);
        }
    }
    assert_int_equal(cg_head_recognize((cg_span){NULL, 0}), CG_HEAD_PERHAPS);
}

/* "|" marks where the head ends. */
static const char *const ends[] = {
    "HTTP/1.1 100 Continue\r\n\r\n|",
    "HTTP/1.1 200 OK\r\nA: b\r\n\r\n|body\r\n\r\n",
    "HTTP/1.1 200 OK\nA: b\n\n|\n\n",
    "HTTP/1.1 200 OK\r\nA: b\n\r\n|",
    "HTTP/1.1 200 OK\nA: b\r\n\n|x",
    "\r\n\nHTTP/1.1 200 OK\r\n\r\n|HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\r\n \r\n\r\n|",
    "HTTP/1.1 200 OK\r\r\n\r\n|",
};

static void finds_the_end_whatever_the_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        const char *mark = strchr(ends[i], '|');
        size_t len = (size_t)(mark - ends[i]);
        char text[128];
        snprintf(text, sizeof text, "%.*s%s", (int)len, ends[i], mark + 1);
        for (size_t seen = 0; seen < len; seen++) {
            cg_span cut = guarded((cg_span){text, seen});
            if (cg_head_length(cut, CG_HEAD_START, 0) != 0) {
                fail_msg("'%s' ends at %zu already", ends[i], seen);
            }
            if (cg_head_length(guarded(cg_span_of(text)), CG_HEAD_START, seen) != len) {
                fail_msg("'%s' continued at %zu", ends[i], seen);
            }
        }
    }
    assert_int_equal(cg_head_length((cg_span){NULL, 0}, CG_HEAD_START, 0), 0);
}

/* A long head is looked at in parts. */
static void finds_the_end_from_anywhere(void **state)
{
    static const struct {
        cg_head_place place;
        const char *text;
        size_t len;
    } cases[] = {
        {CG_HEAD_FIELD, "\r\n", 2},
        {CG_HEAD_FIELD, "\n", 1},
        {CG_HEAD_FIELD, "\r\nA: b\r\n\r\n", 2},
        {CG_HEAD_FIELD, "A: b\r\n\r\nx", 8},
        {CG_HEAD_FIELD, "A: b\n\nx", 6},
        {CG_HEAD_FIELD, " b\r\n\r\n", 6},
        {CG_HEAD_FIELD, "A: b\r\n", 0},
        {CG_HEAD_FIELD, "\r", 0},
        {CG_HEAD_FIELD, "", 0},
        {CG_HEAD_MIDDLE, "\r\n", 0},
        {CG_HEAD_MIDDLE, "\n\n", 2},
        {CG_HEAD_MIDDLE, "\r\n\r\n", 4},
        {CG_HEAD_MIDDLE, "\r\r\n\r\n", 5},
        {CG_HEAD_MIDDLE, "b\r\nC: d\r\n\r\nx", 11},
        {CG_HEAD_MIDDLE, "\r\nC: d\r\n", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_span text = guarded(cg_span_of(cases[i].text));
        for (size_t seen = 0; seen <= text.len; seen++) {
            if (cg_head_length(cg_span_part(text, 0, seen), cases[i].place, 0) == 0 &&
                cg_head_length(text, cases[i].place, seen) != cases[i].len) {
                fail_msg("'%s' continued at %zu", cases[i].text, seen);
            }
        }
    }
}

static void reads_the_status(void **state)
{
    static const struct {
        const char *text;
        unsigned status;
        const char *words;
    } cases[] = {
        {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 103, "103 Early Hints"},
        {"HTTP/1.0 200\n\n", 200, "200"},
        {"HTTP/1.1   404   Not  Found \r\n\r\n", 404, "404   Not  Found"},
        {"http/2 999 x", 999, "999 x"},
        {"\r\nHTTP/1.1 101 Switching\r\n\r\n", 101, "101 Switching"},
        {"HTTP/1.1 20", 0, ""},
        {"HTTP/1.1 2000 OK\r\n", 0, ""},
        {"HTTP/1.1 099 OK\r\n", 0, ""},
        {"HTTP/1.1 OK\r\n", 0, ""},
        {"HTTP/1.1", 0, ""},
        {"HTTP", 0, ""},
        {"", 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_response_head head;
        cg_response_head_parse(guarded(cg_span_of(cases[i].text)), &head);
        assert_text(cases[i].text, head.status_text, cg_span_of(cases[i].words));
        assert_int_equal(head.status, cases[i].status);
    }
}

/* Fields as "name=value" one after the other, with the line ends of folded ones as blanks. */
static void describe_fields(cg_span fields, char *out, size_t room)
{
    cg_head_field field;
    size_t len = 0;

    out[0] = '\0';
    while (cg_head_field_next(&fields, &field)) {
        char text[256];
        cg_head_field_unfold(&field, text);
        len += (size_t)snprintf(out + len, room - len, "[%.*s=%s%s]", (int)field.name.len,
                                field.name.at ? field.name.at : "", text,
                                field.is_folded ? "+" : "");
    }
}

static void reads_the_fields(void **state)
{
    static const struct {
        const char *fields;
        const char *reading;
    } cases[] = {
        {"A: b\r\nC:d\r\n\r\n", "[A=b][C=d][=]"},
        {"A: b\nC: d\n\n", "[A=b][C=d][=]"},
        {"A:   b c \t \r\n\r\n", "[A=b c][=]"},
        {"A \t: b\r\n\r\n", "[A=b][=]"},
        {"A:\r\n\r\n", "[A=][=]"},
        {": b\r\n\r\n", "[=b][=]"},
        {"no colon\r\nA: b\r\n\r\n", "[=][A=b][=]"},
        /* folded lines */
        {"A: b;\r\n Secure\r\nC: d\r\n\r\n", "[A=b;   Secure+][C=d][=]"},
        {"A: b;\n\tSecure\n\n", "[A=b; \tSecure+][=]"},
        {"A:\r\n b\r\n\r\n", "[A=b+][=]"},
        {"A: b\r\n \r\n\r\n", "[A=b+][=]"},
        {"A: b\r\n c: d\r\n\r\n", "[A=b   c: d+][=]"},
        {"no colon\r\n A: b\r\n\r\n", "[=+][=]"},
        /* a lone CR ends a line for some clients */
        {"A: b\rC: d\r\n\r\n", "[A=b][C=d][=]"},
        {"A: b\r\r\nC: d\r\n\r\n", "[A=b][=][C=d][=]"},
        {"A: b\r c\r\n\r\n", "[A=b  c+][=]"},
        /* cut off */
        {"A: b", "[A=b]"},
        {"A", "[=]"},
        {"A: b\r", "[A=b]"},
        {"A: b\r\n", "[A=b]"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char reading[256];
        describe_fields(guarded(cg_span_of(cases[i].fields)), reading, sizeof reading);
        assert_text(cases[i].fields, cg_span_of(reading), cg_span_of(cases[i].reading));
    }
}

/* Every text of these, cut off at every place: the parts are the whole, and nothing is read
 * behind it. */
static void parts_are_the_whole_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        for (size_t len = 0; len <= strlen(ends[i]); len++) {
            cg_span text = guarded((cg_span){ends[i], len});
            cg_response_head head;
            cg_head_field field;
            cg_span rest;
            size_t sum;
            cg_response_head_parse(text, &head);
            sum = head.status_line.len;
            for (rest = head.fields; cg_head_field_next(&rest, &field);) {
                assert_ptr_equal(field.raw.at, text.at + sum);
                sum += field.raw.len;
            }
            assert_int_equal(sum, len);
        }
    }
}

static void knows_set_cookie_in_any_case(void **state)
{
    static const struct {
        const char *text;
        bool is;
    } cases[] = {
        {"Set-Cookie: a=b", true},   {"set-cookie:a=b", true},  {"SET-COOKIE : a=b", true},
        {"Set-Cookie2: a=b", false}, {"Set-Cookie a=b", false}, {" Set-Cookie: a=b", true},
        {"X: a\r\n b", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_span rest = guarded(cg_span_of(cases[i].text));
        cg_head_field field;
        assert_true(cg_head_field_next(&rest, &field));
        if (cg_head_field_is_set_cookie(&field) != cases[i].is) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void a_nul_does_not_end_the_text(void **state)
{
    static const char line[] = "Set-Cookie: a=b\0; Secure\r\n";
    cg_span rest = guarded((cg_span){line, sizeof line - 1});
    cg_head_field field;
    char text[64];

    (void)state;
    assert_true(cg_head_field_next(&rest, &field));
    cg_head_field_unfold(&field, text);
    assert_string_equal(text, "a=b\001; Secure");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recognizes_a_head_by_its_first_octets),
        cmocka_unit_test(finds_the_end_whatever_the_pieces),
        cmocka_unit_test(finds_the_end_from_anywhere),
        cmocka_unit_test(reads_the_status),
        cmocka_unit_test(reads_the_fields),
        cmocka_unit_test(parts_are_the_whole_text),
        cmocka_unit_test(knows_set_cookie_in_any_case),
        cmocka_unit_test(a_nul_does_not_end_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
