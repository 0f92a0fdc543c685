/* Selecting and writing audit records. One record is one write: with O_APPEND, or up to 4096 octets
 * into a pipe, lines of many processes and threads stay whole. */
#include "audit_log.h"

#include <unistd.h>

#include <http_core.h>
#include <http_protocol.h>

#include "../audit/record.h"
#include "facts.h"
#include "judging.h"
#include "session_log.h"

#define SUMMARY_INTERVAL apr_time_from_sec(3600)
#define COMPLAINT_INTERVAL apr_time_from_sec(60)

static apr_status_t open_target(apr_pool_t *pconf, server_rec *server, cg_server_config *config)
{
    if (config->audit_target == CG_AUDIT_TO_FILE) {
        return apr_file_open(&config->audit_file, config->audit_name,
                             APR_FOPEN_WRITE | APR_FOPEN_APPEND | APR_FOPEN_CREATE |
                                 APR_FOPEN_LARGEFILE,
                             APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_GREAD, pconf);
    }
    if (config->audit_target == CG_AUDIT_TO_PIPE) {
        piped_log *pipe = ap_open_piped_log(pconf, config->audit_name);
        config->audit_file = pipe ? ap_piped_log_write_fd(pipe) : NULL;
        return pipe ? APR_SUCCESS : APR_EGENERAL;
    }
    (void)server;
    return APR_SUCCESS;
}

static bool same_target(const cg_server_config *a, const cg_server_config *b)
{
    return a->audit_target == b->audit_target && a->audit_name && b->audit_name &&
           !strcmp(a->audit_name, b->audit_name);
}

/* An earlier server's open file for the same target, or null. */
static apr_file_t *find_open(server_rec *first, const server_rec *server)
{
    for (server_rec *s = first; s != server; s = s->next) {
        if (same_target(cg_config_of(s), cg_config_of(server))) {
            return cg_config_of(s)->audit_file;
        }
    }
    return NULL;
}

int cg_audit_log_open(apr_pool_t *pconf, server_rec *main_server)
{
    for (server_rec *s = main_server; s; s = s->next) {
        cg_server_config *config = cg_config_of(s);
        apr_status_t status;
        if ((config->audit_file = find_open(main_server, s)) != NULL) {
            continue;
        }
        if ((status = open_target(pconf, s, config)) != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, status, s,
                         "CG0020: CookieGuardAuditLog %s cannot be opened; check that its "
                         "directory may be written by the user who starts httpd",
                         config->audit_name);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
}

static bool is_wanted(const cg_server_config *config, const cg_event *event)
{
    switch (config->audit_selection) {
    case CG_AUDIT_NEW:
        return cg_segment_note(cg_generation_now.segment, event) == CG_SIGHT_FIRST;
    case CG_AUDIT_CHANGES:
        return event->judgement.action != CG_ACTION_PASS || event->judgement.refused;
    case CG_AUDIT_FINDINGS:
        return event->findings != 0;
    case CG_AUDIT_ALL:
        return true;
    }
    return true;
}

/* A log that cannot be written is said once a minute and process, and counted. */
static void complain(server_rec *server, apr_status_t status)
{
    static apr_time_t said; /* a race costs a second line */
    apr_time_t now = apr_time_now();

    cg_counter_add(cg_generation_now.segment, CG_COUNTER_RECORDS_LOST, 1);
    if (now - said >= COMPLAINT_INTERVAL) {
        said = now;
        ap_log_error(APLOG_MARK, APLOG_ERR, status, server,
                     "CG0021: audit records cannot be written to %s; the cookies are guarded all "
                     "the same",
                     cg_config_of(server)->audit_name);
    }
}

static void write_line(server_rec *server, request_rec *r, const cg_writer *line)
{
    const cg_server_config *config = cg_config_of(server);
    apr_size_t length = line->len;

    cg_counter_add(cg_generation_now.segment, CG_COUNTER_RECORDS, 1);
    if (config->audit_file) {
        apr_status_t status = apr_file_write(config->audit_file, line->at, &length);
        if (status != APR_SUCCESS || length != line->len) {
            complain(server, status);
        }
    } else if (r) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "CG0100: %.*s", (int)line->len - 1,
                      line->at);
    } else {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server, "CG0100: %.*s", (int)line->len - 1,
                     line->at);
    }
}

static bool same_cookie(const cg_event *a, const cg_event *b)
{
    const cg_attributes *x = &a->judgement.after, *y = &b->judgement.after;
    return cg_span_equal(a->cookie.name, b->cookie.name) && cg_span_equal(x->path, y->path) &&
           cg_span_equal_folded(x->domain, y->domain);
}

/* Two values for one name, domain and path in a response. Looks at the first lines only, so that a
 * response with thousands of lines costs no thousands of thousands of comparisons. */
static bool is_repeated(const cg_response *response, const cg_judged *judged)
{
    enum { LOOKED_AT_MAX = 64 };
    unsigned looked_at = 0;

    for (const cg_judged *other = response->first; other && looked_at < LOOKED_AT_MAX;
         other = other->next, looked_at++) {
        if (other != judged && same_cookie(&other->event, &judged->event) &&
            !cg_span_equal(other->event.cookie.value, judged->event.cookie.value)) {
            return true;
        }
    }
    return false;
}

/* One of 64 marks; the same for the same name. */
static uint64_t mark_of(cg_span name)
{
    size_t mark = name.len ? name.len * 8 + (unsigned char)name.at[name.len - 1] : 0;
    return UINT64_C(1) << (mark % 64);
}

/* The marks that several names of the response have: only those can be repeated. */
static uint64_t find_common_marks(const cg_response *response)
{
    uint64_t seen = 0, common = 0;
    for (const cg_judged *judged = response->first; judged; judged = judged->next) {
        uint64_t mark = mark_of(judged->event.cookie.name);
        common |= seen & mark;
        seen |= mark;
    }
    return common;
}

static void find_findings(const cg_response *response, cg_judged *judged, uint64_t common_marks)
{
    cg_event *event = &judged->event;
    cg_judgement_complete(&event->cookie, &response->circumstances, &event->judgement);
    event->findings |= cg_findings_find(&event->cookie, &event->demands, &event->judgement,
                                        &response->circumstances);
    if ((common_marks & mark_of(event->cookie.name)) && event->cookie.kind == CG_LINE_COOKIE &&
        !event->judgement.is_deletion && is_repeated(response, judged)) {
        event->findings |= CG_FINDING_BIT(CG_FINDING_NAME_REPEATED);
    }
}

static unsigned count_bits(uint64_t set)
{
    unsigned bits = 0;
    for (; set; set &= set - 1) {
        bits++;
    }
    return bits;
}

/* Browsers hold a cookie to the prefix with which it leaves. */
static cg_browser_verdict judge_as_sent(const cg_event *event,
                                        const cg_circumstances *circumstances)
{
    cg_set_cookie sent = event->cookie;
    if (event->judgement.prefix != CG_PREFIX_NONE) {
        sent.name = cg_prefix_rows[event->judgement.prefix].text;
    }
    return cg_browser_judge(&sent, &event->judgement.after, circumstances);
}

/* What only a record tells is looked up here, for the first record of a request. */
static void write_record(request_rec *r, const cg_response *response, cg_event *event,
                         cg_event_request *request)
{
    char text[CG_RECORD_SIZE_MAX];
    cg_writer line = {.at = text, .size = sizeof text};

    if (!request->method.at) {
        *request = cg_fact_event_request(r);
    }
    event->browser_before = cg_browser_judge(&event->cookie, &event->cookie.attributes,
                                             &response->circumstances);
    event->browser_after = judge_as_sent(event, &response->circumstances);
    cg_record_print(&line, event);
    write_line(r->server, r, &line);
}

static void write_omitted(request_rec *r, unsigned omitted)
{
    char text[CG_RECORD_SIZE_MAX];
    cg_writer line = {.at = text, .size = sizeof text};
    cg_event_request request = cg_fact_event_request(r);
    cg_record_print_omitted(&line, &request, omitted);
    write_line(r->server, r, &line);
}

static void write_held_back(server_rec *server, request_rec *r, apr_time_t now, uint64_t count)
{
    char text[CG_RECORD_SIZE_MAX];
    cg_writer line = {.at = text, .size = sizeof text};
    cg_record_print_held_back(&line, now, cg_config_of(server)->vhost, count);
    write_line(server, r, &line);
}

void cg_audit_log_write(request_rec *r, const cg_writer *line)
{
    write_line(r->server, r, line);
}

/* The limit goes by the moment of writing: when a request came is the client's choice as well. */
bool cg_audit_log_allow(request_rec *r)
{
    apr_time_t now = apr_time_now();
    uint64_t held_back;

    if (!cg_segment_allow_line(cg_generation_now.segment, cg_config_of(r->server)->number, now,
                               &held_back)) {
        return false;
    }
    if (held_back) {
        write_held_back(r->server, r, now, held_back);
    }
    return true;
}

static void write_refused(request_rec *r, const cg_restored *restored)
{
    char text[CG_RECORD_SIZE_MAX];
    cg_writer line = {.at = text, .size = sizeof text};
    cg_event_request request;

    if (!cg_audit_log_allow(r)) {
        return;
    }
    request = cg_fact_event_request(r);
    cg_record_print_refused(&line, &request, restored);
    write_line(r->server, r, &line);
}

/* Cookies that came under their prefix and were handed on without it. */
static unsigned count_handed_on(const cg_restored *restored)
{
    unsigned count = 0;
    for (unsigned i = 0; i < restored->cookie_count; i++) {
        const cg_restored_cookie *cookie = &restored->cookies[i];
        count += cookie->prefix != CG_PREFIX_NONE && !cookie->is_disputed;
    }
    return count;
}

static void count_refused(const cg_restored *restored)
{
    for (int i = CG_REFUSAL_NONE + 1; i < CG_REFUSAL_COUNT; i++) {
        if (restored->refused[i]) {
            cg_counter_add(cg_generation_now.segment, cg_counter_of_refusal((cg_refusal)i),
                           restored->refused[i]);
        }
    }
}

/* Counts what became of the request's guarded cookies. True if some were refused. */
static bool count_restored(const cg_restored *restored)
{
    bool has_refused = restored->first_refusal != CG_REFUSAL_NONE;
    if (has_refused) {
        count_refused(restored);
    }
    cg_counter_add(cg_generation_now.segment, CG_COUNTER_RESTORED, count_handed_on(restored));
    return has_refused;
}

static void write_records(request_rec *r, const cg_server_config *config, cg_response *response)
{
    cg_event_request request = {.time_us = (int64_t)r->request_time, .vhost = config->vhost};
    uint64_t common_marks = find_common_marks(response);
    unsigned findings = 0;

    for (cg_judged *judged = response->first; judged; judged = judged->next) {
        judged->event.request = &request;
        find_findings(response, judged, common_marks);
        findings += count_bits(judged->event.findings);
        if (is_wanted(config, &judged->event)) {
            write_record(r, response, &judged->event, &request);
        }
    }
    cg_counter_add(cg_generation_now.segment, CG_COUNTER_FINDINGS, findings);
}

/* Counts, and writes what is to be written. Kept out of the hook, which has nothing to do for most. */
static __attribute__((noinline)) void tell(request_rec *r, cg_response *response)
{
    const cg_server_config *config = cg_config_of(r->server);
    bool is_told = config->audit_target != CG_AUDIT_TO_NOBODY;

    if (response->restored && count_restored(response->restored) && is_told) {
        write_refused(r, response->restored);
    }
    if (response->session) {
        cg_session_log_request(r, cg_request_session_story(r));
    }
    if (response->first && is_told) {
        write_records(r, config, response);
    }
    if (response->omitted_count && is_told) {
        write_omitted(r, response->omitted_count);
    }
}

int cg_audit_log_request(request_rec *r)
{
    cg_response *response = cg_response_of(r);
    if (response && (response->restored || response->session ||
                     cg_config_of(r->server)->audit_target != CG_AUDIT_TO_NOBODY)) {
        tell(r, response);
    }
    return DECLINED;
}

/* When the parent wrote the last summaries, and for whom. */
static struct {
    apr_time_t written;
    uint64_t unseen_told;
    server_rec *main_server;
    pid_t parent;
} summaries;

/* The server of this name. The main server may have the name of a virtual host as well; then it is
 * the virtual host that answered. */
static server_rec *find_server(server_rec *main_server, cg_span vhost)
{
    for (server_rec *s = main_server->next; s; s = s->next) {
        if (cg_span_equal(cg_config_of(s)->vhost, vhost)) {
            return s;
        }
    }
    return main_server;
}

static void write_count(const cg_sighting_count *sighting, void *context)
{
    char text[CG_RECORD_SIZE_MAX];
    cg_writer line = {.at = text, .size = sizeof text};
    server_rec *server = find_server(context, sighting->vhost);

    if (cg_config_of(server)->audit_target != CG_AUDIT_TO_NOBODY) {
        cg_record_print_count(&line, sighting);
        write_line(server, NULL, &line);
    }
}

/* Names that came when the table of sightings was full have no record of their own. */
static void tell_unseen(void)
{
    uint64_t unseen = cg_counter_read(cg_generation_now.segment, CG_COUNTER_UNSEEN);
    if (unseen > summaries.unseen_told) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, summaries.main_server,
                     "CG0022: the table of cookies seen is full; %" APR_UINT64_T_FMT
                     " more cookies were guarded without a record. CookieGuardAuditLog with "
                     "changes, findings or all records without the table",
                     unseen - summaries.unseen_told);
        summaries.unseen_told = unseen;
    }
}

/* Lines held back that no further line told of. */
static void tell_held_back(apr_time_t now)
{
    for (server_rec *s = summaries.main_server; s; s = s->next) {
        uint64_t count = cg_segment_take_held_back(cg_generation_now.segment,
                                                   cg_config_of(s)->number);
        if (count && cg_config_of(s)->audit_target != CG_AUDIT_TO_NOBODY) {
            write_held_back(s, NULL, now, count);
        }
    }
}

static void summarize(apr_time_t now)
{
    summaries.written = now;
    tell_unseen();
    tell_held_back(now);
    cg_segment_summarize(cg_generation_now.segment, now, write_count, summaries.main_server);
}

/* The configuration's pool goes with its generation. Children inherit this cleanup and have no
 * part in it. */
static apr_status_t end_summaries(void *data)
{
    (void)data;
    if (getpid() == summaries.parent && cg_generation_now.segment) {
        summarize(apr_time_now());
    }
    return APR_SUCCESS;
}

void cg_audit_log_start_summaries(apr_pool_t *pconf, server_rec *main_server)
{
    summaries.written = apr_time_now();
    summaries.unseen_told = 0;
    summaries.main_server = main_server;
    summaries.parent = getpid();
    apr_pool_cleanup_register(pconf, NULL, end_summaries, apr_pool_cleanup_null);
}

int cg_audit_log_monitor(apr_pool_t *pool, server_rec *main_server)
{
    apr_time_t now = apr_time_now();
    (void)pool;
    (void)main_server;
    if (now - summaries.written >= SUMMARY_INTERVAL) {
        summarize(now);
    }
    return DECLINED;
}
