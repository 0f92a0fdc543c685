/* A span: text from outside, seen through a pointer and a length.
 *
 * A span owns nothing and is not terminated. It is valid as long as the text that it looks into.
 * An empty span may have a null pointer; no function here reads through it then. */
#ifndef CG_SPAN_H
#define CG_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct cg_span {
    const char *at;
    size_t len;
} cg_span;

/* A span over a string literal. */
#define CG_SPAN(literal) ((cg_span){(literal), sizeof(literal) - 1})

static inline cg_span cg_span_of(const char *text)
{
    return text ? (cg_span){text, strlen(text)} : (cg_span){NULL, 0};
}

/* The part of `span` from octet `start` up to, not including, octet `end`. */
static inline cg_span cg_span_part(cg_span span, size_t start, size_t end)
{
    return (cg_span){span.at ? span.at + start : NULL, end - start};
}

static inline char cg_ascii_lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c | 0x20) : c;
}

static inline bool cg_ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* White space as 6265bis means it: blank and tabulator, nothing else. */
static inline bool cg_ascii_is_wsp(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\t');
}

/* An octet that names may be made of (RFC 9110 5.6.2, token). */
static inline bool cg_ascii_is_token(char c)
{
    static const char token_octets[256] = "--------------------------------"  /* controls */
                                          "-t-ttttt--tt-tt-tttttttttt------"  /* not "(),/:;<=>? */
                                          "-tttttttttttttttttttttttttt---tt"  /* not @[\] */
                                          "ttttttttttttttttttttttttttt-t-t-"; /* not {} */
    return token_octets[(unsigned char)c] == 't';
}

/* Most texts have nothing to trim, and two comparisons tell. */
static inline cg_span cg_span_trim(cg_span span)
{
    if (span.len && (unsigned char)span.at[0] > ' ' && (unsigned char)span.at[span.len - 1] > ' ') {
        return span;
    }
    while (span.len && cg_ascii_is_wsp(span.at[0])) {
        span.at++;
        span.len--;
    }
    while (span.len && cg_ascii_is_wsp(span.at[span.len - 1])) {
        span.len--;
    }
    return span;
}

static inline bool cg_span_equal(cg_span a, cg_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Equal but for the case of ASCII letters. Most texts have the usual case, so that is tried first. */
static inline bool cg_span_equal_folded(cg_span a, cg_span b)
{
    if (a.len != b.len) {
        return false;
    }
    if (cg_span_equal(a, b)) {
        return true;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (cg_ascii_lower(a.at[i]) != cg_ascii_lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

static inline bool cg_span_starts_folded(cg_span span, cg_span prefix)
{
    return span.len >= prefix.len &&
           cg_span_equal_folded(cg_span_part(span, 0, prefix.len), prefix);
}

static inline bool cg_span_starts(cg_span span, cg_span prefix)
{
    return span.len >= prefix.len &&
           (prefix.len == 0 || memcmp(span.at, prefix.at, prefix.len) == 0);
}

/* The index of the first `c`, or span.len if there is none. */
static inline size_t cg_span_find(cg_span span, char c)
{
    const char *hit = span.len ? memchr(span.at, c, span.len) : NULL;
    return hit ? (size_t)(hit - span.at) : span.len;
}

#endif
