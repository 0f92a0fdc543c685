/* Telling what became of sessions. */
#include "session_log.h"

#include <apr_strings.h>

#include "audit_log.h"
#include "facts.h"
#include "judging.h"
#include "session_store.h"

/* -- the name of a session ---------------------------------------------------------------------- */

static bool make_tag(const request_rec *r, const unsigned char number[CG_NUMBER_SIZE],
                     char tag[CG_SESSION_TAG_LEN + 1])
{
    static const unsigned char none[CG_NUMBER_SIZE];
    const cg_session_store *store = cg_session_store_now();
    cg_crypto *crypto = store && memcmp(number, none, sizeof none) ? cg_crypto_of_thread() : NULL;
    const cg_sub_keys *keys;

    if (!crypto) {
        return false;
    }
    keys = store->sub_keys;
    return cg_session_tag(crypto, keys->of[keys->active].keys[CG_PURPOSE_AUDIT], number,
                          apr_time_sec(r->request_time), tag);
}

const char *cg_session_log_tag(const request_rec *r)
{
    const cg_session_story *story = cg_request_session_story(r);
    char tag[CG_SESSION_TAG_LEN + 1];

    return story && make_tag(r, story->number, tag) ? apr_pstrdup(r->pool, tag) : NULL;
}

/* -- the lines ---------------------------------------------------------------------------------- */

/* The request's own facts are looked up for its first line. */
typedef struct telling {
    request_rec *r;
    cg_event_request request;
    bool is_known;
} telling;

/* A session that begins with a login, and one that had somebody's name, are nothing that whoever
 * likes can cause. */
static bool is_at_will(const telling *t, const cg_session_record *record)
{
    return cg_session_actions[record->action].is_at_will &&
           !(record->action == CG_TOLD_CREATED && t->r->user) && record->reason != CG_REASON_IDLE &&
           record->reason != CG_REASON_SURPLUS;
}

static bool is_wanted(const cg_server_config *config, const cg_session_record *record)
{
    return config->audit_target != CG_AUDIT_TO_NOBODY &&
           (config->audit_selection != CG_AUDIT_FINDINGS ||
            cg_session_actions[record->action].findings);
}

static void write_record(telling *t, cg_session_record *record,
                         const unsigned char number[CG_NUMBER_SIZE])
{
    char text[CG_RECORD_SIZE_MAX], tag[CG_SESSION_TAG_LEN + 1];
    cg_writer line = {.at = text, .size = sizeof text};

    if (!t->is_known) {
        t->request = cg_fact_event_request(t->r);
        t->is_known = true;
    }
    record->request = &t->request;
    if (make_tag(t->r, number, tag)) {
        record->tag = cg_span_of(tag);
    }
    cg_session_record_print(&line, record);
    cg_audit_log_write(t->r, &line);
}

static void tell(telling *t, cg_session_record record, const unsigned char number[CG_NUMBER_SIZE])
{
    cg_counter_add(cg_generation_now.segment, cg_counter_of_action(record.action), 1);
    cg_counter_add(cg_generation_now.segment, CG_COUNTER_FINDINGS,
                   cg_session_actions[record.action].findings != 0);
    if (is_wanted(cg_config_of(t->r->server), &record) &&
        (!is_at_will(t, &record) || cg_audit_log_allow(t->r))) {
        write_record(t, &record, number);
    }
}

/* -- the story ---------------------------------------------------------------------------------- */

typedef struct meaning {
    cg_session_action action;
    cg_session_reason reason;
} meaning;

static const meaning of_arrivals[] = {
    [CG_TOKEN_NONE] = {CG_TOLD_NOTHING, CG_REASON_NONE},
    [CG_TOKEN_MALFORMED] = {CG_TOLD_REFUSED, CG_REASON_MALFORMED},
    [CG_TOKEN_REPEATED] = {CG_TOLD_REFUSED, CG_REASON_REPEATED},
    [CG_TOKEN_CAME] = {CG_TOLD_NOTHING, CG_REASON_NONE},
};

static const meaning of_verdicts[] = {
    [CG_SESSION_NONE] = {CG_TOLD_REFUSED, CG_REASON_UNKNOWN},
    [CG_SESSION_FORGED] = {CG_TOLD_FORGED, CG_REASON_NONE},
    [CG_SESSION_EXPIRED] = {CG_TOLD_EXPIRED, CG_REASON_NONE},
    [CG_SESSION_REUSED] = {CG_TOLD_REUSED, CG_REASON_NONE},
    [CG_SESSION_MUTE] = {CG_TOLD_REFUSED, CG_REASON_UNKNOWN_KEY},
    [CG_SESSION_FORMER] = {CG_TOLD_NOTHING, CG_REASON_NONE},
    [CG_SESSION_LIVE] = {CG_TOLD_NOTHING, CG_REASON_NONE},
};

static const meaning of_events[] = {
    [CG_SESSION_NOTHING] = {CG_TOLD_NOTHING, CG_REASON_NONE},
    [CG_SESSION_SAVED] = {CG_TOLD_NOTHING, CG_REASON_NONE},
    [CG_SESSION_CREATED] = {CG_TOLD_CREATED, CG_REASON_NONE},
    [CG_SESSION_ROTATED] = {CG_TOLD_ROTATED, CG_REASON_NONE},
    [CG_SESSION_IDENTIFIED] = {CG_TOLD_IDENTIFIED, CG_REASON_NONE},
    [CG_SESSION_ENDED] = {CG_TOLD_ENDED, CG_REASON_NONE},
    [CG_SESSION_MUTED] = {CG_TOLD_MUTED, CG_REASON_NONE},
    [CG_SESSION_DROPPED] = {CG_TOLD_DROPPED, CG_REASON_NONE},
    [CG_SESSION_TOO_LARGE] = {CG_TOLD_TOO_LARGE, CG_REASON_NONE},
    [CG_SESSION_FULL] = {CG_TOLD_FULL, CG_REASON_NONE},
    [CG_SESSION_FAILED] = {CG_TOLD_FAILED, CG_REASON_NONE},
};

static void tell_meaning(telling *t, const meaning *is, const unsigned char number[CG_NUMBER_SIZE],
                         unsigned retries)
{
    if (is->action != CG_TOLD_NOTHING) {
        tell(t, (cg_session_record){.action = is->action, .reason = is->reason, .retries = retries},
             number);
    }
}

static cg_session_reason reason_of(const cg_evicted *evicted)
{
    static const cg_session_reason of_classes[] = {
        [CG_CLASS_NEWBORN] = CG_REASON_NEWBORN,
        [CG_CLASS_RETURNING] = CG_REASON_RETURNING,
        [CG_CLASS_AUTHENTICATED] = CG_REASON_IDLE,
    };
    if (evicted->is_own) {
        return CG_REASON_SURPLUS;
    }
    return evicted->class < CG_CLASS_COUNT ? of_classes[evicted->class] : CG_REASON_NONE;
}

/* What had expired is nothing that anybody loses. Of more than are told one by one the rest is
 * counted. */
static void tell_evictions(telling *t, const cg_evictions *evictions)
{
    unsigned told = evictions->count < CG_EVICTED_MAX ? evictions->count : CG_EVICTED_MAX;

    for (unsigned i = 0; i < told; i++) {
        const cg_evicted *evicted = &evictions->of[i];
        if (!evicted->is_expired) {
            tell(t, (cg_session_record){.action = CG_TOLD_EVICTED, .reason = reason_of(evicted)},
                 evicted->number);
        }
    }
    cg_counter_add(cg_generation_now.segment, cg_counter_of_action(CG_TOLD_EVICTED),
                   evictions->count - told);
}

void cg_session_log_request(request_rec *r, const cg_session_story *story)
{
    telling t = {.r = r};

    tell_meaning(&t, &of_arrivals[story->arrival], story->opened_number, 0);
    if (story->is_opened) {
        tell_meaning(&t, &of_verdicts[story->verdict], story->opened_number, 0);
    }
    if (story->is_reuse_ended) {
        tell(&t, (cg_session_record){.action = CG_TOLD_ENDED, .reason = CG_REASON_REUSE},
             story->opened_number);
    }
    if (story->is_settled) {
        tell_meaning(&t, &of_events[story->outcome.event], story->number, story->outcome.retries);
        tell_evictions(&t, &story->outcome.evictions);
    }
}

/* -- our own line ------------------------------------------------------------------------------- */

typedef struct redaction {
    apr_pool_t *pool;
    cg_span name;
    const char *tag; /* empty: not known */
} redaction;

/* "name=token; Path=/" becomes "name=tag; Path=/". */
static const char *redacted(const redaction *as, const char *line)
{
    const char *rest = strchr(line, ';');
    return apr_pstrcat(as->pool, apr_pstrmemdup(as->pool, as->name.at, as->name.len), "=", as->tag,
                       rest ? rest : "", NULL);
}

static bool is_ours(const redaction *as, const apr_table_entry_t *entry)
{
    return !ap_cstr_casecmp(entry->key, "Set-Cookie") &&
           cg_span_starts(cg_span_of(entry->val), as->name) && entry->val[as->name.len] == '=';
}

static void redact_table(const redaction *as, apr_table_t *headers)
{
    const apr_array_header_t *entries = apr_table_elts(headers);

    for (int i = 0; i < entries->nelts; i++) {
        apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        if (is_ours(as, entry)) {
            entry->val = (char *)redacted(as, entry->val);
        }
    }
}

int cg_session_log_redact(request_rec *r)
{
    const cg_session_story *story = cg_request_session_story(r);
    const char *tag;
    redaction as;

    if (!story || !story->outcome.has_token) {
        return DECLINED;
    }
    tag = cg_session_log_tag(r);
    as = (redaction){r->pool, cg_config_of(r->server)->session.cookie_name, tag ? tag : ""};
    while (r->prev) {
        r = r->prev;
    }
    for (; r; r = r->next) {
        redact_table(&as, r->headers_out);
        redact_table(&as, r->err_headers_out);
    }
    return DECLINED;
}
