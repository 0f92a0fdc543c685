/* The promises, one function each, by the names of the design. */
#include "promises.h"

#include <stdlib.h>

#include "policy/known_cookies.h"

enum { DAY = 86400 };

static octets text_of(cg_span span)
{
    return (octets){span.at, span.len};
}

static cg_span span_of(octets t)
{
    return (cg_span){t.at, t.len};
}

static oracle_word word_of(cg_attribute attribute)
{
    static const oracle_word words[CG_ATTRIBUTE_COUNT] = {
        [CG_ATTRIBUTE_OTHER] = WORD_OTHER,
        [CG_ATTRIBUTE_DOMAIN] = WORD_DOMAIN,
        [CG_ATTRIBUTE_PATH] = WORD_PATH,
        [CG_ATTRIBUTE_EXPIRES] = WORD_EXPIRES,
        [CG_ATTRIBUTE_MAX_AGE] = WORD_MAX_AGE,
        [CG_ATTRIBUTE_SECURE] = WORD_SECURE,
        [CG_ATTRIBUTE_HTTPONLY] = WORD_HTTPONLY,
        [CG_ATTRIBUTE_SAMESITE] = WORD_SAMESITE,
        [CG_ATTRIBUTE_PARTITIONED] = WORD_PARTITIONED,
    };
    return words[attribute];
}

static bool pattern_matches(const cg_pattern *pattern, octets name)
{
    if (pattern->kind == CG_PATTERN_REGEX) {
        return false; /* not compiled here */
    }
    return pattern->kind == CG_PATTERN_EXACT ? text_is(text_of(pattern->text), name)
                                             : oracle_glob_matches(text_of(pattern->text), name);
}

/* -- who is guarded, worked out once more ------------------------------------------------------ */

static octets without(octets t, size_t count)
{
    return (octets){t.at + count, t.len - count};
}

/* No octet that a token cannot have, and no percent sign. */
static bool is_plain_name(octets name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.at[i];
        if (c <= 0x20 || c >= 0x7F || strchr("%\"(),/:;<=>?@[\\]{}", c)) {
            return false;
        }
    }
    return true;
}

/* The last rule with Prefix for this name of an application, or null. Globs own plain names. */
static const cg_rule *find_owner(const trial *t, octets name)
{
    for (unsigned i = t->is.rule_count; i-- > 0;) {
        const cg_rule *rule = &t->is.rules[i];
        if (rule->has_prefix && pattern_matches(&rule->pattern, name) &&
            (rule->pattern.kind == CG_PATTERN_EXACT || is_plain_name(name))) {
            return rule;
        }
    }
    return NULL;
}

static octets prefix_text(const cg_rule *rule)
{
    return text_of(cg_prefix_rows[rule->prefix].text);
}

static bool owns(const cg_rule *owner, octets prefix)
{
    return owner && owner->prefix != CG_PREFIX_NONE && text_is(prefix_text(owner), prefix);
}

/* The guard of a name that begins with its prefix, to the octet; *bare is what stands behind. */
static const cg_rule *find_on_wire(const trial *t, octets name, octets *bare)
{
    static const char *const prefixes[] = {"__Secure-", "__Http-", "__Host-", "__Host-Http-"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        octets prefix = {prefixes[i], strlen(prefixes[i])};
        if (name.len > prefix.len && text_is((octets){name.at, prefix.len}, prefix) &&
            owns(find_owner(t, without(name, prefix.len)), prefix)) {
            *bare = without(name, prefix.len);
            return find_owner(t, *bare);
        }
    }
    return NULL;
}

/* A guard by an exact name, of which this is another spelling. */
static const cg_rule *find_in_other_case(const trial *t, octets name)
{
    for (unsigned i = t->is.rule_count; i-- > 0;) {
        const cg_rule *rule = &t->is.rules[i];
        octets own = text_of(rule->pattern.text);
        octets prefix = prefix_text(rule);
        if (!rule->has_prefix || rule->prefix == CG_PREFIX_NONE ||
            rule->pattern.kind != CG_PATTERN_EXACT || find_owner(t, own) != rule) {
            continue;
        }
        if (cg_span_equal_folded(span_of(name), span_of(own)) ||
            (name.len == prefix.len + own.len &&
             cg_span_starts_folded(span_of(name), span_of(prefix)) &&
             cg_span_equal_folded(span_of(without(name, prefix.len)), span_of(own)))) {
            return rule;
        }
    }
    return NULL;
}

/* A name that a glob owns, and that is another spelling of an exact one, is that one's. */
static const cg_rule *find_namesake(const trial *t, const cg_rule *owner, octets name)
{
    return owner && owner->pattern.kind != CG_PATTERN_EXACT ? find_in_other_case(t, name) : NULL;
}

static void ask_guards(trial *t)
{
    octets name = t->before.name, bare = name;
    const cg_rule *owner = find_owner(t, name);
    const cg_rule *namesake = find_namesake(t, owner, name);

    if (!owner) {
        namesake = find_namesake(t, find_on_wire(t, name, &bare), bare);
    }
    t->rules_name = name;
    t->spelling = SPELLING_FREE;
    t->guard = NULL;
    if (namesake) {
        t->guard = namesake;
        t->spelling = SPELLING_OTHER_CASE;
    } else if (owner) { /* one that rolls back has its say in this alone */
        t->guard = owner->prefix == CG_PREFIX_NONE ? NULL : owner;
        t->spelling = t->guard ? SPELLING_APPLICATION : SPELLING_FREE;
    } else if ((t->guard = find_on_wire(t, name, &t->rules_name)) != NULL) {
        t->spelling = SPELLING_WIRE;
    } else if ((t->guard = find_in_other_case(t, name)) != NULL) {
        t->spelling = SPELLING_OTHER_CASE;
    }
    t->prefix = t->guard ? prefix_text(t->guard) : (octets){"", 0};
}

static bool needs_http_only(const trial *t)
{
    return text_is(t->prefix, (octets){"__Http-", 7}) ||
           text_is(t->prefix, (octets){"__Host-Http-", 12});
}

static bool needs_host_only(const trial *t)
{
    return text_is(t->prefix, (octets){"__Host-", 7}) ||
           text_is(t->prefix, (octets){"__Host-Http-", 12});
}

/* -- what the rules ask, worked out once more -------------------------------------------------- */

static void ask_built_in(trial *t)
{
    static const cg_term secure = {.attribute = CG_ATTRIBUTE_SECURE, .verb = CG_VERB_DEFAULT};
    static const cg_term http_only = {.attribute = CG_ATTRIBUTE_HTTPONLY, .verb = CG_VERB_DEFAULT};
    static const cg_term lax = {
        .attribute = CG_ATTRIBUTE_SAMESITE, .verb = CG_VERB_DEFAULT, .same_site = CG_SAME_SITE_LAX};
    t->demands[WORD_SECURE] = &secure;
    t->demands[WORD_HTTPONLY] = &http_only;
    t->demands[WORD_SAMESITE] = &lax;
    for (size_t i = 0; i < cg_known_cookies_count; i++) {
        octets pattern = text_of(cg_span_of(cg_known_cookies[i].pattern));
        if (oracle_glob_matches(pattern, t->rules_name)) {
            unsigned lifted = cg_known_cookies[i].lifted;
            t->demands[WORD_HTTPONLY] = lifted & CG_LIFTS_HTTPONLY ? NULL
                                                                   : t->demands[WORD_HTTPONLY];
            t->demands[WORD_SAMESITE] = lifted & CG_LIFTS_SAMESITE ? NULL
                                                                   : t->demands[WORD_SAMESITE];
        }
    }
}

static void ask_rule(trial *t, const cg_rule *rule)
{
    for (unsigned k = 0; k < rule->term_count; k++) {
        t->demands[word_of(rule->terms[k].attribute)] = &rule->terms[k];
    }
}

/* Rules of a .htaccess are left out: who uses them here knows no oracle for CookieGuardOverride. */
static void ask_rules(trial *t)
{
    memset(t->demands, 0, sizeof t->demands);
    t->wants_drop = false;
    if (t->is.has_built_in) {
        ask_built_in(t);
    }
    for (unsigned i = 0; i < t->is.rule_count; i++) {
        const cg_rule *rule = &t->is.rules[i];
        if (rule->condition_text.at) {
            continue;
        }
        t->wants_drop |= rule->drop && pattern_matches(&rule->pattern, t->before.name);
        if (pattern_matches(&rule->pattern, t->rules_name)) {
            t->wants_drop |= rule->drop;
            ask_rule(t, rule);
        }
    }
    if (t->guard) {
        ask_rule(t, t->guard); /* whatever sections and later rules say */
    }
}

static cg_verb verb_of(const trial *t, oracle_word w)
{
    return t->demands[w] ? t->demands[w]->verb : CG_VERB_KEEP;
}

static void want_same_site(const cg_term *term, reading *is)
{
    same_site asked = (same_site)term->same_site;
    bool is_absent = !is->has[WORD_SAMESITE] || is->same_site == SAME_SITE_UNSET;
    if (term->verb == CG_VERB_EXACT || is_absent ||
        (term->verb == CG_VERB_FLOOR && is->same_site < asked)) {
        is->has[WORD_SAMESITE] = true;
        is->same_site = asked;
    }
}

static void want_lifetime(const cg_term *term, long long now, reading *is)
{
    long long most = (long long)term->seconds;
    if (term->verb == CG_VERB_CAP) {
        is->max_age = is->has[WORD_MAX_AGE] && is->max_age > most ? most : is->max_age;
        is->expires = is->has[WORD_EXPIRES] && is->expires > now + most ? now + most : is->expires;
    } else if (term->verb == CG_VERB_EXACT || !(is->has[WORD_MAX_AGE] || is->has[WORD_EXPIRES])) {
        is->has[WORD_EXPIRES] = false;
        is->has[WORD_MAX_AGE] = true;
        is->max_age = most;
    }
}

/* What the rules ask the line to say, harm or not. */
static void want(const trial *t, reading *is)
{
    long long now = (long long)t->is.circumstances.now;
    bool is_deletion = oracle_deletes(&t->before, now);
    *is = t->before;
    for (int w = 0; w < WORD_COUNT; w++) {
        const cg_term *term = t->demands[w];
        if (!term || term->verb == CG_VERB_KEEP || (w == WORD_MAX_AGE && is_deletion)) {
            continue;
        }
        if (term->verb == CG_VERB_REMOVE) {
            is->has[w] = false;
            is->has[WORD_EXPIRES] = w == WORD_MAX_AGE ? false : is->has[WORD_EXPIRES];
        } else if (w == WORD_SAMESITE) {
            want_same_site(term, is);
        } else if (w == WORD_MAX_AGE) {
            want_lifetime(term, now, is);
        } else if (oracle_is_flag((oracle_word)w)) {
            is->has[w] = true;
        } else if (term->verb == CG_VERB_EXACT || !is->has[w]) {
            is->has[w] = true;
            *(w == WORD_PATH ? &is->path : &is->domain) = text_of(term->text);
        }
    }
    if (t->guard) {
        is->has[WORD_SECURE] = true;
        is->has[WORD_HTTPONLY] |= needs_http_only(t);
    }
}

/* A prefix that wants the host alone takes an empty Domain away, and puts deletions right. */
static void want_host_only(const trial *t, reading *is)
{
    bool is_deletion = oracle_deletes(&t->before, (long long)t->is.circumstances.now);
    if (!t->guard || !needs_host_only(t)) {
        return;
    }
    if (is_deletion || is->domain.len == 0) {
        is->has[WORD_DOMAIN] = false;
    }
    if (is_deletion) {
        is->has[WORD_PATH] = true;
        is->path = (octets){"/", 1};
    }
}

/* Both readings say the same of one word. */
static bool agree(const reading *a, const reading *b, oracle_word w)
{
    if (a->has[w] != b->has[w] || !a->has[w]) {
        return a->has[w] == b->has[w];
    }
    switch (w) {
    case WORD_DOMAIN:
        return cg_span_equal_folded(span_of(a->domain), span_of(b->domain));
    case WORD_PATH:
        return text_is(a->path, b->path);
    case WORD_EXPIRES:
        return a->expires == b->expires;
    case WORD_MAX_AGE:
        return a->max_age == b->max_age;
    case WORD_SAMESITE:
        return a->same_site == b->same_site;
    default:
        return true;
    }
}

static bool stores(const trial *t, const reading *is)
{
    const cg_circumstances *at = &t->is.circumstances;
    return oracle_stores(is, at->is_https, text_of(at->host), text_of(at->request_path));
}

/* What the line is to say when all is done that does no harm. */
static void want_without_harm(const trial *t, reading *wanted)
{
    want(t, wanted);
    if (stores(t, &t->before) && !stores(t, wanted)) { /* Path and Domain can be its only cause */
        wanted->has[WORD_DOMAIN] = t->before.has[WORD_DOMAIN];
        wanted->domain = t->before.domain;
    }
    if (stores(t, &t->before) && !stores(t, wanted)) {
        wanted->has[WORD_PATH] = t->before.has[WORD_PATH];
        wanted->path = t->before.path;
    }
    want_host_only(t, wanted);
}

/* A guarded cookie that cannot be carried under its prefix. */
static bool is_to_be_withheld(const trial *t)
{
    size_t len = t->before.name.len + t->before.value.len;
    reading wanted;

    if (!t->guard) {
        return false;
    }
    if (t->spelling == SPELLING_OTHER_CASE || t->before.is_ignored ||
        !t->is.circumstances.is_https ||
        len + (t->spelling == SPELLING_WIRE ? 0 : t->prefix.len) > 4096) {
        return true;
    }
    want_without_harm(t, &wanted);
    return needs_host_only(t) && (wanted.has[WORD_DOMAIN] || !wanted.has[WORD_PATH] ||
                                  !text_is(wanted.path, (octets){"/", 1}));
}

/* Of the demands that would spoil a prefix which the application writes itself, all are taken back
 * together; without the others one of them might have made it fit. */
static bool is_withheld_for_harm(const trial *t)
{
    reading wanted;
    want(t, &wanted);
    return t->spelling == SPELLING_WIRE && t->is.judgement.withheld && stores(t, &t->before) &&
           !stores(t, &wanted);
}

/* The letters and digits of a name, small. Returns how many there are. */
static size_t find_skeleton(octets name, char *skeleton)
{
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = cg_ascii_lower(name.at[i]);
        if ((c >= 'a' && c <= 'z') || cg_ascii_is_digit(c)) {
            skeleton[len++] = c;
        }
    }
    return len;
}

/* All letters and digits of `inner` stand in `outer`, one after the other. */
static bool contains_skeleton(const trial *t, octets outer, octets inner)
{
    char *a = apr_palloc(t->pool, outer.len + inner.len + 1), *b = a + outer.len;
    size_t a_len = find_skeleton(outer, a), b_len = find_skeleton(inner, b);
    for (size_t i = 0; i + b_len <= a_len; i++) {
        if (memcmp(a + i, b, b_len) == 0) {
            return true;
        }
    }
    return false;
}

/* Withheld as some parser's spelling of a guarded name. Who can name all parsers? So the core's word
 * is taken for it if a guarded name, or an escaped octet, is to be found in the cookie's. */
static bool is_taken_for_alike(const trial *t)
{
    if (t->guard || t->is.judgement.withheld != CG_WITHHELD_SPELLING) {
        return false;
    }
    for (unsigned i = 0; i < t->is.rule_count; i++) {
        const cg_rule *rule = &t->is.rules[i];
        if (rule->has_prefix &&
            (contains_skeleton(t, t->before.name, text_of(rule->pattern.text)) ||
             rule->pattern.kind != CG_PATTERN_EXACT ||
             memchr(t->before.name.at, '%', t->before.name.len))) {
            return true;
        }
    }
    return false;
}

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
    ask_guards(t);
    ask_rules(t);
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
    want(t, &wanted);
    want_host_only(t, &wanted);
    for (int w = 0; w < WORD_COUNT; w++) {
        bool is_untidy = t->before.times[w] > 1 ||
                         (t->before.has[w] && oracle_is_flag((oracle_word)w) &&
                          t->before.is_valued[w]);
        if (is_untidy || !agree(&t->before, &wanted, (oracle_word)w)) {
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
    return is < was && verb_of(t, WORD_SAMESITE) != CG_VERB_EXACT &&
           verb_of(t, WORD_SAMESITE) != CG_VERB_REMOVE;
}

/* A stronger attribute of the application stays, unless "-" or ":=" says so. */
const char *promise_never_weaken(const trial *t)
{
    long long now = (long long)t->is.circumstances.now;
    bool is_put_right = t->guard && needs_host_only(t) && oracle_deletes(&t->before, now);
    if (!is_passed_on(t)) {
        return NULL;
    }
    for (int w = 0; w < WORD_COUNT; w++) {
        cg_verb verb = verb_of(t, (oracle_word)w);
        bool is_empty = w == WORD_DOMAIN && t->before.domain.len == 0;
        if (oracle_is_flag((oracle_word)w) && t->before.has[w] && !t->after.has[w] &&
            verb != CG_VERB_REMOVE) {
            return "a flag was lost";
        }
        if ((w == WORD_PATH || w == WORD_DOMAIN) && t->before.has[w] &&
            !agree(&t->before, &t->after, (oracle_word)w) && verb != CG_VERB_REMOVE &&
            verb != CG_VERB_EXACT && !is_put_right && !(t->guard && is_empty)) {
            return "Path or Domain of the application was lost";
        }
    }
    if (weakens_same_site(t)) {
        return "SameSite became weaker";
    }
    if (lifetime_of(&t->after, now) > lifetime_of(&t->before, now) &&
        verb_of(t, WORD_MAX_AGE) != CG_VERB_EXACT && verb_of(t, WORD_MAX_AGE) != CG_VERB_DEFAULT) {
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
        (!agree(&t->before, &t->after, old->word) ||
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
    if (t->out.at && stores(t, &t->before) && !stores(t, &t->after)) {
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
        return is_to_be_withheld(t) || is_taken_for_alike(t) ? NULL : "a deletion was dropped";
    }
    if (t->before.is_ignored) {
        return NULL;
    }
    if (!agree(&t->before, &t->after, WORD_MAX_AGE) ||
        !agree(&t->before, &t->after, WORD_EXPIRES) || !oracle_deletes(&t->after, now)) {
        return "the lifetime of a deletion was changed";
    }
    run_again(t, without_lifetime(t), 0, &cookie);
    for (int w = 0; w < WORD_COUNT && cookie.out.at; w++) {
        if (w != WORD_MAX_AGE && w != WORD_EXPIRES &&
            !agree(&t->after, &cookie.after, (oracle_word)w)) {
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
    want_host_only(t, &own);
    for (int w = 0; w < WORD_COUNT; w++) {
        bool is_done = agree(&t->after, wanted, (oracle_word)w);
        if (!is_done && !(may_refuse && agree(&t->after, &own, (oracle_word)w))) {
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

    if ((t->out.at == NULL) !=
            ((t->wants_drop && !is_deletion) || is_to_be_withheld(t) || is_taken_for_alike(t)) &&
        !is_withheld_for_harm(t)) {
        return "a cookie was dropped or withheld unasked, or was not";
    }
    if (!is_passed_on(t)) {
        return NULL;
    }
    want(t, &wanted);
    has_new_secure = wanted.has[WORD_SECURE] && !t->before.has[WORD_SECURE];
    if (!t->is.circumstances.is_https && has_new_secure) {
        wanted.has[WORD_SECURE] = false;
        if (!(refused & secure)) {
            return "Secure on plain http was not named as refused";
        }
        refused &= ~secure;
    }
    would_harm = stores(t, &t->before) && !stores(t, &wanted);
    if (would_harm != (refused != 0)) {
        return would_harm ? "a refusal was not named" : "a change was refused that does no harm";
    }
    want_host_only(t, &wanted);
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
    if (!needs_host_only(t)) {
        is.has[WORD_DOMAIN] = false;
    }
    if (!t->is.circumstances.is_https || !stores(t, &is)) {
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
