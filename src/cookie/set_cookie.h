/* One Set-Cookie line as a browser reads it (6265bis 5.6).
 *
 * Nothing is allocated and nothing is changed: every span looks into the line that was given, and
 * is valid as long as that line. Any octets at all may be given. The work is linear in the length
 * of the line. */
#ifndef CG_SET_COOKIE_H
#define CG_SET_COOKIE_H

#include <stdint.h>

#include "span.h"

/* The attributes that browsers know, in the order in which missing ones are appended. */
typedef enum cg_attribute {
    CG_ATTRIBUTE_OTHER = 0, /* an extension, or nothing at all between two semicolons */
    CG_ATTRIBUTE_DOMAIN,
    CG_ATTRIBUTE_PATH,
    CG_ATTRIBUTE_EXPIRES,
    CG_ATTRIBUTE_MAX_AGE,
    CG_ATTRIBUTE_SECURE,
    CG_ATTRIBUTE_HTTPONLY,
    CG_ATTRIBUTE_SAMESITE,
    CG_ATTRIBUTE_PARTITIONED,
    CG_ATTRIBUTE_COUNT
} cg_attribute;

/* Sets of attributes are words with these bits. */
#define CG_ATTRIBUTE_BIT(attribute) (1u << (attribute))
#define CG_ATTRIBUTE_FLAGS                                                                         \
    (CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_SECURE) | CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_HTTPONLY) |             \
     CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_PARTITIONED))

/* The first attribute of a set that is not empty. Loops over a set take it out and go on:
 *     for (unsigned rest = set; rest; rest &= rest - 1) ... cg_attribute_first(rest) ... */
static inline cg_attribute cg_attribute_first(unsigned set)
{
    return (cg_attribute)__builtin_ctz(set);
}

/* In ascending strength, so that values compare. */
typedef enum cg_same_site {
    CG_SAME_SITE_DEFAULT = 0, /* absent, or a word that browsers do not know */
    CG_SAME_SITE_NONE,
    CG_SAME_SITE_LAX,
    CG_SAME_SITE_STRICT,
    CG_SAME_SITE_COUNT
} cg_same_site;

/* What a browser makes of the line before it looks at any attribute. */
typedef enum cg_line_kind {
    CG_LINE_UNREAD = 0,
    CG_LINE_COOKIE,            /* a cookie; the browser's storage rules decide the rest */
    CG_LINE_CONTROL_CHARACTER, /* ignored: an octet %x00-08, %x0A-1F or %x7F somewhere */
    CG_LINE_EMPTY,             /* ignored: neither a name nor a value */
    CG_LINE_TOO_LONG           /* ignored: name and value over CG_NAME_VALUE_MAX */
} cg_line_kind;

/* What the attributes say, last word first (6265bis 5.7). Fields count only where `present` has
 * the attribute's bit. An attribute whose value a browser ignores is not present. */
typedef struct cg_attributes {
    unsigned present;
    cg_same_site same_site; /* CG_SAME_SITE_DEFAULT with its bit set: an unknown word */
    int64_t max_age;        /* seconds; at most INT64_MAX / 2 in either direction */
    int64_t expires;        /* seconds since 1970 */
    cg_span path;           /* may be empty or not begin with "/": the default path then */
    cg_span domain;         /* without its leading dot; may be empty: the host alone then */
} cg_attributes;

/* One attribute where it stands in the line. */
typedef struct cg_attribute_token {
    cg_attribute kind;
    cg_span raw;    /* all between the two semicolons, white space too */
    cg_span name;   /* trimmed */
    cg_span value;  /* trimmed; empty without "=" */
    bool has_value; /* there is a "=", even if nothing follows it */
} cg_attribute_token;

typedef struct cg_set_cookie {
    cg_line_kind kind;
    cg_span line;
    cg_span pair;  /* name and value as they stand, up to the first semicolon */
    cg_span rest;  /* from the first semicolon on, that included; empty without one */
    cg_span name;  /* trimmed; empty if the pair has no "=" */
    cg_span value; /* trimmed; quotes belong to it */
    cg_attributes attributes;

    /* raw.at of the occurrence that counts; of the last one if a browser ignores all of them; not
     * set where there is none */
    const char *effective[CG_ATTRIBUTE_COUNT];
    unsigned ignored;      /* attributes with an occurrence that a browser ignores */
    unsigned repeated;     /* attributes that stand more than once, ignored occurrences too */
    unsigned valued_flags; /* flags written with "=" where they count */
    bool has_long_value;   /* some attribute was ignored for its length */
    bool ends_blank;       /* nothing but white space follows the last semicolon */

    bool has_unread_date; /* Expires was not read yet; it stands in `date` */
    cg_span date;
} cg_set_cookie;

/* Reads `line`, the field's value without its name. Everything in *cookie is set, for ignored
 * lines as well. */
void cg_set_cookie_parse(cg_span line, cg_set_cookie *cookie);

/* The same, but leaves the date unread, which few ask for and which costs as much as all the rest.
 * Until cg_set_cookie_read_date, Expires counts as present, and as never past. */
void cg_set_cookie_scan(cg_span line, cg_set_cookie *cookie);
void cg_set_cookie_read_date(cg_set_cookie *cookie);

/* Steps through the attributes: *rest starts as cookie->rest. False at the end. */
bool cg_attribute_next(cg_span *rest, cg_attribute_token *token);

/* A cookie that tells the browser to forget one: Max-Age <= 0 or, without a Max-Age, a date that
 * is not after `now` (seconds since 1970). */
static inline bool cg_attributes_delete(const cg_attributes *attributes, int64_t now)
{
    if (attributes->present & CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_MAX_AGE)) {
        return attributes->max_age <= 0;
    }
    return (attributes->present & CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_EXPIRES)) &&
           attributes->expires <= now;
}

/* The attribute of this name, in any case; CG_ATTRIBUTE_OTHER if browsers know none. */
cg_attribute cg_attribute_find(cg_span name);

/* "Secure", "Max-Age" ...: the usual spelling. */
cg_span cg_attribute_name(cg_attribute attribute);

/* CG_SAME_SITE_DEFAULT for an unknown word. */
cg_same_site cg_same_site_find(cg_span word);
cg_span cg_same_site_name(cg_same_site same_site);

/* A Max-Age as 6265bis 5.6.2 reads it. False, with *seconds untouched, if a browser ignores it. */
bool cg_max_age_parse(cg_span text, int64_t *seconds);

#endif
