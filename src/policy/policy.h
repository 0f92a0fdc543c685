/* Sections one after the other: what each says about mode, override, baseline and caches,
 * and its rules.
 *
 * httpd joins the sections that fit a request anew for every request. A join here is one small
 * node, however many rules there are, and nothing is compiled: the work of putting the sections'
 * words together is done when a cookie asks. */
#ifndef CG_POLICY_H
#define CG_POLICY_H

#include "cache_guard.h"
#include "ruleset.h"

/* Whether a policy is carried out or only reported on (CookieGuard). */
typedef enum cg_mode { CG_MODE_OFF = 0, CG_MODE_REPORT, CG_MODE_ON } cg_mode;

/* Either a leaf, which is one section as it was written, or a join of two. The has_ fields say
 * which settings a leaf made. */
typedef struct cg_policy {
    const struct cg_policy *outer; /* of a join: what comes first */
    const struct cg_policy *inner; /* of a join: what comes after it */

    cg_scope scope;
    bool has_mode, has_override, has_baseline, has_cache_wish;
    cg_mode mode;
    cg_override override;
    bool baseline;
    cg_cache_wish cache_wish;
    const char *mode_place;  /* "file:line" of CookieGuard */
    const cg_ruleset *rules; /* null: none, or not made yet */
    bool has_rules;          /* of a leaf that is still read: it will have some */
    bool has_drop;           /* also of a join: some rule in it says Drop */
} cg_policy;

/* What the sections come to. */
typedef struct cg_settings {
    cg_mode mode;
    cg_override override;
    bool baseline;
    cg_cache_wish cache_wish;
    bool has_rules;           /* some section has rules */
    const char *ignored_mode; /* where a .htaccess asked for a lower mode in vain, or null */
} cg_settings;

/* A policy that is `outer` first and `inner` after it. One that says nothing is left out, and
 * nothing is allocated then. Neither may be null. */
const cg_policy *cg_policy_join(apr_pool_t *pool, const cg_policy *outer, const cg_policy *inner);

void cg_policy_settle(const cg_policy *policy, cg_settings *settings);

/* Lets every rule that matches `name` have its word, in order. */
void cg_policy_find(const cg_policy *policy, cg_span name, const cg_lookup *lookup,
                    cg_demands *demands);

/* The first rule with Drop that matches, or null. */
const cg_rule *cg_policy_find_drop(const cg_policy *policy, cg_span name);

/* Hands every leaf to `visit`, in order. */
typedef void cg_policy_visitor(const cg_policy *leaf, void *context);
void cg_policy_each(const cg_policy *policy, cg_policy_visitor *visit, void *context);

cg_span cg_mode_name(cg_mode mode);
cg_span cg_override_name(cg_override override);

#endif
