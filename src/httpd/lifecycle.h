/* What happens when httpd reads its configuration, starts, and starts anew. */
#ifndef CG_LIFECYCLE_H
#define CG_LIFECYCLE_H

#include "config.h"

/* Hooks of the same names. */
int cg_lifecycle_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);
int cg_lifecycle_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                              server_rec *main_server);
int cg_lifecycle_open_logs(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                           server_rec *main_server);
int cg_lifecycle_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                             server_rec *main_server);

#endif
