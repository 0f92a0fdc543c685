/* One cookie, the demands on it and the circumstances -> what is to become of it.
 *
 * This is where the promises of enforcement are kept: never-weaken, never-harm, deletions, ignored
 * and settled. Nothing is allocated and nothing is written; rewrite.h carries a judgement out. */
#ifndef CG_JUDGE_H
#define CG_JUDGE_H

#include "browser.h"
#include "demand.h"

typedef enum cg_action {
    CG_ACTION_PASS = 0, /* the line leaves byte for byte as it came */
    CG_ACTION_REWRITE,  /* the line leaves as cg_rewrite_print writes it */
    CG_ACTION_DROP      /* the line does not leave */
} cg_action;

typedef struct cg_judgement {
    cg_action action;
    cg_attributes after; /* what the line is to say; its spans look into the line or a rule */
    unsigned added;      /* attributes that the line lacked */
    unsigned replaced;   /* attributes that get another value */
    unsigned removed;    /* attributes that are taken away */
    unsigned refused;    /* attributes whose change would have harmed, left as they were */
    bool is_deletion;    /* the cookie tells the browser to forget one */
    const cg_rule *drop; /* the rule that drops it, if any */
} cg_judgement;

/* Judges `cookie` by `demands`. `drop` is the rule that says Drop, or null. */
void cg_judge(const cg_set_cookie *cookie, const cg_demands *demands, const cg_rule *drop,
              const cg_circumstances *circumstances, cg_judgement *judgement);

#endif
