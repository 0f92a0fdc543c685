/* A whole case, read, judged and rewritten: the nine promises hold. */
#include "fuzz_input.h"

#include "../property/promises.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const promise *broken;
    const char *how;
    cg_span line;
    trial t;

    if (!fuzz_read_case(pool, data, size, &t.is, &line)) {
        return 0;
    }
    trial_run(&t, pool, (octets){line.at, line.len});
    broken = promises_find_broken(&t, &how);
    if (broken) {
        fprintf(stderr, "%s is broken: ", broken->name);
        fuzz_check(false, how);
    }
    return 0;
}
