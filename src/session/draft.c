/* Drafts of records: made, sealed, handed to the table. */
#include "draft.h"

#include <string.h>

cg_content cg_draft_content(apr_pool_t *pool, cg_content content, const cg_change *changes,
                            size_t count, bool *differs)
{
    cg_writer writer = {.size = 0};
    bool is_other;

    if (differs && count == 0) {
        *differs = false;
        return content;
    }
    cg_content_apply(content, changes, count, &writer);
    if (writer.len > CG_CONTENT_MAX) {
        return (cg_content){{NULL, writer.len}};
    }
    writer.size = writer.len;
    writer.len = 0;
    writer.at = apr_palloc(pool, writer.size + 1);
    is_other = cg_content_apply(content, changes, count, &writer);
    if (differs) {
        *differs = is_other;
    }
    return (cg_content){{writer.at, writer.len}};
}

bool cg_draft_make(const cg_session_store *store, cg_crypto *crypto, const cg_realm *realm,
                   cg_span user, uint32_t now, cg_draft *draft, cg_token *token)
{
    const cg_sub_keys_of_one *keys = &store->sub_keys->of[store->sub_keys->active];
    cg_record_header *header = &draft->header;

    header->kind = CG_RECORD_SESSION;
    header->created = now;
    header->version = 1;
    memcpy(header->key_id, keys->id, sizeof header->key_id);
    if (!cg_subject_make(crypto, keys->keys[CG_PURPOSE_SUBJECT], realm, user, header->subject) ||
        !cg_table_draw_handle(store->table, crypto, header->subject, token->handle) ||
        !cg_random(crypto, token->secret, sizeof token->secret)) {
        return false;
    }
    memcpy(header->handle, token->handle, sizeof header->handle);
    return cg_record_make_key(crypto, keys->keys[CG_PURPOSE_RECORD], CG_RECORD_SESSION, realm,
                              token, draft->key);
}

static unsigned char *seal(cg_crypto *crypto, apr_pool_t *pool, const cg_realm *realm,
                           cg_draft *draft, size_t *size)
{
    unsigned char *record;

    *size = cg_record_size(draft->content.text.len);
    record = apr_palloc(pool, *size);
    return cg_record_seal(crypto, draft->key, realm, &draft->header, draft->content, record)
               ? record
               : NULL;
}

static void add_evictions(const cg_evictions *more, cg_evictions *evictions)
{
    for (unsigned i = 0; i < more->count && i < CG_EVICTED_MAX; i++) {
        if (evictions->count + i < CG_EVICTED_MAX) {
            evictions->of[evictions->count + i] = more->of[i];
        }
    }
    evictions->count += more->count;
}

cg_table_result cg_draft_put(const cg_session_store *store, cg_crypto *crypto, apr_pool_t *pool,
                             const cg_realm *realm, cg_draft *draft,
                             const cg_session_limits *limits, uint32_t now, cg_evictions *evictions)
{
    size_t size;
    const unsigned char *record = seal(crypto, pool, realm, draft, &size);
    cg_evictions more = {.count = 0};
    cg_table_result result = CG_TABLE_BROKEN;

    if (record) {
        result = cg_table_put(store->table, record, size, &draft->facts, &limits->table, now,
                              &more);
        add_evictions(&more, evictions);
    }
    return result;
}

cg_table_result cg_draft_replace(const cg_session_store *store, cg_crypto *crypto, apr_pool_t *pool,
                                 const cg_realm *realm, cg_draft *draft, uint32_t expected,
                                 const cg_session_limits *limits, uint32_t now,
                                 cg_evictions *evictions)
{
    size_t size;
    const unsigned char *record = seal(crypto, pool, realm, draft, &size);
    cg_evictions more = {.count = 0};
    cg_table_result result = CG_TABLE_BROKEN;

    if (record) {
        result = cg_table_replace(store->table, record, size, expected, &draft->facts,
                                  &limits->table, now, &more);
        add_evictions(&more, evictions);
    }
    return result;
}
