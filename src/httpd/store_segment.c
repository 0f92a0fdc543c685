/* Making the segment: name, memory, pages, format. */
#include "store_segment.h"

#include <apr_strings.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* APR puts a word of its own before the memory that it gives. */
enum { ALIGNMENT = 64 };

/* Headers may be older than the kernel. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define SEGMENT_FILE "segment"
#define SEGMENT_TEXT_MAX 8192

/* -- what stands in the state directory ------------------------------------------------------ */

static void print_hex(char *out, const unsigned char *octets, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[octets[i] >> 4];
        *out++ = digits[octets[i] & 15];
    }
    *out = '\0';
}

static cg_state_answer write_description(apr_pool_t *ptemp, const cg_state_dir *dir,
                                         const cg_store_segment *segment, const char **sentence)
{
    char nonce[2 * CG_SEGMENT_NONCE_SIZE + 1], key_id[2 * CG_KEY_ID_SIZE + 1];
    const char *text;

    print_hex(nonce, segment->nonce, sizeof segment->nonce);
    print_hex(key_id, segment->place_key_id, sizeof segment->place_key_id);
    text = apr_psprintf(ptemp,
                        "# the shared memory of mod_cookieguard's sessions; written at each start\n"
                        "layout %d\nsize %" APR_SIZE_T_FMT
                        "\nnonce %s\nplace %s\nmade %" APR_INT64_T_FMT "\nname %s\n",
                        CG_TABLE_LAYOUT, segment->size, nonce, key_id,
                        (apr_int64_t)segment->made_at, segment->name);
    return cg_state_dir_write(ptemp, dir, SEGMENT_FILE, cg_span_of(text), sentence);
}

/* The name in a description that this module wrote, or null. Only a name below the directory is
 * believed. */
static const char *find_name(apr_pool_t *ptemp, const cg_state_dir *dir, const char *text)
{
    const char *below = apr_pstrcat(ptemp, dir->path, "/" SEGMENT_FILE "-", NULL);
    const char *line = strstr(text, "\nname ");

    if (!line || strncmp(line + 6, below, strlen(below))) {
        return NULL;
    }
    return apr_pstrmemdup(ptemp, line + 6, strcspn(line + 6, "\n"));
}

/* Null, or a sentence: the description is not as it must be. */
static const char *remove_leftover(apr_pool_t *ptemp, const cg_state_dir *dir)
{
    char *text = apr_palloc(ptemp, SEGMENT_TEXT_MAX + 1);
    const char *sentence = NULL, *name;
    size_t len = 0;

    if (cg_state_dir_read(ptemp, dir, SEGMENT_FILE, text, SEGMENT_TEXT_MAX, &len, &sentence) !=
        CG_STATE_DONE) {
        return sentence;
    }
    text[len] = '\0';
    name = find_name(ptemp, dir, text);
    if (name) {
        apr_shm_remove(name, ptemp);
    }
    return NULL;
}

/* -- memory --------------------------------------------------------------------------------- */

static const char *tell(apr_pool_t *ptemp, const cg_store_segment *segment, apr_status_t status)
{
    char reason[128];
    return apr_psprintf(ptemp,
                        "no shared memory of %" APR_SIZE_T_FMT
                        " octets for the sessions (%s); make /dev/shm larger, or the store smaller "
                        "with CookieGuardStore shm size=...",
                        segment->size, apr_strerror(status, reason, sizeof reason));
}

/* Takes all pages now, so that a file system that is full is an error here and no SIGBUS in a child.
 * Kernels before 5.14 do not know how, and answer EINVAL. Sealed or not, dumps need none of it. */
static apr_status_t take_pages(const cg_store_segment *segment)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = (uintptr_t)segment->memory / page * page;
    size_t len = (uintptr_t)segment->memory + segment->size - start;

    (void)madvise((void *)start, len, MADV_DONTDUMP);
    if (madvise((void *)start, len, MADV_POPULATE_WRITE) != 0 && errno != EINVAL) {
        return errno == EFAULT ? APR_ENOSPC : errno;
    }
    return APR_SUCCESS;
}

static uintptr_t align(uintptr_t place)
{
    return (place + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Room for the table, for the clock behind it, and for what aligning them takes. */
static apr_status_t make_memory(cg_store_segment *segment)
{
    mode_t mask = umask(S_IRWXG | S_IRWXO);
    apr_status_t status = apr_shm_create(&segment->shm, segment->size + 3 * (apr_size_t)ALIGNMENT,
                                         segment->name, segment->pool);
    uintptr_t start;

    umask(mask);
    if (status != APR_SUCCESS) {
        return status;
    }
    start = (uintptr_t)apr_shm_baseaddr_get(segment->shm);
    segment->memory = (void *)align(start);
    segment->furthest = (void *)align((uintptr_t)segment->memory + segment->size);
    return take_pages(segment);
}

/* -- the segment ---------------------------------------------------------------------------- */

static bool describe(cg_store_segment *segment, cg_crypto *crypto,
                     const unsigned char place_key_id[CG_KEY_ID_SIZE])
{
    memcpy(segment->place_key_id, place_key_id, CG_KEY_ID_SIZE);
    segment->made_at = (int64_t)apr_time_sec(apr_time_now());
    return cg_random(crypto, segment->nonce, sizeof segment->nonce);
}

/* The name is of this segment alone, so that no other user can have been there before. */
static void give_name(cg_store_segment *segment, const cg_state_dir *dir)
{
    char tail[2 * CG_KEY_ID_SIZE + 1];

    print_hex(tail, segment->nonce, CG_KEY_ID_SIZE);
    segment->state_dir = apr_pstrdup(segment->pool, dir->path);
    segment->name = apr_pstrcat(segment->pool, dir->path, "/" SEGMENT_FILE "-", tail, NULL);
}

/* Null, or what is in the way. */
static const char *fill(apr_pool_t *ptemp, const cg_state_dir *dir, cg_store_segment *segment)
{
    const char *sentence = NULL;
    apr_status_t status = make_memory(segment);

    if (status != APR_SUCCESS) {
        return tell(ptemp, segment, status);
    }
    if (!cg_table_format(segment->memory, segment->size, segment->nonce, segment->place_key_id,
                         segment->made_at)) {
        return "the store is too small to hold anything; make it larger with CookieGuardStore";
    }
    if (dir) {
        write_description(ptemp, dir, segment, &sentence);
    }
    return sentence;
}

const char *cg_store_segment_make(apr_pool_t *ptemp, const cg_state_dir *dir, apr_size_t size,
                                  cg_crypto *crypto,
                                  const unsigned char place_key_id[CG_KEY_ID_SIZE],
                                  cg_store_segment *segment)
{
    const char *sentence = dir ? remove_leftover(ptemp, dir) : NULL;

    *segment = (cg_store_segment){.size = size};
    if (sentence) {
        return sentence;
    }
    if (apr_pool_create_unmanaged_ex(&segment->pool, NULL, NULL) != APR_SUCCESS ||
        !describe(segment, crypto, place_key_id)) {
        return "no memory or no randomness for the sessions";
    }
    if (dir) {
        give_name(segment, dir);
    }
    sentence = fill(ptemp, dir, segment);
    if (sentence) {
        cg_store_segment_drop(segment);
    }
    return sentence;
}

/* APR's cleanup unmaps and unlinks, if the segment has a name. */
void cg_store_segment_drop(cg_store_segment *segment)
{
    if (segment->pool) {
        apr_pool_destroy(segment->pool);
    }
    *segment = (cg_store_segment){.size = 0};
}
