/* Base64 (RFC 4648) of secrets: the same steps for every text of a length.
 *
 * No table is indexed by a secret and no branch is taken on one. Whole groups only, eight
 * letters for six octets, so that no letter has bits that nobody looks at. */
#ifndef CG_BASE64_H
#define CG_BASE64_H

#include "../cookie/span.h"

typedef enum cg_base64_alphabet {
    CG_BASE64 = 0, /* section 4: ends with + and / */
    CG_BASE64_URL  /* section 5: ends with - and _ */
} cg_base64_alphabet;

enum { CG_BASE64_LETTERS = 8, CG_BASE64_OCTETS = 6 };

/* Reads `groups` of letters. False, and all octets zero, if one of the letters is none. */
bool cg_base64_read(cg_base64_alphabet alphabet, const char *text, size_t groups,
                    unsigned char *octets);

/* Writes `groups` of octets as letters; no NUL follows. */
void cg_base64_print(cg_base64_alphabet alphabet, const unsigned char *octets, size_t groups,
                     char *text);

#endif
