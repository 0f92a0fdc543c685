/* The realm: for whom a session is good. A record of one realm opens under no other.
 *
 * SHA-256 over two names: the virtual host's ServerName, and the host as the browser addressed
 * it. CookieGuardRealm puts one name in the place of both. Hashed is the count of names (1 octet),
 * then each with its length before it (2 octets, low first). */
#ifndef CG_REALM_H
#define CG_REALM_H

#include "../cookie/span.h"
#include "crypto.h"

typedef struct cg_realm {
    unsigned char octets[CG_REALM_SIZE];
} cg_realm;

/* Longest name; longer ones are no host names (RFC 1035 2.3.4). */
#define CG_HOST_NAME_MAX 255

/* Names are taken in lower case, without a port and without one dot at the end. False: a name is too
 * long, or there is no memory. */
bool cg_realm_make(cg_crypto *crypto, cg_span server_name, cg_span host, cg_realm *realm);

/* CookieGuardRealm NAME: octets as they are; never the realm of two names. */
bool cg_realm_make_shared(cg_crypto *crypto, cg_span name, cg_realm *realm);

/* Who a user is in a realm: the first octets of HMAC-SHA-256(sub-key subject, realm | length of user |
 * user), the length in 8 octets, low first. No user: all zero. */
bool cg_subject_make(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], const cg_realm *realm,
                     cg_span user, unsigned char subject[CG_SUBJECT_SIZE]);

#endif
