/* The language of CookieGuardCookie: words, operators, values, and what is said about mistakes. */
#include "rule.h"

#include <apr_strings.h>

#include "../cookie/limits.h"

/* The operators, each with the verb that it means. The longer ones come first. */
static const struct {
    cg_span text;
    cg_verb verb;
} operators[] = {
    {{":=", 2}, CG_VERB_EXACT},
    {{">=", 2}, CG_VERB_FLOOR},
    {{"<=", 2}, CG_VERB_CAP},
    {{"=", 1}, CG_VERB_DEFAULT},
};

#define OPERATOR_COUNT (sizeof operators / sizeof operators[0])
#define VERB_BIT(verb) (1u << (verb))
#define NAME_TERMS                                                                                 \
    "Secure HttpOnly Partitioned SameSite Path Domain Max-Age Drop Prefix, with = (if absent), "   \
    ">= (floor), <= (cap), := (exactly), =keep (no demand) or a leading - (remove)"

typedef const char *value_reader(apr_pool_t *pool, cg_span value, cg_term *term);

static value_reader read_same_site, read_max_age, read_path, read_domain;

/* What each attribute may be asked: the verbs that take a value, how the value is read, and how
 * the forms are written, for error sentences. A flag has no reader and no value. */
static const struct {
    unsigned verbs;
    value_reader *read;
    const char *forms;
} forms[CG_ATTRIBUTE_COUNT] = {
    [CG_ATTRIBUTE_SECURE] = {0, NULL, "Secure, Secure=keep or -Secure"},
    [CG_ATTRIBUTE_HTTPONLY] = {0, NULL, "HttpOnly, HttpOnly=keep or -HttpOnly"},
    [CG_ATTRIBUTE_PARTITIONED] = {0, NULL, "Partitioned, Partitioned=keep or -Partitioned"},
    [CG_ATTRIBUTE_SAMESITE] =
        {VERB_BIT(CG_VERB_DEFAULT) | VERB_BIT(CG_VERB_FLOOR) | VERB_BIT(CG_VERB_EXACT),
         read_same_site, "SameSite=Lax, SameSite>=Lax, SameSite:=None, SameSite=keep or -SameSite"},
    [CG_ATTRIBUTE_MAX_AGE] = {VERB_BIT(CG_VERB_DEFAULT) | VERB_BIT(CG_VERB_CAP) |
                                  VERB_BIT(CG_VERB_EXACT),
                              read_max_age,
                              "Max-Age=1d, Max-Age<=1d, Max-Age:=1d, Max-Age=keep or -Max-Age"},
    [CG_ATTRIBUTE_PATH] = {VERB_BIT(CG_VERB_DEFAULT) | VERB_BIT(CG_VERB_EXACT), read_path,
                           "Path=/app, Path:=/app, Path=keep or -Path"},
    [CG_ATTRIBUTE_DOMAIN] = {VERB_BIT(CG_VERB_DEFAULT) | VERB_BIT(CG_VERB_EXACT), read_domain,
                             "Domain=example.com, Domain:=example.com, Domain=keep or -Domain"},
};

/* For "%.*s" in error sentences: a length that an int holds. */
static int shown(cg_span span)
{
    return span.len > 200 ? 200 : (int)span.len;
}

static const char *read_same_site(apr_pool_t *pool, cg_span value, cg_term *term)
{
    term->same_site = cg_same_site_find(value);
    if (term->same_site == CG_SAME_SITE_DEFAULT) {
        return apr_psprintf(pool, "SameSite is Strict, Lax or None, not '%.*s'", shown(value),
                            value.at);
    }
    if (term->verb == CG_VERB_FLOOR && term->same_site == CG_SAME_SITE_NONE) {
        return "SameSite>=None is a floor below which nothing lies; write SameSite=None to add "
               "it where it is absent";
    }
    return NULL;
}

/* The unit's seconds, or 0 for a letter that is no unit. */
static int64_t unit_seconds(char unit)
{
    switch (cg_ascii_lower(unit)) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    default:
        return 0;
    }
}

static const char *read_max_age(apr_pool_t *pool, cg_span value, cg_term *term)
{
    cg_span digits = value;
    int64_t unit = 1, number;

    if (value.len && !cg_ascii_is_digit(value.at[value.len - 1])) {
        unit = unit_seconds(value.at[value.len - 1]);
        digits = cg_span_part(value, 0, value.len - 1);
    }
    if (unit == 0 || !cg_max_age_parse(digits, &number) || number < 0) {
        return apr_psprintf(pool,
                            "'%.*s' is not a time: write a whole number with a unit, s, m, h or "
                            "d, such as 30m or 7d",
                            shown(value), value.at);
    }
    if (number == 0) {
        return "a Max-Age of 0 would delete the cookie in the browser; Drop keeps it from leaving "
               "the server";
    }
    if (number > CG_LIFETIME_MAX / unit) {
        return apr_psprintf(pool,
                            "'%.*s' is over 400 days, the longest time that browsers keep "
                            "a cookie",
                            shown(value), value.at);
    }
    term->seconds = number * unit;
    return NULL;
}

static const char *read_path(apr_pool_t *pool, cg_span value, cg_term *term)
{
    if (value.len == 0 || value.at[0] != '/') {
        return apr_psprintf(pool, "a Path begins with '/', not like '%.*s'", shown(value),
                            value.at);
    }
    if (value.len > CG_ATTRIBUTE_VALUE_MAX) {
        return "the Path is over 1024 octets; browsers ignore such a Path";
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < 0x21 || value.at[i] > 0x7E || value.at[i] == ';') {
            return "a Path has no blank, no ';' and only printable ASCII; write other octets "
                   "percent-encoded, as in the URL";
        }
    }
    term->text = value;
    return NULL;
}

static bool is_host_character(char c)
{
    char lower = cg_ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || cg_ascii_is_digit(c) || c == '-';
}

/* Labels of letters, digits and hyphens, joined by single dots. */
static bool is_host_name(cg_span value)
{
    size_t label = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] != '.' && !is_host_character(value.at[i])) {
            return false;
        }
        if (value.at[i] == '.' && label == 0) {
            return false;
        }
        label = value.at[i] == '.' ? 0 : label + 1;
    }
    return label > 0 && value.len <= 253;
}

static const char *read_domain(apr_pool_t *pool, cg_span value, cg_term *term)
{
    cg_span host = value;
    if (host.len && host.at[0] == '.') {
        host = cg_span_part(host, 1, host.len);
    }
    if (!is_host_name(host)) {
        return apr_psprintf(pool, "'%.*s' is not a host name; a Domain looks like example.com",
                            shown(value), value.at);
    }
    term->text = host;
    return NULL;
}

/* Splits "NAME op VALUE". False if the word has no operator. */
static bool split_word(cg_span word, cg_span *name, cg_verb *verb, cg_span *value)
{
    for (size_t i = 0; i < word.len; i++) {
        cg_span rest = cg_span_part(word, i, word.len);
        for (size_t k = 0; k < OPERATOR_COUNT; k++) {
            if (cg_span_starts(rest, operators[k].text)) {
                *name = cg_span_part(word, 0, i);
                *verb = operators[k].verb;
                *value = cg_span_part(rest, operators[k].text.len, rest.len);
                return true;
            }
        }
    }
    *name = word;
    return false;
}

static const char *unknown_term(apr_pool_t *pool, cg_span word)
{
    cg_span name;
    cg_verb verb;
    cg_span value;

    if (word.at[0] == '#') {
        return apr_psprintf(pool,
                            "'%.*s' is not a term: httpd has no comments at the end of a "
                            "line; put the comment on a line of its own",
                            shown(word), word.at);
    }
    split_word(word, &name, &verb, &value);
    if (cg_span_equal(name, CG_SPAN("expr"))) {
        return "expr= is the last word of a rule and stands there once, in quotes if it contains "
               "blanks";
    }
    if (cg_span_equal_folded(name, CG_SPAN("Expires")) ||
        cg_span_equal_folded(name, CG_SPAN("-Expires"))) {
        return "Expires is not a term: say Max-Age, which sets, caps and removes both together";
    }
    return apr_psprintf(pool, "unknown term '%.*s'; known are " NAME_TERMS, shown(word), word.at);
}

static const char *wrong_form(apr_pool_t *pool, cg_span word, cg_attribute attribute)
{
    return apr_psprintf(pool, "'%.*s' is not a form of %s; write %s", shown(word), word.at,
                        cg_attribute_name(attribute).at, forms[attribute].forms);
}

/* Reads one word into *term. */
static const char *read_term(apr_pool_t *pool, cg_span word, cg_term *term)
{
    cg_span name, value;
    bool removes = word.len > 1 && word.at[0] == '-';
    bool has_operator = split_word(removes ? cg_span_part(word, 1, word.len) : word, &name,
                                   &term->verb, &value);

    term->attribute = cg_attribute_find(name);
    if (term->attribute == CG_ATTRIBUTE_OTHER || term->attribute == CG_ATTRIBUTE_EXPIRES) {
        return unknown_term(pool, word);
    }
    if (removes) {
        term->verb = CG_VERB_REMOVE;
        return has_operator ? wrong_form(pool, word, term->attribute) : NULL;
    }
    if (!has_operator) {
        term->verb = CG_VERB_DEFAULT;
        return forms[term->attribute].read ? wrong_form(pool, word, term->attribute) : NULL;
    }
    if (term->verb == CG_VERB_DEFAULT && cg_span_equal_folded(value, CG_SPAN("keep"))) {
        term->verb = CG_VERB_KEEP;
        return NULL;
    }
    if (!(forms[term->attribute].verbs & VERB_BIT(term->verb))) {
        return wrong_form(pool, word, term->attribute);
    }
    return forms[term->attribute].read(pool, value, term);
}

/* Reads what follows "Prefix=". */
static const char *read_prefix(apr_pool_t *pool, cg_span value, cg_rule *rule)
{
    if (rule->has_prefix) {
        return "the rule names Prefix twice; a cookie has one prefix";
    }
    rule->has_prefix = true;
    if (cg_span_equal_folded(value, CG_SPAN("off"))) {
        return NULL;
    }
    rule->prefix = cg_prefix_find(value);
    if (rule->prefix == CG_PREFIX_NONE ||
        !cg_span_equal(value, cg_prefix_rows[rule->prefix].text)) {
        return apr_psprintf(pool,
                            "'%.*s' is not a prefix; write Prefix=__Host-, Prefix=__Secure-, "
                            "Prefix=__Http-, Prefix=__Host-Http- or Prefix=off, in this case",
                            shown(value), value.at);
    }
    return NULL;
}

static const char *check_name(cg_span name, int word_count)
{
    bool has_blank = false;

    if (name.len == 0 || cg_span_equal(name, CG_SPAN("~"))) {
        return "the name of the cookie is empty; write a name, a glob such as wp_* or a regular "
               "expression such as ~^wp_";
    }
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.at[i];
        has_blank |= cg_ascii_is_wsp(name.at[i]);
        if (name.at[0] != '~' && ((c < 0x20 && c != 0x09) || c == 0x7F || c == '=' || c == ';')) {
            return "a cookie's name has no '=', no ';' and no control character; a regular "
                   "expression begins with '~'";
        }
    }
    if (word_count < 2 && has_blank) {
        return "the name contains blanks and no term follows; is a closing quote missing?";
    }
    return word_count < 2 ? "a rule needs at least one term; known are " NAME_TERMS : NULL;
}

/* Drop and Prefix are demands for secrecy: a name under one is decided by configuration alone. */
static const char *check_secrecy(apr_pool_t *pool, const cg_rule *rule, const char *term)
{
    if (rule->scope != CG_SCOPE_SERVER) {
        return apr_psprintf(pool,
                            "%s belongs to the server or a virtual host; in a section it would "
                            "depend on the request what becomes of the cookie",
                            term);
    }
    if (rule->condition_text.at) {
        return apr_psprintf(pool, "%s takes no expr=: it is decided by the configuration alone",
                            term);
    }
    if (rule->pattern.kind == CG_PATTERN_REGEX) {
        return apr_psprintf(pool, "%s takes an exact name or a glob, not a regular expression",
                            term);
    }
    if (rule->pattern.kind != CG_PATTERN_EXACT &&
        !cg_pattern_excludes_prefix(&rule->pattern, CG_SPAN("__"))) {
        return apr_psprintf(pool,
                            "%s takes a glob only if no name that begins with '__' can match it; "
                            "begin the glob with a letter",
                            term);
    }
    return NULL;
}

static const char *check_drop(apr_pool_t *pool, const cg_rule *rule)
{
    if (rule->term_count || rule->has_prefix) {
        return "Drop contradicts the other terms of its rule: a cookie that never leaves needs "
               "no attributes";
    }
    return rule->scope == CG_SCOPE_HTACCESS ? NULL : check_secrecy(pool, rule, "Drop");
}

/* In any case: browsers do not tell `__Host-` before such a name from the prefix `__Host-Http-`. */
static bool may_begin_with_http(apr_pool_t *pool, const cg_pattern *pattern)
{
    cg_pattern small = *pattern;
    char *text = apr_pstrmemdup(pool, pattern->text.at, pattern->text.len);

    for (size_t i = 0; i < pattern->text.len; i++) {
        text[i] = cg_ascii_lower(text[i]);
    }
    small.text.at = text;
    return !cg_pattern_excludes_prefix(&small, CG_SPAN("http-"));
}

/* Names of guarded cookies are tokens (RFC 6265 4.1.1), or globs made of such octets. */
static const char *check_guarded_name(apr_pool_t *pool, const cg_rule *rule)
{
    const cg_pattern *pattern = &rule->pattern;

    if (pattern->text.len > CG_GUARDED_NAME_MAX) {
        return "Prefix takes a name of at most 200 octets; of longer ones the other spellings "
               "cannot "
               "be told";
    }
    for (size_t i = 0; i < pattern->text.len; i++) {
        char c = pattern->text.at[i];
        if (!cg_ascii_is_token(c) && c != '?') { /* with which any name is a glob */
            return "Prefix needs a name of letters, digits and the signs that a cookie's name may "
                   "have; browsers and servers do not agree on others";
        }
    }
    if (pattern->kind == CG_PATTERN_EXACT && cg_prefix_find(pattern->text) != CG_PREFIX_NONE) {
        return "Prefix takes the application's own name of the cookie, not one that has a prefix "
               "already";
    }
    if (rule->prefix == CG_PREFIX_HOST && may_begin_with_http(pool, pattern)) {
        return "Prefix=__Host- before a name that begins with Http- reads as the prefix "
               "__Host-Http-; write that one, or a glob that no such name matches";
    }
    return NULL;
}

/* A term of the same rule that makes it impossible to keep what the prefix promises. */
static const char *check_prefix_terms(apr_pool_t *pool, const cg_rule *rule)
{
    const cg_prefix_row *needs = &cg_prefix_rows[rule->prefix];

    for (unsigned i = 0; i < rule->term_count; i++) {
        const cg_term *term = &rule->terms[i];
        bool sets = term->verb == CG_VERB_DEFAULT || term->verb == CG_VERB_EXACT;
        const char *needed = NULL;
        if (needs->needs_host_only && term->attribute == CG_ATTRIBUTE_DOMAIN && sets) {
            needed = "no Domain; write -Domain to take it away";
        } else if (needs->needs_host_only && term->attribute == CG_ATTRIBUTE_PATH &&
                   (term->verb == CG_VERB_REMOVE ||
                    (sets && !cg_span_equal(term->text, CG_SPAN("/"))))) {
            needed = "Path=/; write Path:=/ to widen it";
        } else if (rule->prefix != CG_PREFIX_NONE && term->attribute == CG_ATTRIBUTE_SECURE &&
                   term->verb == CG_VERB_REMOVE) {
            needed = "Secure";
        } else if (needs->needs_httponly && term->attribute == CG_ATTRIBUTE_HTTPONLY &&
                   term->verb == CG_VERB_REMOVE) {
            needed = "HttpOnly";
        }
        if (needed) {
            return apr_psprintf(pool,
                                "Prefix=%s contradicts another term of its rule: browsers "
                                "take such a cookie only with %s",
                                needs->text.at, needed);
        }
    }
    return NULL;
}

static const char *check_prefix(apr_pool_t *pool, const cg_rule *rule)
{
    const char *error;
    if (rule->scope == CG_SCOPE_HTACCESS) {
        return NULL;
    }
    error = check_secrecy(pool, rule, "Prefix");
    if (!error) {
        error = check_guarded_name(pool, rule);
    }
    return error ? error : check_prefix_terms(pool, rule);
}

static const char *check_terms(apr_pool_t *pool, const cg_rule *rule)
{
    unsigned named = 0, secure = 0;
    bool wants_partitioned = false;

    for (unsigned i = 0; i < rule->term_count; i++) {
        const cg_term *term = &rule->terms[i];
        unsigned bit = CG_ATTRIBUTE_BIT(term->attribute);
        if (named & bit) {
            return apr_psprintf(pool,
                                "the rule names %s twice, and one contradicts the other; a rule "
                                "has one term for each attribute",
                                cg_attribute_name(term->attribute).at);
        }
        named |= bit;
        wants_partitioned |= term->attribute == CG_ATTRIBUTE_PARTITIONED &&
                             term->verb == CG_VERB_DEFAULT;
        secure |= term->attribute == CG_ATTRIBUTE_SECURE && term->verb == CG_VERB_DEFAULT;
    }
    if (wants_partitioned && !secure) {
        return "Partitioned needs Secure in the same rule: browsers ignore a partitioned cookie "
               "without it";
    }
    return NULL;
}

static bool is_no_secure_rule(const cg_rule *rule)
{
    bool none = false, removes_secure = false;
    for (unsigned i = 0; i < rule->term_count; i++) {
        const cg_term *term = &rule->terms[i];
        none |= term->attribute == CG_ATTRIBUTE_SAMESITE && term->verb == CG_VERB_EXACT &&
                term->same_site == CG_SAME_SITE_NONE;
        removes_secure |= term->attribute == CG_ATTRIBUTE_SECURE && term->verb == CG_VERB_REMOVE;
    }
    return none && removes_secure;
}

const char *cg_rule_parse(apr_pool_t *pool, cg_scope scope, const char *place, int word_count,
                          const char *const *words, cg_rule *rule)
{
    const char *error;
    cg_span name = word_count > 0 ? cg_span_of(words[0]) : (cg_span){NULL, 0};
    cg_term *terms;

    *rule = (cg_rule){.scope = scope, .place = place};
    if ((error = check_name(name, word_count)) != NULL) {
        return error;
    }
    rule->pattern = cg_pattern_parse(name);
    terms = apr_pcalloc(pool, (size_t)word_count * sizeof *terms);
    rule->terms = terms;
    for (int i = 1; i < word_count; i++) {
        cg_span word = cg_span_of(words[i]);
        if (i == word_count - 1 && cg_span_starts(word, CG_SPAN("expr="))) {
            rule->condition_text = cg_span_part(word, 5, word.len);
        } else if (word.len == 0) {
            return "an empty term; known are " NAME_TERMS;
        } else if (cg_span_equal_folded(word, CG_SPAN("Drop"))) {
            rule->drop = true;
        } else if (cg_span_starts_folded(word, CG_SPAN("Prefix="))) {
            if ((error = read_prefix(pool, cg_span_part(word, 7, word.len), rule)) != NULL) {
                return error;
            }
        } else {
            cg_term *term = &terms[rule->term_count++];
            if ((error = read_term(pool, word, term)) != NULL) {
                return error;
            }
        }
    }
    if (rule->condition_text.at && rule->condition_text.len == 0) {
        return "expr= needs an expression, such as \"expr=%{REQUEST_URI} =~ m#^/app/#\"";
    }
    if (rule->term_count == 0 && !rule->drop && !rule->has_prefix) {
        return "a rule needs at least one term besides expr=; known are " NAME_TERMS;
    }
    if (rule->drop && (error = check_drop(pool, rule)) != NULL) {
        return error;
    }
    if (rule->has_prefix && (error = check_prefix(pool, rule)) != NULL) {
        return error;
    }
    if (is_no_secure_rule(rule)) {
        return "SameSite:=None contradicts -Secure: browsers reject SameSite=None without Secure";
    }
    return check_terms(pool, rule);
}

static void print_value(cg_writer *writer, const cg_term *term)
{
    switch (term->attribute) {
    case CG_ATTRIBUTE_SAMESITE:
        cg_write(writer, cg_same_site_name(term->same_site));
        break;
    case CG_ATTRIBUTE_MAX_AGE:
        cg_write_number(writer, term->seconds);
        cg_write_char(writer, 's');
        break;
    default:
        cg_write(writer, term->text);
        break;
    }
}

static void print_term(cg_writer *writer, const cg_term *term)
{
    bool is_flag = (CG_ATTRIBUTE_BIT(term->attribute) & CG_ATTRIBUTE_FLAGS) != 0;

    if (term->verb == CG_VERB_REMOVE) {
        cg_write_char(writer, '-');
    }
    cg_write(writer, cg_attribute_name(term->attribute));
    if (term->verb == CG_VERB_KEEP) {
        cg_write(writer, CG_SPAN("=keep"));
        return;
    }
    if (is_flag || term->verb == CG_VERB_REMOVE) {
        return;
    }
    for (size_t i = 0; i < OPERATOR_COUNT; i++) {
        if (operators[i].verb == term->verb) {
            cg_write(writer, operators[i].text);
        }
    }
    print_value(writer, term);
}

void cg_rule_print(cg_writer *writer, const cg_rule *rule)
{
    if (rule->pattern.kind == CG_PATTERN_REGEX) {
        cg_write_char(writer, '~');
    }
    cg_write(writer, rule->pattern.text);
    for (unsigned i = 0; i < rule->term_count; i++) {
        cg_write_char(writer, ' ');
        print_term(writer, &rule->terms[i]);
    }
    if (rule->drop) {
        cg_write(writer, CG_SPAN(" Drop"));
    }
    if (rule->has_prefix) {
        cg_span prefix = cg_prefix_rows[rule->prefix].text;
        cg_write(writer, CG_SPAN(" Prefix="));
        cg_write(writer, prefix.len ? prefix : CG_SPAN("off"));
    }
    if (rule->condition_text.len) {
        cg_write(writer, CG_SPAN(" \"expr="));
        cg_write(writer, rule->condition_text);
        cg_write_char(writer, '"');
    }
}

static unsigned attributes_of(const cg_rule *rule)
{
    unsigned attributes = 0;
    for (unsigned i = 0; i < rule->term_count; i++) {
        attributes |= CG_ATTRIBUTE_BIT(rule->terms[i].attribute);
    }
    return attributes;
}

bool cg_rule_cancels(const cg_rule *later, const cg_rule *earlier)
{
    if (later->condition_text.len || earlier->drop || later->drop || earlier->has_prefix) {
        return false;
    }
    return (attributes_of(earlier) & ~attributes_of(later)) == 0 &&
           cg_pattern_covers(&later->pattern, &earlier->pattern);
}
