/* The session of one client request, over its internal redirects and sub-requests.
 *
 *   post_read_request   the token is taken out of Cookie (request.c) and kept here
 *   first use           the session is opened, and the token wiped
 *   any time            changes are wished: by mod_session's save, by who the user is
 *   final head          settled once; a token is sent, or deleted, or nothing (response.c)
 *   log_transaction     events are recorded; keys and contents are wiped */
#ifndef CG_REQUEST_SESSION_H
#define CG_REQUEST_SESSION_H

#include "config.h"

typedef struct cg_request_session cg_request_session;

/* Of the client's own request, whatever `r` is of it; null: sessions are off here, or it is not HTTPS. */
cg_request_session *cg_request_session_of(request_rec *r);

/* The value of the token's cookie as it came, or that it came more than once (`is_repeated`). */
void cg_request_session_take_token(request_rec *r, cg_span value, bool is_repeated);

/* Opens it at the first call. Null: there is no session (none, expired, forged ...). */
const cg_session *cg_request_session_open(cg_request_session *session);

/* Wishes of a save: replaces those of an earlier one. */
void cg_request_session_wish(cg_request_session *session, const cg_change *changes, size_t count);

/* Settles it; adds Set-Cookie, Cache-Control: no-store and Vary: Cookie to the head of `r` if a token is
 * sent or deleted. */
void cg_request_session_settle(request_rec *r);

/* Hook log_transaction. */
int cg_request_session_log_transaction(request_rec *r);

#endif
