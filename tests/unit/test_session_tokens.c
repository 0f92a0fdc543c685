/* How one token follows another, with requests that overlap and a clock that is moved: login, logout,
 * rotation by age, the end. The promises by name. */
#include "unit.h"

#include "session_world.h"

/* -- who the user is -------------------------------------------------------------------------- */

static void a_login_gives_a_new_token(void **state)
{
    cg_token token = visitor("m:a=1", NULL), old = token;
    unsigned char number[CG_NUMBER_SIZE];
    cg_session *session = begin(&token);
    cg_table_use use;
    (void)state;
    memcpy(number, session->header.number, sizeof number);
    assert_int_equal(session->header.epoch, 0);
    assert_int_equal(answer(session, "m:b=2", "joe"), CG_SESSION_IDENTIFIED);
    assert_true(outcome.has_token && !outcome.deletes);
    assert_memory_equal(outcome.number, number, sizeof number);
    keep(&token);
    assert_memory_not_equal(token.handle, old.handle, sizeof token.handle);
    assert_memory_not_equal(token.secret, old.secret, sizeof token.secret);
    session = begin(&token);
    assert_string_equal(view_of(session), "live joe m:a=1 m:b=2");
    assert_int_equal(session->header.epoch, 1);
    assert_true(session->header.is_authenticated);
    assert_memory_equal(session->header.number, number, sizeof number);
    cg_table_measure(world.store.table, &use);
    assert_int_equal(use.records[CG_CLASS_AUTHENTICATED], 1);
}

static void the_same_user_is_no_change(void **state)
{
    cg_token token = visitor("m:a=1", "joe");
    (void)state;
    assert_int_equal(go(&token, "", "joe"), CG_SESSION_NOTHING);
    assert_int_equal(go(&token, "m:a=2", "joe"), CG_SESSION_SAVED);
    assert_int_equal(go(&token, "m:a=3", NULL), CG_SESSION_SAVED);
    assert_view(&token, "live joe m:a=3");
    assert_int_equal(go(&token, "m:a=4", "Joe"), CG_SESSION_IDENTIFIED);
    assert_view(&token, "live Joe m:a=4");
}

static void old_token_never_sees_anything_written_after_login(void **state)
{
    cg_token old = visitor("m:a=1 m:b=1", NULL), token = old;
    (void)state;
    assert_int_equal(go(&token, "m:a=secret m:c=secret", "joe"), CG_SESSION_IDENTIFIED);
    for (uint32_t second = 0; second < CG_GRACE_SECONDS; second++) {
        world.now = T0 + second;
        assert_view(&old, "former m:a=1 m:b=1");
        assert_int_equal(go(&token, second % 2 ? "m:b=later" : "m:b=soon", NULL), CG_SESSION_SAVED);
        assert_view(&old, "former m:a=1 m:b=1");
    }
    world.now = T0 + CG_GRACE_SECONDS;
    assert_view(&old, "expired");
    assert_view(&old, "none");
    assert_view(&token, "live joe m:a=secret m:b=later m:c=secret");
}

/* The same where the token was one of a rotation before, and its browser uses the one before that. */
static void an_alias_never_sees_anything_written_after_login(void **state)
{
    cg_token oldest = visitor("m:a=1", NULL), token = oldest, old;
    (void)state;
    world.now += ROTATE;
    assert_int_equal(go(&token, "", NULL), CG_SESSION_ROTATED);
    old = token;
    assert_view(&old, "live m:a=1");
    assert_int_equal(go(&token, "m:a=secret", "joe"), CG_SESSION_IDENTIFIED);
    assert_view(&old, "former m:a=1");
    assert_view(&oldest, "former m:a=1");
    assert_int_equal(answer(begin(&oldest), "m:a=2", NULL), CG_SESSION_MUTED);
    world.now += CG_GRACE_SECONDS;
    assert_string_not_equal(view(&oldest), "former m:a=1");
    assert_view(&token, "live joe m:a=secret");
}

static void save_of_older_identity_epoch_is_dropped(void **state)
{
    cg_token token = visitor("m:a=1", NULL);
    cg_session *slow = begin(&token);
    (void)state;
    assert_int_equal(go(&token, "m:a=2", "joe"), CG_SESSION_IDENTIFIED);
    assert_int_equal(answer(slow, "m:a=evil m:b=evil", NULL), CG_SESSION_MUTED);
    assert_view(&token, "live joe m:a=2");

    /* of a later epoch, too */
    slow = begin(&token);
    assert_int_equal(go(&token, "m:a=3", "ann"), CG_SESSION_IDENTIFIED);
    assert_int_equal(answer(slow, "m:a=evil", NULL), CG_SESSION_MUTED);
    assert_view(&token, "live ann m:a=3");
}

static void parallel_requests_at_login_never_replace_the_new_token(void **state)
{
    static const struct {
        const char *changes, *user;
        uint32_t after; /* the login, seconds */
    } others[] = {
        {"", NULL, 0},       {"m:a=2", NULL, 0},  {"m:a", NULL, 0},     {"m:a=2", "joe", 0},
        {"m:a=2", "ann", 0}, {"", "ann", 1},      {"m:a", "", 1},       {"m:a=2", "", 2},
        {"m:a=2", NULL, 5},  {"m:a=2", "joe", 9}, {"m:a=2", NULL, 10},  {"m:a=2", "joe", 11},
        {"m:n=1", NULL, 0},  {"m:n=1", "joe", 9}, {"m:a=2", NULL, 300}, {"m:a=2", NULL, ROTATE}};
    cg_token token = visitor("m:a=1", NULL), old = token;
    cg_session *before[COUNT(others)];
    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        before[i] = begin(&token);
    }
    assert_int_equal(go(&token, "m:a=in", "joe"), CG_SESSION_IDENTIFIED);
    for (size_t i = 0; i < COUNT(others); i++) {
        world.now = T0 + others[i].after;
        answer(before[i], others[i].changes, others[i].user);
        assert_false(outcome.has_token || outcome.deletes);
    }
    world.now = T0;
    for (size_t i = 0; i < COUNT(others); i++) { /* begun after it, with the token of before */
        answer(begin(&old), others[i].changes, others[i].user);
        assert_false(outcome.has_token || outcome.deletes);
    }
    assert_view(&token, "live joe m:a=in");
}

/* The last second of a pause: the record of before the login is good for the whole moment. */
static void a_login_after_a_long_pause_is_a_login(void **state)
{
    cg_token token = visitor("m:a=1", NULL), old = token;
    (void)state;
    world.now += IDLE - 1;
    assert_int_equal(go(&token, "", "joe"), CG_SESSION_IDENTIFIED);
    world.now += CG_GRACE_SECONDS - 1;
    assert_int_equal(answer(begin(&old), "m:b=1", NULL), CG_SESSION_MUTED);
    assert_false(outcome.has_token || outcome.deletes);
    assert_view(&old, "former m:a=1");
}

/* Each way of a token to die while its request runs, and each wish. */
static void muted_response_sets_and_deletes_nothing(void **state)
{
    static const struct {
        const char *changes, *user;
    } wishes[] = {{"m:a=2", NULL}, {"m:a m:k", NULL}, {"m:n=1", NULL}, {"m:a=2", "ann"},
                  {"", "ann"},     {"m:a m:k", ""},   {"", ""},        {"m:a=2", ""}};
    enum { LOGIN, LOGOUT, EMPTIED, EVICTED, WAS_FORMER, WAYS };
    (void)state;
    for (size_t i = 0; i < COUNT(wishes); i++) {
        for (int way = 0; way < WAYS; way++) {
            cg_token token = visitor("m:a=1 m:k=1", "joe"), old = token;
            cg_session *slow = begin(&token);
            if (way == LOGIN || way == WAS_FORMER) {
                assert_int_equal(go(&token, "", "eve"), CG_SESSION_IDENTIFIED);
            } else if (way == LOGOUT) {
                assert_int_equal(go(&token, "", ""), CG_SESSION_IDENTIFIED);
            } else if (way == EMPTIED) {
                assert_int_equal(go(&token, "m:a m:k", ""), CG_SESSION_ENDED);
            } else {
                cg_table_remove(world.store.table, token.handle, 0);
            }
            if (way == WAS_FORMER) {
                cg_session_wipe(slow);
                slow = begin(&old);
                assert_int_equal(slow->verdict, CG_SESSION_FORMER);
            }
            remember_segment();
            assert_int_equal(answer(slow, wishes[i].changes, wishes[i].user), CG_SESSION_MUTED);
            assert_false(outcome.has_token || outcome.deletes);
            if (way != LOGIN && way != LOGOUT && way != EMPTIED && way != EVICTED) {
                assert_true(is_segment_as_remembered());
            }
            assert_int_equal(count_records(), way == EMPTIED || way == EVICTED ? 0
                                              : way == LOGOUT                  ? 1
                                                                               : 2);
            assert_int_equal(free_world(NULL) + make_world(NULL), 0);
        }
    }
}

static void lost_login_response_allows_a_second_login(void **state)
{
    cg_token token = visitor("m:a=1", NULL);
    (void)state;
    assert_int_equal(answer(begin(&token), "m:u=joe", "joe"), CG_SESSION_IDENTIFIED);
    /* for a moment nobody can tell whether the response is lost */
    world.now += CG_GRACE_SECONDS - 1;
    assert_int_equal(go(&token, "m:u=joe", "joe"), CG_SESSION_MUTED);
    world.now += 1;
    assert_int_equal(go(&token, "m:u=joe", "joe"), CG_SESSION_CREATED);
    assert_view(&token, "live joe m:u=joe");
}

/* -- logout ----------------------------------------------------------------------------------- */

static void a_logout_is_at_once(void **state)
{
    cg_token token = visitor("m:a=1 m:theme=dark", NULL), before = token, in;
    (void)state;
    go(&token, "", "joe");
    in = token;
    assert_int_equal(go(&token, "m:a", ""), CG_SESSION_IDENTIFIED);
    assert_true(outcome.has_token && !outcome.deletes);
    assert_view(&in, "none");
    assert_view(&token, "live m:theme=dark");
    assert_view(&before, "former m:a=1 m:theme=dark");

    go(&token, "", "joe");
    in = token;
    assert_int_equal(go(&token, "m:theme", ""), CG_SESSION_ENDED);
    assert_true(outcome.deletes && !outcome.has_token);
    assert_view(&in, "none");
}

static void slow_request_over_logout_does_not_revive(void **state)
{
    static const char *const changes[] = {"m:a=2", "m:n=1", "m:a=2 m:k=2 m:n=2", "m:a"};
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(changes); i++) {
        cg_token token = visitor("m:a=1 m:k=1", "joe"), in = token;
        cg_session *slow = begin(&token);
        bool leaves_data = i % 2;
        assert_int_equal(go(&token, leaves_data ? "m:a" : "m:a m:k", ""),
                         leaves_data ? CG_SESSION_IDENTIFIED : CG_SESSION_ENDED);
        world.now += 1;
        assert_int_equal(answer(slow, changes[i / 2], NULL), CG_SESSION_MUTED);
        assert_false(outcome.has_token || outcome.deletes);
        assert_view(&in, "none");
        if (leaves_data) {
            assert_view(&token, "live m:k=1");
        }
        world.now += 1;
    }
}

static void a_logout_over_a_rotation_ends_both_tokens(void **state)
{
    cg_token token = visitor("m:a=1", "joe"), old = token;
    cg_session *slow;
    (void)state;
    world.now += ROTATE;
    slow = begin(&token);
    assert_int_equal(go(&token, "", NULL), CG_SESSION_ROTATED);
    assert_int_equal(answer(slow, "m:a", ""), CG_SESSION_ENDED);
    assert_true(outcome.deletes);
    assert_view(&token, "none");
    assert_view(&old, "none");
    assert_int_equal(count_records(), 0);
}

/* -- rotation by age -------------------------------------------------------------------------- */

static void rotates_by_age_to_the_second(void **state)
{
    cg_token token = visitor("m:a=1", "joe"), old = token;
    cg_session *session;
    (void)state;
    world.now = T0 + ROTATE - 1;
    assert_int_equal(go(&token, "", NULL), CG_SESSION_NOTHING);
    assert_int_equal(go(&token, "m:a=2", NULL), CG_SESSION_SAVED);
    world.now = T0 + ROTATE;
    assert_int_equal(go(&token, "m:b=3", NULL), CG_SESSION_ROTATED);
    assert_true(outcome.has_token && !outcome.deletes);
    assert_memory_not_equal(token.handle, old.handle, sizeof token.handle);
    session = begin(&token);
    assert_string_equal(view_of(session), "live joe m:a=2 m:b=3");
    assert_int_equal(session->header.epoch, 0);
    assert_int_equal(session->header.expires, T0 + ABSOLUTE);
    assert_int_equal(session->header.created, world.now);
    world.now += ROTATE - 1;
    assert_int_equal(go(&token, "", NULL), CG_SESSION_NOTHING);
    world.now += 1;
    assert_int_equal(go(&token, "", NULL), CG_SESSION_ROTATED);
}

/* A key is good for 2^32 messages: before they are used up there is another, also where nothing
 * rotates by age. */
static void a_worn_key_is_followed_by_another(void **state)
{
    cg_token token = sealed_token(5);
    cg_record_header header = sealed_header(&token);
    unsigned char record[CG_RECORD_OVERHEAD + CG_RECORD_PADDING], key[CG_KEY_SIZE];
    char text[64];
    cg_writer writer = {.at = text, .size = sizeof text};
    cg_content content = content_write(CG_SPAN("m:a=1"), &writer);
    cg_table_facts facts = {.class = CG_CLASS_RETURNING, .last_access = T0, .idle = IDLE};
    (void)state;
    world.timeouts.rotate = 0;
    header.created = T0;
    header.expires = T0 + ABSOLUTE;
    header.version = UINT32_MAX - 2;
    sealed_key(&world.realm, &token, key);
    assert_true(cg_record_seal(sealed_crypto(), key, &world.realm, &header, content, record));
    assert_int_equal(cg_table_put(world.store.table, record, sizeof record, &facts,
                                  &world.limits.table, T0, &outcome.evictions),
                     CG_TABLE_DONE);
    assert_int_equal(go(&token, "m:a=2", NULL), CG_SESSION_SAVED);
    assert_int_equal(go(&token, "m:a=3", NULL), CG_SESSION_ROTATED);
    assert_view(&token, "live m:a=3");
    assert_int_equal(begin(&token)->header.version, 2);
    assert_int_equal(go(&token, "m:a=4", NULL), CG_SESSION_SAVED);
}

static void never_rotates_where_that_is_off(void **state)
{
    cg_token token = visitor("m:a=1", "joe");
    (void)state;
    world.timeouts.rotate = 0;
    for (unsigned i = 1; i < 10; i++) {
        world.now += IDLE - 1;
        assert_int_equal(go(&token, "", NULL), CG_SESSION_NOTHING);
    }
}

/* The old token stays good until the new one has come back, and then for a moment more. */
static void reuse_is_told_after_presentation_and_grace(void **state)
{
    cg_token token = visitor("m:a=1", "joe"), old = token;
    cg_session *session;
    (void)state;
    world.now += ROTATE;
    assert_int_equal(go(&token, "", NULL), CG_SESSION_ROTATED);
    world.now += 100;
    assert_view(&old, "live joe m:a=1");
    assert_view(&token, "live joe m:a=1"); /* presented */
    world.now += CG_GRACE_SECONDS - 1;
    assert_view(&old, "live joe m:a=1");
    assert_int_equal(answer(begin(&old), "m:a=2", NULL), CG_SESSION_SAVED);
    world.now += 1;
    assert_view(&old, "reused");
    assert_view(&token, "live joe m:a=2");
    session = begin(&old);
    assert_int_equal(answer(session, "m:a=3", NULL), CG_SESSION_NOTHING);
    assert_false(outcome.has_token || outcome.deletes);
    assert_view(&token, "live joe m:a=2");
}

static void who_logs_in_after_a_reuse_gets_a_session(void **state)
{
    cg_token token = visitor("m:a=1", "joe"), old = token;
    (void)state;
    world.now += ROTATE;
    go(&token, "", NULL);
    view(&token);
    world.now += CG_GRACE_SECONDS;
    assert_int_equal(go(&old, "m:b=1", "joe"), CG_SESSION_CREATED);
    assert_view(&old, "live joe m:b=1");
    assert_view(&token, "live joe m:a=1");
}

static void a_reuse_may_end_the_session(void **state)
{
    cg_token token = visitor("m:a=1", "joe"), old = token;
    (void)state;
    world.now += ROTATE;
    go(&token, "", NULL);
    view(&token);
    world.now += CG_GRACE_SECONDS;
    cg_session_end_reused(begin(&old));
    assert_view(&token, "none");
    assert_view(&old, "none");
    assert_int_equal(count_records(), 0);
}

/* However many rotations came between: it is the session that ends, as it is by now. */
static void a_reuse_of_an_older_token_ends_the_session(void **state)
{
    cg_token token, old;
    (void)state;
    world.timeouts.idle = ABSOLUTE; /* or the first alias would not be there any more */
    token = old = visitor("m:a=1", "joe");
    for (unsigned i = 0; i < 5; i++) {
        world.now += ROTATE;
        assert_int_equal(go(&token, "", NULL), CG_SESSION_ROTATED);
    }
    view(&token);
    assert_view(&old, "reused");
    cg_session_end_reused(begin(&old));
    assert_view(&token, "none");
    assert_view(&old, "none");
}

/* A session that is over is not told of again. */
static void there_is_no_reuse_after_a_logout(void **state)
{
    cg_token token = visitor("m:a=1", "joe"), old = token;
    (void)state;
    world.now += ROTATE;
    go(&token, "", NULL);
    world.now += ROTATE;
    go(&token, "", NULL);
    view(&token);
    assert_view(&old, "reused");
    assert_int_equal(go(&token, "m:a", ""), CG_SESSION_ENDED);
    assert_view(&old, "none");
    assert_int_equal(go(&old, "m:b=1", NULL), CG_SESSION_CREATED);
}

static void a_token_is_good_for_one_hop(void **state)
{
    cg_token token = visitor("m:a=1", "joe"), first = token, second;
    (void)state;
    world.now += ROTATE;
    assert_int_equal(go(&token, "", NULL), CG_SESSION_ROTATED);
    second = token;
    assert_view(&second, "live joe m:a=1");
    world.now += ROTATE;
    assert_int_equal(go(&token, "", NULL), CG_SESSION_ROTATED);
    assert_string_not_equal(view(&first), "live joe m:a=1");
    assert_view(&second, "live joe m:a=1");
    assert_view(&token, "live joe m:a=1");
    assert_string_not_equal(view(&first), "live joe m:a=1");
}

static void lost_rotation_response_keeps_the_session(void **state)
{
    cg_token token = visitor("m:n=0", "joe"), given[8];
    (void)state;
    for (unsigned i = 0; i < COUNT(given); i++) {
        char change[16], seen[32];
        snprintf(change, sizeof change, "m:n=%u", i + 1);
        snprintf(seen, sizeof seen, "live joe m:n=%u", i + 1);
        world.now += ROTATE;
        assert_int_equal(answer(begin(&token), change, NULL), CG_SESSION_ROTATED);
        given[i] = outcome.token; /* and it gets lost on the way */
        for (unsigned minute = 0; minute < 10; minute++) {
            world.now += 60;
            assert_view(&token, seen);
        }
        assert_int_equal(go(&token, "", NULL), CG_SESSION_NOTHING);
        world.now -= 600;
    }
    /* the last one counts; those before it were never presented and are gone */
    for (unsigned i = 0; i + 1 < COUNT(given); i++) {
        assert_view(&given[i], "none");
    }
    assert_view(&given[COUNT(given) - 1], "live joe m:n=8");
    assert_view(&token, "live joe m:n=8");
    world.now += CG_GRACE_SECONDS;
    assert_view(&token, "reused");
    assert_view(&given[COUNT(given) - 1], "live joe m:n=8");
    assert_int_equal(count_records(), 2);
}

static void saves_through_an_alias_merge(void **state)
{
    cg_token token = visitor("m:a=1 m:b=1 m:c=1", "joe"), old = token;
    cg_session *slow;
    (void)state;
    slow = begin(&old);
    world.now += ROTATE;
    assert_int_equal(go(&token, "m:a=2", NULL), CG_SESSION_ROTATED);
    assert_int_equal(answer(slow, "m:b=2", NULL), CG_SESSION_SAVED);
    assert_int_equal(answer(begin(&old), "m:c=2", NULL), CG_SESSION_SAVED);
    assert_view(&token, "live joe m:a=2 m:b=2 m:c=2");
}

static void one_successor_only(void **state)
{
    cg_session *sessions[9];
    unsigned tokens = 0;
    cg_token token = visitor("m:a=1", "joe"), given = token;
    (void)state;
    /* by age */
    world.now += ROTATE;
    for (size_t i = 0; i < COUNT(sessions); i++) {
        sessions[i] = begin(&token);
    }
    for (size_t i = 0; i < COUNT(sessions); i++) {
        char change[16];
        snprintf(change, sizeof change, "m:k%zu=1", i);
        answer(sessions[i], change, NULL);
        tokens += outcome.has_token;
        keep(&given);
    }
    assert_int_equal(tokens, 1);
    assert_int_equal(count_records(), 2);
    assert_view(&given, "live joe m:a=1 m:k0=1 m:k1=1 m:k2=1 m:k3=1 m:k4=1 m:k5=1 m:k6=1 m:k7=1 "
                        "m:k8=1");
    /* by identity */
    tokens = 0;
    for (size_t i = 0; i < COUNT(sessions); i++) {
        sessions[i] = begin(&given);
    }
    for (size_t i = 0; i < COUNT(sessions); i++) {
        answer(sessions[i], "", i % 2 ? "ann" : "eve");
        tokens += outcome.has_token;
    }
    assert_int_equal(tokens, 1);
    assert_int_equal(count_records(), 3);
}

/* A login and a rotation, begun together: one of them comes first, and then there is one session. */
static void a_login_and_a_rotation_leave_one_session(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        cg_token token = visitor("m:a=1", NULL), old = token, given[2];
        cg_session *logs_in, *rotates;
        world.now += ROTATE;
        logs_in = begin(&token);
        rotates = begin(&token);
        if (order == 0) {
            assert_int_equal(answer(logs_in, "m:b=secret", "joe"), CG_SESSION_IDENTIFIED);
            keep(&given[0]);
            assert_int_equal(answer(rotates, "m:c=1", NULL), CG_SESSION_MUTED);
            assert_false(outcome.has_token);
            assert_view(&old, "former m:a=1");
        } else {
            assert_int_equal(answer(rotates, "m:c=1", NULL), CG_SESSION_ROTATED);
            keep(&given[1]);
            assert_int_equal(answer(logs_in, "m:b=secret", "joe"), CG_SESSION_IDENTIFIED);
            keep(&given[0]);
            assert_view(&old, "former m:a=1 m:c=1");
            assert_view(&given[1], "former m:a=1 m:c=1");
        }
        assert_view(&given[0],
                    order ? "live joe m:a=1 m:c=1 m:b=secret" : "live joe m:a=1 m:b=secret");
        world.now += 1;
    }
}

/* -- time ------------------------------------------------------------------------------------- */

static void idle_ends_to_the_second(void **state)
{
    cg_token token = visitor("m:a=1", "joe"), other = visitor("m:a=2", "ann");
    (void)state;
    world.now = T0 + IDLE - 1;
    assert_view(&token, "live joe m:a=1");
    world.now = T0 + IDLE;
    assert_view(&token, "live joe m:a=1");
    assert_view(&other, "expired");
    assert_view(&other, "none");
    world.now += IDLE;
    assert_view(&token, "expired");
    assert_int_equal(count_records(), 0);
}

static void absolute_ends_to_the_second(void **state)
{
    cg_token token = visitor("m:a=1", "joe");
    (void)state;
    while (world.now + IDLE - 1 < T0 + ABSOLUTE) {
        world.now += IDLE - 1;
        go(&token, "", NULL); /* rotations, too, leave the end where it is */
    }
    world.now = T0 + ABSOLUTE - 1;
    assert_view(&token, "live joe m:a=1");
    world.now = T0 + ABSOLUTE;
    assert_view(&token, "expired");
    assert_view(&token, "none");
}

/* An alias grows as old as its session, and is kept awake with it. */
static void an_alias_ends_with_its_session(void **state)
{
    cg_token token = visitor("m:a=1", "joe");
    (void)state;
    world.now += ROTATE;
    assert_int_equal(answer(begin(&token), "", NULL), CG_SESSION_ROTATED);
    world.timeouts.rotate = 0;
    while (world.now + IDLE - 1 < T0 + ABSOLUTE) {
        world.now += IDLE - 1;
        assert_view(&token, "live joe m:a=1");
    }
    world.now = T0 + ABSOLUTE - 1;
    assert_view(&token, "live joe m:a=1");
    world.now = T0 + ABSOLUTE;
    assert_view(&token, "expired");
}

static void a_login_begins_a_new_time(void **state)
{
    cg_token token = visitor("m:a=1", NULL);
    (void)state;
    world.now += 1000;
    assert_int_equal(go(&token, "", "joe"), CG_SESSION_IDENTIFIED);
    assert_int_equal(begin(&token)->header.expires, T0 + 1000 + ABSOLUTE);
}

/* A clock that is set back ends nothing, and gives no more time than there was. */
static void a_clock_set_back_ends_nothing(void **state)
{
    cg_token token = visitor("m:a=1", "joe");
    (void)state;
    world.now = T0 + 100;
    assert_view(&token, "live joe m:a=1");
    world.now = T0 - 100000;
    assert_view(&token, "live joe m:a=1");
    assert_int_equal(go(&token, "m:a=2", NULL), CG_SESSION_SAVED);
    world.now = T0 + 200;
    assert_view(&token, "live joe m:a=2");
    world.now = T0 + ABSOLUTE;
    assert_view(&token, "expired");
}

/* Times are 32 bits: near their end they neither wrap nor give a session no time at all. */
static void the_last_seconds_of_the_clock_are_seconds(void **state)
{
    cg_token token, old;
    (void)state;
    world.now = UINT32_MAX - 100;
    token = old = visitor("m:a=1", NULL);
    assert_view(&token, "live m:a=1");
    assert_int_equal(go(&token, "", "joe"), CG_SESSION_IDENTIFIED);
    world.now = UINT32_MAX - 95;
    assert_view(&old, "former m:a=1");
    assert_view(&token, "live joe m:a=1");
    world.now = UINT32_MAX - 1;
    assert_view(&token, "live joe m:a=1");
    world.now = 0;
    visitor("m:a=1", NULL);
    assert_view(&outcome.token, "live m:a=1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROPERTY(a_login_gives_a_new_token),
        PROPERTY(the_same_user_is_no_change),
        PROPERTY(old_token_never_sees_anything_written_after_login),
        PROPERTY(an_alias_never_sees_anything_written_after_login),
        PROPERTY(save_of_older_identity_epoch_is_dropped),
        PROPERTY(parallel_requests_at_login_never_replace_the_new_token),
        PROPERTY(a_login_after_a_long_pause_is_a_login),
        PROPERTY(muted_response_sets_and_deletes_nothing),
        PROPERTY(lost_login_response_allows_a_second_login),
        PROPERTY(a_logout_is_at_once),
        PROPERTY(slow_request_over_logout_does_not_revive),
        PROPERTY(a_logout_over_a_rotation_ends_both_tokens),
        PROPERTY(rotates_by_age_to_the_second),
        PROPERTY(a_worn_key_is_followed_by_another),
        PROPERTY(never_rotates_where_that_is_off),
        PROPERTY(reuse_is_told_after_presentation_and_grace),
        PROPERTY(who_logs_in_after_a_reuse_gets_a_session),
        PROPERTY(a_reuse_may_end_the_session),
        PROPERTY(a_reuse_of_an_older_token_ends_the_session),
        PROPERTY(there_is_no_reuse_after_a_logout),
        PROPERTY(a_token_is_good_for_one_hop),
        PROPERTY(lost_rotation_response_keeps_the_session),
        PROPERTY(saves_through_an_alias_merge),
        PROPERTY(one_successor_only),
        PROPERTY(a_login_and_a_rotation_leave_one_session),
        PROPERTY(idle_ends_to_the_second),
        PROPERTY(absolute_ends_to_the_second),
        PROPERTY(an_alias_ends_with_its_session),
        PROPERTY(a_login_begins_a_new_time),
        PROPERTY(a_clock_set_back_ends_nothing),
        PROPERTY(the_last_seconds_of_the_clock_are_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
