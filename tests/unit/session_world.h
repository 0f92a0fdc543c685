/* Sessions in a table of their own, and a clock that a test moves.
 *
 *   cg_session *request = begin(token);             a request comes with a token, or with none
 *   answer(request, "m:theme=dark", NULL);          its response: changes, and who the user is
 *   keep(&token);                                   the browser gets it; without it, it was lost
 *
 * The last answer stands in `outcome`. */
#ifndef CG_TEST_SESSION_WORLD_H
#define CG_TEST_SESSION_WORLD_H

#include <apr_general.h>

#include "content_text.h"
#include "sealed.h"
#include "session/session.h"

/* A moment to begin with. */
#define T0 UINT32_C(1800000000)

enum { WORLD_SIZE = 4 << 20, IDLE = 1800, ABSOLUTE = 28800, ROTATE = 900 };

static struct {
    unsigned char *memory;
    unsigned char *copy; /* of it, as it was at some time */
    apr_pool_t *pool;
    cg_session_store store;
    cg_realm realm;
    cg_timeouts timeouts;
    cg_session_limits limits;
    uint64_t source;
    bool may_create;
    uint32_t now;
} world;

static cg_session_outcome outcome;

/* A new table, and all settings as they are by themselves. */
static inline int make_world(void **state)
{
    static const unsigned char nonce[CG_SEGMENT_NONCE_SIZE] = "a test's segment";
    const cg_sub_keys *sub_keys = sealed_sub_keys();
    const cg_sub_keys_of_one *active = &sub_keys->of[SEALED_ACTIVE];

    (void)state;
    apr_initialize();
    apr_pool_create(&world.pool, NULL);
    world.memory = aligned_alloc(4096, WORLD_SIZE);
    world.copy = malloc(WORLD_SIZE);
    memset(world.memory, 0, WORLD_SIZE);
    if (!cg_table_format(world.memory, WORLD_SIZE, nonce, active->id, T0)) {
        return 1;
    }
    world.store.table = cg_table_open(world.pool, world.memory, WORLD_SIZE,
                                      active->keys[CG_PURPOSE_PLACE]);
    world.store.sub_keys = sub_keys;
    world.realm = sealed_realm(1);
    world.timeouts = (cg_timeouts){.idle = IDLE, .absolute = ABSOLUTE, .rotate = ROTATE};
    world.limits = (cg_session_limits){.table = {.evicts_idle = true}, .content_max = 16384};
    world.source = 1;
    world.may_create = true;
    world.now = T0;
    memset(&outcome, 0, sizeof outcome);
    return world.store.table == NULL;
}

/* Whatever a test did, the table is sound. */
static inline int free_world(void **state)
{
    const char *wrong = cg_table_check(world.store.table);
    (void)state;
    if (wrong) {
        fprintf(stderr, "the table: %s\n", wrong);
    }
    apr_pool_destroy(world.pool);
    free(world.memory);
    free(world.copy);
    apr_terminate();
    return wrong != NULL;
}

/* The caller's token stays. */
static inline cg_session *begin(const cg_token *token)
{
    cg_token copy = *token;
    return cg_session_open(&world.store, sealed_crypto(), world.pool, &world.realm, &copy,
                           &world.timeouts, world.now);
}

/* `session` null: the request came with no token. `user` null: nothing is known of it; "": nobody any more. Not more than CHANGES_IN_TEXT changes. */
static inline cg_session_event answer(cg_session *session, const char *changes, const char *user)
{
    cg_change list[CHANGES_IN_TEXT];
    cg_content loaded = session ? session->content : (cg_content){{NULL, 0}};
    cg_session_wish wish = {.changes = list,
                            .has_user = user != NULL,
                            .user = cg_span_of(user),
                            .source = world.source,
                            .may_create = world.may_create};
    wish.change_count = content_read_changes(cg_span_of(changes), loaded, list);
    cg_session_settle(&world.store, sealed_crypto(), world.pool, &world.realm, &world.timeouts,
                      &world.limits, session, &wish, world.now, &outcome);
    if (session) {
        cg_session_wipe(session);
    }
    return outcome.event;
}

/* The browser does what the last answer says. */
static inline void keep(cg_token *token)
{
    if (outcome.has_token) {
        *token = outcome.token;
    } else if (outcome.deletes) {
        memset(token, 0, sizeof *token);
    }
}

/* A request with a change and its answer, which arrives. */
static inline cg_session_event go(cg_token *token, const char *changes, const char *user)
{
    cg_session_event event = answer(begin(token), changes, user);
    keep(token);
    return event;
}

/* A visitor's first response, which has data to keep. */
static inline cg_token visitor(const char *changes, const char *user)
{
    cg_token token = {{0}, {0}};
    answer(NULL, changes, user);
    keep(&token);
    return token;
}

static const char *const verdict_names[] = {
    [CG_SESSION_NONE] = "none",       [CG_SESSION_FORGED] = "forged",
    [CG_SESSION_EXPIRED] = "expired", [CG_SESSION_REUSED] = "reused",
    [CG_SESSION_MUTE] = "mute",       [CG_SESSION_FORMER] = "former",
    [CG_SESSION_LIVE] = "live"};

/* What a request sees: "live joe m:a=1", "former m:a=1", "none" ... In static memory. */
static inline const char *view_of(const cg_session *session)
{
    static char text[4096];
    cg_writer writer = {.at = text, .size = sizeof text - 1};
    cg_span rest = session->content.text;
    cg_item item;

    cg_write(&writer, cg_span_of(verdict_names[session->verdict]));
    if (session->verdict >= CG_SESSION_FORMER) {
        cg_span user = cg_session_user(session);
        cg_write(&writer, user.len ? CG_SPAN(" ") : CG_SPAN(""));
        cg_write(&writer, user);
        while (cg_content_next(&rest, &item)) {
            if (item.section != CG_SECTION_INTERNAL) {
                cg_write(&writer, CG_SPAN(" "));
                cg_write_char(&writer, "-imjd"[item.section]);
                cg_write(&writer, CG_SPAN(":"));
                cg_write(&writer, item.key);
                cg_write(&writer, CG_SPAN("="));
                cg_write(&writer, item.value);
            }
        }
    }
    text[writer.len < sizeof text ? writer.len : sizeof text - 1] = '\0';
    return text;
}

/* The same of a request that comes now, and is answered with nothing. */
static inline const char *view(const cg_token *token)
{
    cg_session *session = begin(token);
    const char *text = view_of(session);
    cg_session_wipe(session);
    return text;
}

#define assert_view(token, text) assert_string_equal(view(token), text)

static inline uint64_t count_records(void)
{
    cg_table_use use;
    cg_table_measure(world.store.table, &use);
    return use.records[0] + use.records[1] + use.records[2];
}

static inline void remember_segment(void)
{
    memcpy(world.copy, world.memory, WORLD_SIZE);
}

static inline bool is_segment_as_remembered(void)
{
    return memcmp(world.copy, world.memory, WORLD_SIZE) == 0;
}

/* A test with a world of its own. */
#define PROPERTY(name) cmocka_unit_test_setup_teardown(name, make_world, free_world)

#endif
