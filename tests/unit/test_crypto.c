/* Cryptography: published vectors, each changed bit refused, keys told apart, nonces never twice. */
#include "hex.h"

#include <sys/wait.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "gcm_vectors.h"
#include "session/crypto.h"

enum { TEXT_MAX = 256 };

static cg_crypto *crypto;

static int set_up(void **state)
{
    (void)state;
    crypto = cg_crypto_make();
    return crypto == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    cg_crypto_free(crypto);
    return 0;
}

static bool is_zero(const unsigned char *octets, size_t len)
{
    unsigned char found = 0;
    for (size_t i = 0; i < len; i++) {
        found |= octets[i];
    }
    return found == 0;
}

/* -- chance: what needs a process of its own comes first ------------------------------------ */

/* Runs `ask` in a child; what it answers is the exit status. */
static int in_child(int (*ask)(void))
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(ask());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int ask_without_randomness(void)
{
    unsigned char out[CG_KEY_SIZE], nonce[CG_NONCE_SIZE];
    memset(out, 'x', sizeof out);
    if (RAND_set_DRBG_type(NULL, "NO-SUCH-GENERATOR", NULL, NULL, NULL) != 1) {
        return 1;
    }
    if (cg_random(crypto, out, sizeof out) || cg_random_nonce(crypto, nonce)) {
        return 2;
    }
    return is_zero(out, sizeof out) && ERR_peek_error() == 0 ? 0 : 3;
}

static void no_randomness_is_told(void **state)
{
    (void)state;
    assert_int_equal(in_child(ask_without_randomness), 0);
}

static void random_octets_differ(void **state)
{
    unsigned char a[CG_KEY_SIZE] = {0}, b[CG_KEY_SIZE] = {0};
    (void)state;
    assert_true(cg_random(crypto, a, sizeof a));
    assert_true(cg_random(crypto, b, sizeof b));
    assert_memory_not_equal(a, b, sizeof a);
    assert_false(is_zero(a, sizeof a));
    assert_true(cg_random(crypto, a, 0));
}

typedef struct nonces {
    unsigned char of[600][CG_NONCE_SIZE];
} nonces;

static void draw_nonces(nonces *drawn, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        assert_true(cg_random_nonce(crypto, drawn->of[i]));
    }
}

static int compare_nonces(const void *a, const void *b)
{
    return memcmp(a, b, CG_NONCE_SIZE);
}

static void assert_all_differ(nonces *drawn)
{
    qsort(drawn->of, COUNT(drawn->of), CG_NONCE_SIZE, compare_nonces);
    for (size_t i = 1; i < COUNT(drawn->of); i++) {
        assert_memory_not_equal(drawn->of[i - 1], drawn->of[i], CG_NONCE_SIZE);
    }
}

static void nonces_differ(void **state)
{
    static nonces drawn;
    (void)state;
    draw_nonces(&drawn, 0, COUNT(drawn.of));
    assert_all_differ(&drawn);
}

/* The stock is half used when the process forks; parent and child go on. */
static void no_nonce_comes_again_after_a_fork(void **state)
{
    nonces *drawn = mmap(NULL, sizeof *drawn, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                         -1, 0);
    int status = 0;
    pid_t child;

    (void)state;
    assert_true(drawn != MAP_FAILED);
    draw_nonces(drawn, 0, 50);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        draw_nonces(drawn, 50, 300);
        _exit(0);
    }
    draw_nonces(drawn, 300, 600);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_all_differ(drawn);
    munmap(drawn, sizeof *drawn);
}

/* -- hashes --------------------------------------------------------------------------------- */

static void sha256_vectors(void **state)
{
    /* FIPS 180-4's examples, and one of CAVP's. */
    static const struct {
        const char *text, *digest;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
    };
    static char many[1000000];
    unsigned char digest[CG_DIGEST_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_span text = guarded(cg_span_of(cases[i].text));
        assert_true(cg_sha256(crypto, text.at, text.len, digest));
        assert_hex(cases[i].text, digest, cases[i].digest);
    }
    memset(many, 'a', sizeof many);
    assert_true(cg_sha256(crypto, many, sizeof many, digest));
    assert_hex("a million a", digest,
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* RFC 4231, section 4. A key that is shorter than ours is filled with zeros, and one that is longer
 * than a block hashed first (RFC 2104, section 2): so each is one of ours. */
typedef struct hmac_vector {
    unsigned char octet; /* of the key, `count` times; 0: the key is "Jefe" or counts from 1 */
    size_t count;
    const char *text, *digest;
} hmac_vector;

#define TEN(x) x x x x x x x x x x

static const hmac_vector hmac_vectors[] = {
    {0x0b, 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {0, 4, "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {0xaa, 20, TEN("\xdd\xdd\xdd\xdd\xdd"),
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {0, 25, TEN("\xcd\xcd\xcd\xcd\xcd"),
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {0x0c, 20, "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"},
    {0xaa, 131, "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {0xaa, 131,
     "This is a test using a larger than block-size key and a larger than block-size data. The key"
     " needs to be hashed before being used by the HMAC algorithm.",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void make_hmac_key(const hmac_vector *vector, unsigned char key[CG_KEY_SIZE])
{
    unsigned char octets[131];
    memset(octets, vector->octet, sizeof octets);
    for (size_t i = 0; vector->octet == 0 && i < vector->count; i++) {
        octets[i] = vector->count == 4 ? (unsigned char)"Jefe"[i] : (unsigned char)(i + 1);
    }
    memset(key, 0, CG_KEY_SIZE);
    if (vector->count > CG_KEY_SIZE) {
        assert_true(cg_sha256(crypto, octets, vector->count, key));
    } else {
        memcpy(key, octets, vector->count);
    }
}

/* Each twice: the second time the key is kept. */
static void hmac_vectors_of_rfc_4231(void **state)
{
    unsigned char key[CG_KEY_SIZE], digest[CG_DIGEST_SIZE];
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(hmac_vectors); i++) {
        const hmac_vector *vector = &hmac_vectors[i / 2];
        make_hmac_key(vector, key);
        assert_true(cg_hmac(crypto, key, vector->text, strlen(vector->text), digest));
        assert_hex(vector->text, digest, vector->digest);
        assert_true(cg_hmac_once(crypto, key, vector->text, strlen(vector->text), digest));
        assert_hex(vector->text, digest, vector->digest);
    }
}

/* More keys than are kept, in turn and at random; octets that change where they stand. */
static void hmac_keys_are_told_apart(void **state)
{
    enum { KEYS = 20 };
    static unsigned char keys[KEYS][CG_KEY_SIZE], digests[KEYS][CG_DIGEST_SIZE];
    unsigned char moving[CG_KEY_SIZE], digest[CG_DIGEST_SIZE];
    unsigned seed = 7;

    (void)state;
    for (unsigned i = 0; i < KEYS; i++) {
        keys[i][i] = 1; /* they differ in one octet */
        assert_true(cg_hmac_once(crypto, keys[i], "text", 4, digests[i]));
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(digests[i], digests[j], CG_DIGEST_SIZE);
        }
    }
    for (unsigned round = 0; round < 2000; round++) {
        unsigned i = round < 100 ? round % KEYS : (seed = seed * 1103515245 + 12345) >> 16;
        i %= KEYS;
        assert_true(cg_hmac(crypto, keys[i], "text", 4, digest));
        assert_memory_equal(digest, digests[i], sizeof digest);
        memcpy(moving, keys[i], sizeof moving);
        assert_true(cg_hmac(crypto, moving, "text", 4, digest));
        assert_memory_equal(digest, digests[i], sizeof digest);
    }
}

static void parts_are_hashed_as_one_text(void **state)
{
    const unsigned char key[CG_KEY_SIZE] = {9};
    const char *text = "one text in parts, longer than a block of the hash, so that parts cross it";
    unsigned char whole[CG_DIGEST_SIZE], digest[CG_DIGEST_SIZE];
    size_t len = strlen(text);

    (void)state;
    assert_true(cg_hmac(crypto, key, text, len, whole));
    for (size_t a = 0; a <= len; a++) {
        for (size_t b = a; b <= len; b++) {
            const cg_span parts[] = {{text, a}, {text + a, b - a}, {text + b, len - b}};
            assert_true(cg_hmac_parts(crypto, key, parts, COUNT(parts), digest));
            assert_memory_equal(digest, whole, sizeof digest);
        }
    }
}

/* -- the cipher ----------------------------------------------------------------------------- */

typedef struct sealed_text {
    unsigned char key[CG_KEY_SIZE], nonce[CG_NONCE_SIZE], tag[CG_TAG_SIZE];
    unsigned char associated[TEXT_MAX], sealed[TEXT_MAX];
    size_t associated_len, len;
} sealed_text;

static bool open_text(const sealed_text *text, unsigned char *plain)
{
    return cg_open(crypto, text->key, text->nonce, text->associated, text->associated_len,
                   text->sealed, text->len, text->tag, plain);
}

static void read_vector(const gcm_vector *vector, sealed_text *text)
{
    assert_int_equal(hex_read(vector->key, text->key, CG_KEY_SIZE), CG_KEY_SIZE);
    assert_int_equal(hex_read(vector->nonce, text->nonce, CG_NONCE_SIZE), CG_NONCE_SIZE);
    assert_int_equal(hex_read(vector->tag, text->tag, CG_TAG_SIZE), CG_TAG_SIZE);
    text->associated_len = hex_read(vector->associated, text->associated, TEXT_MAX);
    text->len = hex_read(vector->sealed, text->sealed, TEXT_MAX);
}

static void check_sealing(const gcm_vector *vector, const sealed_text *text)
{
    unsigned char plain[TEXT_MAX], sealed[TEXT_MAX], tag[CG_TAG_SIZE];
    size_t len = hex_read(vector->plain, plain, sizeof plain);
    assert_true(cg_seal(crypto, text->key, text->nonce, text->associated, text->associated_len,
                        plain, len, sealed, tag));
    assert_memory_equal(sealed, text->sealed, len);
    assert_memory_equal(tag, text->tag, sizeof tag);
}

/* Those that open are sealed too; those that must not leave nothing. */
static void gcm_vectors_of_nist(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(gcm_vectors); i++) {
        const gcm_vector *vector = &gcm_vectors[i];
        unsigned char plain[TEXT_MAX];
        sealed_text text = {.len = 0};

        read_vector(vector, &text);
        memset(plain, 'x', sizeof plain);
        assert_int_equal(open_text(&text, plain), vector->plain != NULL);
        if (vector->plain) {
            assert_hex(vector->key, plain, vector->plain);
            check_sealing(vector, &text);
        } else {
            assert_true(is_zero(plain, text.len));
        }
        assert_true(plain[text.len] == 'x');
    }
}

static void seal_some(sealed_text *text, size_t len, size_t associated_len)
{
    unsigned char plain[TEXT_MAX];
    memset(plain, 'p', sizeof plain);
    memset(text, 0, sizeof *text);
    text->len = len;
    text->associated_len = associated_len;
    assert_true(cg_random(crypto, text->key, sizeof text->key));
    assert_true(cg_random(crypto, text->associated, associated_len));
    assert_true(cg_random_nonce(crypto, text->nonce));
    assert_true(cg_seal(crypto, text->key, text->nonce, text->associated, associated_len, plain,
                        len, text->sealed, text->tag));
}

static void assert_refused(const sealed_text *text)
{
    unsigned char plain[TEXT_MAX];
    memset(plain, 'x', sizeof plain);
    assert_false(open_text(text, plain));
    assert_true(is_zero(plain, text->len));
}

/* Flips each bit of a part of the text in turn. */
static void check_flips(const sealed_text *text, unsigned char *part, size_t len)
{
    for (size_t i = 0; i < 8 * len; i++) {
        part[i / 8] ^= (unsigned char)(1u << i % 8);
        assert_refused(text);
        part[i / 8] ^= (unsigned char)(1u << i % 8);
    }
}

static void each_flipped_bit_is_refused(void **state)
{
    unsigned char plain[TEXT_MAX];
    sealed_text text;
    (void)state;
    seal_some(&text, 64, 77);
    check_flips(&text, text.key, sizeof text.key);
    check_flips(&text, text.nonce, sizeof text.nonce);
    check_flips(&text, text.tag, sizeof text.tag);
    check_flips(&text, text.associated, text.associated_len);
    check_flips(&text, text.sealed, text.len);
    assert_true(open_text(&text, plain));
}

static void each_other_length_is_refused(void **state)
{
    sealed_text text, other;
    (void)state;
    seal_some(&text, 64, 77);
    for (size_t len = 0; len <= 100; len++) {
        other = text;
        other.len = len;
        if (len != text.len) {
            assert_refused(&other);
        }
        other = text;
        other.associated_len = len;
        if (len != text.associated_len) {
            assert_refused(&other);
        }
    }
}

/* Octets may not wander from one side of the border to the other. */
static void associated_and_sealed_are_not_one_text(void **state)
{
    sealed_text text, other;
    (void)state;
    seal_some(&text, 32, 32);
    other = text;
    memcpy(other.associated + 32, text.sealed, 16);
    other.associated_len = 48;
    memcpy(other.sealed, text.sealed + 16, 16);
    other.len = 16;
    assert_refused(&other);
}

static void two_seals_of_equal_data_differ(void **state)
{
    unsigned char key[CG_KEY_SIZE] = {3}, plain[64] = {5};
    unsigned char sealed[2][64], nonce[2][CG_NONCE_SIZE], tag[2][CG_TAG_SIZE];
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_true(cg_random_nonce(crypto, nonce[i]));
        assert_true(
            cg_seal(crypto, key, nonce[i], "same", 4, plain, sizeof plain, sealed[i], tag[i]));
    }
    assert_memory_not_equal(nonce[0], nonce[1], CG_NONCE_SIZE);
    assert_memory_not_equal(sealed[0], sealed[1], sizeof sealed[0]);
    assert_memory_not_equal(tag[0], tag[1], CG_TAG_SIZE);
}

/* Of all lengths around blocks, at the end of readable memory. */
static void works_in_place(void **state)
{
    unsigned char tag[CG_TAG_SIZE], key[CG_KEY_SIZE] = {1}, nonce[CG_NONCE_SIZE] = {2};
    char plain[TEXT_MAX];
    (void)state;
    memset(plain, 'p', sizeof plain);
    for (size_t len = 0; len < 70; len++) {
        cg_span text = guarded((cg_span){plain, len});
        unsigned char *at = (unsigned char *)(uintptr_t)text.at;
        assert_true(cg_seal(crypto, key, nonce, NULL, 0, at, len, at, tag));
        assert_true(len < 8 || memcmp(at, plain, len) != 0);
        assert_true(cg_open(crypto, key, nonce, NULL, 0, at, len, tag, at));
        assert_memory_equal(at, plain, len);
        tag[0] ^= 1;
        assert_false(cg_open(crypto, key, nonce, NULL, 0, at, len, tag, at));
        assert_true(is_zero(at, len));
    }
}

/* A refusal, another key, another direction and a wipe all leave a tool that works. */
static void goes_on_after_everything(void **state)
{
    unsigned char plain[TEXT_MAX], digest[2][CG_DIGEST_SIZE];
    sealed_text a, b;
    (void)state;
    seal_some(&a, 40, 10);
    seal_some(&b, 200, 0);
    assert_true(cg_hmac(crypto, a.key, "t", 1, digest[0]));
    for (int i = 0; i < 5; i++) {
        assert_true(open_text(&a, plain));
        assert_true(open_text(&a, plain));
        assert_true(open_text(&b, plain));
        b.tag[3] ^= 8;
        assert_refused(&b);
        b.tag[3] ^= 8;
        assert_true(open_text(&b, plain));
        cg_crypto_forget(crypto);
        assert_true(cg_hmac(crypto, a.key, "t", 1, digest[1]));
        assert_memory_equal(digest[0], digest[1], sizeof digest[0]);
    }
}

/* mod_ssl shares the thread's queue of errors, and would end its connection. */
static void a_refusal_leaves_no_error_behind(void **state)
{
    sealed_text text;
    (void)state;
    seal_some(&text, 64, 0);
    text.tag[0] ^= 1;
    assert_refused(&text);
    assert_true(ERR_peek_error() == 0);
}

static void compares_and_wipes(void **state)
{
    unsigned char a[33], b[33];
    (void)state;
    memset(a, 7, sizeof a);
    memset(b, 7, sizeof b);
    for (size_t i = 0; i < sizeof a; i++) {
        a[i] ^= 0x80;
        assert_false(cg_equals_in_constant_time(a, b, sizeof a));
        assert_true(cg_equals_in_constant_time(a, b, i));
        a[i] ^= 0x80;
    }
    cg_wipe(a, 32);
    assert_true(is_zero(a, 32));
    assert_int_equal(a[32], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_randomness_is_told), /* before any is drawn */
        cmocka_unit_test(random_octets_differ),
        cmocka_unit_test(nonces_differ),
        cmocka_unit_test(no_nonce_comes_again_after_a_fork),
        cmocka_unit_test(sha256_vectors),
        cmocka_unit_test(hmac_vectors_of_rfc_4231),
        cmocka_unit_test(hmac_keys_are_told_apart),
        cmocka_unit_test(parts_are_hashed_as_one_text),
        cmocka_unit_test(gcm_vectors_of_nist),
        cmocka_unit_test(each_flipped_bit_is_refused),
        cmocka_unit_test(each_other_length_is_refused),
        cmocka_unit_test(associated_and_sealed_are_not_one_text),
        cmocka_unit_test(two_seals_of_equal_data_differ),
        cmocka_unit_test(works_in_place),
        cmocka_unit_test(goes_on_after_everything),
        cmocka_unit_test(a_refusal_leaves_no_error_behind),
        cmocka_unit_test(compares_and_wipes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
