/* What is wrong with a configuration of sessions, each in a sentence that says what to do. */
#ifndef CG_SESSION_CHECKS_H
#define CG_SESSION_CHECKS_H

#include "config.h"

/* From check_config: logs a sentence for each mistake. True: the server must not start. */
bool cg_session_checks_refuse(apr_pool_t *ptemp, server_rec *main_server);

#endif
