/* A shard made anew from the records that stand in it.
 *
 * Under the lock, and the busy word is set: who dies in here leaves it to be done again, and loses
 * nothing, since no record is touched that is whole. Each step looks at each block once:
 *
 *   forget    lists, chains and counters
 *   claim     records whose blocks are all there and belong to no other; in their buckets, and of
 *             two of one handle the later version
 *   gather    the rest, which is free
 *   sort      by last access, through the links of their lists, without any other memory
 *   thread    lists, subjects, counters; the longest idle first
 */
#include "table_layout.h"

static void fill(volatile uint16_t *numbers, size_t count, uint16_t value)
{
    for (size_t i = 0; i < count; i++) {
        numbers[i] = value;
    }
}

static void forget(cg_shard *shard)
{
    const cg_geometry *geometry = &shard->table->geometry;

    memset(shard->list_blocks, 0, CG_LISTS * sizeof *shard->list_blocks);
    fill(shard->newest, CG_LISTS, CG_NO_BLOCK);
    fill(shard->oldest, CG_LISTS, CG_NO_BLOCK);
    fill(shard->buckets, geometry->bucket_count, CG_NO_BLOCK);
    fill(shard->subjects, geometry->subject_count, CG_NO_BLOCK);
    for (unsigned class = 0; class < CG_CLASS_COUNT; class ++) {
        shard->head->records[class] = 0;
        shard->head->blocks[class] = 0;
    }
    shard->head->next_expiry = UINT32_MAX;
    shard->head->free_first = CG_NO_BLOCK;
    atomic_store_explicit(&shard->head->free_count, 0, memory_order_relaxed);
    for (unsigned at = 0; at < shard->block_count; at++) {
        shard->states[at] &= (uint8_t)~CG_BLOCK_MARK;
    }
}

/* -- claim ----------------------------------------------------------------------------------- */

/* True if the record at `at` has all its blocks, and they end where it ends. */
static bool is_whole(const cg_shard *shard, const cg_found *found)
{
    unsigned at = found->at;
    for (unsigned i = 1; i < found->block_count; i++) {
        at = shard->links[at];
        if (at >= shard->block_count || shard->states[at] != CG_BLOCK_MORE) {
            return false;
        }
    }
    return shard->links[at] == CG_NO_BLOCK;
}

static void mark(const cg_shard *shard, const cg_found *found)
{
    unsigned at = found->at;
    for (unsigned i = 1; i < found->block_count; i++) {
        at = shard->links[at];
        if (at >= shard->block_count) {
            return;
        }
        shard->states[at] = CG_BLOCK_MORE | CG_BLOCK_MARK;
    }
}

/* -- enter ----------------------------------------------------------------------------------- */

/* All blocks of a record are to be free; they are gathered later. */
static void drop(const cg_shard *shard, const cg_found *found)
{
    unsigned at = found->at;
    shard->states[at] = CG_BLOCK_FREE;
    for (unsigned i = 1; i < found->block_count; i++) {
        at = shard->links[at];
        if (at >= shard->block_count) {
            return;
        }
        shard->states[at] = CG_BLOCK_FREE;
    }
}

/* Puts it where the one stood that it displaces. */
static void displace(cg_shard *shard, const cg_found *old, unsigned at, unsigned bucket)
{
    unsigned next = cg_first(shard, old->at)->bucket_next;
    unsigned before = shard->buckets[bucket];

    cg_first(shard, at)->bucket_next = (uint16_t)next;
    if (before == old->at) {
        shard->buckets[bucket] = (uint16_t)at;
        return;
    }
    for (unsigned i = 0; i < shard->block_count && before < shard->block_count; i++) {
        cg_first_block *first = cg_first(shard, before);
        if (first->bucket_next == old->at) {
            first->bucket_next = (uint16_t)at;
            return;
        }
        before = first->bucket_next;
    }
}

/* True if it stands in its bucket now. */
static bool enter(cg_shard *shard, const cg_found *found)
{
    cg_table_place place = cg_place_of_handle(shard->table, found->header.handle);
    unsigned bucket = place.bucket;
    unsigned other = cg_shard_find(shard, bucket, found->header.handle);
    cg_found old;

    if (place.shard != shard->number) {
        return false;
    }
    if (other == CG_NO_BLOCK) {
        cg_first(shard, found->at)->bucket_next = shard->buckets[bucket];
        shard->buckets[bucket] = (uint16_t)found->at;
        return true;
    }
    if (!cg_shard_look(shard, other, &old) || old.header.version >= found->header.version) {
        return false;
    }
    displace(shard, &old, found->at, bucket);
    drop(shard, &old);
    return true;
}

static void claim(cg_shard *shard)
{
    for (unsigned at = 0; at < shard->block_count; at++) {
        cg_found found;
        if (!cg_is_first(shard->states[at])) {
            continue;
        }
        if (!cg_shard_look(shard, at, &found) || !is_whole(shard, &found)) {
            shard->states[at] = CG_BLOCK_FREE;
            continue;
        }
        mark(shard, &found);
        if (!enter(shard, &found)) {
            drop(shard, &found);
        }
    }
}

/* What no record claimed is free. From the last on, so that the first free is the lowest. */
static void gather(cg_shard *shard)
{
    unsigned count = 0;
    uint16_t next = CG_NO_BLOCK;

    for (unsigned at = shard->block_count; at-- > 0;) {
        unsigned state = shard->states[at];
        if (state == (CG_BLOCK_MORE | CG_BLOCK_MARK)) {
            shard->states[at] = CG_BLOCK_MORE;
        } else if (!cg_is_first(state)) {
            shard->states[at] = CG_BLOCK_FREE;
            shard->links[at] = next;
            next = (uint16_t)at;
            count++;
        }
    }
    shard->head->free_first = next;
    atomic_store_explicit(&shard->head->free_count, count, memory_order_relaxed);
}

/* -- sort ------------------------------------------------------------------------------------ */

/* Two lists, linked by `newer` and each in order, as one. */
static unsigned merge(const cg_shard *shard, unsigned a, unsigned b)
{
    volatile uint16_t first = CG_NO_BLOCK;
    volatile uint16_t *end = &first;

    for (unsigned i = 0; i < shard->block_count; i++) {
        bool takes_a;
        if (a >= shard->block_count || b >= shard->block_count) {
            break;
        }
        takes_a = cg_first(shard, a)->last_access <= cg_first(shard, b)->last_access;
        *end = (uint16_t)(takes_a ? a : b);
        end = &cg_first(shard, takes_a ? a : b)->newer;
        *(takes_a ? &a : &b) = *end;
    }
    *end = (uint16_t)(a < shard->block_count ? a : b);
    return first;
}

enum { BINS = 17 }; /* bin i holds none or 2^i records; a block's number has 16 bits */

/* All records, the longest idle first. */
static unsigned sort(const cg_shard *shard)
{
    unsigned bins[BINS];
    unsigned all = CG_NO_BLOCK;

    for (unsigned i = 0; i < BINS; i++) {
        bins[i] = CG_NO_BLOCK;
    }
    for (unsigned at = 0; at < shard->block_count; at++) {
        unsigned sorted = at, i = 0;
        if (!cg_is_first(shard->states[at])) {
            continue;
        }
        cg_first(shard, at)->newer = CG_NO_BLOCK;
        for (; i < BINS - 1 && bins[i] != CG_NO_BLOCK; i++) {
            sorted = merge(shard, bins[i], sorted);
            bins[i] = CG_NO_BLOCK;
        }
        bins[i] = sorted;
    }
    for (unsigned i = 0; i < BINS; i++) {
        all = merge(shard, bins[i], all);
    }
    return all;
}

/* -- thread ---------------------------------------------------------------------------------- */

static void thread(cg_shard *shard, unsigned at)
{
    for (unsigned i = 0; i < shard->block_count && at < shard->block_count; i++) {
        unsigned next = cg_first(shard, at)->newer;
        cg_found found;
        if (!cg_shard_look(shard, at, &found) || !cg_record_enlist(shard, &found)) {
            return;
        }
        at = next;
    }
}

void cg_shard_rebuild_locked(cg_shard *shard)
{
    forget(shard);
    CG_FAULT_POINT("forgotten");
    claim(shard);
    CG_FAULT_POINT("claimed");
    gather(shard);
    CG_FAULT_POINT("gathered");
    thread(shard, sort(shard));
}
