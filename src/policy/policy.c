/* Walking through the sections of a policy in their order. */
#include "policy.h"

static const cg_span mode_names[] = {
    [CG_MODE_OFF] = {"Off", 3}, [CG_MODE_REPORT] = {"Report", 6}, [CG_MODE_ON] = {"On", 2}};

static const cg_span override_names[] = {[CG_OVERRIDE_TIGHTEN] = {"Tighten", 7},
                                         [CG_OVERRIDE_NONE] = {"None", 4},
                                         [CG_OVERRIDE_ALL] = {"All", 3}};

cg_span cg_mode_name(cg_mode mode)
{
    return mode_names[mode];
}

cg_span cg_override_name(cg_override override)
{
    return override_names[override];
}

static bool is_join(const cg_policy *policy)
{
    return policy->inner != NULL;
}

static bool says_nothing(const cg_policy *policy)
{
    return !is_join(policy) && !policy->has_mode && !policy->has_override &&
           !policy->has_baseline && !policy->has_cache_wish && !policy->rules &&
           !policy->has_rules && !policy->has_drop;
}

const cg_policy *cg_policy_join(apr_pool_t *pool, const cg_policy *outer, const cg_policy *inner)
{
    cg_policy *joined;
    if (says_nothing(outer)) {
        return inner;
    }
    if (says_nothing(inner)) {
        return outer;
    }
    joined = apr_pcalloc(pool, sizeof *joined);
    joined->outer = outer;
    joined->inner = inner;
    joined->has_drop = outer->has_drop || inner->has_drop;
    return joined;
}

void cg_policy_each(const cg_policy *policy, cg_policy_visitor *visit, void *context)
{
    for (; is_join(policy); policy = policy->inner) {
        cg_policy_each(policy->outer, visit, context);
    }
    visit(policy, context);
}

/* A .htaccess may raise the mode, and lower it only where it is trusted. */
static bool may_set_mode(const cg_policy *leaf, const cg_settings *settings)
{
    if (leaf->scope != CG_SCOPE_HTACCESS || settings->override == CG_OVERRIDE_ALL) {
        return true;
    }
    return settings->override == CG_OVERRIDE_TIGHTEN && leaf->mode >= settings->mode;
}

static void settle_leaf(const cg_policy *leaf, void *context)
{
    cg_settings *settings = context;
    if (leaf->has_override) {
        settings->override = leaf->override;
    }
    if (leaf->has_baseline) {
        settings->baseline = leaf->baseline;
    }
    if (leaf->has_cache_wish) {
        settings->cache_wish = leaf->cache_wish;
    }
    settings->has_rules |= leaf->rules != NULL;
    if (leaf->has_mode && may_set_mode(leaf, settings)) {
        settings->mode = leaf->mode;
    } else if (leaf->has_mode) {
        settings->ignored_mode = leaf->mode_place;
    }
}

void cg_policy_settle(const cg_policy *policy, cg_settings *settings)
{
    *settings = (cg_settings){.baseline = true};
    for (; is_join(policy); policy = policy->inner) {
        cg_policy_each(policy->outer, settle_leaf, settings);
    }
    settle_leaf(policy, settings);
}

typedef struct find_context {
    cg_span name;
    const cg_lookup *lookup;
    cg_override override; /* in force where the walk has come to */
    cg_demands *demands;
} find_context;

static void find_in_leaf(const cg_policy *leaf, void *context)
{
    find_context *find = context;
    if (leaf->has_override) {
        find->override = leaf->override;
    }
    if (leaf->rules) {
        cg_ruleset_find(leaf->rules, find->name, find->lookup, find->override, find->demands);
    }
}

void cg_policy_find(const cg_policy *policy, cg_span name, const cg_lookup *lookup,
                    cg_demands *demands)
{
    find_context find = {.name = name, .lookup = lookup, .demands = demands};
    for (; is_join(policy); policy = policy->inner) {
        cg_policy_each(policy->outer, find_in_leaf, &find);
    }
    find_in_leaf(policy, &find);
}

const cg_rule *cg_policy_find_drop(const cg_policy *policy, cg_span name)
{
    const cg_rule *rule = NULL;
    for (; policy->has_drop && is_join(policy); policy = policy->inner) {
        if ((rule = cg_policy_find_drop(policy->outer, name)) != NULL) {
            return rule;
        }
    }
    return policy->has_drop && policy->rules ? cg_ruleset_find_drop(policy->rules, name) : NULL;
}
