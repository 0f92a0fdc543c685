/* Judging: the demands are carried out on the attributes one by one; what would make a browser
 * reject the cookie is taken back. */
#include "judge.h"

#include "../cookie/limits.h"

#define BIT(name) CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_##name)
#define LIFETIME (BIT(MAX_AGE) | BIT(EXPIRES))

/* For each reason to reject a cookie, the changes that can be its cause. */
static const unsigned causes[CG_BROWSER_VERDICT_COUNT] = {
    [CG_BROWSER_INVALID_DOMAIN] = BIT(DOMAIN),
    [CG_BROWSER_INVALID_PREFIX] = BIT(DOMAIN) | BIT(PATH) | BIT(SECURE) | BIT(HTTPONLY),
    [CG_BROWSER_SAME_SITE_NONE_INSECURE] = BIT(SAMESITE) | BIT(SECURE),
    [CG_BROWSER_INVALID_PARTITIONED] = BIT(PARTITIONED) | BIT(SECURE),
};

static bool has(const cg_attributes *attributes, cg_attribute attribute)
{
    return (attributes->present & CG_ATTRIBUTE_BIT(attribute)) != 0;
}

static void set_same_site(const cg_term *term, cg_attributes *after)
{
    bool is_valid = has(after, CG_ATTRIBUTE_SAMESITE) && after->same_site != CG_SAME_SITE_DEFAULT;
    if ((term->verb == CG_VERB_DEFAULT && is_valid) ||
        (term->verb == CG_VERB_FLOOR && is_valid && after->same_site >= term->same_site)) {
        return;
    }
    after->same_site = term->same_site;
    after->present |= BIT(SAMESITE);
}

static void set_max_age(const cg_term *term, int64_t now, cg_attributes *after)
{
    switch (term->verb) {
    case CG_VERB_CAP:
        if (has(after, CG_ATTRIBUTE_MAX_AGE) && after->max_age > term->seconds) {
            after->max_age = term->seconds;
        }
        if (has(after, CG_ATTRIBUTE_EXPIRES) && after->expires > now + term->seconds) {
            after->expires = now + term->seconds;
        }
        return;
    case CG_VERB_DEFAULT:
        if (after->present & LIFETIME) {
            return;
        }
        break;
    default:
        after->present &= ~BIT(EXPIRES);
        break;
    }
    after->max_age = term->seconds;
    after->present |= BIT(MAX_AGE);
}

/* Path and Domain: the text is the rule's. */
static void set_text(const cg_term *term, cg_span *text, cg_attributes *after)
{
    if (term->verb == CG_VERB_EXACT || !has(after, term->attribute)) {
        *text = term->text;
        after->present |= CG_ATTRIBUTE_BIT(term->attribute);
    }
}

static void carry_out(const cg_term *term, const cg_circumstances *circumstances,
                      cg_attributes *after)
{
    if (term->verb == CG_VERB_KEEP) {
        return;
    }
    if (term->verb == CG_VERB_REMOVE) {
        after->present &= term->attribute == CG_ATTRIBUTE_MAX_AGE
                              ? ~LIFETIME
                              : ~CG_ATTRIBUTE_BIT(term->attribute);
        return;
    }
    switch (term->attribute) {
    case CG_ATTRIBUTE_SAMESITE:
        set_same_site(term, after);
        break;
    case CG_ATTRIBUTE_MAX_AGE:
        set_max_age(term, circumstances->now, after);
        break;
    case CG_ATTRIBUTE_PATH:
        set_text(term, &after->path, after);
        break;
    case CG_ATTRIBUTE_DOMAIN:
        set_text(term, &after->domain, after);
        break;
    default: /* flags are dealt with all at once */
        break;
    }
}

static bool is_same_value(const cg_attributes *a, const cg_attributes *b, cg_attribute attribute)
{
    switch (attribute) {
    case CG_ATTRIBUTE_SAMESITE:
        return a->same_site == b->same_site;
    case CG_ATTRIBUTE_MAX_AGE:
        return a->max_age == b->max_age;
    case CG_ATTRIBUTE_EXPIRES:
        return a->expires == b->expires;
    case CG_ATTRIBUTE_PATH:
        return cg_span_equal(a->path, b->path);
    case CG_ATTRIBUTE_DOMAIN:
        return cg_span_equal_folded(a->domain, b->domain);
    default:
        return true;
    }
}

/* `touched` has the attributes whose value a demand may have changed; who sets a Max-Age may have
 * changed Expires as well. */
static inline __attribute__((always_inline)) void
find_changes(const cg_attributes *before, unsigned touched, cg_judgement *judgement)
{
    const cg_attributes *after = &judgement->after;

    judgement->added = after->present & ~before->present;
    judgement->removed = before->present & ~after->present;
    judgement->replaced = 0;
    if (touched & BIT(MAX_AGE)) {
        touched |= BIT(EXPIRES);
    }
    for (unsigned rest = after->present & before->present & touched; rest; rest &= rest - 1) {
        cg_attribute attribute = cg_attribute_first(rest);
        if (!is_same_value(before, after, attribute)) {
            judgement->replaced |= CG_ATTRIBUTE_BIT(attribute);
        }
    }
}

/* The changes that can turn a stored cookie into a rejected one. A lifetime cannot, nor SameSite
 * other than None; to add Secure or HttpOnly cannot, since plain http is dealt with before. */
static unsigned suspects_of(const cg_judgement *judgement)
{
    unsigned innocent = LIFETIME | (judgement->added & (BIT(SECURE) | BIT(HTTPONLY)));
    if (judgement->after.same_site != CG_SAME_SITE_NONE) {
        innocent |= BIT(SAMESITE);
    }
    return cg_judgement_changes(judgement) & ~innocent;
}

/* Gives the attributes in `taken_back` the word of the application again. */
static void take_back(const cg_attributes *before, unsigned taken_back, cg_judgement *judgement)
{
    cg_attributes *after = &judgement->after;
    after->present = (after->present & ~taken_back) | (before->present & taken_back);
    if (taken_back & BIT(DOMAIN)) {
        after->domain = before->domain;
    }
    if (taken_back & BIT(PATH)) {
        after->path = before->path;
    }
    if (taken_back & BIT(SAMESITE)) {
        after->same_site = before->same_site;
    }
    judgement->refused |= taken_back;
    find_changes(before, judgement->replaced, judgement);
}

/* Promise never-harm: as long as a browser would reject what it would have stored, the changes that
 * cause it are taken back. Each round takes back at least one; without changes the cookie is the
 * application's own, so the loop ends. */
static void refuse_harm(const cg_set_cookie *cookie, const cg_circumstances *circumstances,
                        cg_judgement *judgement)
{
    const cg_attributes *before = &cookie->attributes;

    if (suspects_of(judgement) == 0 ||
        cg_browser_judge(cookie, before, circumstances) != CG_BROWSER_STORED) {
        return;
    }
    for (;;) {
        cg_browser_verdict verdict = cg_browser_judge(cookie, &judgement->after, circumstances);
        unsigned guilty = causes[verdict] & suspects_of(judgement);
        if (verdict == CG_BROWSER_STORED || guilty == 0) {
            return;
        }
        take_back(before, guilty, judgement);
    }
}

/* Secure needs a client's connection that is HTTPS; over plain http browsers reject it. */
static void refuse_secure_on_plain_http(const cg_attributes *before,
                                        const cg_circumstances *circumstances,
                                        cg_judgement *judgement)
{
    if (!circumstances->is_https && (judgement->added & BIT(SECURE))) {
        take_back(before, BIT(SECURE), judgement);
    }
}

/* Promise once: an attribute is written twice, or a flag has a value. */
static bool is_untidy(const cg_set_cookie *cookie)
{
    return (cookie->repeated | cookie->valued_flags) != 0;
}

static const cg_span withheld_names[CG_WITHHELD_COUNT] = {
    [CG_WITHHELD_NOT] = {"", 0},
    [CG_WITHHELD_SPELLING] = {"Spelling", 8},
    [CG_WITHHELD_UNREADABLE] = {"Unreadable", 10},
    [CG_WITHHELD_PLAIN_HTTP] = {"PlainHTTP", 9},
    [CG_WITHHELD_DOMAIN] = {"Domain", 6},
    [CG_WITHHELD_PATH] = {"Path", 4},
    [CG_WITHHELD_TOO_LONG] = {"TooLong", 7},
    [CG_WITHHELD_TOKEN] = {"Token", 5},
};

cg_span cg_withheld_name(cg_withheld withheld)
{
    return withheld_names[withheld];
}

cg_span cg_judgement_fate(const cg_judgement *judgement)
{
    return judgement->withheld != CG_WITHHELD_NOT ? CG_SPAN("withheld") : CG_SPAN("dropped");
}

bool cg_secrecy_find(const cg_policy *policy, const cg_guards *guards, cg_span name,
                     cg_secrecy *secrecy)
{
    *secrecy = (cg_secrecy){.drop = cg_policy_find_drop(policy, name), .rules_name = name};
    if (guards) {
        secrecy->guard = cg_guards_find(guards, name, &secrecy->spelling);
    }
    if (secrecy->guard && !cg_guard_is_in_force(secrecy->guard)) {
        secrecy->guard = NULL;
    }
    if (secrecy->guard && secrecy->guard->is_token) {
        secrecy->drop = NULL; /* which may only be reported */
    }
    if (secrecy->guard && secrecy->spelling == CG_SPELLING_WIRE) {
        secrecy->rules_name = cg_guard_application_name(secrecy->guard, secrecy->spelling, name);
        secrecy->drop = secrecy->drop ? secrecy->drop
                                      : cg_policy_find_drop(policy, secrecy->rules_name);
    }
    return secrecy->drop || secrecy->guard;
}

bool cg_secrecy_find_token(const cg_guards *token, const cg_set_cookie *cookie, cg_secrecy *secrecy)
{
    cg_span name = cookie->name;

    if (name.len == 0) {
        name = cg_span_part(cookie->value, 0, cg_span_find(cookie->value, '='));
    }
    *secrecy = (cg_secrecy){.rules_name = name};
    secrecy->guard = cg_guards_find(token, name, &secrecy->spelling);
    return secrecy->guard != NULL;
}

/* The flags without which browsers do not take a cookie under its prefix. */
static unsigned flags_of_prefix(const cg_secrecy *secrecy)
{
    if (!secrecy || !secrecy->guard || secrecy->guard->prefix == CG_PREFIX_NONE) {
        return 0;
    }
    return BIT(SECURE) |
           (cg_prefix_rows[secrecy->guard->prefix].needs_httponly ? BIT(HTTPONLY) : 0);
}

/* A deletion gets what the cookie that it deletes must have had. Others keep their word on where
 * they are valid; what does not fit is the caller's to refuse. */
static void meet_prefix(const cg_prefix_row *needs, cg_judgement *judgement)
{
    cg_attributes *after = &judgement->after;

    if (!needs->needs_host_only) {
        return;
    }
    if (judgement->is_deletion || after->domain.len == 0) {
        after->present &= ~BIT(DOMAIN);
    }
    if (judgement->is_deletion) {
        after->path = CG_SPAN("/");
        after->present |= BIT(PATH);
    }
}

static cg_withheld find_hindrance(const cg_set_cookie *cookie, const cg_secrecy *secrecy,
                                  const cg_circumstances *circumstances,
                                  const cg_judgement *judgement)
{
    const cg_prefix_row *needs = &cg_prefix_rows[secrecy->guard->prefix];
    const cg_attributes *after = &judgement->after;
    bool is_wire = secrecy->spelling == CG_SPELLING_WIRE;
    size_t len = (is_wire ? 0 : needs->text.len) + cookie->name.len + cookie->value.len;

    if (!circumstances->is_https) {
        return CG_WITHHELD_PLAIN_HTTP;
    }
    if (needs->needs_host_only && has(after, CG_ATTRIBUTE_DOMAIN)) {
        return CG_WITHHELD_DOMAIN;
    }
    if (needs->needs_host_only &&
        !(has(after, CG_ATTRIBUTE_PATH) && cg_span_equal(after->path, CG_SPAN("/")))) {
        return CG_WITHHELD_PATH;
    }
    return len > CG_NAME_VALUE_MAX ? CG_WITHHELD_TOO_LONG : CG_WITHHELD_NOT;
}

/* Demands for secrecy come last and have the last word. */
static void guard(const cg_set_cookie *cookie, const cg_secrecy *secrecy,
                  const cg_circumstances *circumstances, cg_judgement *judgement)
{
    cg_prefix prefix = secrecy->guard->prefix;

    if (!cg_guard_is_in_force(secrecy->guard)) {
        return;
    }
    judgement->guard = secrecy->guard->rule;
    if (secrecy->guard->is_token) {
        judgement->withheld = CG_WITHHELD_TOKEN;
    } else if (secrecy->spelling == CG_SPELLING_ALIKE) {
        judgement->withheld = CG_WITHHELD_SPELLING;
    } else if (cookie->kind != CG_LINE_COOKIE) {
        judgement->withheld = CG_WITHHELD_UNREADABLE;
    } else {
        meet_prefix(&cg_prefix_rows[prefix], judgement);
        judgement->withheld = find_hindrance(cookie, secrecy, circumstances, judgement);
        find_changes(&cookie->attributes, ~0u, judgement);
    }
    if (judgement->withheld) {
        judgement->action = CG_ACTION_DROP;
    } else if (secrecy->spelling == CG_SPELLING_APPLICATION) {
        judgement->prefix = prefix;
        judgement->action = CG_ACTION_REWRITE;
    } else if (cg_judgement_changes(judgement)) {
        judgement->action = CG_ACTION_REWRITE;
    }
}

/* `needed` are the flags of a prefix, which no rule takes away. */
static void carry_out_demands(const cg_set_cookie *cookie, const cg_demands *demands,
                              unsigned needed, const cg_circumstances *circumstances,
                              cg_judgement *judgement)
{
    const cg_attributes *before = &cookie->attributes;
    unsigned exempt = judgement->is_deletion ? BIT(MAX_AGE) : 0;

    judgement->after.present |= demands->wanted_flags;
    judgement->after.present &= ~demands->unwanted_flags;
    judgement->after.present |= needed;
    for (unsigned rest = demands->valued & ~exempt; rest; rest &= rest - 1) {
        carry_out(demands->term[cg_attribute_first(rest)], circumstances, &judgement->after);
    }
    find_changes(before, demands->valued, judgement);
    refuse_secure_on_plain_http(before, circumstances, judgement);
    refuse_harm(cookie, circumstances, judgement);
    if (cg_judgement_changes(judgement) || is_untidy(cookie)) {
        judgement->action = CG_ACTION_REWRITE;
    }
}

/* Whether the cookie is a deletion matters to lifetimes and to secrecy alone. */
static bool depends_on_date(const cg_demands *demands, const cg_secrecy *secrecy)
{
    return secrecy || (demands->valued & BIT(MAX_AGE));
}

/* True if all that is asked is to add Secure, HttpOnly and a SameSite that needs no Secure, as the
 * built-in rule does. */
static inline bool only_adds(const cg_demands *demands)
{
    const cg_term *same_site = demands->term[CG_ATTRIBUTE_SAMESITE];
    return demands->valued == BIT(SAMESITE) && demands->unwanted_flags == 0 &&
           (demands->wanted_flags & ~(BIT(SECURE) | BIT(HTTPONLY))) == 0 &&
           same_site->verb == CG_VERB_DEFAULT && same_site->same_site > CG_SAME_SITE_NONE;
}

/* What carry_out_demands comes to where only_adds is true, over HTTPS: none of it can do harm, so
 * most cookies are judged in a straight line. */
static inline void add(const cg_set_cookie *cookie, const cg_demands *demands,
                       cg_judgement *judgement)
{
    const cg_attributes *before = &cookie->attributes;
    bool has_word = has(before, CG_ATTRIBUTE_SAMESITE);

    judgement->after.present = before->present | demands->wanted_flags | BIT(SAMESITE);
    judgement->added = judgement->after.present & ~before->present;
    if (!has_word || before->same_site == CG_SAME_SITE_DEFAULT) {
        judgement->after.same_site = demands->term[CG_ATTRIBUTE_SAMESITE]->same_site;
        judgement->replaced = has_word ? BIT(SAMESITE) : 0;
    }
    if ((judgement->added | judgement->replaced) || is_untidy(cookie)) {
        judgement->action = CG_ACTION_REWRITE;
    }
}

static inline void begin(const cg_set_cookie *cookie, const cg_circumstances *circumstances,
                         cg_judgement *judgement)
{
    judgement->action = CG_ACTION_PASS;
    judgement->after = cookie->attributes;
    judgement->added = judgement->replaced = judgement->removed = judgement->refused = 0;
    judgement->is_deletion = cg_attributes_delete(&cookie->attributes, circumstances->now);
    judgement->drop = NULL;
    judgement->prefix = CG_PREFIX_NONE;
    judgement->withheld = CG_WITHHELD_NOT;
    judgement->guard = NULL;
}

static __attribute__((noinline)) void
judge_at_length(cg_set_cookie *cookie, const cg_demands *demands, const cg_secrecy *secrecy,
                const cg_circumstances *circumstances, cg_judgement *judgement)
{
    if (cookie->has_unread_date && depends_on_date(demands, secrecy)) {
        cg_set_cookie_read_date(cookie);
    }
    begin(cookie, circumstances, judgement);
    if (secrecy && secrecy->drop && !judgement->is_deletion) {
        judgement->action = CG_ACTION_DROP;
        judgement->drop = secrecy->drop;
        return;
    }
    if (cookie->kind == CG_LINE_COOKIE) {
        carry_out_demands(cookie, demands, flags_of_prefix(secrecy), circumstances, judgement);
    }
    if (secrecy && secrecy->guard) {
        guard(cookie, secrecy, circumstances, judgement);
    }
}

void cg_judge(cg_set_cookie *cookie, const cg_demands *demands, const cg_secrecy *secrecy,
              const cg_circumstances *circumstances, cg_judgement *judgement)
{
    if (secrecy || cookie->kind != CG_LINE_COOKIE || !circumstances->is_https ||
        !only_adds(demands)) {
        judge_at_length(cookie, demands, secrecy, circumstances, judgement);
        return;
    }
    begin(cookie, circumstances, judgement);
    add(cookie, demands, judgement);
}

void cg_judgement_complete(cg_set_cookie *cookie, const cg_circumstances *circumstances,
                           cg_judgement *judgement)
{
    if (!cookie->has_unread_date) {
        return;
    }
    cg_set_cookie_read_date(cookie);
    judgement->after.expires = cookie->attributes.expires;
    judgement->after.present &= cookie->attributes.present | ~BIT(EXPIRES);
    judgement->is_deletion = cg_attributes_delete(&cookie->attributes, circumstances->now);
}
