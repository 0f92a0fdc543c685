/* Tokens: one spelling each, and every other text is none. */
#include "unit.h"

#include "session/token.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Octets of all values over the rounds. */
static void fill(cg_token *token, unsigned round)
{
    unsigned char *octets = (unsigned char *)token;
    for (unsigned i = 0; i < sizeof *token; i++) {
        octets[i] = (unsigned char)(round * 7 + i * 31);
    }
}

static bool parse(cg_span text, cg_token *token)
{
    memset(token, 'x', sizeof *token);
    return cg_token_parse(guarded(text), token);
}

/* Refused, and nothing of it is in the token. */
static void assert_none(const char *what, cg_span text)
{
    const cg_token zero = {{0}, {0}};
    cg_token token;
    if (parse(text, &token)) {
        fail_msg("%s is a token", what);
    }
    assert_memory_equal(&token, &zero, sizeof zero);
}

static void known_tokens(void **state)
{
    char text[CG_TOKEN_TEXT_LEN + 1];
    cg_token token;
    (void)state;
    assert_int_equal(CG_TOKEN_TEXT_LEN, 49);
    memset(&token, 0, sizeof token);
    cg_token_print(&token, text);
    assert_string_equal(text, "1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    memset(&token, 0xff, sizeof token);
    cg_token_print(&token, text);
    assert_string_equal(text, "1________________________________________________");
    for (unsigned i = 0; i < sizeof token; i++) {
        ((unsigned char *)&token)[i] = (unsigned char)i;
    }
    cg_token_print(&token, text);
    assert_string_equal(text, "1AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIj");
    assert_int_equal(token.handle[11], 11);
    assert_int_equal(token.secret[0], 12);
}

static void printed_and_parsed_is_the_same(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 256; round++) {
        char text[CG_TOKEN_TEXT_LEN + 1];
        cg_token token, again;
        fill(&token, round);
        cg_token_print(&token, text);
        assert_int_equal(strlen(text), CG_TOKEN_TEXT_LEN);
        assert_true(parse((cg_span){text, CG_TOKEN_TEXT_LEN}, &again));
        assert_memory_equal(&token, &again, sizeof token);
    }
}

static void other_lengths_are_none(void **state)
{
    char text[4096];
    (void)state;
    memset(text, 'A', sizeof text);
    text[0] = CG_TOKEN_FORMAT;
    for (size_t len = 0; len < 200; len++) {
        if (len != CG_TOKEN_TEXT_LEN) {
            assert_none("another length", (cg_span){text, len});
        }
    }
    assert_none("a long text", (cg_span){text, sizeof text});
    assert_none("no text", (cg_span){NULL, 0});
}

static void other_format_letters_are_none(void **state)
{
    char text[CG_TOKEN_TEXT_LEN];
    (void)state;
    memset(text, 'q', sizeof text);
    for (unsigned letter = 0; letter < 256; letter++) {
        text[0] = (char)letter;
        if (letter != CG_TOKEN_FORMAT) {
            assert_none("another letter", (cg_span){text, sizeof text});
        }
    }
}

/* Each octet in each place: in the alphabet it makes another token, and else none. */
static void each_change_of_a_letter_makes_another_token(void **state)
{
    char text[CG_TOKEN_TEXT_LEN + 1], changed[CG_TOKEN_TEXT_LEN], again[CG_TOKEN_TEXT_LEN + 1];
    cg_token token, other;
    (void)state;
    fill(&token, 3);
    cg_token_print(&token, text);
    for (size_t place = 1; place < CG_TOKEN_TEXT_LEN; place++) {
        for (unsigned octet = 0; octet < 256; octet++) {
            memcpy(changed, text, sizeof changed);
            changed[place] = (char)octet;
            if (changed[place] == text[place]) {
                continue;
            }
            if (octet == 0 || strchr(letters, (int)octet) == NULL) {
                assert_none("an octet outside the alphabet", (cg_span){changed, sizeof changed});
                continue;
            }
            assert_true(parse((cg_span){changed, sizeof changed}, &other));
            assert_memory_not_equal(&other, &token, sizeof token);
            cg_token_print(&other, again);
            assert_memory_equal(again, changed, sizeof changed);
        }
    }
}

static void wrong_in_several_places_is_none(void **state)
{
    static const char *const texts[] = {
        "1AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISI=", /* padding */
        "1AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIS==",
        "1AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISI+",
        "1AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISI/",
        " AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIj",
        "2AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIj", /* kept for another kind */
        "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISI\"",
        "1%41ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISI",
        "\xb1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1"
        "\xc1"
        "\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1"
        "\xc1"
        "\xc1\xc1\xc1", /* letters with their highest bit set */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_int_equal(strlen(texts[i]), CG_TOKEN_TEXT_LEN);
        assert_none(texts[i], cg_span_of(texts[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_tokens),
        cmocka_unit_test(printed_and_parsed_is_the_same),
        cmocka_unit_test(other_lengths_are_none),
        cmocka_unit_test(other_format_letters_are_none),
        cmocka_unit_test(each_change_of_a_letter_makes_another_token),
        cmocka_unit_test(wrong_in_several_places_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
