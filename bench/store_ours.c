/* The module's own store: token to key, record, table. What src/session/session.c does for a request
 * without what is the request's. */
#include <time.h>

#include "session/table.h"

#include "stores.h"

static cg_crypto *crypto; /* of this process */
static cg_sub_keys sub_keys;
static cg_realm realm;
static cg_table *table;
static uint32_t now;
static const cg_table_limits limits = {.sessions_per_subject = 0};

enum { RECORD_SIZE = CG_RECORD_OVERHEAD + 256 };

static cg_table *make_table(apr_pool_t *pool, size_t size)
{
    static const unsigned char nonce[CG_SEGMENT_NONCE_SIZE] = "a mark";
    void *memory = shared_memory(size);

    if (!memory || !cg_table_format(memory, size, nonce, sub_keys.of[0].id, now)) {
        return NULL;
    }
    return cg_table_open(pool, memory, size, sub_keys.of[0].keys[CG_PURPOSE_PLACE]);
}

static bool make_keys(void)
{
    cg_key_ring ring;
    cg_crypto *maker = cg_crypto_make();
    bool is_made;

    now = (uint32_t)time(NULL);
    is_made = maker && cg_key_ring_make(maker, now, &ring) &&
              cg_sub_keys_make(maker, &ring, &sub_keys) &&
              cg_realm_make(maker, CG_SPAN("shop.example"), CG_SPAN("shop.example"), &realm);
    cg_crypto_free(maker);
    return is_made;
}

static bool make(apr_pool_t *pool, server_rec *server, size_t size, unsigned most)
{
    (void)server;
    (void)most;
    table = make_keys() ? make_table(pool, size) : NULL;
    return table != NULL;
}

static bool begin(apr_pool_t *pool)
{
    (void)pool;
    crypto = cg_crypto_make();
    return crypto != NULL;
}

static const cg_sub_keys_of_one *active(void)
{
    return &sub_keys.of[sub_keys.active];
}

static cg_token token_of(const client *of)
{
    cg_token token;
    memcpy(&token, of->token, sizeof token);
    return token;
}

static cg_record_header header_of(const client *of, unsigned number)
{
    cg_record_header header = {.kind = CG_RECORD_SESSION,
                               .state = CG_RECORD_LIVE,
                               .created = now,
                               .expires = now + 8 * 3600,
                               .version = of->version};
    memcpy(header.key_id, active()->id, sizeof header.key_id);
    memcpy(header.handle, of->token, sizeof header.handle);
    memcpy(header.number, &number, sizeof number);
    return header;
}

/* One item that fills the content. */
static void make_content(const unsigned char *session, char content[SESSION_SIZE])
{
    static const char item[] = {CG_SECTION_MOD_SESSION, 1, 0, 0, 0, 0, 'v', 0};
    size_t len = SESSION_SIZE - sizeof item - 1;

    memcpy(content, item, sizeof item);
    content[2] = (char)(unsigned char)len;
    memcpy(content + sizeof item, session, len);
    content[SESSION_SIZE - 1] = '\0';
}

static bool seal(const client *of, unsigned number, const unsigned char *session,
                 unsigned char record[RECORD_SIZE])
{
    cg_token token = token_of(of);
    cg_record_header header = header_of(of, number);
    unsigned char key[CG_KEY_SIZE];
    char content[SESSION_SIZE];

    make_content(session, content);
    return cg_record_make_key(crypto, active()->keys[CG_PURPOSE_RECORD], CG_RECORD_SESSION, &realm,
                              &token, key) &&
           cg_record_seal(crypto, key, &realm, &header, (cg_content){{content, sizeof content}},
                          record);
}

static cg_table_facts facts_of(cg_class class)
{
    return (cg_table_facts){.class = class, .last_access = now, .idle = 1800};
}

static cg_table_result put_into(cg_table *into, client *of, unsigned number, cg_class class,
                                const unsigned char *session, cg_evictions *evictions)
{
    static const unsigned char nobody[CG_SUBJECT_SIZE];
    const cg_table_facts facts = facts_of(class);
    unsigned char record[RECORD_SIZE];

    of->version = 1;
    if (!cg_table_draw_handle(into, crypto, nobody, of->token) ||
        !seal(of, number, session, record)) {
        return CG_TABLE_BROKEN;
    }
    return cg_table_put(into, record, sizeof record, &facts, &limits, now, evictions);
}

static bool put(client *of, unsigned number, const unsigned char session[SESSION_SIZE])
{
    cg_evictions evictions;
    return put_into(table, of, number, CG_CLASS_RETURNING, session, &evictions) == CG_TABLE_DONE &&
           evictions.count == 0;
}

static bool read_session(const client *of, unsigned number, unsigned char session[SESSION_SIZE])
{
    cg_token token = token_of(of);
    const cg_sub_keys_of_one *keys;
    unsigned char record[RECORD_SIZE], key[CG_KEY_SIZE];
    size_t size = sizeof record;
    cg_table_facts found;
    cg_record_header header;
    cg_content content;
    cg_item item;

    (void)number;
    if (cg_table_get(table, token.handle, record, &size, &found) != CG_TABLE_DONE ||
        cg_record_look(record, size, &sub_keys, &header, &keys) != CG_RECORD_OPENED ||
        !cg_record_make_key(crypto, keys->keys[CG_PURPOSE_RECORD], CG_RECORD_SESSION, &realm,
                            &token, key) ||
        cg_record_open(crypto, key, &realm, record, size, &content) != CG_RECORD_OPENED ||
        !cg_content_next(&content.text, &item)) {
        return false;
    }
    memcpy(session, item.value.at, item.value.len);
    return true;
}

static bool write_session(client *of, unsigned number, const unsigned char session[SESSION_SIZE])
{
    unsigned char record[RECORD_SIZE];
    const cg_table_facts facts = facts_of(CG_CLASS_RETURNING);
    uint32_t before = of->version++;
    cg_evictions evictions;

    return seal(of, number, session, record) &&
           cg_table_replace(table, record, sizeof record, before, &facts, &limits, now,
                            &evictions) == CG_TABLE_DONE;
}

const store store_ours = {"ours", make, begin, put, read_session, write_session};

unsigned capacity_of_ours(apr_pool_t *pool, size_t size)
{
    static const unsigned char session[SESSION_SIZE];
    cg_table *one = make_table(pool, size);
    cg_evictions evictions = {.count = 0};
    client anybody = {.version = 0};
    unsigned count = 0;

    while (one &&
           put_into(one, &anybody, count, CG_CLASS_NEWBORN, session, &evictions) == CG_TABLE_DONE &&
           evictions.count == 0) {
        count++;
    }
    return count;
}
