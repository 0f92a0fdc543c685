/* What rules ask of a cookie: one term per attribute, and what they come to together.
 *
 * Terms are made when the configuration is read and never change afterwards. */
#ifndef CG_DEMAND_H
#define CG_DEMAND_H

#include "../cookie/name_prefix.h"
#include "../cookie/set_cookie.h"
#include "pattern.h"

typedef enum cg_verb {
    CG_VERB_KEEP = 0, /* X=keep: no demand, the application's own word stays */
    CG_VERB_DEFAULT,  /* X, X=v: added if absent (SameSite: or invalid) */
    CG_VERB_FLOOR,    /* X>=v: added if absent, raised if weaker */
    CG_VERB_CAP,      /* X<=v: lowered if higher */
    CG_VERB_EXACT,    /* X:=v: this, whatever the application said */
    CG_VERB_REMOVE    /* -X: taken away */
} cg_verb;

struct cg_rule;

typedef struct cg_term {
    cg_attribute attribute;
    cg_verb verb;
    cg_same_site same_site; /* of SameSite */
    int64_t seconds;        /* of Max-Age */
    cg_span text;           /* of Path and Domain */
    const struct cg_rule *rule;
} cg_term;

/* Where a rule stands decides what it may ask. */
typedef enum cg_scope {
    CG_SCOPE_HTACCESS = 0, /* the least trusted */
    CG_SCOPE_SECTION,      /* Directory, Location, Files, If */
    CG_SCOPE_SERVER        /* the server itself or a virtual host */
} cg_scope;

/* One CookieGuardCookie line. */
typedef struct cg_rule {
    cg_pattern pattern;
    const cg_term *terms;
    unsigned term_count;
    bool drop;        /* Drop: the cookie never leaves */
    bool has_prefix;  /* Prefix=...: browsers know the cookie by another name */
    cg_prefix prefix; /* of has_prefix; CG_PREFIX_NONE for Prefix=off */
    cg_scope scope;
    bool is_known_cookie;  /* a row of the table of known cookies */
    bool is_refused;       /* may not have a say, whatever CookieGuardOverride says */
    const void *condition; /* of "expr=...", the caller's; null: always */
    cg_span condition_text;
    const char *place; /* "file:line", or "built-in" */
} cg_rule;

/* How far .htaccess may go (CookieGuardOverride). */
typedef enum cg_override {
    CG_OVERRIDE_TIGHTEN = 0, /* demands may be added, none taken away */
    CG_OVERRIDE_NONE,        /* rules there are ignored */
    CG_OVERRIDE_ALL          /* rules there count like any other */
} cg_override;

/* The last word on each attribute, null where no rule said anything. */
typedef struct cg_demands {
    const cg_term *term[CG_ATTRIBUTE_COUNT];
    unsigned valued;          /* attributes that have a term and are no flags */
    unsigned wanted_flags;    /* what the terms for flags come to: these must stand, */
    unsigned unwanted_flags;  /* these must not */
    unsigned lifted_by_table; /* attributes on which a known cookie was excepted */
    const cg_rule *ignored;   /* the first .htaccess rule of which a term was not allowed */
} cg_demands;

/* True if `term` asks for nothing that would let a browser do more than under `before` (null: no
 * demand yet). Domain is never a tightening: it opens a cookie to other hosts. Neither is Path: a
 * cookie without one is sent to the directory of its page alone, and any Path may be wider. */
bool cg_term_tightens(const cg_term *term, const cg_term *before);

/* Lets a rule that matches have its word. What a rule in .htaccess may not say under `override`
 * is left out and noted in demands->ignored. */
void cg_demands_add(cg_demands *demands, const cg_rule *rule, cg_override override);

#endif
