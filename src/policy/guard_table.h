/* The guards of a virtual host in a table, and the first look at a name.
 *
 * Made once, never changed. A name spelled as it should be costs a few probes, any other one fold
 * of the name and some more, however many exact names are guarded; globs are tried one after the
 * other. Most names are told apart by two or three of their octets, without a look-up. */
#ifndef CG_GUARD_TABLE_H
#define CG_GUARD_TABLE_H

#include <apr_pools.h>
#include <stdint.h>

#include "../cookie/span.h"

struct cg_guard;

/* What an octet may be in a name that concerns a guard, in any spelling. */
enum {
    CG_OCTET_FIRST = 1,  /* the first one, */
    CG_OCTET_SECOND = 2, /* the second, */
    CG_OCTET_THIRD = 4,  /* the third, */
    CG_OCTET_LAST = 8,   /* the last one, percent signs aside */
    CG_OCTET_ANY = 16,   /* whatever stands behind it: trimmed, decoded or the end of the name */
};

typedef struct cg_guard_table {
    const struct cg_guard *guards; /* later ones win */
    unsigned count;
    bool has_prefix;           /* some guard is not rolled back */
    unsigned char octets[256]; /* CG_OCTET_ bits */
    size_t shortest;           /* octets of the shortest guarded name */

    unsigned slot_mask; /* number of slots less one, of both tables; a power of two less one */
    int *exact;         /* per slot: the last guard with an exact name that hashes so, or -1 */
    int *exact_before;  /* per guard: the one before it in the same slot, or -1 */
    int *folded;        /* per slot: the last guard with this folded exact name, or -1 */
    int *folded_before; /* per guard: the one before it with the same folded name, or -1 */
    unsigned *globs;    /* guards whose names are globs, ascending */
    unsigned glob_count;
} cg_guard_table;

/* The guards are not copied; they live as long as the table. */
const cg_guard_table *cg_guard_table_make(apr_pool_t *pool, const struct cg_guard *guards,
                                          unsigned count);

/* What cg_guard_table_may_begin asks of names whose first octet fits. */
bool cg_guard_table_may_go_on(const cg_guard_table *table, cg_span rest);

/* False only if no name that begins so can concern a guard; `rest` begins with the name and may go
 * on behind it. */
static inline bool cg_guard_table_may_begin(const cg_guard_table *table, cg_span rest)
{
    return rest.len && (table->octets[(unsigned char)rest.at[0]] & CG_OCTET_FIRST) &&
           cg_guard_table_may_go_on(table, rest);
}

/* False only if no name that ends so can concern a guard; `text` ends with the name, and something
 * stands before that. */
static inline bool cg_guard_table_may_end(const cg_guard_table *table, cg_span text)
{
    return text.len > table->shortest &&
           ((table->octets[(unsigned char)text.at[text.len - 1]] & CG_OCTET_LAST) ||
            (text.len >= 3 && text.at[text.len - 3] == '%'));
}

#endif
