/* One cookie, the demands on it and the circumstances -> what is to become of it.
 *
 * This is where the promises of enforcement are kept: never-weaken, never-harm, deletions, ignored
 * and settled. Nothing is allocated and nothing is written; rewrite.h carries a judgement out. */
#ifndef CG_JUDGE_H
#define CG_JUDGE_H

#include "browser.h"
#include "guard.h"

typedef enum cg_action {
    CG_ACTION_PASS = 0, /* the line leaves byte for byte as it came */
    CG_ACTION_REWRITE,  /* the line leaves as cg_rewrite_print writes it */
    CG_ACTION_DROP      /* the line does not leave */
} cg_action;

/* Why a guarded cookie cannot be carried under its name, and is not sent. */
typedef enum cg_withheld {
    CG_WITHHELD_NOT = 0,
    CG_WITHHELD_SPELLING,   /* another spelling of the guarded name */
    CG_WITHHELD_UNREADABLE, /* browsers ignore the line, or may read another name in it */
    CG_WITHHELD_PLAIN_HTTP, /* the client's connection is not HTTPS */
    CG_WITHHELD_DOMAIN,     /* the prefix takes no Domain */
    CG_WITHHELD_PATH,       /* the prefix takes Path=/ only */
    CG_WITHHELD_TOO_LONG,   /* name and value are over 4096 octets with the prefix */
    CG_WITHHELD_TOKEN,      /* the name of the session's token, which nobody else sets */
    CG_WITHHELD_COUNT
} cg_withheld;

/* The demands for secrecy on a cookie. They fail closed. */
typedef struct cg_secrecy {
    const cg_rule *drop;   /* the rule that says Drop, or null */
    const cg_guard *guard; /* the guard of the name, or null */
    cg_spelling spelling;  /* of guard */
    cg_span rules_name;    /* the application's name of the cookie, by which rules know it */
} cg_secrecy;

/* What a virtual host demands of a cookie that goes by `name`: *secrecy is set. False if that is
 * nothing. A name that is rolled back is not guarded. `guards` may be null. */
bool cg_secrecy_find(const cg_policy *policy, const cg_guards *guards, cg_span name,
                     cg_secrecy *secrecy);

/* True if a browser would send back what the line sets, or deletes, under the name of the session's
 * token or under one that is like it: *secrecy is set, and nothing else is demanded. `token` is the
 * token's guard alone. A cookie without a name is sent as its value, which may begin with a name. */
bool cg_secrecy_find_token(const cg_guards *token, const cg_set_cookie *cookie,
                           cg_secrecy *secrecy);

typedef struct cg_judgement {
    cg_action action;
    cg_attributes after; /* what the line is to say; its spans look into the line or a rule */
    unsigned added;      /* attributes that the line lacked */
    unsigned replaced;   /* attributes that get another value */
    unsigned removed;    /* attributes that are taken away */
    unsigned refused;    /* attributes whose change would have harmed, left as they were */
    bool is_deletion;    /* the cookie tells the browser to forget one */
    const cg_rule *drop; /* the rule that drops it, if any */
    cg_prefix prefix;    /* put before the name */
    cg_withheld withheld;
    const cg_rule *guard; /* the rule with Prefix that had its say, if any */
} cg_judgement;

/* Judges `cookie` by `demands`, and by the demands for secrecy if there are any: null otherwise. A
 * date that was left unread is read only if the judgement depends on it. */
void cg_judge(cg_set_cookie *cookie, const cg_demands *demands, const cg_secrecy *secrecy,
              const cg_circumstances *circumstances, cg_judgement *judgement);

/* Reads the date after all, for who wants to know everything: whether it is a deletion, and what
 * the line says afterwards. The action stays what it is. */
void cg_judgement_complete(cg_set_cookie *cookie, const cg_circumstances *circumstances,
                           cg_judgement *judgement);

/* Attributes that say something else than before, or nothing more. */
static inline unsigned cg_judgement_changes(const cg_judgement *judgement)
{
    return judgement->added | judgement->replaced | judgement->removed;
}

/* "Path" ...: the reason in one word. */
cg_span cg_withheld_name(cg_withheld withheld);

/* "withheld" or "dropped": why the line does not leave, of CG_ACTION_DROP. */
cg_span cg_judgement_fate(const cg_judgement *judgement);

#endif
