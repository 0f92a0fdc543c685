/* Ring, sub-keys and segment over the life of a server. */
#include "session_store.h"

#include <apr_strings.h>
#include <http_core.h>
#include <unistd.h>

#include "../session/key_memory.h"
#include "server_mark.h"
#include "session_checks.h"
#include "store_keys.h"
#include "store_segment.h"

/* Over generations of the same process. No pointer into the module's code: that may be loaded anew
 * elsewhere. Another layout has another key, and finds none of this. */
#define KEPT_AS_(layout) "mod_cookieguard sessions " #layout
#define KEPT_AS(layout) KEPT_AS_(layout)

typedef struct kept_store {
    apr_size_t size;   /* of this: another one is of another module, loaded before; stays first */
    unsigned starts;   /* generations that came as far as post_config; stays second */
    cg_key_ring *ring; /* of key_memory.h, not inherited; null: none */
    cg_store_segment segment;
} kept_store;

static kept_store *kept;

/* Of this generation. */
static cg_sub_keys *sub_keys; /* of key_memory.h, inherited */
static cg_session_store store;

const cg_session_store *cg_session_store_now(void)
{
    return store.table ? &store : NULL;
}

bool cg_session_store_is_running(void)
{
    kept_store *found = ap_retained_data_get(KEPT_AS(CG_TABLE_LAYOUT));
    return found && found->starts > 0;
}

bool cg_session_store_is_wanted(const server_rec *main_server)
{
    for (const server_rec *s = main_server; s; s = s->next) {
        if (cg_config_of(s)->session.is_on) {
            return true;
        }
    }
    return false;
}

/* -- the segment ------------------------------------------------------------------------------ */

static bool has_key(const cg_key_ring *ring, const unsigned char id[CG_KEY_ID_SIZE])
{
    for (unsigned i = 0; i < ring->count; i++) {
        if (ring->keys[i].state != CG_KEY_REVOKED &&
            !memcmp(ring->keys[i].id, id, CG_KEY_ID_SIZE)) {
            return true;
        }
    }
    return false;
}

/* Why the segment of the generation before cannot be taken; null: it can. */
static const char *find_difference(const cg_store_start *start)
{
    const cg_store_segment *segment = &kept->segment;
    const cg_store_settings *settings = &cg_generation_now.store;

    if (segment->size != settings->size) {
        return "its size was changed";
    }
    if (segment->state_dir && strcmp(segment->state_dir, settings->state_dir)) {
        return "CookieGuardStateDir was changed";
    }
    if (!has_key(start->ring, segment->place_key_id)) {
        return "its key is gone from the ring";
    }
    return cg_table_is_ours(segment->memory, segment->size, segment->nonce)
               ? NULL
               : "a process wrote over its head";
}

/* The directory in which the segment is to be described, or null: it gets no name. False: refused. */
static bool find_place(cg_store_start *start, const cg_state_dir **dir)
{
    cg_state_answer answer;

    *dir = NULL;
    if (start->is_in_memory || start->dir.fd < 0) {
        return true;
    }
    answer = cg_server_mark_write(start->ptemp, &start->dir, &start->sentence);
    if (answer == CG_STATE_DONE) {
        *dir = &start->dir;
    } else if (answer == CG_STATE_UNWRITABLE) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, start->server,
                     "CG0052: sessions end with this server, since the state directory cannot be "
                     "written: %s",
                     start->sentence);
    }
    return answer != CG_STATE_REFUSED;
}

/* False: the sentence says why; a segment of the generation before is left as it is. */
static bool find_segment(cg_store_start *start)
{
    const char *difference = kept->segment.pool ? find_difference(start) : NULL;
    const cg_state_dir *dir;
    cg_store_segment made;

    if (kept->segment.pool && !difference) {
        return true;
    }
    if (!find_place(start, &dir)) {
        return false;
    }
    start->sentence = cg_store_segment_make(start->ptemp, dir, cg_generation_now.store.size,
                                            start->crypto, cg_key_ring_active(start->ring)->id,
                                            &made);
    if (start->sentence) {
        return false;
    }
    if (difference) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, start->server,
                     "CG0049: the store is new and empty, because %s; all sessions have ended",
                     difference);
        cg_store_segment_drop(&kept->segment);
    }
    kept->segment = made;
    return true;
}

/* -- post_config ------------------------------------------------------------------------------ */

static apr_status_t free_sub_keys(void *keys)
{
    cg_key_memory_free(keys, sizeof(cg_sub_keys));
    sub_keys = NULL;
    return APR_SUCCESS;
}

static bool derive_sub_keys(apr_pool_t *pconf, cg_store_start *start)
{
    sub_keys = cg_key_memory_make(sizeof *sub_keys, true);
    if (!sub_keys) {
        start->sentence = "there is no memory for the keys";
        return false;
    }
    apr_pool_cleanup_register(pconf, sub_keys, free_sub_keys, apr_pool_cleanup_null);
    if (!cg_sub_keys_make(start->crypto, start->ring, sub_keys)) {
        start->sentence = "the keys cannot be derived; OpenSSL has no HMAC-SHA-256";
        return false;
    }
    return true;
}

static bool make_realms(apr_pool_t *pconf, cg_store_start *start)
{
    for (server_rec *s = start->server; s; s = s->next) {
        if (cg_config_of(s)->session.is_on &&
            !cg_session_facts_make_realms(pconf, start->crypto, s)) {
            start->sentence = apr_psprintf(start->ptemp,
                                           "the name of virtual host %s is no host name",
                                           cg_config_of(s)->vhost.at);
            return false;
        }
    }
    return true;
}

static bool start_all(apr_pool_t *pconf, cg_store_start *start)
{
    bool is_done;

    start->crypto = cg_crypto_make();
    if (!start->crypto) {
        start->sentence = "OpenSSL has no AES-256-GCM or no HMAC-SHA-256";
        return false;
    }
    is_done = cg_store_keys_find(start) && find_segment(start) && derive_sub_keys(pconf, start) &&
              make_realms(pconf, start);
    cg_state_dir_close(&start->dir);
    cg_crypto_free(start->crypto);
    return is_done;
}

/* A session of 200 octets takes three blocks, and each block a little room beside it. */
static apr_size_t estimate_room(apr_size_t size)
{
    apr_size_t room = size / (3 * CG_BLOCK_SIZE) / 100 * 94;
    return room / 100 * 100;
}

static void say_hello(const cg_store_start *start)
{
    char id[CG_KEY_ID_TEXT_LEN + 1];
    apr_size_t size = kept->segment.size;

    cg_key_id_print(sub_keys->of[sub_keys->active].id, id);
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, start->server,
                 "CG0045: session store: shared memory of %" APR_SIZE_T_FMT
                 " KiB, %s, room for about %" APR_SIZE_T_FMT " sessions of 200 octets, key %s",
                 size / 1024, kept->segment.name ? kept->segment.state_dir : "in memory alone",
                 estimate_room(size), id);
}

/* Children are dead or have their own mapping; the name is of no use to a server that starts. */
static apr_status_t end_segment(void *pid)
{
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING && (pid_t)(intptr_t)pid == getpid()) {
        cg_store_segment_drop(&kept->segment);
    }
    return APR_SUCCESS;
}

static int refuse(const cg_store_start *start, bool is_first)
{
    sub_keys = NULL; /* children of this generation have no sessions */
    ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, start->server, "CG0046: %s%s",
                 start->sentence,
                 is_first ? "" : ". There are no sessions until that is put right");
    return is_first ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

static kept_store *find_kept(void)
{
    kept_store *found = ap_retained_data_get(KEPT_AS(CG_TABLE_LAYOUT));
    unsigned starts = found ? found->starts : 0;

    if (!found || found->size != sizeof *found) {
        found = ap_retained_data_create(KEPT_AS(CG_TABLE_LAYOUT), sizeof *found);
        *found = (kept_store){.size = sizeof *found, .starts = starts};
    }
    return found;
}

int cg_session_store_post_config(apr_pool_t *pconf, apr_pool_t *ptemp, server_rec *main_server)
{
    cg_store_start start = {.ptemp = ptemp, .server = main_server, .dir = {.fd = -1}};
    bool is_first;

    kept = find_kept();
    is_first = kept->starts++ == 0;
    start.kept = kept->ring;
    sub_keys = NULL;
    if (!cg_session_store_is_wanted(main_server)) {
        return OK;
    }
    if (!start_all(pconf, &start)) {
        cg_key_memory_free(start.ring, sizeof *start.ring);
        return refuse(&start, is_first);
    }
    cg_key_memory_free(kept->ring, sizeof *kept->ring);
    kept->ring = start.ring;
    cg_session_facts_set_clock(kept->segment.furthest);
    apr_pool_cleanup_register(pconf, (void *)(intptr_t)getpid(), end_segment,
                              apr_pool_cleanup_null);
    say_hello(&start);
    cg_session_checks_tell(main_server);
    return OK;
}

/* -- in a child ------------------------------------------------------------------------------- */

static cg_child this_child;

/* Runs inside a signal handler on prefork: takes no lock, no memory, and writes no log. */
static apr_status_t leave(void *table)
{
    cg_table_forget_child(table, this_child);
    return APR_SUCCESS;
}

/* Children that were killed did not leave. */
static void forget_the_dead(apr_pool_t *pchild)
{
    cg_child *children = apr_palloc(pchild, CG_TABLE_CHILDREN_MAX * sizeof *children);
    unsigned count = cg_table_list_children(store.table, children, CG_TABLE_CHILDREN_MAX);

    for (unsigned i = 0; i < count; i++) {
        if (cg_process_started(children[i].pid) != children[i].started) {
            cg_table_forget_child(store.table, children[i]);
        }
    }
}

static void enter(apr_pool_t *pchild, server_rec *main_server)
{
    bool is_entered;

    this_child = (cg_child){.pid = (int32_t)getpid(),
                            .started = cg_process_started((long)getpid())};
    is_entered = cg_table_enter_child(store.table, this_child);
    if (!is_entered) {
        forget_the_dead(pchild);
        is_entered = cg_table_enter_child(store.table, this_child);
    }
    if (!is_entered) {
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, main_server,
            "CG0050: more than %d children use the session store; this one is not known to "
            "it. Restart httpd (not gracefully) when that can be",
            CG_TABLE_CHILDREN_MAX);
    }
    apr_pool_cleanup_register(pchild, store.table, leave, apr_pool_cleanup_null);
}

void cg_session_store_child_init(apr_pool_t *pchild, server_rec *main_server)
{
    const cg_sub_keys_of_one *place;

    store.table = NULL;
    if (!sub_keys || !kept->segment.pool) {
        return;
    }
    cg_session_facts_child_init(pchild);
    place = cg_sub_keys_find(sub_keys, kept->segment.place_key_id);
    store.sub_keys = sub_keys;
    store.table = place ? cg_table_open(pchild, kept->segment.memory, kept->segment.size,
                                        place->keys[CG_PURPOSE_PLACE])
                        : NULL;
    if (!store.table) {
        ap_log_error(
            APLOG_MARK, APLOG_ERR, 0, main_server,
            "CG0051: this child cannot open the session store; it serves without sessions");
        return;
    }
    enter(pchild, main_server);
}
