/* A keyed hash of numbers and texts, for tables: one multiplication for eight octets.
 *
 * Each word is mixed in and multiplied by the key, and the two halves of the product are folded
 * onto each other; where inputs meet depends on the key alone, so that nobody can choose names that
 * do. It is no signature: hashes must not be shown to anybody.
 *
 * Inputs that have the same words are the same. A text gives its octets and not its length, so
 * whoever hashes texts hashes their lengths as numbers too. Inline, because each cookie's sighting
 * is hashed. */
#ifndef CG_KEYED_HASH_H
#define CG_KEYED_HASH_H

#include <stdint.h>

#include "../cookie/span.h"

enum { CG_HASH_KEY_SIZE = 16 };

typedef struct cg_keyed_hash {
    uint64_t state;
    uint64_t factor; /* odd */
} cg_keyed_hash;

/* The product by its halves, where there is no type for it. */
static inline uint64_t cg_fold_product_by_halves(uint64_t a, uint64_t b)
{
    uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
    uint64_t one = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
    uint64_t other = (a & UINT32_MAX) * (b >> 32) + (one & UINT32_MAX);
    uint64_t high = (a >> 32) * (b >> 32) + (one >> 32) + (other >> 32);
    return high ^ (other << 32 | (low & UINT32_MAX));
}

/* The upper half of the product of 128 bits, xor the lower one. */
static inline uint64_t cg_fold_product(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 uint128;
    uint128 product = (uint128)a * b;
    return (uint64_t)(product >> 64) ^ (uint64_t)product;
#else
    return cg_fold_product_by_halves(a, b);
#endif
}

/* Eight octets, in this machine's order: a hash is of no use to another one. */
static inline uint64_t cg_hash_read(const void *octets)
{
    uint64_t word;
    memcpy(&word, octets, sizeof word);
    return word;
}

/* One to seven octets. Two texts of one length that differ give different words. */
static inline uint64_t cg_hash_read_short(cg_span text)
{
    uint32_t first, last;
    if (text.len >= sizeof first) {
        memcpy(&first, text.at, sizeof first);
        memcpy(&last, text.at + text.len - sizeof last, sizeof last);
        return (uint64_t)last << 32 | first;
    }
    return (uint64_t)(unsigned char)text.at[0] << 16 |
           (uint64_t)(unsigned char)text.at[text.len / 2] << 8 |
           (uint64_t)(unsigned char)text.at[text.len - 1];
}

/* The constants (of pi) see to it that no key is a bad one. */
static inline cg_keyed_hash cg_hash_begin(const unsigned char key[CG_HASH_KEY_SIZE])
{
    return (cg_keyed_hash){.state = cg_hash_read(key) ^ UINT64_C(0x243F6A8885A308D3),
                           .factor = (cg_hash_read(key + 8) ^ UINT64_C(0x13198A2E03707344)) | 1};
}

static inline void cg_hash_word(cg_keyed_hash *hash, uint64_t word)
{
    hash->state = cg_fold_product(hash->state ^ word, hash->factor);
}

/* The octets of a text; the last word reaches back if the text does not come out even. */
static inline void cg_hash_text(cg_keyed_hash *hash, cg_span text)
{
    if (text.len < 8) {
        if (text.len) {
            cg_hash_word(hash, cg_hash_read_short(text));
        }
        return;
    }
    for (size_t at = 0; at + 8 < text.len; at += 8) {
        cg_hash_word(hash, cg_hash_read(text.at + at));
    }
    cg_hash_word(hash, cg_hash_read(text.at + text.len - 8));
}

/* The hash of all that was put in. */
static inline uint64_t cg_hash_end(const cg_keyed_hash *hash)
{
    return cg_fold_product(hash->state ^ UINT64_C(0xA4093822299F31D0), hash->factor);
}

#endif
