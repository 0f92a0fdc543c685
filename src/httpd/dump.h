/* `httpd -t -D DUMP_COOKIEGUARD`: the policy as it is in effect, for whoever wrote it. */
#ifndef CG_DUMP_H
#define CG_DUMP_H

#include "config.h"

/* Hook test_config: prints to standard output if DUMP_COOKIEGUARD is defined. */
void cg_dump_config(apr_pool_t *pconf, server_rec *main_server);

#endif
