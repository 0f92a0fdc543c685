/* The nine promises of enforcement, and those of Prefix, as questions about one cookie line.
 *
 * A trial is a line, the rules and the circumstances, and what became of the line. Each promise
 * reads both lines anew with the oracle and works out for itself what the rules ask. The answer is
 * null if the promise is kept, or a few words that say how it is broken. */
#ifndef CG_TEST_PROMISES_H
#define CG_TEST_PROMISES_H

#include "oracle.h"
#include "../unit/enforcement.h"

/* How the name of a line stands to the rules with Prefix. */
typedef enum trial_spelling {
    SPELLING_FREE = 0,
    SPELLING_APPLICATION, /* the application's, to the octet */
    SPELLING_WIRE,        /* prefix and name, to the octet */
    SPELLING_OTHER_CASE   /* one of them but for the case of its letters */
} trial_spelling;

typedef struct trial {
    apr_pool_t *pool;
    enforcement is; /* policy and circumstances; the result for `line` */
    octets line;
    octets out; /* at is null if the cookie was dropped */
    reading before, after;
    const cg_term *demands[WORD_COUNT]; /* the last word of the rules on each attribute */
    bool wants_drop;

    trial_spelling spelling;
    const cg_rule *guard; /* the rule with Prefix that has a say on the name, or null */
    octets prefix;        /* of guard */
    octets rules_name;    /* the name by which rules know the cookie */
} trial;

/* Enforces `line` under t->is.policy and t->is.circumstances. */
void trial_run(trial *t, apr_pool_t *pool, octets line);

const char *promise_keep_value(const trial *t);
const char *promise_keep_exact(const trial *t);
const char *promise_never_weaken(const trial *t);
const char *promise_once(const trial *t);
const char *promise_keep_rest(const trial *t);
const char *promise_never_harm(const trial *t);
const char *promise_deletions(const trial *t);
const char *promise_settled(const trial *t);
const char *promise_ignored(const trial *t);

/* Two more, of cookies under Prefix: a guarded one leaves under its name on the wire or not at all,
 * whatever stands in the line; and browsers store what leaves so. */
const char *promise_wire_name(const trial *t);
const char *promise_prefix_kept(const trial *t);

/* Not one of the nine, but what they are for: what the rules ask is done, unless it would harm. */
const char *promise_carried_out(const trial *t);

typedef struct promise {
    const char *name;
    const char *(*keep)(const trial *t);
} promise;

extern const promise promises[];
extern const size_t promise_count;

/* The first promise that is broken, or null; *how says how. */
const promise *promises_find_broken(const trial *t, const char **how);

#endif
