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

static void check_rule(const cg_rule *rule, int words)
{
    unsigned named = 0, flags = 0;
    fuzz_check(rule->pattern.text.len > 0, "a name");
    fuzz_check(rule->drop ? rule->term_count == 0 : rule->term_count > 0, "Drop or terms");
    fuzz_check(rule->term_count < (unsigned)words, "no more terms than words");
    fuzz_check(!rule->drop || !cg_pattern_matches(&rule->pattern, CG_SPAN("__Host-SID")) ||
                   rule->pattern.kind == CG_PATTERN_EXACT,
               "no glob with Drop takes names with a prefix");
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
    if (rule.condition_text.at == NULL) {
        check_look_up(pool, &rule);
    }
    return 0;
}
