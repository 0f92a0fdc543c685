/* Reading what the response says to caches, and making it say what the guard wants. */
#include "cache_control.h"

#include "../policy/finding.h"
#include "cache.h"

/* Fields that count besides those of CG_CACHE_FIELD_. */
enum { FIELD_EXPIRES = 8, FIELD_PRAGMA = 16 };

/* What one header table says. */
typedef struct table_facts {
    unsigned fields;                  /* that are there */
    unsigned general, cdn, surrogate; /* CG_SAYS_ */
} table_facts;

static unsigned field_if(const apr_table_entry_t *entry, const char *name, unsigned field)
{
    return ap_cstr_casecmp(entry->key, name) ? 0 : field;
}

/* The field that the entry is, or 0. Two letters tell those that count from most others. */
static unsigned field_of(const apr_table_entry_t *entry)
{
    char second = entry->key[0] ? (char)(entry->key[1] | 0x20) : '\0';
    switch (entry->key[0] | 0x20) {
    case 'c':
        return second == 'a'   ? field_if(entry, "Cache-Control", CG_CACHE_FIELD_GENERAL)
               : second == 'd' ? field_if(entry, "CDN-Cache-Control", CG_CACHE_FIELD_CDN)
                               : 0;
    case 'e':
        return second == 'x' ? field_if(entry, "Expires", FIELD_EXPIRES) : 0;
    case 'p':
        return second == 'r' ? field_if(entry, "Pragma", FIELD_PRAGMA) : 0;
    case 's':
        return second == 'u' ? field_if(entry, "Surrogate-Control", CG_CACHE_FIELD_SURROGATE) : 0;
    default:
        return 0;
    }
}

static table_facts read_table(const apr_table_t *headers)
{
    const apr_array_header_t *entries = apr_table_elts(headers);
    table_facts facts = {.fields = 0};

    for (int i = 0; i < entries->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        unsigned field = field_of(entry);
        unsigned says = field && field < FIELD_EXPIRES
                            ? cg_cache_control_read(cg_span_of(entry->val))
                            : 0;
        facts.fields |= field;
        facts.general |= field == CG_CACHE_FIELD_GENERAL ? says : 0;
        facts.cdn |= field == CG_CACHE_FIELD_CDN ? says : 0;
        facts.surrogate |= field == CG_CACHE_FIELD_SURROGATE ? says : 0;
    }
    return facts;
}

static cg_cache_method method_of(const request_rec *r)
{
    return r->method_number == M_GET    ? CG_CACHE_METHOD_GET
           : r->method_number == M_POST ? CG_CACHE_METHOD_POST
                                        : CG_CACHE_METHOD_OTHER;
}

static bool has_header(const apr_table_t *headers, const char *name)
{
    return apr_table_get(headers, name) != NULL;
}

static cg_cache_facts facts_of(const request_rec *r, const table_facts *out, const table_facts *err)
{
    cg_cache_method method = method_of(r);
    return (cg_cache_facts){
        .method = method,
        .status = r->status,
        .general = out->general | err->general,
        .cdn = out->cdn | err->cdn,
        .surrogate = out->surrogate | err->surrogate,
        .has_expires = ((out->fields | err->fields) & FIELD_EXPIRES) != 0,
        .has_content_location = method == CG_CACHE_METHOD_POST &&
                                (has_header(r->headers_out, "Content-Location") ||
                                 has_header(r->err_headers_out, "Content-Location")),
        .has_authorization = has_header(r->headers_in, "Authorization"),
        .content_type = cg_span_of(r->content_type),
    };
}

/* For apr_table_do: stops at the first name that looks like a session's. */
static int is_harmless_line(void *dummy, const char *key, const char *line)
{
    cg_set_cookie cookie;
    (void)dummy;
    (void)key;
    cg_set_cookie_parse(cg_span_of(line), &cookie);
    return !cg_name_is_session_like(cookie.name);
}

static bool has_session_cookie(const request_rec *r)
{
    return !apr_table_do(is_harmless_line, NULL, r->headers_out, "Set-Cookie", NULL) ||
           !apr_table_do(is_harmless_line, NULL, r->err_headers_out, "Set-Cookie", NULL);
}

static const char *print_line(apr_pool_t *pool, const char *line, cg_cache_cure cure)
{
    cg_writer writer = {.size = 0};
    cg_cache_control_print(&writer, cg_span_of(line), cure);
    writer = (cg_writer){.at = apr_palloc(pool, writer.len + 1), .size = writer.len};
    cg_cache_control_print(&writer, cg_span_of(line), cure);
    writer.at[writer.len] = '\0';
    return writer.at;
}

static void close_table(apr_pool_t *pool, apr_table_t *headers, const cg_cache_verdict *verdict)
{
    const apr_array_header_t *entries = apr_table_elts(headers);

    for (int i = 0; i < entries->nelts; i++) {
        apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        unsigned field = field_of(entry);
        if (field & verdict->open_to) {
            entry->val = (char *)print_line(pool, entry->val,
                                            cg_cache_cure_of(verdict->cure, field));
        }
    }
}

/* The word stands in every line of the fields, so that it is read whichever of them a cache reads. */
static void close_response(request_rec *r, unsigned fields, const cg_cache_verdict *verdict)
{
    if (fields & verdict->open_to) {
        close_table(r->pool, r->err_headers_out, verdict);
        close_table(r->pool, r->headers_out, verdict);
    }
    if ((verdict->open_to & CG_CACHE_FIELD_GENERAL) && !(fields & CG_CACHE_FIELD_GENERAL)) {
        apr_table_addn(r->headers_out, "Cache-Control",
                       verdict->cure == CG_CACHE_CURE_PRIVATE ? "private" : "no-store");
    }
}

/* mod_cache reads Cache-Control of one table alone: of err_headers_out, if that has any or a Pragma.
 * True if it would store what the two together close. */
static bool is_misread_by_mod_cache(cg_cache_wish wish, const cg_cache_facts *facts,
                                    const table_facts *err)
{
    cg_cache_facts misread = *facts;
    misread.general = err->general;
    return (err->fields & (CG_CACHE_FIELD_GENERAL | FIELD_PRAGMA)) &&
           cg_cache_judge(wish, &misread).cure != CG_CACHE_CURE_NONE;
}

/* Cache-Control alone would not do: mod_cache reads one table, and CacheStorePrivate lets it store
 * whatever is private. */
static void close_mod_cache(request_rec *r)
{
    apr_table_setn(r->subprocess_env, "no-cache", "CookieGuardCacheControl");
}

void cg_cache_control_guard(cg_judging *judging, cg_cache_wish wish)
{
    request_rec *r = judging->r;
    table_facts out = read_table(r->headers_out);
    table_facts err = read_table(r->err_headers_out);
    cg_cache_facts facts = facts_of(r, &out, &err);
    cg_cache_verdict verdict;

    if (cg_cache_asks_for_names(wish, &facts)) {
        facts.has_session_cookie = has_session_cookie(r);
    }
    verdict = cg_cache_judge(wish, &facts);
    if (verdict.open_to) {
        judging->noted |= CG_FINDING_BIT(verdict.is_harmless ? CG_FINDING_CACHEABLE_STATIC
                                                             : CG_FINDING_CACHEABLE);
    }
    if (judging->mode != CG_MODE_ON) {
        return;
    }
    if (verdict.cure) {
        close_response(r, out.fields | err.fields, &verdict);
    }
    if (cg_cache_is_here && (verdict.cure || is_misread_by_mod_cache(wish, &facts, &err))) {
        close_mod_cache(r);
    }
}
