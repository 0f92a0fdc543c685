/* Taking a shard, also one whose last holder died. */
#include "table_layout.h"

#include <errno.h>
#include <time.h>

/* Looks at a held lock before it is waited for: who holds it is gone in a few hundred nanoseconds,
 * and to sleep and to be woken takes thousands. */
#define LOOKS 200
/* Seconds. Who holds it for so long is stopped: its shard is of no use, and nobody waits for it. */
#define PATIENCE 2

bool cg_lock_format(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    bool is_made;

    if (pthread_mutexattr_init(&attributes) != 0) {
        return false;
    }
    is_made = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0 &&
              pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0 &&
              pthread_mutex_init(lock, &attributes) == 0;
    pthread_mutexattr_destroy(&attributes);
    return is_made;
}

/* pthread_mutex_trylock is left alone: in glibc a mutex that is not recoverable stays locked by it
 * (seen in 2.36), and who comes next would wait. */
static int take(cg_shard_head *head)
{
    struct timespec until = {.tv_sec = time(NULL) + PATIENCE + 1};
    for (unsigned i = 0; i < LOOKS; i++) {
        if (!atomic_load_explicit(&head->is_held, memory_order_relaxed)) {
            break;
        }
    }
    return pthread_mutex_timedlock(&head->lock, &until);
}

/* Dying in here is as good as dying before: the word stays set. */
static void put_right(cg_shard *shard)
{
    shard->head->is_busy = 1;
    CG_IN_THIS_ORDER("rebuild begins");
    cg_shard_rebuild_locked(shard);
    shard->head->rebuilds++;
    shard->is_damaged = false;
    CG_IN_THIS_ORDER("rebuild ends");
    shard->head->is_busy = 0;
}

/* True: the lock is held, and what stands in the shard is whole. */
static bool enter(cg_shard *shard)
{
    int status = take(shard->head);
    if (status == EOWNERDEAD) {
        shard->head->is_busy = 1;
        status = pthread_mutex_consistent(&shard->head->lock);
        if (status != 0) {
            pthread_mutex_unlock(&shard->head->lock);
        }
    }
    if (status != 0) {
        return false;
    }
    atomic_store_explicit(&shard->head->is_held, 1, memory_order_relaxed);
    if (shard->head->is_busy) {
        put_right(shard);
    }
    return true;
}

static cg_table_result work_once(cg_shard *shard, bool changes, cg_shard_work *work, void *context)
{
    cg_table_result result;
    if (!changes) {
        return work(shard, context);
    }
    shard->head->is_busy = 1;
    CG_IN_THIS_ORDER("a change begins");
    result = work(shard, context);
    CG_IN_THIS_ORDER("a change ends");
    if (!shard->is_damaged) {
        shard->head->is_busy = 0;
    }
    return result;
}

void cg_shard_expect(const cg_table *table, cg_table_place place)
{
    cg_shard shard = cg_shard_at(table, place.shard);
    CG_EXPECT_TO_READ(&shard.buckets[place.bucket]);
    CG_EXPECT_TO_READ(shard.head);
}

cg_table_result cg_shard_do(const cg_table *table, unsigned number, bool changes,
                            cg_shard_work *work, void *context)
{
    cg_shard shard = cg_shard_at(table, number);
    cg_table_result result;

    if (!enter(&shard)) {
        return CG_TABLE_BROKEN;
    }
    result = work_once(&shard, changes, work, context);
    if (shard.is_damaged) {
        put_right(&shard);
        if (result != CG_TABLE_DONE) {
            result = work_once(&shard, changes, work, context);
        }
        if (shard.is_damaged) { /* somebody writes into it at this very moment */
            put_right(&shard);
            result = result == CG_TABLE_DONE ? CG_TABLE_DONE : CG_TABLE_BROKEN;
        }
    }
    atomic_store_explicit(&shard.head->is_held, 0, memory_order_relaxed);
    pthread_mutex_unlock(&shard.head->lock);
    return result;
}
