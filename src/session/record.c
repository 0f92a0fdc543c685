/* Sealing and opening a record. */
#include "record.h"

/* header | nonce | tag | content */
enum {
    NONCE_AT = CG_RECORD_HEADER_SIZE,
    TAG_AT = NONCE_AT + CG_NONCE_SIZE,
    CONTENT_AT = TAG_AT + CG_TAG_SIZE
};

static_assert(CONTENT_AT == CG_RECORD_OVERHEAD, "the parts before the content");

static const unsigned char magic[3] = {'C', 'G', 'R'};

/* -- the header ----------------------------------------------------------------------------- */

/* Versions begin with 1, so that 0 says: all numbers, and messages under one key, are used up. */
static bool is_possible(const cg_record_header *header)
{
    return memcmp(header->magic, magic, sizeof magic) == 0 && header->format == CG_RECORD_FORMAT &&
           header->kind == CG_RECORD_SESSION && header->state <= CG_RECORD_ALIAS &&
           header->is_authenticated <= 1 && header->reserved == 0 && header->version != 0 &&
           header->length <= CG_CONTENT_MAX;
}

/* False: these octets are no record of this format. */
static bool read_header(const unsigned char *record, size_t size, cg_record_header *header)
{
    if (size < CG_RECORD_HEADER_SIZE) {
        memset(header, 0, sizeof *header);
        return false;
    }
    memcpy(header, record, sizeof *header);
    return is_possible(header) && size == cg_record_size(header->length);
}

static cg_record_verdict judge_key(const cg_sub_keys_of_one *key, const cg_record_header *header)
{
    if (key == NULL) {
        return CG_RECORD_KEY_UNKNOWN;
    }
    if (key->state == CG_KEY_REVOKED) {
        return CG_RECORD_KEY_REVOKED;
    }
    if (key->retired && header->created > key->retired + CG_RETIREMENT_SECONDS) {
        return CG_RECORD_KEY_RETIRED;
    }
    return CG_RECORD_OPENED;
}

cg_record_verdict cg_record_look(const unsigned char *record, size_t size,
                                 const cg_sub_keys *sub_keys, cg_record_header *header,
                                 const cg_sub_keys_of_one **key)
{
    cg_record_verdict verdict;

    *key = NULL;
    if (!read_header(record, size, header)) {
        return CG_RECORD_MALFORMED;
    }
    *key = cg_sub_keys_find(sub_keys, header->key_id);
    verdict = judge_key(*key, header);
    if (verdict != CG_RECORD_OPENED) {
        *key = NULL;
    }
    return verdict;
}

/* -- the key -------------------------------------------------------------------------------- */

bool cg_record_make_key(cg_crypto *crypto, const unsigned char sub_key[CG_KEY_SIZE],
                        cg_record_kind kind, const cg_realm *realm, const cg_token *token,
                        unsigned char key[CG_KEY_SIZE])
{
    struct {
        unsigned char kind;
        unsigned char realm[CG_REALM_SIZE];
        unsigned char handle[CG_HANDLE_SIZE];
        unsigned char secret[CG_SECRET_SIZE];
    } text;
    bool is_made;

    static_assert(sizeof text == 1 + CG_REALM_SIZE + CG_HANDLE_SIZE + CG_SECRET_SIZE, "no gaps");
    static_assert((int)CG_KEY_SIZE == (int)CG_DIGEST_SIZE, "a digest is a key");
    text.kind = (unsigned char)kind;
    memcpy(text.realm, realm->octets, CG_REALM_SIZE);
    memcpy(text.handle, token->handle, CG_HANDLE_SIZE);
    memcpy(text.secret, token->secret, CG_SECRET_SIZE);
    is_made = cg_hmac(crypto, sub_key, &text, sizeof text, key);
    cg_wipe(&text, sizeof text);
    if (!is_made) {
        cg_wipe(key, CG_KEY_SIZE);
    }
    return is_made;
}

/* -- opening and sealing -------------------------------------------------------------------- */

/* What is bound to the sealed content: the realm, whole, and the header, whole. */
typedef struct associated {
    unsigned char realm[CG_REALM_SIZE];
    unsigned char header[CG_RECORD_HEADER_SIZE];
} associated;

static_assert(sizeof(associated) == CG_REALM_SIZE + CG_RECORD_HEADER_SIZE, "no gaps");

static associated associate(const cg_realm *realm, const unsigned char *record)
{
    associated is;
    memcpy(is.realm, realm->octets, sizeof is.realm);
    memcpy(is.header, record, sizeof is.header);
    return is;
}

/* One octet of padding that says something is one in which something could be hidden. */
static bool is_padding(const unsigned char *at, size_t len)
{
    static const unsigned char zeros[CG_RECORD_PADDING];
    return len <= sizeof zeros && memcmp(at, zeros, len) == 0;
}

static cg_record_verdict open_in_place(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE],
                                       const cg_realm *realm, unsigned char *record, size_t size,
                                       cg_span *text)
{
    unsigned char *content = record + CONTENT_AT;
    size_t padded = size - CONTENT_AT;
    cg_record_header header;
    associated bound = associate(realm, record);

    if (!read_header(record, size, &header)) {
        return CG_RECORD_MALFORMED;
    }
    if (!cg_open(crypto, key, record + NONCE_AT, &bound, sizeof bound, content, padded,
                 record + TAG_AT, content)) {
        return CG_RECORD_TAMPERED;
    }
    *text = (cg_span){(const char *)content, header.length};
    return is_padding(content + header.length, padded - header.length) && cg_content_check(*text)
               ? CG_RECORD_OPENED
               : CG_RECORD_MALFORMED;
}

cg_record_verdict cg_record_open(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE],
                                 const cg_realm *realm, unsigned char *record, size_t size,
                                 cg_content *content)
{
    cg_record_verdict verdict = CG_RECORD_MALFORMED;

    if (size >= CG_RECORD_OVERHEAD) {
        verdict = open_in_place(crypto, key, realm, record, size, &content->text);
    }
    if (verdict != CG_RECORD_OPENED) {
        content->text = (cg_span){NULL, 0};
        if (size > CG_RECORD_HEADER_SIZE) {
            cg_wipe(record + CG_RECORD_HEADER_SIZE, size - CG_RECORD_HEADER_SIZE);
        }
    }
    return verdict;
}

static void complete_header(const cg_realm *realm, size_t length, cg_record_header *header)
{
    memcpy(header->magic, magic, sizeof magic);
    header->format = CG_RECORD_FORMAT;
    header->reserved = 0;
    memcpy(header->realm, realm->octets, sizeof header->realm);
    header->length = (uint32_t)length;
}

bool cg_record_seal(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], const cg_realm *realm,
                    cg_record_header *header, cg_content content, unsigned char *record)
{
    unsigned char *sealed = record + CONTENT_AT;
    size_t length = content.text.len;
    size_t padded = cg_record_size(length) - CG_RECORD_OVERHEAD;
    associated bound;

    if (length > CG_CONTENT_MAX) {
        return false;
    }
    complete_header(realm, length, header);
    if (!is_possible(header) || !cg_random_nonce(crypto, record + NONCE_AT)) {
        return false;
    }
    memcpy(record, header, sizeof *header);
    memset(sealed, 0, padded);
    if (length) {
        memcpy(sealed, content.text.at, length);
    }
    bound = associate(realm, record);
    if (!cg_seal(crypto, key, record + NONCE_AT, &bound, sizeof bound, sealed, padded, sealed,
                 record + TAG_AT)) {
        cg_wipe(record, cg_record_size(length));
        return false;
    }
    return true;
}
