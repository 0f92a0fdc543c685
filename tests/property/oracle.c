/* The second opinion, rule by rule. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* timegm, strncasecmp */
#endif
#include "oracle.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char *const words[WORD_COUNT] = {"domain", "path",     "expires",  "max-age",
                                              "secure", "httponly", "samesite", "partitioned"};

static octets part(octets t, size_t from, size_t to)
{
    return (octets){t.at ? t.at + from : NULL, to - from};
}

static octets trim(octets t)
{
    while (t.len > 0 && (t.at[0] == ' ' || t.at[0] == '\t')) {
        t = part(t, 1, t.len);
    }
    while (t.len > 0 && (t.at[t.len - 1] == ' ' || t.at[t.len - 1] == '\t')) {
        t = part(t, 0, t.len - 1);
    }
    return t;
}

static size_t find(octets t, char c)
{
    size_t i = 0;
    while (i < t.len && t.at[i] != c) {
        i++;
    }
    return i;
}

bool text_is(octets a, octets b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool text_is_folded(octets a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.at, b, a.len) == 0;
}

static bool begins_folded(octets t, const char *start)
{
    return t.len >= strlen(start) && strncasecmp(t.at, start, strlen(start)) == 0;
}

bool oracle_is_flag(oracle_word w)
{
    return w == WORD_SECURE || w == WORD_HTTPONLY || w == WORD_PARTITIONED;
}

static oracle_word find_word(octets name)
{
    for (int i = 0; i < WORD_COUNT; i++) {
        if (text_is_folded(name, words[i])) {
            return (oracle_word)i;
        }
    }
    return WORD_OTHER;
}

size_t oracle_split(octets line, piece *pieces, size_t room)
{
    size_t count = 0, start = find(line, ';');
    while (start < line.len) {
        octets raw = part(line, start + 1, line.len);
        raw = part(raw, 0, find(raw, ';'));
        if (count < room) {
            size_t equals = find(raw, '=');
            piece *p = &pieces[count];
            p->raw = raw;
            p->word = find_word(trim(part(raw, 0, equals)));
            p->has_equals = equals < raw.len;
            p->value = p->has_equals ? trim(part(raw, equals + 1, raw.len)) : part(raw, 0, 0);
        }
        count++;
        start += 1 + raw.len;
    }
    return count;
}

/* -- dates: 5.1.1 ------------------------------------------------------------------------------ */

/* How many digits the token has from `at` on. */
static size_t digits(octets token, size_t at)
{
    size_t count = 0;
    while (at + count < token.len && isdigit((unsigned char)token.at[at + count])) {
        count++;
    }
    return count;
}

static int number(octets token, size_t at, size_t count)
{
    int sum = 0;
    while (count--) {
        sum = sum * 10 + (token.at[at++] - '0');
    }
    return sum;
}

/* 1*2DIGIT ":" 1*2DIGIT ":" 1*2DIGIT [ non-digit *OCTET ] */
static bool is_time(octets token, struct tm *tm)
{
    int values[3];
    size_t at = 0;
    for (int i = 0; i < 3; i++) {
        size_t count = digits(token, at);
        if (count < 1 || count > 2) {
            return false;
        }
        values[i] = number(token, at, count);
        at += count;
        if (i < 2 && (at >= token.len || token.at[at++] != ':')) {
            return false;
        }
    }
    tm->tm_hour = values[0];
    tm->tm_min = values[1];
    tm->tm_sec = values[2];
    return true;
}

static bool is_month(octets token, struct tm *tm)
{
    static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                         "jul", "aug", "sep", "oct", "nov", "dec"};
    for (int i = 0; i < 12; i++) {
        if (begins_folded(token, months[i])) {
            tm->tm_mon = i;
            return true;
        }
    }
    return false;
}

static bool is_delimiter(char c)
{
    return c == '\t' || (c >= ' ' && c < '0') || (c > ':' && c < 'A') || (c > 'Z' && c < 'a') ||
           (c > 'z' && c < 0x7F);
}

static bool read_date(octets value, long long *seconds)
{
    bool has_time = false, has_day = false, has_month = false, has_year = false;
    struct tm tm = {0}, normal;
    long long moment;
    size_t at = 0;
    int year = 0;

    while (at < value.len) {
        size_t end = at;
        octets token;
        while (end < value.len && !is_delimiter(value.at[end])) {
            end++;
        }
        token = part(value, at, end);
        at = end + 1;
        if (token.len == 0) {
            continue;
        }
        if (!has_time && is_time(token, &tm)) {
            has_time = true;
        } else if (!has_day && digits(token, 0) >= 1 && digits(token, 0) <= 2) {
            has_day = true;
            tm.tm_mday = number(token, 0, digits(token, 0));
        } else if (!has_month && is_month(token, &tm)) {
            has_month = true;
        } else if (!has_year && digits(token, 0) >= 2 && digits(token, 0) <= 4) {
            has_year = true;
            year = number(token, 0, digits(token, 0));
        }
    }
    if (year >= 70 && year <= 99) {
        year += 1900;
    } else if (year <= 69) {
        year += 2000;
    }
    if (!has_time || !has_day || !has_month || !has_year || year < 1601 || tm.tm_mday < 1 ||
        tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59) {
        return false;
    }
    tm.tm_year = year - 1900;
    normal = tm;
    moment = (long long)timegm(&normal);
    if (normal.tm_mday != tm.tm_mday) {
        return false; /* the month has no such day */
    }
    *seconds = moment;
    return true;
}

/* -- the line: 5.6 ----------------------------------------------------------------------------- */

static bool read_max_age(octets value, long long *seconds)
{
    const long long most = 4611686018427387903LL;
    size_t start = value.len > 0 && value.at[0] == '-' ? 1 : 0;
    long long sum = 0;
    if (value.len == start) {
        return false;
    }
    for (size_t i = start; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9') {
            return false;
        }
        sum = sum > most / 10 - 1 ? most : sum * 10 + (value.at[i] - '0');
    }
    *seconds = start ? -sum : sum;
    return true;
}

static same_site read_same_site(octets value)
{
    return text_is_folded(value, "none")     ? SAME_SITE_NONE
           : text_is_folded(value, "lax")    ? SAME_SITE_LAX
           : text_is_folded(value, "strict") ? SAME_SITE_STRICT
                                             : SAME_SITE_UNSET;
}

static bool has_control(octets line)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.at[i];
        if (c <= 0x08 || (c >= 0x0A && c <= 0x1F) || c == 0x7F) {
            return true;
        }
    }
    return false;
}

/* False if a browser ignores this occurrence. */
static bool read_piece(const piece *p, reading *is)
{
    if (p->value.len > 1024) {
        return false;
    }
    switch (p->word) {
    case WORD_MAX_AGE:
        return read_max_age(p->value, &is->max_age);
    case WORD_EXPIRES:
        return read_date(p->value, &is->expires);
    case WORD_SAMESITE:
        is->same_site = read_same_site(p->value);
        return true;
    case WORD_PATH:
        is->path = p->value;
        return true;
    case WORD_DOMAIN:
        is->domain = p->value;
        if (p->value.len > 0 && p->value.at[0] == '.') {
            is->domain = part(p->value, 1, p->value.len);
        }
        return true;
    default:
        return true;
    }
}

void oracle_read(octets line, reading *is)
{
    size_t equals, count = oracle_split(line, NULL, 0);
    piece *pieces = calloc(count + 1, sizeof *pieces);

    memset(is, 0, sizeof *is);
    is->pair = part(line, 0, find(line, ';'));
    equals = find(is->pair, '=');
    is->name = part(is->pair, 0, 0);
    is->value = trim(is->pair);
    if (equals < is->pair.len) {
        is->name = trim(part(is->pair, 0, equals));
        is->value = trim(part(is->pair, equals + 1, is->pair.len));
    }
    is->is_ignored = has_control(line) || is->name.len + is->value.len == 0 ||
                     is->name.len + is->value.len > 4096;
    oracle_split(line, pieces, count);
    for (size_t i = 0; pieces && i < count; i++) {
        oracle_word w = pieces[i].word;
        if (w == WORD_OTHER) {
            continue;
        }
        is->times[w]++;
        if (!read_piece(&pieces[i], is) || (oracle_is_flag(w) && is->has[w])) {
            continue;
        }
        is->has[w] = true;
        is->raw[w] = pieces[i].raw;
        is->is_valued[w] = pieces[i].has_equals;
    }
    free(pieces);
}

bool oracle_deletes(const reading *is, long long now)
{
    if (is->has[WORD_MAX_AGE]) {
        return is->max_age <= 0;
    }
    return is->has[WORD_EXPIRES] && is->expires <= now;
}

/* -- storage: 5.7 ------------------------------------------------------------------------------ */

static bool is_address(octets host)
{
    for (size_t i = 0; i < host.len; i++) {
        if (host.at[i] == ':') {
            return true;
        }
    }
    for (size_t i = 0; i < host.len; i++) {
        if (!isdigit((unsigned char)host.at[i]) && host.at[i] != '.') {
            return false;
        }
    }
    return true;
}

static bool same_folded(octets a, octets b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

static bool accepts_domain(octets domain, octets host)
{
    for (size_t i = 0; i < domain.len; i++) {
        if ((unsigned char)domain.at[i] > 0x7F) {
            return false;
        }
    }
    if (domain.len == 0 || host.len == 0 || same_folded(domain, host)) {
        return true;
    }
    return host.len > domain.len && !is_address(host) && find(domain, '.') < domain.len &&
           host.at[host.len - domain.len - 1] == '.' &&
           same_folded(part(host, host.len - domain.len, host.len), domain);
}

/* The path that the cookie gets is "/". */
static bool path_is_root(const reading *is, octets request_path)
{
    if (is->path.len > 0 && is->path.at[0] == '/') {
        return is->path.len == 1;
    }
    for (size_t i = 1; i < request_path.len; i++) {
        if (request_path.at[0] == '/' && request_path.at[i] == '/') {
            return false;
        }
    }
    return true;
}

static bool keeps_prefix(const reading *is, octets request_path)
{
    bool is_secure = is->has[WORD_SECURE], is_http_only = is->has[WORD_HTTPONLY];
    bool is_host_only = !(is->has[WORD_DOMAIN] && is->domain.len) && is->has[WORD_PATH] &&
                        path_is_root(is, request_path);
    if (begins_folded(is->name, "__Host-Http-")) {
        return is_secure && is_http_only && is_host_only;
    }
    if (begins_folded(is->name, "__Host-")) {
        return is_secure && is_host_only;
    }
    if (begins_folded(is->name, "__Http-")) {
        return is_secure && is_http_only;
    }
    return !begins_folded(is->name, "__Secure-") || is_secure;
}

static bool hides_prefix(const reading *is)
{
    return is->name.len == 0 &&
           (begins_folded(is->value, "__Host-") || begins_folded(is->value, "__Secure-") ||
            begins_folded(is->value, "__Http-"));
}

bool oracle_stores(const reading *is, bool is_https, octets host, octets request_path)
{
    bool is_secure = is->has[WORD_SECURE];
    return !is->is_ignored && (!is->has[WORD_DOMAIN] || accepts_domain(is->domain, host)) &&
           (!is_secure || is_https) &&
           (is_secure || !is->has[WORD_SAMESITE] || is->same_site != SAME_SITE_NONE) &&
           (is_secure || !is->has[WORD_PARTITIONED]) && keeps_prefix(is, request_path) &&
           !hides_prefix(is);
}

/* matched[n] says whether the glob up to here matches the first n octets of the name. */
bool oracle_glob_matches(octets glob, octets name)
{
    bool *matched = calloc(name.len + 1, sizeof *matched);
    bool is_match;
    if (matched == NULL) {
        return false;
    }
    matched[0] = true;
    for (size_t g = 0; g < glob.len; g++) {
        if (glob.at[g] == '*') {
            for (size_t n = 1; n <= name.len; n++) {
                matched[n] |= matched[n - 1];
            }
            continue;
        }
        for (size_t n = name.len; n > 0; n--) {
            matched[n] = matched[n - 1] && (glob.at[g] == '?' || glob.at[g] == name.at[n - 1]);
        }
        matched[0] = false;
    }
    is_match = matched[name.len];
    free(matched);
    return is_match;
}
