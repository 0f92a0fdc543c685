/* Who the user is, as the response side knows it: by mod_session's entries, by what CookieGuardLogin
 * says of the response, or by r->user. */
#ifndef CG_SESSION_USER_H
#define CG_SESSION_USER_H

#include "mod_session.h"

typedef struct cg_user_statement {
    bool is_said;     /* false: nothing is known, which is no logout */
    cg_span user;     /* empty: nobody any more, unless ... */
    bool has_no_name; /* ... somebody has just logged in, nobody knows who: a rule without user= */
} cg_user_statement;

/* What the response to `r` says. `seen` is r->user as it stood in fixups, or null. */
cg_user_statement cg_session_user_find(request_rec *r, const char *seen,
                                       const cg_mod_session *entries,
                                       const cg_entry_changes *changes);

#endif
