/* A key ring and sealed records for tests. */
#ifndef CG_TEST_SEALED_H
#define CG_TEST_SEALED_H

#include <stdlib.h>

#include "session/record.h"

/* What the key of each row of the ring may do. */
enum { SEALED_ACTIVE = 0, SEALED_NEXT, SEALED_OLD, SEALED_REVOKED, SEALED_KEYS };

#define SEALED_RETIRED INT64_C(1700000000) /* when the old and the revoked one were retired */
#define SEALED_LAST (SEALED_RETIRED + CG_RETIREMENT_SECONDS) /* what may say it was created then */

static cg_crypto *sealed_crypto_made;

/* A leak checker does not look into the pages for keys. */
static inline void sealed_free_crypto(void)
{
    cg_crypto_free(sealed_crypto_made);
}

static inline cg_crypto *sealed_crypto(void)
{
    if (sealed_crypto_made == NULL) {
        sealed_crypto_made = cg_crypto_make();
        if (sealed_crypto_made == NULL || atexit(sealed_free_crypto) != 0) {
            abort();
        }
    }
    return sealed_crypto_made;
}

/* Octets that say where they came from. */
static inline void sealed_fill(void *memory, size_t len, unsigned char first)
{
    for (size_t i = 0; i < len; i++) {
        ((unsigned char *)memory)[i] = (unsigned char)(first + i);
    }
}

static inline const cg_sub_keys *sealed_sub_keys(void)
{
    static const cg_key_state states[SEALED_KEYS] = {CG_KEY_ACTIVE, CG_KEY_NEXT, CG_KEY_OLD,
                                                     CG_KEY_REVOKED};
    static cg_sub_keys sub_keys;
    cg_key_ring ring = {.count = SEALED_KEYS};

    if (sub_keys.count) {
        return &sub_keys;
    }
    for (unsigned i = 0; i < SEALED_KEYS; i++) {
        cg_ring_key *key = &ring.keys[i];
        sealed_fill(key->id, sizeof key->id, (unsigned char)(0x10 * (i + 1)));
        sealed_fill(key->key, sizeof key->key, (unsigned char)(0x20 * (i + 1)));
        key->state = states[i];
        key->retired = i >= SEALED_OLD ? SEALED_RETIRED : 0;
    }
    if (!cg_sub_keys_make(sealed_crypto(), &ring, &sub_keys)) {
        abort();
    }
    return &sub_keys;
}

static inline cg_realm sealed_realm(unsigned char first)
{
    cg_realm realm;
    sealed_fill(realm.octets, sizeof realm.octets, first);
    return realm;
}

static inline cg_token sealed_token(unsigned char first)
{
    cg_token token;
    sealed_fill(token.handle, sizeof token.handle, first);
    sealed_fill(token.secret, sizeof token.secret, (unsigned char)(first + 0x40));
    return token;
}

/* A header with something in every field, for a record of the active key. */
static inline cg_record_header sealed_header(const cg_token *token)
{
    cg_record_header header = {.kind = CG_RECORD_SESSION,
                               .state = CG_RECORD_LIVE,
                               .is_authenticated = 1,
                               .created = (uint32_t)SEALED_RETIRED,
                               .expires = (uint32_t)SEALED_RETIRED + 8 * 3600,
                               .version = 7,
                               .epoch = 3};
    memcpy(header.key_id, sealed_sub_keys()->of[SEALED_ACTIVE].id, sizeof header.key_id);
    memcpy(header.handle, token->handle, sizeof header.handle);
    sealed_fill(header.number, sizeof header.number, 0x71);
    sealed_fill(header.subject, sizeof header.subject, 0x91);
    return header;
}

/* The record key of a token, under the active key of the ring. */
static inline void sealed_key(const cg_realm *realm, const cg_token *token,
                              unsigned char key[CG_KEY_SIZE])
{
    const cg_sub_keys_of_one *active = &sealed_sub_keys()->of[SEALED_ACTIVE];
    if (!cg_record_make_key(sealed_crypto(), active->keys[CG_PURPOSE_RECORD], CG_RECORD_SESSION,
                            realm, token, key)) {
        abort();
    }
}

#endif
