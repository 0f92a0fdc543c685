/* Any text as a key ring: a sentence, or a ring that keeps its laws, prints as it was read and turns. */
#include "fuzz_input.h"

#include "session/key_ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const cg_key_ring *ring, const cg_ring_error *error, size_t size)
{
    static const cg_key_ring zero;
    fuzz_check(error->sentence && strlen(error->sentence) > 10, "a sentence");
    fuzz_check(error->line <= size, "a line of the text");
    fuzz_check(memcmp(ring, &zero, sizeof zero) == 0, "nothing is left");
}

static void check_laws(const cg_key_ring *ring)
{
    unsigned active = 0, next = 0;
    fuzz_check(ring->count >= 1 && ring->count <= CG_RING_KEYS_MAX, "a number of keys");
    for (unsigned i = 0; i < ring->count; i++) {
        const cg_ring_key *key = &ring->keys[i];
        bool is_in_use = key->state == CG_KEY_ACTIVE || key->state == CG_KEY_NEXT;
        active += key->state == CG_KEY_ACTIVE;
        next += key->state == CG_KEY_NEXT;
        fuzz_check(key->created > 0, "a moment of creation");
        fuzz_check(is_in_use == (key->retired == 0), "retired, or in use");
        fuzz_check(is_in_use || key->retired >= key->created, "created before retired");
    }
    fuzz_check(active == 1 && next <= 1, "one active, at most one next");
    fuzz_check(cg_key_ring_active(ring)->state == CG_KEY_ACTIVE, "the active one is found");
}

static void check_printed(cg_crypto *crypto, const cg_key_ring *ring)
{
    static char text[CG_RING_TEXT_MAX];
    static cg_key_ring again;
    cg_writer writer = {.at = text, .size = sizeof text};
    cg_ring_error error;

    cg_key_ring_print(ring, &writer);
    fuzz_check(!cg_writer_is_full(&writer), "room for every ring");
    fuzz_check(cg_key_ring_parse(crypto, (cg_span){text, writer.len}, &again, &error),
               "what is printed is a ring");
    fuzz_check(memcmp(ring, &again, sizeof again) == 0, "the same when it is read again");
}

static void check_ring(cg_crypto *crypto, cg_key_ring *ring)
{
    check_laws(ring);
    check_printed(crypto, ring);
    if (cg_key_ring_rotate(crypto, ring->keys[0].created, 0, ring)) {
        check_laws(ring);
        check_printed(crypto, ring);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static cg_key_ring ring;
    cg_crypto *crypto = cg_crypto_make();
    cg_ring_error error;

    fuzz_check(crypto != NULL, "there is memory");
    if (cg_key_ring_parse(crypto, (cg_span){(const char *)data, size}, &ring, &error)) {
        check_ring(crypto, &ring);
    } else {
        check_error(&ring, &error, size);
    }
    cg_crypto_free(crypto);
    return 0;
}
