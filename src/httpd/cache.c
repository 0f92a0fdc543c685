/* Judging before mod_cache stores, and the mark that says so on hits. */
#include "cache.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_request.h>
#include <util_filter.h>

#include "../policy/finding.h"
#include "cache_control.h"
#include "facts.h"

/* The header that is stored with the lines:
 *
 *   CookieGuard-Judged: 89abcdef01234567 0123456789abcdef fedcba9876543210
 *                       by which policy  a line           another line    */
#define MARK "CookieGuard-Judged"

enum {
    HASH_LEN = 16,
    /* Lines that a mark has room for: mod_cache_disk reads header lines of at most 8 KiB. */
    MARKED_LINES_MAX = 400,
    MARK_SIZE = HASH_LEN + (HASH_LEN + 1) * MARKED_LINES_MAX
};

bool cg_cache_is_here;

/* Filters of mod_cache, null where it is not here, and the places of ours right before them. */
static ap_filter_rec_t *save_handle, *save_subrequest_handle;
static ap_filter_rec_t *judge_handle, *judge_subrequest_handle;

/* Of all that this configuration says of cookies. */
static uint64_t policy_hash;

/* FNV-1a. Whoever could make two lines collide would have to be the one who sets both. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    }
    return (hash ^ '\n') * UINT64_C(1099511628211);
}

static void print_hash(uint64_t hash, char *text)
{
    for (int i = HASH_LEN; i-- > 0; hash >>= 4) {
        text[i] = "0123456789abcdef"[hash & 15];
    }
}

/* -- the policy's hash ------------------------------------------------------------------------ */

static bool is_about_cookies(const ap_directive_t *directive)
{
    return !ap_cstr_casecmpn(directive->directive, "CookieGuard", 11) &&
           ap_cstr_casecmp(directive->directive, "CookieGuardAuditLog");
}

static uint64_t hash_directive(uint64_t hash, const ap_directive_t *directive)
{
    if (directive->parent) {
        hash = hash_directive(hash, directive->parent);
    }
    hash = hash_text(hash, directive->directive);
    return hash_text(hash, directive->args ? directive->args : "");
}

/* Every directive of ours with the sections that it stands in. */
static uint64_t hash_directives(uint64_t hash, const ap_directive_t *directive)
{
    for (; directive; directive = directive->next) {
        if (is_about_cookies(directive)) {
            hash = hash_directive(hash, directive);
        }
        hash = hash_directives(hash, directive->first_child);
    }
    return hash;
}

static uint64_t hash_policy(void)
{
    uint64_t hash = hash_text(UINT64_C(14695981039346656037), COOKIEGUARD_VERSION);
    hash = hash_text(hash, cg_mode_name(cg_generation_now.mode_cap).at);
    return hash_directives(hash, ap_conftree);
}

int cg_cache_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                         server_rec *main_server)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    (void)main_server;
    save_handle = ap_get_output_filter_handle("CACHE_SAVE");
    save_subrequest_handle = ap_get_output_filter_handle("CACHE_SAVE_SUBREQ");
    cg_cache_is_here = save_handle != NULL;
    policy_hash = hash_policy();
    cg_cache_control_start();
    return OK;
}

/* -- the mark --------------------------------------------------------------------------------- */

/* With CacheKeyBaseURL one entry serves several virtual hosts, and HTTPS and plain http. */
static uint64_t hash_of_request(request_rec *r)
{
    uint64_t hash = hash_text(policy_hash, cg_config_of(r->server)->vhost.at);
    return hash_text(hash, cg_fact_is_https(r) ? "https" : "http");
}

static void remove_mark(request_rec *r)
{
    apr_table_unset(r->headers_out, MARK);
    apr_table_unset(r->err_headers_out, MARK);
}

typedef struct mark_writer {
    char *text;
    size_t len;
    uint64_t hash; /* of policy and request */
} mark_writer;

/* For apr_table_do. */
static int mark_line(void *context, const char *key, const char *line)
{
    mark_writer *mark = context;
    (void)key;
    if (mark->len + 1 + HASH_LEN > MARK_SIZE) {
        return 0;
    }
    mark->text[mark->len++] = ' ';
    print_hash(hash_text(mark->hash, line), mark->text + mark->len);
    mark->len += HASH_LEN;
    return 1;
}

static void add_mark(request_rec *r)
{
    char text[MARK_SIZE];
    mark_writer mark = {.text = text, .len = HASH_LEN, .hash = hash_of_request(r)};

    print_hash(mark.hash, text);
    apr_table_do(mark_line, &mark, r->headers_out, "Set-Cookie", NULL);
    apr_table_do(mark_line, &mark, r->err_headers_out, "Set-Cookie", NULL);
    if (mark.len > HASH_LEN) {
        apr_table_setn(r->headers_out, MARK, apr_pstrmemdup(r->pool, text, mark.len));
    }
}

/* -- before a response is stored -------------------------------------------------------------- */

static void judge_before_store(request_rec *r)
{
    cg_judging judging;

    cg_judging_begin(&judging, r);
    judging.is_for_cache = true;
    cg_judging_table(&judging, r->headers_out);
    cg_judging_table(&judging, r->err_headers_out);
    cg_judging_end(&judging);
    add_mark(r);
}

/* What a forward proxy stores are other people's cookies, but nobody's mark. */
static apr_status_t filter_before_store(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    remove_mark(f->r);
    if (f->r->proxyreq != PROXYREQ_PROXY) {
        judge_before_store(f->r);
    }
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

/* httpd puts a filter before the first one of a higher type: so ours stands right before that of
 * mod_cache (CONTENT_SET + 1, for sub-requests - 1), even where it was moved up (SetOutputFilter
 * CACHE). */
void cg_cache_register_filters(void)
{
    judge_handle = ap_register_output_filter("COOKIEGUARD_STORE", filter_before_store, NULL,
                                             AP_FTYPE_CONTENT_SET);
    judge_subrequest_handle = ap_register_output_filter(
        "COOKIEGUARD_STORE_SUBREQ", filter_before_store, NULL, AP_FTYPE_CONTENT_SET - 2);
}

/* Filters of other modules may have come in between since the quick handler. */
static void remove_ours(request_rec *r)
{
    for (ap_filter_t *f = r->output_filters; f; f = f->next) {
        if (f->frec == judge_handle || f->frec == judge_subrequest_handle) {
            ap_remove_output_filter(f);
            return;
        }
    }
}

static void insert_before_store(request_rec *r)
{
    for (const ap_filter_t *f = r->output_filters; f; f = f->next) {
        if (f->frec == save_handle || f->frec == save_subrequest_handle) {
            ap_filter_rec_t *handle = f->frec == save_handle ? judge_handle
                                                             : judge_subrequest_handle;
            remove_ours(r);
            ap_add_output_filter_handle(handle, NULL, r, r->connection);
            return;
        }
    }
}

static int follow_handler(request_rec *r)
{
    insert_before_store(r);
    return DECLINED;
}

/* A quick handler of another module may answer what mod_cache is going to store. */
static int follow_quick_handler(request_rec *r, int is_lookup)
{
    return is_lookup ? DECLINED : follow_handler(r);
}

/* All modules are loaded by now, and httpd sorts hooks again before it asks for any of these. */
int cg_cache_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    static const char *const mod_cache[] = {"mod_cache.c", NULL};
    (void)pconf;
    (void)plog;
    (void)ptemp;

    if (ap_find_linked_module(mod_cache[0])) {
        ap_hook_quick_handler(follow_quick_handler, mod_cache, NULL, APR_HOOK_REALLY_FIRST);
        ap_hook_handler(follow_handler, mod_cache, NULL, APR_HOOK_REALLY_FIRST);
    }
    return OK;
}

/* -- on a hit --------------------------------------------------------------------------------- */

bool cg_cache_is_quick_hit(const request_rec *r)
{
    return cg_cache_is_here && !r->filename && r->per_dir_config == r->server->lookup_defaults &&
           apr_table_get(r->subprocess_env, "cache-hit");
}

bool cg_cache_mark_covers(const cg_judging *judging, const char *line)
{
    char text[HASH_LEN + 1] = "";
    print_hash(hash_text(hash_of_request(judging->r), line), text);
    return strstr(judging->mark + HASH_LEN, text) != NULL;
}

/* The mark if it is one of the present policy, else one that covers nothing. */
static const char *check_mark(request_rec *r, const char *mark)
{
    static const char empty[HASH_LEN + 1] = "                ";
    char text[HASH_LEN];

    print_hash(hash_of_request(r), text);
    return mark && !strncmp(mark, text, HASH_LEN) ? mark : empty;
}

static unsigned normalizing_flags(const request_rec *r)
{
    const core_server_config *core = ap_get_core_module_config(r->server->module_config);
    return AP_NORMALIZE_NOT_ABOVE_ROOT | AP_NORMALIZE_DECODE_UNRESERVED |
           (core->merge_slashes == AP_CORE_CONFIG_OFF ? 0 : AP_NORMALIZE_MERGE_SLASHES);
}

/* The URL's path as httpd makes it before it looks for Locations. */
static char *decode_path(const request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    char *path = apr_pstrdup(r->pool, r->uri);

    if (!ap_normalize_path(path, normalizing_flags(r)) ||
        ap_unescape_url_keep2f(path, core->allow_encoded_slashes && core->decode_encoded_slashes) !=
            OK) {
        return r->uri;
    }
    return path;
}

/* The Locations and Ifs of the URL; directories are not known, for there is no file name. */
static ap_conf_vector_t *look_up_locations(request_rec *r)
{
    ap_conf_vector_t *config = r->per_dir_config;
    ap_conf_vector_t *found;
    char *uri = r->uri;

    r->uri = decode_path(r);
    ap_location_walk(r);
    ap_if_walk(r);
    found = r->per_dir_config;
    r->per_dir_config = config;
    r->uri = uri;
    return found;
}

/* For apr_table_do: stops at the first line that the mark does not cover. */
static int is_covered(void *judging, const char *key, const char *line)
{
    (void)key;
    return cg_cache_mark_covers(judging, line);
}

static bool covers_all(cg_judging *judging)
{
    const request_rec *r = judging->r;
    return apr_table_do(is_covered, judging, r->headers_out, "Set-Cookie", NULL) &&
           apr_table_do(is_covered, judging, r->err_headers_out, "Set-Cookie", NULL);
}

void cg_cache_read_mark(cg_judging *judging)
{
    request_rec *r = judging->r;
    const char *mark;

    if (r->proxyreq == PROXYREQ_PROXY) {
        return;
    }
    mark = apr_table_get(r->headers_out, MARK);
    remove_mark(r);
    if (!cg_cache_is_quick_hit(r)) {
        return;
    }
    judging->mark = check_mark(r, mark);
    if (!covers_all(judging)) {
        judging->config = look_up_locations(r);
        judging->only = CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_SECURE) |
                        CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_SAMESITE);
        judging->noted |= CG_FINDING_BIT(CG_FINDING_STORED_UNJUDGED);
    }
}
