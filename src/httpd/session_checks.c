/* Looking for what is wrong with sessions before the server starts. */
#include "session_checks.h"

static bool refuse_contradictions(apr_pool_t *ptemp, const server_rec *server)
{
    const cg_server_config *config = cg_config_of(server);
    const char *error = cg_session_settings_check(ptemp, &config->session);

    if (error) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, server,
                     "CG0030: virtual host %s: %s", config->vhost.at, error);
    }
    return error != NULL;
}

bool cg_session_checks_refuse(apr_pool_t *ptemp, server_rec *main_server)
{
    bool is_refused = false;
    for (server_rec *s = main_server; s; s = s->next) {
        if (cg_config_of(s)->session.is_on) {
            is_refused |= refuse_contradictions(ptemp, s);
        }
    }
    return is_refused;
}
