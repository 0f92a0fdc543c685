/* Reading what the response says to caches, and making it say what the guard wants. */
#include "cache_control.h"

#include "../policy/finding.h"
#include "cache.h"

/* Counts besides those of CG_CACHE_FIELD_. */
enum { FIELD_EXPIRES = 8 };

/* By the first letter of a name, the second letters with which it may be that of a field that
 * counts; in any case. Most names are told by that. */
#define LETTER(c) (1u << ((c)&0x1f))
static const uint32_t second_letters[32] = {
    ['c' & 0x1f] = LETTER('a') | LETTER('d'),
    ['e' & 0x1f] = LETTER('x'),
    ['s' & 0x1f] = LETTER('u'),
};

static unsigned field_if(const char *key, const char *name, unsigned field)
{
    return ap_cstr_casecmp(key, name) ? 0 : field;
}

static unsigned compare_field(const char *key)
{
    switch (key[0] | 0x20) {
    case 'c':
        return field_if(key, "Cache-Control", CG_CACHE_FIELD_GENERAL) |
               field_if(key, "CDN-Cache-Control", CG_CACHE_FIELD_CDN);
    case 'e':
        return field_if(key, "Expires", FIELD_EXPIRES);
    default:
        return field_if(key, "Surrogate-Control", CG_CACHE_FIELD_SURROGATE);
    }
}

/* The field that the entry is, or 0. */
static inline unsigned field_of(const char *key)
{
    uint32_t letters = second_letters[key[0] & 0x1f];
    return letters && (letters >> (key[1] & 0x1f) & 1) ? compare_field(key) : 0;
}

/* The fields that a table has. Most have none of them. */
static inline __attribute__((always_inline)) unsigned find_fields(const apr_table_t *headers)
{
    const apr_array_header_t *entries = apr_table_elts(headers);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)entries->elts;
    unsigned fields = 0;

    for (const apr_table_entry_t *end = entry + entries->nelts; entry < end; entry++) {
        fields |= field_of(entry->key);
    }
    return fields;
}

/* What the lines of one field say together. */
static unsigned read_field(const apr_table_t *headers, unsigned field)
{
    const apr_array_header_t *entries = apr_table_elts(headers);
    unsigned says = 0;

    for (int i = 0; i < entries->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        if (field_of(entry->key) == field) {
            says |= cg_cache_control_read(cg_span_of(entry->val));
        }
    }
    return says;
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

static unsigned read_both(const request_rec *r, unsigned fields, unsigned field)
{
    return fields & field
               ? read_field(r->headers_out, field) | read_field(r->err_headers_out, field)
               : 0;
}

static void read_fields(const request_rec *r, unsigned fields, cg_cache_facts *facts)
{
    facts->general = read_both(r, fields, CG_CACHE_FIELD_GENERAL);
    facts->cdn = read_both(r, fields, CG_CACHE_FIELD_CDN);
    facts->surrogate = read_both(r, fields, CG_CACHE_FIELD_SURROGATE);
    facts->has_expires = (fields & FIELD_EXPIRES) != 0;
    facts->content_type = cg_span_of(r->content_type);
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

/* What was handed out anew is this client's own, whatever its name. */
static bool has_session_cookie(const request_rec *r)
{
    const cg_response *response = cg_response_of(r);
    if (response && response->hands_out) {
        return true;
    }
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
        unsigned field = field_of(entry->key);
        if (field & verdict->open_to) {
            entry->val = (char *)print_line(pool, entry->val,
                                            cg_cache_cure_of(verdict->cure, field));
        }
    }
}

static inline void add_word(request_rec *r, cg_cache_cure cure)
{
    apr_table_addn(r->headers_out, "Cache-Control",
                   cure == CG_CACHE_CURE_PRIVATE ? "private" : "no-store");
}

/* The word stands in every line of the fields: whichever of them a cache reads, it is read. */
static void close_response(request_rec *r, unsigned fields, const cg_cache_verdict *verdict)
{
    if (fields & verdict->open_to) {
        close_table(r->pool, r->err_headers_out, verdict);
        close_table(r->pool, r->headers_out, verdict);
    }
    if ((verdict->open_to & CG_CACHE_FIELD_GENERAL) && !(fields & CG_CACHE_FIELD_GENERAL)) {
        add_word(r, verdict->cure);
    }
}

/* Cache-Control alone would not do: mod_cache reads one of the two tables only, and CacheStorePrivate
 * lets it store whatever is private. */
static void close_mod_cache(request_rec *r)
{
    if (cg_cache_is_here) {
        apr_table_setn(r->subprocess_env, "no-cache", "CookieGuardCacheControl");
    }
}

/* What is thought of most responses, for each wish: a GET that is answered 200 and says nothing to
 * caches. Asked once. */
static cg_cache_verdict plain_verdicts[CG_CACHE_WISH_COUNT];

static const cg_cache_facts plain_facts = {.method = CG_CACHE_METHOD_GET, .status = HTTP_OK};

void cg_cache_control_start(void)
{
    for (int wish = 0; wish < CG_CACHE_WISH_COUNT; wish++) {
        plain_verdicts[wish] = cg_cache_judge((cg_cache_wish)wish, &plain_facts);
    }
}

/* What there is to know of any other response. */
static cg_cache_facts find_facts(const request_rec *r, cg_cache_wish wish, unsigned fields)
{
    cg_cache_facts facts = {.method = method_of(r),
                            .status = r->status,
                            .has_authorization = has_header(r->headers_in, "Authorization")};
    if (facts.method == CG_CACHE_METHOD_POST) {
        facts.has_content_location = has_header(r->headers_out, "Content-Location") ||
                                     has_header(r->err_headers_out, "Content-Location");
    }
    if (fields) {
        read_fields(r, fields, &facts);
        facts.has_session_cookie = cg_cache_asks_for_names(wish, &facts) && has_session_cookie(r);
    }
    return facts;
}

static void note(cg_judging *judging, const cg_cache_verdict *verdict)
{
    if (verdict->open_to) {
        judging->noted |= CG_FINDING_BIT(verdict->is_harmless ? CG_FINDING_CACHEABLE_STATIC
                                                              : CG_FINDING_CACHEABLE);
    }
}

/* mod_cache may store what is closed to all others; then the cookie is not let into it either. */
static __attribute__((noinline)) void guard_other(cg_judging *judging, cg_cache_wish wish,
                                                  unsigned fields)
{
    cg_cache_facts facts = find_facts(judging->r, wish, fields);
    cg_cache_verdict verdict = cg_cache_judge(wish, &facts);

    note(judging, &verdict);
    if (judging->mode != CG_MODE_ON || !plain_verdicts[wish].cure || verdict.is_harmless) {
        return;
    }
    if (verdict.cure) {
        close_response(judging->r, fields, &verdict);
    }
    close_mod_cache(judging->r);
}

void cg_cache_control_guard(cg_judging *judging, cg_cache_wish wish)
{
    request_rec *r = judging->r;
    unsigned fields = find_fields(r->headers_out) | find_fields(r->err_headers_out);
    const cg_cache_verdict *verdict = &plain_verdicts[wish];

    if (fields || r->status != HTTP_OK || r->method_number != M_GET ||
        has_header(r->headers_in, "Authorization")) {
        guard_other(judging, wish, fields);
        return;
    }
    note(judging, verdict);
    if (judging->mode == CG_MODE_ON && verdict->cure) {
        add_word(r, verdict->cure);
        close_mod_cache(r);
    }
}

void cg_cache_control_forbid(request_rec *r)
{
    const unsigned fields = find_fields(r->headers_out) | find_fields(r->err_headers_out);
    const cg_cache_verdict verdict = {.open_to = CG_CACHE_FIELD_GENERAL |
                                                 (fields & ~(unsigned)FIELD_EXPIRES),
                                      .cure = CG_CACHE_CURE_NO_STORE};

    close_response(r, fields, &verdict);
}
