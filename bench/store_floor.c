/* The floor: about the least that a store can do which keeps sessions sealed and their tokens as
 * hashes, shared by processes. Hash, lock, find, copy, open; or hash, draw a nonce, seal, lock, find,
 * copy. No life, no class, no room made, no key derived, nothing bound but the content: not for
 * use. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>

#include "stores.h"

enum { DIGEST_SIZE = 32, NONCE_SIZE = 12, TAG_SIZE = 16, KEY_SIZE = 32 };

typedef struct record {
    unsigned char digest[DIGEST_SIZE];
    unsigned char nonce[NONCE_SIZE];
    unsigned char tag[TAG_SIZE];
    unsigned char sealed[SESSION_SIZE];
} record;

static struct floor_table {
    pthread_mutex_t lock;
    unsigned count;
} * head;
static record *records;
static uint32_t *slots; /* number of a record, from 1; a power of two of them */
static uint32_t slot_mask;

static EVP_MD *sha256;
static EVP_MD_CTX *hash;
static EVP_CIPHER_CTX *cipher;

static bool make(apr_pool_t *pool, server_rec *server, size_t size, unsigned most)
{
    pthread_mutexattr_t attributes;
    uint32_t slot_count = 1;

    (void)pool;
    (void)server;
    (void)size;
    while (slot_count < 2 * most) {
        slot_count *= 2;
    }
    slot_mask = slot_count - 1;
    head = shared_memory(sizeof *head);
    slots = shared_memory(slot_count * sizeof *slots);
    records = shared_memory(most * sizeof *records);
    return head && slots && records && !pthread_mutexattr_init(&attributes) &&
           !pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) &&
           !pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) &&
           !pthread_mutex_init(&head->lock, &attributes);
}

static bool begin(apr_pool_t *pool)
{
    EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);

    (void)pool;
    sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    hash = EVP_MD_CTX_new();
    cipher = EVP_CIPHER_CTX_new();
    return gcm && sha256 && hash && cipher &&
           EVP_CipherInit_ex2(cipher, gcm, NULL, NULL, 1, NULL) == 1;
}

/* The key is what the client holds: a part of its token. */
static void make_key(const client *of, unsigned char key[KEY_SIZE])
{
    memcpy(key, of->token + TOKEN_SIZE - KEY_SIZE, KEY_SIZE);
}

static bool make_digest(const client *of, unsigned char digest[DIGEST_SIZE])
{
    return EVP_DigestInit_ex2(hash, sha256, NULL) == 1 &&
           EVP_DigestUpdate(hash, of->token, DIGEST_SIZE) == 1 &&
           EVP_DigestFinal_ex(hash, digest, NULL) == 1;
}

/* The slot of a record, or the empty one where it belongs. */
static uint32_t *find(const unsigned char digest[DIGEST_SIZE])
{
    uint32_t slot;

    memcpy(&slot, digest, sizeof slot);
    while (slots[slot & slot_mask] &&
           memcmp(records[slots[slot & slot_mask] - 1].digest, digest, DIGEST_SIZE) != 0) {
        slot++;
    }
    return &slots[slot & slot_mask];
}

static bool write_session(client *of, unsigned number, const unsigned char session[SESSION_SIZE])
{
    unsigned char key[KEY_SIZE];
    record is;
    uint32_t *slot;
    int len = 0;
    OSSL_PARAM tag[] = {OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, is.tag, TAG_SIZE),
                        OSSL_PARAM_END};

    (void)number;
    make_key(of, key);
    if (!make_digest(of, is.digest) || RAND_bytes(is.nonce, NONCE_SIZE) != 1 ||
        EVP_CipherInit_ex2(cipher, NULL, key, is.nonce, 1, NULL) != 1 ||
        EVP_CipherUpdate(cipher, is.sealed, &len, session, SESSION_SIZE) != 1 ||
        EVP_CipherFinal_ex(cipher, is.sealed + SESSION_SIZE, &len) != 1 ||
        EVP_CIPHER_CTX_get_params(cipher, tag) != 1) {
        return false;
    }
    pthread_mutex_lock(&head->lock);
    slot = find(is.digest);
    if (!*slot) {
        *slot = ++head->count;
    }
    records[*slot - 1] = is;
    pthread_mutex_unlock(&head->lock);
    return true;
}

static bool copy(const unsigned char digest[DIGEST_SIZE], record *is)
{
    const uint32_t *slot;
    bool is_found;

    pthread_mutex_lock(&head->lock);
    slot = find(digest);
    is_found = *slot != 0;
    if (is_found) {
        *is = records[*slot - 1];
    }
    pthread_mutex_unlock(&head->lock);
    return is_found;
}

static bool read_session(const client *of, unsigned number, unsigned char session[SESSION_SIZE])
{
    unsigned char key[KEY_SIZE], digest[DIGEST_SIZE];
    record is;
    int len = 0;
    const OSSL_PARAM tag[] = {OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, is.tag, TAG_SIZE),
                              OSSL_PARAM_END};

    (void)number;
    make_key(of, key);
    return make_digest(of, digest) && copy(digest, &is) &&
           EVP_CipherInit_ex2(cipher, NULL, key, is.nonce, 0, tag) == 1 &&
           EVP_CipherUpdate(cipher, session, &len, is.sealed, SESSION_SIZE) == 1 &&
           EVP_CipherFinal_ex(cipher, session + SESSION_SIZE, &len) == 1;
}

const store store_floor = {"floor", make, begin, write_session, read_session, write_session};
