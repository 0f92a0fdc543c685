/* For a test: a file system that is full, as one that says so only when it has to write. */
#include <errno.h>
#include <unistd.h>

int fsync(int fd)
{
    (void)fd;
    errno = ENOSPC;
    return -1;
}
