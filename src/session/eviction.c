/* Who goes when there is no room. */
#include "eviction.h"

/* -- how much there is ----------------------------------------------------------------------- */

static unsigned free_blocks(const cg_shard *shard)
{
    return atomic_load_explicit(&shard->head->free_count, memory_order_relaxed);
}

/* Kept free for the second version of what is rewritten. */
static unsigned reserve_of(const cg_shard *shard)
{
    return shard->block_count / 128;
}

static unsigned ceiling_of_authenticated(const cg_shard *shard)
{
    return shard->block_count / 8 * 7;
}

static unsigned ceiling_of_upper(const cg_shard *shard)
{
    return shard->block_count / 16 * 15;
}

static unsigned over(uint64_t wanted, uint64_t limit)
{
    return wanted > limit ? (unsigned)(wanted - limit) : 0;
}

/* Blocks of the old version, if it is of one of these classes. */
static unsigned old_blocks(const cg_need *need, cg_class lowest, cg_class highest)
{
    return need->old && need->old->class >= lowest && need->old->class <= highest
               ? need->old->block_count
               : 0;
}

/* Blocks that must go, by which rule. */
typedef struct cg_shortage {
    unsigned authenticated; /* of that class: above its ceiling */
    unsigned upper;         /* of that class and returning: above theirs */
    unsigned free;          /* of any */
} cg_shortage;

static unsigned shortage_of_authenticated(const cg_shard *shard, const cg_need *need)
{
    unsigned old = old_blocks(need, CG_CLASS_AUTHENTICATED, CG_CLASS_AUTHENTICATED);
    if (need->class != CG_CLASS_AUTHENTICATED || need->block_count <= old) {
        return 0; /* what does not grow is no worse than before */
    }
    return over((uint64_t)shard->head->blocks[CG_CLASS_AUTHENTICATED] + need->block_count,
                (uint64_t)ceiling_of_authenticated(shard) + old);
}

static unsigned shortage_of_upper(const cg_shard *shard, const cg_need *need)
{
    unsigned old = old_blocks(need, CG_CLASS_RETURNING, CG_CLASS_AUTHENTICATED);
    if (need->class == CG_CLASS_NEWBORN || need->block_count <= old) {
        return 0;
    }
    return over((uint64_t)shard->head->blocks[CG_CLASS_AUTHENTICATED] +
                    shard->head->blocks[CG_CLASS_RETURNING] + need->block_count,
                (uint64_t)ceiling_of_upper(shard) + old);
}

/* While both versions stand the reserve may be used; afterwards it is to be whole. */
static unsigned shortage_of_free(const cg_shard *shard, const cg_need *need)
{
    unsigned old = old_blocks(need, CG_CLASS_NEWBORN, CG_CLASS_AUTHENTICATED);
    unsigned during = over(need->block_count, free_blocks(shard));
    unsigned after = over((uint64_t)need->block_count + reserve_of(shard),
                          (uint64_t)free_blocks(shard) + old);
    if (need->block_count <= old) {
        return during;
    }
    return during > after ? during : after;
}

static cg_shortage shortage_of(const cg_shard *shard, const cg_need *need)
{
    return (cg_shortage){.authenticated = shortage_of_authenticated(shard, need),
                         .upper = shortage_of_upper(shard, need),
                         .free = shortage_of_free(shard, need)};
}

static bool is_short(const cg_shortage *shortage)
{
    return shortage->authenticated || shortage->upper || shortage->free;
}

bool cg_may_return(const cg_shard *shard, const cg_found *found)
{
    return (uint64_t)shard->head->blocks[CG_CLASS_AUTHENTICATED] +
               shard->head->blocks[CG_CLASS_RETURNING] + found->block_count <=
           ceiling_of_upper(shard);
}

/* -- letting go ------------------------------------------------------------------------------ */

/* Where the next one is told: if all places are taken, in that of an expired one, which is of no
 * worth. Null: nowhere. */
static cg_evicted *next_place(cg_evictions *evictions)
{
    if (evictions->count < CG_EVICTED_MAX) {
        return &evictions->of[evictions->count];
    }
    for (unsigned i = 0; i < CG_EVICTED_MAX; i++) {
        if (evictions->of[i].is_expired) {
            return &evictions->of[i];
        }
    }
    return NULL;
}

static void tell(cg_evictions *evictions, const cg_found *victim, bool is_expired, bool is_own)
{
    cg_evicted *place = next_place(evictions);
    evictions->count++;
    if (place == NULL) {
        return;
    }
    *place = (cg_evicted){.class = victim->class, .is_expired = is_expired, .is_own = is_own};
    memcpy(place->number, victim->header.number, sizeof place->number);
    memcpy(place->key_id, victim->header.key_id, sizeof place->key_id);
}

static bool let_go(cg_shard *shard, const cg_need *need, const cg_found *victim, bool is_own)
{
    bool is_expired = cg_is_expired(cg_first(shard, victim->at), victim->header.expires, need->now);
    tell(need->evictions, victim, is_expired, is_own);
    return cg_record_remove(shard, victim,
                            cg_place_of_handle(shard->table, victim->header.handle).bucket);
}

static bool is_old(const cg_need *need, unsigned at)
{
    return need->old && need->old->at == at;
}

/* -- expired ones ---------------------------------------------------------------------------- */

static uint32_t earlier(uint32_t a, uint64_t b)
{
    return b < a ? (uint32_t)b : a;
}

/* Goes over the whole shard: at most once in a second, because afterwards nothing is expired. */
static bool sweep(cg_shard *shard, const cg_need *need)
{
    uint32_t next = UINT32_MAX;
    for (unsigned at = 0; at < shard->block_count; at++) {
        const cg_first_block *first = cg_first(shard, at);
        uint32_t expires = first->header.expires;
        cg_found victim;

        if (!cg_is_first(shard->states[at])) {
            continue;
        }
        if (is_old(need, at) || !cg_is_expired(first, expires, need->now)) {
            next = earlier(earlier(next, expires), (uint64_t)first->last_access + first->idle);
        } else if (!cg_shard_look(shard, at, &victim) || !let_go(shard, need, &victim, false)) {
            return false;
        }
    }
    shard->head->next_expiry = next;
    return true;
}

/* -- the subject's own ----------------------------------------------------------------------- */

/* Other sessions of the subject; the one under another token by now is no other. */
static bool counts_for(const cg_need *need, const cg_found *found)
{
    return found->header.state == CG_RECORD_LIVE &&
           memcmp(found->header.subject, need->header->subject, CG_SUBJECT_SIZE) == 0 &&
           memcmp(found->header.number, need->header->number, CG_NUMBER_SIZE) != 0;
}

/* How many there are, and the longest idle of them. False: damaged. */
static bool count_others(cg_shard *shard, const cg_need *need, unsigned *count, cg_found *longest)
{
    unsigned bucket = cg_place_of_subject(shard->table, need->header->subject).bucket;
    unsigned at = shard->subjects[bucket];
    uint32_t least = UINT32_MAX;

    *count = 0;
    for (unsigned steps = 0; at != CG_NO_BLOCK; steps++) {
        cg_found found;
        uint32_t last_access;
        if (at >= shard->block_count || steps == shard->block_count) {
            return cg_damaged(shard);
        }
        if (!cg_shard_look(shard, at, &found)) {
            return false;
        }
        last_access = cg_first(shard, at)->last_access;
        if (counts_for(need, &found) && ((*count)++ == 0 || last_access <= least)) {
            least = last_access;
            *longest = found;
        }
        at = cg_first(shard, at)->subject_next;
    }
    return true;
}

static bool is_limited(const cg_need *need)
{
    static const unsigned char nobody[CG_SUBJECT_SIZE];
    return need->limits->sessions_per_subject && need->header->state == CG_RECORD_LIVE &&
           memcmp(need->header->subject, nobody, sizeof nobody) != 0;
}

/* The one that has to go for the limit; block_count 0: none. False: damaged. */
static bool find_surplus(cg_shard *shard, const cg_need *need, cg_found *surplus)
{
    unsigned count = 0;
    surplus->block_count = 0;
    if (!is_limited(need)) {
        return true;
    }
    if (!count_others(shard, need, &count, surplus)) {
        return false;
    }
    if (count < need->limits->sessions_per_subject) {
        surplus->block_count = 0;
    }
    return true;
}

static bool drop_surplus(cg_shard *shard, const cg_need *need, const cg_found *first)
{
    cg_found surplus = *first;
    for (unsigned i = 0; surplus.block_count && i < shard->block_count; i++) {
        if (!let_go(shard, need, &surplus, true) || !find_surplus(shard, need, &surplus)) {
            return false;
        }
    }
    return true;
}

/* -- victims --------------------------------------------------------------------------------- */

/* The next older to newer in a list, from the oldest on, without the old version; CG_NO_BLOCK:
 * none, or damaged. */
static unsigned oldest_of(cg_shard *shard, const cg_need *need, unsigned list)
{
    unsigned at = shard->oldest[list];
    if (is_old(need, at)) {
        at = cg_first(shard, at)->newer;
    }
    if (at != CG_NO_BLOCK && (at >= shard->block_count || !cg_is_first(shard->states[at]))) {
        cg_damaged(shard);
        return CG_NO_BLOCK;
    }
    return at;
}

/* The list of a class that holds most, without the old version; CG_LISTS: all are empty. */
static unsigned find_fullest(const cg_shard *shard, const cg_need *need, cg_class class)
{
    const unsigned from = (unsigned)class * CG_SOURCES;
    uint16_t blocks[CG_SOURCES]; /* a copy, for the sake of speed */
    uint16_t most = 0;
    unsigned at = 0;

    memcpy(blocks, shard->list_blocks + from, sizeof blocks);
    if (need->old && need->old->class == class) {
        uint16_t *own =
            &blocks[cg_list_of(shard, class, cg_source_of(cg_first(shard, need->old->at))) - from];
        *own = (uint16_t)over(*own, need->old->block_count);
    }
    for (unsigned i = 0; i < CG_SOURCES; i++) {
        most = blocks[i] > most ? blocks[i] : most;
    }
    while (blocks[at] != most) {
        at++;
    }
    return most ? from + at : CG_LISTS;
}

/* The oldest record of the source that holds most of a class. */
static unsigned find_of_fullest(cg_shard *shard, const cg_need *need, cg_class class)
{
    unsigned fullest = find_fullest(shard, need, class);
    return fullest < CG_LISTS ? oldest_of(shard, need, fullest) : CG_NO_BLOCK;
}

/* Longer than half of its timeout. */
static bool is_idle_enough(const cg_first_block *first, uint32_t now)
{
    uint32_t since = first->last_access;
    return now > since && now - since > first->idle / 2;
}

static unsigned find_idle(cg_shard *shard, const cg_need *need)
{
    unsigned at = oldest_of(shard, need, CG_LIST_OF_AUTHENTICATED);
    if (at == CG_NO_BLOCK || !need->limits->evicts_idle ||
        !is_idle_enough(cg_first(shard, at), need->now)) {
        return CG_NO_BLOCK;
    }
    return at;
}

/* Who is next; CG_NO_BLOCK: nobody may go. */
static unsigned find_victim(cg_shard *shard, const cg_need *need, const cg_shortage *shortage)
{
    unsigned at = CG_NO_BLOCK;
    if (shortage->authenticated) {
        return find_idle(shard, need);
    }
    if (!shortage->upper) {
        at = find_of_fullest(shard, need, CG_CLASS_NEWBORN);
    }
    if (at == CG_NO_BLOCK && need->class >= CG_CLASS_RETURNING) {
        at = find_of_fullest(shard, need, CG_CLASS_RETURNING);
    }
    if (at == CG_NO_BLOCK && need->class == CG_CLASS_AUTHENTICATED) {
        at = find_idle(shard, need);
    }
    return shard->is_damaged ? CG_NO_BLOCK : at;
}

/* -- whether it can be ----------------------------------------------------------------------- */

/* Blocks of authenticated ones that may go for being idle, up to about `wanted`. */
static unsigned count_idle(cg_shard *shard, const cg_need *need, unsigned wanted)
{
    unsigned at = need->limits->evicts_idle ? shard->oldest[CG_LIST_OF_AUTHENTICATED] : CG_NO_BLOCK;
    unsigned count = 0;

    for (unsigned steps = 0; at < shard->block_count && count < wanted; steps++) {
        cg_found found;
        if (steps == shard->block_count || !cg_shard_look(shard, at, &found)) {
            cg_damaged(shard);
            return 0;
        }
        if (!is_old(need, at)) {
            if (!is_idle_enough(cg_first(shard, at), need->now)) {
                return count;
            }
            count += found.block_count;
        }
        at = cg_first(shard, at)->newer;
    }
    return count;
}

static unsigned blocks_below(const cg_shard *shard, const cg_need *need, cg_class lowest,
                             cg_class highest)
{
    uint64_t sum = 0;
    for (unsigned class = lowest; class <= highest; class ++) {
        sum += shard->head->blocks[class];
    }
    return over(sum, old_blocks(need, lowest, highest));
}

/* Counts before anything goes. `surplus` goes in any case. */
static bool can_be_met(cg_shard *shard, const cg_need *need, const cg_found *surplus)
{
    cg_shortage shortage = shortage_of(shard, need);
    cg_class highest = need->class == CG_CLASS_NEWBORN ? CG_CLASS_NEWBORN : CG_CLASS_RETURNING;
    unsigned gained = surplus->block_count;
    unsigned missing = over(shortage.authenticated, gained);

    if (missing) {
        gained += count_idle(shard, need, missing);
    }
    return gained >= shortage.authenticated &&
           gained + blocks_below(shard, need, CG_CLASS_RETURNING, highest) >= shortage.upper &&
           gained + blocks_below(shard, need, CG_CLASS_NEWBORN, highest) >= shortage.free;
}

static bool is_too_large(const cg_need *need)
{
    return need->class == CG_CLASS_NEWBORN && need->header->length > CG_CONTENT_NEWBORN_MAX;
}

bool cg_make_room(cg_shard *shard, const cg_need *need)
{
    cg_shortage shortage = shortage_of(shard, need);
    cg_found surplus;

    if (is_too_large(need)) {
        return false;
    }
    if (is_short(&shortage) && shard->head->next_expiry <= need->now && !sweep(shard, need)) {
        return false;
    }
    if (!find_surplus(shard, need, &surplus) || !can_be_met(shard, need, &surplus) ||
        !drop_surplus(shard, need, &surplus)) {
        return false;
    }
    shortage = shortage_of(shard, need);
    for (unsigned i = 0; is_short(&shortage) && i < shard->block_count; i++) {
        unsigned at = find_victim(shard, need, &shortage);
        cg_found victim;
        if (at == CG_NO_BLOCK || !cg_shard_look(shard, at, &victim) ||
            !let_go(shard, need, &victim, false)) {
            return false;
        }
        shortage = shortage_of(shard, need);
    }
    return !is_short(&shortage);
}
