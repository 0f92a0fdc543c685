/* Base64: ranges of letters are masks. */
#include "base64.h"

enum { QUAD = 4, TRIPLE = 3, LETTER_BITS = 6, RANGES = 5 };

/* Letters in a row, and the value of the first. */
typedef struct cg_letters {
    unsigned first, last, value;
} cg_letters;

static const cg_letters alphabets[][RANGES] = {
    [CG_BASE64] = {{'A', 'Z', 0}, {'a', 'z', 26}, {'0', '9', 52}, {'+', '+', 62}, {'/', '/', 63}},
    [CG_BASE64_URL] =
        {{'A', 'Z', 0}, {'a', 'z', 26}, {'0', '9', 52}, {'-', '-', 62}, {'_', '_', 63}},
};

/* All ones if first <= x <= last, else 0; for numbers below 2^31. */
static unsigned mask_of_range(unsigned x, unsigned first, unsigned last)
{
    return 0u - (((first - 1u - x) & (x - last - 1u)) >> 31);
}

/* The bits of a letter; all of *wrong is set if it is none. */
static unsigned value_of(const cg_letters *letters, char c, unsigned *wrong)
{
    unsigned letter = (unsigned char)c, found = 0, value = 0;
    for (int i = 0; i < RANGES; i++) {
        unsigned mask = mask_of_range(letter, letters[i].first, letters[i].last);
        value |= mask & (letter - letters[i].first + letters[i].value);
        found |= mask;
    }
    *wrong |= ~found;
    return value;
}

static char letter_of(const cg_letters *letters, unsigned value)
{
    unsigned letter = 0;
    for (int i = 0; i < RANGES; i++) {
        unsigned last = letters[i].value + letters[i].last - letters[i].first;
        letter |= mask_of_range(value, letters[i].value, last) &
                  (value - letters[i].value + letters[i].first);
    }
    return (char)letter;
}

bool cg_base64_read(cg_base64_alphabet alphabet, const char *text, size_t quads,
                    unsigned char *octets)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < quads; i++) {
        unsigned bits = 0;
        for (size_t j = 0; j < QUAD; j++) {
            bits = bits << LETTER_BITS | value_of(alphabets[alphabet], text[i * QUAD + j], &wrong);
        }
        octets[i * TRIPLE] = (unsigned char)(bits >> 16 & 0xff);
        octets[i * TRIPLE + 1] = (unsigned char)(bits >> 8 & 0xff);
        octets[i * TRIPLE + 2] = (unsigned char)(bits & 0xff);
    }
    for (size_t i = 0; i < quads * TRIPLE; i++) {
        octets[i] &= (unsigned char)(~wrong & 0xff);
    }
    return wrong == 0;
}

void cg_base64_print(cg_base64_alphabet alphabet, const unsigned char *octets, size_t triples,
                     char *text)
{
    for (size_t i = 0; i < triples; i++) {
        const unsigned char *at = octets + i * TRIPLE;
        unsigned bits = (unsigned)at[0] << 16 | (unsigned)at[1] << 8 | at[2];
        for (unsigned j = 0; j < QUAD; j++) {
            unsigned shift = (QUAD - 1 - j) * LETTER_BITS;
            text[i * QUAD + j] = letter_of(alphabets[alphabet], bits >> shift & 0x3f);
        }
    }
}
