/* Taking a request's cookies back to the application's names, and keeping them so. */
#include "request.h"

#include <apr_strings.h>
#include <http_request.h>
#include <util_filter.h>

#include "facts.h"
#include "interim.h"

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

/* The new field is made only if some cookie concerns a guard. It is never longer than the old one. */
static void restore_field(request_rec *r, const cg_server_config *config, cg_span field)
{
    cg_writer writer = {.size = field.len};
    cg_restored found, *restored;

    if (!cg_restore_read(config->guards, field, config->migration_end > r->request_time, &found)) {
        return;
    }
    restored = apr_pmemdup(r->pool, &found, sizeof found);
    writer.at = apr_palloc(r->pool, writer.size + 1);
    cg_restore_print(restored, &writer);
    writer.at[writer.len] = '\0';
    put_cookie_field(r, writer.at);
    cg_response_make(r)->restored = restored;
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

/* The client's own request, or the error page of one that httpd refused before it came here (417):
 * what was restored is not restored again, and what concerned no guard does not now. */
static bool comes_first(const request_rec *r)
{
    const cg_response *response = cg_response_of(r);
    return !r->main && (!r->prev || !response || !(response->restored || response->headers_in));
}

int cg_request_post_read_request(request_rec *r)
{
    const cg_server_config *config = cg_config_of(r->server);

    cg_interim_arm(r);
    if (config->guards && config->secrecy_mode == CG_MODE_ON && comes_first(r) &&
        !is_left_alone(r)) {
        guard_request(r, config);
    }
    return DECLINED;
}

static void copy_field(const apr_table_t *from, apr_table_t *to, const char *name)
{
    const apr_array_header_t *entries = apr_table_elts(from);

    apr_table_unset(to, name);
    for (int i = 0; i < entries->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        if (entry->key && !ap_cstr_casecmp(entry->key, name)) {
            apr_table_addn(to, entry->key, entry->val);
        }
    }
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

/* True if the line sets or deletes the cookie of this name. */
static bool is_for(const char *line, cg_span prefix, cg_span name)
{
    cg_span rest = cg_span_trim(cg_span_of(line));
    if (!cg_span_starts(rest, prefix)) {
        return false;
    }
    rest = cg_span_part(rest, prefix.len, rest.len);
    if (!cg_span_starts(rest, name)) {
        return false;
    }
    rest = cg_span_trim(cg_span_part(rest, name.len, rest.len));
    return rest.len && rest.at[0] == '=';
}

static bool table_sets(const apr_table_t *headers, cg_prefix prefix, cg_span name)
{
    const apr_array_header_t *entries = apr_table_elts(headers);

    for (int i = 0; i < entries->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        if (entry->key && !ap_cstr_casecmp(entry->key, "Set-Cookie") &&
            is_for(entry->val, cg_prefix_rows[prefix].text, name)) {
            return true;
        }
    }
    return false;
}

static bool response_sets(const request_rec *r, cg_prefix prefix, cg_span name)
{
    return table_sets(r->headers_out, prefix, name) || table_sets(r->err_headers_out, prefix, name);
}

static const char *join(apr_pool_t *pool, const cg_span *parts, size_t count)
{
    cg_writer writer = {.size = 0};
    for (size_t i = 0; i < count; i++) {
        writer.size += parts[i].len;
    }
    writer.at = apr_palloc(pool, writer.size + 1);
    for (size_t i = 0; i < count; i++) {
        cg_write(&writer, parts[i]);
    }
    writer.at[writer.len] = '\0';
    return writer.at;
}

/* The policy gives the line its prefix and its attributes, as it does with the application's. */
static void hand_out(request_rec *r, const cg_restored_cookie *cookie)
{
    const cg_span parts[] = {cookie->name, CG_SPAN("="), cookie->value, CG_SPAN("; Path=/")};
    apr_table_addn(r->err_headers_out, "Set-Cookie",
                   join(r->pool, parts, sizeof parts / sizeof parts[0]));
}

/* No policy judges this line, now or with a later head: under its guard it would leave by the name
 * that is to stay. */
static void delete_spelling(request_rec *r, cg_response *response, cg_prefix prefix, cg_span name)
{
    const cg_span parts[] = {cg_prefix_rows[prefix].text, name,
                             CG_SPAN("=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")};
    cg_own_line *own = apr_palloc(r->pool, sizeof *own);
    const char *line = join(r->pool, parts, sizeof parts / sizeof parts[0]);

    *own = (cg_own_line){.text = line, .next = response->own_lines};
    response->own_lines = own;
    apr_table_addn(r->err_headers_out, "Set-Cookie", line);
}

/* The spellings that the browser is to forget: those that came beside the one that it is to keep. In
 * a roll-out a plain one that was not needed stays, for nobody knows its Path. */
static unsigned old_spellings(const cg_restored_cookie *cookie)
{
    bool is_rolled_back = cookie->guard->prefix == CG_PREFIX_NONE;
    bool is_old = cookie->prefix != cookie->guard->prefix;
    return !cookie->is_disputed && (is_rolled_back || is_old)
               ? cookie->came & ~(1u << cookie->guard->prefix)
               : 0;
}

static void delete_spellings(request_rec *r, cg_response *response,
                             const cg_restored_cookie *cookie)
{
    for (unsigned old = old_spellings(cookie); old; old &= old - 1) {
        delete_spelling(r, response, (cg_prefix)__builtin_ctz(old), cookie->name);
    }
}

static bool is_held_by_new_name(const cg_restored_cookie *cookie)
{
    return cookie->prefix == cookie->guard->prefix;
}

void cg_request_hand_out(request_rec *r, cg_response *response)
{
    const cg_restored *restored = response->restored;

    for (unsigned i = 0; i < restored->cookie_count; i++) {
        const cg_restored_cookie *cookie = &restored->cookies[i];
        response->hands_out |= old_spellings(cookie) != 0;
        if (is_held_by_new_name(cookie)) {
            delete_spellings(r, response, cookie);
        } else if (old_spellings(cookie) && !response_sets(r, CG_PREFIX_NONE, cookie->name)) {
            hand_out(r, cookie);
        }
    }
}

/* Only where the new spelling leaves now: who loses both is logged out. */
void cg_request_delete_old(request_rec *r, cg_response *response)
{
    const cg_restored *restored = response->restored;

    for (unsigned i = 0; i < restored->cookie_count; i++) {
        const cg_restored_cookie *cookie = &restored->cookies[i];
        if (!is_held_by_new_name(cookie) && response_sets(r, cookie->guard->prefix, cookie->name)) {
            delete_spellings(r, response, cookie);
        }
    }
}
