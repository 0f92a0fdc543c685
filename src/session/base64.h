/* Base64 (RFC 4648) of secrets: the same steps for every text of a length.
 *
 * No table is indexed by a secret and no branch is taken on one. Whole quads of letters and whole
 * triples of octets only, so that no letter has bits that nobody looks at. */
#ifndef CG_BASE64_H
#define CG_BASE64_H

#include "../cookie/span.h"

typedef enum cg_base64_alphabet {
    CG_BASE64 = 0, /* section 4: ends with + and / */
    CG_BASE64_URL  /* section 5: ends with - and _ */
} cg_base64_alphabet;

/* Reads 4 * `quads` letters into 3 * `quads` octets. False, and all octets zero, if one is none. */
bool cg_base64_read(cg_base64_alphabet alphabet, const char *text, size_t quads,
                    unsigned char *octets);

/* Writes 3 * `triples` octets as 4 * `triples` letters; no NUL follows. */
void cg_base64_print(cg_base64_alphabet alphabet, const unsigned char *octets, size_t triples,
                     char *text);

#endif
