/* Finding words in tables, and reading times and sizes. */
#include "words.h"

#include <apr_strings.h>

/* "Off, Report, On" */
static const char *list_words(apr_pool_t *pool, const cg_word *words)
{
    const char *list = words->text;
    while ((++words)->text) {
        list = apr_pstrcat(pool, list, ", ", words->text, NULL);
    }
    return list;
}

const char *cg_word_find(cmd_parms *cmd, const cg_word *words, const char *text, int *meaning)
{
    for (const cg_word *word = words; word->text; word++) {
        if (!ap_cstr_casecmp(word->text, text)) {
            *meaning = word->meaning;
            return NULL;
        }
    }
    return apr_psprintf(cmd->pool, "%s does not know '%s'; known are %s", cmd->cmd->name, text,
                        list_words(cmd->pool, words));
}

/* Letters and how much one of each is. */
typedef struct cg_unit {
    char letter;
    uint64_t factor;
} cg_unit;

static const cg_unit time_units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {0, 0}};
static const cg_unit size_units[] = {
    {'k', UINT64_C(1) << 10}, {'m', UINT64_C(1) << 20}, {'g', UINT64_C(1) << 30}, {0, 0}};

/* The factor of a letter, or 0. */
static uint64_t find_factor(const cg_unit *units, char letter)
{
    while (units->letter && units->letter != cg_ascii_lower(letter)) {
        units++;
    }
    return units->factor;
}

/* "30m", at most `limit`. A number without a letter counts ones. */
static bool read_amount(const char *text, const cg_unit *units, uint64_t limit, uint64_t *amount)
{
    uint64_t number = 0, factor = 1;
    const char *c = text;

    for (; cg_ascii_is_digit(*c); c++) {
        number = number * 10 + (uint64_t)(*c - '0');
        if (number > limit) {
            return false;
        }
    }
    if (c != text && *c) {
        factor = find_factor(units, *c++);
    }
    *amount = number * factor;
    return c != text && !*c && factor && number <= limit / factor;
}

const char *cg_word_read_time(apr_pool_t *pool, const char *text, uint32_t *seconds)
{
    enum { LONGEST = 400 * 86400 };
    uint64_t amount;

    if (!read_amount(text, time_units, LONGEST, &amount)) {
        return apr_psprintf(pool,
                            "'%s' is not a time of at most 400 days: write a whole number with a "
                            "unit, s, m, h or d, such as 30m or 8h",
                            text);
    }
    *seconds = (uint32_t)amount;
    return NULL;
}

const char *cg_word_read_size(apr_pool_t *pool, const char *text, apr_size_t *octets)
{
    uint64_t amount;

    if (!read_amount(text, size_units, APR_INT64_MAX, &amount) || amount > APR_SIZE_MAX / 2) {
        return apr_psprintf(pool,
                            "'%s' is not a size: write a whole number with a unit, k, M or G, such "
                            "as 16k or 32M",
                            text);
    }
    *octets = (apr_size_t)amount;
    return NULL;
}

bool cg_word_has_name(const char *text, const char *name, const char **value)
{
    size_t len = strlen(name);
    if (ap_cstr_casecmpn(text, name, len) || text[len] != '=') {
        return false;
    }
    *value = text + len + 1;
    return true;
}
