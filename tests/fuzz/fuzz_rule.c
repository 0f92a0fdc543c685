/* Any words after CookieGuardCookie: a rule that keeps its own laws, or a sentence.
 *
 * The input is words, one a line; its first octet says where the rule stands. */
#include "fuzz_input.h"

#include "cookie/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 64 };

static int split_words(apr_pool_t *pool, cg_span text, const char **words)
{
    int count = 0;
    while (text.len && count < WORDS_MAX) {
        cg_span word = enforcement_take(&text, '\n');
        words[count++] = apr_pstrmemdup(pool, word.at, word.len);
    }
    return count;
}

static void check_term(const cg_term *term)
{
    fuzz_check(term->attribute > CG_ATTRIBUTE_OTHER && term->attribute < CG_ATTRIBUTE_COUNT &&
                   term->attribute != CG_ATTRIBUTE_EXPIRES,
               "a term has an attribute");
    if (term->verb == CG_VERB_KEEP || term->verb == CG_VERB_REMOVE) {
        return;
    }
    switch (term->attribute) {
    case CG_ATTRIBUTE_MAX_AGE:
        fuzz_check(term->seconds >= 1 && term->seconds <= CG_LIFETIME_MAX, "a lifetime");
        break;
    case CG_ATTRIBUTE_SAMESITE:
        fuzz_check(term->same_site != CG_SAME_SITE_DEFAULT, "a word for SameSite");
        break;
    case CG_ATTRIBUTE_PATH:
        fuzz_check(term->text.len >= 1 && term->text.len <= CG_ATTRIBUTE_VALUE_MAX &&
                       term->text.at[0] == '/' && cg_span_find(term->text, ';') == term->text.len,
                   "a path");
        break;
    case CG_ATTRIBUTE_DOMAIN:
        fuzz_check(term->text.len >= 1 && term->text.len <= 253 && term->text.at[0] != '.',
                   "a domain");
        break;
    default:
        fuzz_check(term->verb == CG_VERB_DEFAULT, "a flag is there or not");
        break;
    }
}

/* Drop and Prefix, but for a .htaccess, where they are read and ignored. */
static void check_secrecy(const cg_rule *rule)
{
    bool is_exact = rule->pattern.kind == CG_PATTERN_EXACT;

    if (rule->scope == CG_SCOPE_HTACCESS) {
        return;
    }
    fuzz_check(rule->scope == CG_SCOPE_SERVER, "no secrecy in a section");
    fuzz_check(rule->condition_text.at == NULL, "no secrecy under a condition");
    fuzz_check(rule->pattern.kind != CG_PATTERN_REGEX && rule->pattern.kind != CG_PATTERN_ANY,
               "no secrecy for expressions, or for all names");
    fuzz_check(is_exact || !cg_pattern_matches(&rule->pattern, CG_SPAN("__Host-SID")),
               "no glob takes names with a prefix");
    fuzz_check(rule->has_prefix || rule->prefix == CG_PREFIX_NONE, "a prefix with Prefix alone");
    fuzz_check(!rule->has_prefix || cg_prefix_find(rule->pattern.text) == CG_PREFIX_NONE,
               "no prefix before another");
    fuzz_check(rule->prefix != CG_PREFIX_HOST ||
                   !cg_span_starts_folded(rule->pattern.text, CG_SPAN("Http-")),
               "two prefixes never make a third");
}

static void check_rule(const cg_rule *rule, int words)
{
    unsigned named = 0, flags = 0;
    fuzz_check(rule->pattern.text.len > 0, "a name");
    fuzz_check(rule->drop ? rule->term_count == 0 && !rule->has_prefix
                          : rule->term_count > 0 || rule->has_prefix,
               "Drop, or terms or Prefix");
    fuzz_check(rule->term_count < (unsigned)words, "no more terms than words");
    if (rule->drop || rule->has_prefix) {
        check_secrecy(rule);
    }
    for (unsigned i = 0; i < rule->term_count; i++) {
        unsigned bit = CG_ATTRIBUTE_BIT(rule->terms[i].attribute);
        check_term(&rule->terms[i]);
        fuzz_check(!(named & bit), "one term for each attribute");
        named |= bit;
        flags |= rule->terms[i].verb == CG_VERB_DEFAULT ? bit : 0;
    }
    fuzz_check(!(flags & CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_PARTITIONED)) ||
                   (flags & CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_SECURE)),
               "Partitioned comes with Secure");
}

/* It is printed as it could be written, and read again it is the same. */
static void check_printed(apr_pool_t *pool, const cg_rule *rule, cg_scope scope)
{
    const char *words[WORDS_MAX];
    cg_writer writer = {.size = 1 << 16};
    cg_rule again;
    int count = 0;

    writer.at = apr_palloc(pool, writer.size);
    cg_rule_print(&writer, rule);
    if (cg_writer_is_full(&writer) || rule->condition_text.at) {
        return;
    }
    words[count++] = apr_pstrcat(
        pool, rule->pattern.kind == CG_PATTERN_REGEX ? "~" : "",
        apr_pstrmemdup(pool, rule->pattern.text.at, rule->pattern.text.len), NULL);
    for (cg_span rest = {writer.at + strlen(words[0]), writer.len - strlen(words[0])}; rest.len;) {
        cg_span word = enforcement_take(&rest, ' ');
        if (word.len && count < WORDS_MAX) {
            words[count++] = apr_pstrmemdup(pool, word.at, word.len);
        }
    }
    fuzz_check(cg_rule_parse(pool, scope, "fuzz:1", count, words, &again) == NULL, "printed");
    fuzz_check(again.term_count == rule->term_count && again.drop == rule->drop &&
                   again.has_prefix == rule->has_prefix && again.prefix == rule->prefix,
               "the same when it is read again");
}

/* A ruleset of it finds what its pattern matches, for its own text as a name. */
static void check_look_up(apr_pool_t *pool, const cg_rule *rule)
{
    const cg_lookup lookup = {.holds = NULL};
    const cg_ruleset *set = cg_ruleset_make(pool, rule, 1);
    cg_demands demands = {.ignored = NULL};
    bool matches = cg_pattern_matches(&rule->pattern, rule->pattern.text);
    cg_ruleset_find(set, rule->pattern.text, &lookup, CG_OVERRIDE_ALL, &demands);
    for (unsigned i = 0; i < rule->term_count; i++) {
        fuzz_check((demands.term[rule->terms[i].attribute] != NULL) == matches, "a look-up");
    }
    fuzz_check((cg_ruleset_find_drop(set, rule->pattern.text) != NULL) ==
                   (rule->drop && rule->scope == CG_SCOPE_SERVER && matches),
               "a look-up of Drop");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *words[WORDS_MAX], *error;
    cg_scope scope = size ? (cg_scope)(data[0] % 3) : CG_SCOPE_SERVER;
    cg_span text = {size ? (const char *)data + 1 : NULL, size ? size - 1 : 0};
    int count = split_words(pool, text, words);
    cg_rule rule;

    error = cg_rule_parse(pool, scope, "fuzz:1", count, words, &rule);
    if (error) {
        fuzz_check(strlen(error) > 20 && strlen(error) < 1000, "a sentence");
        return 0;
    }
    check_rule(&rule, count);
    check_printed(pool, &rule, scope);
    if (rule.condition_text.at == NULL) {
        check_look_up(pool, &rule);
    }
    return 0;
}
