/* The Cookie field as the application is to see it: prefixes taken off, everything that could be
 * taken for a guarded cookie and is not one left out.
 *
 * A browser keeps the promise of `__Host-` only for that very name. Whatever else comes in under a
 * guarded name, or under one that some parser folds into it, may have been set by a neighbouring
 * host, a script or plain http. So a guarded cookie has exactly one spelling on the wire and all
 * others are refused:
 *
 *   __Host-SID=v          SID=v; of several equal ones one, of different ones none
 *   SID=v                 refused, while no migration is on
 *   sid=v  S%49D=v  ...   refused: alike (folded_name.h); also without "="
 *   wp_x=v  wp.x=w        of a glob's names that are alike, as of one name: one, or none; but two that
 *                         came under __Host- or __Host-Http- are the host's own, and both stay
 *   a=b, SID=v            refused whole: a guarded name inside another cookie
 *   $Version=1            refused: the switch to RFC 2965, which reads all the rest otherwise
 *   a="x                  refused if a guarded cookie follows: it would end up in the quotes
 *
 * The token of our own sessions (here of the name T) is nothing that the application is to see:
 *
 *   T=v                   taken out, and told apart; two of them, even equal ones, are refused
 *   t=v  %54=v  a=b, T=v  refused, as above
 *
 * A name under Prefix=off is no longer guarded: it comes as it comes, and where it does not come a
 * prefixed one that a browser still holds takes its place.
 *
 * What no server can see: an older browser sends a cookie without a name, whose value a neighbour chose
 * as `__Host-SID=v`, in the very octets of the right one. 6265bis 5.7 (step 22) has browsers refuse it
 * for `__Host-` and `__Secure-`, layered-cookies for the other two.
 *
 * What is not concerned keeps its octets, its blanks and its place. Nothing is allocated; all spans
 * look into the field. The work is linear in the length of the field, whatever it holds. After it,
 * no guarded name followed by "=" stands in the field more often than it was put there: at the
 * start or behind `;`, `,`, `"` or a blank, in any case of letters. */
#ifndef CG_RESTORE_H
#define CG_RESTORE_H

#include "../cookie/writer.h"
#include "guard.h"

/* Guarded cookies of one request that are remembered. Those of further names are refused. */
#define CG_RESTORED_MAX 16

/* Pairs with the session's token, or with what is like it, that are remembered. */
#define CG_SECRETS_MAX 4

/* Why cookies were refused. */
typedef enum cg_refusal {
    CG_REFUSAL_NONE = 0,
    CG_REFUSAL_SPELLING, /* some parser takes the name for a guarded one */
    CG_REFUSAL_PLAIN,    /* the application's own name, where a prefix is demanded */
    CG_REFUSAL_EMBEDDED, /* a guarded name and "=" inside another cookie */
    CG_REFUSAL_REPEATED, /* values of one guarded name that differ */
    CG_REFUSAL_DOLLAR,   /* $Version and its kin (RFC 2965) */
    CG_REFUSAL_QUOTE,    /* an open quote before a guarded cookie */
    CG_REFUSAL_SURPLUS,  /* more guarded names than CG_RESTORED_MAX */
    CG_REFUSAL_COUNT
} cg_refusal;

/* A guarded name of which the field has a cookie. */
typedef struct cg_restored_cookie {
    const cg_guard *guard;
    cg_span name;     /* the application's */
    cg_span value;    /* trimmed; quotes belong to it */
    cg_prefix prefix; /* with which the one that counts came; none: plain */
    unsigned came;    /* bits 1 << cg_prefix of all spellings that came, the plain one too */
    bool is_disputed; /* its values differ: none was handed on */
    const char *raw;  /* where the pair begins that counts */
} cg_restored_cookie;

typedef struct cg_restored {
    const cg_guards *guards;
    cg_span field;
    bool accepts_plain;

    const char *first_suspect; /* where the first pair begins that had to be looked at */
    const char *last_suspect;  /* and the last one */

    cg_span token;        /* the value of the session's token, trimmed; empty if another guarded
                           * name stands in it */
    unsigned token_count; /* how often it came; it is good if that is once */

    /* of cg_restore_print */
    cg_span secrets[CG_SECRETS_MAX]; /* pairs that hold the token, or may: to be overwritten */
    unsigned secret_count;
    unsigned refused[CG_REFUSAL_COUNT]; /* how many pairs */
    cg_refusal first_refusal;
    const cg_guard *first_refused; /* whose name it was about; null for `$` and quotes */

    unsigned cookie_count;
    cg_restored_cookie
        cookies[CG_RESTORED_MAX]; /* the last field: a copy ends with those there are */
} cg_restored;

/* Octets that a copy needs. */
static inline size_t cg_restored_size(const cg_restored *restored)
{
    return offsetof(cg_restored, cookies) + restored->cookie_count * sizeof restored->cookies[0];
}

/* Reads `field`. `accepts_plain` says that a migration is on: a plain cookie stands in where no
 * prefixed one came. False: nothing is concerned, the field can stay, and *restored says nothing. */
bool cg_restore_read(const cg_guards *guards, cg_span field, bool accepts_plain,
                     cg_restored *restored);

/* Writes the field as it is to be handed on, at most as long as it came, and counts what is refused.
 * May come out empty: there is no field then. */
void cg_restore_print(cg_restored *restored, cg_writer *writer);

/* "spelling", "plain" ...: a word for records. */
cg_span cg_refusal_name(cg_refusal refusal);

#endif
