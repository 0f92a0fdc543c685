/* The table: finding, putting, replacing and removing records. */
#include "table_layout.h"

#include "crypto.h"
#include "eviction.h"

/* -- reading --------------------------------------------------------------------------------- */

static void read_facts(const cg_first_block *first, cg_class class, cg_table_facts *facts)
{
    *facts = (cg_table_facts){.class = class,
                              .last_access = first->last_access,
                              .idle = first->idle,
                              .source = cg_source_of(first)};
}

/* The header is written from the copy that was looked at; all else is read for the only time. */
static bool copy_record(cg_shard *shard, const cg_found *found, unsigned char *record)
{
    size_t done = CG_FIRST_SIZE;
    unsigned at = found->at;

    memcpy(record, &found->header, CG_RECORD_HEADER_SIZE);
    memcpy(record + CG_RECORD_HEADER_SIZE, cg_first(shard, at)->rest,
           CG_FIRST_SIZE - CG_RECORD_HEADER_SIZE);
    while (done < found->size) {
        size_t len = found->size - done < CG_BLOCK_SIZE ? found->size - done : CG_BLOCK_SIZE;
        at = shard->links[at];
        if (at >= shard->block_count || shard->states[at] != CG_BLOCK_MORE) {
            return cg_damaged(shard);
        }
        memcpy(record + done, shard->blocks + (size_t)at * CG_BLOCK_SIZE, len);
        done += len;
    }
    return true;
}

typedef struct reading {
    const unsigned char *handle;
    unsigned bucket;
    unsigned char *record;
    size_t room;
    size_t size;
    cg_table_facts *facts;
} reading;

static cg_table_result read_record(cg_shard *shard, void *context)
{
    reading *is = context;
    unsigned at = cg_shard_find(shard, is->bucket, is->handle);
    cg_found found;

    if (at == CG_NO_BLOCK) {
        return CG_TABLE_ABSENT;
    }
    if (!cg_shard_look(shard, at, &found)) {
        return CG_TABLE_BROKEN;
    }
    is->size = found.size;
    if (is->room < found.size) {
        return CG_TABLE_SMALL;
    }
    read_facts(cg_first(shard, at), found.class, is->facts);
    return copy_record(shard, &found, is->record) ? CG_TABLE_DONE : CG_TABLE_BROKEN;
}

cg_table_result cg_table_get(cg_table *table, const unsigned char handle[CG_HANDLE_SIZE],
                             unsigned char *record, size_t *size, cg_table_facts *facts)
{
    cg_table_place place = cg_place_of_handle(table, handle);
    reading is = {
        .handle = handle, .bucket = place.bucket, .record = record, .room = *size, .facts = facts};
    cg_table_result result;

    cg_shard_expect(table, place);
    result = cg_shard_do(table, place.shard, false, read_record, &is);
    *size = is.size;
    return result;
}

/* -- writing --------------------------------------------------------------------------------- */

typedef struct writing {
    const unsigned char *record;
    size_t size;
    cg_record_header header; /* of the record */
    const cg_table_facts *facts;
    unsigned bucket;
    uint32_t expected;
    cg_need need;
} writing;

static void write_first(const cg_shard *shard, unsigned at, const writing *is)
{
    cg_first_block *first = cg_first(shard, at);
    first->source_high = (uint16_t)(is->facts->source >> 32);
    first->source_low = (uint32_t)is->facts->source;
    first->last_access = is->facts->last_access;
    first->idle = is->facts->idle;
    memcpy(&first->header, &is->header, sizeof first->header);
    memcpy(first->rest, is->record + CG_RECORD_HEADER_SIZE, sizeof first->rest);
}

/* Fills the blocks that begin at found->at, and lets the record be there. False: damaged, and it is
 * not there. */
static bool write_record(cg_shard *shard, const writing *is, const cg_found *found)
{
    size_t done = CG_FIRST_SIZE;
    unsigned at = found->at;

    write_first(shard, at, is);
    for (unsigned i = 1; i < found->block_count; i++) {
        size_t len = is->size - done < CG_BLOCK_SIZE ? is->size - done : CG_BLOCK_SIZE;
        at = shard->links[at];
        if (at >= shard->block_count || at == found->at || shard->states[at] != CG_BLOCK_FREE) {
            return cg_damaged(shard);
        }
        memcpy(shard->blocks + (size_t)at * CG_BLOCK_SIZE, is->record + done, len);
        shard->states[at] = CG_BLOCK_MORE;
        done += len;
        CG_FAULT_POINT("a block filled");
    }
    CG_IN_THIS_ORDER("filled");
    shard->states[found->at] = (uint8_t)(CG_BLOCK_FIRST + (unsigned)found->class);
    CG_IN_THIS_ORDER("there");
    return true;
}

/* Room, blocks, content. DONE: the record is there, linked to nothing yet. */
static cg_table_result place_record(cg_shard *shard, const writing *is, cg_found *found)
{
    *found = (cg_found){.class = is->facts->class,
                        .block_count = is->need.block_count,
                        .size = is->size,
                        .header = is->header};
    if (!cg_make_room(shard, &is->need)) {
        return shard->is_damaged ? CG_TABLE_BROKEN : CG_TABLE_FULL;
    }
    found->at = cg_blocks_take(shard, found->block_count);
    if (found->at == CG_NO_BLOCK) {
        return shard->is_damaged ? CG_TABLE_BROKEN : CG_TABLE_FULL;
    }
    CG_FAULT_POINT("blocks taken");
    return write_record(shard, is, found) ? CG_TABLE_DONE : CG_TABLE_BROKEN;
}

static cg_table_result put_record(cg_shard *shard, void *context)
{
    writing *is = context;
    cg_table_result result;
    cg_found found;

    if (cg_shard_find(shard, is->bucket, is->header.handle) != CG_NO_BLOCK) {
        return CG_TABLE_EXISTS;
    }
    if (shard->is_damaged) {
        return CG_TABLE_BROKEN;
    }
    result = place_record(shard, is, &found);
    if (result == CG_TABLE_DONE) {
        cg_record_link(shard, &found, is->bucket);
    }
    return result;
}

/* The record of `handle`, if it is of this version; 0: of any. */
static cg_table_result find_version(cg_shard *shard, unsigned bucket, const unsigned char *handle,
                                    uint32_t expected, cg_found *found)
{
    unsigned at = cg_shard_find(shard, bucket, handle);
    if (at == CG_NO_BLOCK) {
        return CG_TABLE_ABSENT;
    }
    if (!cg_shard_look(shard, at, found)) {
        return CG_TABLE_BROKEN;
    }
    return expected && expected != found->header.version ? CG_TABLE_CHANGED : CG_TABLE_DONE;
}

static cg_table_result replace_record(cg_shard *shard, void *context)
{
    writing *is = context;
    cg_found old, found;
    cg_table_result result = find_version(shard, is->bucket, is->header.handle, is->expected, &old);

    if (result != CG_TABLE_DONE) {
        return result;
    }
    is->need.old = &old;
    result = place_record(shard, is, &found);
    if (result == CG_TABLE_DONE && cg_record_remove(shard, &old, is->bucket)) {
        cg_record_link(shard, &found, is->bucket);
    }
    return result;
}

static cg_table_result write_as(cg_table *table, cg_shard_work *work, const unsigned char *record,
                                size_t size, uint32_t expected, const cg_table_facts *facts,
                                const cg_table_limits *limits, uint32_t now,
                                cg_evictions *evictions)
{
    writing is = {.record = record,
                  .size = size,
                  .facts = facts,
                  .expected = expected,
                  .need = {.class = facts->class,
                           .block_count = cg_blocks_for(size),
                           .limits = limits,
                           .now = now,
                           .evictions = evictions}};
    cg_table_place place;

    memcpy(&is.header, record, sizeof is.header);
    is.need.header = &is.header;
    evictions->count = 0;
    assert(size == cg_record_size(is.header.length) && is.header.length <= CG_CONTENT_MAX);
    place = cg_place_of_handle(table, is.header.handle);
    is.bucket = place.bucket;
    cg_shard_expect(table, place);
    return cg_shard_do(table, place.shard, true, work, &is);
}

cg_table_result cg_table_put(cg_table *table, const unsigned char *record, size_t size,
                             const cg_table_facts *facts, const cg_table_limits *limits,
                             uint32_t now, cg_evictions *evictions)
{
    return write_as(table, put_record, record, size, 0, facts, limits, now, evictions);
}

cg_table_result cg_table_replace(cg_table *table, const unsigned char *record, size_t size,
                                 uint32_t expected, const cg_table_facts *facts,
                                 const cg_table_limits *limits, uint32_t now,
                                 cg_evictions *evictions)
{
    return write_as(table, replace_record, record, size, expected, facts, limits, now, evictions);
}

/* -- touching and removing ------------------------------------------------------------------- */

typedef struct naming {
    const unsigned char *handle;
    unsigned bucket;
    uint32_t expected;
    uint32_t now;
    uint64_t source;
} naming;

static cg_table_result touch_record(cg_shard *shard, void *context)
{
    const naming *is = context;
    cg_found found;
    cg_first_block *first;
    cg_table_result result = find_version(shard, is->bucket, is->handle, 0, &found);

    if (result != CG_TABLE_DONE) {
        return result;
    }
    first = cg_first(shard, found.at);
    if (first->last_access < is->now) {
        first->last_access = is->now;
    }
    CG_FAULT_POINT("touched");
    cg_record_move(shard, &found,
                   found.class == CG_CLASS_NEWBORN && cg_may_return(shard, &found)
                       ? CG_CLASS_RETURNING
                       : found.class);
    return CG_TABLE_DONE;
}

/* Seconds within which a second use says nothing new. */
static uint32_t grain_of(uint32_t idle)
{
    uint32_t grain = idle / 32;
    return grain < 1 ? 1 : grain > 60 ? 60 : grain;
}

cg_table_result cg_table_touch(cg_table *table, const unsigned char handle[CG_HANDLE_SIZE],
                               const cg_table_facts *facts, uint32_t now)
{
    cg_table_place place;
    naming is = {.handle = handle, .now = now};

    if (facts->class != CG_CLASS_NEWBORN &&
        now < (uint64_t)facts->last_access + grain_of(facts->idle)) {
        return CG_TABLE_DONE;
    }
    place = cg_place_of_handle(table, handle);
    is.bucket = place.bucket;
    return cg_shard_do(table, place.shard, true, touch_record, &is);
}

/* An authenticated one stands in no list of a source, so that it can be given one. */
static cg_table_result demote_record(cg_shard *shard, void *context)
{
    const naming *is = context;
    cg_found found;
    cg_table_result result = find_version(shard, is->bucket, is->handle, 0, &found);

    if (result != CG_TABLE_DONE) {
        return result;
    }
    if (found.class == CG_CLASS_AUTHENTICATED) {
        cg_first(shard, found.at)->source_low = (uint32_t)is->source;
        cg_first(shard, found.at)->source_high = (uint16_t)(is->source >> 32);
    }
    cg_record_move(shard, &found, CG_CLASS_NEWBORN);
    return CG_TABLE_DONE;
}

cg_table_result cg_table_demote(cg_table *table, const unsigned char handle[CG_HANDLE_SIZE],
                                uint64_t source)
{
    cg_table_place place = cg_place_of_handle(table, handle);
    naming is = {.handle = handle, .bucket = place.bucket, .source = source};
    return cg_shard_do(table, place.shard, true, demote_record, &is);
}

static cg_table_result remove_record(cg_shard *shard, void *context)
{
    const naming *is = context;
    cg_found found;
    cg_table_result result = find_version(shard, is->bucket, is->handle, is->expected, &found);
    if (result == CG_TABLE_DONE) {
        cg_record_remove(shard, &found, is->bucket);
    }
    return result;
}

cg_table_result cg_table_remove(cg_table *table, const unsigned char handle[CG_HANDLE_SIZE],
                                uint32_t expected)
{
    cg_table_place place = cg_place_of_handle(table, handle);
    naming is = {.handle = handle, .bucket = place.bucket, .expected = expected};
    return cg_shard_do(table, place.shard, true, remove_record, &is);
}

/* -- handles --------------------------------------------------------------------------------- */

static unsigned free_in(const cg_table *table, const unsigned char *handle)
{
    cg_shard shard = cg_shard_at(table, cg_place_of_handle(table, handle).shard);
    return atomic_load_explicit(&shard.head->free_count, memory_order_relaxed);
}

/* Of two, the one in the emptier shard: so that they fill evenly. */
static bool draw_anywhere(const cg_table *table, cg_crypto *crypto,
                          unsigned char handle[CG_HANDLE_SIZE])
{
    unsigned char drawn[2][CG_HANDLE_SIZE];
    if (!cg_random(crypto, drawn, sizeof drawn)) {
        return false;
    }
    memcpy(handle, drawn[free_in(table, drawn[1]) > free_in(table, drawn[0])], CG_HANDLE_SIZE);
    return true;
}

/* Counts on from the one drawn until it stands in that shard. */
static bool count_on(const cg_table *table, unsigned shard, unsigned char handle[CG_HANDLE_SIZE])
{
    unsigned tries = 64 * table->geometry.shard_count;
    for (uint32_t number; tries > 0; tries--) {
        if (cg_place_of_handle(table, handle).shard == shard) {
            return true;
        }
        memcpy(&number, handle + CG_HANDLE_SIZE - sizeof number, sizeof number);
        number++;
        memcpy(handle + CG_HANDLE_SIZE - sizeof number, &number, sizeof number);
    }
    return false;
}

bool cg_table_draw_handle(const cg_table *table, cg_crypto *crypto,
                          const unsigned char subject[CG_SUBJECT_SIZE],
                          unsigned char handle[CG_HANDLE_SIZE])
{
    static const unsigned char nobody[CG_SUBJECT_SIZE];
    if (memcmp(subject, nobody, sizeof nobody) == 0) {
        return draw_anywhere(table, crypto, handle);
    }
    return cg_random(crypto, handle, CG_HANDLE_SIZE) &&
           count_on(table, cg_place_of_subject(table, subject).shard, handle);
}
