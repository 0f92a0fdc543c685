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

cg_same_site cg_same_site_find(cg_span word)
{
    cg_same_site guess = word.len == 3   ? CG_SAME_SITE_LAX
                         : word.len == 4 ? CG_SAME_SITE_NONE
                                         : CG_SAME_SITE_STRICT;
    return cg_span_equal_folded(word, same_site_names[guess]) ? guess : CG_SAME_SITE_DEFAULT;
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

/* As many octets as a vector has. The loops over them have no branch and a fixed length, so that
 * compilers make each a few instructions. */
enum { BLOCK = 16 };

static inline void note_forbidden(unsigned char found[BLOCK], const char *at)
{
    for (int i = 0; i < BLOCK; i++) {
        unsigned char u = (unsigned char)at[i];
        found[i] |= (unsigned char)(((u < 0x20) & (u != 0x09)) | (u == 0x7F));
    }
}

static inline bool is_any_set(const unsigned char found[BLOCK])
{
    uint64_t words[BLOCK / sizeof(uint64_t)];
    memcpy(words, found, sizeof words);
    return (words[0] | words[1]) != 0;
}

/* Block by block; the last one reaches back if the text does not come out even. */
static bool has_forbidden_control(cg_span text)
{
    unsigned char found[BLOCK] = {0};
    if (text.len < BLOCK) {
        for (size_t i = 0; i < text.len; i++) {
            found[0] |= is_forbidden_control(text.at[i]);
        }
        return found[0];
    }
    for (size_t i = 0; i + BLOCK <= text.len; i += BLOCK) {
        note_forbidden(found, text.at + i);
    }
    note_forbidden(found, text.at + text.len - BLOCK);
    return is_any_set(found);
}

#define BEGINS_WITH(text, usual)                                                                   \
    ((text).len >= sizeof(usual) - 1 && memcmp((text).at, usual, sizeof(usual) - 1) == 0)

/* The attribute whose usual spelling `text` begins with, if any: a guess, since the name may go on
 * behind it. */
static inline cg_attribute guess_attribute(cg_span text)
{
    switch (text.len ? text.at[0] : '\0') {
    case 'D':
        return BEGINS_WITH(text, "Domain") ? CG_ATTRIBUTE_DOMAIN : CG_ATTRIBUTE_OTHER;
    case 'E':
        return BEGINS_WITH(text, "Expires") ? CG_ATTRIBUTE_EXPIRES : CG_ATTRIBUTE_OTHER;
    case 'H':
        return BEGINS_WITH(text, "HttpOnly") ? CG_ATTRIBUTE_HTTPONLY : CG_ATTRIBUTE_OTHER;
    case 'M':
        return BEGINS_WITH(text, "Max-Age") ? CG_ATTRIBUTE_MAX_AGE : CG_ATTRIBUTE_OTHER;
    case 'P':
        return BEGINS_WITH(text, "Path") ? CG_ATTRIBUTE_PATH : CG_ATTRIBUTE_OTHER;
    case 'S':
        return BEGINS_WITH(text, "Secure")     ? CG_ATTRIBUTE_SECURE
               : BEGINS_WITH(text, "SameSite") ? CG_ATTRIBUTE_SAMESITE
                                               : CG_ATTRIBUTE_OTHER;
    default:
        return CG_ATTRIBUTE_OTHER;
    }
}

static inline bool ends_name(cg_span text, size_t at)
{
    return at == text.len || text.at[at] == ';' || text.at[at] == '=';
}

/* Takes the name at the start of `text`, which goes up to a semicolon, an equals sign or the end.
 * Returns its length; white space behind the name counts. */
static inline size_t take_name(cg_span text, cg_attribute_token *token)
{
    size_t end;
    token->kind = guess_attribute(text);
    end = attribute_names[token->kind].len;
    if (token->kind != CG_ATTRIBUTE_OTHER && ends_name(text, end)) {
        token->name = cg_span_part(text, 0, end);
        return end;
    }
    for (end = 0; !ends_name(text, end); end++) {
    }
    token->name = cg_span_trim(cg_span_part(text, 0, end));
    token->kind = cg_attribute_find(token->name);
    return end;
}

/* Inlined by force: every attribute of every cookie comes through, and a call would cost each some
 * thirty instructions. */
static inline __attribute__((always_inline)) bool next_token(cg_span *rest,
                                                             cg_attribute_token *token)
{
    cg_span text = *rest; /* begins with a semicolon */
    size_t start = 1, end;

    if (text.len == 0) {
        return false;
    }
    while (start < text.len && cg_ascii_is_wsp(text.at[start])) {
        start++;
    }
    end = start + take_name(cg_span_part(text, start, text.len), token);
    token->value = (cg_span){NULL, 0};
    token->has_value = end < text.len && text.at[end] == '=';
    if (token->has_value) {
        cg_span behind = cg_span_part(text, end + 1, text.len);
        behind.len = cg_span_find(behind, ';');
        token->value = cg_span_trim(behind);
        end += 1 + behind.len;
    }
    token->raw = cg_span_part(text, 1, end);
    *rest = cg_span_part(text, end, text.len);
    return true;
}

bool cg_attribute_next(cg_span *rest, cg_attribute_token *token)
{
    return next_token(rest, token);
}

/* Reads one attribute's value into *attributes. False if a browser ignores the attribute. */
static bool read_value(const cg_attribute_token *token, cg_attributes *attributes)
{
    switch (token->kind) {
    case CG_ATTRIBUTE_EXPIRES:
        return cg_cookie_date_parse(token->value, &attributes->expires);
    case CG_ATTRIBUTE_MAX_AGE:
        return cg_max_age_parse(token->value, &attributes->max_age);
    case CG_ATTRIBUTE_DOMAIN:
        attributes->domain = token->value;
        if (token->value.len && token->value.at[0] == '.') {
            attributes->domain = cg_span_part(token->value, 1, token->value.len);
        }
        return true;
    case CG_ATTRIBUTE_PATH:
        attributes->path = token->value;
        return true;
    case CG_ATTRIBUTE_SAMESITE:
        attributes->same_site = cg_same_site_find(token->value);
        return true;
    default:
        return true;
    }
}

/* Enters one known attribute. The last occurrence counts; of a flag the first does, since all say
 * the same. */
static void read_attribute(const cg_attribute_token *token, cg_set_cookie *cookie)
{
    unsigned bit = CG_ATTRIBUTE_BIT(token->kind);
    bool is_too_long = token->value.len > CG_ATTRIBUTE_VALUE_MAX;

    if ((cookie->attributes.present | cookie->ignored) & bit) {
        cookie->repeated |= bit;
    }
    if (is_too_long || !read_value(token, &cookie->attributes)) {
        cookie->ignored |= bit;
        cookie->has_long_value |= is_too_long;
        if (!(cookie->attributes.present & bit)) {
            cookie->effective[token->kind] = token->raw.at;
        }
        return;
    }
    if ((bit & CG_ATTRIBUTE_FLAGS) && (cookie->attributes.present & bit)) {
        return;
    }
    cookie->attributes.present |= bit;
    cookie->effective[token->kind] = token->raw.at;
    if ((bit & CG_ATTRIBUTE_FLAGS) && token->has_value) {
        cookie->valued_flags |= bit;
    }
}

static void read_attributes(cg_set_cookie *cookie)
{
    cg_span rest = cookie->rest;
    cg_attribute_token token;
    while (next_token(&rest, &token)) {
        if (token.kind != CG_ATTRIBUTE_OTHER) {
            read_attribute(&token, cookie);
            continue;
        }
        cookie->has_long_value |= token.value.len > CG_ATTRIBUTE_VALUE_MAX;
        cookie->ends_blank = rest.len == 0 && token.name.len == 0 && !token.has_value;
    }
}

static void read_pair(cg_set_cookie *cookie)
{
    size_t equals = 0; /* near the start, where a loop is quicker than a call */
    while (equals < cookie->pair.len && cookie->pair.at[equals] != '=') {
        equals++;
    }
    if (equals == cookie->pair.len) {
        cookie->value = cg_span_trim(cookie->pair);
        return;
    }
    cookie->name = cg_span_trim(cg_span_part(cookie->pair, 0, equals));
    cookie->value = cg_span_trim(cg_span_part(cookie->pair, equals + 1, cookie->pair.len));
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

void cg_set_cookie_parse(cg_span line, cg_set_cookie *cookie)
{
    size_t semicolon = cg_span_find(line, ';');
    *cookie = (cg_set_cookie){.line = line};
    cookie->pair = cg_span_part(line, 0, semicolon);
    cookie->rest = cg_span_part(line, semicolon, line.len);
    read_pair(cookie);
    cookie->kind = find_kind(cookie);
    read_attributes(cookie);
}
