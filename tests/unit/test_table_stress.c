/* The table under processes that are killed, and in memory that somebody else writes into. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "content_text.h"
#include "sealed.h"
#include "table_workers.h"
#include "session/table_layout.h"

/* -- four processes that are killed ----------------------------------------------------------- */

enum { KILLS = 100, STEPS_BETWEEN = 400 };

/* Works until it is killed, or nobody is left to do that. */
static pid_t start_worker(worker *is)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        while (getppid() == parent) {
            work_once(is);
        }
        _exit(1);
    }
    return pid;
}

/* Either what the dead one had written last or what it was writing; from there the next one goes on. */
static void check_slots(worker *is)
{
    for (unsigned i = 0; i < OWN; i++) {
        slot *of = &is->progress->slots[i];
        uint32_t state = read_state(is, own_name(is->number, i));
        uint32_t begun = of->begun % 2 ? of->begun : 0, done = of->done % 2 ? of->done : 0;
        assert_true(state == begun || state == done);
        of->done = state == begun ? of->begun : of->done;
        of->begun = of->done;
    }
}

static void wait_for_steps(const worker *is, pid_t pid, unsigned steps)
{
    uint32_t from = is->progress->steps;
    while (is->progress->steps - from < steps) {
        assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* it found something, and said it */
        sched_yield();
    }
}

static void four_processes_and_death(void **state)
{
    static worker workers[WORKERS];
    pid_t pids[WORKERS];
    test_table is = new_table(4 << 20);
    progress *all = mmap(NULL, WORKERS * sizeof *all, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t chance = 11;
    cg_table_use use;
    (void)state;

    assert_true(all != MAP_FAILED);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (worker){
            .table = is.table, .progress = &all[i], .chance = 100 + i, .number = i};
        pids[i] = start_worker(&workers[i]);
    }
    for (unsigned i = 0; i < KILLS; i++) {
        unsigned number = below(&chance, WORKERS);
        int status;

        wait_for_steps(&workers[number], pids[number], below(&chance, STEPS_BETWEEN));
        kill(pids[number], SIGKILL);
        assert_int_equal(waitpid(pids[number], &status, 0), pids[number]);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_sound(is.table);
        check_slots(&workers[number]);
        workers[number].chance = next_number(&chance);
        pids[number] = start_worker(&workers[number]);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        int status;
        kill(pids[i], SIGKILL);
        waitpid(pids[i], &status, 0);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        check_slots(&workers[i]);
    }
    assert_sound(is.table);
    cg_table_measure(is.table, &use);
    print_message("%u processes killed, %" PRIu64 " in the midst of a change\n", KILLS + WORKERS,
                  use.rebuilds);
    munmap(all, WORKERS * sizeof *all);
    free_table(&is);
}

/* -- memory that somebody else writes into ------------------------------------------------------ */

enum { HOSTILE_RECORDS = 150, HOSTILE_STEPS = 30000 };

/* A table between two pages that nobody may touch. */
static test_table new_guarded_table(size_t size)
{
    test_table is = {.size = size};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *memory = mmap(NULL, size + 2 * page, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(memory != MAP_FAILED);
    assert_int_equal(mprotect(memory, page, PROT_NONE), 0);
    assert_int_equal(mprotect(memory + page + size, page, PROT_NONE), 0);
    apr_initialize();
    apr_pool_create(&is.pool, NULL);
    is.memory = memory + page;
    assert_true(cg_table_format(is.memory, size, SOME_NONCE, SOME_KEY_ID, SOME_MOMENT));
    is.table = cg_table_open(is.pool, is.memory, size, SOME_PLACE_KEY);
    return is;
}

static void free_guarded_table(test_table *is)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    munmap(is->memory - page, is->size + 2 * page);
    apr_pool_destroy(is->pool);
    apr_terminate();
}

/* Numbers that stand there anyway, and others. */
static uint16_t hostile_number(uint64_t *chance, unsigned blocks)
{
    switch (below(chance, 5)) {
    case 0:
        return 0;
    case 1:
        return CG_NO_BLOCK;
    case 2:
        return (uint16_t)below(chance, 300);
    case 3:
        return (uint16_t)(below(chance, 2) ? below(chance, blocks) : blocks + below(chance, 32));
    default:
        return (uint16_t)next_number(chance);
    }
}

/* Writes into the segment, everywhere but into the locks: into the arrays, into the first blocks of
 * those that come first, or anywhere. */
static void write_somewhere(const test_table *is, uint64_t *chance)
{
    const cg_geometry *geometry = &is->table->geometry;
    cg_shard shard = cg_shard_at(is->table, below(chance, geometry->shard_count));
    unsigned char *base = (unsigned char *)shard.head;
    size_t from = offsetof(cg_shard_head, is_busy), to = geometry->shard_size;
    uint16_t number = hostile_number(chance, geometry->block_count);
    size_t at;

    switch (below(chance, 4)) {
    case 0:
        to = sizeof(cg_shard_head);
        break;
    case 1:
        to = geometry->blocks_at;
        break;
    case 2:
        from = geometry->blocks_at;
        to = from + (size_t)1000 * CG_BLOCK_SIZE;
        break;
    default:
        break;
    }
    at = from + (size_t)(next_number(chance) % (to - from - sizeof number));
    at = below(chance, 4) ? at / 2 * 2 : at;
    memcpy(base + (at < from ? from : at), &number, sizeof number);
}

/* One of all that can be asked of a table; the answer may be any, but must be one. */
static void ask_anything(cg_table *table, uint64_t *chance)
{
    const cg_table_limits limits = {.sessions_per_subject = below(chance, 3),
                                    .evicts_idle = below(chance, 2)};
    uint32_t now = SOME_MOMENT + below(chance, 3000);
    cg_table_facts facts = some_facts((cg_class)below(chance, CG_CLASS_COUNT), below(chance, 9));
    cg_table_result result = CG_TABLE_DONE;
    unsigned char *record = malloc(RECORD_MAX);
    cg_record_header header, found;
    cg_evictions evictions;
    cg_table_use use;
    size_t size = RECORD_MAX;

    assert_non_null(record);
    facts.last_access = now;
    name_record(&header, below(chance, HOSTILE_RECORDS));
    header.length = below(chance, 2000);
    header.version = 1 + below(chance, 3);
    set_subject(&header, below(chance, 5));
    switch (below(chance, 16)) {
    case 0:
        result = cg_table_remove(table, header.handle, 0);
        break;
    case 1:
        cg_table_measure(table, &use);
        break;
    case 2:
    case 3:
        result = cg_table_touch(table, header.handle, &(cg_table_facts){.idle = 1}, now);
        break;
    case 4:
    case 5:
    case 6:
        result = cg_table_get(table, header.handle, record, &size, &facts);
        if (result == CG_TABLE_DONE) { /* nothing is looked up for another one's record */
            memcpy(&found, record, sizeof found);
            assert_memory_equal(found.handle, header.handle, sizeof header.handle);
            assert_int_equal(size, cg_record_size(found.length));
        }
        break;
    case 7:
    case 8:
    case 9:
        size = make_record(&header, record);
        result = cg_table_replace(table, record, size, header.version - 1, &facts, &limits, now,
                                  &evictions);
        break;
    default:
        size = make_record(&header, record);
        result = cg_table_put(table, record, size, &facts, &limits, now, &evictions);
        break;
    }
    assert_in_range(result, CG_TABLE_ABSENT, CG_TABLE_BROKEN);
    free(record);
}

/* Afterwards it is a table like any other, whatever of it is left. */
static void assert_usable(const test_table *is)
{
    cg_record_header header;
    for (unsigned i = 0; i < is->table->geometry.shard_count; i++) {
        cg_shard_at(is->table, i).head->is_busy = 1;
    }
    assert_sound(is->table);
    assert_int_equal(put_simple(is->table, 77777, CG_CLASS_NEWBORN, 3, SOME_MOMENT, &header),
                     CG_TABLE_DONE);
    assert_true(is_there(is->table, &header));
    assert_int_equal(cg_table_remove(is->table, header.handle, header.version), CG_TABLE_DONE);
}

static void any_octet_may_be_written_between_two_calls(void **state)
{
    test_table is = new_guarded_table(CG_TABLE_SIZE_MIN);
    uint64_t chance = 21;
    (void)state;

    for (unsigned i = 0; i < HOSTILE_STEPS; i++) {
        for (unsigned k = below(&chance, 3); k > 0; k--) {
            write_somewhere(&is, &chance);
        }
        ask_anything(is.table, &chance);
        if (i % 100 == 0) {
            cg_table_check(is.table);
        }
        if (i % 300 == 0) {
            assert_usable(&is);
        }
    }
    assert_usable(&is);
    free_guarded_table(&is);
}

/* All numbers of one kind are those of blocks behind the last one, where a page begins that nobody may
 * touch. */
static void write_beyond(const test_table *is, unsigned kind, uint64_t *chance)
{
    const cg_geometry *geometry = &is->table->geometry;
    cg_shard shard = cg_shard_at(is->table, 0);
    uint16_t beyond = (uint16_t)(shard.block_count + 1 + below(chance, 30));
    volatile uint16_t *const arrays[] = {shard.links, shard.buckets, shard.subjects, shard.newest,
                                         shard.oldest};
    const unsigned counts[] = {geometry->block_count, geometry->bucket_count,
                               geometry->subject_count, CG_LISTS, CG_LISTS};

    if (kind < COUNT(arrays)) {
        for (unsigned i = 0; i < counts[kind]; i++) {
            arrays[kind][i] = beyond;
        }
        return;
    }
    shard.head->free_first = beyond;
    for (unsigned at = 0; at < shard.block_count; at++) {
        cg_first_block *first = cg_first(&shard, at);
        if (cg_is_first(shard.states[at])) {
            volatile uint16_t *const links[] = {&first->bucket_next, &first->newer, &first->older,
                                                &first->subject_next, &first->subject_previous};
            *links[below(chance, COUNT(links))] = beyond;
        }
    }
}

static void no_number_beyond_the_last_block_is_followed(void **state)
{
    enum { KINDS = 6, TIMES = 400, FILL = 20 };
    test_table is = new_guarded_table(CG_TABLE_SIZE_MIN);
    uint64_t chance = 41;
    (void)state;

    for (unsigned i = 0; i < TIMES; i++) {
        for (unsigned k = 0; k < FILL; k++) {
            ask_anything(is.table, &chance);
        }
        write_beyond(&is, i % KINDS, &chance);
        ask_anything(is.table, &chance);
    }
    assert_usable(&is);
    free_guarded_table(&is);
}

typedef struct vandal {
    const test_table *of;
    atomic_bool is_over;
    uint64_t chance;
} vandal;

static void *write_on_and_on(void *context)
{
    vandal *is = context;
    while (!is->is_over) {
        write_somewhere(is->of, &is->chance);
    }
    return NULL;
}

static void any_octet_may_be_written_at_any_time(void **state)
{
    test_table is = new_guarded_table(CG_TABLE_SIZE_MIN);
    vandal other = {.of = &is, .chance = 31};
    uint64_t chance = 32;
    pthread_t thread;
    (void)state;

    assert_int_equal(pthread_create(&thread, NULL, write_on_and_on, &other), 0);
    for (unsigned i = 0; i < HOSTILE_STEPS / 3; i++) {
        ask_anything(is.table, &chance);
    }
    other.is_over = true;
    pthread_join(thread, NULL);
    assert_usable(&is);
    free_guarded_table(&is);
}

/* -- one copy ----------------------------------------------------------------------------------- */

enum { COPIES = 20000 };

typedef struct sealed_one {
    test_table of;
    unsigned char key[CG_KEY_SIZE];
    cg_record_header header;
    char text[200];
    unsigned char record[CG_RECORD_OVERHEAD + 256];
    unsigned at; /* its first block */
    atomic_bool is_over;
} sealed_one;

static void seal_one(sealed_one *is)
{
    static const char value[200];
    cg_realm realm = sealed_realm(1);
    cg_token token = sealed_token(2);
    cg_writer writer = {.at = is->text, .size = sizeof is->text};
    cg_table_facts facts = some_facts(CG_CLASS_RETURNING, 0);
    cg_evictions evictions;
    cg_shard shard;

    content_write_item(&writer, CG_SECTION_MOD_SESSION, CG_SPAN("key"),
                       (cg_span){value, sizeof is->text - 11});
    assert_int_equal(writer.len, sizeof is->text);
    sealed_key(&realm, &token, is->key);
    is->header = sealed_header(&token);
    is->header.length = sizeof is->text;
    assert_true(cg_record_seal(sealed_crypto(), is->key, &realm, &is->header,
                               (cg_content){{is->text, writer.len}}, is->record));
    assert_int_equal(cg_table_put(is->of.table, is->record, sizeof is->record, &facts, &no_limits,
                                  is->header.created, &evictions),
                     CG_TABLE_DONE);
    shard = cg_shard_at(is->of.table, 0);
    is->at = cg_shard_find(&shard, cg_place_of_handle(is->of.table, is->header.handle).bucket,
                           is->header.handle);
}

/* Lengths of which both take three blocks, the epoch, and an octet of what is sealed. */
static void *change_the_record(void *context)
{
    sealed_one *is = context;
    cg_shard shard = cg_shard_at(is->of.table, 0);
    cg_first_block *first = cg_first(&shard, is->at);
    volatile uint32_t *length = &first->header.length, *epoch = &first->header.epoch;
    volatile unsigned char *sealed = &first->rest[20];

    for (unsigned i = 0; !is->is_over; i++) {
        *length = i & 1 ? 140 : sizeof is->text;
        *epoch ^= i & 2;
        *sealed ^= (unsigned char)(i & 4);
    }
    return NULL;
}

/* What was copied is all that is looked at: its size fits its own header, and it is what was sealed or
 * it does not open, whatever becomes of the octets in the segment meanwhile. */
static void copy_under_lock_is_the_only_read(void **state)
{
    static sealed_one is;
    cg_realm realm = sealed_realm(1);
    unsigned char record[sizeof is.record];
    size_t size = sizeof record;
    cg_table_facts facts;
    cg_content content;
    pthread_t thread;
    (void)state;

    is.of = new_table(CG_TABLE_SIZE_MIN);
    seal_one(&is);
    assert_int_equal(cg_table_get(is.of.table, is.header.handle, record, &size, &facts),
                     CG_TABLE_DONE);
    assert_int_equal(pthread_create(&thread, NULL, change_the_record, &is), 0);
    assert_int_equal(cg_record_open(sealed_crypto(), is.key, &realm, record, size, &content),
                     CG_RECORD_OPENED);
    for (unsigned i = 0; i < COPIES; i++) {
        cg_record_header header;
        cg_table_result result;

        size = sizeof record;
        result = cg_table_get(is.of.table, is.header.handle, record, &size, &facts);
        assert_int_equal(result, CG_TABLE_DONE);
        memcpy(&header, record, sizeof header);
        assert_int_equal(size, cg_record_size(header.length));
        if (cg_record_open(sealed_crypto(), is.key, &realm, record, size, &content) ==
            CG_RECORD_OPENED) {
            assert_memory_equal(&header, &is.header, sizeof header);
            assert_memory_equal(content.text.at, is.text, sizeof is.text);
        }
    }
    is.is_over = true;
    pthread_join(thread, NULL);
    free_table(&is.of);
}

/* -- a holder that does not go on ------------------------------------------------------------------ */

/* A process that is stopped under a lock: nobody waits for it for long, and nothing is lost. */
static void nobody_waits_for_a_stopped_process(void **state)
{
    test_table is = new_table(CG_TABLE_SIZE_MIN);
    cg_record_header header;
    int held[2], status;
    char octet;
    pid_t pid;
    (void)state;

    put_simple(is.table, 1, CG_CLASS_RETURNING, 1, SOME_MOMENT, &header);
    assert_int_equal(pipe(held), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        pthread_mutex_lock(&cg_shard_at(is.table, 0).head->lock);
        status = write(held[1], "", 1) == 1 ? 0 : 1;
        raise(SIGSTOP);
        _exit(status);
    }
    assert_int_equal(read(held[0], &octet, 1), 1);
    assert_int_equal(cg_table_remove(is.table, header.handle, 0), CG_TABLE_BROKEN);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    assert_true(is_there(is.table, &header));
    assert_sound(is.table);
    close(held[0]);
    close(held[1]);
    free_table(&is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_processes_and_death),
        cmocka_unit_test(any_octet_may_be_written_between_two_calls),
        cmocka_unit_test(no_number_beyond_the_last_block_is_followed),
        cmocka_unit_test(any_octet_may_be_written_at_any_time),
        cmocka_unit_test(copy_under_lock_is_the_only_read),
        cmocka_unit_test(nobody_waits_for_a_stopped_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
