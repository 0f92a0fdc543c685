/* Rules by name: exact names in a hash table, the others in a list, both in the order given.
 *
 *   rules    0: *        1: SID      2: wp_*     3: SID
 *   patterns 0, 2                                  (globs and regular expressions, ascending)
 *   slots    SID -> 1,  next_same_name[1] -> 3     (exact names, ascending)
 *
 * Rules for every name at the very start, as in the built-in ruleset, are added up beforehand.
 * A look-up walks both ascending lists at once, so that rules have their word in order. */
#include "ruleset.h"

#include "known_cookies.h"

enum { NO_RULE = -1, SLOTS_MIN = 4 };

/* Indices of rules, ascending, and beside them the octet with which each rule's pattern begins (0:
 * any may), so that most are passed over without a look at the rule. */
typedef struct rule_list {
    unsigned *at;
    char *first;
    unsigned count;
} rule_list;

struct cg_ruleset {
    cg_rule *rules;
    unsigned count;
    unsigned opening_count; /* rules at the start that have a say on every cookie */
    cg_demands opening;     /* what these come to */
    unsigned slot_mask;     /* number of slots less one; the number is a power of two */
    int *slots;             /* the first rule of a name, or NO_RULE */
    int *next_same_name;    /* per rule: the next of the same exact name, or NO_RULE */
    rule_list patterns;     /* globs and regular expressions */
    rule_list wild;         /* those of them that may match whatever a name begins with */
    uint64_t beginnings[4]; /* bits of hash_beginning for all other rules, exact names too */
    bool has_drop;
};

/* FNV-1a: names are short, and who writes the rules is no enemy of the table. */
static unsigned hash_name(cg_span name)
{
    unsigned hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
    }
    return hash ^ (hash >> 15);
}

/* A number below 256 for the first two octets of a name. */
static unsigned hash_beginning(cg_span name)
{
    unsigned first = name.len > 0 ? (unsigned char)name.at[0] : 0;
    unsigned second = name.len > 1 ? (unsigned char)name.at[1] : 0;
    return (first * 31 + second) % 256;
}

/* The slot of `name`, or the free one where it belongs. Half of the slots are always free. */
static inline unsigned find_slot(const cg_ruleset *set, cg_span name)
{
    unsigned slot = hash_name(name) & set->slot_mask;
    while (set->slots[slot] != NO_RULE &&
           !cg_span_equal(set->rules[set->slots[slot]].pattern.text, name)) {
        slot = (slot + 1) & set->slot_mask;
    }
    return slot;
}

static void copy_rules(apr_pool_t *pool, const cg_rule *rules, cg_ruleset *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        cg_rule *rule = &set->rules[i];
        cg_term *terms = apr_palloc(pool, (rules[i].term_count + 1) * sizeof *terms);
        *rule = rules[i];
        for (unsigned k = 0; k < rule->term_count; k++) {
            terms[k] = rules[i].terms[k];
            terms[k].rule = rule;
        }
        rule->terms = terms;
        set->has_drop |= rule->drop;
    }
}

/* Enters rules from the last to the first, so that each chain comes out ascending. */
static void index_exact_names(apr_pool_t *pool, cg_ruleset *set)
{
    unsigned slot_count = SLOTS_MIN;
    while (slot_count < 2 * set->count) {
        slot_count *= 2;
    }
    set->slot_mask = slot_count - 1;
    set->slots = apr_palloc(pool, slot_count * sizeof *set->slots);
    for (unsigned i = 0; i < slot_count; i++) {
        set->slots[i] = NO_RULE;
    }
    set->next_same_name = apr_palloc(pool, (set->count + 1) * sizeof *set->next_same_name);
    for (unsigned i = set->count; i-- > 0;) {
        if (set->rules[i].pattern.kind == CG_PATTERN_EXACT) {
            unsigned slot = find_slot(set, set->rules[i].pattern.text);
            set->next_same_name[i] = set->slots[slot];
            set->slots[slot] = (int)i;
        }
    }
}

/* A rule in .htaccess is asked each time: what it may say depends on what was said before. */
static bool is_for_every_cookie(const cg_rule *rule)
{
    return rule->pattern.kind == CG_PATTERN_ANY && !rule->condition &&
           rule->scope != CG_SCOPE_HTACCESS;
}

static void add_up_opening(cg_ruleset *set)
{
    while (set->opening_count < set->count &&
           is_for_every_cookie(&set->rules[set->opening_count])) {
        cg_demands_add(&set->opening, &set->rules[set->opening_count++], CG_OVERRIDE_TIGHTEN);
    }
}

static rule_list make_list(apr_pool_t *pool, unsigned size)
{
    rule_list list = {.at = apr_palloc(pool, (size + 1) * sizeof *list.at),
                      .first = apr_palloc(pool, size + 1)};
    return list;
}

static void append(rule_list *list, unsigned index, char first)
{
    list->at[list->count] = index;
    list->first[list->count++] = first;
}

/* True if all names that match begin with the first two octets of the pattern's text. */
static bool has_beginning(const cg_pattern *pattern)
{
    cg_span text = pattern->text;
    switch (pattern->kind) {
    case CG_PATTERN_EXACT:
        return true;
    case CG_PATTERN_GLOB:
        return pattern->first && text.len > 1 && text.at[1] != '*' && text.at[1] != '?';
    default:
        return false;
    }
}

static void index_patterns(apr_pool_t *pool, cg_ruleset *set)
{
    set->patterns = make_list(pool, set->count);
    set->wild = make_list(pool, set->count);
    for (unsigned i = set->opening_count; i < set->count; i++) {
        const cg_pattern *pattern = &set->rules[i].pattern;
        if (pattern->kind != CG_PATTERN_EXACT) {
            append(&set->patterns, i, pattern->first);
        }
        if (has_beginning(pattern)) {
            unsigned beginning = hash_beginning(pattern->text);
            set->beginnings[beginning / 64] |= UINT64_C(1) << (beginning % 64);
        } else {
            append(&set->wild, i, pattern->first);
        }
    }
}

const cg_ruleset *cg_ruleset_make(apr_pool_t *pool, const cg_rule *rules, unsigned count)
{
    cg_ruleset *set = apr_pcalloc(pool, sizeof *set);
    set->count = count;
    set->rules = apr_pcalloc(pool, (count + 1) * sizeof *set->rules);
    copy_rules(pool, rules, set);
    add_up_opening(set);
    index_exact_names(pool, set);
    index_patterns(pool, set);
    return set;
}

/* A row of the table of known cookies as a rule with X=keep for what it lifts. */
static cg_rule known_cookie_rule(apr_pool_t *pool, const cg_known_cookie *known)
{
    cg_rule rule = {.pattern = cg_pattern_parse(cg_span_of(known->pattern)),
                    .scope = CG_SCOPE_SERVER,
                    .is_known_cookie = true,
                    .place = "built-in"};
    cg_term *terms = apr_pcalloc(pool, 2 * sizeof *terms);

    if (known->lifted & CG_LIFTS_HTTPONLY) {
        terms[rule.term_count++].attribute = CG_ATTRIBUTE_HTTPONLY;
    }
    if (known->lifted & CG_LIFTS_SAMESITE) {
        terms[rule.term_count++].attribute = CG_ATTRIBUTE_SAMESITE;
    }
    rule.terms = terms;
    return rule;
}

const cg_ruleset *cg_ruleset_make_baseline(apr_pool_t *pool)
{
    static const cg_term safe_terms[] = {
        {.attribute = CG_ATTRIBUTE_SECURE, .verb = CG_VERB_DEFAULT},
        {.attribute = CG_ATTRIBUTE_HTTPONLY, .verb = CG_VERB_DEFAULT},
        {.attribute = CG_ATTRIBUTE_SAMESITE,
         .verb = CG_VERB_DEFAULT,
         .same_site = CG_SAME_SITE_LAX},
    };
    cg_rule *rules = apr_pcalloc(pool, (cg_known_cookies_count + 1) * sizeof *rules);

    rules[0] = (cg_rule){.pattern = cg_pattern_parse(CG_SPAN("*")),
                         .terms = safe_terms,
                         .term_count = sizeof safe_terms / sizeof safe_terms[0],
                         .scope = CG_SCOPE_SERVER,
                         .place = "built-in"};
    for (size_t i = 0; i < cg_known_cookies_count; i++) {
        rules[i + 1] = known_cookie_rule(pool, &cg_known_cookies[i]);
    }
    return cg_ruleset_make(pool, rules, (unsigned)cg_known_cookies_count + 1);
}

const cg_rule *cg_ruleset_rules(const cg_ruleset *set, unsigned *count)
{
    *count = set->count;
    return set->rules;
}

static inline void add_rule(const cg_rule *rule, const cg_lookup *lookup, cg_override override,
                            cg_demands *demands)
{
    if (rule->condition && !(lookup->holds && lookup->holds(rule->condition, lookup->context))) {
        return;
    }
    cg_demands_add(demands, rule, override);
}

/* Most names begin as no rule does; for them the list of wild patterns is enough. */
static inline bool may_be_named(const cg_ruleset *set, cg_span name)
{
    unsigned beginning = hash_beginning(name);
    return set->beginnings[beginning / 64] >> (beginning % 64) & 1;
}

/* All rules behind the opening ones; `is_candidate` is what may_be_named says. Kept out of its callers,
 * which mostly have nothing to find. */
static __attribute__((noinline)) void find_behind_opening(const cg_ruleset *set, cg_span name,
                                                          bool is_candidate,
                                                          const cg_lookup *lookup,
                                                          cg_override override, cg_demands *demands)
{
    char first = name.len ? name.at[0] : '\0';
    const rule_list *patterns = is_candidate ? &set->patterns : &set->wild;
    int exact = is_candidate ? set->slots[find_slot(set, name)] : NO_RULE;

    for (unsigned i = 0; i < patterns->count; i++) {
        const cg_rule *rule;
        if (patterns->first[i] && patterns->first[i] != first) {
            continue;
        }
        rule = &set->rules[patterns->at[i]];
        if (!cg_pattern_matches(&rule->pattern, name)) {
            continue;
        }
        for (; exact != NO_RULE && (unsigned)exact < patterns->at[i];
             exact = set->next_same_name[exact]) {
            add_rule(&set->rules[exact], lookup, override, demands);
        }
        add_rule(rule, lookup, override, demands);
    }
    for (; exact != NO_RULE; exact = set->next_same_name[exact]) {
        add_rule(&set->rules[exact], lookup, override, demands);
    }
}

void cg_ruleset_find(const cg_ruleset *set, cg_span name, const cg_lookup *lookup,
                     cg_override override, cg_demands *demands)
{
    bool is_candidate;
    for (unsigned i = 0; i < set->opening_count; i++) {
        add_rule(&set->rules[i], lookup, override, demands);
    }
    is_candidate = may_be_named(set, name);
    if (is_candidate || set->wild.count) {
        find_behind_opening(set, name, is_candidate, lookup, override, demands);
    }
}

void cg_ruleset_find_first(const cg_ruleset *set, cg_span name, const cg_lookup *lookup,
                           cg_override override, cg_demands *demands)
{
    bool is_candidate;
    *demands = set->opening;
    is_candidate = may_be_named(set, name);
    if (is_candidate || set->wild.count) {
        find_behind_opening(set, name, is_candidate, lookup, override, demands);
    }
}

const cg_rule *cg_ruleset_find_drop(const cg_ruleset *set, cg_span name)
{
    for (unsigned i = 0; set->has_drop && i < set->count; i++) {
        if (set->rules[i].drop && set->rules[i].scope == CG_SCOPE_SERVER &&
            cg_pattern_matches(&set->rules[i].pattern, name)) {
            return &set->rules[i];
        }
    }
    return NULL;
}
