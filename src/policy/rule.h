/* The text of a CookieGuardCookie line -> a rule, or a sentence that says what is wrong.
 *
 * Runs when the configuration is read (and for each request that meets a .htaccess), never on the
 * way of a cookie. */
#ifndef CG_RULE_H
#define CG_RULE_H

#include <apr_pools.h>

#include "../cookie/writer.h"
#include "demand.h"

/* Reads NAME and its terms into *rule. The texts must live as long as the rule: they are not
 * copied; the terms are allocated in `pool`. A regular expression (pattern.regex, pattern.matches)
 * and a condition (condition, from condition_text) stay to be compiled by the caller.
 *
 * Returns null, or a sentence of English for the administrator, allocated in `pool`; *rule is not
 * to be used then. `place` is where the line stands, "file:line". */
const char *cg_rule_parse(apr_pool_t *pool, cg_scope scope, const char *place, int word_count,
                          const char *const *words, cg_rule *rule);

/* Writes the rule as it could stand in the configuration, without the directive's name. */
void cg_rule_print(cg_writer *writer, const cg_rule *rule);

/* True if nothing that `earlier` asks can have an effect, because `later` has the last word on all
 * of it, always and for every name. */
bool cg_rule_cancels(const cg_rule *later, const cg_rule *earlier);

#endif
