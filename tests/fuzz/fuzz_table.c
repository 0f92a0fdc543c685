/* Any octets as work for a table of one shard, beside a model: what it says is done is done, what it says
 * went is gone, and nothing else. Five octets are one piece of work: what, on which record, and a
 * number for length, class and moment. */
#include <apr_general.h>
#include <stdio.h>
#include <sys/mman.h>

#include "../unit/table_records.h"

enum { RECORDS = 48, WORK_SIZE = 5, WORK_MOST = 100, CHECK_EACH = 40 };

typedef struct one_record {
    bool is_there;
    cg_record_header header;
    cg_table_facts facts;
} one_record;

static cg_table *table;
static one_record records[RECORDS];
static uint32_t now;
static unsigned char written[RECORD_MAX], is_read[RECORD_MAX];

static void hold(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "wrong: %s\n", what);
        abort();
    }
}

static void begin(void)
{
    static unsigned char *memory;
    static apr_pool_t *pool;

    if (memory == NULL) {
        memory = mmap(NULL, CG_TABLE_SIZE_MIN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                      -1, 0);
        apr_initialize();
        apr_pool_create(&pool, NULL);
        hold(memory != MAP_FAILED && pool != NULL, "there is no memory");
    }
    hold(cg_table_format(memory, CG_TABLE_SIZE_MIN, SOME_NONCE, SOME_KEY_ID, SOME_MOMENT),
         "no table fits");
    apr_pool_clear(pool);
    table = cg_table_open(pool, memory, CG_TABLE_SIZE_MIN, SOME_PLACE_KEY);
    now = SOME_MOMENT;
    for (unsigned i = 0; i < RECORDS; i++) {
        records[i].is_there = false;
        name_record(&records[i].header, i);
    }
}

static bool is_expired_now(const one_record *one)
{
    return one->header.expires <= now || (uint64_t)one->facts.last_access + one->facts.idle <= now;
}

/* Whether this one might go for one of that class. */
static bool may_go(const one_record *one, const cg_evicted *evicted, const one_record *for_whom)
{
    uint32_t idle = now > one->facts.last_access ? now - one->facts.last_access : 0;
    if (evicted->is_expired) {
        return is_expired_now(one);
    }
    if (evicted->is_own) {
        return memcmp(one->header.subject, for_whom->header.subject, CG_SUBJECT_SIZE) == 0;
    }
    if (one->facts.class == CG_CLASS_AUTHENTICATED) {
        return for_whom->facts.class == CG_CLASS_AUTHENTICATED && idle > one->facts.idle / 2;
    }
    return one->facts.class <= for_whom->facts.class;
}

static void take_out(const cg_evictions *evictions, const one_record *for_whom)
{
    unsigned told = evictions->count < CG_EVICTED_MAX ? evictions->count : CG_EVICTED_MAX;
    unsigned found = 0;
    for (unsigned i = 0; i < RECORDS; i++) {
        for (unsigned k = 0; records[i].is_there && k < told; k++) {
            if (memcmp(evictions->of[k].number, records[i].header.number, CG_NUMBER_SIZE) == 0) {
                hold(may_go(&records[i], &evictions->of[k], for_whom), "one went that may not");
                hold(evictions->of[k].class == records[i].facts.class, "it was of another class");
                records[i].is_there = false;
                found++;
            }
        }
    }
    hold(found == told, "one went that was not there");
    for (unsigned i = 0; i < RECORDS && evictions->count > told; i++) {
        if (records[i].is_there && &records[i] != for_whom && is_expired_now(&records[i])) {
            records[i].is_there = is_there(table, &records[i].header); /* not told */
        }
    }
}

/* Octets that tell a version of a record from others, and cost nothing. */
static size_t make_cheap_record(const cg_record_header *header, unsigned char *record)
{
    size_t size = cg_record_size(header->length);
    memcpy(record, header, sizeof *header);
    memset(record + sizeof *header, (int)(header->version * 7 + header->handle[0]),
           size - sizeof *header);
    return size;
}

static one_record draw(const one_record *old, unsigned number)
{
    one_record next = {.is_there = true, .header = old->header};
    next.header.version++;
    next.header.length = number % 251 * (number % 7 == 0 ? 261 : 12);
    next.header.expires = number % 5 ? UINT32_MAX : now + number % 3000;
    next.header.state = number % 3 ? CG_RECORD_LIVE : CG_RECORD_ALIAS;
    memset(next.header.subject, (int)(number % 4), sizeof next.header.subject);
    next.facts = some_facts((cg_class)(number / 16 % CG_CLASS_COUNT), number / 64 % 5);
    next.facts.last_access = now;
    if (next.facts.class == CG_CLASS_NEWBORN && next.header.length > CG_CONTENT_NEWBORN_MAX) {
        next.header.length = CG_CONTENT_NEWBORN_MAX;
    }
    return next;
}

static void write_one(one_record *one, unsigned number, bool is_put)
{
    const cg_table_limits limits = {.sessions_per_subject = number % 3,
                                    .evicts_idle = number / 8 % 2};
    one_record next = draw(one, number);
    size_t size = make_cheap_record(&next.header, written);
    cg_evictions evictions;
    cg_table_result result = is_put ? cg_table_put(table, written, size, &next.facts, &limits, now,
                                                   &evictions)
                                    : cg_table_replace(table, written, size, one->header.version,
                                                       &next.facts, &limits, now, &evictions);

    if (one->is_there == is_put) {
        hold(result == (is_put ? CG_TABLE_EXISTS : CG_TABLE_ABSENT), "it is there, or it is not");
        hold(evictions.count == 0, "one went for nothing");
        return;
    }
    hold(result == CG_TABLE_DONE || result == CG_TABLE_FULL, "it was not done");
    take_out(&evictions, &next);
    if (result == CG_TABLE_DONE) {
        *one = next;
    }
}

static void do_put(one_record *one, unsigned number)
{
    write_one(one, number, true);
}

static void do_replace(one_record *one, unsigned number)
{
    write_one(one, number, false);
}

static void do_remove(one_record *one, unsigned number)
{
    uint32_t expected = number % 2 ? one->header.version : 0;
    hold(cg_table_remove(table, one->header.handle, expected) ==
             (one->is_there ? CG_TABLE_DONE : CG_TABLE_ABSENT),
         "it was not removed");
    one->is_there = false;
}

static void do_touch(one_record *one, unsigned number)
{
    cg_table_facts facts = {.class = CG_CLASS_NEWBORN};
    size_t size = sizeof is_read;
    now += number % 1000;
    hold(cg_table_touch(table, one->header.handle, &facts, now) ==
             (one->is_there ? CG_TABLE_DONE : CG_TABLE_ABSENT),
         "it was not touched");
    if (one->is_there) {
        cg_table_get(table, one->header.handle, is_read, &size, &facts);
        hold(facts.last_access == now, "it was touched at another moment");
        hold(facts.class >= one->facts.class, "its class went down");
        one->facts = facts;
    }
}

static void do_demote(one_record *one, unsigned number)
{
    size_t size = sizeof is_read;
    hold(cg_table_demote(table, one->header.handle, number) ==
             (one->is_there ? CG_TABLE_DONE : CG_TABLE_ABSENT),
         "it was not demoted");
    if (one->is_there) {
        cg_table_get(table, one->header.handle, is_read, &size, &one->facts);
        hold(one->facts.class == CG_CLASS_NEWBORN, "it is no newborn");
    }
}

/* Each record is there to the octet, or not at all. */
static void check_all(void)
{
    const char *wrong = cg_table_check(table);
    hold(wrong == NULL, wrong);
    for (unsigned i = 0; i < RECORDS; i++) {
        size_t size = sizeof is_read;
        cg_table_facts facts;
        cg_table_result result = cg_table_get(table, records[i].header.handle, is_read, &size,
                                              &facts);
        hold(result == (records[i].is_there ? CG_TABLE_DONE : CG_TABLE_ABSENT),
             "one is not there, or is");
        if (records[i].is_there) {
            hold(size == make_cheap_record(&records[i].header, written) &&
                     memcmp(is_read, written, size) == 0,
                 "it is not what was written");
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const works[])(one_record *, unsigned) = {
        do_put, do_put, do_put, do_replace, do_replace, do_remove, do_touch, do_demote};

    begin();
    for (unsigned i = 0; i < WORK_MOST && size >= WORK_SIZE; i++) {
        unsigned number = (unsigned)data[2] << 16 | (unsigned)data[3] << 8 | data[4];
        works[data[0] % (sizeof works / sizeof works[0])](&records[data[1] % RECORDS], number);
        data += WORK_SIZE;
        size -= WORK_SIZE;
        if (i % CHECK_EACH == CHECK_EACH - 1) {
            check_all();
        }
    }
    check_all();
    return 0;
}
