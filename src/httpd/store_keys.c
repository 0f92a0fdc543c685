/* Reading the key ring, and making the first one. */
#include "store_keys.h"

#include <apr_strings.h>
#include <unistd.h>

#include "../session/key_memory.h"
#include "server_mark.h"

#define RING_FILE "keys"

static cg_state_answer parse_ring(cg_store_start *start, cg_span text)
{
    cg_ring_error error = {0};

    if (cg_key_ring_parse(start->crypto, text, start->ring, &error)) {
        return CG_STATE_DONE;
    }
    start->sentence = apr_psprintf(start->ptemp, "the key ring %s/" RING_FILE ", line %u: %s",
                                   start->dir.path, error.line, error.sentence);
    return CG_STATE_REFUSED;
}

static bool make_ring(cg_store_start *start)
{
    if (!cg_key_ring_make(start->crypto, (int64_t)apr_time_sec(apr_time_now()), start->ring)) {
        start->sentence = "there is no randomness, or no memory, for new keys";
        return false;
    }
    return true;
}

static cg_state_answer write_new_ring(cg_store_start *start, cg_writer *writer)
{
    if (!make_ring(start)) {
        return CG_STATE_REFUSED;
    }
    cg_key_ring_print(start->ring, writer);
    return cg_state_dir_write(start->ptemp, &start->dir, RING_FILE,
                              (cg_span){writer->at, writer->len}, &start->sentence);
}

/* Reads the ring of the state directory, or makes the first one there. */
static cg_state_answer load_ring(cg_store_start *start)
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

static cg_state_answer load_from_directory(cg_store_start *start)
{
    const cg_store_settings *settings = &cg_generation_now.store;
    cg_state_answer answer = cg_state_dir_open(start->ptemp, settings->state_dir, &start->dir,
                                               &start->sentence);

    if (answer == CG_STATE_DONE) {
        start->sentence = cg_server_mark_find_other(start->ptemp, &start->dir);
        answer = start->sentence ? CG_STATE_REFUSED : load_ring(start);
    }
    if (answer == CG_STATE_REFUSED && geteuid() != 0 && !settings->has_state_dir) {
        return CG_STATE_UNWRITABLE; /* the default belongs to root; nobody said that it is for us */
    }
    return answer;
}

/* In memory goes on with the ring that there is, or makes one. */
static bool keep_in_memory(cg_store_start *start)
{
    start->is_in_memory = true;
    if (start->kept) {
        memcpy(start->ring, start->kept, sizeof *start->ring);
        return true;
    }
    ap_log_error(
        APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, start->server,
        "CG0047: sessions are kept in memory alone and end with this server, since its keys "
        "cannot be written: %s. CookieGuardStateDir names a directory for them",
        start->sentence);
    return make_ring(start);
}

bool cg_store_keys_find(cg_store_start *start)
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
    if (answer == CG_STATE_REFUSED && start->kept) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, start->server,
                     "CG0048: %s. This server goes on with the keys that it has; it will not start "
                     "again like this",
                     start->sentence);
        memcpy(start->ring, start->kept, sizeof *start->ring);
        return true;
    }
    return answer == CG_STATE_DONE;
}
