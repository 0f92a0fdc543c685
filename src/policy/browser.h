/* The browser's storage rules, as far as a server can know them (6265bis 5.7, prefixes of
 * layered-cookies, Partitioned of CHIPS).
 *
 * The list of public suffixes and what the browser already holds are not known here: a single
 * label stands for the first, and nothing for the second. */
#ifndef CG_BROWSER_H
#define CG_BROWSER_H

#include "../cookie/set_cookie.h"

/* What a browser does with a cookie, in the words of Chrome's SetCookieBlockedReason. */
typedef enum cg_browser_verdict {
    CG_BROWSER_UNKNOWN = 0,
    CG_BROWSER_STORED,
    CG_BROWSER_DISALLOWED_CHARACTER,    /* a control character */
    CG_BROWSER_NO_COOKIE_CONTENT,       /* neither name nor value */
    CG_BROWSER_NAME_VALUE_TOO_LONG,     /* over 4096 octets */
    CG_BROWSER_SECURE_ONLY,             /* Secure over plain http */
    CG_BROWSER_INVALID_DOMAIN,          /* does not cover the host, or not ASCII */
    CG_BROWSER_INVALID_PREFIX,          /* __Secure-, __Host-, __Http-, __Host-Http- */
    CG_BROWSER_SAME_SITE_NONE_INSECURE, /* SameSite=None without Secure */
    CG_BROWSER_INVALID_PARTITIONED,     /* Partitioned without Secure; no word of Chrome's */
    CG_BROWSER_VERDICT_COUNT
} cg_browser_verdict;

/* What is known of the response that carries the cookie. */
typedef struct cg_circumstances {
    bool is_https;        /* as the client sees it */
    cg_span host;         /* as the client addressed it, no port; empty: not known */
    cg_span request_path; /* without the query; empty: not known */
    int64_t now;          /* seconds since 1970 */
} cg_circumstances;

/* What a browser would do with a cookie of this name that says these attributes. The spans of
 * *attributes may differ from those of the line. */
cg_browser_verdict cg_browser_judge(const cg_set_cookie *cookie, const cg_attributes *attributes,
                                    const cg_circumstances *circumstances);

/* "stored", "InvalidPrefix" ... */
cg_span cg_browser_verdict_name(cg_browser_verdict verdict);

/* True if `host` is `domain` or lies below it (6265bis 5.1.3). An IP address has nothing below. */
bool cg_host_matches_domain(cg_span host, cg_span domain);

#endif
