/* Whose the state directory is: the file `server` below it holds the process id of the parent and
 * when that was started, so that two servers never take each other's segment away. */
#ifndef CG_SERVER_MARK_H
#define CG_SERVER_MARK_H

#include "state_dir.h"

/* When a process was started, in ticks since boot (proc(5), /proc/PID/stat, field 22); 0: there is no
 * such process, or no /proc. Takes no lock and no memory. */
uint64_t cg_process_started(long pid);

/* Null, or a sentence: another server lives and has the directory, or the file is not as it must be. */
const char *cg_server_mark_find_other(apr_pool_t *ptemp, const cg_state_dir *dir);

cg_state_answer cg_server_mark_write(apr_pool_t *ptemp, const cg_state_dir *dir,
                                     const char **sentence);

#endif
