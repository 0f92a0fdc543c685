/* A shard whose last holder died is put right: at whatever step it was, the write in flight is lost at
 * the most. And one in which something stands that cannot be.
 *
 * The sources of the table are compiled into this program with their fault points (fault_points.h). */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "table_in_memory.h"

#include "session/table_layout.h"

/* -- dying at a step ------------------------------------------------------------------------ */

static unsigned steps_left; /* 0: none is to be died at */

static void (*at_each_step)(const char *name); /* what is done there instead */

void reach_fault_point(const char *name)
{
    if (at_each_step) {
        at_each_step(name);
    }
    if (steps_left && --steps_left == 0) {
        kill(getpid(), SIGKILL);
    }
}

/* What is done and died in: the table full of what fill() put. */
enum { RECORDS = 60 };

typedef struct scene {
    test_table of;
    unsigned char *before; /* the memory, as it was */
    cg_record_header records[RECORDS];
    cg_record_header other; /* of no record */
} scene;

typedef void scene_act(scene *is);

/* In a process of its own; true if it died at the step. */
static bool dies_at(scene *is, scene_act *act, unsigned step)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        steps_left = step;
        act(is);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGKILL);
        return true;
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    return false;
}

static cg_table_result put_other(scene *is, cg_record_header *header, uint32_t length,
                                 cg_class class, uint32_t now)
{
    unsigned char record[4096];
    cg_table_facts facts = some_facts(class, 1);
    cg_evictions evictions;

    facts.last_access = now;
    header->length = length;
    return cg_table_put(is->of.table, record, make_record(header, record), &facts, &no_limits, now,
                        &evictions);
}

static cg_table_result replace_one(scene *is, cg_record_header *header, uint32_t length)
{
    unsigned char record[4096];
    cg_table_facts facts = some_facts(CG_CLASS_AUTHENTICATED, 1);
    cg_evictions evictions;

    header->length = length;
    header->version++;
    return cg_table_replace(is->of.table, record, make_record(header, record), header->version - 1,
                            &facts, &no_limits, SOME_MOMENT, &evictions);
}

/* True if it is there as this header says, to the octet. */
static bool is_whole(const scene *is, const cg_record_header *header)
{
    static unsigned char record[RECORD_MAX], wanted[RECORD_MAX];
    size_t size = sizeof record;
    cg_table_facts facts;

    return cg_table_get(is->of.table, header->handle, record, &size, &facts) == CG_TABLE_DONE &&
           size == make_record(header, wanted) && memcmp(record, wanted, size) == 0;
}

static scene new_scene(void)
{
    scene is = {.of = new_table(CG_TABLE_SIZE_MIN)};
    for (unsigned i = 0; i < RECORDS; i++) {
        name_record(&is.records[i], i);
        if (i % 3 == 2) {
            set_subject(&is.records[i], i % 4);
        }
        put_other(&is, &is.records[i], 100 + 30 * i, (cg_class)(i % 3), SOME_MOMENT + i);
    }
    name_record(&is.other, 1000);
    is.before = malloc(is.of.size);
    assert_non_null(is.before);
    return is;
}

static void keep_scene(scene *is)
{
    assert_sound(is->of.table);
    memcpy(is->before, is->of.memory, is->of.size);
}

static void restore_scene(scene *is)
{
    memcpy(is->of.memory, is->before, is->of.size);
}

static void free_scene(scene *is)
{
    free(is->before);
    free_table(&is->of);
}

/* The records that are whole, but for one. */
static unsigned count_whole(const scene *is, unsigned except)
{
    unsigned count = 0;
    for (unsigned i = 0; i < RECORDS; i++) {
        count += i != except && is_whole(is, &is->records[i]);
    }
    return count;
}

static uint64_t rebuilds_of(const scene *is)
{
    cg_table_use use;
    cg_table_measure(is->of.table, &use);
    return use.rebuilds;
}

/* At each step in turn until it does not die any more; then `holds` must. How many steps there were. */
static unsigned die_at_each_step(scene *is, scene_act *act, bool (*holds)(const scene *is))
{
    unsigned step = 1;
    keep_scene(is);
    for (; dies_at(is, act, step); step++) {
        assert_sound(is->of.table);
        assert_int_equal(rebuilds_of(is), 1);
        if (!holds(is)) {
            fail_msg("lost more than the write in flight, at step %u", step);
        }
        restore_scene(is);
    }
    return step - 1;
}

/* -- putting -------------------------------------------------------------------------------- */

static void act_put(scene *is)
{
    put_other(is, &is->other, 1000, CG_CLASS_RETURNING, SOME_MOMENT);
}

/* All others are there; the new one is there whole, or it is not. */
static bool holds_after_put(const scene *is)
{
    cg_record_header header = is->other;
    header.length = 1000;
    return count_whole(is, RECORDS) == RECORDS &&
           (is_whole(is, &header) || !is_there(is->of.table, &header));
}

static void death_while_putting(void **state)
{
    scene is = new_scene();
    (void)state;
    assert_true(die_at_each_step(&is, act_put, holds_after_put) >= 8);
    free_scene(&is);
}

/* -- replacing ------------------------------------------------------------------------------ */

static void act_replace(scene *is)
{
    replace_one(is, &is->records[7], 2000);
}

/* Either of the two versions, whole. */
static bool holds_after_replace(const scene *is)
{
    cg_record_header later = is->records[7];
    later.version++;
    later.length = 2000;
    return count_whole(is, 7) == RECORDS - 1 &&
           is_whole(is, &is->records[7]) != is_whole(is, &later);
}

static void death_while_replacing(void **state)
{
    scene is = new_scene();
    (void)state;
    assert_true(die_at_each_step(&is, act_replace, holds_after_replace) >= 12);
    free_scene(&is);
}

static bool is_reached;

static void die_between_the_two(const char *name)
{
    if (is_reached) {
        kill(getpid(), SIGKILL);
    }
    is_reached = strcmp(name, "there") == 0;
}

static void act_replace_halfway(scene *is)
{
    at_each_step = die_between_the_two;
    act_replace(is);
}

/* Both stand there, whole, and the write had happened. */
static void the_later_version_of_two_stays(void **state)
{
    scene is = new_scene();
    cg_record_header later = is.records[7];
    (void)state;

    later.version++;
    later.length = 2000;
    assert_true(dies_at(&is, act_replace_halfway, 0));
    assert_true(is_whole(&is, &later));
    assert_sound(is.of.table);
    assert_int_equal(count_whole(&is, 7), RECORDS - 1);
    free_scene(&is);
}

/* -- removing ------------------------------------------------------------------------------- */

static void act_remove(scene *is)
{
    cg_table_remove(is->of.table, is->records[5].handle, 1);
}

static bool holds_after_remove(const scene *is)
{
    return count_whole(is, 5) == RECORDS - 1 &&
           (is_whole(is, &is->records[5]) || !is_there(is->of.table, &is->records[5]));
}

static void death_while_removing(void **state)
{
    scene is = new_scene();
    (void)state;
    assert_true(die_at_each_step(&is, act_remove, holds_after_remove) >= 5);
    free_scene(&is);
}

/* -- touching ------------------------------------------------------------------------------- */

static void act_touch(scene *is)
{
    cg_table_facts facts = some_facts(CG_CLASS_NEWBORN, 1);
    cg_table_touch(is->of.table, is->records[3].handle, &facts, SOME_MOMENT + 500);
}

static bool holds_after_touch(const scene *is)
{
    return count_whole(is, RECORDS) == RECORDS;
}

static void death_while_touching(void **state)
{
    scene is = new_scene();
    (void)state;
    assert_true(die_at_each_step(&is, act_touch, holds_after_touch) >= 4);
    free_scene(&is);
}

/* -- making room ---------------------------------------------------------------------------- */

/* Fills what is left with newborns of one source, which are those that have to go. */
static void fill_up(scene *is)
{
    cg_record_header header;
    for (uint64_t i = 0; i < 4000; i++) {
        put_simple(is->of.table, 5000 + i, CG_CLASS_NEWBORN, 99, SOME_MOMENT, &header);
    }
}

static bool holds_after_eviction(const scene *is)
{
    cg_table_use use;
    cg_table_measure(is->of.table, &use);
    return use.blocks_free <= use.blocks / 128 + 10 + 6 && holds_after_put(is);
}

static void death_while_making_room(void **state)
{
    scene is = new_scene();
    (void)state;
    fill_up(&is);
    assert_true(die_at_each_step(&is, act_put, holds_after_eviction) >= 20);
    free_scene(&is);
}

/* -- rebuilding ----------------------------------------------------------------------------- */

static void act_look(scene *is)
{
    is_there(is->of.table, &is->other);
}

/* Whoever dies over putting right what the one before left: the next one does it. */
static void death_while_rebuilding(void **state)
{
    scene is = new_scene();
    unsigned step = 1;
    (void)state;

    keep_scene(&is);
    for (;; step++) {
        assert_true(dies_at(&is, act_replace, 5));
        if (!dies_at(&is, act_look, step)) {
            break;
        }
        assert_true(dies_at(&is, act_look, 1 + step / 2));
        assert_sound(is.of.table);
        assert_true(holds_after_replace(&is));
        restore_scene(&is);
    }
    assert_true(step > 20);
    free_scene(&is);
}

/* -- copying -------------------------------------------------------------------------------- */

/* The memory as it is at each step, in another place and with locks that nobody ever held. */
static struct copying {
    const scene *of;
    test_table copy;
    bool (*holds)(const scene *is);
    unsigned steps;
} copying;

static void look_at_a_copy(const char *name)
{
    scene there = *copying.of;

    there.of = copying.copy;
    memcpy(there.of.memory, copying.of->of.memory, there.of.size);
    assert_true(cg_lock_format(&cg_shard_at(there.of.table, 0).head->lock));
    at_each_step = NULL;
    assert_sound(there.of.table);
    if (!copying.holds(&there)) {
        fail_msg("lost more than the write in flight, at step %s", name);
    }
    at_each_step = look_at_a_copy;
    copying.steps++;
}

/* No lock tells that somebody died: the busy word does. */
static void a_copy_of_any_moment_is_put_right(void **state)
{
    static const struct {
        scene_act *act;
        bool (*holds)(const scene *is);
    } rows[] = {{act_put, holds_after_put},
                {act_replace, holds_after_replace},
                {act_remove, holds_after_remove},
                {act_touch, holds_after_touch}};
    (void)state;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        scene is = new_scene();
        scene before = is; /* what it put, for those who ask afterwards */

        copying = (struct copying){
            .of = &before, .copy = new_table(CG_TABLE_SIZE_MIN), .holds = rows[i].holds};
        at_each_step = look_at_a_copy;
        rows[i].act(&is);
        at_each_step = NULL;
        assert_true(copying.steps >= 5);
        free_table(&copying.copy);
        free_scene(&is);
    }
}

/* -- what stands there ---------------------------------------------------------------------- */

static void find_busy(const scene *is)
{
    cg_shard_at(is->of.table, 0).head->is_busy = 1;
}

/* A busy word without a dead owner (the memory was copied, or restored) is enough. */
static void a_busy_word_is_enough(void **state)
{
    scene is = new_scene();
    cg_shard shard = cg_shard_at(is.of.table, 0);
    (void)state;

    for (unsigned i = 0; i < 8; i++) { /* all that follows from the records */
        shard.buckets[i] = 3;
        shard.subjects[i] = 5;
        shard.newest[i] = 7;
        shard.list_blocks[i] = 9;
    }
    shard.head->free_first = 1;
    find_busy(&is);
    assert_sound(is.of.table);
    assert_int_equal(count_whole(&is, RECORDS), RECORDS);
    assert_int_equal(rebuilds_of(&is), 1);
    free_scene(&is);
}

static unsigned first_block_of(const scene *is, const cg_record_header *header)
{
    cg_shard shard = cg_shard_at(is->of.table, 0);
    return cg_shard_find(&shard, cg_place_of_handle(is->of.table, header->handle).bucket,
                         header->handle);
}

/* Their blocks do not end, end early, or are another's: those records are gone, and no other. */
static void incomplete_records_are_dropped(void **state)
{
    scene is = new_scene();
    cg_shard shard = cg_shard_at(is.of.table, 0);
    unsigned at[4];
    (void)state;

    for (unsigned i = 0; i < COUNT(at); i++) {
        at[i] = first_block_of(&is, &is.records[30 + i]);
        assert_true(at[i] < shard.block_count);
    }
    shard.links[at[0]] = CG_NO_BLOCK;
    shard.links[at[1]] = (uint16_t)at[1];
    shard.links[at[2]] = (uint16_t)(shard.block_count + 5);
    cg_first(&shard, at[3])->header.length = CG_CONTENT_MAX + 1;
    find_busy(&is);
    assert_sound(is.of.table);
    assert_int_equal(count_whole(&is, RECORDS), RECORDS - 4);
    for (unsigned i = 0; i < COUNT(at); i++) {
        assert_false(is_there(is.of.table, &is.records[30 + i]));
    }
    free_scene(&is);
}

/* Who goes first afterwards is who was used least lately. */
static void lists_are_in_order_of_last_access(void **state)
{
    enum { NEWBORNS = 500 };
    static cg_record_header headers[NEWBORNS];
    test_table of = new_table(CG_TABLE_SIZE_MIN);
    scene is = {.of = of};
    unsigned gone = 0, i;
    (void)state;

    for (i = 0; i < NEWBORNS; i++) { /* 7 and 500 have no common divisor */
        put_simple(of.table, i, CG_CLASS_NEWBORN, 4, SOME_MOMENT + 10 + i * 7 % NEWBORNS,
                   &headers[i * 7 % NEWBORNS]);
    }
    find_busy(&is);
    assert_sound(of.table);
    for (i = 0; i < 10000 && gone < NEWBORNS; i++) {
        cg_record_header header;
        put_simple(of.table, 7000 + i, CG_CLASS_NEWBORN, 4, SOME_MOMENT + 600, &header);
        while (gone < NEWBORNS && !is_there(of.table, &headers[gone])) {
            gone++;
        }
        for (unsigned later = gone; later < NEWBORNS; later += 50) {
            assert_true(is_there(of.table, &headers[later]));
        }
    }
    assert_int_equal(gone, NEWBORNS);
    free_table(&of);
}

/* -- damage that shows ----------------------------------------------------------------------- */

static void damage_free_blocks(scene *is)
{
    cg_shard_at(is->of.table, 0).head->free_first = 0; /* a record's */
}

static void damage_bucket(scene *is)
{
    cg_table_place place = cg_place_of_handle(is->of.table, is->other.handle);
    cg_shard_at(is->of.table, 0).buckets[place.bucket] = 65000;
}

static void damage_list(scene *is)
{
    cg_shard shard = cg_shard_at(is->of.table, 0);
    unsigned list = cg_list_of(&shard, CG_CLASS_RETURNING, 1);
    shard.newest[list] = 65000;
}

/* The work is done all the same, and once. */
static void damage_is_put_right_on_the_way(void **state)
{
    static scene_act *const damages[] = {damage_free_blocks, damage_bucket, damage_list};
    scene is = new_scene();
    (void)state;

    keep_scene(&is);
    for (unsigned i = 0; i < COUNT(damages); i++) {
        damages[i](&is);
        assert_int_equal(put_other(&is, &is.other, 1000, CG_CLASS_RETURNING, SOME_MOMENT),
                         CG_TABLE_DONE);
        assert_true(rebuilds_of(&is) >= 1);
        assert_sound(is.of.table);
        assert_true(is_whole(&is, &is.other));
        assert_int_equal(count_whole(&is, RECORDS), RECORDS);
        restore_scene(&is);
    }
    free_scene(&is);
}

/* Each invariant that is broken is told. */
static void check_tells_what_is_wrong(void **state)
{
    static scene_act *const damages[] = {damage_free_blocks, damage_bucket, damage_list};
    scene is = new_scene();
    (void)state;
    keep_scene(&is);
    for (unsigned i = 0; i < COUNT(damages); i++) {
        damages[i](&is);
        assert_non_null(cg_table_check(is.of.table));
        restore_scene(&is);
        assert_null(cg_table_check(is.of.table));
    }
    free_scene(&is);
}

/* -- a lock that is gone --------------------------------------------------------------------- */

static void act_die_with_the_lock(scene *is)
{
    pthread_mutex_lock(&cg_shard_at(is->of.table, 0).head->lock);
    kill(getpid(), SIGKILL);
}

/* Whoever takes it from a dead one and gives it back as it is makes it useless: no crash, no wait. */
static void a_lock_that_cannot_be_had_is_an_answer(void **state)
{
    scene is = new_scene();
    pthread_mutex_t *lock = &cg_shard_at(is.of.table, 0).head->lock;
    unsigned char record[4096];
    size_t size = sizeof record;
    cg_table_facts facts;
    (void)state;

    assert_true(dies_at(&is, act_die_with_the_lock, 0));
    assert_int_equal(pthread_mutex_lock(lock), EOWNERDEAD);
    pthread_mutex_unlock(lock);
    assert_int_equal(cg_table_get(is.of.table, is.records[0].handle, record, &size, &facts),
                     CG_TABLE_BROKEN);
    assert_int_equal(put_other(&is, &is.other, 100, CG_CLASS_NEWBORN, SOME_MOMENT),
                     CG_TABLE_BROKEN);
    assert_int_equal(cg_table_remove(is.of.table, is.records[0].handle, 0), CG_TABLE_BROKEN);
    assert_non_null(cg_table_check(is.of.table));
    free_scene(&is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(death_while_putting),
        cmocka_unit_test(death_while_replacing),
        cmocka_unit_test(the_later_version_of_two_stays),
        cmocka_unit_test(death_while_removing),
        cmocka_unit_test(death_while_touching),
        cmocka_unit_test(death_while_making_room),
        cmocka_unit_test(death_while_rebuilding),
        cmocka_unit_test(a_copy_of_any_moment_is_put_right),
        cmocka_unit_test(a_busy_word_is_enough),
        cmocka_unit_test(incomplete_records_are_dropped),
        cmocka_unit_test(lists_are_in_order_of_last_access),
        cmocka_unit_test(damage_is_put_right_on_the_way),
        cmocka_unit_test(check_tells_what_is_wrong),
        cmocka_unit_test(a_lock_that_cannot_be_had_is_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
