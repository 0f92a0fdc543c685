/* Looking facts up in httpd's request. */
#include "facts.h"

#include <http_core.h>
#include <http_ssl.h>

static bool is_word(const char *text, const char *word)
{
    return text && !ap_cstr_casecmp(text, word);
}

/* The variable HTTPS of this request, or of the first one of its chain. */
static bool has_https_variable(request_rec *r)
{
    request_rec *first = r;
    while (first->prev) {
        first = first->prev;
    }
    return is_word(apr_table_get(r->subprocess_env, "HTTPS"), "on") ||
           is_word(apr_table_get(first->subprocess_env, "HTTPS"), "on");
}

static bool expression_holds(request_rec *r, const ap_expr_info_t *expression)
{
    const char *error = NULL;
    return ap_expr_exec(r, expression, &error) > 0 && !error;
}

static bool looks_like_https(request_rec *r)
{
    return ap_ssl_conn_is_ssl(r->connection) || is_word(r->server->server_scheme, "https") ||
           has_https_variable(r);
}

bool cg_fact_is_https(request_rec *r)
{
    const cg_server_config *config = cg_config_of(r->server);

    switch (config->https) {
    case CG_HTTPS_ON:
        return true;
    case CG_HTTPS_OFF:
        return false;
    case CG_HTTPS_EXPRESSION:
        return expression_holds(r, config->https_expression);
    case CG_HTTPS_AUTO:
        break;
    }
    return looks_like_https(r);
}

/* The path of the request line, before mod_rewrite and others gave it another meaning. */
static cg_span request_path(const request_rec *first)
{
    return cg_span_of(first->parsed_uri.path ? first->parsed_uri.path : first->uri);
}

void cg_fact_circumstances(request_rec *r, cg_circumstances *circumstances)
{
    request_rec *first = r;
    while (first->prev) {
        first = first->prev;
    }
    circumstances->is_https = cg_fact_is_https(r);
    circumstances->host = cg_span_of(r->hostname);
    circumstances->request_path = request_path(first);
    circumstances->now = (int64_t)apr_time_sec(first->request_time);
}

/* Handlers by the beginning of their names, the more special first. */
static const struct {
    const char *handler;
    const char *origin;
} origins[] = {
    {"proxy-server", "proxy"},          {"proxy:", "proxy"},     {"cgi-script", "cgi"},
    {"fcgid-script", "fcgi"},           {"wsgi-script", "wsgi"}, {"lua-", "lua"},
    {"application/x-httpd-php", "php"}, {"send-as-is", "asis"},  {"redirect-handler", "rewrite"},
};

static const char *origin_of(const request_rec *r)
{
    for (size_t i = 0; r->handler && i < sizeof origins / sizeof origins[0]; i++) {
        if (!strncmp(r->handler, origins[i].handler, strlen(origins[i].handler))) {
            return origins[i].origin;
        }
    }
    return r->status >= 300 ? "httpd" : "file";
}

/* mod_unique_id's, or the one that %L of a log format prints; httpd makes that when it is asked. */
static const char *request_id_of(request_rec *r)
{
    const char *unique = apr_table_get(r->subprocess_env, "UNIQUE_ID");
    if (!unique && !r->log_id) {
        ap_run_generate_log_id(r->connection, r, &r->log_id);
    }
    return unique ? unique : r->log_id;
}

cg_event_request cg_fact_event_request(request_rec *r)
{
    const request_rec *last = r;
    while (last->next) {
        last = last->next;
    }
    return (cg_event_request){.time_us = (int64_t)r->request_time,
                              .vhost = cg_config_of(r->server)->vhost,
                              .client = cg_span_of(r->useragent_ip),
                              .user = cg_span_of(last->user ? last->user : r->user),
                              .request_id = cg_span_of(request_id_of(r)),
                              .method = cg_span_of(r->method),
                              .path = request_path(r),
                              .status = last->status,
                              .origin = cg_span_of(origin_of(last))};
}
