/* Judging and enforcing the cookies of one head. */
#include "judging.h"

#include "../policy/rewrite.h"
#include "cache.h"
#include "cache_control.h"
#include "facts.h"

cg_response *cg_response_make(request_rec *r)
{
    cg_response *response = cg_response_of(r);
    request_rec *first = r;

    if (response) {
        return response;
    }
    response = apr_palloc(r->pool, sizeof *response);
    *response = (cg_response){.end = &response->first};
    while (first->prev) {
        first = first->prev;
    }
    for (; first; first = first->next) {
        ap_set_module_config(first->request_config, &cookieguard_module, response);
    }
    return response;
}

static bool condition_holds(const void *condition, void *context)
{
    const char *error = NULL;
    return ap_expr_exec(context, condition, &error) > 0 && !error;
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

/* Drop and Prefix are carried out in the virtual host's own mode: what sections say has no part in
 * it. */
static void find_secrecy(cg_judging *judging)
{
    const cg_server_config *config = cg_config_of(judging->r->server);

    judging->server_policy = cg_policy_of(judging->r->server->lookup_defaults);
    judging->guards = config->guards && config->guards->rule_count ? config->guards : NULL;
    judging->token = config->guards ? config->guards->token : NULL;
    judging->secrecy_mode = judging->server_policy->has_drop || judging->guards
                                ? config->secrecy_mode
                                : CG_MODE_OFF;
}

static void find_rules(cg_judging *judging, cg_settings *settings)
{
    const cg_policy *policy = cg_policy_of(judging->config);

    cg_policy_settle(policy, settings);
    judging->mode = cg_mode_capped(settings->mode);
    judging->baseline = settings->baseline && judging->mode ? cg_generation_now.baseline : NULL;
    judging->rules = settings->has_rules && judging->mode ? policy : NULL;
    judging->ignored_mode = describe_ignored_mode(judging->r->pool, settings->ignored_mode);
}

/* HTTP/0.9 has no head, but what is stored may be sent to others with one. What a forward proxy
 * passes on are other people's cookies. */
static bool is_none_of_ours(const cg_judging *judging)
{
    const request_rec *r = judging->r;
    return (r->assbackwards && !judging->is_for_cache) || r->proxyreq == PROXYREQ_PROXY;
}

static void prepare(cg_judging *judging)
{
    request_rec *r = judging->r;
    cg_settings settings;

    judging->is_prepared = true;
    judging->is_idle = true;
    if (is_none_of_ours(judging)) {
        return;
    }
    find_rules(judging, &settings);
    find_secrecy(judging);
    if (judging->mode == CG_MODE_OFF && judging->secrecy_mode == CG_MODE_OFF && !judging->token) {
        return;
    }
    judging->is_idle = false;
    judging->lookup = (cg_lookup){.holds = condition_holds, .context = r};
    judging->response = cg_response_make(r);
    cg_fact_circumstances(r, &judging->response->circumstances);
    judging->judged_before = judging->response->judged_count;
    judging->expected = judging->response->first;
    judging->spare = NULL;
    memset(judging->counts, 0, sizeof judging->counts);
    if (!ap_is_HTTP_INFO(judging->status) && judging->mode != CG_MODE_OFF &&
        settings.cache_wish != CG_CACHE_WISH_OFF) {
        cg_cache_control_guard(judging, settings.cache_wish);
    }
}

/* True if this very line was judged when an earlier head of the same request was made: httpd moves
 * lines from one table to the other, in their order, without copying them. */
static bool was_judged(cg_judging *judging, const char *line)
{
    const cg_judged *judged = judging->expected;
    for (unsigned i = 0; i < judging->judged_before; i++) {
        const cg_judged *next = judged->next ? judged->next : judging->response->first;
        if (judged->out == line) {
            judging->expected = next;
            return true;
        }
        judged = next;
    }
    return false;
}

static bool is_own(const cg_response *response, const char *line)
{
    const cg_own_line *own = response->own_lines;
    while (own && own->text != line) {
        own = own->next;
    }
    return own != NULL;
}

static void find_demands(const cg_judging *judging, cg_span name, cg_demands *demands)
{
    if (judging->baseline) {
        cg_ruleset_find_first(judging->baseline, name, &judging->lookup, CG_OVERRIDE_TIGHTEN,
                              demands);
    } else {
        *demands = (cg_demands){.valued = 0};
    }
    if (judging->rules) {
        cg_policy_find(judging->rules, name, &judging->lookup, demands);
    }
    if (!demands->ignored) {
        demands->ignored = judging->ignored_mode;
    }
}

/* What the virtual host demands of this name, if its mode carries more weight than the section's:
 * where it only reports and the section enforces, the section's word is carried out.
 * Returns null if it demands nothing. */
static const cg_secrecy *find_secrecy_of(const cg_judging *judging, cg_span name,
                                         cg_secrecy *secrecy)
{
    if (judging->secrecy_mode == CG_MODE_OFF || judging->secrecy_mode < judging->mode) {
        return NULL;
    }
    return cg_secrecy_find(judging->server_policy, judging->guards, name, secrecy) ? secrecy : NULL;
}

/* Where a section governs no attributes, a guarded cookie is still carried as its guard says: the
 * terms of the guard's own rule belong to it. */
static void guard_demands(const cg_judging *judging, const cg_guard *guard, cg_demands *demands)
{
    if (judging->mode != judging->secrecy_mode) {
        *demands = (cg_demands){.valued = 0};
    }
    if (guard->rule) {
        cg_demands_add(demands, guard->rule, CG_OVERRIDE_ALL);
    }
}

static void limit_demands(unsigned attributes, cg_demands *demands)
{
    demands->valued &= attributes;
    demands->wanted_flags &= attributes;
    demands->unwanted_flags &= attributes;
}

/* Octets behind a cg_judged for the line as it leaves; that of a usual cookie fits. */
enum { LINE_ROOM = 384 };

static const char *rewrite(apr_pool_t *pool, cg_judged *judged)
{
    const cg_event *event = &judged->event;
    cg_writer writer = {.size = cg_rewrite_size_max(&event->cookie, &event->judgement)};

    writer.at = writer.size < LINE_ROOM ? (char *)(judged + 1) : apr_palloc(pool, writer.size + 1);
    cg_rewrite_print(&writer, &event->cookie, &event->judgement);
    writer.at[writer.len] = '\0';
    return writer.at;
}

/* A line of the session's token that is not ours: no rule has a say on it, and no mode. */
static void refuse_token(const cg_judging *judging, const cg_secrecy *secrecy, cg_event *event)
{
    event->demands = (cg_demands){.valued = 0};
    cg_judge(&event->cookie, &event->demands, secrecy, &judging->response->circumstances,
             &event->judgement);
    event->mode = CG_MODE_ON;
}

static void judge_by_rules(const cg_judging *judging, cg_event *event)
{
    cg_secrecy found;
    const cg_secrecy *secrecy;
    const cg_judgement *judgement = &event->judgement;

    secrecy = find_secrecy_of(judging, event->cookie.name, &found);
    find_demands(judging, secrecy ? secrecy->rules_name : event->cookie.name, &event->demands);
    if (judging->only) {
        limit_demands(judging->only, &event->demands);
    }
    if (secrecy && secrecy->guard) {
        guard_demands(judging, secrecy->guard, &event->demands);
    }
    cg_judge(&event->cookie, &event->demands, secrecy, &judging->response->circumstances,
             &event->judgement);
    event->mode = judgement->drop || (secrecy && secrecy->guard) ? judging->secrecy_mode
                                                                 : judging->mode;
    if (event->mode == CG_MODE_OFF) {
        event->judgement.action = CG_ACTION_PASS;
    }
}

static void judge_event(const cg_judging *judging, cg_event *event)
{
    cg_secrecy secrecy;

    if (judging->token && cg_secrecy_find_token(judging->token, &event->cookie, &secrecy)) {
        refuse_token(judging, &secrecy, event);
    } else {
        judge_by_rules(judging, event);
    }
}

static void judge_line(const cg_judging *judging, const char *line, cg_judged *judged)
{
    cg_event *event = &judged->event;

    cg_set_cookie_scan(cg_span_of(line), &event->cookie);
    judge_event(judging, event);
    event->status = judging->status;
    event->findings = judging->noted;
    judged->out = line;
    if (event->mode != CG_MODE_ON) {
        return;
    }
    if (event->judgement.action == CG_ACTION_REWRITE) {
        judged->out = rewrite(judging->r->pool, judged);
    } else if (event->judgement.action == CG_ACTION_DROP) {
        judged->out = NULL;
    }
}

/* True if the line that leaves stands in the memory of the judged line. */
static bool is_in_room(const cg_judged *judged)
{
    return judged->out == (const char *)(judged + 1);
}

/* Under what a line that does not leave is counted. */
static cg_counter counter_of_fate(const cg_judgement *judgement)
{
    return judgement->withheld == CG_WITHHELD_TOKEN ? CG_COUNTER_TOKENS_SET
           : judgement->withheld                    ? CG_COUNTER_WITHHELD
                                                    : CG_COUNTER_DROPPED;
}

static void count(cg_judging *judging, const cg_event *event)
{
    cg_action action = event->mode == CG_MODE_ON ? event->judgement.action : CG_ACTION_PASS;

    judging->counts[CG_COUNTER_COOKIES]++;
    if (action == CG_ACTION_REWRITE) {
        judging->counts[CG_COUNTER_REWRITTEN]++;
    } else if (action == CG_ACTION_DROP) {
        judging->counts[counter_of_fate(&event->judgement)]++;
    }
    if (event->judgement.refused) {
        judging->counts[CG_COUNTER_REFUSED]++;
    }
    if (event->cookie.kind != CG_LINE_COOKIE) {
        judging->counts[CG_COUNTER_IGNORED]++;
    }
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

const char *cg_judging_line(cg_judging *judging, const char *line)
{
    cg_judged *judged;

    if (judging->mark && cg_cache_mark_covers(judging, line)) {
        return line;
    }
    if (!judging->is_prepared) {
        prepare(judging);
    }
    if (judging->is_idle || (judging->judged_before && was_judged(judging, line)) ||
        is_own(judging->response, line)) {
        return line;
    }
    judged = judging->spare ? judging->spare
                            : apr_palloc(judging->r->pool, sizeof *judged + LINE_ROOM);
    judge_line(judging, line, judged);
    judging->spare = judged;
    if (judged->event.mode != CG_MODE_OFF) {
        count(judging, &judged->event);
        judging->spare = keep(judging->response, judged) || is_in_room(judged) ? NULL : judged;
    }
    return judged->out;
}

static inline bool begins_with_s(const apr_table_entry_t *entry)
{
    return (entry->key[0] | 0x20) == 's';
}

static bool is_set_cookie(const apr_table_entry_t *entry)
{
    return begins_with_s(entry) &&
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

/* From entry `i` on. */
static __attribute__((noinline)) void judge_entries(cg_judging *judging, apr_table_t *headers,
                                                    int i)
{
    const apr_array_header_t *entries = apr_table_elts(headers);
    bool has_dropped = false;

    for (; i < entries->nelts; i++) {
        apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        if (is_set_cookie(entry)) {
            const char *out = cg_judging_line(judging, entry->val);
            /* the table may have got a Cache-Control, and then stands elsewhere */
            APR_ARRAY_IDX(entries, i, apr_table_entry_t).val = (char *)out;
            has_dropped |= out == NULL;
        }
    }
    if (has_dropped) {
        remove_dropped(judging->r->pool, headers);
    }
}

/* Most heads have no field with such a letter, and pay for nothing else. */
void cg_judging_table(cg_judging *judging, apr_table_t *headers)
{
    const apr_array_header_t *entries = apr_table_elts(headers);

    for (int i = 0; i < entries->nelts; i++) {
        if (begins_with_s(&APR_ARRAY_IDX(entries, i, apr_table_entry_t))) {
            judge_entries(judging, headers, i);
            return;
        }
    }
}

/* A proxy in front that speaks HTTPS, and nobody told this virtual host: said once. */
static void notice_forwarded_https(const cg_judging *judging)
{
    const request_rec *r = judging->r;
    const cg_server_config *config = cg_config_of(r->server);
    const char *proto = apr_table_get(r->headers_in, "X-Forwarded-Proto");

    if (proto && !ap_cstr_casecmp(proto, "https") &&
        cg_segment_notice_once(cg_generation_now.segment, config->number)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, r->server,
                     "CG0010: virtual host %s counts as plain http, but a request came with "
                     "X-Forwarded-Proto: https. Secure is not added here. If a proxy in front "
                     "speaks HTTPS, say CookieGuardHTTPS on",
                     config->vhost.at);
    }
}

void cg_judging_end(cg_judging *judging)
{
    if (!judging->is_prepared || judging->is_idle) {
        return;
    }
    judging->counts[CG_COUNTER_RESPONSES] = judging->counts[CG_COUNTER_COOKIES] != 0;
    for (int i = 0; i <= CG_COUNTER_IGNORED; i++) {
        if (judging->counts[i]) {
            cg_counter_add(cg_generation_now.segment, (cg_counter)i, judging->counts[i]);
        }
    }
    if (!judging->response->circumstances.is_https && judging->counts[CG_COUNTER_COOKIES]) {
        notice_forwarded_https(judging);
    }
}
