/*
 * A clock of the tests, loaded before the C library: the time of day, and the time since boot, are as
 * many microseconds ahead as the file says that COOKIEGUARD_TEST_CLOCK names: two numbers of 64 bits
 * that env/clock.py writes while the server runs. The file stays mapped, so that a server that gave
 * up its privileges sees each change at once. All that measures spans of time (CLOCK_MONOTONIC) goes
 * on as it is: timeouts of connections are none of this clock's.
 *
 * It takes no lock and calls nothing that a sanitizer's runtime could have replaced.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { WALL, BOOT, CLOCKS };

static const volatile int64_t no_shift[CLOCKS];
static const volatile int64_t *shift = no_shift; /* microseconds */

__attribute__((constructor)) static void map_shift(void)
{
    const char *name = getenv("COOKIEGUARD_TEST_CLOCK");
    int file = name ? (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped;

    if (file < 0) {
        return;
    }
    mapped = mmap(NULL, sizeof no_shift, PROT_READ, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (mapped != MAP_FAILED) {
        shift = mapped;
    }
}

static void move(struct timespec *moment, int64_t microseconds)
{
    int64_t nanoseconds = moment->tv_nsec + microseconds % 1000000 * 1000;

    moment->tv_sec += microseconds / 1000000;
    if (nanoseconds < 0) {
        nanoseconds += 1000000000;
        moment->tv_sec--;
    } else if (nanoseconds >= 1000000000) {
        nanoseconds -= 1000000000;
        moment->tv_sec++;
    }
    moment->tv_nsec = nanoseconds;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    long failed = syscall(SYS_clock_gettime, clock, now);

    if (failed) {
        return -1;
    }
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
        move(now, shift[WALL]);
    } else if (clock == CLOCK_BOOTTIME) {
        move(now, shift[BOOT]);
    }
    return 0;
}

/* What APR asks (apr_time_now). */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec moment;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &moment);
    now->tv_sec = moment.tv_sec;
    now->tv_usec = moment.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (where) {
        *where = now.tv_sec;
    }
    return now.tv_sec;
}
