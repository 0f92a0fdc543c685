/* Ring, sub-keys and segment over the life of a server. */
#include "session_store.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <http_core.h>
#include <stdio.h>
#include <unistd.h>

#include "../session/key_memory.h"
#include "store_segment.h"

#define RING_FILE "keys"
#define SERVER_FILE "server"

/* Over generations of the same process. No pointer into the module's code: that may be loaded anew
 * elsewhere. Another layout has another key, and finds none of this. */
#define KEPT_AS_(layout) "mod_cookieguard sessions " #layout
#define KEPT_AS(layout) KEPT_AS_(layout)

typedef struct kept_store {
    unsigned starts;   /* generations that came as far as post_config */
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

/* -- who else is there ------------------------------------------------------------------------ */

/* When a process was started, in ticks since boot (proc(5), /proc/PID/stat, field 22); 0: there is no
 * such process, or no /proc. */
static uint64_t find_start(long pid)
{
    char path[64], text[1024];
    const char *field;
    ssize_t len;
    int fd;

    apr_snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    /* field 2, in brackets, is any name; behind its last bracket comes field 3 */
    field = strrchr(text, ')');
    for (int i = 2; field && i < 22; i++) {
        field = strchr(field + 1, ' ');
    }
    return field ? (uint64_t)apr_strtoi64(field, NULL, 10) : 0;
}

/* Two servers would take each other's segment away. Null, or a sentence. */
static const char *find_other_server(apr_pool_t *ptemp, const cg_state_dir *dir)
{
    char text[256];
    size_t len = 0;
    const char *sentence = NULL;
    unsigned long pid = 0;
    unsigned long long started = 0;

    if (cg_state_dir_read(ptemp, dir, SERVER_FILE, text, sizeof text - 1, &len, &sentence) !=
        CG_STATE_DONE) {
        return sentence;
    }
    text[len] = '\0';
    if (sscanf(text, "pid %lu\nstarted %llu", &pid, &started) != 2 ||
        pid == (unsigned long)getpid() || started == 0 || find_start((long)pid) != started) {
        return NULL;
    }
    return apr_psprintf(
        ptemp,
        "another httpd, process %lu, uses the state directory %s; give each its own "
        "with CookieGuardStateDir, or stop that one",
        pid, dir->path);
}

static cg_state_answer write_server(apr_pool_t *ptemp, const cg_state_dir *dir,
                                    const char **sentence)
{
    const char *text = apr_psprintf(ptemp, "pid %ld\nstarted %" APR_UINT64_T_FMT "\n",
                                    (long)getpid(), (apr_uint64_t)find_start((long)getpid()));
    return cg_state_dir_write(ptemp, dir, SERVER_FILE, cg_span_of(text), sentence);
}

/* -- the ring --------------------------------------------------------------------------------- */

/* What one start works with. */
typedef struct store_start {
    apr_pool_t *ptemp;
    server_rec *server;
    cg_crypto *crypto;
    cg_state_dir dir;
    bool is_in_memory;    /* there is no state directory that could be written */
    cg_key_ring *ring;    /* of key_memory.h */
    const char *sentence; /* of what went wrong */
} store_start;

static cg_state_answer parse_ring(store_start *start, cg_span text)
{
    cg_ring_error error = {0};

    if (cg_key_ring_parse(start->crypto, text, start->ring, &error)) {
        return CG_STATE_DONE;
    }
    start->sentence = apr_psprintf(start->ptemp, "the key ring %s/" RING_FILE ", line %u: %s",
                                   start->dir.path, error.line, error.sentence);
    return CG_STATE_REFUSED;
}

static bool make_ring(store_start *start)
{
    if (!cg_key_ring_make(start->crypto, (int64_t)apr_time_sec(apr_time_now()), start->ring)) {
        start->sentence = "there is no randomness, or no memory, for new keys";
        return false;
    }
    return true;
}

static cg_state_answer write_new_ring(store_start *start, cg_writer *writer)
{
    if (!make_ring(start)) {
        return CG_STATE_REFUSED;
    }
    cg_key_ring_print(start->ring, writer);
    return cg_state_dir_write(start->ptemp, &start->dir, RING_FILE,
                              (cg_span){writer->at, writer->len}, &start->sentence);
}

/* Reads the ring of the state directory, or makes the first one there. */
static cg_state_answer load_ring(store_start *start)
{
    char *text = cg_key_memory_make(CG_RING_TEXT_MAX, false);
    cg_state_answer answer = CG_STATE_REFUSED;
    size_t len = 0;

    start->sentence = "there is no memory for the keys that could be kept from other processes";
    if (!text) {
        return answer;
    }
    answer = cg_state_dir_read(start->ptemp, &start->dir, RING_FILE, text, CG_RING_TEXT_MAX, &len,
                               &start->sentence);
    if (answer == CG_STATE_DONE) {
        answer = parse_ring(start, (cg_span){text, len});
    } else if (answer == CG_STATE_ABSENT) {
        cg_writer writer = {.at = text, .size = CG_RING_TEXT_MAX};
        answer = write_new_ring(start, &writer);
    }
    cg_key_memory_free(text, CG_RING_TEXT_MAX);
    return answer;
}

static cg_state_answer load_from_directory(store_start *start)
{
    const cg_store_settings *settings = &cg_generation_now.store;
    cg_state_answer answer = cg_state_dir_open(start->ptemp, settings->state_dir, &start->dir,
                                               &start->sentence);

    if (answer == CG_STATE_DONE) {
        start->sentence = find_other_server(start->ptemp, &start->dir);
        answer = start->sentence ? CG_STATE_REFUSED : load_ring(start);
    }
    if (answer == CG_STATE_REFUSED && geteuid() != 0 && !settings->has_state_dir) {
        return CG_STATE_UNWRITABLE; /* the default belongs to root; nobody said that it is for us */
    }
    return answer;
}

/* In memory goes on with the ring that there is, or makes one. */
static bool keep_in_memory(store_start *start)
{
    start->is_in_memory = true;
    if (kept->ring) {
        memcpy(start->ring, kept->ring, sizeof *start->ring);
        return true;
    }
    ap_log_error(
        APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, start->server,
        "CG0047: sessions are kept in memory alone and end with this server, since its keys "
        "cannot be written: %s. CookieGuardStateDir names a directory for them",
        start->sentence);
    return make_ring(start);
}

/* After this, start->ring holds keys. */
static bool find_keys(store_start *start)
{
    cg_state_answer answer;

    start->ring = cg_key_memory_make(sizeof *start->ring, false);
    if (!start->ring) {
        start->sentence = "there is no memory for the keys that could be kept from other processes";
        return false;
    }
    answer = load_from_directory(start);
    if (answer == CG_STATE_UNWRITABLE) {
        return keep_in_memory(start);
    }
    if (answer == CG_STATE_REFUSED && kept->ring) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, start->server,
                     "CG0048: %s. This server goes on with the keys that it has; it will not start "
                     "again like this",
                     start->sentence);
        memcpy(start->ring, kept->ring, sizeof *start->ring);
        return true;
    }
    return answer == CG_STATE_DONE;
}

static void keep_ring(cg_key_ring *ring)
{
    cg_key_memory_free(kept->ring, sizeof *kept->ring);
    kept->ring = ring;
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
static const char *find_difference(const store_start *start)
{
    const cg_store_segment *segment = &kept->segment;
    const cg_store_settings *settings = &cg_generation_now.store;

    if (segment->size != settings->size) {
        return "its size was changed";
    }
    if (segment->state_dir && strcmp(segment->state_dir, settings->state_dir)) {
        return "CookieGuardStateDir was changed";
    }
    return has_key(start->ring, segment->place_key_id) ? NULL : "its key is gone from the ring";
}

/* The directory in which the segment is to be described, or null: it gets no name. False: refused. */
static bool find_place(store_start *start, const cg_state_dir **dir)
{
    cg_state_answer answer;

    *dir = NULL;
    if (start->is_in_memory || start->dir.fd < 0) {
        return true;
    }
    answer = write_server(start->ptemp, &start->dir, &start->sentence);
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
static bool find_segment(store_start *start)
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

static bool derive_sub_keys(apr_pool_t *pconf, store_start *start)
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

static bool make_realms(apr_pool_t *pconf, store_start *start)
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

static bool start_all(apr_pool_t *pconf, store_start *start)
{
    bool is_done;

    start->crypto = cg_crypto_make();
    if (!start->crypto) {
        start->sentence = "OpenSSL has no AES-256-GCM or no HMAC-SHA-256";
        return false;
    }
    is_done = find_keys(start) && find_segment(start) && derive_sub_keys(pconf, start) &&
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

static void say_hello(const store_start *start)
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

static int refuse(const store_start *start, bool is_first)
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
    return found ? found : ap_retained_data_create(KEPT_AS(CG_TABLE_LAYOUT), sizeof *found);
}

int cg_session_store_post_config(apr_pool_t *pconf, apr_pool_t *ptemp, server_rec *main_server)
{
    store_start start = {.ptemp = ptemp, .server = main_server, .dir = {.fd = -1}};
    bool is_first;

    kept = find_kept();
    is_first = kept->starts++ == 0;
    sub_keys = NULL;
    if (!cg_session_store_is_wanted(main_server)) {
        return OK;
    }
    if (!start_all(pconf, &start)) {
        cg_key_memory_free(start.ring, sizeof *start.ring);
        return refuse(&start, is_first);
    }
    keep_ring(start.ring);
    cg_session_facts_set_clock(kept->segment.made_at, kept->segment.made_at_boot);
    apr_pool_cleanup_register(pconf, (void *)(intptr_t)getpid(), end_segment,
                              apr_pool_cleanup_null);
    say_hello(&start);
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
        if (find_start(children[i].pid) != children[i].started) {
            cg_table_forget_child(store.table, children[i]);
        }
    }
}

static void enter(apr_pool_t *pchild, server_rec *main_server)
{
    bool is_entered;

    this_child = (cg_child){.pid = (int32_t)getpid(), .started = find_start((long)getpid())};
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
