/* One Cookie field through the request side of the core, under rules as enforcement.h reads them. */
#ifndef CG_TEST_RESTORING_H
#define CG_TEST_RESTORING_H

#include "enforcement.h"
#include "guard_page.h"
#include "policy/restore.h"

typedef struct restoring {
    bool is_concerned; /* false: the field stays, and the rest of `restored` says nothing */
    cg_restored restored;
    cg_span out;
} restoring;

/* The guards that the rules make, or null if a rule is none, or none says Prefix or is a token. */
static inline const cg_guards *restoring_guards(apr_pool_t *pool, cg_span rules)
{
    enforcement is;
    if (enforcement_read_rules(pool, rules, &is) != NULL) {
        return NULL;
    }
    return is.guards;
}

/* What is handed on ends where writable memory ends: at most as long as the field. */
static inline void restoring_run(const cg_guards *guards, cg_span field, bool accepts_plain,
                                 restoring *is)
{
    cg_writer writer = {.at = guard_page_end() - field.len, .size = field.len};

    is->out = field;
    is->restored.cookie_count = is->restored.token_count = 0;
    is->is_concerned = cg_restore_read(guards, field, accepts_plain, &is->restored);
    if (is->is_concerned) {
        cg_restore_print(&is->restored, &writer);
        is->out = (cg_span){writer.at, writer.len};
    }
}

#endif
