/* Taking a shard, also one whose last holder died. */
#include "table_layout.h"

#include <errno.h>
#include <time.h>

/* Tries before the lock is waited for: who holds it is gone in a few hundred nanoseconds. */
#define TRIES 200
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

static int wait_for(pthread_mutex_t *lock)
{
    struct timespec until;
    if (clock_gettime(CLOCK_REALTIME, &until) != 0) {
        return errno;
    }
    until.tv_sec += PATIENCE;
    return pthread_mutex_timedlock(lock, &until);
}

static int take(pthread_mutex_t *lock)
{
    int status = pthread_mutex_trylock(lock);
    for (unsigned i = 0; status == EBUSY && i < TRIES; i++) {
        status = pthread_mutex_trylock(lock);
    }
    return status == EBUSY ? wait_for(lock) : status;
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
    int status = take(&shard->head->lock);
    if (status == EOWNERDEAD) {
        status = pthread_mutex_consistent(&shard->head->lock);
        shard->head->is_busy = 1;
    }
    if (status != 0) {
        return false;
    }
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
    pthread_mutex_unlock(&shard.head->lock);
    return result;
}
