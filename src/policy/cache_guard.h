/* May a shared cache store a response that sets a cookie, and what is Cache-Control to say then?
 *
 * A shared cache that stores such a response hands the cookie to everyone who asks for the same URL
 * (RFC 9111 7.3). A deletion counts like any other Set-Cookie: replayed, it logs everybody out.
 *
 * Nothing is allocated; every text may hold any octets at all. */
#ifndef CG_CACHE_GUARD_H
#define CG_CACHE_GUARD_H

#include "../cookie/writer.h"

/* What the administrator wants (CookieGuardCacheControl). */
typedef enum cg_cache_wish {
    CG_CACHE_WISH_AUTO = 0, /* private; static files with harmless cookies are only reported */
    CG_CACHE_WISH_PRIVATE,
    CG_CACHE_WISH_NO_STORE,
    CG_CACHE_WISH_REPORT, /* a finding, and nothing is changed */
    CG_CACHE_WISH_OFF,
    CG_CACHE_WISH_COUNT
} cg_cache_wish;

/* "auto", "private" ... */
cg_span cg_cache_wish_name(cg_cache_wish wish);

/* Directives that bear on the question (RFC 9111 5.2.2); sets of them are words with these bits. */
#define CG_SAYS_PUBLIC 1u
#define CG_SAYS_PRIVATE 2u /* of all, or of the field Set-Cookie by name */
#define CG_SAYS_NO_STORE 4u
#define CG_SAYS_MUST_UNDERSTAND 8u
#define CG_SAYS_MUST_REVALIDATE 16u
#define CG_SAYS_MAX_AGE 32u
#define CG_SAYS_S_MAXAGE 64u
#define CG_SAYS_SOMETHING 128u /* any directive at all, known or not */

/* The directives of one Cache-Control line; those of several lines are the union. */
unsigned cg_cache_control_read(cg_span text);

/* The fields that tell caches what to do; sets of them are words with these bits. */
#define CG_CACHE_FIELD_GENERAL 1u   /* Cache-Control */
#define CG_CACHE_FIELD_CDN 2u       /* CDN-Cache-Control (RFC 9213) */
#define CG_CACHE_FIELD_SURROGATE 4u /* Surrogate-Control (Edge Architecture Specification) */

typedef enum cg_cache_method {
    CG_CACHE_METHOD_OTHER = 0, /* no cache stores its responses */
    CG_CACHE_METHOD_GET,       /* or HEAD */
    CG_CACHE_METHOD_POST
} cg_cache_method;

/* What is known of a response that sets a cookie. */
typedef struct cg_cache_facts {
    cg_cache_method method;
    int status;
    unsigned general; /* what Cache-Control says */
    unsigned cdn;     /* what CDN-Cache-Control says; 0: it is not there or empty */
    unsigned surrogate;
    bool has_expires;
    bool has_content_location;
    bool has_authorization;  /* of the request */
    bool has_session_cookie; /* some cookie looks like a session's; asked of static files alone */
    cg_span content_type;    /* may have parameters; empty: not known */
} cg_cache_facts;

typedef enum cg_cache_cure {
    CG_CACHE_CURE_NONE = 0,
    CG_CACHE_CURE_PRIVATE,
    CG_CACHE_CURE_NO_STORE
} cg_cache_cure;

typedef struct cg_cache_verdict {
    unsigned open_to;   /* fields by which a shared cache may store the response; 0: all is well */
    bool is_harmless;   /* a static file that asks to be stored, without a session's cookie */
    cg_cache_cure cure; /* what the fields in open_to are to say */
} cg_cache_verdict;

/* True if the answer can depend on has_session_cookie, which takes a look at every name. */
bool cg_cache_asks_for_names(cg_cache_wish wish, const cg_cache_facts *facts);

cg_cache_verdict cg_cache_judge(cg_cache_wish wish, const cg_cache_facts *facts);

/* Prints a line of one of the fields as it is to be: the word of the cure before all others, so that
 * nothing behind it (an open quote) can hide it; without what contradicts it. An empty text is a
 * line that is not there yet. Reading the new line gives the word alone of those that count. */
void cg_cache_control_print(cg_writer *writer, cg_span text, cg_cache_cure cure);

/* The cure in the words of this field: Surrogate-Control has no `private`. */
static inline cg_cache_cure cg_cache_cure_of(cg_cache_cure cure, unsigned field)
{
    return cure && field == CG_CACHE_FIELD_SURROGATE ? CG_CACHE_CURE_NO_STORE : cure;
}

#endif
