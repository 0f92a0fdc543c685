/* No module: a library to load before libapr, so that httpd's clock is what a test says. It adds the
 * seconds that stand in the file COOKIEGUARD_TEST_CLOCK to the time of day. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <apr_time.h>

static apr_time_t read_offset(void)
{
    const char *name = getenv("COOKIEGUARD_TEST_CLOCK");
    FILE *file = name ? fopen(name, "r") : NULL;
    long seconds = 0;
    if (file) {
        if (fscanf(file, "%ld", &seconds) != 1) {
            seconds = 0;
        }
        fclose(file);
    }
    return apr_time_from_sec(seconds);
}

APR_DECLARE(apr_time_t) apr_time_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return apr_time_from_sec((apr_time_t)now.tv_sec) + now.tv_nsec / 1000 + read_offset();
}
