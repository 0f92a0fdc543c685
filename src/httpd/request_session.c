/* The session of one client request: opened when it is first asked for, settled once. */
#include "request_session.h"

#include <apr_strings.h>

#include "facts.h"
#include "judging.h"
#include "session_client.h"
#include "session_cookie.h"
#include "session_store.h"
#include "session_user.h"

/* Whether sessions can be had for a request. */
typedef enum usability { NOT_LOOKED_AT = 0, USABLE, PLAIN_HTTP, NO_STORE } usability;

struct cg_request_session {
    apr_pool_t *pool;
    const cg_server_config *config; /* of the virtual host */
    cg_token token;                 /* if story.arrival says that it came, until it is opened */
    const char *user;               /* as it stood in fixups, or null */
    cg_mod_session *entries;        /* null: mod_session did not ask */
    uint32_t idle_max;              /* seconds; 0: as the virtual host says */

    usability usability;
    const cg_session_store *store;
    cg_crypto *crypto; /* of the thread that is at work */
    cg_realm realm;

    cg_session *opened; /* of whatever verdict; null: not yet, or no token came */
    cg_span line;       /* that was sent with a token */
    cg_session_story story;
};

/* -- the object --------------------------------------------------------------------------------- */

static apr_status_t wipe(void *data)
{
    cg_request_session *session = data;

    if (session->opened) {
        cg_session_wipe(session->opened);
    }
    cg_wipe(&session->token, sizeof session->token);
    cg_wipe((void *)session->line.at, session->line.len);
    return APR_SUCCESS;
}

static cg_request_session *make(request_rec *r)
{
    cg_request_session *session = apr_pcalloc(r->pool, sizeof *session);

    session->pool = r->pool;
    session->config = cg_config_of(r->server);
    apr_pool_cleanup_register(r->pool, session, wipe, apr_pool_cleanup_null);
    return session;
}

cg_request_session *cg_request_session_of(request_rec *r)
{
    cg_response *response;

    if (!cg_config_of(r->server)->session.is_on) {
        return NULL;
    }
    while (r->main) {
        r = r->main;
    }
    if (r->proxyreq == PROXYREQ_PROXY) {
        return NULL;
    }
    response = cg_response_make(r);
    if (!response->session) {
        response->session = make(r);
    }
    return response->session;
}

apr_pool_t *cg_request_session_pool(const cg_request_session *session)
{
    return session->pool;
}

cg_mod_session **cg_request_session_entries(cg_request_session *session)
{
    return &session->entries;
}

const cg_session_story *cg_request_session_story(const request_rec *r)
{
    const cg_response *response = cg_response_of(r);
    return response && response->session ? &response->session->story : NULL;
}

/* -- what comes in ------------------------------------------------------------------------------ */

void cg_request_session_take_token(request_rec *r, cg_span value, bool is_repeated)
{
    cg_request_session *session = cg_request_session_of(r);

    if (session && is_repeated) {
        session->story.arrival = CG_TOKEN_REPEATED;
    } else if (session) {
        bool is_token = cg_token_parse(value, &session->token);
        session->story.arrival = is_token ? CG_TOKEN_CAME : CG_TOKEN_MALFORMED;
    }
    cg_wipe((void *)value.at, value.len);
}

/* An error page inherits r->user from the request that was turned away, where the same sections hold
 * for both; its own status may be any. */
static bool follows_unauthorized(const request_rec *r)
{
    for (r = r->prev; r; r = r->prev) {
        if (r->status == HTTP_UNAUTHORIZED) {
            return true;
        }
    }
    return false;
}

int cg_request_session_fixups(request_rec *r)
{
    if (r->user && !r->main && !follows_unauthorized(r)) {
        cg_request_session *session = cg_request_session_of(r);
        if (session) {
            session->user = r->user;
        }
    }
    return DECLINED;
}

static usability find_usability(cg_request_session *session, request_rec *r)
{
    if (!cg_fact_is_https(r)) {
        return PLAIN_HTTP;
    }
    session->store = cg_session_store_now();
    session->crypto = cg_crypto_of_thread();
    return session->store && session->crypto &&
                   cg_realm_of_request(r, session->crypto, &session->realm)
               ? USABLE
               : NO_STORE;
}

/* Looked at no earlier than somebody wants a session: who says that it is HTTPS may be a module that
 * comes after us. Whoever opens a session need not be the thread that settles it. */
static bool is_usable(cg_request_session *session, request_rec *r)
{
    if (session->usability == NOT_LOOKED_AT) {
        session->usability = find_usability(session, r);
    } else {
        session->crypto = cg_crypto_of_thread();
    }
    return session->usability == USABLE && session->crypto;
}

static cg_timeouts timeouts_of(const cg_request_session *session)
{
    cg_timeouts timeouts = session->config->session.timeouts;

    if (session->idle_max && session->idle_max < timeouts.idle) {
        timeouts.idle = session->idle_max;
    }
    return timeouts;
}

/* A record that did not open says nothing that could be believed. */
static bool has_opened(cg_session_verdict verdict)
{
    return verdict == CG_SESSION_EXPIRED || verdict == CG_SESSION_REUSED ||
           verdict >= CG_SESSION_FORMER;
}

static void end_reused(cg_request_session *session)
{
    if (session->config->session.reuse_ends) {
        cg_session_end_reused(session->opened);
        session->story.is_reuse_ended = true;
    }
}

static void open_session(cg_request_session *session)
{
    cg_session_story *story = &session->story;
    cg_timeouts timeouts = timeouts_of(session);

    session->opened = cg_session_open(session->store, session->crypto, session->pool,
                                      &session->realm, &session->token, &timeouts,
                                      cg_session_now());
    story->is_opened = true;
    story->verdict = session->opened->verdict;
    if (has_opened(story->verdict)) {
        memcpy(story->opened_number, session->opened->header.number, sizeof story->number);
        memcpy(story->number, story->opened_number, sizeof story->number);
    }
    if (story->verdict == CG_SESSION_REUSED) {
        end_reused(session);
    }
}

static void limit_idle(cg_request_session *session, uint32_t idle_max)
{
    if (idle_max && (!session->idle_max || idle_max < session->idle_max)) {
        session->idle_max = idle_max;
    }
}

const cg_session *cg_request_session_open(cg_request_session *session, request_rec *r,
                                          uint32_t idle_max)
{
    limit_idle(session, idle_max);
    if (!session->opened && session->story.arrival == CG_TOKEN_CAME && is_usable(session, r)) {
        open_session(session);
    }
    return session->opened && session->opened->verdict >= CG_SESSION_FORMER ? session->opened
                                                                            : NULL;
}

/* -- what is said in the log -------------------------------------------------------------------- */

/* Once; the notices are those from the other end than judging.c's. */
static void say_plain_http(const cg_request_session *session, request_rec *r)
{
    const cg_server_config *config = session->config;

    if (cg_segment_notice_once(cg_generation_now.segment, CG_NOTICE_MAX - 1 - config->number)) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "CG0058: a session of virtual host %s was wanted over plain http; there are "
                      "none there: its token is not read, and none is sent. If a proxy in front "
                      "speaks HTTPS, say CookieGuardHTTPS on",
                      config->vhost.at);
    }
}

/* What clients can cause at will is said ten times a second at most, as in the audit. */
static void say_failure(const cg_request_session *session, request_rec *r, const char *sentence)
{
    uint64_t held_back;

    if (cg_segment_allow_line(cg_generation_now.segment, session->config->number, apr_time_now(),
                              &held_back)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "%s%s", sentence,
                      held_back ? "; other such lines were held back before this one" : "");
    }
}

static const char *const sentences[] = {
    [CG_SESSION_TOO_LARGE] =
        "CG0055: a session was to hold more than CookieGuardSessionMaxSize, or one whose token has "
        "not come back yet more than 2048 octets; nothing was saved, and it stays as it was",
    [CG_SESSION_FULL] = "CG0056: the store of sessions is full, and none in it may give way; "
                        "nothing was saved. CookieGuardStore shm size= makes it larger",
    [CG_SESSION_FAILED] = "CG0057: a session could not be saved: no randomness, or a part of the "
                          "store cannot be used any more; a restart makes it usable"};

static void say_outcome(const cg_request_session *session, request_rec *r)
{
    cg_session_event event = session->story.outcome.event;

    if (event < sizeof sentences / sizeof sentences[0] && sentences[event]) {
        say_failure(session, r, sentences[event]);
    }
}

static void say_unusable(const cg_request_session *session, request_rec *r)
{
    if (session->usability == PLAIN_HTTP) {
        say_plain_http(session, r);
    } else {
        say_failure(session, r,
                    "CG0057: there is no store of sessions; the lines at the start of "
                    "the server tell why");
    }
}

/* -- settling ----------------------------------------------------------------------------------- */

/* Whose name is not known gets one that nobody else has: it may be another one than before, to whom
 * an attacker left a session that he had logged in to himself. */
static cg_span name_nobody(const cg_request_session *session)
{
    unsigned char octets[CG_NUMBER_SIZE];
    char *name;

    if (!cg_random(session->crypto, octets, sizeof octets)) {
        return CG_SPAN("?"); /* there is no new token to be had either, so nothing is saved */
    }
    name = apr_palloc(session->pool, 2 * sizeof octets + 1);
    ap_bin2hex(octets, sizeof octets, name);
    return (cg_span){name, 2 * sizeof octets};
}

static cg_session_wish make_wish(const cg_request_session *session, const request_rec *r,
                                 const cg_entry_changes *changes,
                                 const cg_user_statement *statement)
{
    cg_session_wish wish = {.changes = changes->changes, .change_count = changes->count};

    if (!changes->count && !statement->is_said) {
        return wish;
    }
    wish.user = statement->has_no_name ? name_nobody(session) : statement->user;
    wish.has_user = statement->is_said;
    wish.source = cg_session_source(r, session->store->sub_keys, &session->realm);
    wish.may_create = cg_session_may_begin(r, wish.has_user && wish.user.len);
    return wish;
}

static void carry_out(cg_request_session *session, request_rec *r)
{
    cg_session_outcome *outcome = &session->story.outcome;
    static const unsigned char none[CG_NUMBER_SIZE];

    if (outcome->has_token) {
        session->line = cg_session_cookie_send(r, &outcome->token);
    } else if (outcome->deletes) {
        cg_session_cookie_delete(r);
    }
    if (memcmp(outcome->number, none, sizeof none)) {
        memcpy(session->story.number, outcome->number, sizeof none);
    }
    say_outcome(session, r);
}

/* A token that came and was not asked for stays unopened, unless there is news of its user; and
 * where none came, a user alone is nothing to keep. */
static bool is_concerned(const cg_request_session *session, const cg_entry_changes *changes,
                         const cg_user_statement *statement)
{
    return session->opened || changes->count ||
           (statement->is_said && session->story.arrival == CG_TOKEN_CAME);
}

static void settle(cg_request_session *session, request_rec *r)
{
    cg_entry_changes changes = cg_mod_session_changes(session->entries, session->pool);
    cg_user_statement statement = cg_session_user_find(r, session->user, session->entries,
                                                       &changes);
    cg_timeouts timeouts = timeouts_of(session);
    cg_session_wish wish;

    if (!is_concerned(session, &changes, &statement)) {
        return;
    }
    if (!is_usable(session, r)) {
        say_unusable(session, r);
        return;
    }
    cg_request_session_open(session, r, 0);
    wish = make_wish(session, r, &changes, &statement);
    cg_session_settle(session->store, session->crypto, session->pool, &session->realm, &timeouts,
                      &session->config->session.limits, session->opened, &wish, cg_session_now(),
                      &session->story.outcome);
    carry_out(session, r);
}

void cg_request_session_settle(cg_request_session *session, request_rec *r)
{
    if (!session->story.is_settled) {
        session->story.is_settled = true;
        settle(session, r);
    }
}
