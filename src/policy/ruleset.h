/* Many rules, found by a cookie's name; and policies, which are rulesets one after the other.
 *
 * A ruleset holds the rules of one section. It is made once, when the section has been read, and
 * never changes. A policy puts rulesets in their order, outer sections first; joining two policies
 * costs one small node, however many rules they have, since httpd joins them for every request. */
#ifndef CG_RULESET_H
#define CG_RULESET_H

#include <apr_pools.h>

#include "demand.h"

typedef struct cg_ruleset cg_ruleset;

/* Makes a ruleset of a copy of `count` rules, in their order. The texts are not copied. */
const cg_ruleset *cg_ruleset_make(apr_pool_t *pool, const cg_rule *rules, unsigned count);

/* The built-in rule: `* Secure HttpOnly SameSite=Lax`, then the table of known cookies. */
const cg_ruleset *cg_ruleset_make_baseline(apr_pool_t *pool);

/* The rules in their order; they live as long as the ruleset. */
const cg_rule *cg_ruleset_rules(const cg_ruleset *rules, unsigned *count);

/* Answers whether a rule's condition holds, for `context`. */
typedef bool cg_condition_holds(const void *condition, void *context);

/* What a look-up needs to know besides the name. */
typedef struct cg_lookup {
    cg_override override;
    cg_condition_holds *holds; /* null: no condition holds */
    void *context;             /* of holds */
} cg_lookup;

/* Lets every rule that matches `name` have its word, in order. */
void cg_ruleset_find(const cg_ruleset *rules, cg_span name, const cg_lookup *lookup,
                     cg_demands *demands);

/* Either a leaf with rules, or a join of two. Null is the policy that asks nothing. */
typedef struct cg_policy {
    const cg_ruleset *rules;
    const struct cg_policy *outer;
    const struct cg_policy *inner;
    bool has_drop; /* some rule below says Drop */
} cg_policy;

/* A leaf: the policy of one section. */
const cg_policy *cg_policy_make(apr_pool_t *pool, const cg_ruleset *rules);

/* A policy that is `outer` first and `inner` after it. Either may be null; then the other one is
 * returned and nothing is allocated. */
const cg_policy *cg_policy_join(apr_pool_t *pool, const cg_policy *outer, const cg_policy *inner);

void cg_policy_find(const cg_policy *policy, cg_span name, const cg_lookup *lookup,
                    cg_demands *demands);

/* The first rule with Drop that matches, or null. */
const cg_rule *cg_policy_find_drop(const cg_policy *policy, cg_span name);

/* Hands every rule to `visit`, in order. */
typedef void cg_rule_visitor(const cg_rule *rule, void *context);
void cg_policy_each(const cg_policy *policy, cg_rule_visitor *visit, void *context);

#endif
