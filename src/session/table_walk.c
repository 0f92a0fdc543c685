/* Going over the whole table: each record for a visitor, and what is in use. */
#include "table_layout.h"

/* -- visiting -------------------------------------------------------------------------------- */

enum { HAUL = 32 }; /* records that are copied under one lock */

typedef struct haul {
    unsigned from; /* block at which it goes on */
    unsigned count;
    cg_record_header headers[HAUL];
    cg_table_facts facts[HAUL];
} haul;

static cg_table_result copy_some(cg_shard *shard, void *context)
{
    haul *is = context;
    for (is->count = 0; is->from < shard->block_count && is->count < HAUL; is->from++) {
        unsigned state = shard->states[is->from];
        const cg_first_block *first = cg_first(shard, is->from);
        if (!cg_is_first(state)) {
            continue;
        }
        memcpy(&is->headers[is->count], &first->header, sizeof first->header);
        is->facts[is->count++] = (cg_table_facts){.class = (cg_class)(state - CG_BLOCK_FIRST),
                                                  .last_access = first->last_access,
                                                  .idle = first->idle,
                                                  .source = cg_source_of(first)};
    }
    return CG_TABLE_DONE;
}

static bool visit_shard(cg_table *table, unsigned number, cg_table_visitor *visit, void *context)
{
    haul some = {.from = 0};
    do {
        if (cg_shard_do(table, number, false, copy_some, &some) != CG_TABLE_DONE) {
            return true;
        }
        for (unsigned i = 0; i < some.count; i++) {
            if (!visit(context, &some.headers[i], &some.facts[i])) {
                return false;
            }
        }
    } while (some.count == HAUL);
    return true;
}

void cg_table_iterate(cg_table *table, cg_table_visitor *visit, void *context)
{
    for (unsigned i = 0; i < table->geometry.shard_count; i++) {
        if (!visit_shard(table, i, visit, context)) {
            return;
        }
    }
}

/* -- measuring ------------------------------------------------------------------------------- */

static cg_table_result add_up(cg_shard *shard, void *context)
{
    cg_table_use *use = context;
    use->blocks_free += atomic_load_explicit(&shard->head->free_count, memory_order_relaxed);
    for (unsigned class = 0; class < CG_CLASS_COUNT; class ++) {
        use->records[class] += shard->head->records[class];
        use->blocks_of[class] += shard->head->blocks[class];
    }
    use->rebuilds += shard->head->rebuilds;
    return CG_TABLE_DONE;
}

void cg_table_measure(cg_table *table, cg_table_use *use)
{
    *use = (cg_table_use){.blocks = (uint64_t)table->geometry.shard_count *
                                    table->geometry.block_count};
    for (unsigned i = 0; i < table->geometry.shard_count; i++) {
        cg_shard_do(table, i, false, add_up, use);
    }
}
