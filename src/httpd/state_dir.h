/* The state directory: below it stand the key ring and what tells our segment from another's.
 *
 *   keys      the key ring (key_ring.h)
 *   segment   which shared memory is this server's: nonce, size, layout, name
 *   server    process id and start time of the parent, so that two servers never share it
 *
 * 0700, of the user who starts the server; its files 0600. Children never write it. Whatever has
 * another owner or lets others in is refused with a sentence; nothing is repaired silently.
 * Its path ends without a slash. */
#ifndef CG_STATE_DIR_H
#define CG_STATE_DIR_H

#include <apr_pools.h>

#include "../cookie/span.h"

typedef enum cg_state_answer {
    CG_STATE_REFUSED = 0, /* something is as it must not be: the sentence says what */
    CG_STATE_UNWRITABLE,  /* not by this user, or the file system is read-only or full */
    CG_STATE_ABSENT,      /* there is no such file */
    CG_STATE_DONE
} cg_state_answer;

typedef struct cg_state_dir {
    int fd; /* of the directory, locked against other servers that start; -1: closed */
    const char *path;
} cg_state_dir;

/* What can be seen to be wrong without making or opening anything: null, or a sentence. */
const char *cg_state_dir_look(apr_pool_t *pool, const char *path);

/* Opens the directory and makes it if it is not there; the one in which it stands must be. The lock is
 * held until cg_state_dir_close. The sentence is set on CG_STATE_REFUSED and CG_STATE_UNWRITABLE. */
cg_state_answer cg_state_dir_open(apr_pool_t *pool, const char *path, cg_state_dir *dir,
                                  const char **sentence);
void cg_state_dir_close(cg_state_dir *dir);

/* Reads a file of at most `size` octets. Owner, mode and kind are looked at on the open file. */
cg_state_answer cg_state_dir_read(apr_pool_t *pool, const cg_state_dir *dir, const char *name,
                                  char *text, size_t size, size_t *len, const char **sentence);

/* Writes a file anew: under another name, to the disk, and then renamed. */
cg_state_answer cg_state_dir_write(apr_pool_t *pool, const cg_state_dir *dir, const char *name,
                                   cg_span text, const char **sentence);

#endif
