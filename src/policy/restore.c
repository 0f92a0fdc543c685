/* Taking a Cookie field back to the application's names.
 *
 * Two passes over the pairs: the first finds which guarded cookies came and which of each counts,
 * the second writes. Both judge a pair by itself with judge_pair. */
#include "restore.h"

#include "../cookie/cookie_header.h"
#include "../cookie/folded_name.h"

/* What is to become of a pair, as far as it can be told without the others. */
typedef struct verdict {
    cg_refusal refusal;
    const cg_guard *guard; /* null: no guard has a say, the pair stays */
    cg_span name;          /* the application's, of a pair that is not refused */
    cg_span value;
    cg_prefix prefix; /* with which it came */
} verdict;

/* -- one pair -------------------------------------------------------------------------------- */

/* The first look, which most pairs of most requests do not get past. */
static inline bool may_concern(const cg_guard_table *table, cg_span raw)
{
    const char *at = raw.at, *end = raw.at + raw.len;

    while (at < end && *at == ' ') {
        at++;
    }
    if (cg_guard_table_may_begin(table, (cg_span){at, (size_t)(end - at)})) {
        return true;
    }
    while (at < end && (at = memchr(at, '=', (size_t)(end - at))) != NULL) {
        if (cg_guard_table_may_end(table, (cg_span){raw.at, (size_t)(at - raw.at)})) {
            return true;
        }
        at++;
    }
    return false;
}

/* The guard that has a say on `name`, unless that is rolled back. */
static const cg_guard *find_guard(const cg_guards *guards, cg_span name)
{
    cg_spelling spelling;
    const cg_guard *guard = name.len ? cg_guards_find(guards, name, &spelling) : NULL;
    return guard && guard->prefix != CG_PREFIX_NONE ? guard : NULL;
}

/* The guard of a name that stands before a "=" inside the pair, behind something that a parser may
 * take for the end of a cookie. `own` is where the pair's own name begins. */
static const cg_guard *find_embedded(const cg_guards *guards, cg_span raw, const char *own)
{
    cg_span text = raw;
    size_t equals;

    while ((equals = cg_span_find(text, '=')) < text.len) {
        cg_span before = cg_span_part(text, 0, equals);
        if (cg_guard_table_may_end(guards->table, before)) {
            cg_span word = cg_cookie_last_word(before);
            const cg_guard *guard = NULL;
            if (word.at > own && word.at > before.at) {
                guard = find_guard(guards, word);
            }
            if (guard) {
                return guard;
            }
        }
        text = cg_span_part(text, equals + 1, text.len);
    }
    return NULL;
}

/* The pair from where its name begins: some parsers step over all that no name begins with. */
static cg_span skip_to_name(cg_span raw)
{
    while (raw.len && cg_name_is_trimmed((unsigned char)raw.at[0])) {
        raw = cg_span_part(raw, 1, raw.len);
    }
    return raw;
}

static bool is_dollar(cg_span named)
{
    return cg_span_starts(named, CG_SPAN("$")) || cg_span_starts(named, CG_SPAN("%24"));
}

/* A pair whose own name, in whatever spelling, is that of `guard`. */
static verdict judge_guarded(const cg_guard *guard, cg_spelling spelling, cg_span name,
                             bool accepts_plain)
{
    verdict is = {.guard = guard, .name = name};

    if (spelling == CG_SPELLING_WIRE) {
        is.prefix = guard->prefix == CG_PREFIX_NONE ? cg_prefix_find(name) : guard->prefix;
        is.name = cg_span_part(name, cg_prefix_rows[is.prefix].text.len, name.len);
    } else if (spelling != CG_SPELLING_APPLICATION) {
        is.refusal = CG_REFUSAL_SPELLING;
    } else if (guard->prefix != CG_PREFIX_NONE && !accepts_plain) {
        is.refusal = CG_REFUSAL_PLAIN;
    }
    return is;
}

/* Of a name that stands otherwise than browsers write it, no spelling is the right one. */
static verdict judge_own_name(const cg_guards *guards, cg_span raw, cg_span named,
                              bool accepts_plain)
{
    cg_cookie_pair pair;
    cg_spelling spelling;
    const cg_guard *guard;
    bool is_as_sent;
    verdict is = {.guard = NULL};

    cg_cookie_pair_parse(named, &pair);
    guard = cg_guards_find(guards, pair.name, &spelling);
    is_as_sent = pair.has_equals && pair.name.at == cg_span_trim(raw).at;
    if (!guard || (guard->prefix == CG_PREFIX_NONE && !is_as_sent)) {
        return is;
    }
    is = judge_guarded(guard, is_as_sent ? spelling : CG_SPELLING_ALIKE, pair.name, accepts_plain);
    is.value = pair.value;
    return is;
}

static verdict judge_pair(const cg_restored *restored, cg_span raw)
{
    const cg_guards *guards = restored->guards;
    cg_span named = skip_to_name(raw);
    const cg_guard *embedded;

    if (guards->table->has_prefix && is_dollar(named)) {
        return (verdict){.refusal = CG_REFUSAL_DOLLAR};
    }
    embedded = find_embedded(guards, raw, named.at);
    if (embedded) {
        return (verdict){.refusal = CG_REFUSAL_EMBEDDED, .guard = embedded};
    }
    return judge_own_name(guards, raw, named, restored->accepts_plain);
}

/* -- the first pass: which cookies came, and which of each name counts -------------------------- */

static cg_restored_cookie *find_cookie(cg_restored *restored, cg_span name)
{
    for (unsigned i = 0; i < restored->cookie_count; i++) {
        if (cg_span_equal(restored->cookies[i].name, name)) {
            return &restored->cookies[i];
        }
    }
    return NULL;
}

/* A guarded cookie comes before the plain one, the one that a neighbouring host cannot set before
 * one that it can (prefixes are in that order). A name that is rolled back is plain again. */
static int rank_of(const cg_guard *guard, cg_prefix prefix)
{
    bool is_first = guard->prefix == CG_PREFIX_NONE && prefix == CG_PREFIX_NONE;
    return is_first ? CG_PREFIX_COUNT : (int)prefix;
}

static void remember(cg_restored *restored, const verdict *is, const char *raw)
{
    cg_restored_cookie *cookie = find_cookie(restored, is->name);
    int rank = rank_of(is->guard, is->prefix);
    unsigned came = 1u << is->prefix;

    if (!cookie && restored->cookie_count == CG_RESTORED_MAX) {
        return;
    }
    if (!cookie) {
        cookie = &restored->cookies[restored->cookie_count++];
    } else if (rank <= rank_of(cookie->guard, cookie->prefix)) {
        cookie->came |= came;
        cookie->is_disputed |= is->prefix == cookie->prefix && rank != CG_PREFIX_COUNT &&
                               !cg_span_equal(is->value, cookie->value);
        return;
    } else {
        came |= cookie->came;
    }
    *cookie = (cg_restored_cookie){.guard = is->guard,
                                   .name = is->name,
                                   .value = is->value,
                                   .prefix = is->prefix,
                                   .came = came,
                                   .raw = raw};
}

bool cg_restore_read(const cg_guards *guards, cg_span field, bool accepts_plain,
                     cg_restored *restored)
{
    const cg_guard_table *table = guards->table;
    cg_span rest = field, raw;
    bool is_concerned = false;

    while (cg_cookie_next(&rest, &raw)) {
        verdict is;
        if (!may_concern(table, raw)) {
            continue;
        }
        if (!is_concerned) {
            restored->guards = guards;
            restored->accepts_plain = accepts_plain;
            restored->field = field;
            restored->cookie_count = 0;
        }
        is = judge_pair(restored, raw);
        if (is.refusal == CG_REFUSAL_NONE && is.guard) {
            remember(restored, &is, raw.at);
        }
        is_concerned |= is.refusal != CG_REFUSAL_NONE || is.guard;
    }
    return is_concerned;
}

/* -- the second pass: what is handed on ---------------------------------------------------------- */

/* What is left to be known of a guarded cookie. True if it is handed on. */
static bool is_handed_on(const cg_restored_cookie *cookie, const verdict *is, const char *raw,
                         cg_refusal *refusal)
{
    bool is_free = is->guard->prefix == CG_PREFIX_NONE && is->prefix == CG_PREFIX_NONE;

    if (!cookie) {
        *refusal = CG_REFUSAL_SURPLUS;
    } else if (cookie->is_disputed && is->prefix == cookie->prefix) {
        *refusal = CG_REFUSAL_REPEATED;
    } else if (is->prefix == CG_PREFIX_NONE && cookie->prefix != CG_PREFIX_NONE) {
        *refusal = CG_REFUSAL_PLAIN;
    }
    return is_free || (*refusal == CG_REFUSAL_NONE && cookie->raw == raw);
}

/* Where the last cookie begins that is handed on under a guarded name, or null. */
static const char *find_last_secret(const cg_restored *restored)
{
    const char *last = NULL;
    for (unsigned i = 0; i < restored->cookie_count; i++) {
        const cg_restored_cookie *cookie = &restored->cookies[i];
        if (!cookie->is_disputed && cookie->guard->prefix != CG_PREFIX_NONE &&
            (!last || cookie->raw > last)) {
            last = cookie->raw;
        }
    }
    return last;
}

static void count_refusal(cg_restored *restored, cg_refusal refusal, const cg_guard *guard)
{
    restored->refused[refusal]++;
    if (restored->first_refusal == CG_REFUSAL_NONE) {
        restored->first_refusal = refusal;
        restored->first_refused = guard;
    }
}

/* The pair as it is handed on: in one piece, or with `cut` octets left out at `at`. */
typedef struct piece {
    cg_span raw;
    size_t at, cut;
} piece;

/* True if the pair is handed on. */
static bool decide(cg_restored *restored, const char *last_secret, piece *pair)
{
    verdict is = {.guard = NULL};
    cg_refusal refusal;
    bool stays;

    if (may_concern(restored->guards->table, pair->raw)) {
        is = judge_pair(restored, pair->raw);
    }
    refusal = is.refusal;
    stays = refusal == CG_REFUSAL_NONE;
    if (stays && is.guard) {
        stays = is_handed_on(find_cookie(restored, is.name), &is, pair->raw.at, &refusal);
        pair->cut = cg_prefix_rows[is.prefix].text.len;
        pair->at = (size_t)(is.name.at - pair->raw.at) - pair->cut;
    } else if (stays && last_secret && pair->raw.at < last_secret &&
               cg_cookie_leaves_quote_open(pair->raw)) {
        refusal = CG_REFUSAL_QUOTE;
        stays = false;
    }
    if (!stays && refusal != CG_REFUSAL_NONE) {
        count_refusal(restored, refusal, is.guard);
    }
    return stays;
}

/* A pair that comes to stand first loses the blanks that separated it. */
static void print_pair(cg_writer *writer, const piece *pair, bool is_first, bool was_first)
{
    size_t start = 0;

    if (!is_first) {
        cg_write_char(writer, ';');
    }
    while (is_first && !was_first && start < pair->raw.len &&
           cg_ascii_is_wsp(pair->raw.at[start])) {
        start++;
    }
    if (pair->cut) {
        cg_write(writer, cg_span_part(pair->raw, start, pair->at));
        start = pair->at + pair->cut;
    }
    cg_write(writer, cg_span_part(pair->raw, start, pair->raw.len));
}

void cg_restore_print(cg_restored *restored, cg_writer *writer)
{
    const char *last_secret = find_last_secret(restored);
    cg_span rest = restored->field;
    piece pair = {.cut = 0};
    bool is_first = true;

    memset(restored->refused, 0, sizeof restored->refused);
    restored->first_refusal = CG_REFUSAL_NONE;
    restored->first_refused = NULL;
    while (cg_cookie_next(&rest, &pair.raw)) {
        pair.cut = 0;
        if (decide(restored, last_secret, &pair)) {
            print_pair(writer, &pair, is_first, pair.raw.at == restored->field.at);
            is_first = false;
        }
    }
}

cg_span cg_refusal_name(cg_refusal refusal)
{
    static const cg_span names[CG_REFUSAL_COUNT] = {
        [CG_REFUSAL_NONE] = {"none", 4},         [CG_REFUSAL_SPELLING] = {"spelling", 8},
        [CG_REFUSAL_PLAIN] = {"plain", 5},       [CG_REFUSAL_EMBEDDED] = {"embedded", 8},
        [CG_REFUSAL_REPEATED] = {"repeated", 8}, [CG_REFUSAL_DOLLAR] = {"dollar", 6},
        [CG_REFUSAL_QUOTE] = {"quote", 5},       [CG_REFUSAL_SURPLUS] = {"surplus", 7},
    };
    return names[refusal];
}
