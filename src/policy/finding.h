/* What an auditor would write down about a cookie: the table of findings, and who has them.
 *
 * Findings speak of the line as the application sent it, and of what the policy could or could not
 * do about it. Deletions are not graded (nor do ZAP and the HTTP Observatory). */
#ifndef CG_FINDING_H
#define CG_FINDING_H

#include "judge.h"
#include "telling_name.h"

typedef enum cg_finding {
    CG_FINDING_SECURE_MISSING = 0,
    CG_FINDING_HTTPONLY_MISSING,
    CG_FINDING_SAMESITE_MISSING,
    CG_FINDING_SAMESITE_INVALID,
    CG_FINDING_SAMESITE_NONE_INSECURE,
    CG_FINDING_PREFIX_VIOLATION,
    CG_FINDING_PREFIX_MISSING,
    CG_FINDING_PARTITIONED_INSECURE,
    CG_FINDING_PLAIN_HTTP,
    CG_FINDING_SECURE_ON_PLAIN_HTTP,
    CG_FINDING_DOMAIN_WIDE,
    CG_FINDING_DOMAIN_SET,
    CG_FINDING_DOMAIN_INVALID,
    CG_FINDING_SESSION_PERSISTENT,
    CG_FINDING_LIFETIME_LONG,
    CG_FINDING_LIFETIME_UNREADABLE,
    CG_FINDING_ATTRIBUTE_REPEATED,
    CG_FINDING_ATTRIBUTE_LONG,
    CG_FINDING_FLAG_VALUE,
    CG_FINDING_CONTROL_CHARACTER,
    CG_FINDING_EMPTY,
    CG_FINDING_TOO_LONG,
    CG_FINDING_NAMELESS,
    CG_FINDING_VALUE_SYNTAX,
    CG_FINDING_NAME_REPEATED,
    CG_FINDING_TECHNOLOGY,
    CG_FINDING_CHANGE_REFUSED,
    CG_FINDING_IDENTITY_CHANGED,
    CG_FINDING_KNOWN_COOKIE,
    CG_FINDING_OVERRIDE_IGNORED,
    CG_FINDING_DROPPED,
    CG_FINDING_WITHHELD,
    CG_FINDING_SPELLING,
    CG_FINDING_CACHEABLE,
    CG_FINDING_CACHEABLE_STATIC,
    CG_FINDING_STORED_UNJUDGED,
    CG_FINDING_INTERIM,
    CG_FINDING_TOKEN_SET,
    CG_FINDING_TOKEN_REUSE,
    CG_FINDING_SESSION_TOO_LARGE,
    CG_FINDING_COUNT
} cg_finding;

/* Sets of findings are words with these bits. */
#define CG_FINDING_BIT(finding) (UINT64_C(1) << (finding))

typedef enum cg_severity {
    CG_SEVERITY_INFO = 0,
    CG_SEVERITY_LOW,
    CG_SEVERITY_MEDIUM,
    CG_SEVERITY_HIGH,
    CG_SEVERITY_COUNT
} cg_severity;

typedef struct cg_finding_row {
    cg_span id;
    cg_severity severity;         /* for any cookie */
    cg_severity session_severity; /* for one that looks like a session's */
    unsigned cwe;                 /* Common Weakness Enumeration; 0: none fits */
    cg_span asvs;                 /* requirement of OWASP ASVS 5.0; empty: none fits */
    const char *meaning;          /* one sentence */
} cg_finding_row;

extern const cg_finding_row cg_finding_rows[CG_FINDING_COUNT];

cg_span cg_severity_name(cg_severity severity);

/* The findings of one line, but for those that need to know the whole response or how it was made:
 * CG_FINDING_NAME_REPEATED, _CACHEABLE, _CACHEABLE_STATIC, _STORED_UNJUDGED and _INTERIM; and for
 * those of sessions, which no line has: CG_FINDING_TOKEN_REUSE and _SESSION_TOO_LARGE. */
uint64_t cg_findings_find(const cg_set_cookie *cookie, const cg_demands *demands,
                          const cg_judgement *judgement, const cg_circumstances *circumstances);

#endif
