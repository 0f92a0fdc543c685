/* The rules of one section, found by a cookie's name.
 *
 * A ruleset is made once, when its section has been read, and never changes. */
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
    cg_condition_holds *holds; /* null: no condition holds */
    void *context;             /* of holds */
} cg_lookup;

/* Lets every rule that matches `name` have its word, in order; `override` says what rules of a
 * .htaccess may ask. */
void cg_ruleset_find(const cg_ruleset *rules, cg_span name, const cg_lookup *lookup,
                     cg_override override, cg_demands *demands);

/* The same for the first ruleset that is asked: *demands is set, whatever was in it. */
void cg_ruleset_find_first(const cg_ruleset *rules, cg_span name, const cg_lookup *lookup,
                           cg_override override, cg_demands *demands);

/* The first rule with Drop that matches, or null. One that does not stand at the server or a virtual
 * host is no rule here. */
const cg_rule *cg_ruleset_find_drop(const cg_ruleset *rules, cg_span name);

#endif
