/* Nasty cookie lines and rules, the same ones for the same seed.
 *
 * Lines are mostly cookies that applications could send, with whatever makes parsers stumble:
 * doubled attributes, odd case and blanks, prefixes, no name, octets over 0x7F, control characters,
 * lengths around the limits, flags with values, dates in many forms. */
#ifndef CG_TEST_GENERATOR_H
#define CG_TEST_GENERATOR_H

#include <stdint.h>

#include "cookie/writer.h"

typedef struct generator {
    uint64_t state; /* the seed, at first */
} generator;

/* A number below `bound`. */
unsigned generate_number(generator *g, unsigned bound);

void generate_line(generator *g, cg_writer *writer);

/* Rules as tests/unit/enforcement.h reads them, one a line; none of a .htaccess. */
void generate_rules(generator *g, cg_writer *writer);

void generate_url(generator *g, cg_writer *writer);

#endif
