/* The key ring: what is printed is read again, every wrong line has its sentence, and it turns. */
#include "unit.h"

#include "session/key_ring.h"

/* Two keys of known octets: 00 01 ... 1f, whose id is 9dadc824, and 32 times ff. */
#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define ID_A "9dadc824"
#define KEY_B "//////////////////////////////////////////8="
#define ID_B "3cdb7830"
#define MOMENT "2026-11-24T01:53:27Z"
#define LATER "2026-12-24T01:53:27Z"
#define ACTIVE_A ID_A " " MOMENT " active - " KEY_A "\n"

#define NOW INT64_C(1795485207) /* MOMENT */

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

static void parse_good(cg_span text, cg_key_ring *ring)
{
    cg_ring_error error;
    memset(ring, 'x', sizeof *ring);
    if (!cg_key_ring_parse(crypto, guarded(text), ring, &error)) {
        fail_msg("line %u: %s", error.line, error.sentence);
    }
    assert_null(error.sentence);
}

static void reads_fields(void **state)
{
    cg_key_ring ring;
    (void)state;
    parse_good(CG_SPAN("# a comment, and an empty line\n\n  \t\n" ID_B " " MOMENT " old " LATER
                       " " KEY_B "\n\t " ID_A "\t\t" MOMENT "  active \t-  " KEY_A " \t"),
               &ring);
    assert_int_equal(ring.count, 2);
    assert_int_equal(ring.keys[0].state, CG_KEY_OLD);
    assert_int_equal(ring.keys[0].created, NOW);
    assert_int_equal(ring.keys[0].retired, NOW + 30 * 86400);
    assert_int_equal(ring.keys[1].state, CG_KEY_ACTIVE);
    assert_int_equal(ring.keys[1].retired, 0);
    for (unsigned i = 0; i < CG_KEY_SIZE; i++) {
        assert_int_equal(ring.keys[0].key[i], 0xff);
        assert_int_equal(ring.keys[1].key[i], i);
    }
    assert_ptr_equal(cg_key_ring_active(&ring), &ring.keys[1]);
}

static void ids_are_printed_and_computed(void **state)
{
    char text[CG_KEY_ID_TEXT_LEN + 1];
    cg_key_ring ring;
    (void)state;
    parse_good(CG_SPAN(ACTIVE_A), &ring);
    cg_key_id_print(ring.keys[0].id, text);
    assert_string_equal(text, ID_A);
}

/* Each wrong ring: where, and the words that its sentence must have. */
static void every_wrong_line_has_a_sentence(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *words;
    } cases[] = {
        {"", 0, "no key is active"},
        {"# nothing\n", 0, "no key is active"},
        {ID_A " " MOMENT " next - " KEY_A "\n", 0, "no key is active"},
        {ID_A " " MOMENT " old " LATER " " KEY_A "\n", 0, "no key is active"},
        {ID_A "\n", 1, "five fields"},
        {"\n" ID_A " " MOMENT "\n", 2, "five fields"},
        {ID_A " " MOMENT " active\n", 1, "five fields"},
        {"#\n#\n" ID_A " " MOMENT " active -\n", 3, "five fields"},
        {"9DADC824 " MOMENT " active - " KEY_A "\n", 1, "8 hexadecimal digits"},
        {"9dadc82 " MOMENT " active - " KEY_A "\n", 1, "8 hexadecimal digits"},
        {"9dadc8244 " MOMENT " active - " KEY_A "\n", 1, "8 hexadecimal digits"},
        {"9dadc82g " MOMENT " active - " KEY_A "\n", 1, "8 hexadecimal digits"},
        {ID_A " 2026-11-24 active - " KEY_A "\n", 1, "moment of creation"},
        {ID_A " - active - " KEY_A "\n", 1, "moment of creation"},
        {ID_A " " MOMENT " Active - " KEY_A "\n", 1, "state is none of"},
        {ID_A " " MOMENT " retired - " KEY_A "\n", 1, "state is none of"},
        {ID_A " " MOMENT " activ - " KEY_A "\n", 1, "state is none of"},
        {ID_A " " MOMENT " active never " KEY_A "\n", 1, "moment of retirement"},
        {ID_A " " MOMENT " active - AAEC\n", 1, "32 octets in base64"},
        {ID_A " " MOMENT " active - AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", 1, "32 octets"},
        {ID_A " " MOMENT " active - AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A\n", 1,
         "32 octets"},
        {ID_A " " MOMENT " active - AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh==\n", 1,
         "32 octets"},
        {ID_A " " MOMENT " active - AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n", 1,
         "32 octets"}, /* bits behind the last octet */
        {ID_A " " MOMENT " active - AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh-=\n", 1,
         "32 octets"},
        {ID_A " " MOMENT " active - " KEY_A "\r\n", 1, "32 octets"},
        {ID_A " " MOMENT " active - " KEY_A " more\n", 1, "behind the key"},
        {ID_A " " MOMENT " active " LATER " " KEY_A "\n", 1, "is not retired"},
        {ID_A " " MOMENT " next " LATER " " KEY_A "\n", 1, "is not retired"},
        {ID_A " " MOMENT " old - " KEY_A "\n", 1, "was retired at some moment"},
        {ID_A " " MOMENT " revoked - " KEY_A "\n", 1, "was retired at some moment"},
        {ID_A " " LATER " old " MOMENT " " KEY_A "\n", 1, "before it was created"},
        {ID_B " " MOMENT " active - " KEY_A "\n", 1, "id is not that of the key"},
        {ID_A " " MOMENT " active - " KEY_B "\n", 1, "id is not that of the key"},
        {ACTIVE_A ACTIVE_A, 2, "twice"},
        {ACTIVE_A "\n" ID_A " " MOMENT " old " LATER " " KEY_A "\n", 3, "twice"},
        {ACTIVE_A ID_B " " MOMENT " active - " KEY_B "\n", 2, "second key is active"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_key_ring ring, zero;
        cg_ring_error error;
        memset(&ring, 'x', sizeof ring);
        memset(&zero, 0, sizeof zero);
        if (cg_key_ring_parse(crypto, guarded(cg_span_of(cases[i].text)), &ring, &error)) {
            fail_msg("case %zu is a ring", i);
        }
        if (error.line != cases[i].line || strstr(error.sentence, cases[i].words) == NULL) {
            fail_msg("case %zu, line %u: %s", i, error.line, error.sentence);
        }
        assert_memory_equal(&ring, &zero, sizeof zero);
    }
}

static size_t print(const cg_key_ring *ring, char text[CG_RING_TEXT_MAX])
{
    cg_writer writer = {.at = text, .size = CG_RING_TEXT_MAX};
    cg_key_ring_print(ring, &writer);
    assert_false(cg_writer_is_full(&writer));
    return writer.len;
}

static void assert_same_after_printing(const cg_key_ring *ring)
{
    static char text[CG_RING_TEXT_MAX];
    cg_key_ring again;
    parse_good((cg_span){text, print(ring, text)}, &again);
    assert_int_equal(again.count, ring->count);
    for (unsigned i = 0; i < ring->count; i++) {
        const cg_ring_key *a = &ring->keys[i], *b = &again.keys[i];
        assert_memory_equal(a->id, b->id, CG_KEY_ID_SIZE);
        assert_memory_equal(a->key, b->key, CG_KEY_SIZE);
        assert_true(a->state == b->state && a->created == b->created && a->retired == b->retired);
    }
}

static void a_new_ring_has_one_active_and_one_next(void **state)
{
    cg_key_ring ring, other;
    (void)state;
    assert_true(cg_key_ring_make(crypto, NOW, &ring));
    assert_int_equal(ring.count, 2);
    assert_int_equal(ring.keys[0].state, CG_KEY_ACTIVE);
    assert_int_equal(ring.keys[1].state, CG_KEY_NEXT);
    assert_int_equal(ring.keys[0].created, NOW);
    assert_memory_not_equal(ring.keys[0].key, ring.keys[1].key, CG_KEY_SIZE);
    assert_same_after_printing(&ring);
    assert_true(cg_key_ring_make(crypto, NOW, &other));
    assert_memory_not_equal(ring.keys[0].key, other.keys[0].key, CG_KEY_SIZE);
}

/* Each turn: the key that was next is active, the active one old since now, and all others stay. */
static void turns(void **state)
{
    cg_key_ring ring, before;
    (void)state;
    assert_true(cg_key_ring_make(crypto, NOW, &ring));
    for (unsigned turn = 1; turn <= CG_RING_KEYS_MAX - 2; turn++) {
        int64_t now = NOW + turn * 1000;
        before = ring;
        assert_true(cg_key_ring_rotate(crypto, now, 0, &ring));
        assert_int_equal(ring.count, before.count + 1);
        assert_int_equal(ring.keys[turn - 1].state, CG_KEY_OLD);
        assert_int_equal(ring.keys[turn - 1].retired, now);
        assert_int_equal(ring.keys[turn].state, CG_KEY_ACTIVE);
        assert_int_equal(ring.keys[turn + 1].state, CG_KEY_NEXT);
        assert_int_equal(ring.keys[turn + 1].created, now);
        assert_memory_equal(ring.keys[turn].key, before.keys[turn].key, CG_KEY_SIZE);
        assert_memory_equal(ring.keys, before.keys, (turn - 1) * sizeof ring.keys[0]);
        assert_same_after_printing(&ring);
    }
    before = ring;
    assert_false(cg_key_ring_rotate(crypto, NOW + 99000, 0, &ring)); /* full */
    assert_memory_equal(&ring, &before, sizeof ring);
    assert_true(cg_key_ring_rotate(crypto, NOW + 99000, NOW + 1001, &ring)); /* one is forgotten */
    assert_int_equal(ring.count, CG_RING_KEYS_MAX);
    assert_same_after_printing(&ring);
}

static void forgets_what_was_retired_before(void **state)
{
    const cg_ring_key zero = {.state = CG_KEY_REVOKED};
    cg_key_ring ring;
    unsigned char kept[CG_KEY_SIZE];
    (void)state;
    assert_true(cg_key_ring_make(crypto, NOW, &ring));
    for (unsigned turn = 1; turn <= 4; turn++) {
        assert_true(cg_key_ring_rotate(crypto, NOW + turn, 0, &ring));
    }
    ring.keys[1].state = CG_KEY_REVOKED; /* retired at NOW + 2 */
    memcpy(kept, ring.keys[2].key, sizeof kept);
    assert_true(cg_key_ring_rotate(crypto, NOW + 9, NOW + 3, &ring));
    assert_int_equal(ring.count, 5); /* two old, one that was active, active, next */
    assert_memory_equal(ring.keys[0].key, kept, sizeof kept);
    assert_int_equal(ring.keys[0].retired, NOW + 3);
    assert_memory_equal(&ring.keys[5], &zero, sizeof zero); /* what was forgotten is gone */
    assert_memory_equal(&ring.keys[6], &zero, sizeof zero);
    assert_same_after_printing(&ring);
}

/* A key that was revoked before its time: the ring still has an active one afterwards, and a next. */
static void turns_without_a_next_key(void **state)
{
    cg_key_ring ring;
    (void)state;
    assert_true(cg_key_ring_make(crypto, NOW, &ring));
    ring.keys[1].state = CG_KEY_REVOKED;
    ring.keys[1].retired = NOW;
    assert_true(cg_key_ring_rotate(crypto, NOW + 5, 0, &ring));
    assert_int_equal(ring.count, 4);
    assert_int_equal(ring.keys[0].state, CG_KEY_OLD);
    assert_int_equal(ring.keys[1].state, CG_KEY_REVOKED);
    assert_int_equal(ring.keys[2].state, CG_KEY_ACTIVE);
    assert_int_equal(ring.keys[3].state, CG_KEY_NEXT);
    assert_same_after_printing(&ring);
}

/* No key is retired before it was created, whatever the clock says. */
static void turns_with_a_clock_that_went_back(void **state)
{
    cg_key_ring ring;
    (void)state;
    assert_true(cg_key_ring_make(crypto, NOW, &ring));
    assert_true(cg_key_ring_rotate(crypto, NOW - 86400, 0, &ring));
    assert_int_equal(ring.keys[0].retired, NOW);
    assert_same_after_printing(&ring);
}

static bool is_of_ring(const cg_key_ring *ring, const cg_ring_key *key)
{
    bool is_found = false;
    for (unsigned i = 0; i < ring->count; i++) {
        const cg_ring_key *own = &ring->keys[i];
        is_found = is_found ||
                   (memcmp(own->id, key->id, CG_KEY_ID_SIZE) == 0 &&
                    memcmp(own->key, key->key, CG_KEY_SIZE) == 0 && own->state == key->state);
    }
    return is_found;
}

/* Every octet of a ring changed: a sentence, or a ring of the same keys in the same states. (A line may
 * become a comment, and a moment another one.) */
static void no_changed_key_or_state_goes_unseen(void **state)
{
    static char text[CG_RING_TEXT_MAX], changed[CG_RING_TEXT_MAX];
    cg_key_ring ring, other;
    cg_ring_error error;
    size_t len;
    (void)state;
    assert_true(cg_key_ring_make(crypto, NOW, &ring));
    assert_true(cg_key_ring_rotate(crypto, NOW + 7, 0, &ring));
    len = print(&ring, text);
    for (size_t at = 0; at < len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(changed, text, len);
            changed[at] = (char)(changed[at] ^ (1 << bit));
            if (!cg_key_ring_parse(crypto, (cg_span){changed, len}, &other, &error)) {
                assert_true(strlen(error.sentence) > 10);
                continue;
            }
            for (unsigned i = 0; i < other.count; i++) {
                assert_true(is_of_ring(&ring, &other.keys[i]));
            }
        }
    }
}

static void too_many_and_too_long(void **state)
{
    static char text[CG_RING_TEXT_MAX + 1];
    cg_key_ring ring;
    cg_ring_error error;
    size_t len;
    (void)state;
    assert_true(cg_key_ring_make(crypto, NOW, &ring));
    while (ring.count < CG_RING_KEYS_MAX) {
        assert_true(cg_key_ring_rotate(crypto, NOW, 0, &ring));
    }
    len = print(&ring, text);
    memcpy(text + len, ACTIVE_A, sizeof ACTIVE_A - 1);
    assert_false(
        cg_key_ring_parse(crypto, (cg_span){text, len + sizeof ACTIVE_A - 1}, &ring, &error));
    assert_non_null(strstr(error.sentence, "more than 64"));
    memset(text, '\n', sizeof text);
    assert_false(cg_key_ring_parse(crypto, (cg_span){text, sizeof text}, &ring, &error));
    assert_int_equal(error.line, 0);
    assert_non_null(strstr(error.sentence, "too long"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields),
        cmocka_unit_test(ids_are_printed_and_computed),
        cmocka_unit_test(every_wrong_line_has_a_sentence),
        cmocka_unit_test(a_new_ring_has_one_active_and_one_next),
        cmocka_unit_test(turns),
        cmocka_unit_test(forgets_what_was_retired_before),
        cmocka_unit_test(turns_without_a_next_key),
        cmocka_unit_test(turns_with_a_clock_that_went_back),
        cmocka_unit_test(no_changed_key_or_state_goes_unseen),
        cmocka_unit_test(too_many_and_too_long),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
