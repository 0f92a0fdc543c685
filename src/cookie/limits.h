/* Every limit of the cookie formats, each with the paragraph that sets it.
 *
 * "6265bis" is draft-ietf-httpbis-rfc6265bis. All lengths are octets. */
#ifndef CG_COOKIE_LIMITS_H
#define CG_COOKIE_LIMITS_H

/* Name and value together; beyond it a browser ignores the whole line (6265bis 5.6). */
#define CG_NAME_VALUE_MAX 4096

/* One attribute's value; beyond it a browser ignores that attribute (6265bis 5.6). */
#define CG_ATTRIBUTE_VALUE_MAX 1024

/* Seconds a browser keeps a cookie at most: 400 days (6265bis 5.5). */
#define CG_LIFETIME_MAX INT64_C(34560000)

/* Earliest year that a cookie date may name (6265bis 5.1.1). */
#define CG_YEAR_MIN 1601

/* "Sun, 06 Nov 1994 08:49:37 GMT" without a terminator (RFC 9110 5.6.7, IMF-fixdate). */
#define CG_IMF_FIXDATE_LEN 29

/* The name of a rule with Prefix; with any prefix it is short enough to be folded (folded_name.h). */
#define CG_GUARDED_NAME_MAX ((size_t)200)

#endif
