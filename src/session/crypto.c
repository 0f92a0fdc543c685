/* All cryptography, by OpenSSL 3: what is fetched is kept, what is secret is wiped. */
#include "crypto.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "key_memory.h"

enum { HMAC_BLOCK_SIZE = 64, HMACS_KEPT = 6, NONCES_DRAWN = 128 };

/* An HMAC under way (RFC 2104): the states of SHA-256 behind the two padded keys. They are copied
 * for each text, which is what makes a kept key cheap. */
typedef struct cg_keyed_hmac {
    const unsigned char *address; /* where the caller has the key; null: free */
    unsigned char key[CG_KEY_SIZE];
    EVP_MD_CTX *inner;
    EVP_MD_CTX *outer;
} cg_keyed_hmac;

/* Stands in a page that a fork wipes, so that a child finds it empty. */
typedef struct cg_nonce_stock {
    size_t left;
    unsigned char nonces[NONCES_DRAWN][CG_NONCE_SIZE];
} cg_nonce_stock;

struct cg_crypto {
    EVP_CIPHER *aes_gcm;
    EVP_MD *sha256;
    EVP_CIPHER_CTX *cipher;
    EVP_MD_CTX *hash;
    bool has_cipher_key;
    unsigned char cipher_key[CG_KEY_SIZE]; /* that `cipher` is expanded for */
    cg_keyed_hmac hmacs[HMACS_KEPT];
    unsigned turn;         /* whose place the next unknown key takes */
    cg_nonce_stock *stock; /* null: the system cannot wipe pages; then each nonce is drawn alone */
};

/* The empty instruction may read the octets, as far as the compiler knows: so they are written. That
 * is memset's speed, where OPENSSL_cleanse goes word by word. */
void cg_wipe(void *memory, size_t len)
{
    if (len == 0) {
        return;
    }
#if defined(__GNUC__)
    memset(memory, 0, len);
    __asm__ volatile("" : : "r"(memory) : "memory");
#else
    OPENSSL_cleanse(memory, len);
#endif
}

bool cg_equals_in_constant_time(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

/* The same for keys, by words: it runs several times in each request. */
static bool is_same_key(const unsigned char a[CG_KEY_SIZE], const unsigned char b[CG_KEY_SIZE])
{
    uint64_t differs = 0;
    for (size_t i = 0; i < CG_KEY_SIZE; i += sizeof differs) {
        uint64_t x, y;
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        differs |= x ^ y;
    }
    return differs == 0;
}

/* What OpenSSL noted of a failure is told by our answer. mod_ssl would take it for its own. */
static bool failed(void)
{
    ERR_clear_error();
    return false;
}

/* -- making and giving back ----------------------------------------------------------------- */

static bool make_hmacs(cg_crypto *crypto)
{
    for (unsigned i = 0; i < HMACS_KEPT; i++) {
        crypto->hmacs[i].inner = EVP_MD_CTX_new();
        crypto->hmacs[i].outer = EVP_MD_CTX_new();
        if (crypto->hmacs[i].inner == NULL || crypto->hmacs[i].outer == NULL) {
            return false;
        }
    }
    return true;
}

/* Once: to choose it again with each key would give back and make anew what it works with. */
static bool choose_cipher(cg_crypto *crypto)
{
    return EVP_CipherInit_ex2(crypto->cipher, crypto->aes_gcm, NULL, NULL, 1, NULL) == 1;
}

static bool make_parts(cg_crypto *crypto)
{
    crypto->aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    crypto->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    crypto->cipher = EVP_CIPHER_CTX_new();
    crypto->hash = EVP_MD_CTX_new();
    crypto->stock = cg_key_memory_make_wiped_by_fork(sizeof *crypto->stock);
    return crypto->aes_gcm && crypto->sha256 && crypto->cipher && crypto->hash &&
           make_hmacs(crypto) && choose_cipher(crypto);
}

cg_crypto *cg_crypto_make(void)
{
    cg_crypto *crypto = cg_key_memory_make(sizeof *crypto, true);
    if (crypto && !make_parts(crypto)) {
        cg_crypto_free(crypto);
        failed();
        return NULL;
    }
    return crypto;
}

/* OpenSSL wipes contexts when they are reset. */
static void forget_hmac(cg_keyed_hmac *hmac)
{
    hmac->address = NULL;
    cg_wipe(hmac->key, sizeof hmac->key);
    EVP_MD_CTX_reset(hmac->inner);
    EVP_MD_CTX_reset(hmac->outer);
}

void cg_crypto_forget(cg_crypto *crypto)
{
    for (unsigned i = 0; i < HMACS_KEPT; i++) {
        forget_hmac(&crypto->hmacs[i]);
    }
    crypto->has_cipher_key = false;
    cg_wipe(crypto->cipher_key, sizeof crypto->cipher_key);
    EVP_MD_CTX_reset(crypto->hash);
    EVP_CIPHER_CTX_reset(crypto->cipher);
    if (!choose_cipher(crypto)) { /* then nothing is sealed or opened any more */
        failed();
    }
}

void cg_crypto_free(cg_crypto *crypto)
{
    if (crypto == NULL) {
        return;
    }
    for (unsigned i = 0; i < HMACS_KEPT; i++) {
        EVP_MD_CTX_free(crypto->hmacs[i].inner);
        EVP_MD_CTX_free(crypto->hmacs[i].outer);
    }
    EVP_MD_CTX_free(crypto->hash);
    EVP_CIPHER_CTX_free(crypto->cipher);
    EVP_MD_free(crypto->sha256);
    EVP_CIPHER_free(crypto->aes_gcm);
    cg_key_memory_free(crypto->stock, sizeof *crypto->stock);
    cg_key_memory_free(crypto, sizeof *crypto);
}

/* -- chance --------------------------------------------------------------------------------- */

bool cg_random(cg_crypto *crypto, void *out, size_t len)
{
    (void)crypto;
    if (len > INT_MAX || RAND_priv_bytes(out, (int)len) != 1) {
        memset(out, 0, len);
        return failed();
    }
    return true;
}

static bool draw_nonces(void *out, size_t len)
{
    return RAND_bytes(out, (int)len) == 1 || failed();
}

bool cg_random_nonce(cg_crypto *crypto, unsigned char nonce[CG_NONCE_SIZE])
{
    cg_nonce_stock *stock = crypto->stock;

    if (stock == NULL) {
        return draw_nonces(nonce, CG_NONCE_SIZE);
    }
    if (stock->left == 0) {
        if (!draw_nonces(stock->nonces, sizeof stock->nonces)) {
            return false;
        }
        stock->left = NONCES_DRAWN;
    }
    memcpy(nonce, stock->nonces[--stock->left], CG_NONCE_SIZE);
    return true;
}

/* -- hashes --------------------------------------------------------------------------------- */

bool cg_sha256(cg_crypto *crypto, const void *text, size_t len, unsigned char out[CG_DIGEST_SIZE])
{
    return (EVP_DigestInit_ex2(crypto->hash, crypto->sha256, NULL) == 1 &&
            EVP_DigestUpdate(crypto->hash, text, len) == 1 &&
            EVP_DigestFinal_ex(crypto->hash, out, NULL) == 1) ||
           failed();
}

/* The state of SHA-256 behind the key and the octet that pads it. */
static bool absorb_key(cg_crypto *crypto, EVP_MD_CTX *hash, const unsigned char *key,
                       unsigned char pad)
{
    unsigned char block[HMAC_BLOCK_SIZE];
    bool is_done;

    memset(block, pad, sizeof block);
    for (size_t i = 0; i < CG_KEY_SIZE; i++) {
        block[i] ^= key[i];
    }
    is_done = EVP_DigestInit_ex2(hash, crypto->sha256, NULL) == 1 &&
              EVP_DigestUpdate(hash, block, sizeof block) == 1;
    cg_wipe(block, sizeof block);
    return is_done;
}

static bool key_hmac(cg_crypto *crypto, cg_keyed_hmac *hmac, const unsigned char *key)
{
    hmac->address = NULL;
    if (!absorb_key(crypto, hmac->inner, key, 0x36) ||
        !absorb_key(crypto, hmac->outer, key, 0x5c)) {
        forget_hmac(hmac);
        return failed();
    }
    memcpy(hmac->key, key, CG_KEY_SIZE);
    hmac->address = key;
    return true;
}

/* The octets are compared too: other keys come to stand where one was. */
static cg_keyed_hmac *find_hmac(cg_crypto *crypto, const unsigned char *key)
{
    cg_keyed_hmac *hmac = NULL;

    for (unsigned i = 0; i < HMACS_KEPT && hmac == NULL; i++) {
        hmac = crypto->hmacs[i].address == key ? &crypto->hmacs[i] : NULL;
    }
    if (hmac && is_same_key(hmac->key, key)) {
        return hmac;
    }
    if (hmac == NULL) {
        hmac = &crypto->hmacs[crypto->turn++ % HMACS_KEPT];
    }
    return key_hmac(crypto, hmac, key) ? hmac : NULL;
}

static bool update_all(EVP_MD_CTX *hash, const cg_span *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (EVP_DigestUpdate(hash, parts[i].at, parts[i].len) != 1) {
            return false;
        }
    }
    return true;
}

static bool run_hmac(cg_crypto *crypto, const cg_keyed_hmac *hmac, const cg_span *parts,
                     size_t count, unsigned char *out)
{
    unsigned char digest[CG_DIGEST_SIZE];
    bool is_done = EVP_MD_CTX_copy_ex(crypto->hash, hmac->inner) == 1 &&
                   update_all(crypto->hash, parts, count) &&
                   EVP_DigestFinal_ex(crypto->hash, digest, NULL) == 1 &&
                   EVP_MD_CTX_copy_ex(crypto->hash, hmac->outer) == 1 &&
                   EVP_DigestUpdate(crypto->hash, digest, sizeof digest) == 1 &&
                   EVP_DigestFinal_ex(crypto->hash, out, NULL) == 1;
    cg_wipe(digest, sizeof digest);
    return is_done || failed();
}

bool cg_hmac_parts(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], const cg_span *parts,
                   size_t count, unsigned char out[CG_DIGEST_SIZE])
{
    const cg_keyed_hmac *hmac = find_hmac(crypto, key);
    return hmac && run_hmac(crypto, hmac, parts, count, out);
}

bool cg_hmac(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], const void *text, size_t len,
             unsigned char out[CG_DIGEST_SIZE])
{
    const cg_span whole = {text, len};
    return cg_hmac_parts(crypto, key, &whole, 1, out);
}

bool cg_hmac_once(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], const void *text,
                  size_t len, unsigned char out[CG_DIGEST_SIZE])
{
    cg_keyed_hmac *hmac = find_hmac(crypto, key);
    const cg_span whole = {text, len};
    bool is_done = hmac && run_hmac(crypto, hmac, &whole, 1, out);

    if (hmac) {
        forget_hmac(hmac);
    }
    EVP_MD_CTX_reset(crypto->hash);
    return is_done;
}

/* -- the cipher ----------------------------------------------------------------------------- */

/* A key that was used last needs no expansion: what is opened is often sealed again. */
static bool begin_cipher(cg_crypto *crypto, const unsigned char *key, const unsigned char *nonce,
                         int seals, const OSSL_PARAM *params)
{
    if (crypto->has_cipher_key && is_same_key(crypto->cipher_key, key)) {
        return EVP_CipherInit_ex2(crypto->cipher, NULL, NULL, nonce, seals, params) == 1;
    }
    crypto->has_cipher_key = false;
    if (EVP_CipherInit_ex2(crypto->cipher, NULL, key, nonce, seals, params) != 1) {
        return false;
    }
    memcpy(crypto->cipher_key, key, CG_KEY_SIZE);
    crypto->has_cipher_key = true;
    return true;
}

/* Null for the output: associated data. */
static bool run_cipher(cg_crypto *crypto, const void *in, size_t len, unsigned char *out)
{
    int done = 0;
    return len == 0 ||
           (len <= INT_MAX && EVP_CipherUpdate(crypto->cipher, out, &done, in, (int)len) == 1 &&
            done == (int)len);
}

static bool end_cipher(cg_crypto *crypto)
{
    unsigned char nothing[CG_TAG_SIZE];
    int done = 0;
    return EVP_CipherFinal_ex(crypto->cipher, nothing, &done) == 1 && done == 0;
}

bool cg_seal(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE],
             const unsigned char nonce[CG_NONCE_SIZE], const void *associated,
             size_t associated_len, const void *plain, size_t len, unsigned char *sealed,
             unsigned char tag[CG_TAG_SIZE])
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, CG_TAG_SIZE),
        OSSL_PARAM_END,
    };

    if (begin_cipher(crypto, key, nonce, 1, NULL) &&
        run_cipher(crypto, associated, associated_len, NULL) &&
        run_cipher(crypto, plain, len, sealed) && end_cipher(crypto) &&
        EVP_CIPHER_CTX_get_params(crypto->cipher, params) == 1) {
        return true;
    }
    cg_wipe(sealed, len);
    return failed();
}

/* OpenSSL deciphers before it compares the tag: what came out goes again. */
bool cg_open(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE],
             const unsigned char nonce[CG_NONCE_SIZE], const void *associated,
             size_t associated_len, const unsigned char *sealed, size_t len,
             const unsigned char tag[CG_TAG_SIZE], unsigned char *plain)
{
    unsigned char wanted[CG_TAG_SIZE];
    const OSSL_PARAM params[] = {
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, wanted, sizeof wanted),
        OSSL_PARAM_END,
    };

    memcpy(wanted, tag, sizeof wanted);
    if (begin_cipher(crypto, key, nonce, 0, params) &&
        run_cipher(crypto, associated, associated_len, NULL) &&
        run_cipher(crypto, sealed, len, plain) && end_cipher(crypto)) {
        return true;
    }
    cg_wipe(plain, len);
    return failed();
}
