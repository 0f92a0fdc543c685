/* The known cookies: names for which a part of the built-in rule is lifted.
 *
 * The built-in rule asks of every cookie Secure, HttpOnly and SameSite=Lax. A few cookies of
 * widely used software stop working under one of these: a script must read them (HttpOnly would
 * hide them), or another site's POST must carry them (SameSite=Lax would hold them back). This
 * table names them, each with the reason and with the source that shows it.
 *
 * What always holds:
 * - A row lifts a demand of the built-in rule, nothing else. The application's own attributes
 *   stay: a cookie of this table that arrives with HttpOnly leaves with HttpOnly.
 * - Secure is never lifted.
 * - A rule of the administrator wins over the table, also one whose name is an explicit `*`:
 *   `CookieGuardCookie * HttpOnly` demands HttpOnly of these names too. Each time such a rule
 *   changes a cookie of this table, that is a finding, because it may break the application.
 * - `CookieGuardBaseline Off` removes the built-in rule, and this table has no effect then.
 *
 * docs/known-cookies.md shows the table to the administrator; tests/docs compares the two.
 */
#ifndef CG_POLICY_KNOWN_COOKIES_H
#define CG_POLICY_KNOWN_COOKIES_H

#include <stddef.h>

/* Which demand of the built-in rule a row lifts; bits, so that a row can lift both. */
enum cg_known_lift { CG_LIFTS_HTTPONLY = 1u << 0, CG_LIFTS_SAMESITE = 1u << 1 };

typedef struct cg_known_cookie {
    const char *pattern; /* an exact name or a glob (`*`, `?`), case-sensitive */
    unsigned lifted;     /* CG_LIFTS_HTTPONLY | CG_LIFTS_SAMESITE, never 0 */
    const char *reason;  /* one sentence: who must read or carry the cookie */
    const char *source;  /* project: file, document or issue that shows it */
} cg_known_cookie;

extern const cg_known_cookie cg_known_cookies[];
extern const size_t cg_known_cookies_count;

#endif
