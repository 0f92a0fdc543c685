/* Setting cookies anew by the name that counts now, and deleting them by their old ones. */
#include "hand_out.h"

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

typedef struct wanted_line {
    cg_span prefix, name;
} wanted_line;

static int is_not_wanted(void *wanted, const char *key, const char *line)
{
    const wanted_line *is = wanted;
    (void)key;
    return !is_for(line, is->prefix, is->name);
}

static bool table_sets(const apr_table_t *headers, cg_prefix prefix, cg_span name)
{
    wanted_line wanted = {cg_prefix_rows[prefix].text, name};
    return !apr_table_do(is_not_wanted, &wanted, headers, "Set-Cookie", NULL);
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

void cg_hand_out_before_judging(request_rec *r, cg_response *response)
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
void cg_hand_out_after_judging(request_rec *r, cg_response *response)
{
    const cg_restored *restored = response->restored;

    for (unsigned i = 0; i < restored->cookie_count; i++) {
        const cg_restored_cookie *cookie = &restored->cookies[i];
        if (!is_held_by_new_name(cookie) && response_sets(r, cookie->guard->prefix, cookie->name)) {
            delete_spellings(r, response, cookie);
        }
    }
}
