/* The setters of the directives about sessions; directives.c has their rows. */
#ifndef CG_SESSION_DIRECTIVES_H
#define CG_SESSION_DIRECTIVES_H

#include "config.h"

const char *cg_set_session(cmd_parms *cmd, void *dummy, int flag);
const char *cg_set_store(cmd_parms *cmd, void *dummy, int argc, char *const argv[]);
const char *cg_set_state_dir(cmd_parms *cmd, void *dummy, const char *word);
const char *cg_set_session_timeout(cmd_parms *cmd, void *dummy, int argc, char *const argv[]);
const char *cg_set_session_cookie(cmd_parms *cmd, void *dummy, int argc, char *const argv[]);
const char *cg_set_realm(cmd_parms *cmd, void *dummy, const char *word);
const char *cg_set_sessions_per_user(cmd_parms *cmd, void *dummy, const char *word);
const char *cg_set_store_full(cmd_parms *cmd, void *dummy, const char *word);
const char *cg_set_session_max_size(cmd_parms *cmd, void *dummy, const char *word);
const char *cg_add_login(cmd_parms *cmd, void *dummy, const char *what, const char *user);
const char *cg_set_token_reuse(cmd_parms *cmd, void *dummy, const char *word);

#endif
