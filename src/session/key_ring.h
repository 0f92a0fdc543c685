/* The key ring: a text file, one key a line, and what its keys may do.
 *
 *   # comments and empty lines are free
 *   8f3a01c2 2026-11-24T01:53:27Z active -                    <base64 of 32 octets>
 *   77b0e4d1 2026-11-24T01:53:27Z next   -                    <base64>
 *   0c9d2e55 2026-10-20T09:00:00Z old    2026-11-24T01:53:27Z <base64>
 *
 * id, created, state, retired ("-" while it is not), key. The id is computed from the key (the first
 * octets of HMAC-SHA-256(key, "mod_cookieguard/1/id")) and compared. Exactly one key is active, at
 * most one is next. What an old key sealed up to its retirement opens; a record that says it was
 * created later (CG_RETIREMENT_SECONDS) is refused; a revoked key opens nothing.
 *
 * The ring stays with the parent: its memory is not inherited (key_memory.h). Children get sub-keys.
 * Reading and writing the file is the glue's (src/httpd/state_dir.h). */
#ifndef CG_KEY_RING_H
#define CG_KEY_RING_H

#include "../cookie/writer.h"
#include "crypto.h"

typedef enum cg_key_state {
    CG_KEY_REVOKED = 0,
    CG_KEY_OLD,
    CG_KEY_NEXT,
    CG_KEY_ACTIVE
} cg_key_state;

typedef struct cg_ring_key {
    unsigned char id[CG_KEY_ID_SIZE];
    cg_key_state state;
    int64_t created; /* seconds since 1970 */
    int64_t retired; /* 0: it is not */
    unsigned char key[CG_KEY_SIZE];
} cg_ring_key;

typedef struct cg_key_ring {
    unsigned count;
    cg_ring_key keys[CG_RING_KEYS_MAX];
} cg_key_ring;

/* Longest text of a ring. */
#define CG_RING_TEXT_MAX (CG_RING_KEYS_MAX * 160 + 4096)

typedef struct cg_ring_error {
    unsigned line;        /* 1, 2 ... ; 0: about the whole */
    const char *sentence; /* static; says nothing of a key */
} cg_ring_error;

/* False: *error says why; the ring is wiped. */
bool cg_key_ring_parse(cg_crypto *crypto, cg_span text, cg_key_ring *ring, cg_ring_error *error);

/* The whole file, with a comment on top that says what it is and who may read it; at most
 * CG_RING_TEXT_MAX octets. They hold the keys: wipe them. */
void cg_key_ring_print(const cg_key_ring *ring, cg_writer *writer);

/* A new ring: one key that is active and one that is next. */
bool cg_key_ring_make(cg_crypto *crypto, int64_t now, cg_key_ring *ring);

/* `next` becomes active, active becomes old, a new next is made; keys retired before `forget` are left
 * out, revoked ones too. False: no randomness, or the ring is full; it is as it was. */
bool cg_key_ring_rotate(cg_crypto *crypto, int64_t now, int64_t forget, cg_key_ring *ring);

/* Null for an empty ring alone. */
const cg_ring_key *cg_key_ring_active(const cg_key_ring *ring);

/* 8 hexadecimal digits and a NUL. */
#define CG_KEY_ID_TEXT_LEN (2 * CG_KEY_ID_SIZE)
void cg_key_id_print(const unsigned char id[CG_KEY_ID_SIZE], char text[CG_KEY_ID_TEXT_LEN + 1]);

#endif
