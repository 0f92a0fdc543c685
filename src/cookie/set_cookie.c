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

/* True if `name`, as long as it already is, is this attribute's. The usual spelling is compared as
 * a constant, in two or three instructions; others are folded. */
#define IS_NAMED(name, attribute, usual)                                                           \
    (memcmp((name).at, usual, sizeof(usual) - 1) == 0 ||                                           \
     cg_span_equal_folded(name, attribute_names[attribute]))

cg_attribute cg_attribute_find(cg_span name)
{
    switch (name.len) {
    case 4:
        return IS_NAMED(name, CG_ATTRIBUTE_PATH, "Path") ? CG_ATTRIBUTE_PATH : CG_ATTRIBUTE_OTHER;
    case 6:
        return IS_NAMED(name, CG_ATTRIBUTE_SECURE, "Secure")   ? CG_ATTRIBUTE_SECURE
               : IS_NAMED(name, CG_ATTRIBUTE_DOMAIN, "Domain") ? CG_ATTRIBUTE_DOMAIN
                                                               : CG_ATTRIBUTE_OTHER;
    case 7:
        return IS_NAMED(name, CG_ATTRIBUTE_EXPIRES, "Expires")   ? CG_ATTRIBUTE_EXPIRES
               : IS_NAMED(name, CG_ATTRIBUTE_MAX_AGE, "Max-Age") ? CG_ATTRIBUTE_MAX_AGE
                                                                 : CG_ATTRIBUTE_OTHER;
    case 8:
        return IS_NAMED(name, CG_ATTRIBUTE_HTTPONLY, "HttpOnly")   ? CG_ATTRIBUTE_HTTPONLY
               : IS_NAMED(name, CG_ATTRIBUTE_SAMESITE, "SameSite") ? CG_ATTRIBUTE_SAMESITE
                                                                   : CG_ATTRIBUTE_OTHER;
    case 11:
        return IS_NAMED(name, CG_ATTRIBUTE_PARTITIONED, "Partitioned") ? CG_ATTRIBUTE_PARTITIONED
                                                                       : CG_ATTRIBUTE_OTHER;
    default:
        return CG_ATTRIBUTE_OTHER;
    }
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

bool cg_attributes_delete(const cg_attributes *attributes, int64_t now)
{
    if (attributes->present & CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_MAX_AGE)) {
        return attributes->max_age <= 0;
    }
    return (attributes->present & CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_EXPIRES)) &&
           attributes->expires <= now;
}

static inline bool is_forbidden_control(char c)
{
    unsigned char u = (unsigned char)c;
    return (u < 0x20 && u != 0x09) || u == 0x7F;
}

/* As many octets as a vector has; the loop over them has no branch, so compilers make it one. */
enum { BLOCK = 16 };

static inline unsigned char forbidden_in_block(const char *at)
{
    unsigned char found = 0;
    for (int i = 0; i < BLOCK; i++) {
        unsigned char u = (unsigned char)at[i];
        found |= (unsigned char)(((u < 0x20) & (u != 0x09)) | (u == 0x7F));
    }
    return found;
}

/* Block by block; the last one reaches back if the text does not come out even. */
static bool has_forbidden_control(cg_span text)
{
    unsigned char found = 0;
    if (text.len < BLOCK) {
        for (size_t i = 0; i < text.len; i++) {
            found |= is_forbidden_control(text.at[i]);
        }
        return found;
    }
    for (size_t i = 0; i + BLOCK <= text.len; i += BLOCK) {
        found |= forbidden_in_block(text.at + i);
    }
    return found | forbidden_in_block(text.at + text.len - BLOCK);
}

static inline bool next_token(cg_span *rest, cg_attribute_token *token)
{
    const cg_span text = *rest; /* begins with a semicolon */
    size_t start = 1, end;

    if (text.len == 0) {
        return false;
    }
    while (start < text.len && cg_ascii_is_wsp(text.at[start])) {
        start++;
    }
    for (end = start; end < text.len && text.at[end] != ';' && text.at[end] != '='; end++) {
    }
    token->name = cg_span_trim(cg_span_part(text, start, end));
    token->value = (cg_span){NULL, 0};
    token->has_value = end < text.len && text.at[end] == '=';
    if (token->has_value) {
        cg_span behind = cg_span_part(text, end + 1, text.len);
        behind.len = cg_span_find(behind, ';');
        token->value = cg_span_trim(behind);
        end += 1 + behind.len;
    }
    token->raw = cg_span_part(text, 1, end);
    token->kind = cg_attribute_find(token->name);
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
    size_t equals = cg_span_find(cookie->pair, '=');
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
