/* The NAME of a rule: an exact name, a glob or a regular expression.
 *
 * Names are case-sensitive (6265bis 4.1.1). The core knows no engine for regular expressions: who
 * compiles one hands in the function that asks it. */
#ifndef CG_PATTERN_H
#define CG_PATTERN_H

#include "../cookie/span.h"

typedef enum cg_pattern_kind {
    CG_PATTERN_EXACT = 0,
    CG_PATTERN_ANY,  /* the glob `*`: every name */
    CG_PATTERN_GLOB, /* `*` any octets, `?` one octet */
    CG_PATTERN_REGEX /* written with a leading `~` */
} cg_pattern_kind;

/* Says whether a compiled expression finds itself in a name. Called from many threads. */
typedef bool cg_regex_matches(const void *regex, cg_span name);

typedef struct cg_pattern {
    cg_pattern_kind kind;
    cg_span text;      /* as written, without the `~` of a regular expression */
    char first;        /* every name that matches begins with it; 0: any may */
    const void *regex; /* of CG_PATTERN_REGEX; the caller's */
    cg_regex_matches *matches;
} cg_pattern;

/* Sorts the text of a rule's NAME into its kind. A regular expression stays to be compiled. */
cg_pattern cg_pattern_parse(cg_span text);

bool cg_pattern_matches(const cg_pattern *pattern, cg_span name);

/* True if every name matched by `inner` is matched by `outer`, as far as that can be told: the
 * same text, or an exact name in a pattern, or the glob `*`. */
bool cg_pattern_covers(const cg_pattern *outer, const cg_pattern *inner);

/* True if no name that matches can begin with `prefix`. A regular expression is never sure. */
bool cg_pattern_excludes_prefix(const cg_pattern *pattern, cg_span prefix);

#endif
