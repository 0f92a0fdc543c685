/* Pages for keys.
 *
 * Pages of their own, because advice to the kernel is for whole pages. */
#include "key_memory.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto.h"

/* What systems call the same. */
#if defined(MADV_DONTDUMP)
#define ADVICE_NO_DUMP MADV_DONTDUMP
#elif defined(MADV_NOCORE)
#define ADVICE_NO_DUMP MADV_NOCORE
#endif

typedef enum cg_after_fork { IS_INHERITED = 0, IS_ABSENT, IS_WIPED } cg_after_fork;

static size_t whole_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

/* False: the system cannot, and the pages are not to be used. */
static bool tell_fork(void *memory, size_t size, cg_after_fork after)
{
    switch (after) {
    case IS_INHERITED:
        return true;
    case IS_ABSENT:
#if defined(MADV_DONTFORK)
        return madvise(memory, size, MADV_DONTFORK) == 0;
#elif defined(INHERIT_NONE)
        return minherit(memory, size, INHERIT_NONE) == 0;
#else
        return false;
#endif
    case IS_WIPED:
#if defined(MADV_WIPEONFORK)
        return madvise(memory, size, MADV_WIPEONFORK) == 0;
#elif defined(INHERIT_ZERO)
        return minherit(memory, size, INHERIT_ZERO) == 0;
#else
        return false;
#endif
    }
    return false;
}

/* Best effort: a limit on locked memory, or a kernel that knows no such advice, is no reason to do
 * without keys. */
static void keep_from_disk(void *memory, size_t size)
{
#if defined(ADVICE_NO_DUMP)
    (void)madvise(memory, size, ADVICE_NO_DUMP);
#endif
    (void)mlock(memory, size);
}

static void *make_pages(size_t size, cg_after_fork after)
{
    size_t whole = whole_pages(size);
    void *memory = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        return NULL;
    }
    if (!tell_fork(memory, whole, after)) {
        (void)munmap(memory, whole);
        return NULL;
    }
    keep_from_disk(memory, whole);
    return memory;
}

void *cg_key_memory_make(size_t size, bool is_inherited)
{
    return make_pages(size, is_inherited ? IS_INHERITED : IS_ABSENT);
}

void *cg_key_memory_make_wiped_by_fork(size_t size)
{
    return make_pages(size, IS_WIPED);
}

void cg_key_memory_free(void *memory, size_t size)
{
    if (memory) {
        cg_wipe(memory, size);
        (void)munmap(memory, whole_pages(size));
    }
}
