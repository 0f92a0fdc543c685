/* The token: base64url in the same steps for every text.
 *
 * No table is indexed by a secret and no branch is taken on one: ranges of the alphabet are masks. */
#include "token.h"

#include "crypto.h"

enum { QUAD = 4, TRIPLE = 3 };

/* The alphabet of RFC 4648 section 5: ranges of letters and the value of the first of each. */
typedef struct cg_letters {
    unsigned first, last, value;
} cg_letters;

static const cg_letters alphabet[] = {
    {'A', 'Z', 0}, {'a', 'z', 26}, {'0', '9', 52}, {'-', '-', 62}, {'_', '_', 63},
};

/* All ones if first <= x <= last, else 0; for numbers below 2^31. */
static unsigned mask_of_range(unsigned x, unsigned first, unsigned last)
{
    return 0u - (((first - 1u - x) & (x - last - 1u)) >> 31);
}

/* The six bits of a letter; *wrong becomes all ones if it is none. */
static unsigned value_of_letter(char c, unsigned *wrong)
{
    unsigned letter = (unsigned char)c, found = 0, value = 0;
    for (size_t i = 0; i < sizeof alphabet / sizeof alphabet[0]; i++) {
        unsigned mask = mask_of_range(letter, alphabet[i].first, alphabet[i].last);
        value |= mask & (letter - alphabet[i].first + alphabet[i].value);
        found |= mask;
    }
    *wrong |= ~found;
    return value;
}

static char letter_of_value(unsigned value)
{
    unsigned letter = 0;
    for (size_t i = 0; i < sizeof alphabet / sizeof alphabet[0]; i++) {
        const cg_letters *range = &alphabet[i];
        unsigned count = range->last - range->first;
        letter |= mask_of_range(value, range->value, range->value + count) &
                  (value - range->value + range->first);
    }
    return (char)letter;
}

static void decode_quad(const char *text, unsigned char *out, unsigned *wrong)
{
    unsigned bits = 0;
    for (int i = 0; i < QUAD; i++) {
        bits = bits << 6 | value_of_letter(text[i], wrong);
    }
    out[0] = (unsigned char)(bits >> 16);
    out[1] = (unsigned char)(bits >> 8 & 0xff);
    out[2] = (unsigned char)(bits & 0xff);
}

static void encode_triple(const unsigned char *octets, char *out)
{
    unsigned bits = (unsigned)octets[0] << 16 | (unsigned)octets[1] << 8 | octets[2];
    for (int i = 0; i < QUAD; i++) {
        out[i] = letter_of_value(bits >> (18 - 6 * i) & 0x3f);
    }
}

bool cg_token_parse(cg_span text, cg_token *token)
{
    unsigned char octets[sizeof *token], keep;
    unsigned char *out = (unsigned char *)token;
    unsigned wrong;

    memset(token, 0, sizeof *token);
    if (text.len != CG_TOKEN_TEXT_LEN) {
        return false;
    }
    wrong = ~mask_of_range((unsigned char)text.at[0], CG_TOKEN_FORMAT, CG_TOKEN_FORMAT);
    for (size_t i = 0; i < sizeof octets / TRIPLE; i++) {
        decode_quad(text.at + 1 + i * QUAD, octets + i * TRIPLE, &wrong);
    }
    keep = (unsigned char)~wrong;
    for (size_t i = 0; i < sizeof octets; i++) {
        out[i] = octets[i] & keep;
    }
    cg_wipe(octets, sizeof octets);
    return wrong == 0;
}

void cg_token_print(const cg_token *token, char text[CG_TOKEN_TEXT_LEN + 1])
{
    const unsigned char *octets = (const unsigned char *)token;

    text[0] = CG_TOKEN_FORMAT;
    for (size_t i = 0; i < sizeof *token / TRIPLE; i++) {
        encode_triple(octets + i * TRIPLE, text + 1 + i * QUAD);
    }
    text[CG_TOKEN_TEXT_LEN] = '\0';
}
