/* Who goes when there is no room.
 *
 *   class            may hold, of a shard's blocks     makes room for itself by
 *   newborn          what is free                      newborns
 *   returning        15/16, with authenticated ones    newborns, returning ones
 *   authenticated    7/8                               newborns, returning ones, and the longest
 *                                                      idle authenticated one, if it may go
 *
 * First goes what is expired; then, for an authenticated one, what its own subject has too much of;
 * then the lowest class. Inside newborn and returning the victim is the oldest of the source that
 * holds most. So a flood from one source displaces itself, and no flood of one class reaches a
 * higher one. The ceilings see to it that there always is a place to write the new version of a
 * record beside the old one: what the classes below may hold is more than the largest record. */
#ifndef CG_EVICTION_H
#define CG_EVICTION_H

#include "table_layout.h"

/* What is to find room. */
typedef struct cg_need {
    const cg_record_header *header; /* of the record that comes */
    cg_class class;
    unsigned block_count;
    const cg_found *old; /* the version that it replaces, there until it stands; or null */
    const cg_table_limits *limits;
    uint32_t now;
    cg_evictions *evictions;
} cg_need;

/* Under the lock. Makes room, and enforces the limit of sessions of the subject. False: it
 * cannot be had, and nothing but expired records is gone; or the shard is damaged. */
bool cg_make_room(cg_shard *shard, const cg_need *need);

/* True if a record may go up to the class RETURNING without anybody having to go. */
bool cg_may_return(const cg_shard *shard, const cg_found *found);

#endif
