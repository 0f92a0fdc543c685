/* Workers of a table: each writes records of its own and records of all, and knows at any time what
 * of its own must be there. Processes or threads; who finds anything else aborts. */
#ifndef CG_TEST_TABLE_WORKERS_H
#define CG_TEST_TABLE_WORKERS_H

#include <stdatomic.h>

#include "table_in_memory.h"

enum { WORKERS = 4, OWN = 100, COMMON = 20 };

/* What a worker says of a record of its own before it writes, and afterwards. A version is doubled; odd
 * means that the record is there. */
typedef struct slot {
    _Atomic uint32_t begun;
    _Atomic uint32_t done;
} slot;

typedef struct progress {
    _Atomic uint32_t steps;
    slot slots[OWN];
} progress;

typedef struct worker {
    cg_table *table;
    progress *progress;
    uint64_t chance;
    unsigned number;
    unsigned char record[4096], wanted[4096];
} worker;

static inline uint64_t own_name(unsigned number, unsigned of)
{
    return (uint64_t)(number + 1) << 32 | of;
}

/* Length and class follow from the version, so that whoever reads a record knows all of it. */
static inline void describe(cg_record_header *header, uint64_t name, uint32_t version)
{
    uint64_t chance = name ^ (uint64_t)version << 40;
    name_record(header, name);
    header->version = version;
    header->length = below(&chance, 1500);
    if (name % 3 == 0) {
        set_subject(header, (unsigned)(name % 7));
    }
}

static inline cg_table_facts facts_for(const cg_record_header *header)
{
    return some_facts((cg_class)(header->version % CG_CLASS_COUNT), header->version % 11);
}

static inline void stop_worker(const char *why)
{
    fprintf(stderr, "a worker found: %s\n", why);
    abort();
}

/* What stands there must be whole: 0 if there is nothing, or its version doubled and 1. */
static inline uint32_t read_state(worker *is, uint64_t name)
{
    size_t size = sizeof is->record;
    cg_record_header header, read;
    cg_table_facts facts;
    cg_table_result result;

    name_record(&header, name);
    result = cg_table_get(is->table, header.handle, is->record, &size, &facts);
    if (result == CG_TABLE_ABSENT) {
        return 0;
    }
    memcpy(&read, is->record, sizeof read);
    describe(&header, name, read.version);
    if (result != CG_TABLE_DONE || size != make_record(&header, is->wanted) ||
        memcmp(is->record, is->wanted, size) != 0) {
        stop_worker("a record that nobody wrote so");
    }
    return read.version * 2 + 1;
}

static inline cg_table_result write_version(worker *is, uint64_t name, uint32_t version,
                                            bool is_new)
{
    cg_record_header header;
    cg_table_facts facts;
    cg_evictions evictions;
    size_t size;

    describe(&header, name, version);
    facts = facts_for(&header);
    if (facts.class == CG_CLASS_NEWBORN && header.length > CG_CONTENT_NEWBORN_MAX) {
        facts.class = CG_CLASS_RETURNING;
    }
    size = make_record(&header, is->wanted);
    return is_new ? cg_table_put(is->table, is->wanted, size, &facts, &no_limits, SOME_MOMENT,
                                 &evictions)
                  : cg_table_replace(is->table, is->wanted, size, version - 1, &facts, &no_limits,
                                     SOME_MOMENT, &evictions);
}

static inline void expect(cg_table_result result, const char *what)
{
    if (result != CG_TABLE_DONE) {
        stop_worker(what);
    }
}

/* Writes one of its own, and says before and after what it is. */
static inline void change_own(worker *is, unsigned number)
{
    slot *of = &is->progress->slots[number];
    uint64_t name = own_name(is->number, number);
    uint32_t was = of->done, version = was / 2;
    cg_record_header header;

    name_record(&header, name);
    if (was % 2 == 0) {
        of->begun = (version + 1) * 2 + 1;
        expect(write_version(is, name, version + 1, true), "no place for what is new");
    } else if (below(&is->chance, 4)) {
        of->begun = (version + 1) * 2 + 1;
        expect(write_version(is, name, version + 1, false), "no replacing what is there");
    } else {
        of->begun = version * 2;
        expect(cg_table_remove(is->table, header.handle, version), "no removing what is there");
    }
    of->done = of->begun;
}

static inline void read_own(worker *is, unsigned number)
{
    uint32_t done = is->progress->slots[number].done;
    uint32_t state = read_state(is, own_name(is->number, number));
    if (state != (done % 2 ? done : 0)) {
        stop_worker("another version than the one written last");
    }
}

static inline void touch_own(worker *is, unsigned number)
{
    cg_table_facts facts = {.class = CG_CLASS_NEWBORN};
    cg_record_header header;
    name_record(&header, own_name(is->number, number));
    cg_table_touch(is->table, header.handle, &facts, SOME_MOMENT + is->progress->steps % 1000);
}

/* One that all of them write: whoever comes first. */
static inline void change_common(worker *is, unsigned number)
{
    uint64_t name = 3 * (uint64_t)(number % COMMON);
    uint32_t state = read_state(is, name);
    if (state == 0) {
        write_version(is, name, 1, true);
    } else {
        write_version(is, name, state / 2 + 1, false);
    }
}

/* One step of its work: a record of its own or a common one, written, read or touched. */
static inline void work_once(worker *is)
{
    static void (*const acts[])(worker *, unsigned) = {change_own, change_own, read_own, touch_own,
                                                       change_common};
    acts[below(&is->chance, COUNT(acts))](is, below(&is->chance, OWN));
    is->progress->steps++;
}

#endif
