/* Base64: the letters of a group at a time, in the octets of one word; ranges of letters are masks. */
#include "base64.h"

#define EACH UINT64_C(0x0101010101010101) /* times an octet: that octet eight times */
#define HIGH_BITS (EACH * 0x80)

/* The letters for 62 and 63; all others are those of every alphabet. */
static const unsigned char last_letters[][2] = {
    [CG_BASE64] = {'+', '/'},
    [CG_BASE64_URL] = {'-', '_'},
};

/* Octets from `first` to `last` become those from `to` on, all others zero; *found gets all bits of
 * the ones that did. For octets below 0x80; no octet carries into its neighbour. */
static inline uint64_t take_range(uint64_t word, unsigned first, unsigned last, unsigned to,
                                  uint64_t *found)
{
    uint64_t not_below = word + EACH * (0x80 - first);
    uint64_t above = word + EACH * (0x7f - last);
    uint64_t mask = ((not_below & ~above & HIGH_BITS) >> 7) * 0xff;

    *found |= mask;
    if (first > to) {
        return (word & mask) - (EACH * (first - to) & mask);
    }
    return (word & mask) + (EACH * (to - first) & mask);
}

/* The values of eight letters; bits are set in *wrong if one is none. */
static uint64_t values_of(const unsigned char last[2], uint64_t letters, uint64_t *wrong)
{
    uint64_t plain = letters & ~HIGH_BITS, found = 0;
    uint64_t values = take_range(plain, 'A', 'Z', 0, &found) |
                      take_range(plain, 'a', 'z', 26, &found) |
                      take_range(plain, '0', '9', 52, &found) |
                      take_range(plain, last[0], last[0], 62, &found) |
                      take_range(plain, last[1], last[1], 63, &found);

    *wrong |= ~found | (letters & HIGH_BITS);
    return values;
}

static uint64_t letters_of(const unsigned char last[2], uint64_t values)
{
    uint64_t found = 0;
    return take_range(values, 0, 25, 'A', &found) | take_range(values, 26, 51, 'a', &found) |
           take_range(values, 52, 61, '0', &found) | take_range(values, 62, 62, last[0], &found) |
           take_range(values, 63, 63, last[1], &found);
}

/* The first octet is the highest. */
static uint64_t load_eight(const unsigned char *at)
{
    return (uint64_t)at[0] << 56 | (uint64_t)at[1] << 48 | (uint64_t)at[2] << 40 |
           (uint64_t)at[3] << 32 | (uint64_t)at[4] << 24 | (uint64_t)at[5] << 16 |
           (uint64_t)at[6] << 8 | at[7];
}

static uint64_t load_six(const unsigned char *at)
{
    return (uint64_t)at[0] << 40 | (uint64_t)at[1] << 32 | (uint64_t)at[2] << 24 |
           (uint64_t)at[3] << 16 | (uint64_t)at[4] << 8 | at[5];
}

static void store_eight(uint64_t word, unsigned char *at)
{
    for (unsigned i = 0; i < 8; i++) {
        at[i] = (unsigned char)(word >> (56 - 8 * i) & 0xff);
    }
}

static void store_six(uint64_t word, unsigned char *at)
{
    at[0] = (unsigned char)(word >> 40 & 0xff);
    at[1] = (unsigned char)(word >> 32 & 0xff);
    at[2] = (unsigned char)(word >> 24 & 0xff);
    at[3] = (unsigned char)(word >> 16 & 0xff);
    at[4] = (unsigned char)(word >> 8 & 0xff);
    at[5] = (unsigned char)(word & 0xff);
}

/* Eight times six bits, in octets of their own, moved together: pairs, pairs of pairs, all. */
static uint64_t pack(uint64_t values)
{
    values = (values & UINT64_C(0x003f003f003f003f)) | (values & UINT64_C(0x3f003f003f003f00)) >> 2;
    values = (values & UINT64_C(0x00000fff00000fff)) | (values & UINT64_C(0x0fff00000fff0000)) >> 4;
    return (values & UINT64_C(0xffffff)) | (values & UINT64_C(0x00ffffff00000000)) >> 8;
}

static uint64_t unpack(uint64_t bits)
{
    bits = (bits & UINT64_C(0xffffff)) | (bits & UINT64_C(0xffffff000000)) << 8;
    bits = (bits & UINT64_C(0x00000fff00000fff)) | (bits & UINT64_C(0x00fff00000fff000)) << 4;
    return (bits & UINT64_C(0x003f003f003f003f)) | (bits & UINT64_C(0x0fc00fc00fc00fc0)) << 2;
}

bool cg_base64_read(cg_base64_alphabet alphabet, const char *text, size_t groups,
                    unsigned char *octets)
{
    const unsigned char *at = (const unsigned char *)text;
    uint64_t wrong = 0;

    for (size_t i = 0; i < groups; i++) {
        uint64_t word = load_eight(at + i * CG_BASE64_LETTERS);
        uint64_t values = values_of(last_letters[alphabet], word, &wrong);
        store_six(pack(values), octets + i * CG_BASE64_OCTETS);
    }
    if (wrong) {
        memset(octets, 0, groups * CG_BASE64_OCTETS);
    }
    return wrong == 0;
}

void cg_base64_print(cg_base64_alphabet alphabet, const unsigned char *octets, size_t groups,
                     char *text)
{
    unsigned char *at = (unsigned char *)text;

    for (size_t i = 0; i < groups; i++) {
        uint64_t values = unpack(load_six(octets + i * CG_BASE64_OCTETS));
        store_eight(letters_of(last_letters[alphabet], values), at + i * CG_BASE64_LETTERS);
    }
}
