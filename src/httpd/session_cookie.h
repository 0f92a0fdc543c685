/* The token's cookie on its way out. */
#ifndef CG_SESSION_COOKIE_H
#define CG_SESSION_COOKIE_H

#include "config.h"

/* Adds the line that sets the token to the head of `r`, and closes the head to caches. Returns the
 * line, for the caller to wipe when it has left; the token is wiped. */
cg_span cg_session_cookie_send(request_rec *r, cg_token *token);

/* The same with the line that deletes it in the browser. */
void cg_session_cookie_delete(request_rec *r);

#endif
