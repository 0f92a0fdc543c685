/* Reading a Set-Cookie line (6265bis 5.6). */
#include "set_cookie.h"

#include "cookie_date.h"
#include "limits.h"

static const cg_span attribute_names[CG_ATTRIBUTE_COUNT] = {
    [CG_ATTRIBUTE_DOMAIN] = {"Domain", 6},     [CG_ATTRIBUTE_PATH] = {"Path", 4},
    [CG_ATTRIBUTE_EXPIRES] = {"Expires", 7},   [CG_ATTRIBUTE_MAX_AGE] = {"Max-Age", 7},
    [CG_ATTRIBUTE_SECURE] = {"Secure", 6},     [CG_ATTRIBUTE_HTTPONLY] = {"HttpOnly", 8},
    [CG_ATTRIBUTE_SAMESITE] = {"SameSite", 8}, [CG_ATTRIBUTE_PARTITIONED] = {"Partitioned", 11},
};

static const cg_span same_site_names[CG_SAME_SITE_COUNT] = {
    [CG_SAME_SITE_NONE] = {"None", 4},
    [CG_SAME_SITE_LAX] = {"Lax", 3},
    [CG_SAME_SITE_STRICT] = {"Strict", 6},
};

cg_span cg_attribute_name(cg_attribute attribute)
{
    return attribute_names[attribute];
}

cg_span cg_same_site_name(cg_same_site same_site)
{
    return same_site_names[same_site];
}

cg_attribute cg_attribute_find(cg_span name)
{
    for (int i = CG_ATTRIBUTE_OTHER + 1; i < CG_ATTRIBUTE_COUNT; i++) {
        if (cg_span_equal_folded(name, attribute_names[i])) {
            return (cg_attribute)i;
        }
    }
    return CG_ATTRIBUTE_OTHER;
}

#define IS_WORD(span, word)                                                                        \
    ((span).len == sizeof(word) - 1 && !memcmp((span).at, word, sizeof(word) - 1))

/* The usual spellings first: compilers compare a word of known length in an instruction or two. */
static inline cg_same_site find_same_site(cg_span word)
{
    if (IS_WORD(word, "Lax")) {
        return CG_SAME_SITE_LAX;
    }
    if (IS_WORD(word, "Strict")) {
        return CG_SAME_SITE_STRICT;
    }
    for (int i = CG_SAME_SITE_NONE; i < CG_SAME_SITE_COUNT; i++) {
        if (cg_span_equal_folded(word, same_site_names[i])) {
            return (cg_same_site)i;
        }
    }
    return CG_SAME_SITE_DEFAULT;
}

cg_same_site cg_same_site_find(cg_span word)
{
    return find_same_site(word);
}

bool cg_max_age_parse(cg_span text, int64_t *seconds)
{
    bool is_negative = text.len > 0 && text.at[0] == '-';
    int64_t sum = 0;
    size_t i = is_negative ? 1 : 0;

    if (i == text.len) {
        return false;
    }
    for (; i < text.len; i++) {
        if (!cg_ascii_is_digit(text.at[i])) {
            return false;
        }
        sum = sum > (INT64_MAX / 2 - 9) / 10 ? INT64_MAX / 2 : sum * 10 + (text.at[i] - '0');
    }
    *seconds = is_negative ? -sum : sum;
    return true;
}

static inline bool is_forbidden_control(char c)
{
    unsigned char u = (unsigned char)c;
    return (u < 0x20 && u != 0x09) || u == 0x7F;
}

/* Octets side by side in one register. */
typedef unsigned char octets __attribute__((vector_size(16)));

/* Where `at` has a control character, or a tabulator, an octet that is not 0. */
static inline octets look_for_control(const char *at)
{
    octets text;
    memcpy(&text, at, sizeof text);
    return (octets)(text < 0x20) | (octets)(text == 0x7F);
}

static inline bool is_any_set(octets found)
{
    uint64_t words[sizeof found / sizeof(uint64_t)];
    memcpy(words, &found, sizeof words);
    return (words[0] | words[1]) != 0;
}

/* Register by register, the last one reaching back if the text does not come out even; octet by
 * octet only where the text is short, or has a tabulator or worse. */
static bool has_forbidden_control(cg_span text)
{
    if (text.len >= sizeof(octets)) {
        const char *last = text.at + text.len - sizeof(octets);
        octets found = look_for_control(last);
        for (const char *at = text.at; at < last; at += sizeof(octets)) {
            found |= look_for_control(at);
        }
        if (!is_any_set(found)) {
            return false;
        }
    }
    for (size_t i = 0; i < text.len; i++) {
        if (is_forbidden_control(text.at[i])) {
            return true;
        }
    }
    return false;
}

/* All from `start` up to `end`. */
static inline cg_span between(const char *start, const char *end)
{
    return (cg_span){start, (size_t)(end - start)};
}

/* The first `c` from `at` on, or `end`. */
static inline const char *find(const char *at, const char *end, char c)
{
    const char *hit = memchr(at, c, (size_t)(end - at));
    return hit ? hit : end;
}

/* Takes the attribute behind the semicolon at `at`. Returns where the next one begins, or the end. */
static const char *take_token(const char *at, const char *end, cg_attribute_token *token)
{
    const char *raw = at + 1, *stop = raw;

    while (stop < end && *stop != ';' && *stop != '=') {
        stop++;
    }
    token->name = cg_span_trim(between(raw, stop));
    token->kind = cg_attribute_find(token->name);
    token->value = between(stop, stop);
    token->has_value = stop < end && *stop == '=';
    if (token->has_value) {
        const char *value = stop + 1;
        stop = find(value, end, ';');
        token->value = cg_span_trim(between(value, stop));
    }
    token->raw = between(raw, stop);
    return stop;
}

bool cg_attribute_next(cg_span *rest, cg_attribute_token *token)
{
    const char *end;
    if (rest->len == 0) {
        return false;
    }
    end = rest->at + rest->len;
    *rest = between(take_token(rest->at, end, token), end);
    return true;
}

void cg_set_cookie_read_date(cg_set_cookie *cookie)
{
    unsigned bit = CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_EXPIRES);
    if (!cookie->has_unread_date) {
        return;
    }
    cookie->has_unread_date = false;
    if (!cg_cookie_date_parse(cookie->date, &cookie->attributes.expires)) {
        cookie->attributes.present &= ~bit;
        cookie->ignored |= bit;
    }
}

/* The only date of a line waits until somebody asks. Of several the last counts that can be read. */
static bool read_date(cg_span value, cg_set_cookie *cookie)
{
    if (cookie->repeated & CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_EXPIRES)) {
        return cg_cookie_date_parse(value, &cookie->attributes.expires);
    }
    cookie->has_unread_date = true;
    cookie->date = value;
    cookie->attributes.expires = INT64_MAX;
    return true;
}

/* Functions that every attribute of every cookie comes through are inlined by force, once for each
 * kind of attribute, so that nothing is asked at run time that the kind decides. */
#define FOR_EACH_KIND static inline __attribute__((always_inline))

/* Reads one attribute's value. False if a browser ignores the attribute. */
FOR_EACH_KIND bool read_value(cg_attribute kind, cg_span value, cg_set_cookie *cookie)
{
    cg_attributes *attributes = &cookie->attributes;
    switch (kind) {
    case CG_ATTRIBUTE_EXPIRES:
        return read_date(value, cookie);
    case CG_ATTRIBUTE_MAX_AGE:
        return cg_max_age_parse(value, &attributes->max_age);
    case CG_ATTRIBUTE_DOMAIN:
        attributes->domain = value;
        if (value.len && value.at[0] == '.') {
            attributes->domain = cg_span_part(value, 1, value.len);
        }
        return true;
    case CG_ATTRIBUTE_PATH:
        attributes->path = value;
        return true;
    case CG_ATTRIBUTE_SAMESITE:
        attributes->same_site = find_same_site(value);
        return true;
    default:
        return true;
    }
}

/* Enters one known attribute. The last occurrence counts; of a flag the first does, since all say
 * the same. `value` has a null pointer if there is no "=". */
FOR_EACH_KIND void read_attribute(cg_attribute kind, const char *raw, cg_span value,
                                  cg_set_cookie *cookie)
{
    unsigned bit = CG_ATTRIBUTE_BIT(kind);
    bool is_too_long = value.len > CG_ATTRIBUTE_VALUE_MAX;

    if ((cookie->attributes.present | cookie->ignored) & bit) {
        cookie->repeated |= bit;
        if (kind == CG_ATTRIBUTE_EXPIRES) {
            cg_set_cookie_read_date(cookie);
        }
    }
    if (is_too_long || !read_value(kind, value, cookie)) {
        cookie->ignored |= bit;
        cookie->has_long_value |= is_too_long;
        if (!(cookie->attributes.present & bit)) {
            cookie->effective[kind] = raw;
        }
        return;
    }
    if ((bit & CG_ATTRIBUTE_FLAGS) && (cookie->attributes.present & bit)) {
        return;
    }
    cookie->attributes.present |= bit;
    cookie->effective[kind] = raw;
    if ((bit & CG_ATTRIBUTE_FLAGS) && value.at) {
        cookie->valued_flags |= bit;
    }
}

/* Any attribute at all. */
static const char *read_token(const char *at, const char *end, cg_set_cookie *cookie)
{
    cg_attribute_token token;
    at = take_token(at, end, &token);
    if (token.kind != CG_ATTRIBUTE_OTHER) {
        read_attribute(token.kind, token.raw.at, token.has_value ? token.value : (cg_span){NULL, 0},
                       cookie);
        return at;
    }
    cookie->has_long_value |= token.value.len > CG_ATTRIBUTE_VALUE_MAX;
    cookie->ends_blank = at == end && token.name.len == 0 && !token.has_value;
    return at;
}

/* An attribute in its usual spelling, whose name stands behind a semicolon and a blank. The name may
 * still go on behind it; then it is another attribute. */
FOR_EACH_KIND const char *read_usual(cg_attribute kind, const char *at, const char *end,
                                     cg_set_cookie *cookie)
{
    const char *value = at + 2 + attribute_names[kind].len, *stop;

    if (value == end || *value == ';') {
        read_attribute(kind, at + 1, (cg_span){NULL, 0}, cookie);
        return value;
    }
    if (*value++ != '=') {
        return read_token(at, end, cookie);
    }
    stop = find(value, end, ';');
    read_attribute(kind, at + 1, cg_span_trim(between(value, stop)), cookie);
    return stop;
}

/* Four octets and then the others, so that a wrong guess costs one comparison. */
#define BEGINS_WITH(at, room, first, others)                                                       \
    (memcmp(at, first, 4) == 0 && (room) >= 4 + sizeof(others) - 1 &&                              \
     memcmp((at) + 4, others, sizeof(others) - 1) == 0)

/* The attribute whose usual spelling stands at `at`, if any. */
static inline cg_attribute guess_attribute(const char *at, size_t room)
{
    return room < 4                                   ? CG_ATTRIBUTE_OTHER
           : BEGINS_WITH(at, room, "Path", "")        ? CG_ATTRIBUTE_PATH
           : BEGINS_WITH(at, room, "Secu", "re")      ? CG_ATTRIBUTE_SECURE
           : BEGINS_WITH(at, room, "Http", "Only")    ? CG_ATTRIBUTE_HTTPONLY
           : BEGINS_WITH(at, room, "Same", "Site")    ? CG_ATTRIBUTE_SAMESITE
           : BEGINS_WITH(at, room, "Expi", "res")     ? CG_ATTRIBUTE_EXPIRES
           : BEGINS_WITH(at, room, "Max-", "Age")     ? CG_ATTRIBUTE_MAX_AGE
           : BEGINS_WITH(at, room, "Doma", "in")      ? CG_ATTRIBUTE_DOMAIN
           : BEGINS_WITH(at, room, "Part", "itioned") ? CG_ATTRIBUTE_PARTITIONED
                                                      : CG_ATTRIBUTE_OTHER;
}

/* Reads the attribute behind the semicolon at `at`. Returns where the next one begins, or the end. */
static inline const char *read_next(const char *at, const char *end, cg_set_cookie *cookie)
{
    if (end - at < 2 || at[1] != ' ') {
        return read_token(at, end, cookie);
    }
    switch (guess_attribute(at + 2, (size_t)(end - at) - 2)) {
    case CG_ATTRIBUTE_PATH:
        return read_usual(CG_ATTRIBUTE_PATH, at, end, cookie);
    case CG_ATTRIBUTE_SECURE:
        return read_usual(CG_ATTRIBUTE_SECURE, at, end, cookie);
    case CG_ATTRIBUTE_HTTPONLY:
        return read_usual(CG_ATTRIBUTE_HTTPONLY, at, end, cookie);
    case CG_ATTRIBUTE_SAMESITE:
        return read_usual(CG_ATTRIBUTE_SAMESITE, at, end, cookie);
    case CG_ATTRIBUTE_EXPIRES:
        return read_usual(CG_ATTRIBUTE_EXPIRES, at, end, cookie);
    case CG_ATTRIBUTE_MAX_AGE:
        return read_usual(CG_ATTRIBUTE_MAX_AGE, at, end, cookie);
    case CG_ATTRIBUTE_DOMAIN:
        return read_usual(CG_ATTRIBUTE_DOMAIN, at, end, cookie);
    case CG_ATTRIBUTE_PARTITIONED:
        return read_usual(CG_ATTRIBUTE_PARTITIONED, at, end, cookie);
    default:
        return read_token(at, end, cookie);
    }
}

static void read_attributes(cg_set_cookie *cookie)
{
    const char *at = cookie->rest.at, *end = at + cookie->rest.len;
    while (at < end) {
        at = read_next(at, end, cookie);
    }
}

static void read_pair(cg_set_cookie *cookie)
{
    const char *end = cookie->rest.at, *equals = cookie->line.at;
    while (equals < end && *equals != '=') { /* near the start: a loop is quicker than a call */
        equals++;
    }
    if (equals == end) {
        cookie->name = (cg_span){NULL, 0};
        cookie->value = cg_span_trim(cookie->pair);
        return;
    }
    cookie->name = cg_span_trim(between(cookie->line.at, equals));
    cookie->value = cg_span_trim(between(equals + 1, end));
}

static cg_line_kind find_kind(const cg_set_cookie *cookie)
{
    if (has_forbidden_control(cookie->line)) {
        return CG_LINE_CONTROL_CHARACTER;
    }
    if (cookie->name.len == 0 && cookie->value.len == 0) {
        return CG_LINE_EMPTY;
    }
    if (cookie->name.len + cookie->value.len > CG_NAME_VALUE_MAX) {
        return CG_LINE_TOO_LONG;
    }
    return CG_LINE_COOKIE;
}

void cg_set_cookie_scan(cg_span line, cg_set_cookie *cookie)
{
    const char *at = line.at ? line.at : "", *end = at + line.len;
    const char *semicolon = find(at, end, ';');

    cookie->line = between(at, end);
    cookie->pair = between(at, semicolon);
    cookie->rest = between(semicolon, end);
    cookie->attributes = (cg_attributes){.present = 0};
    cookie->ignored = cookie->repeated = cookie->valued_flags = 0;
    cookie->has_long_value = cookie->ends_blank = cookie->has_unread_date = false;
    read_pair(cookie);
    cookie->kind = find_kind(cookie);
    read_attributes(cookie);
}

void cg_set_cookie_parse(cg_span line, cg_set_cookie *cookie)
{
    cg_set_cookie_scan(line, cookie);
    cg_set_cookie_read_date(cookie);
}
