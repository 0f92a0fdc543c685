/* What became of a request's session, as the audit and the access log tell it. */
#ifndef CG_SESSION_LOG_H
#define CG_SESSION_LOG_H

#include "request_session.h"

/* Counts what became of it, and writes the lines that are to be written. From log_transaction. */
void cg_session_log_request(request_rec *r, const cg_session_story *story);

/* The tag of the session of a request, in its pool; null: it has none. */
const char *cg_session_log_tag(const request_rec *r);

/* Hook log_transaction, before all that write logs: where they find our Set-Cookie line, the tag of
 * the session stands in the place of its token. The line has left by then. */
int cg_session_log_redact(request_rec *r);

#endif
