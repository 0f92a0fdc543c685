/* What holds records together: chains of buckets, lists by class and source, subjects, free
 * blocks. */
#include "table_layout.h"

/* -- what stands at a number ----------------------------------------------------------------- */

/* True if a record may begin there. */
static bool is_record(const cg_shard *shard, unsigned at)
{
    return at < shard->block_count && cg_is_first(shard->states[at]);
}

/* True for the end of a chain, and for a record. */
static bool is_link(const cg_shard *shard, unsigned at)
{
    return at == CG_NO_BLOCK || is_record(shard, at);
}

/* The links of a record, its first block, and what is most often behind it: its other blocks. */
static void expect_record(const cg_shard *shard, unsigned at)
{
    enum { LINES = 3 * CG_BLOCK_SIZE / CG_LINE_SIZE };
    const unsigned char *block = shard->blocks + (size_t)at * CG_BLOCK_SIZE;
    CG_EXPECT_TO_READ(&shard->states[at]);
    CG_EXPECT_TO_READ(&shard->links[at]);
    for (unsigned i = 0; i < LINES; i++) {
        CG_EXPECT_TO_READ(block + i * CG_LINE_SIZE);
    }
}

unsigned cg_shard_find(cg_shard *shard, unsigned bucket, const unsigned char handle[CG_HANDLE_SIZE])
{
    unsigned at = shard->buckets[bucket];
    for (unsigned steps = 0; at != CG_NO_BLOCK; steps++) {
        const cg_first_block *first = cg_first(shard, at);
        expect_record(shard, at);
        if (!is_record(shard, at) || steps == shard->block_count) {
            cg_damaged(shard);
            return CG_NO_BLOCK;
        }
        if (memcmp(first->header.handle, handle, CG_HANDLE_SIZE) == 0) {
            return at;
        }
        at = first->bucket_next;
    }
    return CG_NO_BLOCK;
}

bool cg_shard_look(cg_shard *shard, unsigned at, cg_found *found)
{
    unsigned state = shard->states[at];
    found->at = at;
    memcpy(&found->header, &cg_first(shard, at)->header, sizeof found->header);
    if (!cg_is_first(state) || found->header.length > CG_CONTENT_MAX) {
        return cg_damaged(shard);
    }
    found->class = (cg_class)(state - CG_BLOCK_FIRST);
    found->size = cg_record_size(found->header.length);
    found->block_count = cg_blocks_for(found->size);
    return true;
}

/* -- blocks ---------------------------------------------------------------------------------- */

/* The last of `count` blocks that are linked from `at` on; CG_NO_BLOCK: they are not all as
 * `state`. */
static unsigned last_of(const cg_shard *shard, unsigned at, unsigned count, unsigned state)
{
    for (; count > 1; count--) {
        at = shard->links[at];
        if (at >= shard->block_count || shard->states[at] != state) {
            return CG_NO_BLOCK;
        }
    }
    return at;
}

unsigned cg_blocks_take(cg_shard *shard, unsigned count)
{
    unsigned first = shard->head->free_first;
    unsigned free_count = atomic_load_explicit(&shard->head->free_count, memory_order_relaxed);
    unsigned last;

    if (free_count < count) {
        return CG_NO_BLOCK;
    }
    if (first >= shard->block_count || shard->states[first] != CG_BLOCK_FREE ||
        (last = last_of(shard, first, count, CG_BLOCK_FREE)) == CG_NO_BLOCK) {
        cg_damaged(shard);
        return CG_NO_BLOCK;
    }
    shard->head->free_first = shard->links[last];
    shard->links[last] = CG_NO_BLOCK;
    atomic_store_explicit(&shard->head->free_count, free_count - count, memory_order_relaxed);
    return first;
}

bool cg_blocks_give(cg_shard *shard, unsigned first, unsigned count)
{
    unsigned free_count = atomic_load_explicit(&shard->head->free_count, memory_order_relaxed);
    unsigned at = first;

    for (unsigned i = 1; i < count; i++) {
        at = shard->links[at];
        if (at >= shard->block_count || shard->states[at] != CG_BLOCK_MORE) {
            return cg_damaged(shard);
        }
        shard->states[at] = CG_BLOCK_FREE;
    }
    shard->links[at] = shard->head->free_first;
    shard->head->free_first = (uint16_t)first;
    atomic_store_explicit(&shard->head->free_count, free_count + count, memory_order_relaxed);
    return true;
}

/* -- chains of buckets ----------------------------------------------------------------------- */

static void chain_record(cg_shard *shard, unsigned at, unsigned bucket)
{
    cg_first(shard, at)->bucket_next = shard->buckets[bucket];
    shard->buckets[bucket] = (uint16_t)at;
}

static bool unchain_record(cg_shard *shard, unsigned at, unsigned bucket)
{
    unsigned next = cg_first(shard, at)->bucket_next;
    unsigned before = shard->buckets[bucket];

    if (before == at) {
        shard->buckets[bucket] = (uint16_t)next;
        return true;
    }
    for (unsigned steps = 0; before < shard->block_count && steps < shard->block_count; steps++) {
        cg_first_block *first = cg_first(shard, before);
        before = first->bucket_next;
        if (before == at) {
            first->bucket_next = (uint16_t)next;
            return true;
        }
    }
    return cg_damaged(shard);
}

/* -- lists by class and source --------------------------------------------------------------- */

unsigned cg_list_of(const cg_shard *shard, cg_class class, uint64_t source)
{
    uint64_t mixed;
    if (class == CG_CLASS_AUTHENTICATED) {
        return CG_LIST_OF_AUTHENTICATED;
    }
    mixed = (source + (uint64_t)shard->number * UINT64_C(0x9E3779B97F4A7C15)) *
            shard->table->source_factor;
    mixed ^= mixed >> 32;
    mixed *= UINT64_C(0xD6E8FEB86659FD93);
    return (unsigned)class * CG_SOURCES + (unsigned)(mixed >> 32) % CG_SOURCES;
}

static unsigned list_of(const cg_shard *shard, const cg_found *found)
{
    return cg_list_of(shard, found->class, cg_source_of(cg_first(shard, found->at)));
}

static bool list_record(cg_shard *shard, unsigned at, unsigned list)
{
    unsigned second = shard->newest[list];
    cg_first_block *first = cg_first(shard, at);

    if (!is_link(shard, second)) {
        return cg_damaged(shard);
    }
    first->newer = CG_NO_BLOCK;
    first->older = (uint16_t)second;
    if (second == CG_NO_BLOCK) {
        shard->oldest[list] = (uint16_t)at;
    } else {
        cg_first(shard, second)->newer = (uint16_t)at;
    }
    shard->newest[list] = (uint16_t)at;
    return true;
}

static bool unlist_record(cg_shard *shard, unsigned at, unsigned list)
{
    unsigned newer = cg_first(shard, at)->newer;
    unsigned older = cg_first(shard, at)->older;

    if (!is_link(shard, newer) || !is_link(shard, older)) {
        return cg_damaged(shard);
    }
    if (newer == CG_NO_BLOCK) {
        shard->newest[list] = (uint16_t)older;
    } else {
        cg_first(shard, newer)->older = (uint16_t)older;
    }
    if (older == CG_NO_BLOCK) {
        shard->oldest[list] = (uint16_t)newer;
    } else {
        cg_first(shard, older)->newer = (uint16_t)newer;
    }
    return true;
}

/* -- subjects -------------------------------------------------------------------------------- */

static bool has_subject(const cg_record_header *header)
{
    static const unsigned char nobody[CG_SUBJECT_SIZE];
    return memcmp(header->subject, nobody, sizeof nobody) != 0;
}

static bool join_subject(cg_shard *shard, const cg_found *found)
{
    cg_first_block *first = cg_first(shard, found->at);
    volatile uint16_t *head;
    unsigned second;

    if (!has_subject(&found->header)) {
        return true;
    }
    head = &shard->subjects[cg_place_of_subject(shard->table, found->header.subject).bucket];
    second = *head;
    if (!is_link(shard, second)) {
        return cg_damaged(shard);
    }
    first->subject_previous = CG_NO_BLOCK;
    first->subject_next = (uint16_t)second;
    if (second != CG_NO_BLOCK) {
        cg_first(shard, second)->subject_previous = (uint16_t)found->at;
    }
    *head = (uint16_t)found->at;
    return true;
}

static bool leave_subject(cg_shard *shard, const cg_found *found)
{
    const cg_first_block *first = cg_first(shard, found->at);
    unsigned next = first->subject_next;
    unsigned previous = first->subject_previous;

    if (!has_subject(&found->header)) {
        return true;
    }
    if (!is_link(shard, next) || !is_link(shard, previous)) {
        return cg_damaged(shard);
    }
    if (next != CG_NO_BLOCK) {
        cg_first(shard, next)->subject_previous = (uint16_t)previous;
    }
    if (previous != CG_NO_BLOCK) {
        cg_first(shard, previous)->subject_next = (uint16_t)next;
    } else {
        unsigned bucket = cg_place_of_subject(shard->table, found->header.subject).bucket;
        shard->subjects[bucket] = (uint16_t)next;
    }
    return true;
}

/* -- records --------------------------------------------------------------------------------- */

static void count_in(cg_shard *shard, const cg_found *found, unsigned list)
{
    shard->head->records[found->class] += 1;
    shard->head->blocks[found->class] += found->block_count;
    shard->list_blocks[list] = (uint16_t)(shard->list_blocks[list] + found->block_count);
}

static void count_out(cg_shard *shard, const cg_found *found, unsigned list)
{
    shard->head->records[found->class] -= 1;
    shard->head->blocks[found->class] -= found->block_count;
    shard->list_blocks[list] = (uint16_t)(shard->list_blocks[list] - found->block_count);
}

/* It may expire before all others. */
static void note_expiry(cg_shard *shard, const cg_found *found)
{
    const cg_first_block *first = cg_first(shard, found->at);
    uint64_t idle_until = (uint64_t)first->last_access + first->idle;
    if (shard->head->next_expiry > found->header.expires) {
        shard->head->next_expiry = found->header.expires;
    }
    if (shard->head->next_expiry > idle_until) {
        shard->head->next_expiry = (uint32_t)idle_until;
    }
}

bool cg_record_enlist(cg_shard *shard, const cg_found *found)
{
    unsigned list = list_of(shard, found);
    note_expiry(shard, found);
    if (!list_record(shard, found->at, list)) {
        return false;
    }
    CG_FAULT_POINT("in its list");
    count_in(shard, found, list);
    CG_FAULT_POINT("counted");
    return join_subject(shard, found);
}

bool cg_record_link(cg_shard *shard, const cg_found *found, unsigned bucket)
{
    chain_record(shard, found->at, bucket);
    CG_FAULT_POINT("in its bucket");
    return cg_record_enlist(shard, found);
}

bool cg_record_remove(cg_shard *shard, const cg_found *found, unsigned bucket)
{
    unsigned list = list_of(shard, found);

    CG_IN_THIS_ORDER("still there");
    shard->states[found->at] = CG_BLOCK_FREE;
    CG_IN_THIS_ORDER("gone");
    if (!unchain_record(shard, found->at, bucket) || !unlist_record(shard, found->at, list)) {
        return false;
    }
    CG_FAULT_POINT("out of its list");
    if (!leave_subject(shard, found)) {
        return false;
    }
    count_out(shard, found, list);
    CG_FAULT_POINT("counted out");
    return cg_blocks_give(shard, found->at, found->block_count);
}

bool cg_record_move(cg_shard *shard, cg_found *found, cg_class class)
{
    unsigned list = list_of(shard, found);

    if (!unlist_record(shard, found->at, list)) {
        return false;
    }
    CG_FAULT_POINT("in no list");
    count_out(shard, found, list);
    found->class = class;
    shard->states[found->at] = (uint8_t)(CG_BLOCK_FIRST + (unsigned)class);
    CG_FAULT_POINT("of another class");
    list = list_of(shard, found);
    if (!list_record(shard, found->at, list)) {
        return false;
    }
    count_in(shard, found, list);
    return true;
}
