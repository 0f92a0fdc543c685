/* Sub-keys: one for each key and purpose, and none of a key that is revoked. */
#include "hex.h"

#include "session/sub_keys.h"

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

/* HMAC-SHA-256 under the key 00 01 ... 1f, computed by another program (Python's hmac). */
static const char *const known[] = {
    [CG_PURPOSE_RECORD] = "910f4fdce34fafb0339750931175c918b758aabc0547a003f6db15ee1bb575e1",
    [CG_PURPOSE_SEAL] = "d8892b9386484c1a12f5b62879401e78f0ce763f6d87fd1846225f18a03da0e3",
    [CG_PURPOSE_SUBJECT] = "95ecff1fe055d50d46908967079da6692438ae93e254429f85cdeee660d9271f",
    [CG_PURPOSE_AUDIT] = "09dabeba512e8c0db4be8e58338a8f515e84cba64e468b97795426361414715a",
    [CG_PURPOSE_PLACE] = "37f222294f5b5fd3dd632abf9d1285c1ec9a9e2b60e65a063dcc30e15d342121",
    [CG_PURPOSE_ADMIN] = "5b278447834c0ed40282372663ffec3fb92c4911e9b490e06e9b66ced738ac6d",
    [CG_PURPOSE_BOUND] = "7036fef3c6371e5e2cd2cd5a7625b2aba589f69f22db5b97da3f2e0e9bae5c9f",
    [CG_PURPOSE_SNAPSHOT] = "90ae128290a37187e6b35d53225dc98a90ced98d94cc7a916562041df14b4ea3",
};

static void known_sub_keys(void **state)
{
    unsigned char key[CG_KEY_SIZE], sub_key[CG_KEY_SIZE];
    (void)state;
    for (unsigned i = 0; i < sizeof key; i++) {
        key[i] = (unsigned char)i;
    }
    assert_int_equal(COUNT(known), CG_PURPOSE_SNAPSHOT + 1);
    for (unsigned i = 0; i < COUNT(known); i++) {
        assert_true(cg_sub_key_derive(crypto, key, (cg_purpose)i, sub_key));
        assert_hex("sub-key", sub_key, known[i]);
    }
}

/* A ring of four keys, one in each state. */
static void make_ring(cg_key_ring *ring)
{
    static const cg_key_state states[] = {CG_KEY_OLD, CG_KEY_REVOKED, CG_KEY_ACTIVE, CG_KEY_NEXT};
    memset(ring, 0, sizeof *ring);
    ring->count = COUNT(states);
    for (unsigned i = 0; i < ring->count; i++) {
        ring->keys[i] = (cg_ring_key){.state = states[i], .created = 1, .retired = i < 2 ? 9 : 0};
        memset(ring->keys[i].id, (int)i + 'a', CG_KEY_ID_SIZE);
        memset(ring->keys[i].key, (int)i + 1, CG_KEY_SIZE);
    }
}

static void every_key_and_purpose_has_its_own(void **state)
{
    const unsigned char zero[CG_KEY_SIZE] = {0};
    cg_sub_keys sub_keys;
    cg_key_ring ring;
    (void)state;
    make_ring(&ring);
    assert_true(cg_sub_keys_make(crypto, &ring, &sub_keys));
    assert_int_equal(sub_keys.count, 4);
    assert_int_equal(sub_keys.active, 2);
    for (unsigned i = 0; i < sub_keys.count * CG_PURPOSE_CHILD_COUNT; i++) {
        const unsigned char *key =
            sub_keys.of[i / CG_PURPOSE_CHILD_COUNT].keys[i % CG_PURPOSE_CHILD_COUNT];
        if (sub_keys.of[i / CG_PURPOSE_CHILD_COUNT].state == CG_KEY_REVOKED) {
            assert_memory_equal(key, zero, sizeof zero);
            continue;
        }
        assert_memory_not_equal(key, zero, sizeof zero);
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(
                key, sub_keys.of[j / CG_PURPOSE_CHILD_COUNT].keys[j % CG_PURPOSE_CHILD_COUNT],
                CG_KEY_SIZE);
        }
    }
}

/* Neither a key of the ring nor what only the parent may have is anywhere in what children get. */
static void children_get_no_ring_key_and_no_snapshot_key(void **state)
{
    unsigned char snapshot[CG_KEY_SIZE];
    cg_sub_keys sub_keys;
    cg_key_ring ring;
    (void)state;
    make_ring(&ring);
    assert_true(cg_sub_keys_make(crypto, &ring, &sub_keys));
    for (unsigned i = 0; i < ring.count; i++) {
        assert_true(cg_sub_key_derive(crypto, ring.keys[i].key, CG_PURPOSE_SNAPSHOT, snapshot));
        assert_null(memmem(&sub_keys, sizeof sub_keys, snapshot, sizeof snapshot));
        assert_null(memmem(&sub_keys, sizeof sub_keys, ring.keys[i].key, CG_KEY_SIZE));
    }
}

static void keys_are_found_by_their_ids(void **state)
{
    cg_sub_keys sub_keys;
    cg_key_ring ring;
    (void)state;
    make_ring(&ring);
    assert_true(cg_sub_keys_make(crypto, &ring, &sub_keys));
    for (unsigned i = 0; i < ring.count; i++) {
        const cg_sub_keys_of_one *one = cg_sub_keys_find(&sub_keys, ring.keys[i].id);
        assert_ptr_equal(one, &sub_keys.of[i]);
        assert_int_equal(one->state, ring.keys[i].state);
        assert_int_equal(one->retired, ring.keys[i].retired);
    }
    assert_null(cg_sub_keys_find(&sub_keys, (const unsigned char *)"aaab"));
    assert_null(cg_sub_keys_find(&sub_keys, (const unsigned char *)"\0\0\0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_sub_keys),
        cmocka_unit_test(every_key_and_purpose_has_its_own),
        cmocka_unit_test(children_get_no_ring_key_and_no_snapshot_key),
        cmocka_unit_test(keys_are_found_by_their_ids),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
