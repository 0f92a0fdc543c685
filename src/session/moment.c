/* Moments in RFC 3339. */
#include "moment.h"

#include <apr_time.h>

#define MOMENT_FIRST INT64_C(1)
#define MOMENT_LAST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

void cg_moment_print(cg_writer *writer, int64_t seconds)
{
    apr_time_exp_t parts;
    int64_t shown = seconds < MOMENT_FIRST  ? MOMENT_FIRST
                    : seconds > MOMENT_LAST ? MOMENT_LAST
                                            : seconds;

    apr_time_exp_gmt(&parts, apr_time_from_sec(shown));
    cg_write_padded(writer, parts.tm_year + 1900, 4);
    cg_write_char(writer, '-');
    cg_write_padded(writer, parts.tm_mon + 1, 2);
    cg_write_char(writer, '-');
    cg_write_padded(writer, parts.tm_mday, 2);
    cg_write_char(writer, 'T');
    cg_write_padded(writer, parts.tm_hour, 2);
    cg_write_char(writer, ':');
    cg_write_padded(writer, parts.tm_min, 2);
    cg_write_char(writer, ':');
    cg_write_padded(writer, parts.tm_sec, 2);
    cg_write_char(writer, 'Z');
}

/* Whatever octets stand there: what is no digit makes a number that is not printed as it was read. */
static int read_digits(const char *at, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        number = number * 10 + (at[i] - '0');
    }
    return number;
}

/* The moment is the one that is written like the text. */
bool cg_moment_parse(cg_span text, int64_t *seconds)
{
    char again[CG_MOMENT_TEXT_LEN];
    cg_writer writer = {.at = again, .size = sizeof again};
    apr_time_exp_t parts = {0};
    apr_time_t moment;

    if (text.len != CG_MOMENT_TEXT_LEN) {
        return false;
    }
    parts.tm_year = read_digits(text.at, 4) - 1900;
    parts.tm_mon = read_digits(text.at + 5, 2) - 1;
    parts.tm_mday = read_digits(text.at + 8, 2);
    parts.tm_hour = read_digits(text.at + 11, 2);
    parts.tm_min = read_digits(text.at + 14, 2);
    parts.tm_sec = read_digits(text.at + 17, 2);
    if (parts.tm_mon < 0 || parts.tm_mon > 11 ||
        apr_time_exp_gmt_get(&moment, &parts) != APR_SUCCESS) {
        return false;
    }
    cg_moment_print(&writer, apr_time_sec(moment));
    if (!cg_span_equal(text, (cg_span){again, sizeof again})) {
        return false;
    }
    *seconds = apr_time_sec(moment);
    return true;
}
