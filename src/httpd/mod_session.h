/* mod_session's provider: its entries are the section MOD_SESSION of a session.
 *
 * Its hooks are looked for when the configuration is read, whatever the order of LoadModule; where
 * mod_session is not loaded, nothing happens. */
#ifndef CG_MOD_SESSION_H
#define CG_MOD_SESSION_H

#include "config.h"

/* Hook pre_config: registers with mod_session if that is there. */
int cg_mod_session_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

bool cg_mod_session_is_there(void);

#endif
