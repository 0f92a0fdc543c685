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
    bool is_token;    /* its own name is that of the session's token, to the octet */
} verdict;

/* -- stepping over what concerns no guard, which is most of most fields --------------------------- */

static const char *find_octet(const char *at, const char *end, char c)
{
    const char *hit = memchr(at, c, (size_t)(end - at));
    return hit ? hit : end;
}

/* True if a "=" at `equals` may end the name of a guard in the middle of a pair, whose own name begins
 * at `own`: *name is that name. False for most other names. */
static inline bool find_inner_name(const cg_guard_table *table, const char *own, const char *equals,
                                   cg_span *name)
{
    cg_span text = {own, (size_t)(equals - own)};

    if (!cg_guard_table_may_end(table, text)) {
        return false;
    }
    *name = cg_cookie_inner_name(text);
    return cg_guard_table_may_begin(table, *name);
}

/* The first pair from `at` on that may concern a guard, or null. `equals` is the next "=" that was not
 * looked at; before the first look where the names begin, at which a "=" would be suspect anyway. */
static const char *find_suspect(const cg_guard_table *table, const char *at, const char *end)
{
    const char *equals = at, *stop, *own;
    cg_span name;

    for (; at < end; at = stop + 1) {
        stop = find_octet(at, end, ';');
        own = at + (*at == ' ');
        if (own == stop) {
            continue;
        }
        if (cg_guard_table_may_begin(table, (cg_span){own, (size_t)(stop - own)})) {
            return at;
        }
        for (equals = equals < own ? find_octet(own, end, '=') : equals; equals < stop;
             equals = find_octet(equals + 1, end, '=')) {
            if (find_inner_name(table, own, equals, &name)) {
                return at;
            }
        }
    }
    return NULL;
}

/* -- one pair -------------------------------------------------------------------------------- */

/* The guard of a name inside a pair, unless that is rolled back. */
static const cg_guard *find_embedded(const cg_guards *guards, cg_span raw, const char *own)
{
    const char *end = raw.at + raw.len;

    for (const char *equals = find_octet(own, end, '='); equals < end;
         equals = find_octet(equals + 1, end, '=')) {
        const cg_guard *guard = NULL;
        cg_spelling spelling;
        cg_span name;
        if (find_inner_name(guards->table, own, equals, &name)) {
            guard = cg_guards_find(guards, name, &spelling);
        }
        if (guard && cg_guard_is_in_force(guard)) {
            return guard;
        }
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

/* The same, but for a bracket among them: it is a `_` to other parsers. */
static cg_span skip_to_bracket(cg_span raw, const char *name)
{
    while (raw.at < name && raw.at[0] != '[') {
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
    verdict is = {.guard = guard, .name = cg_guard_application_name(guard, spelling, name)};

    if (guard->is_token && spelling == CG_SPELLING_APPLICATION) {
        is.is_token = true;
    } else if (spelling == CG_SPELLING_WIRE) {
        is.prefix = cg_prefix_find(cg_span_part(name, 0, name.len - is.name.len));
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
    if (!guard || (!cg_guard_is_in_force(guard) && !is_as_sent)) {
        return is;
    }
    is = judge_guarded(guard, is_as_sent ? spelling : CG_SPELLING_ALIKE, pair.name, accepts_plain);
    is.value = pair.value;
    return is;
}

/* A plain cookie whose name is rolled back comes as it comes. */
static bool is_free(const verdict *is)
{
    return !cg_guard_is_in_force(is->guard) && is->prefix == CG_PREFIX_NONE;
}

static bool is_token(const cg_guards *guards, cg_span raw)
{
    cg_cookie_pair pair;

    cg_cookie_pair_parse(raw, &pair);
    return guards->token && pair.has_equals &&
           cg_span_equal(pair.name, guards->token->guards[0].name.text);
}

static verdict judge_pair(const cg_restored *restored, cg_span raw)
{
    const cg_guards *guards = restored->guards;
    cg_span named = skip_to_name(raw), bracket;
    const cg_guard *embedded;
    verdict is;

    if (guards->table->has_prefix && is_dollar(named)) {
        return (verdict){.refusal = CG_REFUSAL_DOLLAR};
    }
    embedded = find_embedded(guards, raw, named.at);
    if (embedded) {
        return (verdict){
            .refusal = CG_REFUSAL_EMBEDDED, .guard = embedded, .is_token = is_token(guards, raw)};
    }
    is = judge_own_name(guards, raw, named, restored->accepts_plain);
    bracket = skip_to_bracket(raw, named.at);
    if (!is.guard && bracket.at != named.at) {
        is = judge_own_name(guards, raw, bracket, restored->accepts_plain);
    }
    return is;
}

/* -- the first pass: which cookies came, and which of each name counts -------------------------- */

static bool is_folded_alike(cg_span a, cg_span b)
{
    size_t i = 0;

    while (i < a.len && i < b.len &&
           cg_name_fold_octet((unsigned char)a.at[i]) ==
               cg_name_fold_octet((unsigned char)b.at[i])) {
        i++;
    }
    return i == a.len && i == b.len;
}

/* Names of globs that some parser takes for one are one name, unless both came under a prefix that only
 * the host itself can have given them. No other two guarded names are alike (cg_guards_find). */
static bool is_of_name(const cg_restored_cookie *cookie, const verdict *is)
{
    if (cg_span_equal(cookie->name, is->name)) {
        return true;
    }
    return cookie->guard->prefix != CG_PREFIX_NONE && is->guard->prefix != CG_PREFIX_NONE &&
           !(cg_prefix_rows[cookie->prefix].needs_host_only &&
             cg_prefix_rows[is->prefix].needs_host_only) &&
           is_folded_alike(cookie->name, is->name);
}

static cg_restored_cookie *find_cookie(cg_restored *restored, const verdict *is)
{
    for (unsigned i = 0; i < restored->cookie_count; i++) {
        if (is_of_name(&restored->cookies[i], is)) {
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
    cg_restored_cookie *cookie = find_cookie(restored, is);
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

static void remember_token(cg_restored *restored, const verdict *is)
{
    if (restored->token_count++ == 0) {
        restored->token = is->value;
    }
}

bool cg_restore_read(const cg_guards *guards, cg_span field, bool accepts_plain,
                     cg_restored *restored)
{
    const char *end = field.at + field.len, *at = find_suspect(guards->table, field.at, end);
    bool is_concerned = false;

    if (at == NULL) {
        return false;
    }
    restored->guards = guards;
    restored->accepts_plain = accepts_plain;
    restored->field = field;
    restored->cookie_count = 0;
    restored->token = (cg_span){NULL, 0};
    restored->token_count = 0;
    restored->first_suspect = at;
    while (at) {
        const char *stop = find_octet(at, end, ';');
        verdict is = judge_pair(restored, (cg_span){at, (size_t)(stop - at)});
        if (is.is_token) {
            remember_token(restored, &is);
        } else if (is.refusal == CG_REFUSAL_NONE && is.guard) {
            remember(restored, &is, at);
        }
        is_concerned |= is.refusal != CG_REFUSAL_NONE || (is.guard && !is_free(&is));
        restored->last_suspect = at;
        at = stop < end ? find_suspect(guards->table, stop + 1, end) : NULL;
    }
    return is_concerned;
}

/* -- the second pass: what is handed on ---------------------------------------------------------- */

/* Why a guarded cookie is not the one that is handed on. Equal ones are no fault of anybody's, nor
 * are prefixed ones that wait to be deleted. */
static cg_refusal find_fault(const cg_restored_cookie *cookie, const verdict *is)
{
    if (!cookie) {
        return CG_REFUSAL_SURPLUS;
    }
    if (cookie->is_disputed && is->prefix == cookie->prefix) {
        return CG_REFUSAL_REPEATED;
    }
    return is->prefix == CG_PREFIX_NONE && cookie->prefix != CG_PREFIX_NONE ? CG_REFUSAL_PLAIN
                                                                            : CG_REFUSAL_NONE;
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

static void remember_secret(cg_restored *restored, cg_span raw)
{
    if (restored->secret_count < CG_SECRETS_MAX) {
        restored->secrets[restored->secret_count++] = raw;
    }
}

typedef struct printing {
    cg_restored *restored;
    cg_writer *writer;
    const char *last_secret;
    bool has_begun; /* something was written */
} printing;

/* A pair, or several, less `cut` octets at `at`. What comes to stand first in the place of another
 * one loses the blanks that separated it. */
static void print_piece(printing *p, cg_span raw, size_t at, size_t cut)
{
    size_t start = 0;

    if (p->has_begun) {
        cg_write_char(p->writer, ';');
    } else if (raw.at != p->restored->field.at) {
        while (start < raw.len && cg_ascii_is_wsp(raw.at[start])) {
            start++;
        }
    }
    p->has_begun = true;
    if (cut) {
        cg_write(p->writer, cg_span_part(raw, start, at));
        start = at + cut;
    }
    cg_write(p->writer, cg_span_part(raw, start, raw.len));
}

/* A quote that is left open would swallow a guarded cookie that comes later. */
static bool hides_secret(const printing *p, cg_span raw)
{
    return p->last_secret && raw.at < p->last_secret && cg_cookie_leaves_quote_open(raw);
}

static void print_free_pair(printing *p, cg_span raw)
{
    if (hides_secret(p, raw)) {
        count_refusal(p->restored, CG_REFUSAL_QUOTE, NULL);
    } else {
        print_piece(p, raw, 0, 0);
    }
}

/* Pairs in which no guard has a say. */
static void print_free(printing *p, cg_span pairs)
{
    cg_span rest = pairs, raw;

    if (!p->last_secret || pairs.at > p->last_secret || cg_span_find(pairs, '"') == pairs.len) {
        print_piece(p, pairs, 0, 0);
        return;
    }
    while (cg_cookie_next(&rest, &raw)) {
        print_free_pair(p, raw);
    }
}

/* The cookie that counts of its name is known by where it stands. */
static const cg_restored_cookie *find_chosen(const cg_restored *restored, const char *raw)
{
    for (unsigned i = 0; i < restored->cookie_count; i++) {
        if (restored->cookies[i].raw == raw && !restored->cookies[i].is_disputed) {
            return &restored->cookies[i];
        }
    }
    return NULL;
}

/* Of what is like the token nobody knows whether it is one. */
static void leave_token_out(printing *p, const verdict *is, cg_span raw)
{
    cg_refusal refusal = is->refusal;

    if (refusal == CG_REFUSAL_NONE && p->restored->token_count > 1) {
        refusal = CG_REFUSAL_REPEATED;
    }
    if (refusal != CG_REFUSAL_NONE) {
        count_refusal(p->restored, refusal, is->guard);
    }
    remember_secret(p->restored, raw);
}

/* The pair of which the first pass found that it is a token's; later ones are judged again. */
static bool is_first_token(const cg_restored *restored, cg_span raw)
{
    const char *value = restored->token.at;
    return value && value > raw.at && value <= raw.at + raw.len;
}

static void print_suspect(printing *p, cg_span raw)
{
    const cg_restored_cookie *chosen = find_chosen(p->restored, raw.at);
    verdict is;

    if (chosen && chosen->guard->prefix == CG_PREFIX_NONE && hides_secret(p, raw)) {
        count_refusal(p->restored, CG_REFUSAL_QUOTE, NULL);
        return;
    }
    if (chosen) {
        size_t cut = cg_prefix_rows[chosen->prefix].text.len;
        print_piece(p, raw, (size_t)(chosen->name.at - raw.at) - cut, cut);
        return;
    }
    if (is_first_token(p->restored, raw)) {
        is = (verdict){.guard = p->restored->guards->token->guards};
    } else {
        is = judge_pair(p->restored, raw);
    }
    if (is.refusal == CG_REFUSAL_NONE && !is.guard) {
        print_free_pair(p, raw);
        return;
    }
    if (is.guard && is.guard->is_token) {
        leave_token_out(p, &is, raw);
        return;
    }
    if (is.refusal == CG_REFUSAL_NONE) {
        if (is_free(&is)) {
            print_free_pair(p, raw);
            return;
        }
        is.refusal = find_fault(find_cookie(p->restored, &is), &is);
    }
    if (is.refusal != CG_REFUSAL_NONE) {
        count_refusal(p->restored, is.refusal, is.guard);
    }
    if (is.refusal == CG_REFUSAL_EMBEDDED && p->restored->guards->token) {
        remember_secret(p->restored, raw);
    }
}

/* What the first pass knows already is not looked for again. */
static const char *next_suspect(const cg_restored *restored, const char *at, const char *end)
{
    if (at <= restored->first_suspect) {
        return restored->first_suspect;
    }
    return at > restored->last_suspect ? NULL : find_suspect(restored->guards->table, at, end);
}

static void print_all(printing *p, cg_span field)
{
    const char *end = field.at + field.len, *at = field.at, *suspect, *stop;

    while ((suspect = next_suspect(p->restored, at, end)) != NULL) {
        if (suspect > at) {
            print_free(p, (cg_span){at, (size_t)(suspect - 1 - at)});
        }
        stop = find_octet(suspect, end, ';');
        print_suspect(p, (cg_span){suspect, (size_t)(stop - suspect)});
        if (stop == end) {
            return;
        }
        at = stop + 1;
    }
    print_free(p, (cg_span){at, (size_t)(end - at)});
}

void cg_restore_print(cg_restored *restored, cg_writer *writer)
{
    printing p = {restored, writer, find_last_secret(restored), false};

    memset(restored->refused, 0, sizeof restored->refused);
    restored->first_refusal = CG_REFUSAL_NONE;
    restored->first_refused = NULL;
    restored->secret_count = 0;
    print_all(&p, restored->field);
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
