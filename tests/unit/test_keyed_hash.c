/* The keyed hash: what differs gives other hashes, under good keys and bad ones. */
#include "unit.h"

#include "audit/keyed_hash.h"

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *seed ^ *seed >> 29;
}

static uint64_t hash_text(const unsigned char key[CG_HASH_KEY_SIZE], cg_span text)
{
    cg_keyed_hash hash = cg_hash_begin(key);
    cg_hash_word(&hash, text.len);
    cg_hash_text(&hash, text);
    return cg_hash_end(&hash);
}

static void folds_products_of_all_sizes(void **state)
{
    static const struct {
        uint64_t a, b, folded;
    } products[] = {
        {0, 0, 0},
        {1, 7, 7},
        {UINT64_MAX, UINT64_MAX, (UINT64_MAX - 1) ^ 1},
        {UINT64_C(1) << 32, UINT64_C(1) << 32, 1},
        {UINT64_C(1) << 63, 2, 1},
        {UINT64_MAX, 2, (UINT64_MAX - 1) ^ 1},
    };
    uint64_t seed = 5;
    (void)state;
    for (size_t i = 0; i < COUNT(products); i++) {
        assert_int_equal(cg_fold_product(products[i].a, products[i].b), products[i].folded);
        assert_int_equal(cg_fold_product_by_halves(products[i].a, products[i].b),
                         products[i].folded);
    }
    for (int i = 0; i < 100000; i++) {
        uint64_t a = next_random(&seed), b = next_random(&seed);
        assert_int_equal(cg_fold_product(a, b), cg_fold_product_by_halves(a, b));
    }
}

/* Every octet of a text, and its length, have a say. */
static void every_octet_counts(void **state)
{
    const unsigned char keys[][CG_HASH_KEY_SIZE] = {"0123456789abcde", {0}, {1}};
    char text[40];
    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t k = 0; k < COUNT(keys); k++) {
        for (size_t len = 1; len <= sizeof text; len++) {
            cg_span whole = guarded((cg_span){text, len});
            uint64_t hash = hash_text(keys[k], whole);
            assert_int_not_equal(hash, hash_text(keys[k], cg_span_part(whole, 0, len - 1)));
            for (size_t at = 0; at < len; at++) {
                for (unsigned bit = 0; bit < 8; bit++) {
                    char *octet = (char *)(uintptr_t)whole.at + at;
                    *octet = (char)(*octet ^ (1 << bit));
                    assert_int_not_equal(hash_text(keys[k], whole), hash);
                    *octet = (char)(*octet ^ (1 << bit));
                }
            }
        }
    }
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Numbers in a row, and pairs that differ where a product could hide it: all hashes differ. */
static void close_inputs_lie_apart(void **state)
{
    enum { COUNT_OF_ALL = 20000 };
    static uint64_t hashes[COUNT_OF_ALL];
    const unsigned char keys[][CG_HASH_KEY_SIZE] = {"0123456789abcde", {0}, {255, 255, 255}};
    (void)state;
    for (size_t k = 0; k < COUNT(keys); k++) {
        unsigned lines[128] = {0};
        for (uint64_t i = 0; i < COUNT_OF_ALL; i++) {
            cg_keyed_hash hash = cg_hash_begin(keys[k]);
            cg_hash_word(&hash, i % 2 ? i / 2 : (i / 2) << 40);
            cg_hash_word(&hash, i % 3 ? UINT64_C(1) << 63 | UINT64_C(1) << 31 : 0);
            hashes[i] = cg_hash_end(&hash);
            lines[hashes[i] % 128]++;
        }
        for (int i = 0; i < 128; i++) {
            assert_in_range(lines[i], COUNT_OF_ALL / 128 / 2, COUNT_OF_ALL / 128 * 2);
        }
        qsort(hashes, COUNT_OF_ALL, sizeof hashes[0], compare_numbers);
        for (int i = 1; i < COUNT_OF_ALL; i++) {
            assert_true(hashes[i] != hashes[i - 1]);
        }
    }
}

static void keys_make_other_hashes(void **state)
{
    unsigned char key[CG_HASH_KEY_SIZE] = {0};
    uint64_t hash = hash_text(key, CG_SPAN("SID"));
    (void)state;
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = 2;
        assert_int_not_equal(hash_text(key, CG_SPAN("SID")), hash);
        key[i] = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_products_of_all_sizes),
        cmocka_unit_test(every_octet_counts),
        cmocka_unit_test(close_inputs_lie_apart),
        cmocka_unit_test(keys_make_other_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
