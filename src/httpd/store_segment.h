/* The shared memory of the store: made by the parent, kept over graceful and restart.
 *
 * A named apr_shm in a pool that nothing destroys, so that no cleanup of a generation unlinks it. Its
 * name is of this segment alone and stands in the state directory, with a nonce that the segment
 * repeats. In memory only, where there is no state directory: no name, and it ends with the server.
 *
 * All of this is the parent's, who is root: it formats a segment before any child sees it and never
 * looks into it again. */
#ifndef CG_STORE_SEGMENT_H
#define CG_STORE_SEGMENT_H

#include <stdatomic.h>

#include <apr_shm.h>

#include "../session/table.h"
#include "state_dir.h"

/* Over generations of the same process; no pointer into the module's code. */
typedef struct cg_store_segment {
    apr_pool_t *pool; /* its own; null: there is no segment */
    apr_shm_t *shm;
    void *memory;          /* aligned, `size` octets for the table */
    apr_size_t size;       /* as configured */
    const char *name;      /* path from which apr_shm makes a name; null: it has none */
    const char *state_dir; /* where the name stands */
    unsigned char nonce[CG_SEGMENT_NONCE_SIZE];
    unsigned char place_key_id[CG_KEY_ID_SIZE];
    int64_t made_at; /* seconds since 1970 */
    _Atomic apr_time_t
        *furthest; /* behind the table, in shared memory: the most that CLOCK_BOOTTIME
                                     ever lacked to be the time since 1970 */
} cg_store_segment;

/* Makes a new, empty one; `dir` null: without a name. What a server before left behind under the name
 * that stands in the state directory goes. Null, or a sentence that ends as apr_status_t says. */
const char *cg_store_segment_make(apr_pool_t *ptemp, const cg_state_dir *dir, apr_size_t size,
                                  cg_crypto *crypto,
                                  const unsigned char place_key_id[CG_KEY_ID_SIZE],
                                  cg_store_segment *segment);

/* Unmaps it here and takes its name away; children that have it keep their mapping. */
void cg_store_segment_drop(cg_store_segment *segment);

#endif
