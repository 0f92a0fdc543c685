/* What the rules ask of a line, worked out once more: a second opinion on rules, guards and judge.
 *
 * It reads lines with the oracle and shares nothing with the judge but the rules themselves. */
#ifndef CG_TEST_WANTED_H
#define CG_TEST_WANTED_H

#include "promises.h"

static inline octets text_of(cg_span span)
{
    return (octets){span.at, span.len};
}

static inline cg_span span_of(octets t)
{
    return (cg_span){t.at, t.len};
}

static inline octets without(octets t, size_t count)
{
    return (octets){t.at + count, t.len - count};
}

/* Finds guard, demands and Drop for the name in t->before. */
void trial_ask(trial *t);

/* The verb of the last word on an attribute; CG_VERB_KEEP if there is none. */
cg_verb trial_verb(const trial *t, oracle_word w);

/* What the rules ask the line to say, harm or not. */
void trial_want(const trial *t, reading *is);

/* A prefix that wants the host alone takes an empty Domain away, and puts deletions right. */
bool trial_needs_host_only(const trial *t);
void trial_put_right(const trial *t, reading *is);

/* Both readings say the same of one word. */
bool readings_agree(const reading *a, const reading *b, oracle_word w);

/* A browser stores what is read so. */
bool trial_stores(const trial *t, const reading *is);

/* A guarded cookie that cannot be carried under its prefix. */
bool trial_is_withheld(const trial *t);

/* Of the demands that would spoil a prefix which the application writes itself, all are taken back
 * together; without the others one of them might have made it fit. */
bool trial_is_withheld_for_harm(const trial *t);

/* Withheld as some parser's spelling of a guarded name. Who can name all parsers? So the core's word
 * is taken for it if a guarded name, or an escaped octet, is to be found in the cookie's. */
bool trial_is_taken_for_alike(const trial *t);

#endif
