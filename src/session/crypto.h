/* All cryptography of the module: the only file that knows OpenSSL.
 *
 * A cg_crypto is the tool of one thread: ciphers and digests are fetched once, contexts are used
 * again. It keeps a few HMAC contexts keyed, and the cipher under the last key that was used, until
 * cg_crypto_forget or cg_crypto_free wipe them.
 *
 * False always means that nothing came out: no memory, no randomness, or, from cg_open alone, that
 * the text is not what was sealed. */
#ifndef CG_CRYPTO_H
#define CG_CRYPTO_H

#include "../cookie/span.h"
#include "format.h"

typedef struct cg_crypto cg_crypto;

/* Null if memory or the provider of a cipher is missing. Not in a pool: threads that come and go make
 * one each. */
cg_crypto *cg_crypto_make(void);
void cg_crypto_free(cg_crypto *crypto);

/* Wipes the keys that are kept: before a fork, or when a key is not to be used any more. What comes
 * next takes a little longer. */
void cg_crypto_forget(cg_crypto *crypto);

/* Overwrites, whatever the optimiser thinks. */
void cg_wipe(void *memory, size_t len);

/* Equal, in a time that depends on `len` alone. */
bool cg_equals_in_constant_time(const void *a, const void *b, size_t len);

/* Random octets for secrets, from the system's generator through OpenSSL's private one. False: there
 * are none; nothing may be made then. */
bool cg_random(cg_crypto *crypto, void *out, size_t len);

/* The same for a nonce: from the public generator, drawn in stock, never the same after a fork. */
bool cg_random_nonce(cg_crypto *crypto, unsigned char nonce[CG_NONCE_SIZE]);

bool cg_sha256(cg_crypto *crypto, const void *text, size_t len, unsigned char out[CG_DIGEST_SIZE]);

/* HMAC-SHA-256 (RFC 4231 has vectors). The context that is keyed with `key` is kept: a key is told
 * by its address and its octets, and at most a few are in use at a time. */
bool cg_hmac(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], const void *text, size_t len,
             unsigned char out[CG_DIGEST_SIZE]);

/* The same over the parts, one after the other. Lengths are not hashed: that is for the caller. */
bool cg_hmac_parts(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], const cg_span *parts,
                   size_t count, unsigned char out[CG_DIGEST_SIZE]);

/* The same, and nothing of the key is kept: for keys of the ring, which children must not inherit. */
bool cg_hmac_once(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], const void *text,
                  size_t len, unsigned char out[CG_DIGEST_SIZE]);

/* AES-256-GCM (SP 800-38D). Seals: `sealed` gets `len` octets, `tag` its 16. May work in place. At most
 * 2^32 messages under one key with nonces at random; `len` at most INT_MAX. */
bool cg_seal(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE],
             const unsigned char nonce[CG_NONCE_SIZE], const void *associated,
             size_t associated_len, const void *plain, size_t len, unsigned char *sealed,
             unsigned char tag[CG_TAG_SIZE]);

/* Opens. False: not with this key, or changed; `plain` is all zero then. May work in place. */
bool cg_open(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE],
             const unsigned char nonce[CG_NONCE_SIZE], const void *associated,
             size_t associated_len, const unsigned char *sealed, size_t len,
             const unsigned char tag[CG_TAG_SIZE], unsigned char *plain);

#endif
