/* Guarded names: cookies that browsers know by another name than the application (Prefix), and the
 * one that no application knows (the token of our own sessions).
 *
 * The application says SID, the browser says __Host-SID, and nothing else that a lenient parser
 * might take for either is let through. The token's name is guarded in any spelling: what comes
 * under it is not handed on, and nobody but us sets it. What a name is under is decided by the
 * configuration of its virtual host alone: guards are made once, when that has been read, and never
 * change. */
#ifndef CG_GUARD_H
#define CG_GUARD_H

#include "guard_table.h"
#include "policy.h"

typedef struct cg_guard {
    cg_pattern name;     /* the application's: exact or a glob */
    cg_pattern folded;   /* the same, folded (folded_name.h) */
    cg_prefix prefix;    /* CG_PREFIX_NONE: rolled back, Prefix=off; and the token's */
    bool is_token;       /* of the session's token: the name is the one that browsers know */
    const cg_rule *rule; /* null: the token's */
} cg_guard;

/* A name that is rolled back is no longer guarded. */
static inline bool cg_guard_is_in_force(const cg_guard *guard)
{
    return guard->prefix != CG_PREFIX_NONE || guard->is_token;
}

/* How a name stands to a guard. */
typedef enum cg_spelling {
    CG_SPELLING_FREE = 0,    /* no guard has a say on it */
    CG_SPELLING_APPLICATION, /* the application's name, to the octet */
    CG_SPELLING_WIRE,        /* prefix and name, to the octet */
    CG_SPELLING_ALIKE        /* what some parser may take for one of the two */
} cg_spelling;

typedef struct cg_guards {
    const cg_guard *guards; /* later ones win; no two rules' have the very same name */
    unsigned count;
    unsigned rule_count;           /* of them the first ones, which rules made */
    const cg_guard_table *table;   /* for look-ups */
    const struct cg_guards *token; /* the token's guard alone, which is the last one; or null */
} cg_guards;

/* The guards of a virtual host, or null if no rule of it says Prefix and `token`, the name of the
 * token's cookie, is empty. Rules of sections are left out. Texts are not copied. */
const cg_guards *cg_guards_make(apr_pool_t *pool, const cg_policy *policy, cg_span token);

/* Null, or a sentence on two guards whose names no lenient parser can tell apart, or on one that
 * makes the token's name of its own. In `pool`. */
const char *cg_guards_check(apr_pool_t *pool, const cg_guards *guards);

/* The term of some rule of the virtual host that keeps the cookies of this guard from being carried
 * under their prefix, or null: a Domain or another Path for __Host-. Globs are not looked into. */
const cg_term *cg_guard_find_contradiction(const cg_guard *guard, const cg_policy *policy);

/* What the application calls a cookie that `guard` has found as `name`: the name without the prefix
 * of its wire spelling, or `name` itself in any other spelling. */
cg_span cg_guard_application_name(const cg_guard *guard, cg_spelling spelling, cg_span name);

/* The guard that has a say on `name`, in whatever spelling, or null. An exact spelling comes before
 * one that is like a later guard's. Nothing is alike to a name that is rolled back. A name of a
 * glob that would become the token's under its prefix is like the token's. In guard_table.c. */
const cg_guard *cg_guards_find(const cg_guards *guards, cg_span name, cg_spelling *spelling);

#endif
