/* For a test: shared memory of which no page can be had, as on a full /dev/shm. */
#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { POPULATE_WRITE = 23 };

int madvise(void *start, size_t len, int advice)
{
    if (advice == POPULATE_WRITE) {
        errno = EFAULT;
        return -1;
    }
    return (int)syscall(SYS_madvise, start, len, advice);
}
