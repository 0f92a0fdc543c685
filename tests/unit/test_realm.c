/* Realms and subjects: what differs is told apart, what is one host is one realm. */
#include "hex.h"

#include "session/realm.h"

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

static cg_realm realm_of(const char *server_name, const char *host)
{
    cg_realm realm;
    memset(&realm, 0, sizeof realm);
    assert_true(
        cg_realm_make(crypto, guarded(cg_span_of(server_name)), guarded(cg_span_of(host)), &realm));
    return realm;
}

static cg_realm shared_realm_of(cg_span name)
{
    cg_realm realm;
    memset(&realm, 0, sizeof realm);
    assert_true(cg_realm_make_shared(crypto, guarded(name), &realm));
    return realm;
}

static bool is_one_realm(cg_realm a, cg_realm b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void one_host_is_one_realm(void **state)
{
    static const struct {
        const char *written, *bare;
    } cases[] = {
        {"shop.example", "shop.example"},        {"SHOP.Example", "shop.example"},
        {"shop.example:443", "shop.example"},    {"shop.example:", "shop.example"},
        {"shop.example.", "shop.example"},       {"Shop.Example.:8443", "shop.example"},
        {"192.0.2.7:443", "192.0.2.7"},          {"[2001:DB8::7]", "[2001:db8::7]"},
        {"[2001:db8::7]:8443", "[2001:db8::7]"}, {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *written = cases[i].written, *bare = cases[i].bare;
        assert_true(is_one_realm(realm_of(written, "b"), realm_of(bare, "b")));
        assert_true(is_one_realm(realm_of("a", written), realm_of("a", bare)));
    }
}

/* Names that a careless reading would take for one, in one place or over both. */
static void what_differs_is_another_realm(void **state)
{
    static const struct {
        const char *server_name, *host;
    } names[] = {
        {"ab", "c"},
        {"a", "bc"},
        {"abc", ""},
        {"", "abc"},
        {"c", "ab"},
        {"abc", "abc"},
        {"abc.", "abc.."}, /* one dot goes */
        {"abc", "abc:x"},
        {"abc", "abc:80:"},
        {"abc", "[abc:80"},
        {"abc", "abc]:80]"},
        {"a\1", "bc"},
        {"shop.example", "shop.example"},
        {"shop.example", "www.shop.example"},
        {"www.shop.example", "shop.example"},
        {"[2001:db8::7]", "x"},
        {"[2001:db8::]", "x"},
        {"[2001:db8:]", "x"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        for (size_t j = 0; j < i; j++) {
            if (is_one_realm(realm_of(names[i].server_name, names[i].host),
                             realm_of(names[j].server_name, names[j].host))) {
                fail_msg("(%s, %s) is (%s, %s)", names[i].server_name, names[i].host,
                         names[j].server_name, names[j].host);
            }
        }
    }
}

/* Not even a name that is, octet by octet, what two names are hashed as. */
static void a_shared_realm_is_none_of_names(void **state)
{
    static const char disguise[] = "\2\1\0a\1\0b";
    cg_realm of_names = realm_of("a", "b");
    cg_span whole = {disguise, sizeof disguise - 1};
    (void)state;
    for (size_t start = 0; start < whole.len; start++) {
        for (size_t end = start; end <= whole.len; end++) {
            assert_false(is_one_realm(shared_realm_of(cg_span_part(whole, start, end)), of_names));
        }
    }
    assert_false(is_one_realm(shared_realm_of(CG_SPAN("")), realm_of("", "")));
    assert_false(is_one_realm(shared_realm_of(CG_SPAN("a")), realm_of("a", "")));
    assert_false(is_one_realm(shared_realm_of(CG_SPAN("a")), realm_of("", "a")));
}

static void a_shared_realm_is_its_octets(void **state)
{
    cg_realm realm = shared_realm_of(CG_SPAN("group"));
    (void)state;
    assert_true(is_one_realm(realm, shared_realm_of(CG_SPAN("group"))));
    assert_false(is_one_realm(realm, shared_realm_of(CG_SPAN("Group"))));
    assert_false(is_one_realm(realm, shared_realm_of(CG_SPAN("group."))));
    assert_false(is_one_realm(realm, shared_realm_of(CG_SPAN("group:80"))));
}

static void names_that_are_too_long_make_none(void **state)
{
    char name[CG_HOST_NAME_MAX + 1];
    cg_span longest = {name, CG_HOST_NAME_MAX}, longer = {name, CG_HOST_NAME_MAX + 1};
    cg_realm realm;
    (void)state;
    memset(name, 'n', sizeof name);
    assert_true(cg_realm_make(crypto, longest, longest, &realm));
    assert_true(cg_realm_make_shared(crypto, longest, &realm));
    assert_false(cg_realm_make(crypto, longer, longest, &realm));
    assert_false(cg_realm_make(crypto, longest, longer, &realm));
    assert_false(cg_realm_make_shared(crypto, longer, &realm));
}

/* The format, so that no change of it goes unseen: computed by another program (Python's hashlib). */
static void known_realms_and_subjects(void **state)
{
    unsigned char key[CG_KEY_SIZE], subject[CG_SUBJECT_SIZE];
    cg_realm realm = realm_of("shop.example", "www.shop.example"), shared;
    (void)state;
    assert_hex("realm", realm.octets,
               "4bba07b32f2d1b5e09393f303c2812ddac5c87d5c8048becb2d32d5fab1af015");
    shared = shared_realm_of(CG_SPAN("group"));
    assert_hex("shared realm", shared.octets,
               "c9e5349b33d2cc89524b63e7ce137d50f9c150968bc2049780d2e1769f103041");
    for (unsigned i = 0; i < sizeof key; i++) {
        key[i] = (unsigned char)i;
    }
    assert_true(cg_subject_make(crypto, key, &realm, CG_SPAN("alice"), subject));
    assert_hex("subject", subject, "126b591cedba9e1bcea0d06a826e14df");
}

static void subjects_differ(void **state)
{
    static const struct {
        unsigned char key;
        const char *realm, *user;
    } cases[] = {
        {1, "a", "alice"}, {1, "a", "Alice"}, {1, "a", "alic"}, {1, "a", "alicee"},
        {1, "b", "alice"}, {2, "a", "alice"}, {1, "a", "a"},    {1, "aa", "lice"},
    };
    unsigned char subjects[COUNT(cases)][CG_SUBJECT_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char key[CG_KEY_SIZE] = {cases[i].key};
        cg_realm realm = shared_realm_of(cg_span_of(cases[i].realm));
        assert_true(
            cg_subject_make(crypto, key, &realm, guarded(cg_span_of(cases[i].user)), subjects[i]));
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(subjects[i], subjects[j], CG_SUBJECT_SIZE);
        }
    }
}

static void nobody_is_zero_and_long_names_are_somebody(void **state)
{
    static char name[100000];
    const unsigned char key[CG_KEY_SIZE] = {1}, zero[CG_SUBJECT_SIZE] = {0};
    unsigned char subject[CG_SUBJECT_SIZE], other[CG_SUBJECT_SIZE];
    cg_realm realm = realm_of("a", "b");
    (void)state;
    memset(subject, 'x', sizeof subject);
    assert_true(cg_subject_make(crypto, key, &realm, (cg_span){NULL, 0}, subject));
    assert_memory_equal(subject, zero, sizeof zero);
    memset(name, 'n', sizeof name);
    assert_true(cg_subject_make(crypto, key, &realm, (cg_span){name, sizeof name}, subject));
    assert_true(cg_subject_make(crypto, key, &realm, (cg_span){name, sizeof name - 1}, other));
    assert_memory_not_equal(subject, zero, sizeof zero);
    assert_memory_not_equal(subject, other, sizeof other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_host_is_one_realm),
        cmocka_unit_test(what_differs_is_another_realm),
        cmocka_unit_test(a_shared_realm_is_none_of_names),
        cmocka_unit_test(a_shared_realm_is_its_octets),
        cmocka_unit_test(names_that_are_too_long_make_none),
        cmocka_unit_test(known_realms_and_subjects),
        cmocka_unit_test(subjects_differ),
        cmocka_unit_test(nobody_is_zero_and_long_names_are_somebody),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
