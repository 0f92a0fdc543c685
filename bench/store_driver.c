/* Runs what bench/store asks for, inside httpd, where shmcb lives.
 *
 * In fixups, by the query of the request; X-Seen is the answer:
 *
 *   fill=1000            each store has 1,000 records
 *   read-ours*500        500 operations on records at random: the nanoseconds that they took
 *   write-ours*500*2     the same by two processes at once, each on records of its own: two numbers
 *   nothing*500          the same loop around nothing
 *   capacity=32          sessions that 32 MiB of ours take
 *
 * StoreDriverRoom MIB RECORDS: what each store has room for. An operation that goes wrong ends the
 * request with 500. */
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include <apr_shm.h>
#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stores.h"

module AP_MODULE_DECLARE_DATA storedriver_module;

static const store *const stores[] = {&store_ours, &store_shmcb, &store_floor};
enum { STORES = sizeof stores / sizeof stores[0], PROCESSES_MAX = 4 };

static size_t room = 64;
static unsigned most = 100000;
static apr_pool_t *child_pool;
static client *clients[STORES]; /* shared */
static unsigned filled;

/* What processes that run at once tell each other and us. */
static struct meeting {
    volatile unsigned here;
    volatile unsigned failures;
    volatile uint64_t taken[PROCESSES_MAX]; /* nanoseconds */
} * meeting;

void *shared_memory(size_t size)
{
    static apr_pool_t *pool;
    apr_shm_t *memory;

    if (!pool && apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return NULL;
    }
    return apr_shm_create(&memory, size, NULL, pool) == APR_SUCCESS ? apr_shm_baseaddr_get(memory)
                                                                    : NULL;
}

/* -- one operation --------------------------------------------------------------------------- */

static void make_session(unsigned number, unsigned char session[SESSION_SIZE])
{
    memset(session, 'a', SESSION_SIZE);
    memcpy(session, &number, sizeof number);
}

static bool do_read(unsigned which, unsigned number)
{
    unsigned char session[SESSION_SIZE + 16];
    unsigned found = ~number;
    if (!stores[which]->read(&clients[which][number], number, session)) {
        return false;
    }
    memcpy(&found, session, sizeof found);
    return found == number;
}

static bool do_write(unsigned which, unsigned number)
{
    unsigned char session[SESSION_SIZE];
    make_session(number, session);
    return stores[which]->write(&clients[which][number], number, session);
}

static bool do_nothing(unsigned which, unsigned number)
{
    (void)which;
    return number < most;
}

typedef bool operation(unsigned which, unsigned number);

/* -- many of them ---------------------------------------------------------------------------- */

typedef struct job {
    operation *act;
    unsigned which;
    unsigned count;
    unsigned processes; /* 0: this one */
} job;

static uint64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint32_t next_number(uint32_t *chance)
{
    *chance ^= *chance << 13;
    *chance ^= *chance >> 17;
    *chance ^= *chance << 5;
    return *chance;
}

/* On records whose number is `rest` in `divisor`. The nanoseconds; 0: one went wrong. */
static uint64_t run(const job *is, unsigned divisor, unsigned rest)
{
    static uint32_t chance = 2463534242u;
    uint64_t begin = clock_now();

    for (unsigned i = 0; i < is->count; i++) {
        unsigned number = next_number(&chance) % (filled / divisor) * divisor + rest;
        if (!is->act(is->which, number)) {
            return 0;
        }
    }
    return clock_now() - begin;
}

static bool begin_stores(apr_pool_t *pool)
{
    for (unsigned i = 0; i < STORES; i++) {
        if (!stores[i]->begin(pool)) {
            return false;
        }
    }
    return true;
}

/* A process of its own: waits until all are there, so that they run at once. */
static void run_beside_others(const job *is, unsigned rest)
{
    apr_pool_t *pool;
    uint64_t taken = 0;

    if (apr_pool_create(&pool, NULL) == APR_SUCCESS && begin_stores(pool)) {
        job warm_up = *is;
        warm_up.count = is->count / 10;
        run(&warm_up, PROCESSES_MAX, rest);
        __atomic_add_fetch(&meeting->here, 1, __ATOMIC_SEQ_CST);
        while (meeting->here < is->processes) {
        }
        taken = run(is, PROCESSES_MAX, rest);
    }
    meeting->taken[rest] = taken;
    _exit(0);
}

static bool run_in_processes(const job *is)
{
    meeting->here = 0;
    for (unsigned i = 0; i < is->processes; i++) {
        pid_t child = fork();
        meeting->taken[i] = child < 0 ? 0 : meeting->taken[i];
        if (child == 0) {
            run_beside_others(is, i);
        }
    }
    for (unsigned i = 0; i < is->processes; i++) {
        wait(NULL);
    }
    return true;
}

static const char *measure(request_rec *r, const job *is)
{
    char *said = "";

    if (is->processes == 0) {
        uint64_t taken = run(is, 1, 0);
        return taken ? apr_psprintf(r->pool, "%" APR_UINT64_T_FMT, taken) : NULL;
    }
    run_in_processes(is);
    for (unsigned i = 0; i < is->processes; i++) {
        if (!meeting->taken[i]) {
            return NULL;
        }
        said = apr_psprintf(r->pool, "%s%s%" APR_UINT64_T_FMT, said, i ? " " : "",
                            (apr_uint64_t)meeting->taken[i]);
    }
    return said;
}

/* -- what is asked for ----------------------------------------------------------------------- */

static const char *fill(unsigned count)
{
    unsigned char session[SESSION_SIZE];

    for (; filled < count && filled < most; filled++) {
        make_session(filled, session);
        for (unsigned i = 0; i < STORES; i++) {
            client *of = &clients[i][filled];
            if (!apr_generate_random_bytes(of->token, TOKEN_SIZE) &&
                !stores[i]->put(of, filled, session)) {
                return NULL;
            }
        }
    }
    return "filled";
}

static bool read_job(const char *text, job *is)
{
    static const struct {
        const char *name;
        operation *act;
    } operations[] = {{"read", do_read}, {"write", do_write}, {"nothing", do_nothing}};
    char act[16] = "", where[16] = "";

    *is = (job){.which = STORES};
    if (sscanf(text, "%15[a-z]-%15[a-z]*%u*%u", act, where, &is->count, &is->processes) < 3) {
        return false;
    }
    for (unsigned i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        is->act = strcmp(operations[i].name, act) == 0 ? operations[i].act : is->act;
    }
    for (unsigned i = 0; i < STORES; i++) {
        is->which = strcmp(stores[i]->name, where) == 0 ? i : is->which;
    }
    return is->act && is->which < STORES && is->processes <= PROCESSES_MAX;
}

static const char *answer(request_rec *r)
{
    unsigned number;
    job is;

    if (sscanf(r->args, "fill=%u", &number) == 1) {
        return fill(number);
    }
    if (sscanf(r->args, "capacity=%u", &number) == 1) {
        return apr_itoa(r->pool, (int)capacity_of_ours(r->pool, (size_t)number << 20));
    }
    return read_job(r->args, &is) ? measure(r, &is) : NULL;
}

static int act(request_rec *r)
{
    const char *said;

    if (!r->args || r->main) {
        return DECLINED;
    }
    said = answer(r);
    if (!said) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    apr_table_setn(r->headers_out, "X-Seen", said);
    return DECLINED;
}

/* -- being a module -------------------------------------------------------------------------- */

static int make_stores(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    meeting = shared_memory(sizeof *meeting);
    for (unsigned i = 0; i < STORES; i++) {
        clients[i] = shared_memory(most * sizeof *clients[i]);
        if (!clients[i] || !stores[i]->make(pconf, s, room << 20, most)) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    child_pool = pconf;
    return meeting ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

static void begin_child(apr_pool_t *pool, server_rec *s)
{
    (void)pool;
    (void)s;
    if (!begin_stores(child_pool)) {
        exit(EXIT_FAILURE);
    }
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(make_stores, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(begin_child, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(act, NULL, NULL, APR_HOOK_MIDDLE);
}

static const char *set_room(cmd_parms *cmd, void *config, const char *mib, const char *records)
{
    (void)cmd;
    (void)config;
    room = strtoul(mib, NULL, 10);
    most = (unsigned)strtoul(records, NULL, 10);
    return room && most ? NULL : "StoreDriverRoom: MIB RECORDS";
}

static const command_rec commands[] = {
    AP_INIT_TAKE2("StoreDriverRoom", set_room, NULL, RSRC_CONF, "MIB RECORDS"),
    {NULL},
};

module AP_MODULE_DECLARE_DATA storedriver_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands, register_hooks, AP_MODULE_FLAG_NONE,
};
