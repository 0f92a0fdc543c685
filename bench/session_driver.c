/* What an application does with a session, for bench/session: a change of one value in each request,
 * through mod_session's own functions. And a provider that costs next to nothing.
 *
 * In fixups, behind mod_session's, by the query of the request:
 *
 *   begin         the session has a counter at 0
 *   fill=200,6    so many octets as mod_session encodes them, in 6 entries of about one size; of one
 *                 entry alone, the counter's, which begins with the number
 *   write         the counter goes up by one
 *   seen          response field X-Seen: the counter and the size
 *   anything else the request only reads: that is mod_session's doing
 *
 * `SessionDriverStore entries|encoded`: one session for all requests of this process, in plain
 * memory, handed over as the table of entries or as the text that mod_session decodes. */
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_session.h>

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

module AP_MODULE_DECLARE_DATA sessiondriver_module;

#define COUNTER "count"
enum { COUNTER_LEN = 8 };

static APR_OPTIONAL_FN_TYPE(ap_session_load) * load_session;
static APR_OPTIONAL_FN_TYPE(ap_session_get) * get_value;
static APR_OPTIONAL_FN_TYPE(ap_session_set) * set_value;

/* -- the application ------------------------------------------------------------------------- */

static size_t encoded_size(const session_rec *session)
{
    const apr_array_header_t *entries = apr_table_elts(session->entries);
    size_t size = 0;

    for (int i = 0; i < entries->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        size += strlen(entry->key) + 1 + strlen(entry->val) + (i > 0);
    }
    return size;
}

static long counter_of(request_rec *r, session_rec *session)
{
    const char *value = NULL;
    get_value(r, session, COUNTER, &value);
    return value ? strtol(value, NULL, 10) : -1;
}

/* The number, and letters up to a length; such that mod_session need not encode. */
static void set_counter(request_rec *r, session_rec *session, long count, size_t len)
{
    char *value = apr_palloc(r->pool, len + 1);

    memset(value, 'a', len);
    value[len] = '\0';
    for (int i = COUNTER_LEN; i > 0; i--, count /= 10) {
        value[i - 1] = (char)('0' + count % 10);
    }
    set_value(r, session, COUNTER, value);
}

static void count_up(request_rec *r, session_rec *session)
{
    const char *value = NULL;
    get_value(r, session, COUNTER, &value);
    if (value) {
        set_counter(r, session, strtol(value, NULL, 10) + 1, strlen(value));
    }
}

static void fill(request_rec *r, session_rec *session, size_t size, int count)
{
    size_t used = strlen(COUNTER) + 1 + COUNTER_LEN;

    if (count == 1) {
        set_counter(r, session, 0, size - used + COUNTER_LEN);
    }
    for (int i = 1; i < count; i++) {
        const char *key = apr_psprintf(r->pool, "entry-%02d", i);
        size_t len = (size - used) / (size_t)(count - i) - strlen(key) - strlen("&=");
        char *value = apr_palloc(r->pool, len + 1);
        memset(value, 'a' + i % 26, len);
        value[len] = '\0';
        set_value(r, session, key, value);
        used += strlen("&=") + strlen(key) + len;
    }
}

static void tell(request_rec *r, session_rec *session)
{
    apr_table_setn(r->headers_out, "X-Seen",
                   apr_psprintf(r->pool, "%ld %" APR_SIZE_T_FMT, counter_of(r, session),
                                encoded_size(session)));
}

static int act(request_rec *r)
{
    session_rec *session = NULL;
    unsigned size;
    int count;

    if (!r->args || r->main || load_session(r, &session) != APR_SUCCESS || !session) {
        return DECLINED;
    }
    if (!strcmp(r->args, "write")) {
        count_up(r, session);
    } else if (!strcmp(r->args, "begin")) {
        set_counter(r, session, 0, COUNTER_LEN);
    } else if (sscanf(r->args, "fill=%u,%d", &size, &count) == 2) {
        fill(r, session, size, count);
    } else if (!strcmp(r->args, "seen")) {
        tell(r, session);
    }
    return DECLINED;
}

/* -- the provider ---------------------------------------------------------------------------- */

enum { OFF = 0, ENTRIES, ENCODED };
static int form = OFF;

enum { KEPT_MAX = 64, VALUE_MAX = 4096, TEXT_MAX = 8192 };
static struct {
    int count;
    struct {
        char key[32];
        char value[VALUE_MAX];
    } of[KEPT_MAX];
    char text[TEXT_MAX];
} kept;

static void hand_over(apr_table_t *entries)
{
    for (int i = 0; i < kept.count; i++) {
        apr_table_addn(entries, kept.of[i].key, kept.of[i].value);
    }
}

/* One session_rec for each request, which mod_session asks for several times. */
static apr_status_t load(request_rec *r, session_rec **given)
{
    session_rec *session = ap_get_module_config(r->request_config, &sessiondriver_module);

    if (form == OFF) {
        return DECLINED;
    }
    if (!session) {
        session = apr_pcalloc(r->pool, sizeof *session);
        session->pool = r->pool;
        session->entries = apr_table_make(r->pool, kept.count + 1);
        session->encoded = form == ENCODED && kept.text[0] ? kept.text : NULL;
        if (form == ENTRIES) {
            hand_over(session->entries);
        }
        ap_set_module_config(r->request_config, &sessiondriver_module, session);
    }
    *given = session;
    return OK;
}

static void keep_entry(int i, const apr_table_entry_t *entry)
{
    if (entry->val != kept.of[i].value) {
        apr_cpystrn(kept.of[i].value, entry->val, VALUE_MAX);
    }
    if (entry->key != kept.of[i].key) {
        apr_cpystrn(kept.of[i].key, entry->key, sizeof kept.of[i].key);
    }
}

static apr_status_t save(request_rec *r, session_rec *session)
{
    const apr_array_header_t *entries = apr_table_elts(session->entries);

    (void)r;
    if (form == OFF) {
        return DECLINED;
    }
    if (form == ENCODED) {
        apr_cpystrn(kept.text, session->encoded ? session->encoded : "", TEXT_MAX);
        return OK;
    }
    for (kept.count = 0; kept.count < entries->nelts && kept.count < KEPT_MAX; kept.count++) {
        keep_entry(kept.count, &APR_ARRAY_IDX(entries, kept.count, apr_table_entry_t));
    }
    return OK;
}

/* -- being a module -------------------------------------------------------------------------- */

static int find_functions(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    (void)s;
    load_session = APR_RETRIEVE_OPTIONAL_FN(ap_session_load);
    get_value = APR_RETRIEVE_OPTIONAL_FN(ap_session_get);
    set_value = APR_RETRIEVE_OPTIONAL_FN(ap_session_set);
    return load_session && get_value && set_value ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(find_functions, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(act, NULL, NULL, APR_HOOK_LAST);
    ap_hook_session_load(load, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_session_save(save, NULL, NULL, APR_HOOK_MIDDLE);
}

static const char *set_store(cmd_parms *cmd, void *config, const char *word)
{
    (void)cmd;
    (void)config;
    form = !strcmp(word, "entries") ? ENTRIES : !strcmp(word, "encoded") ? ENCODED : OFF;
    return form == OFF ? "SessionDriverStore: entries or encoded" : NULL;
}

static const command_rec commands[] = {
    AP_INIT_TAKE1("SessionDriverStore", set_store, NULL, RSRC_CONF, "entries or encoded"),
    {NULL},
};

module AP_MODULE_DECLARE_DATA sessiondriver_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands, register_hooks, AP_MODULE_FLAG_NONE,
};
