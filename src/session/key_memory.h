/* Pages for keys: never in a core dump, never swapped if that can be had, and, where asked for, not
 * inherited by children. */
#ifndef CG_KEY_MEMORY_H
#define CG_KEY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed, of whole pages; null: there is no memory. `is_inherited`: children have it after a fork. */
void *cg_key_memory_make(size_t size, bool is_inherited);

/* Wipes and gives back. */
void cg_key_memory_free(void *memory, size_t size);

#endif
