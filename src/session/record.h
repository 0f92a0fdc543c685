/* The record: what the table keeps of a session, sealed under a key that only the browser's token
 * makes whole.
 *
 *   header 76 | nonce 12 | tag 16 | sealed content, padded to 64
 *
 * Associated data: the realm, whole (the header has its first octets only, to save room), and the
 * header, whole. Record key: HMAC-SHA-256(sub-key record, kind 1 | realm 32 | handle 12 | secret 24).
 * Exactly one key is tried, the one that the header names.
 *
 * Nothing here looks at shared memory: whoever opens a record hands over a copy of his own. */
#ifndef CG_RECORD_HEADER_H
#define CG_RECORD_HEADER_H

#include <assert.h>
#include <stdint.h>

#include "content.h"
#include "realm.h"
#include "sub_keys.h"
#include "token.h"

typedef enum cg_record_kind { CG_RECORD_UNKNOWN = 0, CG_RECORD_SESSION } cg_record_kind;

/* Where a session's record is in its life. */
typedef enum cg_record_state {
    CG_RECORD_FORMER =
        0, /* as it was before a change of identity: read only, for CG_GRACE_SECONDS */
    CG_RECORD_LIVE,
    CG_RECORD_ALIAS /* rotated by age: its content names the successor and the successor's key */
} cg_record_state;

/* Numbers in the order of the machine; the magic tells it. Nothing but this is ever associated data,
 * so every field is bound. Times are seconds since 1970, good until 2106. */
typedef struct cg_record_header {
    unsigned char magic[3]; /* "CGR" */
    uint8_t format;
    uint8_t kind;
    uint8_t state;
    uint8_t is_authenticated;
    uint8_t reserved; /* 0 */
    unsigned char key_id[CG_KEY_ID_SIZE];
    unsigned char handle[CG_HANDLE_SIZE];
    unsigned char number[CG_NUMBER_SIZE];
    unsigned char subject[CG_SUBJECT_SIZE];
    unsigned char realm[CG_REALM_TAG_SIZE];
    uint32_t created; /* when the record's token was issued */
    uint32_t expires; /* absolute: no use is good from then on */
    uint32_t version; /* writes of the record; also bounds the messages under its key (2^32) */
    uint32_t epoch;   /* changes of identity over the session's life */
    uint32_t length;  /* of the content, without padding */
} cg_record_header;

static_assert(sizeof(cg_record_header) == CG_RECORD_HEADER_SIZE, "docs/record-format.md says so");

/* Octets of a sealed record with a content of `length`. */
static inline size_t cg_record_size(size_t length)
{
    size_t padded = (length + CG_RECORD_PADDING - 1) / CG_RECORD_PADDING * CG_RECORD_PADDING;
    return CG_RECORD_OVERHEAD + (padded ? padded : CG_RECORD_PADDING);
}

typedef enum cg_record_verdict {
    CG_RECORD_TAMPERED = 0, /* or another's secret: no difference is told */
    CG_RECORD_MALFORMED,    /* no record of this format; lengths that do not fit */
    CG_RECORD_KEY_UNKNOWN,  /* the header's key is in no ring of this process: be mute */
    CG_RECORD_KEY_REVOKED,
    CG_RECORD_KEY_RETIRED, /* the record says it was created after its key was retired, and a margin */
    CG_RECORD_OPENED
} cg_record_verdict;

/* What the header alone says, before anything is tried, of any octets: CG_RECORD_OPENED stands for "go
 * on", and *key is null for all else. *header is as it stands there; all zero if there is none. */
cg_record_verdict cg_record_look(const unsigned char *record, size_t size,
                                 const cg_sub_keys *sub_keys, cg_record_header *header,
                                 const cg_sub_keys_of_one **key);

/* False: there is no memory; `key` is wiped. */
bool cg_record_make_key(cg_crypto *crypto, const unsigned char sub_key[CG_KEY_SIZE],
                        cg_record_kind kind, const cg_realm *realm, const cg_token *token,
                        unsigned char key[CG_KEY_SIZE]);

/* Opens in place: *content looks into `record`, and has been checked, as has the padding. On any other
 * verdict the octets behind the header are wiped. `record` is a private copy, of any octets. */
cg_record_verdict cg_record_open(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE],
                                 const cg_realm *realm, unsigned char *record, size_t size,
                                 cg_content *content);

/* Seals `content` under `header`, whose magic, format, realm and length are filled in, into `record`
 * of cg_record_size(content.len) octets; `content` stands elsewhere. False, and nothing of the content
 * in `record`: no randomness; or nobody would open it, as the content is longer than CG_CONTENT_MAX or
 * the version is 0, which is what follows the highest one. */
bool cg_record_seal(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], const cg_realm *realm,
                    cg_record_header *header, cg_content content, unsigned char *record);

#endif
