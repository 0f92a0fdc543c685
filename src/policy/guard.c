/* Making guards, and finding the one that a name concerns. */
#include "guard.h"

#include <apr_strings.h>

#include "../cookie/folded_name.h"

static bool is_guard(const cg_rule *rule)
{
    return rule->has_prefix && rule->scope == CG_SCOPE_SERVER;
}

static cg_pattern fold_pattern(apr_pool_t *pool, const cg_pattern *name)
{
    cg_folded_name folded;
    cg_name_fold(name->text, &folded);
    return cg_pattern_parse((cg_span){apr_pstrmemdup(pool, folded.at, folded.len), folded.len});
}

typedef struct guard_list {
    apr_pool_t *pool;
    cg_guard *guards; /* null while they are only counted */
    unsigned count;
} guard_list;

static void add_guards(const cg_policy *leaf, void *context)
{
    guard_list *list = context;
    unsigned rule_count = 0;
    const cg_rule *rules = leaf->rules ? cg_ruleset_rules(leaf->rules, &rule_count) : NULL;

    for (unsigned i = 0; i < rule_count; i++) {
        if (!is_guard(&rules[i])) {
            continue;
        }
        if (list->guards) {
            list->guards[list->count] = (cg_guard){
                .name = rules[i].pattern,
                .folded = fold_pattern(list->pool, &rules[i].pattern),
                .prefix = rules[i].prefix,
                .rule = &rules[i],
            };
        }
        list->count++;
    }
}

const cg_guards *cg_guards_make(apr_pool_t *pool, const cg_policy *policy)
{
    guard_list list = {.pool = pool};
    cg_guards *guards;

    cg_policy_each(policy, add_guards, &list);
    if (!list.count) {
        return NULL;
    }
    list.guards = apr_pcalloc(pool, list.count * sizeof *list.guards);
    list.count = 0;
    cg_policy_each(policy, add_guards, &list);
    guards = apr_pcalloc(pool, sizeof *guards);
    guards->guards = list.guards;
    guards->count = list.count;
    return guards;
}

static bool are_alike(const cg_guard *a, const cg_guard *b)
{
    return a->name.kind == CG_PATTERN_EXACT && b->name.kind == CG_PATTERN_EXACT &&
           cg_span_equal(a->folded.text, b->folded.text) &&
           !cg_span_equal(a->name.text, b->name.text);
}

const char *cg_guards_check(apr_pool_t *pool, const cg_guards *guards)
{
    for (unsigned i = 0; guards && i < guards->count; i++) {
        for (unsigned k = 0; k < i; k++) {
            const cg_guard *a = &guards->guards[k], *b = &guards->guards[i];
            if (are_alike(a, b)) {
                return apr_psprintf(pool,
                                    "%s: Prefix for %s, and at %s for %s: lenient parsers take "
                                    "both names for one; guard one of them",
                                    b->rule->place, b->name.text.at, a->rule->place,
                                    a->name.text.at);
            }
        }
    }
    return NULL;
}

/* The part of a folded name behind the prefix that the guard has; any prefix where it is rolled
 * back. Empty if there is none. */
static cg_span behind_prefix(const cg_guard *guard, cg_span folded)
{
    cg_prefix prefix = guard->prefix == CG_PREFIX_NONE ? cg_prefix_find(folded) : guard->prefix;
    cg_span text = cg_prefix_rows[prefix].text;

    if (prefix == CG_PREFIX_NONE || !cg_span_starts_folded(folded, text)) {
        return (cg_span){NULL, 0};
    }
    return cg_span_part(folded, text.len, folded.len);
}

static bool matches_folded(const cg_guard *guard, cg_span folded)
{
    cg_span bare = behind_prefix(guard, folded);
    return folded.len && (cg_pattern_matches(&guard->folded, folded) ||
                          (bare.len && cg_pattern_matches(&guard->folded, bare)));
}

static bool is_wire_name(const cg_guard *guard, cg_span name)
{
    cg_span bare = behind_prefix(guard, name);
    cg_prefix prefix = guard->prefix == CG_PREFIX_NONE ? cg_prefix_find(name) : guard->prefix;
    return bare.len && cg_span_starts(name, cg_prefix_rows[prefix].text) &&
           cg_pattern_matches(&guard->name, bare);
}

static cg_spelling exact_spelling(const cg_guard *guard, cg_span name)
{
    if (cg_pattern_matches(&guard->name, name)) {
        return CG_SPELLING_APPLICATION;
    }
    return is_wire_name(guard, name) ? CG_SPELLING_WIRE : CG_SPELLING_FREE;
}

static const cg_guard *find_exact(const cg_guards *guards, cg_span name, cg_spelling *spelling)
{
    for (unsigned i = guards->count; i-- > 0;) {
        *spelling = exact_spelling(&guards->guards[i], name);
        if (*spelling != CG_SPELLING_FREE) {
            return &guards->guards[i];
        }
    }
    return NULL;
}

static const cg_guard *find_alike(const cg_guards *guards, cg_span name)
{
    cg_folded_name folded;

    cg_name_fold(name, &folded);
    for (unsigned i = guards->count; i-- > 0;) {
        const cg_guard *guard = &guards->guards[i];
        if (matches_folded(guard, (cg_span){folded.at, folded.len}) ||
            matches_folded(guard, (cg_span){folded.at, folded.base_len})) {
            return guard;
        }
    }
    return NULL;
}

/* An exact spelling comes before one that is like a later guard's. */
const cg_guard *cg_guards_find(const cg_guards *guards, cg_span name, cg_spelling *spelling)
{
    const cg_guard *guard = find_exact(guards, name, spelling);
    if (!guard) {
        guard = find_alike(guards, name);
        *spelling = guard ? CG_SPELLING_ALIKE : CG_SPELLING_FREE;
    }
    return guard;
}
