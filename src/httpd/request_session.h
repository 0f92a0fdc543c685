/* The session of one client request, over its internal redirects and sub-requests.
 *
 *   post_read_request   the token is taken out of Cookie (request.c) and kept here
 *   first use           the session is opened, and the token wiped
 *   fixups              who httpd says the user is
 *   final head          what was changed is collected, and the session settled, once: a token is sent,
 *                       or deleted, or nothing (response.c)
 *   log_transaction     its story is told (audit_log.c)
 *   end of the request  keys and contents are wiped
 *
 * Where no session can be had (plain http, no store), there is still an object of this kind: what is
 * put into it is lost when the request ends, and a line of the log says why. */
#ifndef CG_REQUEST_SESSION_H
#define CG_REQUEST_SESSION_H

#include "config.h"

typedef struct cg_request_session cg_request_session;

/* Of the client's own request, whatever `r` is of it, made if need be; null: its virtual host has no
 * sessions, or it is a forward proxy's. */
cg_request_session *cg_request_session_of(request_rec *r);

/* What came in the token's cookie: `value`, or several (`is_repeated`; then `value` is not looked at).
 * The octets of `value` are wiped. */
void cg_request_session_take_token(request_rec *r, cg_span value, bool is_repeated);

/* Opens it at the first call. Null: there is nothing to read (no token; none, expired, forged ...).
 * `idle_max`: seconds without use after which it is not opened any more, if that is less than what
 * the virtual host says; 0: no matter. */
const cg_session *cg_request_session_open(cg_request_session *session, request_rec *r,
                                          uint32_t idle_max);

/* That of the client's own request; the session is wiped when it is cleared. */
apr_pool_t *cg_request_session_pool(const cg_request_session *session);

/* What mod_session.c keeps with it; null at first. */
struct cg_mod_session;
struct cg_mod_session **cg_request_session_entries(cg_request_session *session);

/* Hook fixups, as the last: r->user counts now, and never again. Later it is what somebody said who
 * wants to log in (mod_auth_form); earlier no password was compared. */
int cg_request_session_fixups(request_rec *r);

/* Settles it, if it was not yet; adds Set-Cookie, Cache-Control: no-store and Vary: Cookie to the head
 * of `r` if a token is sent or deleted. For the final head, once its cookies are judged. */
void cg_request_session_settle(cg_request_session *session, request_rec *r);

/* -- what became of it, for the audit --------------------------------------------------------- */

typedef enum cg_token_arrival {
    CG_TOKEN_NONE = 0,
    CG_TOKEN_MALFORMED, /* not a token to the octet */
    CG_TOKEN_REPEATED,  /* more than one: none is used */
    CG_TOKEN_CAME
} cg_token_arrival;

typedef struct cg_session_story {
    cg_token_arrival arrival;
    bool is_opened;             /* the token was looked for, and ... */
    cg_session_verdict verdict; /* ... this found */
    bool is_reuse_ended;        /* CookieGuardTokenReuse end: ended by it */
    bool is_settled;
    cg_session_outcome outcome; /* of settling; its token is wiped */
    /* of the session that the token was for, and of the one that there is at the end; all zero: not
     * known */
    unsigned char opened_number[CG_NUMBER_SIZE];
    unsigned char number[CG_NUMBER_SIZE];
} cg_session_story;

/* Null: nothing to tell. Complete from log_transaction on. */
const cg_session_story *cg_request_session_story(const request_rec *r);

#endif
