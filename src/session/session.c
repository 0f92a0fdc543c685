/* A session as its token opens it: the record is read, opened, followed where it is an alias, and
 * looked at for its age. */
#include "session.h"

#include <string.h>

#include "draft.h"

/* A session of 2 KiB fits; a larger one is read in a second try. */
enum { FIRST_ROOM = 2560 };

/* A token that is used again may be followed over many rotations, to end what became of it. */
enum { HOPS_MAX = 64 };

/* An alias that was read before may stand there, opened. */
static void make_room(cg_session *s, size_t size)
{
    cg_wipe(s->memory, s->memory_used);
    s->memory = apr_palloc(s->pool, size);
    s->memory_size = size;
    s->memory_used = 0;
}

static cg_table_result fetch(cg_session *s, const unsigned char *handle, size_t *size)
{
    cg_table_result result;

    *size = s->memory_size;
    result = cg_table_get(s->store->table, handle, s->memory, size, &s->facts);
    while (result == CG_TABLE_SMALL && *size <= CG_RECORD_OVERHEAD + CG_CONTENT_MAX) {
        make_room(s, *size);
        result = cg_table_get(s->store->table, handle, s->memory, size, &s->facts);
    }
    if (result == CG_TABLE_DONE && *size > s->memory_used) {
        s->memory_used = *size;
    }
    return result;
}

/* What the header alone says. A key that this process does not know is no reason to log out. */
static cg_session_verdict verdict_of_look(cg_record_verdict look)
{
    switch (look) {
    case CG_RECORD_OPENED:
        return CG_SESSION_LIVE;
    case CG_RECORD_KEY_UNKNOWN:
        return CG_SESSION_MUTE;
    case CG_RECORD_TAMPERED:
    case CG_RECORD_KEY_RETIRED:
        return CG_SESSION_FORGED;
    case CG_RECORD_MALFORMED:
    case CG_RECORD_KEY_REVOKED:
        break;
    }
    return CG_SESSION_NONE;
}

/* Reads the record at `place` and opens it with the place's key; a token makes that key first. */
static cg_session_verdict read_place(cg_session *s, cg_crypto *crypto, cg_session_place *place,
                                     const cg_token *token)
{
    const cg_sub_keys_of_one *keys = NULL;
    cg_session_verdict verdict;
    size_t size;
    cg_table_result result = fetch(s, place->handle, &size);

    if (result != CG_TABLE_DONE) {
        return result == CG_TABLE_ABSENT ? CG_SESSION_NONE : CG_SESSION_MUTE;
    }
    verdict = verdict_of_look(
        cg_record_look(s->memory, size, s->store->sub_keys, &s->header, &keys));
    if (verdict != CG_SESSION_LIVE) {
        return verdict;
    }
    if (token &&
        !cg_record_make_key(crypto, keys->keys[CG_PURPOSE_RECORD], (cg_record_kind)s->header.kind,
                            &s->realm, token, place->key)) {
        return CG_SESSION_MUTE;
    }
    if (memcmp(s->header.handle, place->handle, CG_HANDLE_SIZE) ||
        cg_record_open(crypto, place->key, &s->realm, s->memory, size, &s->content) !=
            CG_RECORD_OPENED) {
        return CG_SESSION_FORGED;
    }
    place->version = s->header.version;
    return CG_SESSION_LIVE;
}

static bool is_expired(const cg_session *s, uint32_t now)
{
    uint64_t idle_end = (uint64_t)s->facts.last_access + s->timeouts.idle;
    return s->header.expires <= now || idle_end <= now;
}

uint32_t cg_session_number_at(cg_content content, cg_span key, uint32_t otherwise)
{
    cg_span value = cg_content_find(content, CG_SECTION_INTERNAL, key);
    uint32_t number = otherwise;

    if (value.at && value.len == sizeof number) {
        memcpy(&number, value.at, sizeof number);
    }
    return number;
}

/* A record that rotation did not make was in use from the first. */
static bool is_presented(cg_content content)
{
    return cg_session_number_at(content, CG_INTERNAL_PRESENTED, 1) != 0;
}

static bool read_successor(cg_content alias, cg_session_place *place)
{
    cg_span to = cg_content_find(alias, CG_SECTION_INTERNAL, CG_INTERNAL_TO);

    if (!to.at || to.len != CG_HANDLE_SIZE + CG_KEY_SIZE) {
        return false;
    }
    memcpy(place->handle, to.at, CG_HANDLE_SIZE);
    memcpy(place->key, to.at + CG_HANDLE_SIZE, CG_KEY_SIZE);
    return true;
}

/* An alias leads to the successor. A token is good for one hop: its successor leads on only if its own
 * token never came; else the token is one that was used again, of a session that lives on. */
static cg_session_verdict follow_aliases(cg_session *s, cg_crypto *crypto, uint32_t now)
{
    cg_session_verdict found = CG_SESSION_LIVE;

    for (int hops = 0; s->header.state == CG_RECORD_ALIAS; hops++) {
        cg_session_verdict verdict;

        if (s->is_alias && is_presented(s->content)) {
            found = CG_SESSION_REUSED;
        }
        if (hops == HOPS_MAX || !read_successor(s->content, &s->record)) {
            return CG_SESSION_NONE;
        }
        s->is_alias = true;
        verdict = read_place(s, crypto, &s->record, NULL);
        if (verdict != CG_SESSION_LIVE) {
            return verdict == CG_SESSION_MUTE ? verdict : CG_SESSION_NONE;
        }
        if (is_expired(s, now)) {
            return CG_SESSION_EXPIRED;
        }
    }
    return found;
}

/* The old token is good until the new one came, and for a moment more. */
static bool is_reused(const cg_session *s, uint32_t now)
{
    uint32_t presented = cg_session_number_at(s->content, CG_INTERNAL_PRESENTED, 0);
    return s->is_alias && presented && now >= (uint64_t)presented + CG_GRACE_SECONDS;
}

static cg_session_verdict read_session(cg_session *s, cg_crypto *crypto, const cg_token *token,
                                       uint32_t now)
{
    cg_session_verdict verdict = read_place(s, crypto, &s->entry, token);

    s->record = s->entry;
    s->entry_header = s->header;
    s->is_alias = false;
    if (verdict != CG_SESSION_LIVE) {
        return verdict;
    }
    if (is_expired(s, now)) {
        return CG_SESSION_EXPIRED;
    }
    verdict = follow_aliases(s, crypto, now);
    if (verdict != CG_SESSION_LIVE) {
        return verdict;
    }
    if (is_reused(s, now)) {
        return CG_SESSION_REUSED;
    }
    return s->header.state == CG_RECORD_FORMER ? CG_SESSION_FORMER : CG_SESSION_LIVE;
}

static cg_span number_span(const uint32_t *number)
{
    return (cg_span){(const char *)number, sizeof *number};
}

/* Where somebody else was faster, it is for the next request to try. */
static bool rewrite(cg_session *s, cg_crypto *crypto, const cg_change *changes, size_t count,
                    uint32_t now)
{
    static const cg_session_limits none = {.content_max = CG_CONTENT_MAX};
    cg_draft draft = {.header = s->header, .facts = s->facts};
    cg_evictions evictions = {.count = 0}; /* it gets shorter: nobody has to go */

    memcpy(draft.key, s->record.key, sizeof draft.key);
    draft.content = cg_draft_content(s->pool, s->content, changes, count, NULL);
    cg_draft_touch(&draft, now);
    draft.header.version++;
    if (cg_draft_replace(s->store, crypto, s->pool, &s->realm, &draft, s->record.version, &none,
                         now, &evictions) != CG_TABLE_DONE) {
        cg_wipe(&draft.key, sizeof draft.key);
        return false;
    }
    cg_wipe(&draft.key, sizeof draft.key);
    s->content = draft.content;
    s->header = s->entry_header = draft.header;
    s->record.version = s->entry.version = draft.header.version;
    return true;
}

/* The record's own token came for the first time: from now on the alias before it is on its last
 * seconds, and need not be kept at the expense of others. */
static void note_presented(cg_session *s, cg_crypto *crypto, uint32_t now)
{
    cg_span from = cg_content_find(s->content, CG_SECTION_INTERNAL, CG_INTERNAL_FROM);
    const cg_change changes[] = {
        {.section = CG_SECTION_INTERNAL, .key = CG_INTERNAL_PRESENTED, .value = number_span(&now)},
        {.section = CG_SECTION_INTERNAL, .key = CG_INTERNAL_FROM, .was_there = true}};
    unsigned char alias[CG_HANDLE_SIZE];
    bool has_alias = from.at && from.len == sizeof alias;

    if (has_alias) {
        memcpy(alias, from.at, sizeof alias);
    }
    if (rewrite(s, crypto, changes, sizeof changes / sizeof changes[0], now) && has_alias) {
        cg_table_demote(s->store->table, alias, s->facts.source);
    }
}

static void touch(cg_session *s, uint32_t now)
{
    cg_table_touch(s->store->table, s->record.handle, &s->facts, now);
    if (s->facts.class == CG_CLASS_NEWBORN) {
        s->facts.class = CG_CLASS_RETURNING;
    }
}

/* A lost response must not let the alias grow old that its browser lives on. */
static void touch_alias(cg_session *s, uint32_t now)
{
    cg_table_touch(s->store->table, s->entry.handle, &s->facts, now);
}

static void remove_expired(cg_session *s)
{
    cg_table_remove(s->store->table, s->record.handle, s->record.version);
}

cg_session *cg_session_open(const cg_session_store *store, cg_crypto *crypto, apr_pool_t *pool,
                            const cg_realm *realm, cg_token *token, const cg_timeouts *timeouts,
                            uint32_t now)
{
    cg_session *s = apr_pcalloc(pool, sizeof *s);

    s->store = store;
    s->pool = pool;
    s->realm = *realm;
    s->timeouts = *timeouts;
    s->memory_size = FIRST_ROOM;
    s->memory = apr_palloc(pool, s->memory_size);
    memcpy(s->entry.handle, token->handle, sizeof s->entry.handle);
    s->verdict = read_session(s, crypto, token, now);
    cg_wipe(token, sizeof *token);

    if (s->verdict == CG_SESSION_LIVE) {
        touch(s, now);
        if (s->is_alias) {
            touch_alias(s, now);
        } else if (!is_presented(s->content)) {
            note_presented(s, crypto, now);
        }
    } else if (s->verdict == CG_SESSION_EXPIRED) {
        remove_expired(s);
    }
    if (s->verdict < CG_SESSION_FORMER) { /* what was read on the way is nobody's to see */
        cg_session_wipe(s);
    }
    return s;
}

cg_session cg_session_reload(const cg_session *session, cg_crypto *crypto, uint32_t now)
{
    cg_session s = *session;

    s.memory = apr_palloc(s.pool, s.memory_size);
    s.memory_used = 0;
    s.content = (cg_content){{NULL, 0}};
    s.verdict = read_session(&s, crypto, NULL, now);
    return s;
}

/* The content does not stand where the record was read. */
static bool is_rewritten(const cg_session *session)
{
    uintptr_t at = (uintptr_t)session->content.text.at, memory = (uintptr_t)session->memory;
    return at < memory || at - memory >= session->memory_used;
}

void cg_session_wipe(cg_session *session)
{
    if (is_rewritten(session)) {
        cg_wipe((void *)session->content.text.at, session->content.text.len);
    }
    cg_wipe(session->memory, session->memory_used);
    session->memory_used = 0;
    cg_wipe(session->entry.key, sizeof session->entry.key);
    cg_wipe(session->record.key, sizeof session->record.key);
    session->content = (cg_content){{NULL, 0}};
}

void cg_session_end_reused(cg_session *session)
{
    cg_table_remove(session->store->table, session->record.handle, 0);
    cg_table_remove(session->store->table, session->entry.handle, 0);
}

cg_span cg_session_user(const cg_session *session)
{
    return cg_content_find(session->content, CG_SECTION_INTERNAL, CG_INTERNAL_USER);
}

bool cg_session_tag(cg_crypto *crypto, const unsigned char audit_key[CG_KEY_SIZE],
                    const unsigned char number[CG_NUMBER_SIZE], int64_t now,
                    char tag[CG_SESSION_TAG_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    const uint32_t day = (uint32_t)(now / (24 * 60 * 60));
    unsigned char text[sizeof day + CG_NUMBER_SIZE];
    unsigned char digest[CG_DIGEST_SIZE];

    memcpy(text, &day, sizeof day);
    memcpy(text + sizeof day, number, CG_NUMBER_SIZE);
    if (!cg_hmac(crypto, audit_key, text, sizeof text, digest)) {
        return false;
    }
    for (int i = 0; i < CG_SESSION_TAG_LEN; i++) {
        tag[i] = digits[digest[i / 2] >> (i % 2 ? 0 : 4) & 0xF];
    }
    tag[CG_SESSION_TAG_LEN] = '\0';
    return true;
}
