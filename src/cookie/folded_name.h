/* A cookie's name as lenient parsers fold it.
 *
 * Frameworks take names for the same that browsers keep apart: PHP writes `.`, `[`, `+` and blanks
 * as `_`, ASP.NET and others ignore case, some trim octets outside ASCII or decode percent signs.
 * Whoever can set a cookie of such a name beside another one can be taken for its owner. So names
 * are compared in one folded form that is at least as lenient as all of them. */
#ifndef CG_FOLDED_NAME_H
#define CG_FOLDED_NAME_H

#include "span.h"

/* Octets of a folded name at most; a longer name is like no other. */
#define CG_FOLDED_NAME_MAX 256

typedef struct cg_folded_name {
    char at[CG_FOLDED_NAME_MAX];
    size_t len;      /* 0: nothing is left, or the name is too long */
    size_t base_len; /* up to the first `[` or NUL, where PHP ends the name; at most len */
} cg_folded_name;

/* Percent signs are decoded once, octets <= 0x20 and >= 0x7F at both ends are left out, letters
 * made small, `.`, `[`, `+` and blanks made `_`. */
void cg_name_fold(cg_span name, cg_folded_name *folded);

#endif
