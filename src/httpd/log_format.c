/* The short form and the session's tag, made when a log format asks for them and not before. */
#include "log_format.h"

#include <mod_log_config.h>

#include "../audit/short_form.h"
#include "judging.h"
#include "session_log.h"

/* Octets of the short form at most: names come from backends, and a log line has an end. */
enum { SHORT_FORM_SIZE_MAX = 1024 };

/* "SID:+Secure+HttpOnly,lang:+Secure"; null, which is logged as "-", if nothing was changed. */
static const char *print_short_forms(request_rec *r, char *argument)
{
    const cg_response *response = cg_response_of(r);
    cg_writer writer = {.size = SHORT_FORM_SIZE_MAX};
    (void)argument;

    for (const cg_judged *judged = response ? response->first : NULL; judged;
         judged = judged->next) {
        size_t start = writer.len;
        if (judged->event.judgement.action == CG_ACTION_PASS) {
            continue;
        }
        if (!writer.at) {
            writer.at = apr_palloc(r->pool, SHORT_FORM_SIZE_MAX + 1);
        }
        if (start) {
            cg_write_char(&writer, ',');
        }
        cg_short_form_print(&writer, judged->event.cookie.name, &judged->event.judgement);
        if (cg_writer_is_full(&writer)) {
            writer.len = start;
            break;
        }
    }
    if (!writer.len) {
        return NULL;
    }
    writer.at[writer.len] = '\0';
    return writer.at;
}

static const char *print_session_tag(request_rec *r, char *argument)
{
    (void)argument;
    return cg_session_log_tag(r);
}

void cg_log_format_register(apr_pool_t *pconf)
{
    APR_OPTIONAL_FN_TYPE(ap_register_log_handler) *register_handler = APR_RETRIEVE_OPTIONAL_FN(
        ap_register_log_handler);
    if (register_handler) {
        register_handler(pconf, "^cg", print_short_forms, 0);
        register_handler(pconf, "^cs", print_session_tag, 0);
    }
}
