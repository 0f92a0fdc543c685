/* What tests of the table share: a table in memory of its own, records that need no
 * cryptography, and a generator of numbers that repeats itself. */
#ifndef CG_TEST_TABLE_RECORDS_H
#define CG_TEST_TABLE_RECORDS_H

#include <stdlib.h>

#include "session/table.h"

#define SOME_NONCE ((const unsigned char *)"a segment's mark")
#define SOME_PLACE_KEY ((const unsigned char *)"a key for places, 32 octets long")
#define SOME_KEY_ID ((const unsigned char *)"\1\2\3\4")
#define SOME_MOMENT 1800000000u

static const cg_table_limits no_limits = {.sessions_per_subject = 0};

/* -- chance that repeats --------------------------------------------------------------------- */

static inline uint64_t next_number(uint64_t *chance)
{
    uint64_t mixed = (*chance += UINT64_C(0x9E3779B97F4A7C15));
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

static inline unsigned below(uint64_t *chance, unsigned bound)
{
    return (unsigned)(next_number(chance) % bound);
}

static inline void fill_by_chance(uint64_t *chance, void *octets, size_t len)
{
    unsigned char *at = octets;
    for (size_t i = 0; i < len; i++) {
        at[i] = (unsigned char)next_number(chance);
    }
}

/* -- records --------------------------------------------------------------------------------- */

#define RECORD_MAX (CG_RECORD_OVERHEAD + CG_CONTENT_MAX)

/* A handle, and a session's number, of a number. */
static inline void name_record(cg_record_header *header, uint64_t name)
{
    uint64_t chance = name;
    *header = (cg_record_header){.magic = "CGR",
                                 .format = CG_RECORD_FORMAT,
                                 .kind = CG_RECORD_SESSION,
                                 .state = CG_RECORD_LIVE,
                                 .created = SOME_MOMENT,
                                 .expires = UINT32_MAX,
                                 .version = 1};
    fill_by_chance(&chance, header->handle, sizeof header->handle);
    fill_by_chance(&chance, header->number, sizeof header->number);
}

/* Header and octets that follow from handle and version. */
static inline size_t make_record(const cg_record_header *header, unsigned char *record)
{
    size_t size = cg_record_size(header->length);
    uint64_t chance = header->version;

    memcpy(record, header, sizeof *header);
    for (size_t i = 0; i < sizeof header->handle; i++) {
        chance = chance * 31 + header->handle[i];
    }
    for (size_t i = sizeof *header; i < size; i += sizeof(uint64_t)) {
        uint64_t octets = next_number(&chance);
        memcpy(record + i, &octets, size - i < sizeof octets ? size - i : sizeof octets);
    }
    return size;
}

static inline cg_table_facts some_facts(cg_class class, uint64_t source)
{
    return (cg_table_facts){
        .class = class, .last_access = SOME_MOMENT, .idle = 1800, .source = source};
}

static inline void set_subject(cg_record_header *header, unsigned user)
{
    uint64_t chance = user;
    fill_by_chance(&chance, header->subject, sizeof header->subject);
}

static inline bool is_there(cg_table *table, const cg_record_header *header)
{
    static unsigned char record[RECORD_MAX];
    size_t size = sizeof record;
    cg_table_facts facts;
    return cg_table_get(table, header->handle, record, &size, &facts) == CG_TABLE_DONE;
}

#endif
