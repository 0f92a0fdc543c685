/* The promises, one function each, by the names of the design. */
#include "promises.h"

#include <stdlib.h>

#include "wanted.h"

enum { DAY = 86400 };

static bool is_passed_on(const trial *t)
{
    return t->out.at != NULL && !t->before.is_ignored;
}

/* -- a trial ----------------------------------------------------------------------------------- */

void trial_run(trial *t, apr_pool_t *pool, octets line)
{
    t->pool = pool;
    t->line = line;
    enforcement_run(pool, span_of(line), &t->is);
    t->out = text_of(t->is.out);
    if (t->is.judgement.action != CG_ACTION_DROP && t->out.at == NULL) {
        t->out.at = ""; /* an empty line */
    }
    oracle_read(line, &t->before);
    oracle_read(t->out, &t->after);
    trial_ask(t);
}

/* The result for another line, or another time, under the same rules. */
static void run_again(const trial *t, octets line, long long later, trial *again)
{
    *again = *t;
    again->is.circumstances.now += later;
    trial_run(again, t->pool, line);
}

/* -- the promises ------------------------------------------------------------------------------ */

/* The line, or its first piece, as it stands behind a prefix: white space before the name goes. */
static octets behind_prefix(const trial *t, octets text)
{
    size_t blank = t->spelling == SPELLING_APPLICATION ? (size_t)(t->before.name.at - text.at) : 0;
    return without(text, blank);
}

static bool is_prefixed(const trial *t, octets before, octets after)
{
    size_t len = t->spelling == SPELLING_APPLICATION ? t->prefix.len : 0;
    return after.len >= len && text_is((octets){after.at, len}, (octets){t->prefix.at, len}) &&
           text_is(without(after, len), behind_prefix(t, before));
}

/* The value's octets are never touched; nor is the name, nor any blank around them, but for what a
 * prefix changes before the name. */
const char *promise_keep_value(const trial *t)
{
    if (t->out.at && !is_prefixed(t, t->before.pair, t->after.pair)) {
        return "name and value left otherwise than they came";
    }
    return NULL;
}

/* A line that already satisfies the policy leaves octet for octet as it came, a prefix aside. */
const char *promise_keep_exact(const trial *t)
{
    reading wanted;
    trial_want(t, &wanted);
    trial_put_right(t, &wanted);
    for (int w = 0; w < WORD_COUNT; w++) {
        bool is_untidy = t->before.times[w] > 1 ||
                         (t->before.has[w] && oracle_is_flag((oracle_word)w) &&
                          t->before.is_valued[w]);
        if (is_untidy || !readings_agree(&t->before, &wanted, (oracle_word)w)) {
            return NULL;
        }
    }
    if (t->out.at && !is_prefixed(t, t->line, t->out)) {
        return "a line that was as the rules ask was changed";
    }
    return NULL;
}

static long long lifetime_of(const reading *is, long long now)
{
    return is->has[WORD_MAX_AGE]   ? is->max_age
           : is->has[WORD_EXPIRES] ? is->expires - now
                                   : -1; /* as long as the browser runs */
}

static bool weakens_same_site(const trial *t)
{
    same_site was = t->before.has[WORD_SAMESITE] ? t->before.same_site : SAME_SITE_UNSET;
    same_site is = t->after.has[WORD_SAMESITE] ? t->after.same_site : SAME_SITE_UNSET;
    if (was == SAME_SITE_UNSET) {
        return is == SAME_SITE_NONE && !(t->demands[WORD_SAMESITE] &&
                                         t->demands[WORD_SAMESITE]->same_site == CG_SAME_SITE_NONE);
    }
    return is < was && trial_verb(t, WORD_SAMESITE) != CG_VERB_EXACT &&
           trial_verb(t, WORD_SAMESITE) != CG_VERB_REMOVE;
}

/* A stronger attribute of the application stays, unless "-" or ":=" says so. */
const char *promise_never_weaken(const trial *t)
{
    long long now = (long long)t->is.circumstances.now;
    bool is_put_right = t->guard && trial_needs_host_only(t) && oracle_deletes(&t->before, now);
    if (!is_passed_on(t)) {
        return NULL;
    }
    for (int w = 0; w < WORD_COUNT; w++) {
        cg_verb verb = trial_verb(t, (oracle_word)w);
        bool is_empty = w == WORD_DOMAIN && t->before.domain.len == 0;
        if (oracle_is_flag((oracle_word)w) && t->before.has[w] && !t->after.has[w] &&
            verb != CG_VERB_REMOVE) {
            return "a flag was lost";
        }
        if ((w == WORD_PATH || w == WORD_DOMAIN) && t->before.has[w] &&
            !readings_agree(&t->before, &t->after, (oracle_word)w) && verb != CG_VERB_REMOVE &&
            verb != CG_VERB_EXACT && !is_put_right && !(t->guard && is_empty)) {
            return "Path or Domain of the application was lost";
        }
    }
    if (weakens_same_site(t)) {
        return "SameSite became weaker";
    }
    if (lifetime_of(&t->after, now) > lifetime_of(&t->before, now) &&
        trial_verb(t, WORD_MAX_AGE) != CG_VERB_EXACT &&
        trial_verb(t, WORD_MAX_AGE) != CG_VERB_DEFAULT) {
        return "the cookie lives longer";
    }
    return NULL;
}

/* Each attribute stands once at most, and a flag is the bare word. */
const char *promise_once(const trial *t)
{
    if (!is_passed_on(t)) {
        return NULL;
    }
    for (int w = 0; w < WORD_COUNT; w++) {
        if (t->after.times[w] > 1) {
            return "an attribute stands more than once";
        }
        if (t->after.has[w] && oracle_is_flag((oracle_word)w) && t->after.is_valued[w]) {
            return "a flag has a value";
        }
    }
    return NULL;
}

static octets trimmed(octets t)
{
    return text_of(cg_span_trim(span_of(t)));
}

static bool comes_again(const piece *p, const piece *end)
{
    for (const piece *later = p + 1; later < end; later++) {
        if (later->word == p->word) {
            return true;
        }
    }
    return false;
}

/* A piece of the old line is still there in the new one. Of attributes that a browser ignores the
 * last one is. */
static bool survives(const trial *t, const piece *p, const piece *end)
{
    if (p->word == WORD_OTHER) {
        return !(p + 1 == end && trimmed(p->raw).len == 0);
    }
    if (!t->before.has[p->word]) {
        return !t->after.has[p->word] && !comes_again(p, end);
    }
    return t->after.has[p->word] && p->raw.at == t->before.raw[p->word].at;
}

/* The new piece is the old one, or its attribute in other words where it has another value. */
static bool is_successor(const trial *t, const piece *old, const piece *new)
{
    if (old->word != new->word) {
        return false;
    }
    if (old->word != WORD_OTHER && t->before.has[old->word] &&
        (!readings_agree(&t->before, &t->after, old->word) ||
         (oracle_is_flag(old->word) && old->has_equals))) {
        return true;
    }
    return text_is(old->raw, new->raw);
}

static const char *compare_pieces(const trial *t, const piece *old, size_t old_count,
                                  const piece *new, size_t new_count)
{
    size_t n = 0;
    for (size_t o = 0; o < old_count; o++) {
        if (!survives(t, &old[o], old + old_count)) {
            continue;
        }
        if (n == new_count || !is_successor(t, &old[o], &new[n++])) {
            return "an attribute was lost, changed without need or moved";
        }
    }
    for (; n < new_count; n++) {
        bool is_blank_end = n + 1 == new_count && trimmed(new[n].raw).len == 0;
        if (!is_blank_end && (new[n].word == WORD_OTHER || t->before.has[new[n].word])) {
            return "something was added that is no new attribute";
        }
    }
    return NULL;
}

/* Unknown attributes survive in their place, and so does all that is not changed. */
const char *promise_keep_rest(const trial *t)
{
    size_t old_count = oracle_split(t->line, NULL, 0);
    size_t new_count = oracle_split(t->out, NULL, 0);
    piece *pieces;
    const char *how;

    if (!is_passed_on(t)) {
        return NULL;
    }
    pieces = calloc(old_count + new_count + 1, sizeof *pieces);
    if (pieces == NULL) {
        return "no memory";
    }
    oracle_split(t->line, pieces, old_count);
    oracle_split(t->out, pieces + old_count, new_count);
    how = compare_pieces(t, pieces, old_count, pieces + old_count, new_count);
    free(pieces);
    return how;
}

/* No cookie that the browser would store becomes one that it rejects. */
const char *promise_never_harm(const trial *t)
{
    if (t->out.at && trial_stores(t, &t->before) && !trial_stores(t, &t->after)) {
        return "a browser would have stored the line as it came";
    }
    return NULL;
}

/* The line of the cookie that a deletion deletes: the same without a lifetime. */
static octets without_lifetime(const trial *t)
{
    size_t count = oracle_split(t->line, NULL, 0);
    piece *pieces = calloc(count + 1, sizeof *pieces);
    cg_writer writer = {.at = apr_palloc(t->pool, t->line.len + 1), .size = t->line.len};

    cg_write(&writer, span_of(t->before.pair));
    oracle_split(t->line, pieces, count);
    for (size_t i = 0; pieces && i < count; i++) {
        if (pieces[i].word != WORD_MAX_AGE && pieces[i].word != WORD_EXPIRES) {
            cg_write_char(&writer, ';');
            cg_write(&writer, span_of(pieces[i].raw));
        }
    }
    free(pieces);
    return (octets){writer.at, writer.len};
}

/* Deletions get the same path, domain and flags as their cookie, and are never capped or dropped. */
const char *promise_deletions(const trial *t)
{
    trial cookie;
    long long now = (long long)t->is.circumstances.now;
    if (!oracle_deletes(&t->before, now)) {
        return NULL;
    }
    if (t->out.at == NULL) {
        return trial_is_withheld(t) || trial_is_taken_for_alike(t) ? NULL
                                                                   : "a deletion was dropped";
    }
    if (t->before.is_ignored) {
        return NULL;
    }
    if (!readings_agree(&t->before, &t->after, WORD_MAX_AGE) ||
        !readings_agree(&t->before, &t->after, WORD_EXPIRES) || !oracle_deletes(&t->after, now)) {
        return "the lifetime of a deletion was changed";
    }
    run_again(t, without_lifetime(t), 0, &cookie);
    for (int w = 0; w < WORD_COUNT && cookie.out.at; w++) {
        if (w != WORD_MAX_AGE && w != WORD_EXPIRES &&
            !readings_agree(&t->after, &cookie.after, (oracle_word)w)) {
            return "a deletion does not fit its cookie";
        }
    }
    return NULL;
}

/* A deletion is none once it is too old; and a rule may drop the name that another rule makes. */
static bool may_be_dropped_later(const trial *t, const trial *again, int later)
{
    return (t->wants_drop && later) ||
           (again->wants_drop && !t->wants_drop && t->spelling == SPELLING_APPLICATION);
}

/* Judging a rewritten line changes nothing more, at once or a day later. */
const char *promise_settled(const trial *t)
{
    trial again;
    if (t->out.at == NULL) {
        return NULL;
    }
    for (int later = 0; later <= DAY; later += DAY) {
        run_again(t, t->out, later, &again);
        if (again.out.at == NULL ? !may_be_dropped_later(t, &again, later)
                                 : !text_is(t->out, again.out)) {
            return "the second look changed the line once more";
        }
        if (again.is.judgement.action == CG_ACTION_REWRITE) {
            return "the second look wanted to rewrite the line";
        }
    }
    return NULL;
}

/* Lines that browsers ignore pass unchanged and are reported. */
const char *promise_ignored(const trial *t)
{
    const uint64_t reports = CG_FINDING_BIT(CG_FINDING_CONTROL_CHARACTER) |
                             CG_FINDING_BIT(CG_FINDING_EMPTY) | CG_FINDING_BIT(CG_FINDING_TOO_LONG);
    if (t->before.is_ignored && t->out.at && !text_is(t->line, t->out)) {
        return "a line that browsers ignore was changed";
    }
    if (t->before.is_ignored != ((t->is.findings & reports) != 0)) {
        return "what browsers ignore and what is reported differ";
    }
    return NULL;
}

/* All that the rules ask stands in the line, but for what is named as refused. */
static const char *compare_with_wanted(const trial *t, const reading *wanted, bool may_refuse)
{
    reading own = t->before;
    trial_put_right(t, &own);
    for (int w = 0; w < WORD_COUNT; w++) {
        bool is_done = readings_agree(&t->after, wanted, (oracle_word)w);
        if (!is_done && !(may_refuse && readings_agree(&t->after, &own, (oracle_word)w))) {
            return "what the rules ask was not done";
        }
    }
    return NULL;
}

const char *promise_carried_out(const trial *t)
{
    const unsigned secure = CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_SECURE);
    bool is_deletion = oracle_deletes(&t->before, (long long)t->is.circumstances.now);
    unsigned refused = t->is.judgement.refused;
    bool has_new_secure, would_harm;
    reading wanted;

    if ((t->out.at == NULL) != ((t->wants_drop && !is_deletion) || trial_is_withheld(t) ||
                                trial_is_taken_for_alike(t)) &&
        !trial_is_withheld_for_harm(t)) {
        return "a cookie was dropped or withheld unasked, or was not";
    }
    if (!is_passed_on(t)) {
        return NULL;
    }
    trial_want(t, &wanted);
    has_new_secure = wanted.has[WORD_SECURE] && !t->before.has[WORD_SECURE];
    if (!t->is.circumstances.is_https && has_new_secure) {
        wanted.has[WORD_SECURE] = false;
        if (!(refused & secure)) {
            return "Secure on plain http was not named as refused";
        }
        refused &= ~secure;
    }
    would_harm = trial_stores(t, &t->before) && !trial_stores(t, &wanted);
    if (would_harm != (refused != 0)) {
        return would_harm ? "a refusal was not named" : "a change was refused that does no harm";
    }
    trial_put_right(t, &wanted);
    return compare_with_wanted(t, &wanted, would_harm);
}

/* -- the promises of Prefix -------------------------------------------------------------------- */

/* A line under a guard leaves under its name on the wire or not at all; the rest keeps its name. */
const char *promise_wire_name(const trial *t)
{
    octets name = t->before.name;
    char *wire;

    if (t->out.at == NULL) {
        return NULL;
    }
    if (t->spelling == SPELLING_OTHER_CASE) {
        return "another spelling of a guarded name has left";
    }
    if (t->spelling == SPELLING_APPLICATION) {
        wire = apr_palloc(t->pool, t->prefix.len + name.len + 1);
        memcpy(wire, t->prefix.at, t->prefix.len);
        memcpy(wire + t->prefix.len, name.at, name.len);
        name = (octets){wire, t->prefix.len + name.len};
    }
    return text_is(t->after.name, name) ? NULL : "the cookie left under a wrong name";
}

/* What leaves under a guard's prefix is stored, unless a Domain that is not the host's is in the
 * way, which no prefix can help. */
const char *promise_prefix_kept(const trial *t)
{
    reading is = t->after;
    if (!t->guard || t->out.at == NULL) {
        return NULL;
    }
    if (!trial_needs_host_only(t)) {
        is.has[WORD_DOMAIN] = false;
    }
    if (!t->is.circumstances.is_https || !trial_stores(t, &is)) {
        return "a browser will not store what left under a prefix";
    }
    return NULL;
}

const promise promises[] = {
    {"keep-value", promise_keep_value},     {"keep-exact", promise_keep_exact},
    {"never-weaken", promise_never_weaken}, {"once", promise_once},
    {"keep-rest", promise_keep_rest},       {"never-harm", promise_never_harm},
    {"deletions", promise_deletions},       {"settled", promise_settled},
    {"ignored", promise_ignored},           {"carried-out", promise_carried_out},
    {"wire-name", promise_wire_name},       {"prefix-kept", promise_prefix_kept},
};
const size_t promise_count = sizeof promises / sizeof promises[0];

const promise *promises_find_broken(const trial *t, const char **how)
{
    for (size_t i = 0; i < promise_count; i++) {
        *how = promises[i].keep(t);
        if (*how) {
            return &promises[i];
        }
    }
    return NULL;
}
