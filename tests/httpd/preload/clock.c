/*
 * A clock of the tests, loaded before the C library. The file that COOKIEGUARD_TEST_CLOCK names holds
 * three numbers of 64 bits, which env/clock.py writes while the server runs: how many microseconds
 * the time of day and the time since boot are ahead of what they really are, and whether they stand
 * still; then the first two are the times themselves. The file stays mapped, so that a server that gave up
 * its privileges sees each change at once. All that measures spans of time (CLOCK_MONOTONIC) goes on
 * as it is: timeouts of connections are none of this clock's.
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

enum { WALL, BOOT, STANDS_STILL, NUMBERS };

static const volatile int64_t real_time[NUMBERS];
static const volatile int64_t *told = real_time; /* microseconds */

__attribute__((constructor)) static void map_file(void)
{
    const char *name = getenv("COOKIEGUARD_TEST_CLOCK");
    int file = name ? (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped;

    if (file < 0) {
        return;
    }
    mapped = mmap(NULL, sizeof real_time, PROT_READ, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (mapped != MAP_FAILED) {
        told = mapped;
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
    int which = clock == CLOCK_BOOTTIME                                     ? BOOT
                : clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? WALL
                                                                            : NUMBERS;

    if (syscall(SYS_clock_gettime, clock, now)) {
        return -1;
    }
    if (which != NUMBERS) {
        if (told[STANDS_STILL]) {
            *now = (struct timespec){0, 0};
        }
        move(now, told[which]);
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
