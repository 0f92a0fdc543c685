/* The arguments of a property test: [count [seed [promise]]], each with something in its place where
 * it is not given. What cannot be read ends the program with 2 and a sentence. */
#ifndef CG_TEST_ARGUMENTS_H
#define CG_TEST_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct arguments {
    unsigned long examples;
    uint64_t seed;
    const char *promise; /* the name of the one to look at, or null for all */
} arguments;

arguments arguments_read(int argc, char **argv);

/* The row of that name in a table of `count` rows of `size` octets that begin with their names. Null
 * without a name. */
const void *arguments_find(const char *name, const void *table, size_t count, size_t size);

#endif
