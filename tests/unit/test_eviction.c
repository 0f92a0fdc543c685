/* Who goes when there is no room: floods, bots, accounts with too many sessions, and what never goes. */
#include "table_in_memory.h"

#include "session/crypto.h"

/* Numbers for records, never the same twice in a test. */
static uint64_t next_name;

/* Puts one session of 200 octets; what went for it is in *evictions. */
static cg_table_result put_one(cg_table *table, cg_record_header *header,
                               const cg_table_facts *facts, const cg_table_limits *limits,
                               uint32_t now, cg_evictions *evictions)
{
    unsigned char record[CG_RECORD_OVERHEAD + 256];
    uint32_t expires = header->expires;
    unsigned char subject[CG_SUBJECT_SIZE];

    memcpy(subject, header->subject, sizeof subject);
    name_record(header, ++next_name);
    memcpy(header->subject, subject, sizeof subject);
    header->expires = expires ? expires : UINT32_MAX;
    header->length = 200;
    return cg_table_put(table, record, make_record(header, record), facts, limits, now, evictions);
}

/* Puts `count` sessions; how many found room. */
static unsigned flood(cg_table *table, cg_class class, uint64_t source, uint32_t now,
                      unsigned count)
{
    cg_table_facts facts = {.class = class, .last_access = now, .idle = 1800, .source = source};
    cg_evictions evictions;
    unsigned done = 0;

    for (unsigned i = 0; i < count; i++) {
        cg_record_header header = {.expires = 0};
        done += put_one(table, &header, &facts, &no_limits, now, &evictions) == CG_TABLE_DONE;
    }
    return done;
}

/* Sessions of 200 octets that the table holds at the most. */
static unsigned capacity_of(cg_table *table)
{
    cg_table_use use;
    cg_table_measure(table, &use);
    return (unsigned)(use.blocks / 3);
}

static uint64_t records_of(cg_table *table, cg_class class)
{
    cg_table_use use;
    cg_table_measure(table, &use);
    return use.records[class];
}

static cg_table_result touch(cg_table *table, const cg_record_header *header, cg_class class,
                             uint32_t now)
{
    cg_table_facts facts = {.class = class, .last_access = 0, .idle = 1800};
    return cg_table_touch(table, header->handle, &facts, now);
}

/* -- capacity ------------------------------------------------------------------------------- */

/* Handles as they are really drawn; until the first one has to go for another. */
static void holds_80000_sessions_in_32_mib(void **state)
{
    static const unsigned char nobody[CG_SUBJECT_SIZE];
    test_table is = new_table(32 << 20);
    cg_crypto *crypto = cg_crypto_make();
    cg_table_facts facts = some_facts(CG_CLASS_NEWBORN, 0);
    cg_evictions evictions = {.count = 0};
    unsigned char record[CG_RECORD_OVERHEAD + 256];
    unsigned before = 0, after;
    (void)state;

    assert_non_null(crypto);
    for (uint64_t i = 0; i < 100000; i++) {
        cg_record_header header;
        name_record(&header, i);
        assert_true(cg_table_draw_handle(is.table, crypto, nobody, header.handle));
        header.length = 200;
        facts.source = i % 3000 * 7919;
        assert_int_equal(cg_table_put(is.table, record, make_record(&header, record), &facts,
                                      &no_limits, SOME_MOMENT, &evictions),
                         CG_TABLE_DONE);
        before += evictions.count == 0 && before == i;
    }
    after = (unsigned)records_of(is.table, CG_CLASS_NEWBORN);
    print_message("32 MiB hold %u sessions of 200 octets; %u before the first has to go\n", after,
                  before);
    assert_true(before >= 80000);
    assert_true(after >= 80000);
    assert_sound(is.table);
    cg_crypto_free(crypto);
    free_table(&is);
}

/* A million rewrites of a table that is 80 % full; sizes vary, and no newcomer comes. */
static void rewriting_loses_no_session(void **state)
{
    enum { REWRITES = 1000000 };
    test_table is = new_table(8 << 20);
    unsigned count = capacity_of(is.table) / 10 * 8;
    cg_record_header *headers = calloc(count, sizeof *headers);
    unsigned char record[CG_RECORD_OVERHEAD + 320];
    uint64_t chance = 3;
    (void)state;

    assert_non_null(headers);
    for (unsigned i = 0; i < count; i++) {
        put_simple(is.table, i, (cg_class)(i % 2), i % 100, SOME_MOMENT, &headers[i]);
    }
    for (unsigned i = 0; i < REWRITES; i++) {
        cg_record_header *header = &headers[below(&chance, count)];
        cg_table_facts facts = some_facts(CG_CLASS_RETURNING, i % 100);
        cg_evictions evictions;

        header->length = 100 + below(&chance, 150);
        header->version++;
        memcpy(record, header, sizeof *header);
        assert_int_equal(cg_table_replace(is.table, record, cg_record_size(header->length),
                                          header->version - 1, &facts, &no_limits, SOME_MOMENT,
                                          &evictions),
                         CG_TABLE_DONE);
        assert_int_equal(evictions.count, 0);
    }
    for (unsigned i = 0; i < count; i++) {
        assert_true(is_there(is.table, &headers[i]));
    }
    assert_sound(is.table);
    free(headers);
    free_table(&is);
}

/* Where nothing is free, even the largest record finds a place for its new version. */
static void the_largest_record_is_rewritten_in_a_full_table(void **state)
{
    static unsigned char record[RECORD_MAX];
    test_table is = new_table(2 << 20);
    cg_table_facts facts = some_facts(CG_CLASS_AUTHENTICATED, 0);
    cg_record_header header;
    cg_evictions evictions;
    (void)state;

    name_record(&header, ++next_name);
    header.length = CG_CONTENT_MAX;
    assert_int_equal(cg_table_put(is.table, record, make_record(&header, record), &facts,
                                  &no_limits, SOME_MOMENT, &evictions),
                     CG_TABLE_DONE);
    flood(is.table, CG_CLASS_AUTHENTICATED, 0, SOME_MOMENT, capacity_of(is.table));
    flood(is.table, CG_CLASS_RETURNING, 0, SOME_MOMENT, capacity_of(is.table));
    flood(is.table, CG_CLASS_NEWBORN, 0, SOME_MOMENT, capacity_of(is.table));
    for (unsigned i = 0; i < 10; i++) {
        uint64_t held = records_of(is.table, CG_CLASS_AUTHENTICATED);
        header.version++;
        assert_int_equal(cg_table_replace(is.table, record, make_record(&header, record),
                                          header.version - 1, &facts, &no_limits, SOME_MOMENT,
                                          &evictions),
                         CG_TABLE_DONE);
        assert_int_equal(records_of(is.table, CG_CLASS_AUTHENTICATED), held);
        assert_sound(is.table);
    }
    free_table(&is);
}

/* -- floods --------------------------------------------------------------------------------- */

/* 2,000 sessions of users who are logged in and read, and ten times the capacity of new ones, from
 * few sources and from many, that come back or do not. */
static void flood_logs_nobody_out_with(cg_class class, unsigned sources)
{
    enum { USERS = 2000 };
    test_table is = new_table(8 << 20);
    unsigned newcomers = 10 * capacity_of(is.table);
    cg_record_header *users = calloc(USERS, sizeof *users);
    cg_table_facts facts = some_facts(CG_CLASS_AUTHENTICATED, 0);
    cg_evictions evictions;

    assert_non_null(users);
    for (unsigned i = 0; i < USERS; i++) {
        set_subject(&users[i], i);
        assert_int_equal(put_one(is.table, &users[i], &facts, &no_limits, SOME_MOMENT, &evictions),
                         CG_TABLE_DONE);
    }
    for (unsigned i = 0; i < newcomers; i++) {
        cg_table_facts of_flood = some_facts(class, i % sources);
        cg_record_header header = {.expires = 0};
        put_one(is.table, &header, &of_flood, &no_limits, SOME_MOMENT + i / 1000, &evictions);
        if (i % 64 == 0) {
            touch(is.table, &users[i / 64 % USERS], CG_CLASS_AUTHENTICATED, SOME_MOMENT + i / 1000);
        }
    }
    for (unsigned i = 0; i < USERS; i++) {
        assert_true(is_there(is.table, &users[i]));
    }
    assert_sound(is.table);
    free(users);
    free_table(&is);
}

static void authenticated_sessions_outlive_a_flood(void **state)
{
    (void)state;
    flood_logs_nobody_out_with(CG_CLASS_NEWBORN, 3);
    flood_logs_nobody_out_with(CG_CLASS_RETURNING, 100000);
}

static void newborn_from_other_source_survives_120s(void **state)
{
    enum { VISITORS = 50, PER_SECOND = 2000 };
    test_table is = new_table(4 << 20);
    cg_record_header visitors[VISITORS];
    cg_table_facts facts = some_facts(CG_CLASS_NEWBORN, 0);
    cg_evictions evictions;
    unsigned alive = 0;
    (void)state;

    flood(is.table, CG_CLASS_NEWBORN, 1000, SOME_MOMENT, 3 * capacity_of(is.table));
    for (unsigned i = 0; i < VISITORS; i++) {
        facts.source = i;
        visitors[i].expires = 0;
        memset(visitors[i].subject, 0, CG_SUBJECT_SIZE);
        assert_int_equal(
            put_one(is.table, &visitors[i], &facts, &no_limits, SOME_MOMENT, &evictions),
            CG_TABLE_DONE);
    }
    for (unsigned second = 0; second < 120; second++) {
        flood(is.table, CG_CLASS_NEWBORN, 1000, SOME_MOMENT + second, PER_SECOND);
    }
    for (unsigned i = 0; i < VISITORS; i++) {
        alive += is_there(is.table, &visitors[i]);
    }
    /* One source in 1,024 shares its list with the flood's, and it is another one in each shard. */
    assert_in_range(alive, VISITORS - 1, VISITORS);
    assert_sound(is.table);
    free_table(&is);
}

static void bots_that_return_do_not_displace_other_sources(void **state)
{
    enum { VISITORS = 50 };
    test_table is = new_table(4 << 20);
    cg_record_header visitors[VISITORS];
    cg_table_facts facts = some_facts(CG_CLASS_NEWBORN, 0);
    unsigned bots = 5 * capacity_of(is.table), alive = 0;
    cg_evictions evictions;
    (void)state;

    for (unsigned i = 0; i < VISITORS; i++) {
        facts.source = i;
        visitors[i].expires = 0;
        memset(visitors[i].subject, 0, CG_SUBJECT_SIZE);
        put_one(is.table, &visitors[i], &facts, &no_limits, SOME_MOMENT, &evictions);
        assert_int_equal(touch(is.table, &visitors[i], CG_CLASS_NEWBORN, SOME_MOMENT),
                         CG_TABLE_DONE);
    }
    assert_int_equal(records_of(is.table, CG_CLASS_RETURNING), VISITORS);
    facts.source = 1000;
    for (unsigned i = 0; i < bots; i++) {
        uint32_t now = SOME_MOMENT + i / 500;
        cg_record_header bot = {.expires = 0};
        facts.last_access = now;
        put_one(is.table, &bot, &facts, &no_limits, now, &evictions);
        touch(is.table, &bot, CG_CLASS_NEWBORN, now);
    }
    for (unsigned i = 0; i < VISITORS; i++) {
        alive += is_there(is.table, &visitors[i]);
    }
    assert_in_range(alive, VISITORS - 1, VISITORS);

    /* Who comes now, and takes his time, is not displaced either. */
    facts.source = 7;
    facts.last_access = SOME_MOMENT + 600;
    visitors[0].expires = 0;
    put_one(is.table, &visitors[0], &facts, &no_limits, SOME_MOMENT + 600, &evictions);
    for (unsigned i = 0; i < bots / 5; i++) {
        cg_record_header bot = {.expires = 0};
        facts.source = 1000;
        put_one(is.table, &bot, &facts, &no_limits, SOME_MOMENT + 600, &evictions);
        touch(is.table, &bot, CG_CLASS_NEWBORN, SOME_MOMENT + 600);
    }
    assert_true(is_there(is.table, &visitors[0]));
    assert_sound(is.table);
    free_table(&is);
}

/* -- accounts ------------------------------------------------------------------------------- */

/* Moves the record to where its subject's stand. */
static cg_table_result log_in(test_table *is, cg_crypto *crypto, unsigned user, uint32_t now,
                              const cg_table_limits *limits, cg_record_header *header,
                              cg_evictions *evictions)
{
    cg_table_facts facts = some_facts(CG_CLASS_AUTHENTICATED, 0);
    unsigned char record[CG_RECORD_OVERHEAD + 256];

    facts.last_access = now;
    name_record(header, ++next_name);
    set_subject(header, user);
    header->length = 200;
    assert_true(cg_table_draw_handle(is->table, crypto, header->subject, header->handle));
    return cg_table_put(is->table, record, make_record(header, record), &facts, limits, now,
                        evictions);
}

static void one_account_cannot_fill_authenticated(void **state)
{
    enum { LIMIT = 20, LOGINS = 5000 };
    static cg_record_header own[LOGINS];
    const cg_table_limits limits = {.sessions_per_subject = LIMIT};
    test_table is = new_table(4 << 20);
    cg_crypto *crypto = cg_crypto_make();
    cg_record_header others[5];
    cg_evictions evictions;
    (void)state;

    for (unsigned i = 0; i < COUNT(others); i++) {
        log_in(&is, crypto, 1000 + i, SOME_MOMENT, &limits, &others[i], &evictions);
    }
    for (unsigned i = 0; i < LOGINS; i++) {
        assert_int_equal(log_in(&is, crypto, 7, SOME_MOMENT + i, &limits, &own[i], &evictions),
                         CG_TABLE_DONE);
        assert_int_equal(evictions.count, i >= LIMIT);
        if (i >= LIMIT) { /* its own longest idle */
            assert_true(evictions.of[0].is_own);
            assert_memory_equal(evictions.of[0].number, own[i - LIMIT].number, CG_NUMBER_SIZE);
        }
    }
    for (unsigned i = 0; i < LOGINS; i++) {
        assert_int_equal(is_there(is.table, &own[i]), i >= LOGINS - LIMIT);
    }
    for (unsigned i = 0; i < COUNT(others); i++) {
        assert_true(is_there(is.table, &others[i]));
    }
    assert_sound(is.table);
    cg_crypto_free(crypto);
    free_table(&is);
}

/* The one that was used last stays; a lower limit holds at the next login. */
static void the_longest_idle_session_of_a_user_goes(void **state)
{
    cg_table_limits limits = {.sessions_per_subject = 3};
    test_table is = new_table(4 << 20);
    cg_crypto *crypto = cg_crypto_make();
    cg_record_header own[6];
    cg_evictions evictions;
    (void)state;

    for (unsigned i = 0; i < 3; i++) {
        log_in(&is, crypto, 7, SOME_MOMENT + i, &limits, &own[i], &evictions);
    }
    touch(is.table, &own[0], CG_CLASS_AUTHENTICATED, SOME_MOMENT + 100);
    log_in(&is, crypto, 7, SOME_MOMENT + 101, &limits, &own[3], &evictions);
    assert_true(is_there(is.table, &own[0]));
    assert_false(is_there(is.table, &own[1]));

    limits.sessions_per_subject = 1;
    log_in(&is, crypto, 7, SOME_MOMENT + 102, &limits, &own[4], &evictions);
    assert_int_equal(evictions.count, 3);
    assert_true(is_there(is.table, &own[4]));
    assert_sound(is.table);
    cg_crypto_free(crypto);
    free_table(&is);
}

/* The same session under a new token is no session more. */
static void a_rotation_evicts_no_session_of_the_user(void **state)
{
    const cg_table_limits limits = {.sessions_per_subject = 3};
    test_table is = new_table(4 << 20);
    cg_crypto *crypto = cg_crypto_make();
    unsigned char record[CG_RECORD_OVERHEAD + 256];
    cg_table_facts facts = some_facts(CG_CLASS_AUTHENTICATED, 0);
    cg_record_header own[3], rotated, alias;
    cg_evictions evictions;
    (void)state;

    for (unsigned i = 0; i < 3; i++) {
        log_in(&is, crypto, 7, SOME_MOMENT, &limits, &own[i], &evictions);
    }
    rotated = own[1];
    cg_table_draw_handle(is.table, crypto, rotated.subject, rotated.handle);
    assert_int_equal(cg_table_put(is.table, record, make_record(&rotated, record), &facts, &limits,
                                  SOME_MOMENT, &evictions),
                     CG_TABLE_DONE);
    assert_int_equal(evictions.count, 0);
    alias = own[1];
    alias.state = CG_RECORD_ALIAS;
    alias.version++;
    assert_int_equal(cg_table_replace(is.table, record, make_record(&alias, record), own[1].version,
                                      &facts, &limits, SOME_MOMENT, &evictions),
                     CG_TABLE_DONE);
    assert_int_equal(evictions.count, 0);
    assert_int_equal(records_of(is.table, CG_CLASS_AUTHENTICATED), 4);
    assert_sound(is.table);
    cg_crypto_free(crypto);
    free_table(&is);
}

/* -- authenticated and full ------------------------------------------------------------------ */

/* Users until the next one finds no room; the first of them. */
static unsigned fill_with_users(cg_table *table, uint32_t now, cg_record_header *first)
{
    cg_table_facts facts = {.class = CG_CLASS_AUTHENTICATED, .last_access = now, .idle = 1800};
    cg_record_header header = {.expires = 0};
    cg_evictions evictions;
    unsigned count = 0;

    while (put_one(table, &header, &facts, &no_limits, now, &evictions) == CG_TABLE_DONE) {
        if (count++ == 0) {
            *first = header;
        }
        header.expires = 0;
    }
    return count;
}

/* Users may hold 7/8, and what is left is for the others. */
static void classes_have_ceilings(void **state)
{
    test_table is = new_table(2 << 20); /* one shard */
    unsigned capacity = capacity_of(is.table);
    cg_record_header first;
    cg_table_use use;
    unsigned users = fill_with_users(is.table, SOME_MOMENT, &first);
    (void)state;

    assert_in_range(users, capacity / 8 * 7 - 8, capacity / 8 * 7 + 1);
    flood(is.table, CG_CLASS_RETURNING, 3, SOME_MOMENT, capacity);
    cg_table_measure(is.table, &use);
    assert_in_range(use.blocks_of[CG_CLASS_AUTHENTICATED] + use.blocks_of[CG_CLASS_RETURNING],
                    use.blocks / 16 * 15 - 8, use.blocks / 16 * 15);
    flood(is.table, CG_CLASS_NEWBORN, 3, SOME_MOMENT, capacity);
    cg_table_measure(is.table, &use);
    assert_in_range(use.blocks_free, use.blocks / 128 - 1, use.blocks / 128 + 3);
    assert_int_equal(use.records[CG_CLASS_AUTHENTICATED], users);
    assert_sound(is.table);
    free_table(&is);
}

/* What it says beforehand is what it does: refused means that nobody went. */
static void a_full_table_refuses_users_or_lets_the_longest_idle_go(void **state)
{
    cg_table_limits limits = {.evicts_idle = false};
    test_table is = new_table(2 << 20);
    cg_record_header first = {.expires = 0}, header = {.expires = 0};
    unsigned users = fill_with_users(is.table, SOME_MOMENT, &first);
    cg_table_facts facts = some_facts(CG_CLASS_AUTHENTICATED, 0);
    cg_evictions evictions;
    (void)state;

    flood(is.table, CG_CLASS_RETURNING, 3, SOME_MOMENT, users);
    facts.last_access = SOME_MOMENT + 901;
    assert_int_equal(put_one(is.table, &header, &facts, &limits, SOME_MOMENT + 901, &evictions),
                     CG_TABLE_FULL);
    assert_int_equal(evictions.count, 0);
    limits.evicts_idle = true;
    assert_int_equal(put_one(is.table, &header, &facts, &limits, SOME_MOMENT + 900, &evictions),
                     CG_TABLE_FULL);
    assert_int_equal(evictions.count, 0); /* half of the timeout is not more than half */
    assert_int_equal(records_of(is.table, CG_CLASS_AUTHENTICATED), users);

    assert_int_equal(put_one(is.table, &header, &facts, &limits, SOME_MOMENT + 901, &evictions),
                     CG_TABLE_DONE);
    assert_int_equal(evictions.count, 1);
    assert_int_equal(evictions.of[0].class, CG_CLASS_AUTHENTICATED);
    assert_false(evictions.of[0].is_own || evictions.of[0].is_expired);
    assert_memory_equal(evictions.of[0].number, first.number, CG_NUMBER_SIZE);
    assert_false(is_there(is.table, &first));
    assert_sound(is.table);
    free_table(&is);
}

/* One may go, and that is not enough: then not even that one goes. */
static void nobody_goes_in_vain(void **state)
{
    const cg_table_limits limits = {.evicts_idle = true};
    static unsigned char record[RECORD_MAX];
    test_table is = new_table(2 << 20);
    cg_record_header idle = {.expires = 0}, large;
    cg_table_facts facts = some_facts(CG_CLASS_AUTHENTICATED, 0);
    cg_evictions evictions;
    unsigned users;
    cg_record_header first;
    (void)state;

    put_one(is.table, &idle, &facts, &no_limits, SOME_MOMENT, &evictions);
    users = 1 + fill_with_users(is.table, SOME_MOMENT + 900, &first);
    name_record(&large, ++next_name);
    large.length = 10000;
    facts.last_access = SOME_MOMENT + 1000;
    assert_int_equal(cg_table_put(is.table, record, make_record(&large, record), &facts, &limits,
                                  SOME_MOMENT + 1000, &evictions),
                     CG_TABLE_FULL);
    assert_int_equal(evictions.count, 0);
    assert_int_equal(records_of(is.table, CG_CLASS_AUTHENTICATED), users);
    assert_true(is_there(is.table, &idle));
    assert_sound(is.table);
    free_table(&is);
}

/* What is rewritten is not what makes room for it, though it is the oldest of the fullest source. */
static void nobody_goes_for_himself(void **state)
{
    static const cg_class classes[] = {CG_CLASS_NEWBORN, CG_CLASS_RETURNING,
                                       CG_CLASS_AUTHENTICATED};
    const cg_table_limits limits = {.evicts_idle = true};
    (void)state;
    for (unsigned i = 0; i < COUNT(classes); i++) {
        test_table is = new_table(2 << 20);
        unsigned char record[4096];
        cg_table_facts facts = some_facts(classes[i], 9);
        cg_record_header oldest = {.expires = 0}, second = {.expires = 0};
        cg_evictions evictions;

        put_one(is.table, &oldest, &facts, &no_limits, SOME_MOMENT, &evictions);
        put_one(is.table, &second, &facts, &no_limits, SOME_MOMENT, &evictions);
        while (put_one(is.table, &(cg_record_header){.expires = 0}, &facts, &no_limits,
                       SOME_MOMENT + 1, &evictions) == CG_TABLE_DONE &&
               evictions.count == 0) {
        }
        if (evictions.count) { /* the oldest made room for the last one */
            oldest = second;
        }
        oldest.version++;
        oldest.length = 2000;
        assert_int_equal(cg_table_replace(is.table, record, make_record(&oldest, record),
                                          oldest.version - 1, &facts, &limits, SOME_MOMENT + 1000,
                                          &evictions),
                         CG_TABLE_DONE);
        assert_in_range(evictions.count, 1, 6);
        assert_true(is_there(is.table, &oldest));
        assert_sound(is.table);
        free_table(&is);
    }
}

/* A newcomer never displaces a visitor that returned, nor that one a user. */
static void a_lower_class_never_drives_out_a_higher_one(void **state)
{
    static const cg_class lower[] = {CG_CLASS_NEWBORN, CG_CLASS_RETURNING};
    (void)state;
    for (unsigned i = 0; i < COUNT(lower); i++) {
        cg_class higher = (cg_class)(lower[i] + 1);
        test_table is = new_table(2 << 20);
        unsigned capacity = capacity_of(is.table);
        uint64_t held;

        flood(is.table, higher, 5, SOME_MOMENT, capacity);
        held = records_of(is.table, higher);
        for (unsigned source = 0; source < 50; source++) {
            flood(is.table, lower[i], source, SOME_MOMENT + 1700, capacity / 10);
        }
        assert_int_equal(records_of(is.table, higher), held);
        assert_sound(is.table);
        free_table(&is);
    }
}

static void a_newborn_holds_2_kib_at_most(void **state)
{
    static unsigned char record[RECORD_MAX];
    test_table is = new_table(CG_TABLE_SIZE_MIN);
    cg_table_facts facts = some_facts(CG_CLASS_NEWBORN, 0);
    cg_evictions evictions;
    cg_record_header header;
    (void)state;

    name_record(&header, 1);
    header.length = CG_CONTENT_NEWBORN_MAX + 1;
    assert_int_equal(cg_table_put(is.table, record, make_record(&header, record), &facts,
                                  &no_limits, SOME_MOMENT, &evictions),
                     CG_TABLE_FULL);
    header.length = CG_CONTENT_NEWBORN_MAX;
    assert_int_equal(cg_table_put(is.table, record, make_record(&header, record), &facts,
                                  &no_limits, SOME_MOMENT, &evictions),
                     CG_TABLE_DONE);
    free_table(&is);
}

/* -- expired first -------------------------------------------------------------------------- */

/* One in the midst of a full shard is expired, by age or by idleness, of any class: it goes, and
 * nobody else. */
static void expired_sessions_go_first(void **state)
{
    static const struct {
        cg_class class;
        uint32_t expires, idle;
    } rows[] = {
        {CG_CLASS_NEWBORN, SOME_MOMENT + 50, 1800},
        {CG_CLASS_NEWBORN, UINT32_MAX, 50},
        {CG_CLASS_RETURNING, SOME_MOMENT + 50, 1800},
        {CG_CLASS_AUTHENTICATED, SOME_MOMENT + 50, 1800},
        {CG_CLASS_AUTHENTICATED, UINT32_MAX, 50},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        test_table is = new_table(2 << 20);
        cg_table_facts facts = some_facts(rows[i].class, 9);
        cg_record_header doomed = {.expires = rows[i].expires}, header = {.expires = 0};
        cg_evictions evictions;
        unsigned capacity = capacity_of(is.table);

        flood(is.table, CG_CLASS_NEWBORN, 3, SOME_MOMENT, capacity / 2);
        facts.idle = rows[i].idle;
        put_one(is.table, &doomed, &facts, &no_limits, SOME_MOMENT, &evictions);
        flood(is.table, CG_CLASS_NEWBORN, 3, SOME_MOMENT, capacity);

        facts = some_facts(CG_CLASS_NEWBORN, 4);
        put_one(is.table, &header, &facts, &no_limits, SOME_MOMENT + 49, &evictions);
        assert_int_equal(evictions.count, 1);
        assert_false(evictions.of[0].is_expired);
        assert_true(is_there(is.table, &doomed));

        header.expires = 0;
        put_one(is.table, &header, &facts, &no_limits, SOME_MOMENT + 50, &evictions);
        assert_int_equal(evictions.count, 1);
        assert_true(evictions.of[0].is_expired);
        assert_false(is_there(is.table, &doomed));
        assert_sound(is.table);
        free_table(&is);
    }
}

/* However many are expired: the one that was of worth to somebody is told. */
static void what_goes_is_told_before_what_is_expired(void **state)
{
    enum { EXPIRED = 2 * CG_EVICTED_MAX };
    const cg_table_limits limits = {.sessions_per_subject = 1};
    test_table is = new_table(2 << 20);
    cg_table_facts facts = some_facts(CG_CLASS_AUTHENTICATED, 0);
    cg_record_header own = {.expires = 0}, next = {.expires = 0};
    cg_evictions evictions;
    bool is_told = false;
    (void)state;

    for (unsigned i = 0; i < EXPIRED; i++) {
        cg_record_header doomed = {.expires = SOME_MOMENT + 10};
        put_one(is.table, &doomed, &facts, &no_limits, SOME_MOMENT, &evictions);
    }
    set_subject(&own, 5);
    set_subject(&next, 5);
    put_one(is.table, &own, &facts, &limits, SOME_MOMENT, &evictions);
    flood(is.table, CG_CLASS_NEWBORN, 3, SOME_MOMENT, capacity_of(is.table));
    assert_int_equal(put_one(is.table, &next, &facts, &limits, SOME_MOMENT + 10, &evictions),
                     CG_TABLE_DONE);
    assert_int_equal(evictions.count, EXPIRED + 1);
    for (unsigned i = 0; i < CG_EVICTED_MAX; i++) {
        bool is_own = memcmp(evictions.of[i].number, own.number, CG_NUMBER_SIZE) == 0;
        assert_int_equal(evictions.of[i].is_own, is_own);
        assert_int_equal(evictions.of[i].is_expired, !is_own);
        is_told |= is_own;
    }
    assert_true(is_told);
    assert_sound(is.table);
    free_table(&is);
}

/* An alias that is of no use any more goes before all that is. */
static void what_was_demoted_goes_with_the_newborns(void **state)
{
    test_table is = new_table(2 << 20);
    cg_table_facts facts = some_facts(CG_CLASS_AUTHENTICATED, 0);
    cg_record_header alias = {.expires = 0}, kept = {.expires = 0};
    cg_evictions evictions;
    (void)state;

    put_one(is.table, &alias, &facts, &no_limits, SOME_MOMENT, &evictions);
    put_one(is.table, &kept, &facts, &no_limits, SOME_MOMENT, &evictions);
    assert_int_equal(cg_table_demote(is.table, alias.handle, 3), CG_TABLE_DONE);
    assert_int_equal(records_of(is.table, CG_CLASS_NEWBORN), 1);
    assert_sound(is.table);
    flood(is.table, CG_CLASS_NEWBORN, 3, SOME_MOMENT, 2 * capacity_of(is.table));
    assert_false(is_there(is.table, &alias));
    assert_true(is_there(is.table, &kept));
    assert_int_equal(cg_table_demote(is.table, alias.handle, 3), CG_TABLE_ABSENT);
    free_table(&is);
}

/* Of those who are alike, the oldest of the fullest source goes. */
static void the_oldest_of_the_fullest_source_goes(void **state)
{
    test_table is = new_table(2 << 20);
    cg_record_header first = {.expires = 0}, small = {.expires = 0}, header = {.expires = 0};
    cg_table_facts facts = some_facts(CG_CLASS_NEWBORN, 1);
    unsigned capacity = capacity_of(is.table);
    cg_evictions evictions;
    (void)state;

    put_one(is.table, &small, &facts, &no_limits, SOME_MOMENT, &evictions);
    facts.source = 2;
    put_one(is.table, &first, &facts, &no_limits, SOME_MOMENT, &evictions);
    flood(is.table, CG_CLASS_NEWBORN, 2, SOME_MOMENT, capacity / 2);
    for (evictions.count = 0; evictions.count == 0; header.expires = 0) {
        facts.source = 3 + next_name % 5;
        assert_int_equal(put_one(is.table, &header, &facts, &no_limits, SOME_MOMENT, &evictions),
                         CG_TABLE_DONE);
    }
    assert_int_equal(evictions.count, 1);
    assert_memory_equal(evictions.of[0].number, first.number, CG_NUMBER_SIZE);
    assert_int_equal(evictions.of[0].class, CG_CLASS_NEWBORN);
    assert_true(is_there(is.table, &small));
    free_table(&is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_80000_sessions_in_32_mib),
        cmocka_unit_test(rewriting_loses_no_session),
        cmocka_unit_test(the_largest_record_is_rewritten_in_a_full_table),
        cmocka_unit_test(authenticated_sessions_outlive_a_flood),
        cmocka_unit_test(newborn_from_other_source_survives_120s),
        cmocka_unit_test(bots_that_return_do_not_displace_other_sources),
        cmocka_unit_test(one_account_cannot_fill_authenticated),
        cmocka_unit_test(the_longest_idle_session_of_a_user_goes),
        cmocka_unit_test(a_rotation_evicts_no_session_of_the_user),
        cmocka_unit_test(classes_have_ceilings),
        cmocka_unit_test(a_full_table_refuses_users_or_lets_the_longest_idle_go),
        cmocka_unit_test(nobody_goes_in_vain),
        cmocka_unit_test(nobody_goes_for_himself),
        cmocka_unit_test(a_lower_class_never_drives_out_a_higher_one),
        cmocka_unit_test(a_newborn_holds_2_kib_at_most),
        cmocka_unit_test(expired_sessions_go_first),
        cmocka_unit_test(what_goes_is_told_before_what_is_expired),
        cmocka_unit_test(what_was_demoted_goes_with_the_newborns),
        cmocka_unit_test(the_oldest_of_the_fullest_source_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
