/* Reading the arguments of a property test. */
#include "arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long read_number(const char *text)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno || *end || end == text) {
        fprintf(stderr, "'%s' is no number\n", text);
        exit(2);
    }
    return value;
}

arguments arguments_read(int argc, char **argv)
{
    return (arguments){
        .examples = argc > 1 ? read_number(argv[1]) : 60000,
        .seed = argc > 2 ? read_number(argv[2]) : 20231114,
        .promise = argc > 3 ? argv[3] : NULL,
    };
}

const void *arguments_find(const char *name, const void *table, size_t count, size_t size)
{
    const char *row = table;

    for (size_t i = 0; name && i < count; i++, row += size) {
        const char *const *row_name = (const char *const *)(const void *)row;
        if (strcmp(*row_name, name) == 0) {
            return row;
        }
    }
    if (name) {
        fprintf(stderr, "'%s' is no promise\n", name);
        exit(2);
    }
    return NULL;
}
