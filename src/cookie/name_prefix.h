/* The prefixes of cookie names that browsers hold to a promise (6265bis 4.1.3 and 5.7;
 * draft-ietf-httpbis-layered-cookies 4.1.3 for the two with Http). */
#ifndef CG_NAME_PREFIX_H
#define CG_NAME_PREFIX_H

#include "span.h"

typedef enum cg_prefix {
    CG_PREFIX_NONE = 0,
    CG_PREFIX_SECURE,    /* __Secure- */
    CG_PREFIX_HTTP,      /* __Http- */
    CG_PREFIX_HOST,      /* __Host- */
    CG_PREFIX_HOST_HTTP, /* __Host-Http- */
    CG_PREFIX_COUNT
} cg_prefix;

/* What a cookie with the prefix must have, besides Secure. */
typedef struct cg_prefix_row {
    cg_span text; /* empty for CG_PREFIX_NONE */
    bool needs_httponly;
    bool needs_host_only; /* no Domain, and a Path that is exactly "/" */
} cg_prefix_row;

extern const cg_prefix_row cg_prefix_rows[CG_PREFIX_COUNT];

/* The prefix with which `name` begins, in any case as browsers compare, the longest that fits. */
cg_prefix cg_prefix_find(cg_span name);

#endif
