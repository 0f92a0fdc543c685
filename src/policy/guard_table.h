/* The guards of a virtual host in a table by their folded names, and the first look at a name.
 *
 * Made once, never changed. A look-up costs one fold of the name and a few probes, however many
 * exact names are guarded; globs are tried one after the other. Most names are told apart by two or
 * three of their octets, without a look-up. */
#ifndef CG_GUARD_TABLE_H
#define CG_GUARD_TABLE_H

#include <apr_pools.h>
#include <stdint.h>

#include "../cookie/span.h"

struct cg_guard;

/* What an octet may be in a name that concerns a guard, in any spelling. */
enum {
    CG_OCTET_FIRST = 1,    /* the first one, */
    CG_OCTET_SECOND = 2,   /* the one after it (or the name is over there), */
    CG_OCTET_LAST = 4,     /* the last one, percent signs aside */
    CG_OCTET_LEADS_ON = 8, /* the first one, whatever comes after it */
};

typedef struct cg_guard_table {
    const struct cg_guard *guards; /* later ones win */
    unsigned count;
    bool has_prefix;           /* some guard is not rolled back */
    unsigned char octets[256]; /* CG_OCTET_ bits */

    unsigned slot_mask; /* number of slots less one; the number is a power of two */
    int *slots;         /* the last guard with this folded exact name, or -1 */
    int *before;        /* per guard: the one before it with the same folded exact name, or -1 */
    unsigned *globs;    /* guards whose names are globs, ascending */
    unsigned glob_count;
} cg_guard_table;

/* The guards are not copied; they live as long as the table. */
const cg_guard_table *cg_guard_table_make(apr_pool_t *pool, const struct cg_guard *guards,
                                          unsigned count);

/* False only if no name that begins so can concern a guard; `rest` begins with the name and may go
 * on behind it. */
static inline bool cg_guard_table_may_begin(const cg_guard_table *table, cg_span rest)
{
    unsigned first = rest.len ? table->octets[(unsigned char)rest.at[0]] : 0;
    if (!(first & CG_OCTET_FIRST)) {
        return false;
    }
    return (first & CG_OCTET_LEADS_ON) || rest.len == 1 ||
           (table->octets[(unsigned char)rest.at[1]] & CG_OCTET_SECOND);
}

/* False only if no name that ends so can concern a guard; `text` ends with the name. */
static inline bool cg_guard_table_may_end(const cg_guard_table *table, cg_span text)
{
    return text.len && ((table->octets[(unsigned char)text.at[text.len - 1]] & CG_OCTET_LAST) ||
                        (text.len >= 3 && text.at[text.len - 3] == '%'));
}

#endif
