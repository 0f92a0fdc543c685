/* A table in memory of its own, for unit tests. */
#ifndef CG_TEST_TABLE_IN_MEMORY_H
#define CG_TEST_TABLE_IN_MEMORY_H

#include <apr_general.h>
#include <sys/mman.h>

#include "unit.h"

#include "table_records.h"

typedef struct test_table {
    apr_pool_t *pool;
    unsigned char *memory;
    size_t size;
    cg_table *table;
} test_table;

static inline test_table new_table(size_t size)
{
    test_table is = {.size = size};
    apr_initialize();
    assert_int_equal(apr_pool_create(&is.pool, NULL), APR_SUCCESS);
    is.memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
                     -1, 0);
    assert_true(is.memory != MAP_FAILED);
    assert_true(cg_table_format(is.memory, size, SOME_NONCE, SOME_KEY_ID, SOME_MOMENT));
    is.table = cg_table_open(is.pool, is.memory, size, SOME_PLACE_KEY);
    assert_non_null(is.table);
    return is;
}

static inline void free_table(test_table *is)
{
    munmap(is->memory, is->size);
    apr_pool_destroy(is->pool);
    apr_terminate();
}

static inline void assert_sound(cg_table *table)
{
    const char *wrong = cg_table_check(table);
    if (wrong) {
        fail_msg("%s", wrong);
    }
}

/* A session of 200 octets, put. */
static inline cg_table_result put_simple(cg_table *table, uint64_t name, cg_class class,
                                         uint64_t source, uint32_t now, cg_record_header *header)
{
    unsigned char record[1024];
    cg_table_facts facts = some_facts(class, source);
    cg_evictions evictions;
    size_t size;

    name_record(header, name);
    header->length = 200;
    facts.last_access = now;
    size = make_record(header, record);
    return cg_table_put(table, record, size, &facts, &no_limits, now, &evictions);
}

#endif
