/* The Cookie field of a request, pair by pair (6265bis 4.2 and 5.8).
 *
 * Pairs are split at `;` alone: that is where browsers put it, where HTTP/2's crumbs are joined (RFC
 * 9113 8.2.3), and the one octet that no parser leaves inside a pair, quotes aside. Several Cookie
 * fields of HTTP/1.1 arrive joined by ", ", which a value may contain as well: they are one pair
 * here.
 *
 * Nothing is allocated and nothing is changed: every span looks into the field that was given. Any
 * octets at all may be given. All work is linear in the length of the field. */
#ifndef CG_COOKIE_HEADER_H
#define CG_COOKIE_HEADER_H

#include "span.h"

/* Steps through the pairs: *rest starts as the field. *raw is all between two semicolons, blanks
 * too. False at the end. */
static inline bool cg_cookie_next(cg_span *rest, cg_span *raw)
{
    const char *semicolon;
    if (rest->at == NULL) {
        return false;
    }
    semicolon = rest->len ? (const char *)memchr(rest->at, ';', rest->len) : NULL;
    *raw = (cg_span){rest->at, semicolon ? (size_t)(semicolon - rest->at) : rest->len};
    rest->len -= raw->len + (semicolon ? 1 : 0);
    rest->at = semicolon ? semicolon + 1 : NULL;
    return true;
}

typedef struct cg_cookie_pair {
    cg_span name;    /* from the first octet that is no blank up to "="; blanks before that belong
                      * to it, as to PHP; without "=" the whole pair, which is a name to PHP, too */
    cg_span value;   /* trimmed; quotes belong to it; empty without "=" */
    bool has_equals; /* false: to 6265bis a value without a name */
} cg_cookie_pair;

void cg_cookie_pair_parse(cg_span raw, cg_cookie_pair *pair);

/* True for octets behind which some parser begins another name in the middle of a pair: `,` (RFC
 * 2965, Perl, Rack, ASP.NET Core), white space (Python's http.cookies, mod_proxy's stickysession)
 * and `"` (whoever takes a quoted string for the end). */
static inline bool cg_cookie_is_boundary(char c)
{
    return (unsigned char)c <= 0x20 || c == ',' || c == '"';
}

/* The name that a parser which begins names at boundaries, too, finds in the middle of a pair before
 * a "=". `text` is the pair up to there, from where its own name begins. Octets that no name ends with
 * stay at the end. Empty if there is no boundary back to the "=" before, or in front of that one where
 * nothing but octets stands that no name begins with. */
cg_span cg_cookie_inner_name(cg_span text);

/* True if a quoted string may begin in the pair and not end in it. Parsers that honour quotes before
 * semicolons (http.cookies, Werkzeug, older Jetty and Undertow) then hide what follows in its value:
 * the "cookie sandwich". */
bool cg_cookie_leaves_quote_open(cg_span raw);

#endif
