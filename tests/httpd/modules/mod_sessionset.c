/*
 * A module of the tests: a program inside httpd that uses mod_session's own functions.
 *
 * Handler session-set, or in fixups (X-Early), does what X-Do says, one word after another:
 *
 *   set:KEY=VALUE     ap_session_set
 *   unset:KEY         the same without a value
 *   add:KEY=VALUE     a second entry of that key, whatever there is
 *   put:KEY=VALUE     an entry that nobody is told of: the session is not marked as changed
 *   age               the session has run out, as mod_session sees it
 *   ask:/PATH         a sub-request, whose response is part of this one
 *   fail:STATUS       no more words; the handler refuses with that status
 *
 * It answers with the entries as they are then, KEY=VALUE, a line each; as `same=0` if the session that
 * mod_session hands over is another one than at first.
 */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "http_request.h"
#include "apr_strings.h"
#include "mod_session.h"

static APR_OPTIONAL_FN_TYPE(ap_session_load) * load_session;
static APR_OPTIONAL_FN_TYPE(ap_session_set) * set_entry;

static session_rec *session_of(request_rec *r)
{
    session_rec *z = NULL;

    load_session(r, &z);
    return z;
}

static int ask(request_rec *r, const char *path)
{
    request_rec *sub = ap_sub_req_lookup_uri(path, r, r->output_filters);
    int status = sub->status == HTTP_OK ? ap_run_sub_req(sub) : sub->status;

    ap_destroy_sub_req(sub);
    return status;
}

/* OK, or the status with which it ends. */
static int do_word(request_rec *r, const char *what, char *key)
{
    session_rec *z = session_of(r);
    char *value = strchr(key, '=');

    if (value) {
        *value++ = '\0';
    }
    if (!z) {
        return OK;
    }
    if (!strcmp(what, "set") || !strcmp(what, "unset")) {
        set_entry(r, z, key, value);
    } else if (!strcmp(what, "add")) {
        apr_table_add(z->entries, key, value);
        z->dirty = 1;
    } else if (!strcmp(what, "put")) {
        apr_table_set(z->entries, key, value);
    } else if (!strcmp(what, "age")) {
        z->expiry = apr_time_now() - apr_time_from_sec(1);
    } else if (!strcmp(what, "ask")) {
        ask(r, key);
    } else if (!strcmp(what, "fail")) {
        return (int)apr_atoi64(key);
    }
    return OK;
}

static int do_words(request_rec *r, const char *header)
{
    const char *said = apr_table_get(r->headers_in, header);
    char *rest = NULL;
    char *word = said ? apr_strtok(apr_pstrdup(r->pool, said), " ", &rest) : NULL;

    for (; word; word = apr_strtok(NULL, " ", &rest)) {
        char *key = strchr(word, ':');
        int status;
        if (key) {
            *key++ = '\0';
        }
        status = do_word(r, word, key ? key : apr_pstrdup(r->pool, ""));
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

static int tell_entry(void *to, const char *key, const char *value)
{
    ap_rprintf(to, "%s=%s\n", key, value);
    return 1;
}

static int handle(request_rec *r)
{
    session_rec *first = session_of(r);
    session_rec *last;
    int status;

    if (!r->handler || strcmp(r->handler, "session-set")) {
        return DECLINED;
    }
    status = r->main || !ap_is_initial_req(r) ? OK : do_words(r, "X-Do");
    if (status != OK) {
        return status;
    }
    last = session_of(r);
    ap_set_content_type(r, "text/plain");
    if (first != last) {
        ap_rputs("same=0\n", r);
    }
    if (last) {
        apr_table_do(tell_entry, r, last->entries, NULL);
    }
    return OK;
}

static int act_early(request_rec *r)
{
    return r->main || !ap_is_initial_req(r) ? DECLINED : do_words(r, "X-Early");
}

static int find_functions(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    (void)s;
    load_session = APR_RETRIEVE_OPTIONAL_FN(ap_session_load);
    set_entry = APR_RETRIEVE_OPTIONAL_FN(ap_session_set);
    return load_session && set_entry ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(find_functions, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(act_early, NULL, NULL, APR_HOOK_LAST);
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(sessionset) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE,
};
