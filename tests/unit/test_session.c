/* A session: how it begins, whose it is, what is saved in it, and how much of it there may be. The
 * promises by name; test_session_tokens.c has those about tokens that follow each other. */
#include "unit.h"

#include "session_world.h"

/* -- beginning -------------------------------------------------------------------------------- */

static void a_session_begins_with_data_to_keep(void **state)
{
    cg_token token;
    (void)state;
    assert_int_equal(answer(NULL, "", NULL), CG_SESSION_NOTHING);
    assert_false(outcome.has_token || outcome.deletes);
    assert_int_equal(answer(NULL, "", "joe"), CG_SESSION_NOTHING);
    assert_int_equal(count_records(), 0);
    assert_int_equal(answer(NULL, "m:a=1", NULL), CG_SESSION_CREATED);
    assert_true(outcome.has_token && !outcome.deletes);
    keep(&token);
    assert_view(&token, "live m:a=1");
    assert_int_equal(count_records(), 1);
}

static void a_session_may_begin_with_a_user(void **state)
{
    cg_token token = visitor("m:a=1", "joe");
    cg_table_use use;
    (void)state;
    assert_int_equal(outcome.event, CG_SESSION_CREATED);
    assert_view(&token, "live joe m:a=1");
    cg_table_measure(world.store.table, &use);
    assert_int_equal(use.records[CG_CLASS_AUTHENTICATED], 1);
}

static void a_session_begins_only_where_it_may(void **state)
{
    cg_token unknown = sealed_token(7);
    (void)state;
    world.may_create = false;
    assert_int_equal(answer(NULL, "m:a=1", NULL), CG_SESSION_NOTHING);
    assert_int_equal(answer(begin(&unknown), "m:a=1", NULL), CG_SESSION_NOTHING);
    assert_int_equal(count_records(), 0);
}

/* An unknown handle is never adopted: who comes with one gets another. */
static void an_unknown_token_is_never_adopted(void **state)
{
    cg_token unknown = sealed_token(7);
    (void)state;
    assert_view(&unknown, "none");
    assert_int_equal(answer(begin(&unknown), "m:a=1", NULL), CG_SESSION_CREATED);
    assert_memory_not_equal(outcome.token.handle, unknown.handle, CG_HANDLE_SIZE);
    assert_memory_not_equal(outcome.token.secret, unknown.secret, CG_SECRET_SIZE);
    assert_view(&unknown, "none");
}

static void tokens_differ_in_all_their_octets(void **state)
{
    cg_token a = visitor("m:a=1", NULL), b = visitor("m:a=1", NULL);
    (void)state;
    assert_memory_not_equal(a.handle, b.handle, 4);
    assert_memory_not_equal(a.handle + 8, b.handle + 8, 4);
    assert_memory_not_equal(a.secret, b.secret, 8);
    assert_memory_not_equal(a.secret + 16, b.secret + 16, 8);
}

static void opening_wipes_the_token(void **state)
{
    cg_token token = visitor("m:a=1", NULL), copy = token, none;
    (void)state;
    memset(&none, 0, sizeof none);
    cg_session_open(&world.store, sealed_crypto(), world.pool, &world.realm, &copy, &world.timeouts,
                    world.now);
    assert_memory_equal(&copy, &none, sizeof none);
    copy = sealed_token(7);
    cg_session_open(&world.store, sealed_crypto(), world.pool, &world.realm, &copy, &world.timeouts,
                    world.now);
    assert_memory_equal(&copy, &none, sizeof none);
}

static bool holds(const void *memory, size_t size, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i + len <= size; i++) {
        if (memcmp((const char *)memory + i, text, len) == 0) {
            return true;
        }
    }
    return false;
}

static void a_wiped_session_holds_nothing(void **state)
{
    static const unsigned char none[CG_KEY_SIZE];
    cg_token token = visitor("m:user=somebody m:pw=correcthorse", "somebody");
    cg_session *session = begin(&token);
    (void)state;
    assert_true(holds(session->memory, session->memory_size, "correcthorse"));
    cg_session_wipe(session);
    assert_false(holds(session->memory, session->memory_size, "correcthorse"));
    assert_memory_equal(session->entry.key, none, sizeof none);
    assert_memory_equal(session->record.key, none, sizeof none);
    assert_null(session->content.text.at);
}

static void the_segment_shows_nothing_of_a_session(void **state)
{
    cg_token token = visitor("m:user=somebody m:pw=correcthorse", "somebody");
    (void)state;
    go(&token, "j:SID=batterystaple", NULL);
    world.now += ROTATE;
    go(&token, "", NULL);
    assert_false(holds(world.memory, WORLD_SIZE, "somebody"));
    assert_false(holds(world.memory, WORLD_SIZE, "correcthorse"));
    assert_false(holds(world.memory, WORLD_SIZE, "batterystaple"));
    for (size_t i = 0; i + sizeof token.secret <= WORLD_SIZE; i++) {
        assert_memory_not_equal(world.memory + i, token.secret, sizeof token.secret);
    }
}

/* -- whose it is ------------------------------------------------------------------------------ */

/* Also when its time has come: who cannot open it cannot end it. */
static void wrong_secret_changes_no_byte_of_the_segment(void **state)
{
    cg_token token = visitor("m:a=1", "joe");
    static const uint32_t later[] = {0, 100, IDLE - 1, IDLE, ABSOLUTE, ABSOLUTE + 1};
    (void)state;
    view(&token);
    remember_segment();
    for (size_t i = 0; i < COUNT(later); i++) {
        world.now = T0 + later[i];
        for (unsigned bit = 0; bit < 8 * CG_SECRET_SIZE; bit++) {
            cg_token wrong = token;
            wrong.secret[bit / 8] ^= (unsigned char)(1 << bit % 8);
            assert_view(&wrong, "forged");
        }
    }
    assert_true(is_segment_as_remembered());
    world.now = T0 + 100;
    world.realm.octets[CG_REALM_SIZE - 1] ^= 1;
    assert_view(&token, "forged");
    assert_true(is_segment_as_remembered());
}

/* What the owner of a forged token gets is a session of his own, and nothing of the other's. */
static void a_forged_token_is_no_session(void **state)
{
    cg_token token = visitor("m:a=1", "joe"), wrong = token;
    (void)state;
    wrong.secret[5] ^= 1;
    assert_int_equal(answer(begin(&wrong), "", ""), CG_SESSION_NOTHING);
    assert_false(outcome.deletes);
    assert_int_equal(answer(begin(&wrong), "m:b=2", NULL), CG_SESSION_CREATED);
    assert_view(&outcome.token, "live m:b=2");
    assert_view(&token, "live joe m:a=1");
}

static uint32_t last_access_of(const cg_token *token)
{
    unsigned char record[4096];
    size_t size = sizeof record;
    cg_table_facts facts;
    assert_int_equal(cg_table_get(world.store.table, token->handle, record, &size, &facts),
                     CG_TABLE_DONE);
    return facts.last_access;
}

static void touch_only_after_open(void **state)
{
    cg_token token = visitor("m:a=1", NULL), wrong = token;
    (void)state;
    wrong.secret[0] ^= 1;
    world.now += 1000;
    assert_view(&wrong, "forged");
    assert_int_equal(last_access_of(&token), T0);
    assert_view(&token, "live m:a=1");
    assert_int_equal(last_access_of(&token), T0 + 1000);
    world.realm.octets[0] ^= 1;
    world.now += 1000;
    assert_view(&token, "forged");
    assert_int_equal(last_access_of(&token), T0 + 1000);
}

static void assert_mute(const cg_token *token, const char *changes, const char *user)
{
    cg_session *session = begin(token);
    assert_int_equal(session->verdict, CG_SESSION_MUTE);
    answer(session, changes, user);
    assert_true(outcome.event == CG_SESSION_MUTED || outcome.event == CG_SESSION_NOTHING);
    assert_false(outcome.has_token || outcome.deletes);
}

static void unknown_key_id_is_mute_not_logout(void **state)
{
    cg_token token = visitor("m:a=1", "joe");
    cg_sub_keys others = *sealed_sub_keys();
    (void)state;
    others.of[SEALED_ACTIVE].id[0] ^= 1;
    view(&token);
    remember_segment();
    world.store.sub_keys = &others;
    world.now += 100;
    assert_mute(&token, "", NULL);
    assert_mute(&token, "m:a=2 j:b=1", NULL);
    assert_mute(&token, "m:a", NULL);
    assert_mute(&token, "m:c=1", "ann");
    assert_mute(&token, "m:a", "");
    assert_true(is_segment_as_remembered());
    world.store.sub_keys = sealed_sub_keys();
    assert_view(&token, "live joe m:a=1");
}

static void a_revoked_key_ends_its_sessions(void **state)
{
    cg_token token = visitor("m:a=1", "joe");
    cg_sub_keys others = *sealed_sub_keys();
    (void)state;
    others.of[SEALED_ACTIVE].state = CG_KEY_REVOKED;
    others.of[SEALED_NEXT].state = CG_KEY_ACTIVE;
    others.active = SEALED_NEXT;
    world.store.sub_keys = &others;
    assert_view(&token, "none");
    assert_int_equal(go(&token, "m:b=1", NULL), CG_SESSION_CREATED);
    assert_view(&token, "live m:b=1");
}

static void a_session_outlives_the_change_of_its_key(void **state)
{
    cg_token token = visitor("m:a=1", "joe"), late;
    cg_sub_keys others = *sealed_sub_keys();
    (void)state;
    world.now += 10;
    others.of[SEALED_ACTIVE].state = CG_KEY_OLD;
    others.of[SEALED_ACTIVE].retired = world.now;
    others.of[SEALED_NEXT].state = CG_KEY_ACTIVE;
    others.active = SEALED_NEXT;
    world.now += CG_RETIREMENT_SECONDS + 1;
    late = visitor("m:a=1", "joe"); /* by whoever still has the key that is retired by now */
    world.store.sub_keys = &others;
    assert_view(&token, "live joe m:a=1");
    assert_int_equal(go(&token, "m:a=2", NULL), CG_SESSION_SAVED);
    assert_view(&token, "live joe m:a=2");
    assert_view(&late, "forged");
    world.now = T0 + ROTATE;
    assert_int_equal(go(&token, "", NULL), CG_SESSION_ROTATED);
    assert_view(&token, "live joe m:a=2");
}

/* -- saving ----------------------------------------------------------------------------------- */

static void a_save_changes_what_changed(void **state)
{
    cg_token token = visitor("m:a=1 m:b=2 j:c=3", NULL);
    (void)state;
    assert_int_equal(go(&token, "", NULL), CG_SESSION_NOTHING);
    assert_int_equal(go(&token, "m:a=1", NULL), CG_SESSION_NOTHING);
    assert_int_equal(go(&token, "m:a=9 m:b j:d=4", NULL), CG_SESSION_SAVED);
    assert_false(outcome.has_token || outcome.deletes);
    assert_view(&token, "live m:a=9 j:c=3 j:d=4");
}

static void two_requests_that_set_different_keys_both_win(void **state)
{
    cg_token token = visitor("m:a=0 m:b=0", NULL);
    (void)state;
    for (unsigned round = 1; round <= 10000; round++) {
        char one[32], other[32], both[64];
        apr_pool_t *pool = world.pool;
        cg_session *first, *second;

        apr_pool_create(&world.pool, pool);
        first = begin(&token);
        second = begin(&token);
        snprintf(one, sizeof one, "m:a=%u", round);
        snprintf(other, sizeof other, "m:b=%u", round);
        snprintf(both, sizeof both, "live m:a=%u m:b=%u", round, round);
        assert_int_equal(answer(round % 2 ? first : second, round % 2 ? one : other, NULL),
                         CG_SESSION_SAVED);
        assert_int_equal(answer(round % 2 ? second : first, round % 2 ? other : one, NULL),
                         CG_SESSION_SAVED);
        assert_int_equal(outcome.retries, 1);
        assert_view(&token, both);
        apr_pool_destroy(world.pool);
        world.pool = pool;
    }
}

static void removal_beats_concurrent_change(void **state)
{
    cg_token token = visitor("m:a=1 m:b=1 m:u=joe m:p=x", NULL);
    cg_session *slow = begin(&token), *slower = begin(&token), *slowest = begin(&token);
    (void)state;
    assert_int_equal(go(&token, "m:a m:p", NULL), CG_SESSION_SAVED);
    assert_int_equal(answer(slow, "m:a=2 m:b=2", NULL), CG_SESSION_SAVED);
    assert_view(&token, "live m:b=2 m:u=joe");
    assert_int_equal(answer(slower, "m:a=3", NULL), CG_SESSION_NOTHING);
    assert_view(&token, "live m:b=2 m:u=joe");
    assert_int_equal(answer(slowest, "m:u=ann@1 m:p=y@1", NULL), CG_SESSION_NOTHING);
    assert_view(&token, "live m:b=2 m:u=joe");
}

static void save_never_creates(void **state)
{
    cg_token token = visitor("m:a=1", NULL);
    cg_session *saves = begin(&token), *logs_in = begin(&token), *rotates = begin(&token);
    (void)state;
    assert_int_equal(cg_table_remove(world.store.table, token.handle, 0), CG_TABLE_DONE);
    remember_segment();
    assert_int_equal(answer(saves, "m:a=2 m:b=3", NULL), CG_SESSION_MUTED);
    assert_false(outcome.has_token || outcome.deletes);
    assert_true(is_segment_as_remembered());
    assert_int_equal(answer(logs_in, "m:a=2", "joe"), CG_SESSION_MUTED);
    assert_false(outcome.has_token || outcome.deletes);
    world.now += ROTATE;
    assert_int_equal(answer(rotates, "m:a=2", NULL), CG_SESSION_MUTED);
    assert_false(outcome.has_token || outcome.deletes);
    assert_int_equal(count_records(), 0);
    assert_view(&token, "none");
}

static void what_is_emptied_ends(void **state)
{
    cg_token token = visitor("m:a=1 j:b=2", NULL), old;
    (void)state;
    assert_int_equal(go(&token, "m:a", NULL), CG_SESSION_SAVED);
    old = token;
    assert_int_equal(go(&token, "j:b", NULL), CG_SESSION_ENDED);
    assert_true(outcome.deletes && !outcome.has_token);
    assert_view(&old, "none");
    assert_int_equal(count_records(), 0);
}

/* -- room ------------------------------------------------------------------------------------- */

/* A change of one long value. */
static cg_session_event answer_long(cg_session *session, size_t len, const char *user)
{
    static char value[CG_CONTENT_MAX + 1];
    cg_change change = {.section = CG_SECTION_JAR, .key = CG_SPAN("long"), .value = {value, len}};
    cg_session_wish wish = {.changes = &change,
                            .change_count = 1,
                            .has_user = user != NULL,
                            .user = cg_span_of(user),
                            .source = world.source,
                            .may_create = true};
    memset(value, 'v', sizeof value);
    cg_session_settle(&world.store, sealed_crypto(), world.pool, &world.realm, &world.timeouts,
                      &world.limits, session, &wish, world.now, &outcome);
    return outcome.event;
}

#define ITEM_OVERHEAD (sizeof "......long.." - 1)

static void a_newborn_holds_2_kib(void **state)
{
    const size_t most = CG_CONTENT_NEWBORN_MAX - ITEM_OVERHEAD;
    cg_token token;
    (void)state;
    assert_int_equal(answer_long(NULL, most + 1, NULL), CG_SESSION_TOO_LARGE);
    assert_false(outcome.has_token);
    assert_int_equal(count_records(), 0);
    assert_int_equal(answer_long(NULL, most, NULL), CG_SESSION_CREATED);
    keep(&token);
    assert_int_equal(answer_long(begin(&token), most + 1, NULL), CG_SESSION_SAVED);
    assert_int_equal(answer_long(NULL, most + 1, "joe"), CG_SESSION_CREATED);
}

static void what_is_too_large_is_refused_and_the_old_one_stays(void **state)
{
    const size_t most = world.limits.content_max - ITEM_OVERHEAD;
    cg_token token = visitor("j:long=short", NULL);
    (void)state;
    assert_int_equal(answer_long(begin(&token), most + 1, NULL), CG_SESSION_TOO_LARGE);
    assert_false(outcome.has_token || outcome.deletes);
    assert_view(&token, "live j:long=short");
    assert_int_equal(answer_long(begin(&token), CG_CONTENT_MAX + 1, NULL), CG_SESSION_TOO_LARGE);
    assert_int_equal(answer_long(begin(&token), most + 1, "joe"), CG_SESSION_TOO_LARGE);
    assert_view(&token, "live j:long=short");
    world.now += ROTATE;
    assert_int_equal(answer_long(begin(&token), most + 1, NULL), CG_SESSION_TOO_LARGE);
    assert_view(&token, "live j:long=short");
    world.now = T0;
    assert_int_equal(answer_long(begin(&token), most, NULL), CG_SESSION_SAVED);
    assert_int_equal(cg_content_find(begin(&token)->content, CG_SECTION_JAR, CG_SPAN("long")).len,
                     most);
}

/* Whatever else goes wrong with what a response wants to store: who logs out is out. */
static void a_logout_that_stores_too_much_is_a_logout(void **state)
{
    static const size_t lengths[] = {16384, CG_CONTENT_MAX, CG_CONTENT_MAX + 1};
    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        cg_token token = visitor("m:a=1", "joe");
        answer_long(begin(&token), lengths[i], "");
        assert_true(outcome.has_token || outcome.deletes);
        assert_view(&token, "none");
    }
}

/* Fills the table with the sessions of other users, none of which may go. */
static void fill_table(void)
{
    cg_session_outcome kept = outcome;
    world.limits.table.evicts_idle = false;
    for (unsigned i = 0; i < 100000; i++) {
        char user[16];
        snprintf(user, sizeof user, "u%u", i);
        apr_pool_clear(world.pool);
        world.store.table = cg_table_open(world.pool, world.memory, WORLD_SIZE,
                                          sealed_sub_keys()->of[0].keys[CG_PURPOSE_PLACE]);
        if (answer(NULL, "m:a=1", user) == CG_SESSION_FULL && i > 40000) {
            break;
        }
    }
    outcome = kept;
}

static void what_finds_no_room_leaves_the_old_one(void **state)
{
    cg_token token = visitor("m:a=1", "joe");
    cg_session *session;
    (void)state;
    fill_table();
    assert_view(&token, "live joe m:a=1");
    session = begin(&token);
    assert_int_equal(answer_long(session, 16000, NULL), CG_SESSION_FULL);
    assert_false(outcome.has_token || outcome.deletes);
    assert_view(&token, "live joe m:a=1");
    /* a rotation can wait */
    world.now += ROTATE;
    assert_int_equal(go(&token, "m:a=2", NULL), CG_SESSION_SAVED);
    assert_view(&token, "live joe m:a=2");
    /* a logout cannot */
    session = begin(&token);
    answer(session, "m:b=1", "");
    assert_true(outcome.has_token || outcome.deletes);
    assert_view(&token, "none");
}

static void a_user_has_so_many_sessions(void **state)
{
    cg_token tokens[4];
    (void)state;
    world.limits.table.sessions_per_subject = 3;
    for (size_t i = 0; i < 3; i++) {
        tokens[i] = visitor("m:a=1", "joe");
        world.now += 60;
    }
    view(&tokens[0]); /* so that the second is the longest idle */
    world.now += 60;
    tokens[3] = visitor("m:a=1", "joe");
    assert_int_equal(outcome.evictions.count, 1);
    assert_true(outcome.evictions.of[0].is_own);
    assert_view(&tokens[0], "live joe m:a=1");
    assert_view(&tokens[1], "none");
    assert_view(&tokens[2], "live joe m:a=1");
    assert_view(&tokens[3], "live joe m:a=1");
}

/* A rotation makes no session more of it. */
static void rotation_displaces_no_session_of_the_user(void **state)
{
    cg_token first, second;
    (void)state;
    for (unsigned most = 1; most <= 2; most++) {
        world.limits.table.sessions_per_subject = most;
        first = visitor("m:a=1", "joe");
        second = most == 2 ? visitor("m:a=2", "joe") : first;
        for (unsigned i = 0; i < 5; i++) {
            world.now += ROTATE;
            assert_int_equal(go(&first, "", NULL), CG_SESSION_ROTATED);
            assert_view(&first, "live joe m:a=1");
            if (most == 2) {
                assert_view(&second, "live joe m:a=2");
                assert_int_equal(go(&second, "", NULL), CG_SESSION_ROTATED);
            }
        }
    }
}

/* A login that displaces the user's own oldest session says so. */
static void what_a_login_displaces_is_told(void **state)
{
    cg_token old = visitor("m:a=1", "joe"), token;
    (void)state;
    world.limits.table.sessions_per_subject = 1;
    token = visitor("m:b=1", NULL);
    assert_int_equal(go(&token, "", "joe"), CG_SESSION_IDENTIFIED);
    assert_int_equal(outcome.evictions.count, 1);
    assert_true(outcome.evictions.of[0].is_own);
    assert_view(&old, "none");
}

/* -- names in logs ---------------------------------------------------------------------------- */

static void a_tag_names_a_session_for_a_day(void **state)
{
    const unsigned char *key = sealed_sub_keys()->of[SEALED_ACTIVE].keys[CG_PURPOSE_AUDIT];
    const unsigned char *other_key = sealed_sub_keys()->of[SEALED_NEXT].keys[CG_PURPOSE_AUDIT];
    const int64_t day = 24 * 60 * 60, noon = 20000 * day + day / 2;
    unsigned char number[CG_NUMBER_SIZE], other[CG_NUMBER_SIZE];
    char tag[CG_SESSION_TAG_LEN + 1], again[CG_SESSION_TAG_LEN + 1];
    (void)state;
    sealed_fill(number, sizeof number, 1);
    sealed_fill(other, sizeof other, 2);
    assert_true(cg_session_tag(sealed_crypto(), key, number, noon, tag));
    assert_int_equal(strspn(tag, "0123456789abcdef"), CG_SESSION_TAG_LEN);
    assert_int_equal(strlen(tag), CG_SESSION_TAG_LEN);
    assert_true(cg_session_tag(sealed_crypto(), key, number, noon + day / 2 - 1, again));
    assert_string_equal(tag, again);
    assert_true(cg_session_tag(sealed_crypto(), key, number, noon + day / 2, again));
    assert_string_not_equal(tag, again);
    assert_true(cg_session_tag(sealed_crypto(), key, other, noon, again));
    assert_string_not_equal(tag, again);
    assert_true(cg_session_tag(sealed_crypto(), other_key, number, noon, again));
    assert_string_not_equal(tag, again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROPERTY(a_session_begins_with_data_to_keep),
        PROPERTY(a_session_may_begin_with_a_user),
        PROPERTY(a_session_begins_only_where_it_may),
        PROPERTY(an_unknown_token_is_never_adopted),
        PROPERTY(tokens_differ_in_all_their_octets),
        PROPERTY(opening_wipes_the_token),
        PROPERTY(a_wiped_session_holds_nothing),
        PROPERTY(the_segment_shows_nothing_of_a_session),
        PROPERTY(wrong_secret_changes_no_byte_of_the_segment),
        PROPERTY(a_forged_token_is_no_session),
        PROPERTY(touch_only_after_open),
        PROPERTY(unknown_key_id_is_mute_not_logout),
        PROPERTY(a_revoked_key_ends_its_sessions),
        PROPERTY(a_session_outlives_the_change_of_its_key),
        PROPERTY(a_save_changes_what_changed),
        PROPERTY(two_requests_that_set_different_keys_both_win),
        PROPERTY(removal_beats_concurrent_change),
        PROPERTY(save_never_creates),
        PROPERTY(what_is_emptied_ends),
        PROPERTY(a_newborn_holds_2_kib),
        PROPERTY(what_is_too_large_is_refused_and_the_old_one_stays),
        PROPERTY(a_logout_that_stores_too_much_is_a_logout),
        PROPERTY(what_finds_no_room_leaves_the_old_one),
        PROPERTY(a_user_has_so_many_sessions),
        PROPERTY(rotation_displaces_no_session_of_the_user),
        PROPERTY(what_a_login_displaces_is_told),
        PROPERTY(a_tag_names_a_session_for_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
