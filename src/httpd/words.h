/* Words of a directive: what is known, and the sentence where one is not. */
#ifndef CG_WORDS_H
#define CG_WORDS_H

#include <httpd.h>
#include <http_config.h>

#include "../cookie/span.h"

/* A word and what it means; a table ends with a null text. */
typedef struct cg_word {
    const char *text;
    int meaning;
} cg_word;

/* Null if `text` is a word of the table, in any case; else the sentence, which names those known. */
const char *cg_word_find(cmd_parms *cmd, const cg_word *words, const char *text, int *meaning);

/* A whole number, then a unit: s, m, h, d of seconds. Null, or what is wrong, as part of a sentence
 * that begins with the directive's name. */
const char *cg_word_read_time(apr_pool_t *pool, const char *text, uint32_t *seconds);

/* The same for octets: none, k, M, G. */
const char *cg_word_read_size(apr_pool_t *pool, const char *text, apr_size_t *octets);

/* True, and what stands behind "=", if `text` is "name=..." in any case. */
bool cg_word_has_name(const char *text, const char *name, const char **value);

#endif
