/* The floor: about the least that a module can do which meets the Set-Cookie lines of every response,
 * the final one and those before it, and gives each line Secure, HttpOnly and SameSite=Lax where
 * they are missing.
 *
 * It has no rules, no sections, no exceptions, no deletions, no verdict of a browser, no record and
 * no counter, and puts nothing right that is written twice: not for use. bench/ measures it beside
 * mod_cookieguard, so that one sees what httpd's own interfaces cost and what the policy does.
 * `CookieFloor Off` leaves the lines as they are: then it only looks at them. `CookieFloorPrivate On`
 * adds a Cache-Control to a response with such a line, whatever it says already. */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include <apr_strings.h>

module AP_MODULE_DECLARE_DATA cookiefloor_module;

static ap_filter_rec_t *response_handle;
static ap_filter_rec_t *connection_handle;
static int rewrites = 1;
static int closes = 0;

/* One for each connection: whether a head may come that no request's filter sees. */
typedef struct watch {
    int is_armed;
} watch;

static int add_filter(request_rec *r)
{
    if (!r->main && !r->prev) {
        ap_add_output_filter_handle(response_handle, NULL, r, r->connection);
    }
    return OK;
}

static int arm(request_rec *r)
{
    watch *is = ap_get_module_config(r->connection->conn_config, &cookiefloor_module);

    if (!ap_is_initial_req(r)) {
        return DECLINED;
    }
    if (!is) {
        is = apr_pcalloc(r->connection->pool, sizeof *is);
        ap_set_module_config(r->connection->conn_config, &cookiefloor_module, is);
        ap_add_output_filter_handle(connection_handle, is, r, r->connection);
    }
    is->is_armed = 1;
    return DECLINED;
}

/* It never meets an armed brigade in a measurement, so what it would do then is left out. */
static apr_status_t filter_connection(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    watch *is = f->ctx;
    is->is_armed = 0;
    return ap_pass_brigade(f->next, brigade);
}

enum { SECURE = 1, HTTPONLY = 2, SAMESITE = 4 };

static const struct {
    const char *text;
    size_t len;
} missing[8] = {
    {"; Secure; HttpOnly; SameSite=Lax", 32},
    {"; HttpOnly; SameSite=Lax", 24},
    {"; Secure; SameSite=Lax", 22},
    {"; SameSite=Lax", 14},
    {"; Secure; HttpOnly", 18},
    {"; HttpOnly", 10},
    {"; Secure", 8},
    {"", 0},
};

static int ends(char c)
{
    return c == '\0' || c == ';' || c == '=' || c == ' ';
}

static unsigned find_attributes(const char *line)
{
    unsigned found = 0;

    while ((line = strchr(line, ';')) != NULL) {
        line += strspn(line, "; \t");
        if ((*line | 0x20) == 's' && !strncasecmp(line, "Secure", 6) && ends(line[6])) {
            found |= SECURE;
        } else if ((*line | 0x20) == 'h' && !strncasecmp(line, "HttpOnly", 8) && ends(line[8])) {
            found |= HTTPONLY;
        } else if ((*line | 0x20) == 's' && !strncasecmp(line, "SameSite", 8) && ends(line[8])) {
            found |= SAMESITE;
        }
    }
    return found;
}

static char *rewrite(apr_pool_t *pool, char *line)
{
    unsigned found = find_attributes(line);
    size_t len = strlen(line);
    char *out = line;

    if (missing[found].len) {
        out = apr_palloc(pool, len + missing[found].len + 1);
        memcpy(out, line, len);
        memcpy(out + len, missing[found].text, missing[found].len + 1);
    }
    return out;
}

static int go_over(apr_pool_t *pool, const apr_table_t *headers)
{
    const apr_array_header_t *entries = apr_table_elts(headers);
    int count = 0;

    for (int i = 0; i < entries->nelts; i++) {
        apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        if ((*entry->key | 0x20) == 's' && !strcasecmp(entry->key, "Set-Cookie")) {
            entry->val = rewrites ? rewrite(pool, entry->val) : entry->val;
            count++;
        }
    }
    return count;
}

static apr_status_t filter_response(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    watch *is = ap_get_module_config(f->c->conn_config, &cookiefloor_module);

    is->is_armed = 0;
    if (go_over(f->r->pool, f->r->headers_out) + go_over(f->r->pool, f->r->err_headers_out) &&
        closes) {
        apr_table_addn(f->r->headers_out, "Cache-Control", "private");
    }
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    response_handle = ap_register_output_filter("COOKIEFLOOR", filter_response, NULL,
                                                AP_FTYPE_PROTOCOL);
    connection_handle = ap_register_output_filter("COOKIEFLOOR_CONNECTION", filter_connection, NULL,
                                                  AP_FTYPE_CONNECTION);
    ap_hook_create_request(add_filter, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(arm, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

static const char *set_flag(cmd_parms *cmd, void *config, int flag)
{
    (void)config;
    *(int *)cmd->info = flag;
    return NULL;
}

static const command_rec commands[] = {
    AP_INIT_FLAG("CookieFloor", set_flag, &rewrites, RSRC_CONF, "On to rewrite, Off to look"),
    AP_INIT_FLAG("CookieFloorPrivate", set_flag, &closes, RSRC_CONF, "On to add Cache-Control"),
    {NULL},
};

module AP_MODULE_DECLARE_DATA cookiefloor_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands, register_hooks, AP_MODULE_FLAG_NONE,
};
