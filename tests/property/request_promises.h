/* The promises of the request side, as questions about one Cookie field.
 *
 * A trial is a field under guards, and what became of it. Each promise reads both anew, with the
 * models of readers.h and with plain searches. The answer is null if the promise is kept, or a few
 * words that say how it is broken. */
#ifndef CG_TEST_REQUEST_PROMISES_H
#define CG_TEST_REQUEST_PROMISES_H

#include "../unit/restoring.h"
#include "oracle.h"

typedef struct request_trial {
    const cg_guards *guards;
    bool accepts_plain;
    octets field, out;
    restoring is;
} request_trial;

/* Takes `field` back to the application's names. */
void request_trial_run(request_trial *t, const cg_guards *guards, octets field, bool accepts_plain);

/* No parser sees a guarded name anywhere but where the one right spelling was restored, with the
 * value that came in it; and none sees the name of the wire at all. */
const char *folded_names_never_pass(const request_trial *t);

/* No guarded name and "=" at the start or behind `;`, `,`, `"` or a blank, in any case of letters,
 * more often than it was put there. */
const char *guarded_name_occurs_only_where_we_put_it(const request_trial *t);

/* Every pair that is left came so, in this order, or less its prefix; what has nothing of a guarded
 * name in it is left. */
const char *others_stay(const request_trial *t);

/* A cookie in its one right spelling, alone of its name and with a plain value, comes through; of a
 * glob's names that are alike, at least where no neighbour can set another one. */
const char *its_owner_gets_it(const request_trial *t);

/* The session's token is counted as often as it came in its one spelling, and its value is told. */
const char *the_token_is_told(const request_trial *t);

/* Parsers that honour quotes see what was restored, unless its own value has some. */
const char *no_quote_hides_it(const request_trial *t);

typedef struct request_promise {
    const char *name;
    const char *(*keep)(const request_trial *t);
} request_promise;

extern const request_promise request_promises[];
extern const size_t request_promise_count;

/* The first promise that is broken, or null; *how says how. */
const request_promise *request_promises_find_broken(const request_trial *t, const char **how);

#endif
