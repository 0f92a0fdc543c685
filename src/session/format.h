/* Every size and format number of tokens, keys, records and the table, side by side.
 *
 * docs/record-format.md tells the same octet by octet. Who changes one of these makes a new format:
 * CG_RECORD_FORMAT, CG_TABLE_LAYOUT or the token's letter counts up, and the old one stays unknown,
 * which is "no session" and never an attempt. */
#ifndef CG_FORMAT_H
#define CG_FORMAT_H

/* The token: a letter and base64url (RFC 4648 section 5, no padding) of handle and secret. */
#define CG_TOKEN_FORMAT '1' /* '2' is kept for a newborn sealed in the cookie itself */
#define CG_HANDLE_SIZE 12
#define CG_SECRET_SIZE 24
#define CG_TOKEN_TEXT_LEN (1 + (CG_HANDLE_SIZE + CG_SECRET_SIZE) / 3 * 4)

/* Keys. */
#define CG_KEY_SIZE 32   /* of ring keys, sub-keys, record keys: AES-256, HMAC-SHA-256 */
#define CG_KEY_ID_SIZE 4 /* computed from the key */
#define CG_RING_KEYS_MAX 64
#define CG_REALM_SIZE 32
#define CG_REALM_TAG_SIZE 4
#define CG_SUBJECT_SIZE 16 /* keyed hash of realm and user; all zero: nobody */
#define CG_NUMBER_SIZE 12  /* of a session, over all its rotations */
#define CG_NONCE_SIZE 12   /* AES-GCM, SP 800-38D 8.2.2: at random */
#define CG_TAG_SIZE 16
#define CG_DIGEST_SIZE 32 /* SHA-256 */

/* The record. */
#define CG_RECORD_FORMAT 1
#define CG_RECORD_PADDING 64 /* contents are padded to a multiple of it, and are never empty */
#define CG_CONTENT_MAX 65536 /* octets of a session, at the very most */
#define CG_CONTENT_NEWBORN_MAX 2048
#define CG_RECORD_HEADER_SIZE 76
#define CG_RECORD_OVERHEAD (CG_RECORD_HEADER_SIZE + CG_NONCE_SIZE + CG_TAG_SIZE)

/* The table. */
#define CG_TABLE_LAYOUT 1
#define CG_BLOCK_SIZE 128

/* How often a save begins anew because another one came first. */
#define CG_SAVE_RETRIES 5

/* Seconds after a key's retirement up to which a record may say that it was created under it: a
 * graceful restart leaves processes that finish their requests with the key that they know. */
#define CG_RETIREMENT_SECONDS 600

/* Seconds for which the token before an identity change or a presented successor is good. */
#define CG_GRACE_SECONDS 10

#endif
