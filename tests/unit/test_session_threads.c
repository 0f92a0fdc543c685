/* Sessions under threads that settle at the same time: what was said to be saved is there, one token
 * follows another, and what is over stays over, whoever comes first. */
#include "unit.h"

#include <pthread.h>

#include "session_world.h"

enum { THREADS = 4, ROUNDS = 300 };

/* One thread: a crypto and a pool of its own, and what it has seen. */
typedef struct worker {
    pthread_t thread;
    pthread_barrier_t *start;
    cg_crypto *crypto;
    apr_pool_t *pool;
    unsigned number;
    cg_token token;   /* it comes with */
    const char *user; /* it wants to be */
    unsigned saved;   /* the last value that was taken */
    unsigned events[CG_SESSION_FAILED + 1];
    cg_token given; /* the last one */
    bool is_bad;    /* something was carried that may not be */
} worker;

static void settle(worker *is, cg_session *session, const cg_change *change, size_t count)
{
    cg_session_wish wish = {.changes = change,
                            .change_count = count,
                            .has_user = is->user != NULL,
                            .user = cg_span_of(is->user),
                            .source = is->number};
    cg_session_outcome mine;

    cg_session_settle(&world.store, is->crypto, is->pool, &world.realm, &world.timeouts,
                      &world.limits, session, &wish, world.now, &mine);
    is->events[mine.event]++;
    is->is_bad |= mine.has_token && mine.deletes;
    is->is_bad |= (mine.event == CG_SESSION_MUTED || mine.event == CG_SESSION_DROPPED ||
                   mine.event == CG_SESSION_SAVED) &&
                  (mine.has_token || mine.deletes);
    if (mine.has_token) {
        is->given = mine.token;
    }
}

static cg_session *open_own(worker *is)
{
    cg_token copy = is->token;
    return cg_session_open(&world.store, is->crypto, is->pool, &world.realm, &copy, &world.timeouts,
                           world.now);
}

/* A key of its own, counted up. */
static void *save_often(void *context)
{
    worker *is = context;
    char key[] = {(char)('a' + is->number), '\0'}, value[16];

    pthread_barrier_wait(is->start);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        cg_session *session = open_own(is);
        cg_span before = cg_content_find(session->content, CG_SECTION_MOD_SESSION, cg_span_of(key));
        unsigned saves = is->events[CG_SESSION_SAVED];
        cg_change change = {.section = CG_SECTION_MOD_SESSION, .key = cg_span_of(key)};
        int len = snprintf(value, sizeof value, "%u", is->saved);

        is->is_bad |= !cg_span_equal(before, (cg_span){value, (size_t)len});
        len = snprintf(value, sizeof value, "%u", round);
        change.value = (cg_span){value, (size_t)len};
        change.was_there = true;
        settle(is, session, &change, 1);
        if (is->events[CG_SESSION_SAVED] > saves) {
            is->saved = round;
        }
        apr_pool_clear(is->pool);
    }
    return NULL;
}

/* One request, and what it wants. */
static void *come_once(void *context)
{
    worker *is = context;
    char value[] = {(char)('0' + is->number), '\0'};
    cg_change change = {.section = CG_SECTION_MOD_SESSION,
                        .key = CG_SPAN("a"),
                        .value = cg_span_of(value),
                        .was_there = true};
    cg_session *session = open_own(is);

    pthread_barrier_wait(is->start);
    settle(is, session, &change, is->user == NULL || is->user[0]);
    apr_pool_clear(is->pool);
    return NULL;
}

static void run(worker *workers, void *(*work)(void *), const cg_token *token,
                const char *const *users)
{
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (worker){
            .number = i, .token = *token, .user = users ? users[i] : NULL, .start = &start};
        workers[i].crypto = cg_crypto_make();
        apr_pool_create(&workers[i].pool, NULL);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        apr_pool_destroy(workers[i].pool);
        cg_crypto_free(workers[i].crypto);
        assert_false(workers[i].is_bad);
    }
    pthread_barrier_destroy(&start);
}

static unsigned count_events(const worker *workers, cg_session_event event)
{
    unsigned count = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        count += workers[i].events[event];
    }
    return count;
}

/* A save is done, or it says that it was dropped: none gets lost, and none is heard of later. */
static void no_save_is_lost(void **state)
{
    worker workers[THREADS];
    cg_token token = visitor("m:a=0 m:b=0 m:c=0 m:d=0", "joe");
    char seen[128];
    (void)state;
    run(workers, save_often, &token, NULL);
    assert_int_equal(count_events(workers, CG_SESSION_SAVED) +
                         count_events(workers, CG_SESSION_DROPPED),
                     THREADS * ROUNDS);
    snprintf(seen, sizeof seen, "live joe m:a=%u m:b=%u m:c=%u m:d=%u", workers[0].saved,
             workers[1].saved, workers[2].saved, workers[3].saved);
    assert_view(&token, seen);
}

/* The one token that was given, of those that all of them together were given. */
static void find_given(const worker *workers, unsigned wanted, cg_token *given)
{
    unsigned count = 0;
    static const cg_token none;
    for (unsigned i = 0; i < THREADS; i++) {
        if (memcmp(&workers[i].given, &none, sizeof none) != 0) {
            *given = workers[i].given;
            count++;
        }
    }
    assert_int_equal(count, wanted);
}

static void one_successor_only_by_age(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        worker workers[THREADS];
        cg_token token = visitor("m:a=x", "joe"), given;
        uint64_t before = count_records();
        world.now += ROTATE;
        run(workers, come_once, &token, NULL);
        assert_int_equal(count_events(workers, CG_SESSION_ROTATED), 1);
        find_given(workers, 1, &given);
        assert_int_equal(count_records(), before + 1);
        assert_int_equal(begin(&given)->verdict, CG_SESSION_LIVE);
        cg_table_remove(world.store.table, given.handle, 0);
        cg_table_remove(world.store.table, token.handle, 0);
    }
}

static void one_successor_only_by_identity(void **state)
{
    static const char *const users[THREADS] = {"joe", "ann", "eve", "bob"};
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        worker workers[THREADS];
        cg_token token = visitor("m:a=x", NULL), given;
        run(workers, come_once, &token, users);
        assert_int_equal(count_events(workers, CG_SESSION_IDENTIFIED), 1);
        assert_int_equal(count_events(workers, CG_SESSION_MUTED), THREADS - 1);
        find_given(workers, 1, &given);
        assert_int_equal(begin(&given)->verdict, CG_SESSION_LIVE);
        assert_view(&token, "former m:a=x");
        cg_table_remove(world.store.table, given.handle, 0);
        cg_table_remove(world.store.table, token.handle, 0);
    }
}

/* Saves, a rotation and a logout at once: whatever came first, nothing is left that opens. */
static void a_logout_among_others_ends_the_session(void **state)
{
    static const char *const users[THREADS] = {NULL, "", NULL, NULL};
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        worker workers[THREADS];
        cg_token token = visitor("m:a=x", "joe"), given = token;
        if (round % 2) {
            world.now += ROTATE;
        }
        run(workers, come_once, &token, users);
        assert_int_equal(workers[1].events[CG_SESSION_IDENTIFIED], 1);
        assert_view(&token, "none");
        given = workers[1].given;
        assert_int_equal(begin(&given)->verdict, CG_SESSION_LIVE);
        assert_int_equal(cg_session_user(begin(&given)).len, 0);
        for (unsigned i = 0; i < THREADS; i++) {
            if (i != 1) {
                assert_view(&workers[i].given, "none");
            }
        }
        cg_table_remove(world.store.table, given.handle, 0);
        assert_int_equal(count_records(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROPERTY(no_save_is_lost),
        PROPERTY(one_successor_only_by_age),
        PROPERTY(one_successor_only_by_identity),
        PROPERTY(a_logout_among_others_ends_the_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
