/* What is wrong with a configuration of sessions, each in a sentence that says what to do. */
#ifndef CG_SESSION_CHECKS_H
#define CG_SESSION_CHECKS_H

#include "config.h"

/* From check_config: logs a sentence for each mistake, and for what will hardly be meant. Makes and
 * opens nothing. True: the server must not start. */
bool cg_session_checks_refuse(apr_pool_t *ptemp, server_rec *main_server);

/* From post_config: says what is no mistake and yet worth knowing. */
void cg_session_checks_tell(server_rec *main_server);

#endif
