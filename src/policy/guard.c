/* Making guards. */
#include "guard.h"

#include <apr_strings.h>

#include "../cookie/folded_name.h"

static bool is_guard(const cg_rule *rule)
{
    return rule->has_prefix && rule->scope == CG_SCOPE_SERVER;
}

/* A glob is folded octet by octet: the `?` at its end is no octet of a name. */
static cg_pattern fold_pattern(apr_pool_t *pool, const cg_pattern *name)
{
    cg_folded_name folded;
    char *text = apr_pstrmemdup(pool, name->text.at, name->text.len);

    if (name->kind == CG_PATTERN_EXACT) {
        cg_name_fold(name->text, &folded);
        memcpy(text, folded.at, folded.len);
        text[folded.len] = '\0';
        return cg_pattern_parse((cg_span){text, folded.len});
    }
    for (size_t i = 0; i < name->text.len; i++) {
        text[i] = cg_name_fold_octet((unsigned char)text[i]);
    }
    return cg_pattern_parse((cg_span){text, name->text.len});
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

/* The token's name is that of no rule: it comes last and wins. */
static void add_token(guard_list *list, cg_span token)
{
    cg_pattern name = {.kind = CG_PATTERN_EXACT, .text = token};

    if (list->guards && token.len) {
        list->guards[list->count] = (cg_guard){
            .name = name,
            .folded = fold_pattern(list->pool, &name),
            .is_token = true,
        };
    }
    list->count += token.len > 0;
}

/* Of guards for the very same name the last one alone is left. */
static void leave_out_overruled(guard_list *list)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < list->count; i++) {
        bool is_overruled = false;
        for (unsigned k = i + 1; k < list->count && !is_overruled; k++) {
            is_overruled = cg_span_equal(list->guards[i].name.text, list->guards[k].name.text);
        }
        if (!is_overruled) {
            list->guards[kept++] = list->guards[i];
        }
    }
    list->count = kept;
}

static cg_guards *make_guards(apr_pool_t *pool, const cg_guard *guards, unsigned count)
{
    cg_guards *made = apr_pcalloc(pool, sizeof *made);
    made->guards = guards;
    made->count = count;
    made->table = cg_guard_table_make(pool, guards, count);
    return made;
}

/* Where there is no other guard, the token's own set is all of them. */
static void set_token(apr_pool_t *pool, cg_guards *guards)
{
    guards->rule_count = guards->count - 1;
    if (guards->rule_count) {
        cg_guards *token = make_guards(pool, &guards->guards[guards->rule_count], 1);
        token->token = token;
        guards->token = token;
    } else {
        guards->token = guards;
    }
}

const cg_guards *cg_guards_make(apr_pool_t *pool, const cg_policy *policy, cg_span token)
{
    guard_list list = {.pool = pool};
    cg_guards *guards;

    cg_policy_each(policy, add_guards, &list);
    add_token(&list, token);
    if (!list.count) {
        return NULL;
    }
    list.guards = apr_pcalloc(pool, list.count * sizeof *list.guards);
    list.count = 0;
    cg_policy_each(policy, add_guards, &list);
    leave_out_overruled(&list);
    add_token(&list, token);
    guards = make_guards(pool, list.guards, list.count);
    guards->rule_count = guards->count;
    if (token.len) {
        set_token(pool, guards);
    }
    return guards;
}

static bool are_alike(const cg_guard *a, const cg_guard *b)
{
    return cg_span_equal(a->folded.text, b->folded.text) &&
           !cg_span_equal(a->name.text, b->name.text);
}

/* The name of a rule, or the one under which it is to leave, is the token's. */
static bool takes_token(const cg_guard *guard, const cg_guard *token)
{
    cg_span prefix = cg_prefix_rows[guard->prefix].text, folded = token->folded.text;

    return guard->name.kind == CG_PATTERN_EXACT &&
           (cg_span_equal(guard->folded.text, folded) ||
            (cg_span_starts_folded(folded, prefix) &&
             cg_span_equal(guard->folded.text, cg_span_part(folded, prefix.len, folded.len))));
}

static const char *check_token(apr_pool_t *pool, const cg_guards *guards)
{
    const cg_guard *token = &guards->token->guards[0];

    for (unsigned i = 0; i < guards->rule_count; i++) {
        const cg_guard *guard = &guards->guards[i];
        if (takes_token(guard, token)) {
            return apr_psprintf(pool,
                                "%s: Prefix for %s: its cookie would be taken for the session's, "
                                "%.*s; give that another name with CookieGuardSessionCookie",
                                guard->rule->place, guard->name.text.at, (int)token->name.text.len,
                                token->name.text.at);
        }
    }
    return NULL;
}

const char *cg_guards_check(apr_pool_t *pool, const cg_guards *guards)
{
    for (unsigned i = 0; guards && i < guards->rule_count; i++) {
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
    return guards && guards->token ? check_token(pool, guards) : NULL;
}

static bool sets(const cg_term *term)
{
    return term && (term->verb == CG_VERB_DEFAULT || term->verb == CG_VERB_EXACT);
}

const cg_term *cg_guard_find_contradiction(const cg_guard *guard, const cg_policy *policy)
{
    const cg_lookup no_conditions = {.holds = NULL};
    const cg_term *domain, *path;
    cg_demands demands = {.valued = 0};

    if (!cg_prefix_rows[guard->prefix].needs_host_only || guard->name.kind != CG_PATTERN_EXACT) {
        return NULL;
    }
    cg_policy_find(policy, guard->name.text, &no_conditions, &demands);
    cg_demands_add(&demands, guard->rule, CG_OVERRIDE_ALL);
    domain = demands.term[CG_ATTRIBUTE_DOMAIN];
    path = demands.term[CG_ATTRIBUTE_PATH];
    if (sets(domain)) {
        return domain;
    }
    if (path && path->verb == CG_VERB_REMOVE) { /* that of the page is left then */
        return path;
    }
    return sets(path) && !cg_span_equal(path->text, CG_SPAN("/")) ? path : NULL;
}

/* The wire spelling begins with the guard's prefix; with any of them if it is rolled back. */
static bool may_have_prefix(const cg_guard *guard, cg_prefix prefix)
{
    return !cg_guard_is_in_force(guard) || guard->prefix == prefix;
}

cg_span cg_guard_application_name(const cg_guard *guard, cg_spelling spelling, cg_span name)
{
    for (int i = CG_PREFIX_COUNT - 1; spelling == CG_SPELLING_WIRE && i > CG_PREFIX_NONE; i--) {
        cg_span text = cg_prefix_rows[i].text;
        if (may_have_prefix(guard, (cg_prefix)i) && cg_span_starts(name, text)) {
            cg_span bare = cg_span_part(name, text.len, name.len);
            if (cg_pattern_matches(&guard->name, bare)) {
                return bare;
            }
        }
    }
    return name;
}
