/* The sealed record: nothing opens that is not, to the bit, what was sealed for this token. */
#include "unit.h"

#include "content_text.h"
#include "sealed.h"

#define NONCE_AT CG_RECORD_HEADER_SIZE
#define TAG_AT (NONCE_AT + CG_NONCE_SIZE)
#define CONTENT_AT CG_RECORD_OVERHEAD

static cg_realm realm;
static cg_token token;
static unsigned char key[CG_KEY_SIZE];

/* A record of 192 octets of content, 150 of them used: padding, and room to spare for a flip of the
 * length. */
enum { USED = 150, GOOD_SIZE = CG_RECORD_OVERHEAD + 192 };
static unsigned char good[GOOD_SIZE];
static cg_record_header good_header;
static char used[USED];

static int make_good(void **state)
{
    cg_writer writer = {.at = used, .size = sizeof used};
    static char value[USED];

    (void)state;
    realm = sealed_realm(1);
    token = sealed_token(0x31);
    sealed_key(&realm, &token, key);
    memset(value, 'v', sizeof value);
    content_write_item(&writer, CG_SECTION_MOD_SESSION, CG_SPAN("user"), CG_SPAN("joe"));
    content_write_item(&writer, CG_SECTION_JAR, CG_SPAN("SID"),
                       (cg_span){value, sizeof used - writer.len - 3 - 8});
    good_header = sealed_header(&token);
    return !(writer.len == USED &&
             cg_record_seal(sealed_crypto(), key, &realm, &good_header, (cg_content){{used, USED}},
                            good) &&
             cg_record_size(USED) == GOOD_SIZE);
}

/* A copy of a record that ends where readable memory ends. */
static unsigned char *copy_of(const unsigned char *record, size_t size)
{
    return (unsigned char *)(uintptr_t)guarded((cg_span){(const char *)record, size}).at;
}

static cg_record_verdict look(const unsigned char *record, size_t size)
{
    cg_record_header header;
    const cg_sub_keys_of_one *found = sealed_sub_keys()->of;
    cg_record_verdict verdict = cg_record_look(record, size, sealed_sub_keys(), &header, &found);

    assert_int_equal(found != NULL, verdict == CG_RECORD_OPENED);
    return verdict;
}

/* Opens under a realm and a key. A record that does not open leaves its header, and zeros. */
static cg_record_verdict open_with(const cg_realm *of, const unsigned char with[CG_KEY_SIZE],
                                   const unsigned char *record, size_t size)
{
    unsigned char *copy = copy_of(record, size);
    cg_content content = {{"x", 1}};
    cg_record_verdict verdict = cg_record_open(sealed_crypto(), with, of, copy, size, &content);

    assert_memory_equal(copy, record, size < NONCE_AT ? size : NONCE_AT);
    if (verdict != CG_RECORD_OPENED) {
        assert_null(content.text.at);
        for (size_t i = NONCE_AT; i < size; i++) {
            assert_int_equal(copy[i], 0);
        }
    }
    return verdict;
}

static cg_record_verdict open_copy(const unsigned char *record, size_t size)
{
    return open_with(&realm, key, record, size);
}

static void opens_what_was_sealed(void **state)
{
    static char value[CG_CONTENT_MAX], text[CG_CONTENT_MAX];
    static unsigned char record[CG_RECORD_OVERHEAD + CG_CONTENT_MAX];
    static const size_t lengths[] = {0, 9, 10, 63, 64, 65, 127, 128, 129, 200, 2048, 65535, 65536};

    (void)state;
    memset(value, 'v', sizeof value);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        size_t size = cg_record_size(lengths[i]);
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_record_header header = sealed_header(&token), found;
        const cg_sub_keys_of_one *keys;
        cg_content content;
        unsigned char *copy;

        if (lengths[i]) {
            content_write_item(&writer, CG_SECTION_JAR, CG_SPAN("k"),
                               (cg_span){value, lengths[i] - 9});
        }
        assert_true(cg_record_seal(sealed_crypto(), key, &realm, &header,
                                   (cg_content){{text, writer.len}}, record));
        assert_int_equal(size, 104 + (lengths[i] ? (lengths[i] + 63) / 64 * 64 : 64));
        copy = copy_of(record, size);
        assert_int_equal(cg_record_look(copy, size, sealed_sub_keys(), &found, &keys),
                         CG_RECORD_OPENED);
        assert_memory_equal(&found, &header, sizeof header);
        assert_ptr_equal(keys, &sealed_sub_keys()->of[SEALED_ACTIVE]);
        assert_int_equal(cg_record_open(sealed_crypto(), key, &realm, copy, size, &content),
                         CG_RECORD_OPENED);
        assert_text("content", content.text, (cg_span){text, lengths[i]});
    }
}

static void seals_without_room_to_spare(void **state)
{
    unsigned char *record = (unsigned char *)guard_page_end() - GOOD_SIZE;
    cg_record_header header = sealed_header(&token);
    (void)state;
    assert_true(
        cg_record_seal(sealed_crypto(), key, &realm, &header, (cg_content){{used, USED}}, record));
    assert_int_equal(open_copy(record, GOOD_SIZE), CG_RECORD_OPENED);
}

static void completes_the_header(void **state)
{
    (void)state;
    assert_memory_equal(good_header.magic, "CGR", 3);
    assert_int_equal(good_header.format, 1);
    assert_int_equal(good_header.length, USED);
    assert_memory_equal(good_header.realm, realm.octets, CG_REALM_TAG_SIZE);
    assert_memory_equal(good, &good_header, sizeof good_header);
}

static void hides_what_it_holds(void **state)
{
    (void)state;
    for (size_t i = CONTENT_AT; i + 4 <= GOOD_SIZE; i++) {
        assert_true(memcmp(good + i, "user", 4) && memcmp(good + i, "vvvv", 4) &&
                    memcmp(good + i, "\0\0\0\0", 4));
    }
}

/* -- nothing can be changed ----------------------------------------------------------------- */

#define FIELD(name)                                                                                \
#name, offsetof(cg_record_header, name), sizeof(((cg_record_header *)NULL)->name)

/* Fields that a look at the header alone cannot judge are for the tag to hold. */
static const struct {
    const char *name;
    size_t at, size;
    unsigned char flip; /* turns what stands there into another possible value */
    cg_record_verdict verdict;
} fields[] = {
    {FIELD(magic), 1, CG_RECORD_MALFORMED},
    {FIELD(format), 3, CG_RECORD_MALFORMED},
    {FIELD(kind), 3, CG_RECORD_MALFORMED},
    {FIELD(state), CG_RECORD_LIVE ^ CG_RECORD_ALIAS, CG_RECORD_TAMPERED},
    {FIELD(state), CG_RECORD_LIVE ^ CG_RECORD_FORMER, CG_RECORD_TAMPERED},
    {FIELD(is_authenticated), 1, CG_RECORD_TAMPERED},
    {FIELD(reserved), 1, CG_RECORD_MALFORMED},
    {FIELD(key_id), 1, CG_RECORD_TAMPERED},
    {FIELD(handle), 1, CG_RECORD_TAMPERED},
    {FIELD(number), 1, CG_RECORD_TAMPERED},
    {FIELD(subject), 1, CG_RECORD_TAMPERED},
    {FIELD(realm), 1, CG_RECORD_TAMPERED},
    {FIELD(created), 1, CG_RECORD_TAMPERED},
    {FIELD(expires), 1, CG_RECORD_TAMPERED},
    {FIELD(version), 1, CG_RECORD_TAMPERED},
    {FIELD(epoch), 1, CG_RECORD_TAMPERED},
};

static void every_header_field_is_bound(void **state)
{
    unsigned char changed[GOOD_SIZE];
    bool is_seen[CG_RECORD_HEADER_SIZE] = {false};

    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        for (size_t octet = fields[i].at; octet < fields[i].at + fields[i].size; octet++) {
            memcpy(changed, good, sizeof good);
            changed[octet] ^= fields[i].flip;
            if (open_copy(changed, sizeof changed) != fields[i].verdict) {
                fail_msg("octet %zu, of %s", octet, fields[i].name);
            }
            is_seen[octet] = true;
        }
    }
    /* the length, as far as it leaves the record's size what it is, and beyond */
    for (uint32_t length = 0; length <= 300; length++) {
        cg_record_verdict wanted = length == USED                        ? CG_RECORD_OPENED
                                   : cg_record_size(length) == GOOD_SIZE ? CG_RECORD_TAMPERED
                                                                         : CG_RECORD_MALFORMED;
        memcpy(changed, good, sizeof good);
        memcpy(changed + offsetof(cg_record_header, length), &length, sizeof length);
        assert_int_equal(open_copy(changed, sizeof changed), wanted);
    }
    memset(is_seen + offsetof(cg_record_header, length), true, sizeof(uint32_t));
    for (size_t octet = 0; octet < COUNT(is_seen); octet++) {
        assert_true(is_seen[octet]);
        for (unsigned value = 1; value < 256; value++) {
            memcpy(changed, good, sizeof good);
            changed[octet] ^= (unsigned char)value;
            if (open_copy(changed, sizeof changed) == CG_RECORD_OPENED) {
                fail_msg("octet %zu", octet);
            }
        }
    }
}

static void all_single_bit_flips_are_refused(void **state)
{
    unsigned char changed[GOOD_SIZE];
    (void)state;
    assert_int_equal(open_copy(good, sizeof good), CG_RECORD_OPENED);
    for (size_t bit = 0; bit < 8 * sizeof good; bit++) {
        memcpy(changed, good, sizeof good);
        changed[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (open_copy(changed, sizeof changed) == CG_RECORD_OPENED) {
            fail_msg("bit %zu", bit);
        }
    }
}

static void all_truncations_are_refused(void **state)
{
    unsigned char longer[GOOD_SIZE + 2 * CG_RECORD_PADDING] = {0};
    (void)state;
    memcpy(longer, good, sizeof good);
    for (size_t size = 0; size <= sizeof longer; size++) {
        if (size != sizeof good) {
            assert_int_equal(open_copy(longer, size), CG_RECORD_MALFORMED);
            assert_int_equal(look(copy_of(longer, size), size), CG_RECORD_MALFORMED);
        }
    }
}

/* Cut, and the length made to fit: the tag is over all of it. */
static void truncations_with_the_length_put_right_are_refused(void **state)
{
    unsigned char changed[GOOD_SIZE];
    (void)state;
    for (uint32_t length = 0; length < USED; length++) {
        if (cg_record_size(length) < GOOD_SIZE) {
            memcpy(changed, good, sizeof good);
            memcpy(changed + offsetof(cg_record_header, length), &length, sizeof length);
            assert_int_equal(open_copy(changed, cg_record_size(length)), CG_RECORD_TAMPERED);
        }
    }
}

static void parts_of_two_records_make_none(void **state)
{
    unsigned char other[GOOD_SIZE], mixed[GOOD_SIZE];
    cg_record_header header = sealed_header(&token);
    const struct {
        size_t at, size;
    } parts[] = {{0, NONCE_AT},
                 {NONCE_AT, CG_NONCE_SIZE},
                 {TAG_AT, CG_TAG_SIZE},
                 {CONTENT_AT, GOOD_SIZE - CONTENT_AT},
                 {NONCE_AT, GOOD_SIZE - NONCE_AT}};

    (void)state;
    header.version++;
    assert_true(
        cg_record_seal(sealed_crypto(), key, &realm, &header, (cg_content){{used, USED}}, other));
    for (size_t i = 0; i < COUNT(parts); i++) {
        memcpy(mixed, good, sizeof good);
        memcpy(mixed + parts[i].at, other + parts[i].at, parts[i].size);
        assert_int_equal(open_copy(mixed, sizeof mixed), CG_RECORD_TAMPERED);
    }
}

/* -- for whom it opens ---------------------------------------------------------------------- */

static void make_key_of(const unsigned char sub_key[CG_KEY_SIZE], unsigned kind, const cg_realm *of,
                        const cg_token *with, unsigned char made[CG_KEY_SIZE])
{
    assert_true(cg_record_make_key(sealed_crypto(), sub_key, (cg_record_kind)kind, of, with, made));
}

/* The input is its four parts, each of a fixed length, and nothing else: no two of them are alike
 * unless all their octets are. */
static void record_key_input_is_injective(void **state)
{
    enum { LEN = 1 + CG_REALM_SIZE + CG_HANDLE_SIZE + CG_SECRET_SIZE };
    const unsigned char *sub_key = sealed_sub_keys()->of[SEALED_ACTIVE].keys[CG_PURPOSE_RECORD];
    unsigned char text[LEN], first[CG_KEY_SIZE], wanted[CG_DIGEST_SIZE], made[CG_KEY_SIZE];

    (void)state;
    sealed_fill(text, sizeof text, CG_RECORD_SESSION);
    for (size_t octet = 0; octet <= LEN; octet++) {
        unsigned char changed[LEN];
        cg_realm of;
        cg_token with;

        memcpy(changed, text, LEN);
        if (octet < LEN) {
            changed[octet] ^= 0x80;
        }
        memcpy(of.octets, changed + 1, CG_REALM_SIZE);
        memcpy(with.handle, changed + 1 + CG_REALM_SIZE, CG_HANDLE_SIZE);
        memcpy(with.secret, changed + 1 + CG_REALM_SIZE + CG_HANDLE_SIZE, CG_SECRET_SIZE);
        make_key_of(sub_key, changed[0], &of, &with, made);
        assert_true(cg_hmac(sealed_crypto(), sub_key, changed, LEN, wanted));
        assert_memory_equal(made, wanted, sizeof made);
        if (octet == 0) {
            memcpy(first, made, sizeof first);
        } else {
            assert_memory_not_equal(made, first, sizeof made);
        }
    }
}

static void record_of_other_realm_kind_handle_key_does_not_open(void **state)
{
    const cg_sub_keys *ring = sealed_sub_keys();
    const unsigned char *sub_key = ring->of[SEALED_ACTIVE].keys[CG_PURPOSE_RECORD];
    unsigned char other_key[CG_KEY_SIZE];
    cg_realm other_realm = realm;
    cg_token other_token = token;

    (void)state;
    make_key_of(sub_key, CG_RECORD_SESSION, &realm, &token, other_key);
    assert_int_equal(open_with(&realm, other_key, good, sizeof good), CG_RECORD_OPENED);

    /* the octets of the realm that the header has are the same; first in the key, then beside it */
    other_realm.octets[CG_REALM_SIZE - 1] ^= 1;
    assert_int_equal(open_with(&other_realm, key, good, sizeof good), CG_RECORD_TAMPERED);
    make_key_of(sub_key, CG_RECORD_SESSION, &other_realm, &token, other_key);
    assert_int_equal(open_with(&realm, other_key, good, sizeof good), CG_RECORD_TAMPERED);
    assert_int_equal(open_with(&other_realm, other_key, good, sizeof good), CG_RECORD_TAMPERED);

    make_key_of(sub_key, CG_RECORD_SESSION + 1, &realm, &token, other_key);
    assert_int_equal(open_with(&realm, other_key, good, sizeof good), CG_RECORD_TAMPERED);

    other_token.handle[0] ^= 1;
    make_key_of(sub_key, CG_RECORD_SESSION, &realm, &other_token, other_key);
    assert_int_equal(open_with(&realm, other_key, good, sizeof good), CG_RECORD_TAMPERED);

    other_token = token;
    other_token.secret[CG_SECRET_SIZE - 1] ^= 1;
    make_key_of(sub_key, CG_RECORD_SESSION, &realm, &other_token, other_key);
    assert_int_equal(open_with(&realm, other_key, good, sizeof good), CG_RECORD_TAMPERED);

    make_key_of(ring->of[SEALED_OLD].keys[CG_PURPOSE_RECORD], CG_RECORD_SESSION, &realm, &token,
                other_key);
    assert_int_equal(open_with(&realm, other_key, good, sizeof good), CG_RECORD_TAMPERED);
    make_key_of(ring->of[SEALED_ACTIVE].keys[CG_PURPOSE_SEAL], CG_RECORD_SESSION, &realm, &token,
                other_key);
    assert_int_equal(open_with(&realm, other_key, good, sizeof good), CG_RECORD_TAMPERED);
}

/* A record of another handle, put where this token's stands, and its header written over. */
static void a_record_of_another_session_does_not_open(void **state)
{
    cg_token other_token = sealed_token(0x32);
    cg_record_header header = sealed_header(&other_token);
    unsigned char other_key[CG_KEY_SIZE], other[GOOD_SIZE];

    (void)state;
    sealed_key(&realm, &other_token, other_key);
    assert_true(cg_record_seal(sealed_crypto(), other_key, &realm, &header,
                               (cg_content){{used, USED}}, other));
    assert_int_equal(open_copy(other, sizeof other), CG_RECORD_TAMPERED);
    memcpy(other, good, CG_RECORD_HEADER_SIZE);
    assert_int_equal(open_copy(other, sizeof other), CG_RECORD_TAMPERED);
    assert_int_equal(open_with(&realm, other_key, other, sizeof other), CG_RECORD_TAMPERED);
}

static int compare_nonces(const void *a, const void *b)
{
    return memcmp(a, b, CG_NONCE_SIZE);
}

static void two_seals_of_equal_data_differ(void **state)
{
    enum { SEALS = 2000 };
    static unsigned char nonces[SEALS][CG_NONCE_SIZE];
    unsigned char again[GOOD_SIZE];
    (void)state;
    for (size_t i = 0; i < SEALS; i++) {
        cg_record_header header = sealed_header(&token);
        assert_true(cg_record_seal(sealed_crypto(), key, &realm, &header,
                                   (cg_content){{used, USED}}, again));
        assert_memory_equal(again, good, CG_RECORD_HEADER_SIZE);
        assert_memory_not_equal(again + TAG_AT, good + TAG_AT, CG_TAG_SIZE);
        for (size_t at = CONTENT_AT; at < GOOD_SIZE; at += 16) {
            assert_memory_not_equal(again + at, good + at, 16);
        }
        memcpy(nonces[i], again + NONCE_AT, CG_NONCE_SIZE);
    }
    qsort(nonces, SEALS, CG_NONCE_SIZE, compare_nonces);
    for (size_t i = 1; i < SEALS; i++) {
        assert_memory_not_equal(nonces[i - 1], nonces[i], CG_NONCE_SIZE);
    }
}

/* -- what the header says ------------------------------------------------------------------- */

/* A record of a key of the ring, created then. */
static cg_record_verdict look_at_one(const unsigned char id[CG_KEY_ID_SIZE], int64_t created)
{
    unsigned char changed[GOOD_SIZE];
    cg_record_header header = good_header;
    header.created = (uint32_t)created;
    memcpy(header.key_id, id, sizeof header.key_id);
    memcpy(changed, good, sizeof good);
    memcpy(changed, &header, sizeof header);
    return look(changed, sizeof changed);
}

static void record_created_after_key_retirement_refused(void **state)
{
    const cg_sub_keys_of_one *ring = sealed_sub_keys()->of;
    (void)state;
    assert_int_equal(look_at_one(ring[SEALED_OLD].id, 0), CG_RECORD_OPENED);
    assert_int_equal(look_at_one(ring[SEALED_OLD].id, SEALED_LAST), CG_RECORD_OPENED);
    assert_int_equal(look_at_one(ring[SEALED_OLD].id, SEALED_LAST + 1), CG_RECORD_KEY_RETIRED);
    assert_int_equal(look_at_one(ring[SEALED_OLD].id, UINT32_MAX), CG_RECORD_KEY_RETIRED);
    assert_int_equal(look_at_one(ring[SEALED_ACTIVE].id, UINT32_MAX), CG_RECORD_OPENED);
    assert_int_equal(look_at_one(ring[SEALED_NEXT].id, UINT32_MAX), CG_RECORD_OPENED);
}

static void a_revoked_key_opens_nothing(void **state)
{
    const cg_sub_keys_of_one *revoked = &sealed_sub_keys()->of[SEALED_REVOKED];
    (void)state;
    assert_int_equal(look_at_one(revoked->id, 0), CG_RECORD_KEY_REVOKED);
    assert_int_equal(look_at_one(revoked->id, SEALED_RETIRED), CG_RECORD_KEY_REVOKED);
    assert_int_equal(look_at_one(revoked->id, UINT32_MAX), CG_RECORD_KEY_REVOKED);
}

static void an_unknown_key_is_no_forgery(void **state)
{
    static const unsigned char unknown[][CG_KEY_ID_SIZE] = {
        {0}, {0xFF, 0xFF, 0xFF, 0xFF}, {0x10, 0x11, 0x12, 0x14}, {0x11, 0x11, 0x12, 0x13}};
    cg_sub_keys none = {.count = 0};
    const cg_sub_keys_of_one *found = none.of;
    cg_record_header header;

    (void)state;
    for (size_t i = 0; i < COUNT(unknown); i++) {
        assert_int_equal(look_at_one(unknown[i], 0), CG_RECORD_KEY_UNKNOWN);
    }
    assert_int_equal(cg_record_look(good, sizeof good, &none, &header, &found),
                     CG_RECORD_KEY_UNKNOWN);
    assert_null(found);
    assert_memory_equal(&header, &good_header, sizeof header);
}

/* Messages under a key are counted: 2^32 are too many, and a version that came round says so. */
static void versions_are_never_used_up(void **state)
{
    cg_record_header header = sealed_header(&token);
    unsigned char record[GOOD_SIZE], changed[GOOD_SIZE];

    (void)state;
    header.version = UINT32_MAX;
    assert_true(
        cg_record_seal(sealed_crypto(), key, &realm, &header, (cg_content){{used, USED}}, record));
    assert_int_equal(look(record, sizeof record), CG_RECORD_OPENED);
    assert_int_equal(open_copy(record, sizeof record), CG_RECORD_OPENED);
    header.version++;
    memset(changed, 0x5A, sizeof changed);
    assert_false(
        cg_record_seal(sealed_crypto(), key, &realm, &header, (cg_content){{used, USED}}, changed));
    for (size_t i = 0; i < sizeof changed; i++) {
        assert_int_equal(changed[i], 0x5A);
    }
    memcpy(record, &header, sizeof header);
    assert_int_equal(look(record, sizeof record), CG_RECORD_MALFORMED);
    assert_int_equal(open_copy(record, sizeof record), CG_RECORD_MALFORMED);
}

static void what_would_not_open_is_not_sealed(void **state)
{
    static char text[CG_CONTENT_MAX + 1];
    static unsigned char record[CG_RECORD_OVERHEAD + CG_CONTENT_MAX + CG_RECORD_PADDING];
    cg_record_header header = sealed_header(&token);

    (void)state;
    assert_false(cg_record_seal(sealed_crypto(), key, &realm, &header,
                                (cg_content){{text, sizeof text}}, record));
    assert_false(cg_record_seal(sealed_crypto(), key, &realm, &header,
                                (cg_content){{text, SIZE_MAX}}, record));
    header.state = CG_RECORD_ALIAS + 1;
    assert_false(
        cg_record_seal(sealed_crypto(), key, &realm, &header, (cg_content){{text, 0}}, record));
    header = sealed_header(&token);
    header.kind = CG_RECORD_UNKNOWN;
    assert_false(
        cg_record_seal(sealed_crypto(), key, &realm, &header, (cg_content){{text, 0}}, record));
    header = sealed_header(&token);
    header.is_authenticated = 2;
    assert_false(
        cg_record_seal(sealed_crypto(), key, &realm, &header, (cg_content){{text, 0}}, record));
}

static void lengths_that_cannot_be_are_refused(void **state)
{
    static unsigned char record[CG_RECORD_OVERHEAD + CG_CONTENT_MAX + CG_RECORD_PADDING];
    static const uint32_t lengths[] = {CG_CONTENT_MAX + 1, CG_CONTENT_MAX + 64, INT32_MAX,
                                       UINT32_MAX - 63, UINT32_MAX};
    (void)state;
    memcpy(record, good, sizeof good);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        memcpy(record + offsetof(cg_record_header, length), &lengths[i], sizeof lengths[i]);
        for (size_t size = CG_RECORD_OVERHEAD; size <= sizeof record; size += 64) {
            assert_int_equal(look(record, size), CG_RECORD_MALFORMED);
        }
        assert_int_equal(open_copy(record, sizeof record), CG_RECORD_MALFORMED);
    }
}

/* -- what was sealed by who has the key, and is no record all the same ----------------------- */

/* Seals octets as they are, with the key, behind the good record's header. */
static void seal_raw(const unsigned char *plain, uint32_t length, unsigned char record[GOOD_SIZE])
{
    struct {
        unsigned char realm[CG_REALM_SIZE], header[CG_RECORD_HEADER_SIZE];
    } bound;

    memcpy(record, good, GOOD_SIZE);
    memcpy(record + offsetof(cg_record_header, length), &length, sizeof length);
    memcpy(bound.realm, realm.octets, sizeof bound.realm);
    memcpy(bound.header, record, sizeof bound.header);
    assert_true(cg_seal(sealed_crypto(), key, record + NONCE_AT, &bound, sizeof bound, plain,
                        GOOD_SIZE - CONTENT_AT, record + CONTENT_AT, record + TAG_AT));
}

static void padding_is_zeros(void **state)
{
    unsigned char plain[GOOD_SIZE - CONTENT_AT] = {0}, record[GOOD_SIZE];
    (void)state;
    memcpy(plain, used, USED);
    seal_raw(plain, USED, record);
    assert_int_equal(open_copy(record, sizeof record), CG_RECORD_OPENED);
    for (size_t bit = 8 * USED; bit < 8 * sizeof plain; bit++) {
        plain[bit / 8] = (unsigned char)(1 << bit % 8);
        seal_raw(plain, USED, record);
        assert_int_equal(open_copy(record, sizeof record), CG_RECORD_MALFORMED);
        plain[bit / 8] = 0;
    }
}

static void what_is_sealed_is_a_content(void **state)
{
    unsigned char plain[GOOD_SIZE - CONTENT_AT] = {0}, record[GOOD_SIZE];
    (void)state;
    memcpy(plain, used, USED);
    seal_raw(plain, USED - 1, record);
    assert_int_equal(open_copy(record, sizeof record), CG_RECORD_MALFORMED);
    seal_raw(plain, USED + 1, record);
    assert_int_equal(open_copy(record, sizeof record), CG_RECORD_MALFORMED);
    plain[0] = CG_SECTION_COUNT;
    seal_raw(plain, USED, record);
    assert_int_equal(open_copy(record, sizeof record), CG_RECORD_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_what_was_sealed),
        cmocka_unit_test(seals_without_room_to_spare),
        cmocka_unit_test(completes_the_header),
        cmocka_unit_test(hides_what_it_holds),
        cmocka_unit_test(every_header_field_is_bound),
        cmocka_unit_test(all_single_bit_flips_are_refused),
        cmocka_unit_test(all_truncations_are_refused),
        cmocka_unit_test(truncations_with_the_length_put_right_are_refused),
        cmocka_unit_test(parts_of_two_records_make_none),
        cmocka_unit_test(record_key_input_is_injective),
        cmocka_unit_test(record_of_other_realm_kind_handle_key_does_not_open),
        cmocka_unit_test(a_record_of_another_session_does_not_open),
        cmocka_unit_test(two_seals_of_equal_data_differ),
        cmocka_unit_test(record_created_after_key_retirement_refused),
        cmocka_unit_test(a_revoked_key_opens_nothing),
        cmocka_unit_test(an_unknown_key_is_no_forgery),
        cmocka_unit_test(versions_are_never_used_up),
        cmocka_unit_test(what_would_not_open_is_not_sealed),
        cmocka_unit_test(lengths_that_cannot_be_are_refused),
        cmocka_unit_test(padding_is_zeros),
        cmocka_unit_test(what_is_sealed_is_a_content),
    };
    return cmocka_run_group_tests(tests, make_good, NULL);
}
