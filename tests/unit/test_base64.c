/* Base64: published texts, every octet in every place, and nothing left of what is none. */
#include "unit.h"

#include "session/base64.h"

enum { GROUPS = 3, LETTERS = GROUPS * CG_BASE64_LETTERS, OCTETS = GROUPS * CG_BASE64_OCTETS };

static const char *const all_letters[] = {
    [CG_BASE64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    [CG_BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

static void published_texts(void **state)
{
    static const struct {
        cg_base64_alphabet alphabet;
        const char *letters, *octets;
    } cases[] = {
        {CG_BASE64, "Zm9vYmFy", "foobar"}, /* RFC 4648, section 10 */
        {CG_BASE64_URL, "Zm9vYmFy", "foobar"},
        {CG_BASE64, "FPucA9l+", "\x14\xfb\x9c\x03\xd9\x7e"}, /* RFC 4648, section 9 */
        {CG_BASE64_URL, "FPucA9l-", "\x14\xfb\x9c\x03\xd9\x7e"},
        {CG_BASE64, "////////", "\xff\xff\xff\xff\xff\xff"},
        {CG_BASE64_URL, "________", "\xff\xff\xff\xff\xff\xff"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char octets[CG_BASE64_OCTETS];
        char letters[CG_BASE64_LETTERS];
        assert_true(cg_base64_read(cases[i].alphabet, cases[i].letters, 1, octets));
        assert_memory_equal(octets, cases[i].octets, sizeof octets);
        cg_base64_print(cases[i].alphabet, octets, 1, letters);
        assert_memory_equal(letters, cases[i].letters, sizeof letters);
    }
}

/* The six bits of letter `at`. */
static unsigned value_at(const unsigned char *octets, size_t at)
{
    unsigned value = 0;
    for (size_t bit = 6 * at; bit < 6 * at + 6; bit++) {
        value = value << 1 | ((unsigned)octets[bit / 8] >> (7 - bit % 8) & 1);
    }
    return value;
}

/* Each octet in each place: a letter gives its six bits there and zeros elsewhere, all others nothing. */
static void every_octet_in_every_place(void **state)
{
    unsigned char octets[OCTETS], none[OCTETS] = {0};
    char letters[LETTERS], again[LETTERS];
    (void)state;
    for (size_t alphabet = 0; alphabet < COUNT(all_letters); alphabet++) {
        for (size_t place = 0; place < LETTERS; place++) {
            for (unsigned octet = 0; octet < 256; octet++) {
                const char *letter = octet ? strchr(all_letters[alphabet], (int)octet) : NULL;
                memset(letters, 'A', sizeof letters);
                letters[place] = (char)octet;
                memset(octets, 'x', sizeof octets);
                assert_int_equal(
                    cg_base64_read((cg_base64_alphabet)alphabet, letters, GROUPS, octets),
                    letter != NULL);
                if (letter == NULL) {
                    assert_memory_equal(octets, none, sizeof none);
                    continue;
                }
                for (size_t at = 0; at < LETTERS; at++) {
                    assert_int_equal(value_at(octets, at),
                                     at == place ? letter - all_letters[alphabet] : 0);
                }
                cg_base64_print((cg_base64_alphabet)alphabet, octets, GROUPS, again);
                assert_memory_equal(again, letters, sizeof letters);
            }
        }
    }
}

/* One wrong letter takes the octets of all groups with it, and no place is read beyond the end. */
static void nothing_is_left_of_what_is_none(void **state)
{
    unsigned char octets[OCTETS], none[OCTETS] = {0};
    (void)state;
    for (size_t place = 0; place < LETTERS; place++) {
        char letters[LETTERS];
        memset(letters, 'z', sizeof letters);
        letters[place] = '=';
        memset(octets, 'x', sizeof octets);
        assert_false(
            cg_base64_read(CG_BASE64, guarded((cg_span){letters, LETTERS}).at, GROUPS, octets));
        assert_memory_equal(octets, none, sizeof none);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_texts),
        cmocka_unit_test(every_octet_in_every_place),
        cmocka_unit_test(nothing_is_left_of_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
