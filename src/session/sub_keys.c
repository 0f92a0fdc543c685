/* Sub-keys: one for each purpose. */
#include "sub_keys.h"

#define PREFIX "mod_cookieguard/1/"

/* What is hashed under a ring key, to the octet: who changes one loses all that it sealed. */
static const char *const texts[] = {
    [CG_PURPOSE_RECORD] = PREFIX "record",   [CG_PURPOSE_SEAL] = PREFIX "seal",
    [CG_PURPOSE_SUBJECT] = PREFIX "subject", [CG_PURPOSE_AUDIT] = PREFIX "audit",
    [CG_PURPOSE_PLACE] = PREFIX "place",     [CG_PURPOSE_ADMIN] = PREFIX "admin",
    [CG_PURPOSE_BOUND] = PREFIX "bound",     [CG_PURPOSE_SNAPSHOT] = PREFIX "snapshot",
};

bool cg_sub_key_derive(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], cg_purpose purpose,
                       unsigned char out[CG_KEY_SIZE])
{
    return cg_hmac_once(crypto, key, texts[purpose], strlen(texts[purpose]), out);
}

/* A revoked key has none: it is known by its id and opens nothing. */
static bool derive_all(cg_crypto *crypto, const cg_ring_key *key, cg_sub_keys_of_one *one)
{
    memcpy(one->id, key->id, sizeof one->id);
    one->state = key->state;
    one->retired = key->retired;
    for (unsigned i = 0; i < CG_PURPOSE_CHILD_COUNT && key->state != CG_KEY_REVOKED; i++) {
        if (!cg_sub_key_derive(crypto, key->key, (cg_purpose)i, one->keys[i])) {
            return false;
        }
    }
    return true;
}

bool cg_sub_keys_make(cg_crypto *crypto, const cg_key_ring *ring, cg_sub_keys *sub_keys)
{
    memset(sub_keys, 0, sizeof *sub_keys);
    for (unsigned i = 0; i < ring->count; i++) {
        if (!derive_all(crypto, &ring->keys[i], &sub_keys->of[i])) {
            cg_wipe(sub_keys, sizeof *sub_keys);
            return false;
        }
        if (ring->keys[i].state == CG_KEY_ACTIVE) {
            sub_keys->active = i;
        }
    }
    sub_keys->count = ring->count;
    return true;
}

const cg_sub_keys_of_one *cg_sub_keys_find(const cg_sub_keys *sub_keys,
                                           const unsigned char id[CG_KEY_ID_SIZE])
{
    for (unsigned i = 0; i < sub_keys->count; i++) {
        if (memcmp(sub_keys->of[i].id, id, CG_KEY_ID_SIZE) == 0) {
            return &sub_keys->of[i];
        }
    }
    return NULL;
}
