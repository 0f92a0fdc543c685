/* Finding the guard that a name concerns. */
#include "guard_table.h"

#include "../cookie/folded_name.h"
#include "guard.h"

enum { NO_GUARD = -1, SLOTS_MIN = 4 };

/* -- making ---------------------------------------------------------------------------------- */

/* Names from outside are only looked up, so they cannot make any search longer. */
static unsigned hash_exact(cg_span name)
{
    unsigned first = (unsigned char)name.at[0], last = (unsigned char)name.at[name.len - 1];
    return ((unsigned)name.len * 31 + first) * 31 + last;
}

/* FNV-1a */
static unsigned hash_folded(cg_span name)
{
    unsigned hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
    }
    return hash ^ (hash >> 15);
}

/* The slot of a folded name, or the free one where it belongs. Half of the slots are free. */
static unsigned find_slot(const cg_guard_table *table, cg_span folded)
{
    unsigned slot = hash_folded(folded) & table->slot_mask;
    while (table->folded[slot] != NO_GUARD &&
           !cg_span_equal(table->guards[table->folded[slot]].folded.text, folded)) {
        slot = (slot + 1) & table->slot_mask;
    }
    return slot;
}

static int *make_links(apr_pool_t *pool, unsigned count)
{
    int *links = apr_palloc(pool, (count + 1) * sizeof *links);
    for (unsigned i = 0; i <= count; i++) {
        links[i] = NO_GUARD;
    }
    return links;
}

static void make_slots(apr_pool_t *pool, cg_guard_table *table)
{
    unsigned slot_count = SLOTS_MIN;
    while (slot_count < 2 * table->count) {
        slot_count *= 2;
    }
    table->slot_mask = slot_count - 1;
    table->exact = make_links(pool, slot_count);
    table->folded = make_links(pool, slot_count);
    table->exact_before = make_links(pool, table->count);
    table->folded_before = make_links(pool, table->count);
    table->globs = apr_palloc(pool, (table->count + 1) * sizeof *table->globs);
}

static void enter_exact(cg_guard_table *table, unsigned i)
{
    unsigned exact = hash_exact(table->guards[i].name.text) & table->slot_mask;
    unsigned folded = find_slot(table, table->guards[i].folded.text);

    table->exact_before[i] = table->exact[exact];
    table->exact[exact] = (int)i;
    table->folded_before[i] = table->folded[folded];
    table->folded[folded] = (int)i;
}

static void enter_guards(cg_guard_table *table)
{
    for (unsigned i = 0; i < table->count; i++) {
        table->has_prefix |= table->guards[i].prefix != CG_PREFIX_NONE;
        if (table->guards[i].name.kind == CG_PATTERN_EXACT) {
            enter_exact(table, i);
        } else {
            table->globs[table->glob_count++] = i;
        }
    }
}

/* Every octet that folds to `folded`, which may be a glob's `*` or `?`, gets the bit. */
static void mark_octets(cg_guard_table *table, char folded, unsigned char bit)
{
    for (unsigned c = 0; c < 256; c++) {
        if (folded == '*' || folded == '?' || cg_name_fold_octet((unsigned char)c) == folded) {
            table->octets[c] |= bit;
        }
    }
}

/* The beginning of a name, a glob or a prefix. A star may stand for nothing, or for all that follows. */
static void mark_beginning(cg_guard_table *table, cg_span folded)
{
    bool is_open = false;

    for (size_t i = 0; i < 3 && (i < folded.len || is_open); i++) {
        is_open = is_open || folded.at[i] == '*';
        mark_octets(table, is_open ? '*' : cg_ascii_lower(folded.at[i]),
                    (unsigned char)(CG_OCTET_FIRST << i));
    }
}

/* Octets that are trimmed, decoded or end the name for some parser may stand anywhere; `$` begins
 * names of another kind that are of interest, too. */
static void mark_specials(cg_guard_table *table)
{
    for (unsigned c = 0; c < 256; c++) {
        if (cg_name_is_trimmed((unsigned char)c) || c == '%' || c == '+') {
            table->octets[c] |= CG_OCTET_FIRST | CG_OCTET_SECOND | CG_OCTET_THIRD | CG_OCTET_ANY;
            table->octets[c] |= c == '=' ? 0 : CG_OCTET_LAST;
        }
    }
    table->octets['$'] |= CG_OCTET_FIRST | CG_OCTET_ANY;
}

/* Octets of the shortest name that matches. */
static size_t shortest_of(cg_span folded)
{
    size_t len = 0;
    for (size_t i = 0; i < folded.len; i++) {
        len += folded.at[i] != '*';
    }
    return len;
}

static void mark_guards(cg_guard_table *table)
{
    bool has_wire_names = table->count && !table->guards[0].is_token;

    table->shortest = CG_FOLDED_NAME_MAX;
    for (unsigned i = 0; i < table->count; i++) {
        cg_span folded = table->guards[i].folded.text;
        size_t len;
        if (folded.len) {
            mark_beginning(table, folded);
            mark_octets(table, folded.at[folded.len - 1], CG_OCTET_LAST);
            len = shortest_of(folded);
            table->shortest = len < table->shortest ? len : table->shortest;
        }
    }
    for (int prefix = CG_PREFIX_NONE + 1; has_wire_names && prefix < CG_PREFIX_COUNT; prefix++) {
        mark_beginning(table, cg_prefix_rows[prefix].text);
    }
    mark_specials(table);
}

const cg_guard_table *cg_guard_table_make(apr_pool_t *pool, const cg_guard *guards, unsigned count)
{
    cg_guard_table *table = apr_pcalloc(pool, sizeof *table);
    table->guards = guards;
    table->count = count;
    make_slots(pool, table);
    enter_guards(table);
    mark_guards(table);
    return table;
}

/* -- looking up ------------------------------------------------------------------------------ */

bool cg_guard_table_may_go_on(const cg_guard_table *table, cg_span rest)
{
    for (size_t i = 0; i < 3 && i < rest.len; i++) {
        unsigned octet = table->octets[(unsigned char)rest.at[i]];
        if (!(octet & ((unsigned)CG_OCTET_FIRST << i))) {
            return false;
        }
        if (octet & CG_OCTET_ANY) {
            return true;
        }
    }
    return true;
}

/* A name that folding neither trims nor decodes. Globs own no others: what comes in another
 * spelling is alike to what they match. */
static bool is_plain(cg_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        if (c == '%' || c == '+' || cg_name_is_trimmed((unsigned char)c)) {
            return false;
        }
    }
    return true;
}

/* The last guard whose name is `name` to the octet; that is not empty. */
static const cg_guard *find_owner(const cg_guard_table *table, cg_span name)
{
    int last = table->exact[hash_exact(name) & table->slot_mask];

    while (last != NO_GUARD && !cg_span_equal(table->guards[last].name.text, name)) {
        last = table->exact_before[last];
    }
    for (unsigned i = table->glob_count; i-- > 0 && (int)table->globs[i] > last;) {
        if (cg_pattern_matches(&table->guards[table->globs[i]].name, name) && is_plain(name)) {
            return &table->guards[table->globs[i]];
        }
    }
    return last == NO_GUARD ? NULL : &table->guards[last];
}

static bool has_prefix(cg_span name, cg_span prefix)
{
    return name.len > prefix.len && name.at[prefix.len - 1] == '-' && cg_span_starts(name, prefix);
}

/* The name's guard if it is the wire spelling of a name that this very guard owns: of several rules
 * for a name the last one alone says which prefix it has. The token has no other spelling. */
static const cg_guard *find_wire(const cg_guard_table *table, cg_span name)
{
    for (int prefix = CG_PREFIX_COUNT - 1; prefix > CG_PREFIX_NONE; prefix--) {
        cg_span text = cg_prefix_rows[prefix].text;
        if (has_prefix(name, text)) {
            const cg_guard *owner = find_owner(table, cg_span_part(name, text.len, name.len));
            if (owner && (!cg_guard_is_in_force(owner) || (int)owner->prefix == prefix)) {
                return owner;
            }
        }
    }
    return NULL;
}

/* The last guard that is not rolled back, whose folded name this is, and whose prefix is `prefix`
 * unless that is none. */
static const cg_guard *find_folded(const cg_guard_table *table, cg_span folded, cg_prefix prefix)
{
    for (int i = table->folded[find_slot(table, folded)]; i != NO_GUARD;
         i = table->folded_before[i]) {
        const cg_guard *guard = &table->guards[i];
        if (cg_guard_is_in_force(guard) && (prefix == CG_PREFIX_NONE || prefix == guard->prefix)) {
            return guard;
        }
    }
    for (unsigned i = table->glob_count; i-- > 0;) {
        const cg_guard *guard = &table->guards[table->globs[i]];
        if (guard->prefix != CG_PREFIX_NONE &&
            (prefix == CG_PREFIX_NONE || prefix == guard->prefix) &&
            cg_pattern_matches(&guard->folded, folded)) {
            return guard;
        }
    }
    return NULL;
}

static const cg_guard *find_alike_part(const cg_guard_table *table, cg_span folded)
{
    const cg_guard *guard = find_folded(table, folded, CG_PREFIX_NONE);

    for (int prefix = CG_PREFIX_COUNT - 1; !guard && prefix > CG_PREFIX_NONE; prefix--) {
        cg_span text = cg_prefix_rows[prefix].text;
        if (folded.len > text.len && cg_span_starts_folded(folded, text)) {
            guard = find_folded(table, cg_span_part(folded, text.len, folded.len),
                                (cg_prefix)prefix);
        }
    }
    return guard;
}

/* Tries each name that some parser may see. */
static const cg_guard *find_alike(const cg_guard_table *table, const cg_folded_name *fold)
{
    const cg_guard *guard = NULL;

    for (int s = 0; s < CG_FOLDED_STARTS && !guard; s++) {
        for (int e = 0; e < CG_FOLDED_ENDS && !guard; e++) {
            bool is_other = (s == 0 || fold->starts[s] != fold->starts[s - 1]) &&
                            (e == 0 || fold->ends[e] != fold->ends[e - 1]);
            if (is_other && fold->starts[s] < fold->ends[e]) {
                guard = find_alike_part(
                    table, (cg_span){fold->at + fold->starts[s], fold->ends[e] - fold->starts[s]});
            }
        }
    }
    return guard;
}

static const cg_guard *find_exact_namesake(const cg_guard_table *table, cg_span folded,
                                           cg_span name)
{
    int exact = folded.len ? table->folded[find_slot(table, folded)] : NO_GUARD;

    while (exact != NO_GUARD && (!cg_guard_is_in_force(&table->guards[exact]) ||
                                 cg_span_equal(table->guards[exact].name.text, name))) {
        exact = table->folded_before[exact];
    }
    return exact == NO_GUARD ? NULL : &table->guards[exact];
}

/* Under the same prefix each of two names could be had by whoever has the other. */
static const cg_guard *find_glob_namesake(const cg_guard_table *table, const cg_guard *found,
                                          cg_span folded, cg_span name)
{
    for (unsigned i = table->glob_count; i-- > 0;) {
        const cg_guard *guard = &table->guards[table->globs[i]];
        if (guard->prefix != CG_PREFIX_NONE && guard->prefix != found->prefix &&
            cg_pattern_matches(&guard->folded, folded) && !cg_pattern_matches(&guard->name, name)) {
            return guard;
        }
    }
    return NULL;
}

/* The token's guard, if a name that a glob found would leave under the token's name. */
static const cg_guard *find_token_taken(const cg_guard_table *table, const cg_guard *found,
                                        cg_span folded)
{
    const cg_guard *token = table->count ? &table->guards[table->count - 1] : NULL;
    cg_span prefix = cg_prefix_rows[found->prefix].text, wire;

    if (!token || !token->is_token || found->prefix == CG_PREFIX_NONE) {
        return NULL;
    }
    wire = token->folded.text;
    return cg_span_starts_folded(wire, prefix) &&
                   cg_span_equal(folded, cg_span_part(wire, prefix.len, wire.len))
               ? token
               : NULL;
}

/* The guard of another name that folds like this one, which a glob found. No parser that takes the
 * two for one shall see what came under the glob's prefix. */
static const cg_guard *find_namesake(const cg_guard_table *table, const cg_guard *found,
                                     cg_span name)
{
    const cg_guard *namesake;
    cg_folded_name fold;
    cg_span folded;

    if (found->name.kind == CG_PATTERN_EXACT) {
        return NULL;
    }
    cg_name_fold(name, &fold);
    folded = (cg_span){fold.at, fold.len};
    namesake = find_token_taken(table, found, folded);
    namesake = namesake ? namesake : find_exact_namesake(table, folded, name);
    return namesake ? namesake : find_glob_namesake(table, found, folded, name);
}

/* The guard whose name or wire spelling this is, to the octet. */
static const cg_guard *find_exact(const cg_guard_table *table, cg_span name, cg_spelling *spelling)
{
    const cg_guard *guard = find_owner(table, name), *namesake;

    *spelling = CG_SPELLING_APPLICATION;
    if (!guard) {
        guard = find_wire(table, name);
        *spelling = CG_SPELLING_WIRE;
    }
    namesake = guard
                   ? find_namesake(table, guard, cg_guard_application_name(guard, *spelling, name))
                   : NULL;
    if (namesake) {
        *spelling = CG_SPELLING_ALIKE;
        return namesake;
    }
    return guard;
}

const cg_guard *cg_guards_find(const cg_guards *guards, cg_span name, cg_spelling *spelling)
{
    const cg_guard_table *table = guards->table;
    const cg_guard *guard = NULL;
    cg_folded_name fold;

    *spelling = CG_SPELLING_FREE;
    if (!cg_guard_table_may_begin(table, name)) {
        return NULL;
    }
    guard = find_exact(table, name, spelling);
    if (!guard) {
        cg_name_fold(name, &fold);
        guard = find_alike(table, &fold);
        *spelling = guard ? CG_SPELLING_ALIKE : CG_SPELLING_FREE;
    }
    return guard;
}
