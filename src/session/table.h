/* The table: sealed records in shared memory, found by their handles.
 *
 * Sharded; one robust process-shared mutex for each shard, in the segment. Under a lock: find, copy,
 * link; no cryptography, no allocation, no log, no clock, no randomness. What a process that died
 * under a lock left behind is put right by the next one that takes it (table_rebuild.c). Offsets and
 * indices, never pointers; each one is compared with its bound before it is used, so that a segment
 * that somebody wrote into costs sessions and never memory safety.
 *
 * The parent formats a segment and maps it; it takes no lock and follows no index in it: a child
 * that was taken over could have written them, and the parent is root. All else is for processes of
 * the server's user.
 *
 * Sizes count in blocks of CG_BLOCK_SIZE octets. Times are seconds since 1970, the caller's. */
#ifndef CG_TABLE_H
#define CG_TABLE_H

#include <apr_pools.h>

#include "record.h"

/* Who goes first when there is no room. A lower class never drives out a higher one. */
typedef enum cg_class {
    CG_CLASS_NEWBORN = 0, /* its token has not come back */
    CG_CLASS_RETURNING,
    CG_CLASS_AUTHENTICATED,
    CG_CLASS_COUNT
} cg_class;

typedef enum cg_table_result {
    CG_TABLE_ABSENT = 0,
    CG_TABLE_DONE,
    CG_TABLE_EXISTS,  /* put: there is a record of this handle; it stays */
    CG_TABLE_CHANGED, /* replace, remove: the record is of another version by now */
    CG_TABLE_FULL,    /* nothing that may go would make enough room; all is as it was */
    CG_TABLE_SMALL,   /* get: the buffer is; `size` says what is needed */
    CG_TABLE_BROKEN /* the shard cannot be used: its lock is gone (ENOTRECOVERABLE and the like) */
} cg_table_result;

/* A process's view of a segment. */
typedef struct cg_table cg_table;

/* -- the segment, by the parent ----------------------------------------------------------- */

#define CG_TABLE_SIZE_MIN (1024 * 1024)
#define CG_SEGMENT_NONCE_SIZE 16

/* Makes zeroed memory an empty table. `nonce` tells this segment from any other that may come to stand
 * in its place. False: too small. */
bool cg_table_format(void *memory, size_t size, const unsigned char nonce[CG_SEGMENT_NONCE_SIZE],
                     const unsigned char place_key_id[CG_KEY_ID_SIZE], int64_t now);

/* True if the memory says of itself that it is a segment of this layout, size and nonce. Looks at
 * fixed places only. */
bool cg_table_is_ours(const void *memory, size_t size,
                      const unsigned char nonce[CG_SEGMENT_NONCE_SIZE]);

/* A view, in `pool`. The key of places is copied. Layout, bounds and counts are taken from `size` and
 * never read from the segment again. */
cg_table *cg_table_open(apr_pool_t *pool, void *memory, size_t size,
                        const unsigned char place_key[CG_KEY_SIZE]);

/* -- by children ---------------------------------------------------------------------------- */

/* What is kept beside a record and not sealed in it. */
typedef struct cg_table_facts {
    cg_class class;
    uint32_t last_access;
    uint32_t idle;   /* seconds without use after which it is expired */
    uint64_t source; /* keyed hash of realm and client network, of which the lower 48 bits are kept;
                      * unused for authenticated ones */
} cg_table_facts;

/* Who had to go to make room. */
typedef struct cg_evicted {
    cg_class class;
    bool is_expired; /* nothing of worth */
    bool is_own;     /* the subject's own surplus (sessions per user) */
    unsigned char number[CG_NUMBER_SIZE];
    unsigned char key_id[CG_KEY_ID_SIZE];
} cg_evicted;

#define CG_EVICTED_MAX 8
typedef struct cg_evictions {
    unsigned count; /* all of them; so many are told, expired ones only where there is room */
    cg_evicted of[CG_EVICTED_MAX];
} cg_evictions;

/* What room may be made for. */
typedef struct cg_table_limits {
    unsigned sessions_per_subject; /* 0: no limit */
    bool evicts_idle; /* authenticated full: the longest idle may go, if idle for more than
                                      half of its timeout */
} cg_table_limits;

/* Copies the record of `handle` and what is kept beside it. *size: room, then the record's size. */
cg_table_result cg_table_get(cg_table *table, const unsigned char handle[CG_HANDLE_SIZE],
                             unsigned char *record, size_t *size, cg_table_facts *facts);

/* Puts a new record. Of what `record` says, handle, subject and expiry are used; it is a sealed one.
 * For the limit of the subject, other LIVE records count, of other session numbers. FULL is also the
 * answer for a newborn with more than CG_CONTENT_NEWBORN_MAX. */
cg_table_result cg_table_put(cg_table *table, const unsigned char *record, size_t size,
                             const cg_table_facts *facts, const cg_table_limits *limits,
                             uint32_t now, cg_evictions *evictions);

/* Puts a record in the place of the one of its handle, if that is of version `expected`; its own
 * version is a later one. A process that dies in here leaves either of them, whole. */
cg_table_result cg_table_replace(cg_table *table, const unsigned char *record, size_t size,
                                 uint32_t expected, const cg_table_facts *facts,
                                 const cg_table_limits *limits, uint32_t now,
                                 cg_evictions *evictions);

/* It was used: only after its record opened. Raises its class to RETURNING if it was NEWBORN and
 * there is room. Costs no lock where `facts` says that it was used a moment ago. */
cg_table_result cg_table_touch(cg_table *table, const unsigned char handle[CG_HANDLE_SIZE],
                               const cg_table_facts *facts, uint32_t now);

/* Makes it one of those that go first: its class is NEWBORN from now on, of `source`. For an alias
 * whose successor is in use. */
cg_table_result cg_table_demote(cg_table *table, const unsigned char handle[CG_HANDLE_SIZE],
                                uint64_t source);

/* Removes it, if it is of version `expected`; 0: whatever version. */
cg_table_result cg_table_remove(cg_table *table, const unsigned char handle[CG_HANDLE_SIZE],
                                uint32_t expected);

/* Draws a handle for a new record: of a subject (all zero: nobody), all sessions of whom stand in one
 * shard. False: no randomness. */
bool cg_table_draw_handle(const cg_table *table, cg_crypto *crypto,
                          const unsigned char subject[CG_SUBJECT_SIZE],
                          unsigned char handle[CG_HANDLE_SIZE]);

/* Calls `visit` for each record, shard by shard, each with a copy of the header, without a lock held;
 * until it says false. What comes and goes meanwhile may be missed. */
typedef bool cg_table_visitor(void *context, const cg_record_header *header,
                              const cg_table_facts *facts);
void cg_table_iterate(cg_table *table, cg_table_visitor *visit, void *context);

typedef struct cg_table_use {
    uint64_t blocks; /* in all */
    uint64_t blocks_free;
    uint64_t records[CG_CLASS_COUNT];
    uint64_t blocks_of[CG_CLASS_COUNT];
    uint64_t rebuilds; /* shards put right after a death */
} cg_table_use;
void cg_table_measure(cg_table *table, cg_table_use *use);

/* Null, or a sentence on the first thing that is not as it must be. Takes each lock in turn. */
const char *cg_table_check(cg_table *table);

/* -- living children ------------------------------------------------------------------------ */

/* A child enters itself and leaves; the parent asks who lives (src/httpd). No lock: entries are
 * claimed by one exchange. A child that was killed stays entered. */
#define CG_TABLE_CHILDREN_MAX 4096
typedef struct cg_child {
    int32_t pid;
    uint64_t started; /* /proc/PID/stat, field 22 */
} cg_child;
bool cg_table_enter_child(cg_table *table, cg_child child);
unsigned cg_table_list_children(const cg_table *table, cg_child *children, unsigned room);
void cg_table_forget_child(cg_table *table, cg_child child);

#endif
