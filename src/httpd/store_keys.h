/* The keys of a start: from the state directory, made there at the first start, or in memory alone.
 *
 *   no directory, or not for this user to write   keys in memory, and a warning
 *   wrong owner, mode or content                  refused; a server that runs keeps what it has
 *   another server has the directory              the same */
#ifndef CG_STORE_KEYS_H
#define CG_STORE_KEYS_H

#include "config.h"
#include "state_dir.h"

/* What one start works with. */
typedef struct cg_store_start {
    apr_pool_t *ptemp;
    server_rec *server;
    cg_crypto *crypto;
    cg_state_dir dir;
    const cg_key_ring *kept; /* of the generation before, or null */
    bool is_in_memory;       /* there is no state directory that could be written */
    cg_key_ring *ring;       /* of key_memory.h; the caller frees it */
    const char *sentence;    /* of what went wrong */
} cg_store_start;

/* Opens start->dir, which the caller closes, and fills start->ring. False: start->sentence says why. */
bool cg_store_keys_find(cg_store_start *start);

#endif
