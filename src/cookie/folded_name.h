/* A cookie's name as lenient parsers fold it.
 *
 * Frameworks take names for the same that browsers keep apart: PHP writes `.`, `[`, `+` and blanks
 * as `_`, ASP.NET ignores case, Django and .NET trim white space outside ASCII, Perl, older PHP and
 * Rack decode percent signs, Tomcat's old parser steps over separators. Whoever can set a cookie of
 * such a name beside another one can be taken for its owner ("cookie tossing", and the research
 * called Cookie Chaos). So names are compared in one folded form that is at least as lenient as all
 * of them together.
 *
 * Nothing is allocated. The work is linear in the length of the name. */
#ifndef CG_FOLDED_NAME_H
#define CG_FOLDED_NAME_H

#include "span.h"

/* Octets of a folded name at most; a longer name is like no other. */
#define CG_FOLDED_NAME_MAX 256

/* Where a parser may begin and end the name, if not as the others do. */
enum { CG_FOLDED_STARTS = 2, CG_FOLDED_ENDS = 5 };

typedef struct cg_folded_name {
    char at[CG_FOLDED_NAME_MAX];
    size_t len; /* 0: nothing is left, or it is too long */

    /* Any start with any end that lies behind it is a name to some parser, and to most the first
     * one: 0 with len. Equal numbers mean that there is no other. */
    size_t starts[CG_FOLDED_STARTS]; /* behind `+` that were decoded to blanks (PHP before 7.4.11),
                                      * and behind `[` that were stepped over */
    size_t ends[CG_FOLDED_ENDS];     /* before the first `[` or NUL (PHP); each also with the blanks
                                      * and `[` behind it, which PHP writes as `_`; the last one
                                      * before `+` that were decoded to blanks and trimmed */
} cg_folded_name;

/* What stays of an octet, once percent signs are decoded: letters are small, and `.`, `[`, `+` and
 * the blank are `_`. */
static inline char cg_name_fold_octet(unsigned char c)
{
    return c == '.' || c == '[' || c == '+' || c == ' ' ? '_' : cg_ascii_lower((char)c);
}

/* True for octets that are left out at both ends of a name: those that no token has (RFC 9110
 * 5.6.2). Besides white space, controls and all from 0x7F on these are separators and quotes. */
static inline bool cg_name_is_trimmed(unsigned char c)
{
    return !cg_ascii_is_token((char)c);
}

/* How many octets at the end of a name make one that is left out there: one, or three that are
 * percent-encoded; a `+` counts as the blank that it may be. 0: the last one is not. */
size_t cg_name_trimmed_end(cg_span name);

/* Percent signs are decoded once, both ends are trimmed, and each octet between them is folded. */
void cg_name_fold(cg_span name, cg_folded_name *folded);

#endif
