/* Cookie dates (6265bis 5.1.1) and IMF-fixdate (RFC 9110 5.6.7). */
#include "cookie_date.h"

enum { SECONDS_PER_DAY = 86400, YEAR_MAX = 9999 };

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char day_names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* A moment in parts; -1 where no token has named the part yet. */
typedef struct date_parts {
    int year, month, day, hour, minute, second; /* month from 0, day from 1 */
} date_parts;

/* Days from 1970-01-01 to the first of March of `year` and back: the calendar of 400-year eras,
 * counted from March so that the leap day comes last. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month < 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = (month + 10) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, date_parts *date)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;

    date->day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    date->month = (int)((month_from_march + 2) % 12);
    date->year = (int)(year_of_era + era * 400 + (date->month < 2 ? 1 : 0));
}

static bool is_leap_year(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month] + (month == 1 && is_leap_year(year) ? 1 : 0);
}

/* The octets that separate tokens: %x09, %x20-2F, %x3B-40, %x5B-60, %x7B-7E; one bit for each. */
static const uint64_t delimiters[4] = {UINT64_C(0xF800FFFF00000200), UINT64_C(0x78000001F8000001)};

static bool is_delimiter(char c)
{
    unsigned char u = (unsigned char)c;
    return delimiters[u / 64] >> (u % 64) & 1;
}

/* Takes min to max digits off the front of *text. False if there are fewer or more. */
static bool take_digits(cg_span *text, size_t min, size_t max, int *number)
{
    size_t count = 0;
    int sum = 0;
    while (count < text->len && cg_ascii_is_digit(text->at[count])) {
        if (count == max) {
            return false;
        }
        sum = sum * 10 + (text->at[count] - '0');
        count++;
    }
    if (count < min) {
        return false;
    }
    *number = sum;
    *text = cg_span_part(*text, count, text->len);
    return true;
}

static bool take_colon(cg_span *text)
{
    if (text->len == 0 || text->at[0] != ':') {
        return false;
    }
    *text = cg_span_part(*text, 1, text->len);
    return true;
}

/* hms-time ( non-digit *OCTET )? */
static bool read_time(cg_span token, date_parts *date)
{
    int hour, minute, second;
    if (take_digits(&token, 1, 2, &hour) && take_colon(&token) &&
        take_digits(&token, 1, 2, &minute) && take_colon(&token) &&
        take_digits(&token, 1, 2, &second)) {
        date->hour = hour;
        date->minute = minute;
        date->second = second;
        return true;
    }
    return false;
}

/* Three letters in one word, so that names compare at once. */
#define LETTERS(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

/* Lower case: only the two cases of a letter become that letter with this bit. */
static inline uint32_t letters_at(const char *at)
{
    return LETTERS((unsigned char)at[0], (unsigned char)at[1], (unsigned char)at[2]) |
           LETTERS(0x20, 0x20, 0x20);
}

/* The month from 0, or -1. */
static int find_month(const char *at)
{
    static const uint32_t months[12] = {
        LETTERS('j', 'a', 'n'), LETTERS('f', 'e', 'b'), LETTERS('m', 'a', 'r'),
        LETTERS('a', 'p', 'r'), LETTERS('m', 'a', 'y'), LETTERS('j', 'u', 'n'),
        LETTERS('j', 'u', 'l'), LETTERS('a', 'u', 'g'), LETTERS('s', 'e', 'p'),
        LETTERS('o', 'c', 't'), LETTERS('n', 'o', 'v'), LETTERS('d', 'e', 'c')};
    uint32_t letters = letters_at(at);
    for (int i = 0; i < 12; i++) {
        if (months[i] == letters) {
            return i;
        }
    }
    return -1;
}

static bool read_month(cg_span token, date_parts *date)
{
    date->month = token.len >= 3 ? find_month(token.at) : -1;
    return date->month >= 0;
}

static void read_token(cg_span token, date_parts *date)
{
    int number;
    cg_span rest = token;
    if (date->hour < 0 && read_time(token, date)) {
        return;
    }
    if (date->day < 0 && take_digits(&rest, 1, 2, &number)) {
        date->day = number;
        return;
    }
    if (date->month < 0 && read_month(token, date)) {
        return;
    }
    rest = token;
    if (date->year < 0 && take_digits(&rest, 2, 4, &number)) {
        date->year = number;
    }
}

static void widen_year(date_parts *date)
{
    if (date->year >= 70 && date->year <= 99) {
        date->year += 1900;
    } else if (date->year >= 0 && date->year <= 69) {
        date->year += 2000;
    }
}

static bool is_moment(const date_parts *date)
{
    return date->year >= CG_YEAR_MIN && date->month >= 0 && date->day >= 1 &&
           date->day <= days_in_month(date->year, date->month) && date->hour >= 0 &&
           date->hour <= 23 && date->minute <= 59 && date->second <= 59;
}

/* The tokens one after the other, each for the first part that it fits. */
static void read_tokens(cg_span text, date_parts *date)
{
    size_t at = 0;

    while (at < text.len) {
        size_t start;
        while (at < text.len && is_delimiter(text.at[at])) {
            at++;
        }
        start = at;
        while (at < text.len && !is_delimiter(text.at[at])) {
            at++;
        }
        if (at > start) {
            read_token(cg_span_part(text, start, at), date);
        }
    }
}

static bool is_day_name(const char *at)
{
    static const uint32_t days[7] = {LETTERS('s', 'u', 'n'), LETTERS('m', 'o', 'n'),
                                     LETTERS('t', 'u', 'e'), LETTERS('w', 'e', 'd'),
                                     LETTERS('t', 'h', 'u'), LETTERS('f', 'r', 'i'),
                                     LETTERS('s', 'a', 't')};
    uint32_t letters = letters_at(at);
    for (int i = 0; i < 7; i++) {
        if (days[i] == letters) {
            return true;
        }
    }
    return false;
}

/* The number, or -1 if one of the two is no digit. */
static inline int two_digits(const char *at)
{
    unsigned tens = (unsigned)at[0] - '0', ones = (unsigned)at[1] - '0';
    return tens <= 9 && ones <= 9 ? (int)(tens * 10 + ones) : -1;
}

/* The form that nearly every server sends, "Sun, 06 Nov 1994 08:49:37 GMT", with blanks or hyphens
 * in the date, read by its columns: the same answer as by tokens, for a tenth of the work. False if
 * the text has another form. */
static bool read_columns(cg_span text, date_parts *date)
{
    const char *at = text.at;
    int century, year;

    if (text.len != CG_IMF_FIXDATE_LEN || at[3] != ',' || at[4] != ' ' || !is_delimiter(at[7]) ||
        !is_delimiter(at[11]) || at[16] != ' ' || at[19] != ':' || at[22] != ':' || at[25] != ' ' ||
        letters_at(at + 26) != LETTERS('g', 'm', 't') || !is_day_name(at)) {
        return false;
    }
    century = two_digits(at + 12);
    year = two_digits(at + 14);
    date->day = two_digits(at + 5);
    date->month = find_month(at + 8);
    date->year = century < 0 || year < 0 ? -1 : century * 100 + year;
    date->hour = two_digits(at + 17);
    date->minute = two_digits(at + 20);
    date->second = two_digits(at + 23);
    return date->day >= 0 && date->month >= 0 && date->year >= CG_YEAR_MIN && date->hour >= 0 &&
           date->minute >= 0 && date->second >= 0;
}

bool cg_cookie_date_parse(cg_span text, int64_t *seconds)
{
    date_parts date;

    if (!read_columns(text, &date)) {
        date = (date_parts){-1, -1, -1, -1, -1, -1};
        read_tokens(text, &date);
        widen_year(&date);
    }
    if (!is_moment(&date)) {
        return false;
    }
    *seconds = days_from_date(date.year, date.month, date.day) * SECONDS_PER_DAY +
               date.hour * 3600 + date.minute * 60 + date.second;
    return true;
}

static int64_t clamp_to_printable(int64_t seconds)
{
    int64_t first = days_from_date(CG_YEAR_MIN, 0, 1) * SECONDS_PER_DAY;
    int64_t last = days_from_date(YEAR_MAX + 1, 0, 1) * SECONDS_PER_DAY - 1;
    return seconds < first ? first : seconds > last ? last : seconds;
}

void cg_cookie_date_print(cg_writer *writer, int64_t seconds)
{
    date_parts date;
    int64_t moment = clamp_to_printable(seconds);
    int64_t second_of_day = moment % SECONDS_PER_DAY;
    int64_t days = moment / SECONDS_PER_DAY;

    if (second_of_day < 0) {
        second_of_day += SECONDS_PER_DAY;
        days--;
    }
    date_from_days(days, &date);
    cg_write(writer, (cg_span){day_names[((days % 7) + 11) % 7], 3});
    cg_write(writer, CG_SPAN(", "));
    cg_write_padded(writer, date.day, 2);
    cg_write_char(writer, ' ');
    cg_write(writer, (cg_span){month_names[date.month], 3});
    cg_write_char(writer, ' ');
    cg_write_padded(writer, date.year, 4);
    cg_write_char(writer, ' ');
    cg_write_padded(writer, second_of_day / 3600, 2);
    cg_write_char(writer, ':');
    cg_write_padded(writer, second_of_day / 60 % 60, 2);
    cg_write_char(writer, ':');
    cg_write_padded(writer, second_of_day % 60, 2);
    cg_write(writer, CG_SPAN(" GMT"));
}
