/* Settling a session: what the response wanted meets what the record is by now.
 *
 * Every path begins with the newest record and ends with one compare of its version: whoever comes
 * second begins anew, and finds what the first one made of it. A new record is put first, under a handle
 * that nobody knows, and counts only if that compare succeeds; else it is taken out again. */
#include <string.h>

#include "draft.h"

typedef struct settling {
    const cg_session_store *store;
    cg_crypto *crypto;
    apr_pool_t *pool;
    const cg_realm *realm;
    const cg_timeouts *timeouts;
    const cg_session_limits *limits;
    const cg_session_wish *wish;
    uint32_t now;
    cg_session_outcome *outcome;

    cg_session *s; /* the record as it is by now */

    const cg_change *changes; /* those of the wish, and who the user is */
    size_t change_count;
    cg_content content; /* what the record is to become */
    bool differs;
} settling;

/* A logout is not dropped because others are faster: one of them wins each time, and they are few. */
enum { LOGOUT_RETRIES = 100 };

/* Whether a way was gone to its end, or begins anew with the newest record. */
typedef enum step { STEP_DONE = 0, STEP_AGAIN } step;

static step finish(settling *it, cg_session_event event)
{
    it->outcome->event = event;
    return STEP_DONE;
}

static step finish_by(settling *it, cg_table_result result)
{
    switch (result) {
    case CG_TABLE_CHANGED:
        return STEP_AGAIN;
    case CG_TABLE_ABSENT:
        return finish(it, CG_SESSION_MUTED);
    case CG_TABLE_FULL:
        return finish(it, CG_SESSION_FULL);
    default:
        return finish(it, CG_SESSION_FAILED);
    }
}

static bool user_changes(const settling *it)
{
    return it->wish->has_user && !cg_span_equal(it->wish->user, cg_session_user(it->s));
}

static bool is_logout(const settling *it)
{
    return it->wish->has_user && it->wish->user.len == 0;
}

static bool user_leaves(const settling *it)
{
    return is_logout(it) && user_changes(it);
}

/* The changes of the wish, with the user's name among them if that is another one. */
static void collect_changes(settling *it)
{
    const cg_session_wish *wish = it->wish;
    cg_change *changes;

    it->changes = wish->changes;
    it->change_count = wish->change_count;
    if (!wish->has_user) {
        return;
    }
    changes = apr_palloc(it->pool, (wish->change_count + 1) * sizeof *changes);
    if (wish->change_count) {
        memcpy(changes, wish->changes, wish->change_count * sizeof *changes);
    }
    changes[it->change_count++] = (cg_change){.section = CG_SECTION_INTERNAL,
                                              .key = CG_INTERNAL_USER,
                                              .value = wish->user.len ? wish->user : (cg_span){0}};
    it->changes = changes;
}

static bool is_too_large(const settling *it, cg_content content, cg_class class)
{
    size_t most = it->limits->content_max;
    if (class == CG_CLASS_NEWBORN && most > CG_CONTENT_NEWBORN_MAX) {
        most = CG_CONTENT_NEWBORN_MAX;
    }
    return content.text.len > most;
}

/* -- new records ----------------------------------------------------------------------------- */

/* Puts a draft under a handle of its own; one in 2^96 times there is one of that handle already. */
static cg_table_result put_new(settling *it, cg_span user, cg_draft *draft, cg_token *token)
{
    cg_table_result result = CG_TABLE_EXISTS;

    for (int tries = 0; tries < 3 && result == CG_TABLE_EXISTS; tries++) {
        if (!cg_draft_make(it->store, it->crypto, it->realm, user, it->now, draft, token)) {
            return CG_TABLE_BROKEN;
        }
        result = cg_draft_put(it->store, it->crypto, it->pool, it->realm, draft, it->limits,
                              it->now, &it->outcome->evictions);
    }
    return result;
}

/* The record that is to follow the session's own. */
static cg_draft successor_of(const settling *it, cg_content content)
{
    cg_draft draft = {.header = it->s->header, .facts = it->s->facts, .content = content};

    draft.header.state = CG_RECORD_LIVE;
    cg_draft_touch(&draft, it->now);
    draft.facts.idle = it->timeouts->idle;
    return draft;
}

static void send_token(settling *it, const cg_token *token, cg_session_event event)
{
    it->outcome->token = *token;
    it->outcome->has_token = true;
    finish(it, event);
}

static void withdraw(settling *it, const cg_draft *draft)
{
    cg_table_remove(it->store->table, draft->header.handle, 0);
}

/* Once its arbiter has spoken: the new record counts, or never was. */
static step conclude(settling *it, cg_table_result arbiter, cg_draft *draft, cg_token *token,
                     cg_session_event event)
{
    step next = STEP_DONE;

    if (arbiter == CG_TABLE_DONE) {
        send_token(it, token, event);
    } else {
        withdraw(it, draft);
        next = finish_by(it, arbiter);
    }
    cg_wipe(token, sizeof *token);
    cg_wipe(draft->key, sizeof draft->key);
    return next;
}

/* -- a session begins -------------------------------------------------------------------------- */

static bool may_create(const settling *it)
{
    /* after a token that was used twice, only who logs in anew gets another */
    bool is_reused = it->s && it->s->verdict == CG_SESSION_REUSED;
    bool is_login = it->wish->has_user && it->wish->user.len;
    return it->wish->may_create && (!is_reused || is_login);
}

static void create(settling *it)
{
    cg_span user = it->wish->has_user ? it->wish->user : (cg_span){0};
    cg_class class = user.len ? CG_CLASS_AUTHENTICATED : CG_CLASS_NEWBORN;
    cg_draft draft = {.header = {.state = CG_RECORD_LIVE, .is_authenticated = user.len != 0},
                      .facts = {.class = class,
                                .last_access = it->now,
                                .idle = it->timeouts->idle,
                                .source = it->wish->source}};
    cg_table_result result;
    cg_token token;

    collect_changes(it);
    draft.content = cg_draft_content(it->pool, (cg_content){{NULL, 0}}, it->changes,
                                     it->change_count, NULL);
    if (!may_create(it)) {
        return;
    }
    if (is_too_large(it, draft.content, class)) {
        finish(it, CG_SESSION_TOO_LARGE);
        return;
    }
    if (cg_content_is_empty(draft.content)) {
        return;
    }
    draft.header.expires = cg_draft_moment_after(it->now, it->timeouts->absolute);
    if (!cg_random(it->crypto, draft.header.number, sizeof draft.header.number)) {
        finish(it, CG_SESSION_FAILED);
        return;
    }
    memcpy(it->outcome->number, draft.header.number, sizeof draft.header.number);
    result = put_new(it, user, &draft, &token);
    if (result == CG_TABLE_DONE) {
        send_token(it, &token, CG_SESSION_CREATED);
    } else {
        finish(it, result == CG_TABLE_FULL ? CG_SESSION_FULL : CG_SESSION_FAILED);
    }
    cg_wipe(&token, sizeof token);
    cg_wipe(draft.key, sizeof draft.key);
}

/* -- and goes on ------------------------------------------------------------------------------- */

static cg_table_result rewrite(settling *it, cg_draft *draft, const cg_session_place *place)
{
    cg_table_result result;

    memcpy(draft->key, place->key, sizeof draft->key);
    draft->header.version = place->version + 1;
    result = cg_draft_replace(it->store, it->crypto, it->pool, it->realm, draft, place->version,
                              it->limits, it->now, &it->outcome->evictions);
    cg_wipe(draft->key, sizeof draft->key);
    return result;
}

static step save(settling *it)
{
    cg_draft draft = successor_of(it, it->content);
    cg_table_result result;

    if (is_too_large(it, it->content, draft.facts.class)) {
        return finish(it, CG_SESSION_TOO_LARGE);
    }
    result = rewrite(it, &draft, &it->s->record);
    return result == CG_TABLE_DONE ? finish(it, CG_SESSION_SAVED) : finish_by(it, result);
}

/* Nothing is left of it: also no alias that leads there. */
static cg_table_result take_out(settling *it)
{
    const cg_session *s = it->s;
    cg_table_result result = cg_table_remove(it->store->table, s->record.handle, s->record.version);

    if (result == CG_TABLE_DONE && s->is_alias) {
        cg_table_remove(it->store->table, s->entry.handle, 0);
    }
    return result;
}

static step end(settling *it)
{
    cg_table_result result = take_out(it);
    if (result != CG_TABLE_DONE) {
        return finish_by(it, result);
    }
    it->outcome->deletes = true;
    return finish(it, CG_SESSION_ENDED);
}

/* What cannot be done is left undone, but for a logout: who goes is gone, and the data with him. */
static step refuse(settling *it, cg_session_event why)
{
    return user_leaves(it) ? end(it) : finish(it, why);
}

/* The record as it was, for whoever comes with the old token in the next seconds; read only. */
static cg_table_result leave_former(settling *it)
{
    cg_draft draft = {.header = it->s->header, .facts = it->s->facts, .content = it->s->content};

    draft.header.state = CG_RECORD_FORMER;
    draft.header.expires = cg_draft_moment_after(it->now, CG_GRACE_SECONDS);
    cg_draft_touch(&draft, it->now);
    return rewrite(it, &draft, &it->s->record);
}

/* Another user, or none any more: another token, another record. What a logout leaves of data goes on
 * under the new token; the old one is dead at once. */
static step identify(settling *it)
{
    const cg_change fresh[] = {
        {.section = CG_SECTION_INTERNAL, .key = CG_INTERNAL_PRESENTED, .was_there = true},
        {.section = CG_SECTION_INTERNAL, .key = CG_INTERNAL_FROM, .was_there = true}};
    cg_draft draft = successor_of(it, cg_draft_content(it->pool, it->content, fresh, 2, NULL));
    cg_table_result result;
    cg_token token;

    draft.facts.class = is_logout(it) ? CG_CLASS_RETURNING : CG_CLASS_AUTHENTICATED;
    draft.facts.source = it->wish->source;
    draft.header.is_authenticated = !is_logout(it);
    draft.header.epoch++;
    draft.header.expires = cg_draft_moment_after(it->now, it->timeouts->absolute);
    if (is_too_large(it, draft.content, draft.facts.class)) {
        return refuse(it, CG_SESSION_TOO_LARGE);
    }
    result = put_new(it, it->wish->user, &draft, &token);
    if (result != CG_TABLE_DONE) {
        return refuse(it, result == CG_TABLE_FULL ? CG_SESSION_FULL : CG_SESSION_FAILED);
    }
    result = is_logout(it) ? take_out(it) : leave_former(it);
    return conclude(it, result, &draft, &token, CG_SESSION_IDENTIFIED);
}

/* What stands at `place` becomes an alias of `successor`. It is nobody's session any more. */
static cg_table_result leave_alias(settling *it, const cg_record_header *header,
                                   const cg_session_place *place, bool was_presented,
                                   const cg_draft *successor)
{
    const uint32_t presented = was_presented ? 1 : 0;
    char to[CG_HANDLE_SIZE + CG_KEY_SIZE];
    const cg_change changes[] = {
        {.section = CG_SECTION_INTERNAL, .key = CG_INTERNAL_TO, .value = {to, sizeof to}},
        {.section = CG_SECTION_INTERNAL,
         .key = CG_INTERNAL_PRESENTED,
         .value = {(const char *)&presented, sizeof presented}}};
    cg_draft draft = {.header = *header, .facts = it->s->facts};
    cg_table_result result;

    memcpy(to, successor->header.handle, CG_HANDLE_SIZE);
    memcpy(to + CG_HANDLE_SIZE, successor->key, CG_KEY_SIZE);
    draft.header.state = CG_RECORD_ALIAS;
    memset(draft.header.subject, 0, sizeof draft.header.subject);
    cg_draft_touch(&draft, it->now);
    draft.content = cg_draft_content(it->pool, (cg_content){{NULL, 0}}, changes, 2, NULL);
    result = rewrite(it, &draft, place);
    cg_wipe((void *)draft.content.text.at, draft.content.text.len);
    cg_wipe(to, sizeof to);
    return result;
}

static bool was_presented(const cg_session *s)
{
    return cg_session_number_at(s->content, CG_INTERNAL_PRESENTED, 1) != 0;
}

/* A key is good for so many messages (SP 800-38D 8.3); nobody gets there, and who does gets another. */
static bool is_worn(const cg_record_header *header)
{
    return header->version >= UINT32_MAX - 1;
}

/* Only the record's own token asks for the next one; the token before it does so where the record's
 * own never came, so that its response is taken for lost. */
static bool is_rotation_due(const settling *it)
{
    uint64_t due = (uint64_t)it->s->header.created + it->timeouts->rotate;
    bool is_old = it->timeouts->rotate && due <= it->now;
    return (is_old || is_worn(&it->s->header)) && !(it->s->is_alias && was_presented(it->s));
}

/* The alias from which the browser comes leads to the new record at once, and what stood between the
 * two, for nobody's token any more, goes. */
static void point_anew(settling *it, const cg_draft *successor)
{
    if (leave_alias(it, &it->s->entry_header, &it->s->entry, true, successor) == CG_TABLE_DONE) {
        cg_table_remove(it->store->table, it->s->record.handle, 0);
    }
}

static step rotate(settling *it)
{
    const uint32_t not_yet = 0;
    const cg_session *s = it->s;
    const cg_change fresh[] = {{.section = CG_SECTION_INTERNAL,
                                .key = CG_INTERNAL_PRESENTED,
                                .value = {(const char *)&not_yet, sizeof not_yet}},
                               {.section = CG_SECTION_INTERNAL,
                                .key = CG_INTERNAL_FROM,
                                .value = {(const char *)s->entry.handle, sizeof s->entry.handle}}};
    cg_draft draft = successor_of(it, cg_draft_content(it->pool, it->content, fresh, 2, NULL));
    cg_table_result result;
    cg_token token;

    result = put_new(it, cg_session_user(s), &draft, &token);
    if (result != CG_TABLE_DONE) {
        return it->differs ? save(it) : finish(it, CG_SESSION_NOTHING);
    }
    result = leave_alias(it, &s->header, &s->record, was_presented(s), &draft);
    if (result == CG_TABLE_DONE && s->is_alias) {
        point_anew(it, &draft);
    }
    return conclude(it, result, &draft, &token, CG_SESSION_ROTATED);
}

/* -- which way -------------------------------------------------------------------------------- */

static step settle_live(settling *it)
{
    it->content = cg_draft_content(it->pool, it->s->content, it->changes, it->change_count,
                                   &it->differs);
    if (it->content.text.len > CG_CONTENT_MAX) {
        return refuse(it, CG_SESSION_TOO_LARGE);
    }
    if (it->differs && cg_content_is_empty(it->content)) {
        return end(it);
    }
    if (user_changes(it)) {
        return identify(it);
    }
    if (is_rotation_due(it) && !is_too_large(it, it->content, it->s->facts.class)) {
        return rotate(it);
    }
    return it->differs ? save(it) : finish(it, CG_SESSION_NOTHING);
}

static bool is_same_session(const cg_session *loaded, const cg_session *newest)
{
    return newest->verdict == CG_SESSION_LIVE && newest->header.epoch == loaded->header.epoch &&
           !memcmp(newest->header.number, loaded->header.number, sizeof loaded->header.number);
}

static void settle_with_retries(settling *it, cg_session *loaded)
{
    cg_session newest;

    it->s = loaded;
    while (settle_live(it) == STEP_AGAIN) {
        unsigned most = user_leaves(it) ? LOGOUT_RETRIES : CG_SAVE_RETRIES;
        if (it->outcome->retries++ == most) {
            finish(it, CG_SESSION_DROPPED);
            break;
        }
        if (it->s != loaded) {
            cg_session_wipe(&newest);
        }
        newest = cg_session_reload(loaded, it->crypto, it->now);
        it->s = &newest;
        if (!is_same_session(loaded, &newest)) {
            finish(it, CG_SESSION_MUTED);
            break;
        }
    }
    if (it->s != loaded) {
        cg_session_wipe(&newest);
    }
}

static bool wants_something(const cg_session_wish *wish, const cg_session *session)
{
    return wish->change_count ||
           (wish->has_user && !cg_span_equal(wish->user, cg_session_user(session)));
}

void cg_session_settle(const cg_session_store *store, cg_crypto *crypto, apr_pool_t *pool,
                       const cg_realm *realm, const cg_timeouts *timeouts,
                       const cg_session_limits *limits, cg_session *session,
                       const cg_session_wish *wish, uint32_t now, cg_session_outcome *outcome)
{
    settling it = {.store = store,
                   .crypto = crypto,
                   .pool = pool,
                   .realm = realm,
                   .timeouts = timeouts,
                   .limits = limits,
                   .wish = wish,
                   .now = now,
                   .outcome = outcome,
                   .s = session};

    *outcome = (cg_session_outcome){.event = CG_SESSION_NOTHING};
    if (!session || session->verdict < CG_SESSION_MUTE) {
        create(&it);
        return;
    }
    memcpy(outcome->number, session->header.number, sizeof outcome->number);
    if (session->verdict != CG_SESSION_LIVE) {
        finish(&it, wants_something(wish, session) ? CG_SESSION_MUTED : CG_SESSION_NOTHING);
        return;
    }
    collect_changes(&it);
    settle_with_retries(&it, session);
}
