/* Text that ends where readable memory ends: to read one octet too many kills the test.
 *
 * Four texts live at a time; a fifth takes the place of the first. */
#ifndef CG_TEST_GUARD_PAGE_H
#define CG_TEST_GUARD_PAGE_H

#define GUARD_PAGE_ROOM ((size_t)1 << 17)

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cookie/span.h"

/* The end of a writable region of GUARD_PAGE_ROOM octets; the next octet may not be touched. */
static inline char *guard_page_end(void)
{
    static char *regions[4];
    static size_t turn;
    char **region = &regions[turn++ % 4];

    if (*region == NULL) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        void *memory = mmap(NULL, GUARD_PAGE_ROOM + page, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED ||
            mprotect((char *)memory + GUARD_PAGE_ROOM, page, PROT_NONE) != 0) {
            perror("guard page");
            abort();
        }
        *region = memory;
    }
    return *region + GUARD_PAGE_ROOM;
}

/* A copy of `text` with nothing readable behind it. */
static inline cg_span guarded(cg_span text)
{
    char *start = guard_page_end() - text.len;
    if (text.len > GUARD_PAGE_ROOM) {
        abort();
    }
    if (text.len) {
        memcpy(start, text.at, text.len);
    }
    return (cg_span){start, text.len};
}

#endif
