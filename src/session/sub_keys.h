/* What children get of the ring: for each key, HMAC-SHA-256(key, "mod_cookieguard/1/" + purpose).
 *
 * The ring itself and the sub-key "snapshot" stay with the parent. */
#ifndef CG_SUB_KEYS_H
#define CG_SUB_KEYS_H

#include "key_ring.h"

typedef enum cg_purpose {
    CG_PURPOSE_RECORD = 0, /* keys of records */
    CG_PURPOSE_SEAL,       /* values sealed in cookies */
    CG_PURPOSE_SUBJECT,    /* hashes of users */
    CG_PURPOSE_AUDIT,      /* tags of sessions */
    CG_PURPOSE_PLACE,      /* where a handle stands in the table */
    CG_PURPOSE_ADMIN,
    CG_PURPOSE_BOUND, /* device-bound sessions */
    CG_PURPOSE_CHILD_COUNT,
    CG_PURPOSE_SNAPSHOT = CG_PURPOSE_CHILD_COUNT /* the parent's */
} cg_purpose;

bool cg_sub_key_derive(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], cg_purpose purpose,
                       unsigned char out[CG_KEY_SIZE]);

typedef struct cg_sub_keys_of_one {
    unsigned char id[CG_KEY_ID_SIZE];
    cg_key_state state;
    int64_t retired; /* seconds since 1970; 0: it is not */
    unsigned char keys[CG_PURPOSE_CHILD_COUNT][CG_KEY_SIZE];
} cg_sub_keys_of_one;

/* Plain memory, to be made in pages of key_memory.h. Never changed after it is made. */
typedef struct cg_sub_keys {
    unsigned count;
    unsigned active; /* index */
    cg_sub_keys_of_one of[CG_RING_KEYS_MAX];
} cg_sub_keys;

bool cg_sub_keys_make(cg_crypto *crypto, const cg_key_ring *ring, cg_sub_keys *sub_keys);

/* Null: unknown. */
const cg_sub_keys_of_one *cg_sub_keys_find(const cg_sub_keys *sub_keys,
                                           const unsigned char id[CG_KEY_ID_SIZE]);

#endif
