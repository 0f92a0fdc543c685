/* Where everything stands in a segment of the table, and how it is reached.
 *
 * For the files of the table alone; others see table.h.
 *
 *   segment                         shard
 *   +------------------------+      +------------------------------------------------+
 *   | head               128 |      | head                                       192 |
 *   | children    4096 of  8 |      | lists     blocks, newest, oldest: 2 octets each |
 *   | revocations  size/2048 |      |              0 ... 1023   newborn, by source   |
 *   | up to the next    4096 |      |           1024 ... 2047   returning, by source |
 *   +------------------------+      |           2048            authenticated        |
 *   | shard 0                |      | buckets   first of a chain              2 each |
 *   | shard 1                |      | subjects  first of a chain              2 each |
 *   | ...                    |      | links     next block of a record,              |
 *   | shard n - 1            |      |           or of the free ones           2 each |
 *   +------------------------+      | states    what a block is               1 each |
 *                                   | blocks    from a multiple of 128 on   128 each |
 *                                   +------------------------------------------------+
 *
 *   first block of a record              the others
 *   +---------+------------------+       +----------------------------+
 *   | own  24 | record 0 ... 103 |   ->  | record 104 ... 231         |  -> ...
 *   +---------+------------------+       +----------------------------+
 *
 * What a record is, is said by three things alone: the state and own octets of its first block, the
 * links of its blocks, and the octets of the record. All the rest (lists, chains, the free blocks,
 * counters) follows from them, and is made anew from them when a process died in the midst
 * (table_rebuild.c). So each change has one moment at which it happens, a store of one octet:
 *
 *   put       blocks are filled and linked, then the state of the first one says FIRST
 *   remove    the state of the first one says FREE, then its blocks are given back
 *   replace   the new one as in put, in other blocks; then the old one as in remove. In between
 *             there are two, and the later version counts
 *
 * Whoever comes to grief over what stands in the memory marks the shard as damaged and stops. That
 * is the same as to die there: the shard is rebuilt, and the work done once more.
 *
 * A number that comes from the memory is read once (hence volatile), and is compared with its bound
 * before it is used. Each walk counts its steps and has had enough after as many as there are
 * blocks. The lock is the C library's and has pointers in it: a process of the server's user that
 * writes over a lock can stop or crash others of that user. The parent never takes one. */
#ifndef CG_TABLE_LAYOUT_H
#define CG_TABLE_LAYOUT_H

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "table.h"

/* Where a process may be killed by tests, at every step of a change. */
#ifndef CG_FAULT_POINT
#define CG_FAULT_POINT(name) ((void)0)
#endif

/* The compiler lets no store pass it. More is not needed: a process that dies does so between two of
 * its instructions, and the next one, which takes the lock afterwards, sees all that it stored. */
#define CG_IN_THIS_ORDER(name)                                                                     \
    do {                                                                                           \
        atomic_signal_fence(memory_order_seq_cst);                                                 \
        CG_FAULT_POINT(name);                                                                      \
    } while (0)

/* Asks the machine for a line of memory that will be read soon. Any address will do. */
#ifdef __GNUC__
#define CG_EXPECT_TO_READ(address) __builtin_prefetch((const void *)(address))
#else
#define CG_EXPECT_TO_READ(address) ((void)(address))
#endif
#define CG_LINE_SIZE 64

/* -- sizes ----------------------------------------------------------------------------------- */

#define CG_TABLE_MAGIC "CGTABLE"
#define CG_TABLE_HEAD_SIZE 128
#define CG_TABLE_PAGE 4096
#define CG_SHARD_HEAD_SIZE 192
#define CG_SHARD_SIZE (2 * 1024 * 1024)     /* of small tables ... */
#define CG_SHARDS_FEW 256                   /* ... until there are so many: then they grow ... */
#define CG_SHARD_SIZE_MAX (8 * 1024 * 1024) /* ... up to this: a block's number has 16 bits */

#define CG_SOURCES 1024 /* lists of a class by source; two sources of one list count as one */
#define CG_LISTS (2 * CG_SOURCES + 1)
#define CG_LIST_OF_AUTHENTICATED (2 * CG_SOURCES)

#define CG_OWN_SIZE 24
#define CG_FIRST_SIZE (CG_BLOCK_SIZE - CG_OWN_SIZE) /* octets of a record in its first block */

#define CG_NO_BLOCK UINT16_MAX

/* -- in the memory --------------------------------------------------------------------------- */

typedef struct cg_table_head {
    char magic[8]; /* written last */
    uint32_t layout;
    uint32_t head_size; /* tells the order of octets too */
    uint64_t size;
    unsigned char nonce[CG_SEGMENT_NONCE_SIZE];
    unsigned char place_key_id[CG_KEY_ID_SIZE];
    uint32_t shard_count; /* for who looks at a dump; never read */
    int64_t created;      /* seconds since 1970 */
} cg_table_head;

static_assert(sizeof(cg_table_head) <= CG_TABLE_HEAD_SIZE, "docs/record-format.md says so");

typedef struct cg_shard_head {
    pthread_mutex_t lock; /* robust, shared by processes */
    volatile uint32_t is_busy;
    _Atomic uint32_t is_held; /* a hint for who wants the lock; means nothing */
    volatile uint32_t rebuilds;
    /* Nothing expires before: a lower bound. */
    volatile uint32_t next_expiry;
    volatile uint32_t records[CG_CLASS_COUNT];
    volatile uint32_t blocks[CG_CLASS_COUNT];
    _Atomic uint32_t free_count; /* also read without the lock, as a hint */
    volatile uint16_t free_first;
} cg_shard_head;

static_assert(sizeof(cg_shard_head) <= CG_SHARD_HEAD_SIZE, "room for the locks of other systems");

/* States of a block. A first one says its class too. */
enum {
    CG_BLOCK_FREE = 0,
    CG_BLOCK_MORE = 1,  /* of a record, not its first */
    CG_BLOCK_FIRST = 4, /* + class */
    CG_BLOCK_MARK = 128 /* while checking and rebuilding: belongs to a record */
};

/* The first block of a record. Numbers of blocks are CG_NO_BLOCK at the ends. */
typedef struct cg_first_block {
    volatile uint16_t bucket_next;
    volatile uint16_t newer, older;                   /* in its list */
    volatile uint16_t subject_next, subject_previous; /* others of the subject, or of its bucket */
    volatile uint16_t source_high;
    volatile uint32_t source_low;
    volatile uint32_t last_access;
    volatile uint32_t idle;
    cg_record_header header;
    unsigned char rest[CG_FIRST_SIZE - CG_RECORD_HEADER_SIZE];
} cg_first_block;

static_assert(offsetof(cg_first_block, header) == CG_OWN_SIZE, "docs/record-format.md says so");
static_assert(sizeof(cg_first_block) == CG_BLOCK_SIZE, "docs/record-format.md says so");

/* -- in the process -------------------------------------------------------------------------- */

/* All of it follows from the size of the mapping. */
typedef struct cg_geometry {
    size_t revocations_at; /* octets from the beginning */
    size_t revocations_size;
    size_t shards_at;
    size_t shard_size;
    unsigned shard_count;
    unsigned block_count; /* of a shard, as all below */
    unsigned bucket_count;
    unsigned subject_count;
    size_t lists_at; /* octets from the shard's beginning, as all below */
    size_t buckets_at;
    size_t subjects_at;
    size_t links_at;
    size_t states_at;
    size_t blocks_at;
} cg_geometry;

#define CG_PLACE_KEY_SIZE 16

struct cg_table {
    unsigned char *memory;
    size_t size;
    cg_geometry geometry;
    unsigned char place_key[CG_PLACE_KEY_SIZE];
    uint64_t source_factor;
};

/* One shard of a table, as reached by this process. */
typedef struct cg_shard {
    const cg_table *table;
    cg_shard_head *head;
    uint16_t *list_blocks;     /* by list: blocks of its records; only compared with each other */
    volatile uint16_t *newest; /* by list: first blocks of records */
    volatile uint16_t *oldest;
    volatile uint16_t *buckets;
    volatile uint16_t *subjects;
    volatile uint16_t *links;
    volatile uint8_t *states;
    unsigned char *blocks;
    unsigned number;
    unsigned block_count;
    bool is_damaged; /* what stands in the memory cannot be; the work stopped
                      where it was */
} cg_shard;

/* Where a handle stands. */
typedef struct cg_table_place {
    unsigned shard;
    unsigned bucket;
} cg_table_place;

/* A record in a shard, its header copied. */
typedef struct cg_found {
    unsigned at; /* first block */
    cg_class class;
    unsigned block_count;
    size_t size; /* of the record */
    cg_record_header header;
} cg_found;

/* -- table_segment.c ------------------------------------------------------------------------- */

/* False: no table fits. */
bool cg_geometry_make(size_t size, cg_geometry *geometry);

cg_shard cg_shard_at(const cg_table *table, unsigned number);

cg_table_place cg_place_of_handle(const cg_table *table,
                                  const unsigned char handle[CG_HANDLE_SIZE]);
cg_table_place cg_place_of_subject(const cg_table *table,
                                   const unsigned char subject[CG_SUBJECT_SIZE]);

/* -- table_lock.c ---------------------------------------------------------------------------- */

bool cg_lock_format(pthread_mutex_t *lock);

/* Work that begins with finding what stands in this bucket: asks for it before the lock is had. */
void cg_shard_expect(const cg_table *table, cg_table_place place);

/* Work on a locked shard. Stops where the shard turns out to be damaged; DONE then says that the
 * change had happened. */
typedef cg_table_result cg_shard_work(cg_shard *shard, void *context);

/* Locks, works, unlocks; puts the shard right before if its last holder died, and if the work
 * found it damaged: then it is done once more. `changes`: the work writes. */
cg_table_result cg_shard_do(const cg_table *table, unsigned number, bool changes,
                            cg_shard_work *work, void *context);

/* -- table_rebuild.c ------------------------------------------------------------------------- */

void cg_shard_rebuild_locked(cg_shard *shard);

/* -- table_check.c --------------------------------------------------------------------------- */

const char *cg_shard_check_locked(cg_shard *shard);

/* -- table_links.c: what holds records together; all under the lock -------------------------- */

static inline cg_first_block *cg_first(const cg_shard *shard, unsigned at)
{
    return (cg_first_block *)(void *)(shard->blocks + (size_t)at * CG_BLOCK_SIZE);
}

static inline bool cg_is_first(unsigned state)
{
    return state >= CG_BLOCK_FIRST && state < CG_BLOCK_FIRST + CG_CLASS_COUNT;
}

static inline unsigned cg_blocks_for(size_t size)
{
    return size <= CG_FIRST_SIZE
               ? 1
               : 1 + (unsigned)((size - CG_FIRST_SIZE + CG_BLOCK_SIZE - 1) / CG_BLOCK_SIZE);
}

static inline uint64_t cg_source_of(const cg_first_block *first)
{
    return (uint64_t)first->source_high << 32 | first->source_low;
}

/* True from the moment on at which nothing may be done with it any more. */
static inline bool cg_is_expired(const cg_first_block *first, uint32_t expires, uint32_t now)
{
    return expires <= now || (uint64_t)first->last_access + first->idle <= now;
}

/* Notes that the shard is not as it must be. Always false. */
static inline bool cg_damaged(cg_shard *shard)
{
    shard->is_damaged = true;
    return false;
}

/* A record's first block by its handle; CG_NO_BLOCK: there is none, or the shard is damaged. */
unsigned cg_shard_find(cg_shard *shard, unsigned bucket,
                       const unsigned char handle[CG_HANDLE_SIZE]);

/* The record that begins at `at`. False: damaged. */
bool cg_shard_look(cg_shard *shard, unsigned at, cg_found *found);

/* The list of a class and source. */
unsigned cg_list_of(const cg_shard *shard, cg_class class, uint64_t source);

/* Takes `count` free blocks, linked to each other, and gives the first. CG_NO_BLOCK: there are
 * not so many. They are free in name until their states are set. */
unsigned cg_blocks_take(cg_shard *shard, unsigned count);

/* The blocks of a record are free. */
bool cg_blocks_give(cg_shard *shard, unsigned first, unsigned count);

/* Enters a record whose blocks are filled: list, subject, counters ... */
bool cg_record_enlist(cg_shard *shard, const cg_found *found);

/* ... and bucket. */
bool cg_record_link(cg_shard *shard, const cg_found *found, unsigned bucket);

/* The record is gone; all that knew of it forgets it. */
bool cg_record_remove(cg_shard *shard, const cg_found *found, unsigned bucket);

/* To the newest end of the list of its class, which may be another now. */
bool cg_record_move(cg_shard *shard, cg_found *found, cg_class class);

#endif
