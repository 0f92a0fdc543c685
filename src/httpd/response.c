/* Judging and enforcing the cookies of one response. */
#include "response.h"

#include <http_request.h>
#include <util_filter.h>

#include "../policy/rewrite.h"
#include "facts.h"

/* The same filter twice: in its place, and one step before it. httpd puts a filter behind those of
 * its type that are there already, so one that comes late would stand behind HTTP_HEADER. */
static ap_filter_rec_t *filter_handle;
static ap_filter_rec_t *late_filter_handle;

/* Everything that is the same for all cookies of a response. */
typedef struct judge_context {
    request_rec *r;
    cg_response *response;
    const cg_ruleset *baseline; /* the built-in rules, or null if they have no say here */
    const cg_policy *rules;     /* the directory's policy, or null if it has no rules */
    const cg_policy *server_policy;
    cg_lookup lookup;
    cg_mode mode;                /* for attributes */
    cg_mode drop_mode;           /* for Drop: the virtual host's own */
    const cg_rule *ignored_mode; /* a lower mode that a .htaccess asked for in vain, or null */
    unsigned judged_before;      /* lines that an earlier head of the request had */
    const cg_judged *expected;   /* the one of them that is likely to be met next */
    unsigned counts[CG_COUNTER_COUNT];
} judge_context;

cg_response *cg_response_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &cookieguard_module);
}

int cg_response_create_request(request_rec *r)
{
    cg_response *response;
    if (r->main) {
        return OK;
    }
    if (r->prev) {
        response = cg_response_of(r->prev);
    } else {
        response = apr_pcalloc(r->pool, sizeof *response);
        response->end = &response->first;
        ap_add_output_filter_handle(filter_handle, response, r, r->connection);
        response->filter_is_in = true;
    }
    ap_set_module_config(r->request_config, &cookieguard_module, response);
    return OK;
}

/* The late filter may be dropped again with all filters of its kind, so it is not noted as being
 * in; where it then stands twice, the second one finds all lines judged. */
void cg_response_insert_filter(request_rec *r)
{
    cg_response *response = cg_response_of(r);
    if (response && !response->filter_is_in) {
        ap_add_output_filter_handle(late_filter_handle, response, r, r->connection);
    }
}

static bool condition_holds(const void *condition, void *context)
{
    const char *error = NULL;
    return ap_expr_exec(context, condition, &error) > 0 && !error;
}

static cg_mode capped(cg_mode mode)
{
    cg_mode cap = cg_generation_now.mode_cap;
    return mode < cap ? mode : cap;
}

/* A lower mode that a .htaccess asked for in vain is told like a rule that was ignored. */
static const cg_rule *describe_ignored_mode(apr_pool_t *pool, const char *place)
{
    cg_rule *rule = place ? apr_pcalloc(pool, sizeof *rule) : NULL;
    if (rule) {
        rule->scope = CG_SCOPE_HTACCESS;
        rule->place = place;
    }
    return rule;
}

/* The mode in which Drop is carried out: what sections say has no part in it. */
static cg_mode find_drop_mode(const cg_policy *server_policy)
{
    cg_settings settings;
    if (!server_policy->has_drop) {
        return CG_MODE_OFF;
    }
    cg_policy_settle(server_policy, &settings);
    return capped(settings.mode);
}

/* True if some cookie could be judged at all. */
static bool prepare(request_rec *r, judge_context *context)
{
    const cg_policy *policy = cg_policy_of(r->per_dir_config);
    cg_settings settings;

    cg_policy_settle(policy, &settings);
    context->mode = capped(settings.mode);
    context->server_policy = cg_policy_of(r->server->lookup_defaults);
    context->drop_mode = find_drop_mode(context->server_policy);
    if (context->mode == CG_MODE_OFF && context->drop_mode == CG_MODE_OFF) {
        return false;
    }
    if (context->mode != CG_MODE_OFF) {
        context->baseline = settings.baseline ? cg_generation_now.baseline : NULL;
        context->rules = settings.has_rules ? policy : NULL;
    }
    context->lookup = (cg_lookup){.holds = condition_holds, .context = r};
    context->ignored_mode = describe_ignored_mode(r->pool, settings.ignored_mode);
    context->response = cg_response_of(r);
    context->response->circumstances = cg_fact_circumstances(r);
    context->judged_before = context->response->judged_count;
    context->expected = context->response->first;
    return true;
}

/* True if this very line was judged when an earlier head of the same request was made: httpd moves
 * lines from one table to the other, in their order, without copying them. */
static bool was_judged(judge_context *context, const char *line)
{
    const cg_judged *judged = context->expected;
    for (unsigned i = 0; i < context->judged_before; i++) {
        const cg_judged *next = judged->next ? judged->next : context->response->first;
        if (judged->out == line) {
            context->expected = next;
            return true;
        }
        judged = next;
    }
    return false;
}

static void find_demands(const judge_context *context, cg_span name, cg_demands *demands)
{
    if (context->baseline) {
        cg_ruleset_find_first(context->baseline, name, &context->lookup, CG_OVERRIDE_TIGHTEN,
                              demands);
    } else {
        *demands = (cg_demands){.valued = 0};
    }
    if (context->rules) {
        cg_policy_find(context->rules, name, &context->lookup, demands);
    }
    if (!demands->ignored) {
        demands->ignored = context->ignored_mode;
    }
}

static const char *rewrite(apr_pool_t *pool, const cg_event *event)
{
    cg_writer writer = {.size = cg_rewrite_size_max(&event->cookie, &event->judgement)};
    writer.at = apr_palloc(pool, writer.size + 1);
    cg_rewrite_print(&writer, &event->cookie, &event->judgement);
    writer.at[writer.len] = '\0';
    return writer.at;
}

/* A line whose attributes no section governs may still be dropped by its virtual host. Where the
 * host only reports on Drop and the section enforces, the section's word is carried out. */
static void judge_line(const judge_context *context, const char *line, cg_judged *judged)
{
    cg_event *event = &judged->event;
    const cg_rule *drop = NULL;

    cg_set_cookie_parse(cg_span_of(line), &event->cookie);
    find_demands(context, event->cookie.name, &event->demands);
    if (context->drop_mode != CG_MODE_OFF && context->drop_mode >= context->mode) {
        drop = cg_policy_find_drop(context->server_policy, event->cookie.name);
    }
    cg_judge(&event->cookie, &event->demands, drop, &context->response->circumstances,
             &event->judgement);
    event->mode = event->judgement.action == CG_ACTION_DROP ? context->drop_mode : context->mode;
    if (event->mode == CG_MODE_OFF) {
        event->judgement.action = CG_ACTION_PASS;
    }
    judged->out = line;
    if (event->mode != CG_MODE_ON) {
        return;
    }
    if (event->judgement.action == CG_ACTION_REWRITE) {
        judged->out = rewrite(context->r->pool, event);
    } else if (event->judgement.action == CG_ACTION_DROP) {
        judged->out = NULL;
    }
}

static void count(judge_context *context, const cg_event *event)
{
    cg_action action = event->mode == CG_MODE_ON ? event->judgement.action : CG_ACTION_PASS;

    context->counts[CG_COUNTER_COOKIES]++;
    context->counts[CG_COUNTER_REWRITTEN] += action == CG_ACTION_REWRITE;
    context->counts[CG_COUNTER_DROPPED] += action == CG_ACTION_DROP;
    context->counts[CG_COUNTER_REFUSED] += event->judgement.refused != 0;
    context->counts[CG_COUNTER_IGNORED] += event->cookie.kind != CG_LINE_COOKIE;
}

/* False if the list is full: then the line is only counted. */
static bool keep(cg_response *response, cg_judged *judged)
{
    if (response->judged_count == CG_JUDGED_MAX) {
        response->omitted_count++;
        return false;
    }
    judged->next = NULL;
    *response->end = judged;
    response->end = &judged->next;
    response->judged_count++;
    return true;
}

/* Judges one line. `*spare` is memory that an earlier line did not need to keep.
 * Returns what is to stand in the line's place, or null if it is to go. */
static const char *enforce_line(judge_context *context, const char *line, cg_judged **spare)
{
    cg_judged *judged = *spare;
    if (context->judged_before && was_judged(context, line)) {
        return line;
    }
    if (!judged) {
        judged = apr_palloc(context->r->pool, sizeof *judged);
    }
    judge_line(context, line, judged);
    *spare = judged;
    if (judged->event.mode != CG_MODE_OFF) {
        count(context, &judged->event);
        *spare = keep(context->response, judged) ? NULL : judged;
    }
    return judged->out;
}

static bool is_set_cookie(const apr_table_entry_t *entry)
{
    return (entry->key[0] | 0x20) == 's' &&
           (!strcmp(entry->key, "Set-Cookie") || !ap_cstr_casecmp(entry->key, "Set-Cookie"));
}

/* Takes the entries with a null value out, the others keep their order. */
static void remove_dropped(apr_pool_t *pool, apr_table_t *headers)
{
    apr_table_t *copy = apr_table_copy(pool, headers);
    const apr_array_header_t *entries = apr_table_elts(copy);

    apr_table_clear(headers);
    for (int i = 0; i < entries->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        if (entry->val) {
            apr_table_addn(headers, entry->key, entry->val);
        }
    }
}

static void enforce_table(judge_context *context, bool *is_prepared, apr_table_t *headers)
{
    const apr_array_header_t *entries = apr_table_elts(headers);
    cg_judged *spare = NULL;
    bool has_dropped = false;

    for (int i = 0; i < entries->nelts; i++) {
        apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        if (!is_set_cookie(entry)) {
            continue;
        }
        if (!*is_prepared && !prepare(context->r, context)) {
            return;
        }
        *is_prepared = true;
        entry->val = (char *)enforce_line(context, entry->val, &spare);
        has_dropped |= entry->val == NULL;
    }
    if (has_dropped) {
        remove_dropped(context->r->pool, headers);
    }
}

/* A proxy in front that speaks HTTPS, and nobody told this virtual host: said once. */
static void notice_forwarded_https(const judge_context *context)
{
    const cg_server_config *config = cg_config_of(context->r->server);
    const char *proto = apr_table_get(context->r->headers_in, "X-Forwarded-Proto");

    if (proto && !context->response->circumstances.is_https && !ap_cstr_casecmp(proto, "https") &&
        cg_segment_notice_once(cg_generation_now.segment, config->number)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, context->r->server,
                     "CG0010: virtual host %s counts as plain http, but a request came with "
                     "X-Forwarded-Proto: https. Secure is not added here. If a proxy in front "
                     "speaks HTTPS, say CookieGuardHTTPS on",
                     config->vhost.at);
    }
}

static void add_counts(const unsigned counts[CG_COUNTER_COUNT])
{
    for (int i = 0; i < CG_COUNTER_COUNT; i++) {
        if (counts[i]) {
            cg_counter_add(cg_generation_now.segment, (cg_counter)i, counts[i]);
        }
    }
}

static void enforce(request_rec *r)
{
    judge_context context = {.r = r};
    bool is_prepared = false;

    enforce_table(&context, &is_prepared, r->headers_out);
    enforce_table(&context, &is_prepared, r->err_headers_out);
    if (is_prepared) {
        context.counts[CG_COUNTER_RESPONSES] = 1;
        add_counts(context.counts);
        notice_forwarded_https(&context);
    }
}

/* HTTP/0.9 has no head, and what a forward proxy passes on are other people's cookies. */
static apr_status_t filter_response(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    cg_response *response = f->ctx;
    if (!f->r->assbackwards && f->r->proxyreq != PROXYREQ_PROXY) {
        enforce(f->r);
    }
    response->filter_is_in = false;
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

void cg_response_register_filter(void)
{
    filter_handle = ap_register_output_filter("COOKIEGUARD", filter_response, NULL,
                                              AP_FTYPE_PROTOCOL);
    late_filter_handle = ap_register_output_filter("COOKIEGUARD_LATE", filter_response, NULL,
                                                   AP_FTYPE_PROTOCOL - 1);
}
