/* What the rules ask of a line, worked out once more. */
#include "wanted.h"

#include "policy/known_cookies.h"

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

/* No octet that a token cannot have, no percent sign and no plus. */
static bool is_plain_name(octets name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.at[i];
        if (c <= 0x20 || c >= 0x7F || strchr("%+\"(),/:;<=>?@[\\]{}", c)) {
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

static octets fold(const trial *t, octets name)
{
    char *text = apr_pstrmemdup(t->pool, name.at, name.len);
    for (size_t i = 0; i < name.len; i++) {
        text[i] = strchr(".[+ ", text[i]) ? '_' : cg_ascii_lower(text[i]);
    }
    return (octets){text, name.len};
}

static bool is_said_again(const trial *t, unsigned number)
{
    for (unsigned i = number + 1; i < t->is.rule_count; i++) {
        if (t->is.rules[i].has_prefix &&
            cg_span_equal(t->is.rules[i].pattern.text, t->is.rules[number].pattern.text)) {
            return true;
        }
    }
    return false;
}

/* Another glob with another prefix, of whose names this may be another spelling. */
static const cg_rule *find_other_glob(const trial *t, const cg_rule *owner, octets name)
{
    octets folded = fold(t, name);
    for (unsigned i = t->is.rule_count; i-- > 0;) {
        const cg_rule *rule = &t->is.rules[i];
        if (rule->has_prefix && rule->prefix != CG_PREFIX_NONE && rule->prefix != owner->prefix &&
            rule->pattern.kind == CG_PATTERN_GLOB && !is_said_again(t, i) &&
            !pattern_matches(&rule->pattern, name) &&
            oracle_glob_matches(fold(t, text_of(rule->pattern.text)), folded)) {
            return rule;
        }
    }
    return NULL;
}

/* A name that a glob owns, and that is another spelling of one that is not the glob's, is not, either. */
static const cg_rule *find_namesake(const trial *t, const cg_rule *owner, octets name)
{
    const cg_rule *exact;
    if (!owner || owner->pattern.kind == CG_PATTERN_EXACT) {
        return NULL;
    }
    exact = find_in_other_case(t, name);
    return exact ? exact : find_other_glob(t, owner, name);
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

bool trial_needs_host_only(const trial *t)
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

void trial_ask(trial *t)
{
    ask_guards(t);
    ask_rules(t);
}

cg_verb trial_verb(const trial *t, oracle_word w)
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

void trial_want(const trial *t, reading *is)
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

void trial_put_right(const trial *t, reading *is)
{
    bool is_deletion = oracle_deletes(&t->before, (long long)t->is.circumstances.now);
    if (!t->guard || !trial_needs_host_only(t)) {
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

bool readings_agree(const reading *a, const reading *b, oracle_word w)
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

bool trial_stores(const trial *t, const reading *is)
{
    const cg_circumstances *at = &t->is.circumstances;
    return oracle_stores(is, at->is_https, text_of(at->host), text_of(at->request_path));
}

/* What the line is to say when all is done that does no harm. */
static void want_without_harm(const trial *t, reading *wanted)
{
    trial_want(t, wanted);
    if (trial_stores(t, &t->before) &&
        !trial_stores(t, wanted)) { /* Path and Domain can be its only cause */
        wanted->has[WORD_DOMAIN] = t->before.has[WORD_DOMAIN];
        wanted->domain = t->before.domain;
    }
    if (trial_stores(t, &t->before) && !trial_stores(t, wanted)) {
        wanted->has[WORD_PATH] = t->before.has[WORD_PATH];
        wanted->path = t->before.path;
    }
    trial_put_right(t, wanted);
}

bool trial_is_withheld(const trial *t)
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
    return trial_needs_host_only(t) && (wanted.has[WORD_DOMAIN] || !wanted.has[WORD_PATH] ||
                                        !text_is(wanted.path, (octets){"/", 1}));
}

bool trial_is_withheld_for_harm(const trial *t)
{
    reading wanted;
    trial_want(t, &wanted);
    return t->spelling == SPELLING_WIRE && t->is.judgement.withheld &&
           trial_stores(t, &t->before) && !trial_stores(t, &wanted);
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

bool trial_is_taken_for_alike(const trial *t)
{
    if (t->guard || t->is.judgement.withheld != CG_WITHHELD_SPELLING) {
        return false;
    }
    for (unsigned i = 0; i < t->is.rule_count; i++) {
        const cg_rule *rule = &t->is.rules[i];
        if (rule->has_prefix &&
            (contains_skeleton(t, t->before.name, text_of(rule->pattern.text)) ||
             rule->pattern.kind != CG_PATTERN_EXACT ||
             memchr(rule->pattern.text.at, '%', rule->pattern.text.len) ||
             memchr(t->before.name.at, '%', t->before.name.len))) {
            return true;
        }
    }
    return false;
}
