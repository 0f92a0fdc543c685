/* The segment: how its size is divided, what its head says, who is entered in it. */
#include "table_layout.h"

#include <apr_siphash.h>

#include "crypto.h"

static size_t round_up(size_t number, size_t step)
{
    return (number + step - 1) / step * step;
}

/* -- geometry -------------------------------------------------------------------------------- */

static size_t shards_of(size_t room)
{
    size_t count = room / CG_SHARD_SIZE;
    size_t least = (room + CG_SHARD_SIZE_MAX - 1) / CG_SHARD_SIZE_MAX;
    if (count > CG_SHARDS_FEW) {
        count = CG_SHARDS_FEW;
    }
    if (count < least) {
        count = least;
    }
    return count ? count : 1;
}

/* What stands before the blocks, for `blocks` of them. Two blocks have a bucket, eight a
 * subject's. */
static void place_arrays(cg_geometry *geometry, unsigned blocks)
{
    size_t at = CG_SHARD_HEAD_SIZE;
    geometry->block_count = blocks;
    geometry->bucket_count = blocks / 2;
    geometry->subject_count = blocks / 8;
    geometry->lists_at = at;
    at += 3 * CG_LISTS * sizeof(uint16_t);
    geometry->buckets_at = at;
    at += geometry->bucket_count * sizeof(uint16_t);
    geometry->subjects_at = at;
    at += geometry->subject_count * sizeof(uint16_t);
    geometry->links_at = at;
    at += blocks * sizeof(uint16_t);
    geometry->states_at = at;
    at += blocks;
    geometry->blocks_at = round_up(at, CG_BLOCK_SIZE);
}

/* As many blocks as fit. */
static bool divide_shard(cg_geometry *geometry)
{
    unsigned blocks = (unsigned)(geometry->shard_size / CG_BLOCK_SIZE);
    do {
        place_arrays(geometry, blocks);
    } while (geometry->blocks_at + (size_t)blocks * CG_BLOCK_SIZE > geometry->shard_size &&
             --blocks > 0);
    return blocks > 0 && blocks < CG_NO_BLOCK;
}

bool cg_geometry_make(size_t size, cg_geometry *geometry)
{
    *geometry = (cg_geometry){.shard_count = 0};
    if (size < CG_TABLE_SIZE_MIN) {
        return false;
    }
    geometry->revocations_at = CG_TABLE_HEAD_SIZE + CG_TABLE_CHILDREN_MAX * sizeof(uint64_t);
    geometry->revocations_size = size / 2048 / 64 * 64;
    geometry->shards_at = round_up(geometry->revocations_at + geometry->revocations_size,
                                   CG_TABLE_PAGE);
    geometry->shard_count = (unsigned)shards_of(size - geometry->shards_at);
    geometry->shard_size = (size - geometry->shards_at) / geometry->shard_count / CG_BLOCK_SIZE *
                           CG_BLOCK_SIZE;
    return divide_shard(geometry);
}

cg_shard cg_shard_at(const cg_table *table, unsigned number)
{
    const cg_geometry *geometry = &table->geometry;
    unsigned char *base = table->memory + geometry->shards_at + number * geometry->shard_size;
    uint16_t *lists = (uint16_t *)(void *)(base + geometry->lists_at);
    return (cg_shard){.table = table,
                      .head = (cg_shard_head *)(void *)base,
                      .list_blocks = lists,
                      .newest = lists + CG_LISTS,
                      .oldest = lists + 2 * CG_LISTS,
                      .buckets = (volatile uint16_t *)(void *)(base + geometry->buckets_at),
                      .subjects = (volatile uint16_t *)(void *)(base + geometry->subjects_at),
                      .links = (volatile uint16_t *)(void *)(base + geometry->links_at),
                      .states = base + geometry->states_at,
                      .blocks = base + geometry->blocks_at,
                      .number = number,
                      .block_count = geometry->block_count};
}

/* -- places ---------------------------------------------------------------------------------- */

/* Which of `count` a hash of 32 bits falls into. */
static unsigned pick(uint32_t hash, unsigned count)
{
    return (unsigned)((uint64_t)hash * count >> 32);
}

static cg_table_place place_of(const cg_table *table, const void *text, size_t len,
                               unsigned bucket_count)
{
    uint64_t hash = apr_siphash24(text, len, table->place_key);
    return (cg_table_place){.shard = pick((uint32_t)(hash >> 32), table->geometry.shard_count),
                            .bucket = pick((uint32_t)hash, bucket_count)};
}

cg_table_place cg_place_of_handle(const cg_table *table, const unsigned char handle[CG_HANDLE_SIZE])
{
    return place_of(table, handle, CG_HANDLE_SIZE, table->geometry.bucket_count);
}

cg_table_place cg_place_of_subject(const cg_table *table,
                                   const unsigned char subject[CG_SUBJECT_SIZE])
{
    return place_of(table, subject, CG_SUBJECT_SIZE, table->geometry.subject_count);
}

/* -- the head -------------------------------------------------------------------------------- */

/* Nothing that stood there before counts: all blocks are free. */
static bool format_shard(const cg_table *table, unsigned number)
{
    cg_shard shard = cg_shard_at(table, number);
    for (unsigned at = 0; at < shard.block_count; at++) {
        shard.states[at] = CG_BLOCK_FREE;
    }
    cg_shard_rebuild_locked(&shard);
    shard.head->rebuilds = 0;
    shard.head->is_busy = 0;
    atomic_store_explicit(&shard.head->is_held, 0, memory_order_relaxed);
    return cg_lock_format(&shard.head->lock);
}

bool cg_table_format(void *memory, size_t size, const unsigned char nonce[CG_SEGMENT_NONCE_SIZE],
                     const unsigned char place_key_id[CG_KEY_ID_SIZE], int64_t now)
{
    cg_table table = {.memory = memory, .size = size};
    cg_table_head *head = memory;

    if (!cg_geometry_make(size, &table.geometry)) {
        return false;
    }
    for (unsigned i = 0; i < table.geometry.shard_count; i++) {
        if (!format_shard(&table, i)) {
            return false;
        }
    }
    head->layout = CG_TABLE_LAYOUT;
    head->head_size = CG_TABLE_HEAD_SIZE;
    head->size = size;
    memcpy(head->nonce, nonce, sizeof head->nonce);
    memcpy(head->place_key_id, place_key_id, sizeof head->place_key_id);
    head->shard_count = table.geometry.shard_count;
    head->created = now;
    CG_IN_THIS_ORDER("formatted");
    memcpy(head->magic, CG_TABLE_MAGIC, sizeof head->magic);
    return true;
}

bool cg_table_is_ours(const void *memory, size_t size,
                      const unsigned char nonce[CG_SEGMENT_NONCE_SIZE])
{
    const cg_table_head *head = memory;
    return size >= CG_TABLE_SIZE_MIN &&
           memcmp(head->magic, CG_TABLE_MAGIC, sizeof head->magic) == 0 &&
           head->layout == CG_TABLE_LAYOUT && head->head_size == CG_TABLE_HEAD_SIZE &&
           head->size == size && memcmp(head->nonce, nonce, sizeof head->nonce) == 0;
}

/* Two halves of the key over the nonce: another segment, other places. */
static void make_place_key(cg_table *table, const unsigned char place_key[CG_KEY_SIZE])
{
    const cg_table_head *head = (const cg_table_head *)(const void *)table->memory;
    unsigned char nonce[CG_SEGMENT_NONCE_SIZE];

    memcpy(nonce, head->nonce, sizeof nonce);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t half = apr_siphash24(nonce, sizeof nonce, place_key + i * CG_PLACE_KEY_SIZE);
        memcpy(table->place_key + i * sizeof half, &half, sizeof half);
    }
    table->source_factor = apr_siphash24("sources", 7, table->place_key) | 1;
}

static apr_status_t wipe_table(void *table)
{
    cg_wipe(table, sizeof(cg_table));
    return APR_SUCCESS;
}

cg_table *cg_table_open(apr_pool_t *pool, void *memory, size_t size,
                        const unsigned char place_key[CG_KEY_SIZE])
{
    cg_table *table = apr_pcalloc(pool, sizeof *table);
    table->memory = memory;
    table->size = size;
    if (!cg_geometry_make(size, &table->geometry)) {
        return NULL;
    }
    make_place_key(table, place_key);
    apr_pool_cleanup_register(pool, table, wipe_table, apr_pool_cleanup_null);
    return table;
}

/* -- living children ------------------------------------------------------------------------- */

/* An entry: the moment of the start above the process's number, 0 where nobody is. */
#define PID_BITS 22 /* Linux: 4194304 is the end of them; the moment has 42 bits, in ticks */

static _Atomic uint64_t *children_of(const cg_table *table)
{
    return (_Atomic uint64_t *)(void *)(table->memory + CG_TABLE_HEAD_SIZE);
}

/* 0: no child can be so. */
static uint64_t entry_of(cg_child child)
{
    if (child.pid <= 0 || child.pid >> PID_BITS || child.started >> (64 - PID_BITS)) {
        return 0;
    }
    return child.started << PID_BITS | (uint64_t)child.pid;
}

bool cg_table_enter_child(cg_table *table, cg_child child)
{
    _Atomic uint64_t *children = children_of(table);
    uint64_t entry = entry_of(child);

    for (unsigned i = 0; entry && i < CG_TABLE_CHILDREN_MAX; i++) {
        uint64_t nobody = 0;
        if (atomic_compare_exchange_strong(&children[i], &nobody, entry)) {
            return true;
        }
    }
    return false;
}

unsigned cg_table_list_children(const cg_table *table, cg_child *children, unsigned room)
{
    unsigned count = 0;
    for (unsigned i = 0; i < CG_TABLE_CHILDREN_MAX && count < room; i++) {
        uint64_t entry = atomic_load(&children_of(table)[i]);
        if (entry) {
            children[count++] = (cg_child){.pid = (int32_t)(entry & ((1u << PID_BITS) - 1)),
                                           .started = entry >> PID_BITS};
        }
    }
    return count;
}

void cg_table_forget_child(cg_table *table, cg_child child)
{
    uint64_t wanted = entry_of(child);
    for (unsigned i = 0; wanted && i < CG_TABLE_CHILDREN_MAX; i++) {
        uint64_t entry = wanted;
        if (atomic_compare_exchange_strong(&children_of(table)[i], &entry, 0)) {
            return;
        }
    }
}
