/* %^cg for LogFormat and CustomLog: what was changed, in a few words. And %^cs: the tag of the session. */
#ifndef CG_LOG_FORMAT_H
#define CG_LOG_FORMAT_H

#include "config.h"

/* Registers the formats with mod_log_config, if that is loaded. From pre_config. */
void cg_log_format_register(apr_pool_t *pconf);

#endif
