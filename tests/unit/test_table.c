/* The table: what is put is found, beside a naive model that keeps records in an array. */
#include "table_in_memory.h"

#include "session/table_layout.h"

/* -- the segment ----------------------------------------------------------------------------- */

static void knows_its_own_segment(void **state)
{
    test_table is = new_table(CG_TABLE_SIZE_MIN);
    (void)state;
    assert_true(cg_table_is_ours(is.memory, is.size, SOME_NONCE));
    assert_false(cg_table_is_ours(is.memory, is.size, (const unsigned char *)"another's mark.."));
    assert_false(cg_table_is_ours(is.memory, is.size + 4096, SOME_NONCE));
    for (size_t i = 0; i < 8; i++) { /* magic */
        is.memory[i] ^= 1;
        assert_false(cg_table_is_ours(is.memory, is.size, SOME_NONCE));
        is.memory[i] ^= 1;
    }
    is.memory[8] ^= 1; /* layout */
    assert_false(cg_table_is_ours(is.memory, is.size, SOME_NONCE));
    free_table(&is);
}

static void refuses_what_is_too_small(void **state)
{
    static unsigned char memory[CG_TABLE_SIZE_MIN];
    apr_pool_t *pool;
    (void)state;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    assert_false(cg_table_format(memory, CG_TABLE_SIZE_MIN - 1, SOME_NONCE, SOME_KEY_ID, 1));
    assert_null(cg_table_open(pool, memory, CG_TABLE_SIZE_MIN - 1, SOME_PLACE_KEY));
    apr_terminate();
}

/* Any size divides into shards that lie in it; each record of the largest size fits. */
static void fits_any_size(void **state)
{
    static const size_t sizes[] = {CG_TABLE_SIZE_MIN, CG_TABLE_SIZE_MIN + 1, 3000001, 4 << 20,
                                   (32 << 20) - 1};
    static unsigned char record[RECORD_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        test_table is = new_table(sizes[i]);
        cg_table_facts facts = some_facts(CG_CLASS_AUTHENTICATED, 0);
        cg_record_header header;
        cg_evictions evictions;

        assert_sound(is.table);
        name_record(&header, i);
        header.length = CG_CONTENT_MAX;
        assert_int_equal(cg_table_put(is.table, record, make_record(&header, record), &facts,
                                      &no_limits, SOME_MOMENT, &evictions),
                         CG_TABLE_DONE);
        assert_sound(is.table);
        free_table(&is);
    }
}

/* Nothing overlaps, and all of it lies in the mapping; blocks have numbers of 16 bits. */
static void divides_any_size(void **state)
{
    uint64_t chance = 5;
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        size_t size = CG_TABLE_SIZE_MIN + (size_t)(next_number(&chance) >> (28 + i % 16));
        cg_geometry is;

        assert_true(cg_geometry_make(size, &is));
        assert_true(is.block_count > 4 * cg_blocks_for(RECORD_MAX) && is.block_count < CG_NO_BLOCK);
        assert_true(is.revocations_at >= CG_TABLE_HEAD_SIZE + CG_TABLE_CHILDREN_MAX * 8);
        assert_true(is.revocations_at + is.revocations_size <= is.shards_at);
        assert_true(is.shards_at + is.shard_count * is.shard_size <= size);
        assert_true(is.lists_at >= sizeof(cg_shard_head));
        assert_true(is.lists_at + (size_t)6 * CG_LISTS <= is.buckets_at);
        assert_true(is.buckets_at + (size_t)2 * is.bucket_count <= is.subjects_at);
        assert_true(is.subjects_at + (size_t)2 * is.subject_count <= is.links_at);
        assert_true(is.links_at + (size_t)2 * is.block_count <= is.states_at);
        assert_true(is.states_at + is.block_count <= is.blocks_at);
        assert_true(is.blocks_at % CG_BLOCK_SIZE == 0 && is.shard_size % CG_BLOCK_SIZE == 0);
        assert_true(is.blocks_at + (size_t)is.block_count * CG_BLOCK_SIZE <= is.shard_size);
    }
}

/* -- beside a model -------------------------------------------------------------------------- */

enum { MODEL_RECORDS = 300, MODEL_STEPS = 20000 };

typedef struct model_record {
    bool is_there;
    cg_record_header header;
    cg_table_facts facts;
} model_record;

typedef struct model {
    cg_table *table;
    uint64_t chance;
    uint32_t now;
    model_record records[MODEL_RECORDS];
    unsigned char record[RECORD_MAX], read[RECORD_MAX];
} model;

static cg_table_facts draw_facts(model *is)
{
    return (cg_table_facts){.class = (cg_class)below(&is->chance, CG_CLASS_COUNT),
                            .last_access = is->now,
                            .idle = 100000 + below(&is->chance, 100),
                            .source = next_number(&is->chance) >> 16};
}

static uint32_t draw_length(model *is, cg_class class)
{
    return below(&is->chance, class == CG_CLASS_NEWBORN ? 1000 : 3000) *
           (class != CG_CLASS_NEWBORN && below(&is->chance, 50) == 0 ? 20 : 1);
}

static void model_put(model *is, model_record *one)
{
    cg_table_facts facts = draw_facts(is);
    cg_record_header header = one->header;
    cg_evictions evictions;
    cg_table_result result;

    header.version = 1 + below(&is->chance, 9);
    header.length = draw_length(is, facts.class);
    memset(header.subject, 0, sizeof header.subject);
    if (below(&is->chance, 2)) {
        set_subject(&header, below(&is->chance, 20));
    }
    result = cg_table_put(is->table, is->record, make_record(&header, is->record), &facts,
                          &no_limits, is->now, &evictions);
    assert_int_equal(result, one->is_there ? CG_TABLE_EXISTS : CG_TABLE_DONE);
    assert_int_equal(evictions.count, 0);
    if (result == CG_TABLE_DONE) {
        *one = (model_record){.is_there = true, .header = header, .facts = facts};
    }
}

static void model_replace(model *is, model_record *one)
{
    cg_table_facts facts = draw_facts(is);
    cg_record_header header = one->header;
    uint32_t expected = header.version + (below(&is->chance, 8) == 0);
    cg_evictions evictions;
    cg_table_result result;

    header.version = expected + 1;
    header.length = draw_length(is, facts.class);
    result = cg_table_replace(is->table, is->record, make_record(&header, is->record), expected,
                              &facts, &no_limits, is->now, &evictions);
    assert_int_equal(evictions.count, 0);
    if (!one->is_there) {
        assert_int_equal(result, CG_TABLE_ABSENT);
    } else if (expected != one->header.version) {
        assert_int_equal(result, CG_TABLE_CHANGED);
    } else {
        assert_int_equal(result, CG_TABLE_DONE);
        *one = (model_record){.is_there = true, .header = header, .facts = facts};
    }
}

static void model_remove(model *is, model_record *one)
{
    uint32_t expected = one->header.version + (below(&is->chance, 4) == 0);
    cg_table_result result;

    expected = below(&is->chance, 3) ? expected : 0;
    result = cg_table_remove(is->table, one->header.handle, expected);
    if (!one->is_there) {
        assert_int_equal(result, CG_TABLE_ABSENT);
    } else if (expected && expected != one->header.version) {
        assert_int_equal(result, CG_TABLE_CHANGED);
    } else {
        assert_int_equal(result, CG_TABLE_DONE);
        one->is_there = false;
    }
}

static void model_get(model *is, model_record *one)
{
    cg_table_facts facts;
    size_t size = sizeof is->read;
    cg_table_result result = cg_table_get(is->table, one->header.handle, is->read, &size, &facts);

    if (!one->is_there) {
        assert_int_equal(result, CG_TABLE_ABSENT);
        return;
    }
    assert_int_equal(result, CG_TABLE_DONE);
    assert_int_equal(size, make_record(&one->header, is->record));
    assert_memory_equal(is->read, is->record, size);
    assert_int_equal(facts.class, one->facts.class);
    assert_int_equal(facts.last_access, one->facts.last_access);
    assert_int_equal(facts.idle, one->facts.idle);
    assert_true(facts.source == one->facts.source);

    size -= 1;
    result = cg_table_get(is->table, one->header.handle, is->read, &size, &facts);
    assert_int_equal(result, CG_TABLE_SMALL);
    assert_int_equal(size, cg_record_size(one->header.length));
}

/* Later than a touch would be left out for. */
static void model_touch(model *is, model_record *one)
{
    cg_table_result result;
    is->now += 60;
    result = cg_table_touch(is->table, one->header.handle, &one->facts, is->now);
    assert_int_equal(result, one->is_there ? CG_TABLE_DONE : CG_TABLE_ABSENT);
    one->facts.last_access = is->now;
    if (one->facts.class == CG_CLASS_NEWBORN) {
        one->facts.class = CG_CLASS_RETURNING;
    }
}

static void model_demote(model *is, model_record *one)
{
    uint64_t source = next_number(&is->chance) >> 16;
    cg_table_result result = cg_table_demote(is->table, one->header.handle, source);
    assert_int_equal(result, one->is_there ? CG_TABLE_DONE : CG_TABLE_ABSENT);
    if (one->facts.class == CG_CLASS_AUTHENTICATED) {
        one->facts.source = source;
    }
    one->facts.class = CG_CLASS_NEWBORN;
}

typedef struct count {
    const model *of;
    unsigned seen;
} count;

static bool see(void *context, const cg_record_header *header, const cg_table_facts *facts)
{
    count *is = context;
    for (unsigned i = 0; i < MODEL_RECORDS; i++) {
        const model_record *one = &is->of->records[i];
        if (one->is_there && memcmp(&one->header, header, sizeof *header) == 0) {
            assert_int_equal(facts->last_access, one->facts.last_access);
            is->seen++;
            return true;
        }
    }
    fail_msg("a record that is in no model");
    return false;
}

/* Going over all of it finds each, and the counters know. */
static void model_compare(model *is)
{
    count seen = {.of = is};
    cg_table_use use;
    unsigned wanted = 0, counted = 0;
    uint64_t blocks = 0;

    for (unsigned i = 0; i < MODEL_RECORDS; i++) {
        wanted += is->records[i].is_there;
    }
    cg_table_iterate(is->table, see, &seen);
    cg_table_measure(is->table, &use);
    for (unsigned class = 0; class < CG_CLASS_COUNT; class ++) {
        counted += (unsigned)use.records[class];
        blocks += use.blocks_of[class];
    }
    assert_int_equal(seen.seen, wanted);
    assert_int_equal(counted, wanted);
    assert_int_equal(use.blocks_free + blocks, use.blocks);
    assert_int_equal(use.rebuilds, 0);
}

static void agrees_with_a_naive_model(void **state)
{
    static void (*const steps[])(model *, model_record *) = {
        model_put, model_put,   model_replace, model_replace,
        model_get, model_touch, model_demote,  model_remove};
    static model is;
    test_table of = new_table(4 << 20);
    (void)state;

    is.table = of.table;
    is.now = SOME_MOMENT;
    is.chance = 1;
    for (unsigned i = 0; i < MODEL_RECORDS; i++) {
        name_record(&is.records[i].header, i);
    }
    for (unsigned i = 0; i < MODEL_STEPS; i++) {
        steps[below(&is.chance, COUNT(steps))](&is, &is.records[below(&is.chance, MODEL_RECORDS)]);
        if (i % 32 == 0) {
            assert_sound(is.table);
        }
        if (i % 1000 == 0) {
            model_compare(&is);
        }
    }
    model_compare(&is);
    free_table(&of);
}

/* -- promises -------------------------------------------------------------------------------- */

static void creation_never_replaces_an_existing_handle(void **state)
{
    test_table is = new_table(CG_TABLE_SIZE_MIN);
    unsigned char record[1024], read[1024];
    cg_table_facts facts = some_facts(CG_CLASS_AUTHENTICATED, 7);
    cg_record_header first, second;
    cg_evictions evictions;
    size_t size = sizeof read;
    (void)state;

    assert_int_equal(put_simple(is.table, 1, CG_CLASS_NEWBORN, 7, SOME_MOMENT, &first),
                     CG_TABLE_DONE);
    second = first;
    second.version = 99;
    second.length = 300;
    assert_int_equal(cg_table_put(is.table, record, make_record(&second, record), &facts,
                                  &no_limits, SOME_MOMENT, &evictions),
                     CG_TABLE_EXISTS);
    assert_int_equal(cg_table_get(is.table, first.handle, read, &size, &facts), CG_TABLE_DONE);
    assert_int_equal(size, make_record(&first, record));
    assert_memory_equal(read, record, size);
    assert_int_equal(facts.class, CG_CLASS_NEWBORN);
    assert_sound(is.table);
    free_table(&is);
}

/* Where in the memory these octets stand; the size if they do not. */
static size_t find_octets(const test_table *is, const void *octets, size_t len)
{
    const unsigned char *at = memmem(is->memory, is->size, octets, len);
    return at ? (size_t)(at - is->memory) : is->size;
}

/* The same handles, another key or another segment: other places. A handle that differs in a bit
 * is nowhere near. */
static void placement_is_not_predictable_from_the_handle(void **state)
{
    enum { HANDLES = 400, SHARDS = 4 };
    const size_t size = SHARDS * (2 << 20);
    test_table one = new_table(size), other = new_table(size), again = new_table(size);
    unsigned same_shard = 0, same_as_again = 0, near_flipped = 0;
    (void)state;

    memcpy(other.memory + 24, "another's mark..", CG_SEGMENT_NONCE_SIZE);
    other.table = cg_table_open(other.pool, other.memory, size, SOME_PLACE_KEY);
    for (uint64_t name = 0; name < HANDLES; name++) {
        cg_record_header header, flipped;
        unsigned char record[1024];
        cg_table_facts facts = some_facts(CG_CLASS_NEWBORN, 0);
        cg_evictions evictions;
        size_t at, at_other, at_again, at_flipped;

        assert_int_equal(put_simple(one.table, name, CG_CLASS_NEWBORN, 0, 1, &header),
                         CG_TABLE_DONE);
        put_simple(other.table, name, CG_CLASS_NEWBORN, 0, 1, &header);
        put_simple(again.table, name, CG_CLASS_NEWBORN, 0, 1, &header);
        flipped = header;
        flipped.handle[name % CG_HANDLE_SIZE] ^= (unsigned char)(1u << name % 8);
        cg_table_put(one.table, record, make_record(&flipped, record), &facts, &no_limits, 1,
                     &evictions);
        at = find_octets(&one, header.handle, CG_HANDLE_SIZE);
        at_flipped = find_octets(&one, flipped.handle, CG_HANDLE_SIZE);
        at_other = find_octets(&other, header.handle, CG_HANDLE_SIZE);
        at_again = find_octets(&again, header.handle, CG_HANDLE_SIZE);
        same_shard += at / (size / SHARDS) == at_other / (size / SHARDS);
        same_as_again += at / (size / SHARDS) == at_again / (size / SHARDS);
        near_flipped += at / (size / SHARDS) == at_flipped / (size / SHARDS);
    }
    assert_int_equal(same_as_again, HANDLES);
    assert_in_range(same_shard, HANDLES / SHARDS / 2, HANDLES / SHARDS * 3 / 2);
    assert_in_range(near_flipped, HANDLES / SHARDS / 2, HANDLES / SHARDS * 3 / 2);
    free_table(&one);
    free_table(&other);
    free_table(&again);
}

/* -- children -------------------------------------------------------------------------------- */

static void children_enter_and_leave(void **state)
{
    static cg_child children[CG_TABLE_CHILDREN_MAX + 1];
    test_table is = new_table(CG_TABLE_SIZE_MIN);
    (void)state;

    assert_int_equal(cg_table_list_children(is.table, children, COUNT(children)), 0);
    for (int32_t i = 0; i < CG_TABLE_CHILDREN_MAX; i++) {
        assert_true(cg_table_enter_child(
            is.table, (cg_child){.pid = i + 1, .started = UINT64_C(1) << 41 | (uint64_t)i}));
    }
    assert_false(cg_table_enter_child(is.table, (cg_child){.pid = 9, .started = 9}));
    assert_int_equal(cg_table_list_children(is.table, children, COUNT(children)),
                     CG_TABLE_CHILDREN_MAX);
    for (int32_t i = 0; i < CG_TABLE_CHILDREN_MAX; i++) {
        assert_int_equal(children[i].pid, i + 1);
        assert_true(children[i].started == (UINT64_C(1) << 41 | (uint64_t)i));
    }
    cg_table_forget_child(is.table,
                          (cg_child){.pid = 3, .started = 77}); /* a later one of that number */
    assert_false(cg_table_enter_child(is.table, (cg_child){.pid = 9, .started = 9}));
    cg_table_forget_child(is.table, children[2]);
    assert_true(cg_table_enter_child(is.table, (cg_child){.pid = 9, .started = 9}));
    assert_false(cg_table_enter_child(is.table, (cg_child){.pid = 0, .started = 9}));
    assert_int_equal(cg_table_list_children(is.table, children, 5), 5);
    free_table(&is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_own_segment),
        cmocka_unit_test(refuses_what_is_too_small),
        cmocka_unit_test(fits_any_size),
        cmocka_unit_test(divides_any_size),
        cmocka_unit_test(agrees_with_a_naive_model),
        cmocka_unit_test(creation_never_replaces_an_existing_handle),
        cmocka_unit_test(placement_is_not_predictable_from_the_handle),
        cmocka_unit_test(children_enter_and_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
