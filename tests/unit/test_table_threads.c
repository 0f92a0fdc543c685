/* Threads of one process on one table: as in test_table_stress, and what the thread sanitizer sees in
 * a build that has it. */
#include <pthread.h>

#include "session/crypto.h"
#include "table_workers.h"

enum { STEPS = 20000, FLOOD = 5000 };

static void *work_on(void *context)
{
    for (unsigned i = 0; i < STEPS; i++) {
        work_once(context);
    }
    return NULL;
}

static void run_threads(void *(*run)(void *), worker workers[WORKERS])
{
    pthread_t threads[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run, &workers[i]), 0);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

static void each_thread_finds_its_own(void **state)
{
    static worker workers[WORKERS];
    static progress all[WORKERS];
    test_table is = new_table(4 << 20);
    (void)state;

    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (worker){
            .table = is.table, .progress = &all[i], .chance = 200 + i, .number = i};
    }
    run_threads(work_on, workers);
    for (unsigned i = 0; i < WORKERS; i++) {
        for (unsigned k = 0; k < OWN; k++) {
            read_own(&workers[i], k);
        }
    }
    assert_sound(is.table);
    free_table(&is);
}

static bool look_at(void *context, const cg_record_header *header, const cg_table_facts *facts)
{
    (void)facts;
    return header->length <= CG_CONTENT_MAX && --*(unsigned *)context > 0;
}

/* New sessions over and over, and now and then somebody looks at all of them. */
static void *flood_and_look(void *context)
{
    static const unsigned char nobody[CG_SUBJECT_SIZE];
    worker *is = context;
    cg_crypto *crypto = cg_crypto_make();
    cg_evictions evictions;
    cg_table_use use;

    for (unsigned i = 0; crypto && i < FLOOD; i++) {
        cg_table_facts facts = some_facts((cg_class)below(&is->chance, CG_CLASS_COUNT),
                                          below(&is->chance, 50));
        cg_record_header header;
        size_t size;

        name_record(&header, next_number(&is->chance));
        header.length = below(&is->chance, 1000);
        cg_table_draw_handle(is->table, crypto, nobody, header.handle);
        size = make_record(&header, is->record);
        cg_table_put(is->table, is->record, size, &facts, &no_limits, SOME_MOMENT, &evictions);
        if (i % 500 == 0) {
            unsigned most = 200;
            cg_table_iterate(is->table, look_at, &most);
            cg_table_measure(is->table, &use);
        }
        is->progress->steps++;
    }
    cg_crypto_free(crypto);
    return NULL;
}

static void threads_fill_a_table(void **state)
{
    static worker workers[WORKERS];
    static progress all[WORKERS];
    test_table is = new_table(4 << 20);
    cg_table_use use;
    (void)state;

    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.table = is.table, .progress = &all[i], .chance = 300 + i};
    }
    run_threads(flood_and_look, workers);
    for (unsigned i = 0; i < WORKERS; i++) {
        assert_int_equal(all[i].steps, FLOOD);
    }
    assert_sound(is.table);
    cg_table_measure(is.table, &use);
    assert_true(use.blocks_free < use.blocks / 50);
    assert_int_equal(use.rebuilds, 0);
    free_table(&is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thread_finds_its_own),
        cmocka_unit_test(threads_fill_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
