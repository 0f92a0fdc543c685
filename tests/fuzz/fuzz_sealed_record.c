/* Any octets as a sealed record: looking at it and opening it reads nothing that is not there, and
 * it never opens; only what was sealed does, and then it is what was sealed.
 *
 * The input's first octet says what the others are: a whole record; what is flipped in a good one;
 * a header in front of a good one; what is sealed. */
#include "fuzz_input.h"

#include "../unit/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AS_RECORD = 0, AS_FLIPS, AS_HEADER, AS_CONTENT, WAYS };

static const char good_content[] = "\2\4\3\0\0\0user\0joe\0\3\3\1\0\0\0SID\0001";

typedef struct material {
    cg_realm realm;
    cg_token token;
    unsigned char key[CG_KEY_SIZE];
} material;

static const material *get_material(void)
{
    static material is;
    static bool is_made;
    if (!is_made) {
        is.realm = sealed_realm(1);
        is.token = sealed_token(0x31);
        sealed_key(&is.realm, &is.token, is.key);
        is_made = true;
    }
    return &is;
}

static unsigned char *seal(cg_span content, size_t *size)
{
    const material *is = get_material();
    cg_record_header header = sealed_header(&is->token);
    unsigned char *record = malloc(*size = cg_record_size(content.len));
    fuzz_check(record && cg_record_seal(sealed_crypto(), is->key, &is->realm, &header,
                                        (cg_content){content}, record),
               "sealed");
    return record;
}

/* Returns whether it opened; *content then. */
static bool open_record(unsigned char *record, size_t size, cg_content *content)
{
    const material *is = get_material();
    const cg_sub_keys_of_one *keys;
    cg_record_header header;
    cg_record_verdict look = cg_record_look(record, size, sealed_sub_keys(), &header, &keys);
    cg_record_verdict verdict;

    fuzz_check((keys != NULL) == (look == CG_RECORD_OPENED), "a key to go on with");
    fuzz_check(look == CG_RECORD_MALFORMED || size == cg_record_size(header.length),
               "lengths that fit");
    verdict = cg_record_open(sealed_crypto(), is->key, &is->realm, record, size, content);
    fuzz_check((look == CG_RECORD_MALFORMED) <= (verdict == CG_RECORD_MALFORMED),
               "what is no record does not open");
    if (verdict == CG_RECORD_OPENED) {
        return true;
    }
    fuzz_check(content->text.at == NULL, "nothing of it");
    for (size_t i = CG_RECORD_HEADER_SIZE; i < size; i++) {
        fuzz_check(record[i] == 0, "wiped");
    }
    return false;
}

static void try_record(const uint8_t *data, size_t size)
{
    unsigned char *record = malloc(size ? size : 1);
    cg_content content;
    fuzz_check(record != NULL, "memory");
    if (size) {
        memcpy(record, data, size);
    }
    fuzz_check(!open_record(record, size, &content), "any octets never open");
    free(record);
}

static void try_flips(const uint8_t *data, size_t size)
{
    size_t record_size;
    unsigned char *record = seal((cg_span){good_content, sizeof good_content}, &record_size);
    bool is_changed = false;
    cg_content content;
    for (size_t i = 0; i < size && i < record_size; i++) {
        record[i] ^= data[i];
        is_changed |= data[i] != 0;
    }
    fuzz_check(open_record(record, record_size, &content) != is_changed, "any change is noticed");
    free(record);
}

static void try_header(const uint8_t *data, size_t size)
{
    size_t record_size;
    unsigned char *record = seal((cg_span){good_content, sizeof good_content}, &record_size);
    size_t len = size < CG_RECORD_HEADER_SIZE ? size : CG_RECORD_HEADER_SIZE;
    bool is_same = len == 0 || memcmp(record, data, len) == 0;
    cg_content content;
    if (len) {
        memcpy(record, data, len);
    }
    fuzz_check(open_record(record, record_size, &content) == is_same, "any header is noticed");
    free(record);
}

static void try_content(const uint8_t *data, size_t size)
{
    cg_span text = {(const char *)data, size < CG_CONTENT_MAX ? size : CG_CONTENT_MAX};
    size_t record_size;
    unsigned char *record = seal(text, &record_size);
    cg_content content;
    bool is_open = open_record(record, record_size, &content);
    fuzz_check(is_open == cg_content_check(text), "contents open, and nothing else does");
    fuzz_check(!is_open || cg_span_equal(content.text, text), "what was sealed");
    free(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const ways[WAYS])(const uint8_t *, size_t) = {
        [AS_RECORD] = try_record,
        [AS_FLIPS] = try_flips,
        [AS_HEADER] = try_header,
        [AS_CONTENT] = try_content,
    };
    if (size) {
        ways[data[0] % WAYS](data + 1, size - 1);
    }
    return 0;
}
