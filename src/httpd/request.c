/* Taking a request's cookies back to the application's names, and keeping them so. */
#include "request.h"

#include <apr_strings.h>
#include <http_request.h>
#include <util_filter.h>

#include "../session/crypto.h"
#include "facts.h"
#include "interim.h"
#include "request_session.h"

static ap_filter_rec_t *trailers_handle;

/* Cookies of a request that is not for this server, or that is echoed, are nobody's here. */
static bool is_left_alone(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_PROXY || r->method_number == M_CONNECT;
}

static void put_cookie_field(request_rec *r, const char *field)
{
    if (*field) {
        apr_table_setn(r->headers_in, "Cookie", field);
    } else {
        apr_table_unset(r->headers_in, "Cookie");
    }
}

/* The token goes to the request's session alone, and nothing of it stays in the field as it came:
 * who holds that, a copy of the table for one, sees nothing of it either. */
static void take_token(request_rec *r, const cg_restored *restored)
{
    if (restored->token_count) {
        cg_request_session_take_token(r, restored->token, restored->token_count > 1);
    }
    for (unsigned i = 0; i < restored->secret_count; i++) {
        cg_wipe((char *)restored->secrets[i].at, restored->secrets[i].len);
    }
}

/* True if there is more to tell than that the token was taken out. */
static bool is_worth_keeping(const cg_restored *restored)
{
    return restored->cookie_count || restored->first_refusal != CG_REFUSAL_NONE;
}

/* The new field is made only if some cookie concerns a guard. It is never longer than the old one. */
static void restore_field(request_rec *r, const cg_server_config *config, cg_span field)
{
    cg_writer writer = {.size = field.len};
    cg_restored restored;

    if (!cg_restore_read(config->request_guards, field, config->migration_end > r->request_time,
                         &restored)) {
        return;
    }
    writer.at = apr_palloc(r->pool, writer.size + 1);
    cg_restore_print(&restored, &writer);
    writer.at[writer.len] = '\0';
    put_cookie_field(r, writer.at);
    take_token(r, &restored);
    if (is_worth_keeping(&restored)) {
        cg_response_make(r)->restored = apr_pmemdup(r->pool, &restored,
                                                    cg_restored_size(&restored));
    }
}

/* In any case: `| 0x20` makes letters small, and no other octet one of these. */
static inline bool begins_with_cookie(const char *key)
{
    return (key[0] | 0x20) == 'c' && (key[1] | 0x20) == 'o' && (key[2] | 0x20) == 'o' &&
           (key[3] | 0x20) == 'k' && (key[4] | 0x20) == 'i' && (key[5] | 0x20) == 'e';
}

/* Finds Cookie and Cookie2 in one walk, for half of what it costs to look both up. httpd has joined
 * repeated fields. */
static const char *find_cookie(const apr_table_t *headers, bool *has_cookie2)
{
    const apr_array_header_t *entries = apr_table_elts(headers);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)entries->elts;
    const char *cookie = NULL;

    for (const apr_table_entry_t *end = entry + entries->nelts; entry < end; entry++) {
        if (begins_with_cookie(entry->key)) {
            cookie = entry->key[6] == '\0' && !cookie ? entry->val : cookie;
            *has_cookie2 |= entry->key[6] == '2' && entry->key[7] == '\0';
        }
    }
    return cookie;
}

static void guard_request(request_rec *r, const cg_server_config *config)
{
    bool has_cookie2 = false;
    const char *field = find_cookie(r->headers_in, &has_cookie2);

    if (has_cookie2) {
        apr_table_unset(r->headers_in, "Cookie2");
    }
    if (field && r->method_number == M_TRACE) {
        apr_table_unset(r->headers_in, "Cookie");
    } else if (field) {
        restore_field(r, config, cg_span_of(field));
    }
    if (config->merges_trailers) {
        cg_response_make(r)->headers_in = r->headers_in;
    }
}

/* What was restored is not restored again; what concerned no guard does not now. */
static bool is_restored(const request_rec *r)
{
    const cg_response *response = cg_response_of(r);
    return response && (response->restored || response->headers_in);
}

/* The client's own request, or the error page of one that httpd refused before it came here (417). */
static bool comes_first(const request_rec *r)
{
    return !r->main && (!r->prev || !is_restored(r));
}

int cg_request_post_read_request(request_rec *r)
{
    const cg_server_config *config = cg_config_of(r->server);

    cg_interim_arm(r);
    if (config->request_guards && comes_first(r) && !is_left_alone(r)) {
        guard_request(r, config);
    }
    return DECLINED;
}

/* Of a request that httpd refused before it asked anybody (400, 417) all cookies are as they came:
 * no log is to see them like that. */
int cg_request_log_transaction(request_rec *r)
{
    const cg_server_config *config = cg_config_of(r->server);

    if (r->status >= HTTP_BAD_REQUEST && config->request_guards && !is_restored(r) &&
        !is_left_alone(r)) {
        guard_request(r, config);
    }
    return DECLINED;
}

static int add_field(void *to, const char *name, const char *value)
{
    apr_table_addn(to, name, value);
    return true;
}

static void copy_field(const apr_table_t *from, apr_table_t *to, const char *name)
{
    apr_table_unset(to, name);
    apr_table_do(add_field, to, from, name, NULL);
}

/* httpd merges by putting another table in the place of the request's. */
static void undo_merge(request_rec *r, const apr_table_t *before)
{
    if (r->headers_in == before) {
        return;
    }
    copy_field(before, r->headers_in, "Cookie");
    copy_field(before, r->headers_in, "Cookie2");
    apr_table_unset(r->trailers_in, "Cookie");
    apr_table_unset(r->trailers_in, "Cookie2");
}

static apr_status_t filter_trailers(ap_filter_t *f, apr_bucket_brigade *brigade,
                                    ap_input_mode_t mode, apr_read_type_e block,
                                    apr_off_t readbytes)
{
    const apr_table_t *before = f->r->headers_in;
    apr_status_t status = ap_get_brigade(f->next, brigade, mode, block, readbytes);

    undo_merge(f->r, before);
    return status;
}

/* What was read before this moment may have been merged as well. */
void cg_request_guard_trailers(request_rec *r, cg_response *response)
{
    undo_merge(r, response->headers_in);
    response->headers_in = r->headers_in;
    ap_add_input_filter_handle(trailers_handle, NULL, r, r->connection);
}

void cg_request_register_filter(void)
{
    trailers_handle = ap_register_input_filter("COOKIEGUARD_TRAILERS", filter_trailers, NULL,
                                               AP_FTYPE_CONTENT_SET);
}
