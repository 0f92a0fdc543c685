/* Inputs of fuzz targets that are a whole case: a URL, rules one a line, an empty line, and then
 * the cookie line to the end. So the files of a corpus can be read and written by hand:
 *
 *   https://www.example.com/app/page
 *   built-in
 *   SID Max-Age<=1d
 *
 *   SID=1; Path=/
 */
#ifndef CG_TEST_FUZZ_INPUT_H
#define CG_TEST_FUZZ_INPUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit/enforcement.h"

/* Stops with what is wrong. */
static inline void fuzz_check(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "wrong: %s\n", what);
        abort();
    }
}

/* A pool that is empty at each call. */
static inline apr_pool_t *fuzz_pool(void)
{
    static apr_pool_t *pool;
    if (pool == NULL) {
        apr_pool_create(&pool, enforcement_root());
    }
    apr_pool_clear(pool);
    return pool;
}

/* Reads policy and circumstances; *line is the rest. False if there is no such case: a rule that is
 * none, or one of a .htaccess, for which the promises have no model. */
static inline bool fuzz_read_case(apr_pool_t *pool, const uint8_t *data, size_t size,
                                  enforcement *is, cg_span *line)
{
    cg_span rest = {(const char *)data, size};
    cg_span url = enforcement_take(&rest, '\n');
    cg_span rules = rest;

    while (rest.len && rest.at[0] != '\n') {
        enforcement_take(&rest, '\n');
    }
    rules.len -= rest.len;
    enforcement_take(&rest, '\n');
    *line = rest;
    is->circumstances = enforcement_read_url(url);
    if (enforcement_read_rules(pool, rules, is) != NULL) {
        return false;
    }
    for (unsigned i = 0; i < is->rule_count; i++) {
        if (is->rules[i].scope != CG_SCOPE_SERVER) {
            return false;
        }
    }
    return true;
}

#endif
