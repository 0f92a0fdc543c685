/* Escaping and bounding texts, and the form of moments. */
#include "json_line.h"

static const cg_span cut_mark = {"...", 3};

enum { ESCAPED_LEN_MAX = 6 };

static size_t escaped_len(char c)
{
    unsigned char u = (unsigned char)c;
    if (u == '"' || u == '\\') {
        return 2;
    }
    return u < 0x20 || u >= 0x7F ? ESCAPED_LEN_MAX : 1;
}

void cg_json_escape_octet(cg_writer *writer, char c)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char u = (unsigned char)c;
    char text[ESCAPED_LEN_MAX] = {'\\', 'u', '0', '0', digits[u >> 4], digits[u & 0x0F]};
    cg_write(writer, (cg_span){text, sizeof text});
}

static void write_escaped(cg_writer *writer, cg_span text)
{
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        size_t len = escaped_len(text.at[i]);
        if (len == 1) {
            continue;
        }
        cg_write(writer, cg_span_part(text, start, i));
        start = i + 1;
        if (len == 2) {
            cg_write_char(writer, '\\');
            cg_write_char(writer, text.at[i]);
        } else {
            cg_json_escape_octet(writer, text.at[i]);
        }
    }
    cg_write(writer, cg_span_part(text, start, text.len));
}

/* -- texts --------------------------------------------------------------------------------- */

/* How many octets of the text's start have room, escaped. */
static size_t count_fitting(cg_span text, size_t room)
{
    size_t fit = 0;
    if (text.len <= room / ESCAPED_LEN_MAX) {
        return text.len;
    }
    while (fit < text.len && escaped_len(text.at[fit]) <= room) {
        room -= escaped_len(text.at[fit]);
        fit++;
    }
    return fit;
}

/* Writes as much of the text's start as *room has place for. False if it is not all. */
static bool put_start(cg_json_line *line, cg_span text, size_t *room)
{
    size_t fit = count_fitting(text, *room);
    size_t before = line->writer->len;
    write_escaped(line->writer, cg_span_part(text, 0, fit));
    *room -= line->writer->len - before;
    if (fit == text.len) {
        return true;
    }
    cg_write(line->writer, cut_mark);
    line->is_cut = true;
    return false;
}

void cg_json_put_text(cg_json_line *line, cg_span text)
{
    size_t room = line->text_max;
    if (line->is_raw) {
        cg_write(line->writer, text);
    } else {
        put_start(line, text, &room);
    }
}

void cg_json_put_text_end(cg_json_line *line, cg_span text)
{
    size_t room = line->text_max;
    size_t start = text.len;
    while (start && escaped_len(text.at[start - 1]) <= room) {
        start--;
        room -= escaped_len(text.at[start]);
    }
    if (start) {
        cg_write(line->writer, cut_mark);
        line->is_cut = true;
    }
    write_escaped(line->writer, cg_span_part(text, start, text.len));
}

/* Where a ";parameter" begins, its semicolon written plainly or as %3B. */
static size_t find_parameter(cg_span path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (path.at[i] == ';' ||
            (path.at[i] == '%' &&
             cg_span_starts_folded(cg_span_part(path, i, path.len), CG_SPAN("%3b")))) {
            return i;
        }
    }
    return path.len;
}

void cg_json_put_path(cg_json_line *line, cg_span path)
{
    size_t room = line->text_max;
    path = cg_span_part(path, 0, cg_span_find(path, '?'));
    while (path.len) {
        size_t parameter = find_parameter(path);
        if (!put_start(line, cg_span_part(path, 0, parameter), &room)) {
            return;
        }
        path = cg_span_part(path, parameter, path.len);
        path = cg_span_part(path, cg_span_find(path, '/'), path.len);
    }
}

/* -- moments ------------------------------------------------------------------------------- */

enum { SECONDS_PER_DAY = 86400, US_PER_SECOND = 1000000 };

static const int64_t last_second = INT64_C(253402300799); /* 9999-12-31T23:59:59Z */

/* The date of a day counted from 1970-01-01. Years are taken to begin in March, so that the day
 * that comes and goes is a year's last. */
static void write_date(cg_writer *writer, int64_t days)
{
    enum { DAYS_TO_1970 = 719468, DAYS_PER_ERA = 146097 }; /* from 0000-03-01; 400 years */
    int64_t day = (days + DAYS_TO_1970) % DAYS_PER_ERA;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int64_t eras = (days + DAYS_TO_1970) / DAYS_PER_ERA;

    cg_write_padded(writer, eras * 400 + year + (month <= 2 ? 1 : 0), 4);
    cg_write_char(writer, '-');
    cg_write_padded(writer, month, 2);
    cg_write_char(writer, '-');
    cg_write_padded(writer, day_of_year - (153 * month_from_march + 2) / 5 + 1, 2);
}

static void write_time(cg_writer *writer, int64_t second_of_day)
{
    cg_write_padded(writer, second_of_day / 3600, 2);
    cg_write_char(writer, ':');
    cg_write_padded(writer, second_of_day / 60 % 60, 2);
    cg_write_char(writer, ':');
    cg_write_padded(writer, second_of_day % 60, 2);
}

void cg_json_put_moment(cg_json_line *line, int64_t time_us)
{
    int64_t moment = time_us < 0 ? 0 : time_us;
    int64_t second = moment / US_PER_SECOND;
    if (second > last_second) {
        second = last_second;
    }
    cg_write_char(line->writer, '"');
    write_date(line->writer, second / SECONDS_PER_DAY);
    cg_write_char(line->writer, 'T');
    write_time(line->writer, second % SECONDS_PER_DAY);
    cg_write_char(line->writer, '.');
    cg_write_padded(line->writer, moment % US_PER_SECOND, 6);
    cg_write(line->writer, CG_SPAN("Z\""));
}

/* -- fields -------------------------------------------------------------------------------- */

void cg_json_put_key(cg_json_line *line, cg_span key)
{
    cg_write(line->writer, CG_SPAN(",\""));
    cg_write(line->writer, key);
    cg_write(line->writer, CG_SPAN("\":"));
}

void cg_json_put_text_field(cg_json_line *line, cg_span key, cg_span text)
{
    cg_json_put_key(line, key);
    cg_write_char(line->writer, '"');
    cg_json_put_text(line, text);
    cg_write_char(line->writer, '"');
}

void cg_json_put_moment_field(cg_json_line *line, cg_span key, int64_t time_us)
{
    cg_json_put_key(line, key);
    cg_json_put_moment(line, time_us);
}

void cg_json_put_number_field(cg_json_line *line, cg_span key, uint64_t number)
{
    cg_json_put_key(line, key);
    cg_write_number(line->writer, number > INT64_MAX ? INT64_MAX : (int64_t)number);
}

void cg_json_put_comma(cg_json_line *line, bool *is_first)
{
    if (!*is_first) {
        cg_write_char(line->writer, ',');
    }
    *is_first = false;
}
