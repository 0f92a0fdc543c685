/* Every invariant of the table, looked at one by one. */
#include "table_layout.h"

/* What is counted on the way. */
typedef struct tally {
    unsigned records[CG_CLASS_COUNT];
    unsigned blocks[CG_CLASS_COUNT];
    unsigned with_subject;
    unsigned more;   /* blocks that are not the first of a record */
    unsigned marked; /* those that belong to one */
    unsigned free;
} tally;

static bool has_subject(const cg_record_header *header)
{
    static const unsigned char nobody[CG_SUBJECT_SIZE];
    return memcmp(header->subject, nobody, sizeof nobody) != 0;
}

/* -- records --------------------------------------------------------------------------------- */

static const char *check_blocks(const cg_shard *shard, const cg_found *found, tally *sum)
{
    unsigned at = found->at;
    for (unsigned i = 1; i < found->block_count; i++) {
        at = shard->links[at];
        if (at >= shard->block_count) {
            return "the blocks of a record end early";
        }
        if (shard->states[at] != CG_BLOCK_MORE) {
            return "a block of a record is free, or another record's";
        }
        shard->states[at] = CG_BLOCK_MORE | CG_BLOCK_MARK;
        sum->marked++;
    }
    return shard->links[at] == CG_NO_BLOCK ? NULL : "the blocks of a record do not end";
}

static const char *check_record(cg_shard *shard, unsigned at, tally *sum)
{
    cg_found found;
    cg_table_place place;

    if (!cg_shard_look(shard, at, &found)) {
        return "a record is longer than any";
    }
    sum->records[found.class]++;
    sum->blocks[found.class] += found.block_count;
    sum->with_subject += has_subject(&found.header);
    place = cg_place_of_handle(shard->table, found.header.handle);
    if (place.shard != shard->number) {
        return "a record stands in another's shard";
    }
    if (cg_shard_find(shard, place.bucket, found.header.handle) != at) {
        return "a record is not found by its handle, or there are two";
    }
    if (shard->head->next_expiry > found.header.expires) {
        return "a record expires before the first one is said to";
    }
    return check_blocks(shard, &found, sum);
}

static const char *check_records(cg_shard *shard, tally *sum)
{
    for (unsigned at = 0; at < shard->block_count; at++) {
        unsigned state = shard->states[at] & (unsigned)~CG_BLOCK_MARK;
        const char *wrong = NULL;
        if (cg_is_first(state)) {
            wrong = check_record(shard, at, sum);
        } else if (state == CG_BLOCK_MORE) {
            sum->more++;
        } else if (state != CG_BLOCK_FREE) {
            wrong = "a block is in no known state";
        }
        if (wrong) {
            return wrong;
        }
    }
    return sum->more == sum->marked ? NULL : "a block belongs to no record";
}

/* -- free ones ------------------------------------------------------------------------------- */

static const char *check_free(const cg_shard *shard, const tally *sum)
{
    unsigned at = shard->head->free_first;
    unsigned in_use = sum->more, count = 0;

    for (; at != CG_NO_BLOCK; count++) {
        if (at >= shard->block_count || count == shard->block_count ||
            shard->states[at] != CG_BLOCK_FREE) {
            return "the chain of free blocks is broken";
        }
        at = shard->links[at];
    }
    for (unsigned class = 0; class < CG_CLASS_COUNT; class ++) {
        in_use += sum->records[class];
    }
    if (count != atomic_load_explicit(&shard->head->free_count, memory_order_relaxed)) {
        return "the free blocks are not as many as counted";
    }
    return count + in_use == shard->block_count ? NULL : "a free block is in no chain";
}

/* -- lists ----------------------------------------------------------------------------------- */

/* From the newest to the oldest, and that each knows its neighbours. */
static const char *check_list(cg_shard *shard, unsigned list, tally *sum)
{
    unsigned newer = CG_NO_BLOCK, blocks = 0;
    unsigned at = shard->newest[list];

    for (unsigned steps = 0; at != CG_NO_BLOCK; steps++) {
        cg_found found;
        if (at >= shard->block_count || steps == shard->block_count ||
            !cg_shard_look(shard, at, &found) || cg_first(shard, at)->newer != newer) {
            return "a list is broken";
        }
        if (cg_list_of(shard, found.class, cg_source_of(cg_first(shard, at))) != list) {
            return "a record is in the list of another class or source";
        }
        blocks += found.block_count;
        sum->records[found.class]++;
        newer = at;
        at = cg_first(shard, at)->older;
    }
    if (shard->oldest[list] != newer) {
        return "the oldest of a list is not its last";
    }
    return blocks == shard->list_blocks[list] ? NULL : "a list holds more or less than counted";
}

static const char *check_lists(cg_shard *shard, const tally *found)
{
    tally sum = {.free = 0};
    for (unsigned list = 0; list < CG_LISTS; list++) {
        const char *wrong = check_list(shard, list, &sum);
        if (wrong) {
            return wrong;
        }
    }
    for (unsigned class = 0; class < CG_CLASS_COUNT; class ++) {
        if (sum.records[class] != found->records[class]) {
            return "a record is in no list";
        }
        if (shard->head->records[class] != found->records[class] ||
            shard->head->blocks[class] != found->blocks[class]) {
            return "a class has more or less than counted";
        }
    }
    return NULL;
}

/* -- subjects -------------------------------------------------------------------------------- */

static const char *check_subject(cg_shard *shard, unsigned bucket, unsigned *count)
{
    unsigned previous = CG_NO_BLOCK;
    unsigned at = shard->subjects[bucket];

    for (unsigned steps = 0; at != CG_NO_BLOCK; steps++) {
        cg_found found;
        if (at >= shard->block_count || steps == shard->block_count ||
            !cg_shard_look(shard, at, &found) ||
            cg_first(shard, at)->subject_previous != previous) {
            return "a chain of subjects is broken";
        }
        if (!has_subject(&found.header) ||
            cg_place_of_subject(shard->table, found.header.subject).bucket != bucket) {
            return "a record is in the chain of another subject";
        }
        (*count)++;
        previous = at;
        at = cg_first(shard, at)->subject_next;
    }
    return NULL;
}

static const char *check_subjects(cg_shard *shard, const tally *found)
{
    unsigned count = 0;
    for (unsigned bucket = 0; bucket < shard->table->geometry.subject_count; bucket++) {
        const char *wrong = check_subject(shard, bucket, &count);
        if (wrong) {
            return wrong;
        }
    }
    return count == found->with_subject ? NULL : "a record is missing in its subject's chain";
}

/* -- chains of buckets ----------------------------------------------------------------------- */

/* Each record was found in its bucket; so there are no others if there are no more. */
static const char *check_buckets(const cg_shard *shard, const tally *found)
{
    unsigned count = 0, wanted = 0;
    for (unsigned bucket = 0; bucket < shard->table->geometry.bucket_count; bucket++) {
        for (unsigned at = shard->buckets[bucket]; at != CG_NO_BLOCK; count++) {
            if (at >= shard->block_count || count == shard->block_count) {
                return "a chain of a bucket is broken";
            }
            at = cg_first(shard, at)->bucket_next;
        }
    }
    for (unsigned class = 0; class < CG_CLASS_COUNT; class ++) {
        wanted += found->records[class];
    }
    return count == wanted ? NULL : "a bucket holds what is no record";
}

const char *cg_shard_check_locked(cg_shard *shard)
{
    tally sum = {.free = 0};
    const char *wrong = check_records(shard, &sum);

    for (unsigned at = 0; at < shard->block_count; at++) {
        shard->states[at] &= (uint8_t)~CG_BLOCK_MARK;
    }
    wrong = wrong ? wrong : check_free(shard, &sum);
    wrong = wrong ? wrong : check_lists(shard, &sum);
    wrong = wrong ? wrong : check_subjects(shard, &sum);
    wrong = wrong ? wrong : check_buckets(shard, &sum);
    return wrong;
}

/* The sentence is the answer: damage that is found is not put right by having looked. */
static cg_table_result check_shard(cg_shard *shard, void *context)
{
    const char **wrong = context;
    *wrong = cg_shard_check_locked(shard);
    shard->is_damaged = false;
    return CG_TABLE_DONE;
}

const char *cg_table_check(cg_table *table)
{
    for (unsigned i = 0; i < table->geometry.shard_count; i++) {
        const char *wrong = NULL;
        if (cg_shard_do(table, i, true, check_shard, &wrong) != CG_TABLE_DONE) {
            return "the lock of a shard cannot be taken";
        }
        if (wrong) {
            return wrong;
        }
    }
    return NULL;
}
