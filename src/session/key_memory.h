/* Pages for keys: never in a core dump, never swapped if that can be had, and after a fork what was
 * asked for. */
#ifndef CG_KEY_MEMORY_H
#define CG_KEY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed, of whole pages; null: there is no memory, or the system cannot keep it from children.
 * `is_inherited`: children have it after a fork; else there is nothing at its place in them. */
void *cg_key_memory_make(size_t size, bool is_inherited);

/* The same, and children find zeros in it. Null also where the system has no such pages. */
void *cg_key_memory_make_wiped_by_fork(size_t size);

/* Wipes and gives back; null: nothing. `size` as it was made with. Not for a child to call on what it
 * did not inherit. */
void cg_key_memory_free(void *memory, size_t size);

#endif
