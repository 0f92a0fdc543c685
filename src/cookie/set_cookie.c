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

/* The attribute that a name of this length and this first letter (lower case) can only be. */
static cg_attribute guess_attribute(size_t len, char first)
{
    switch (len) {
    case 4:
        return CG_ATTRIBUTE_PATH;
    case 6:
        return first == 's' ? CG_ATTRIBUTE_SECURE : CG_ATTRIBUTE_DOMAIN;
    case 7:
        return first == 'e' ? CG_ATTRIBUTE_EXPIRES : CG_ATTRIBUTE_MAX_AGE;
    case 8:
        return first == 'h' ? CG_ATTRIBUTE_HTTPONLY : CG_ATTRIBUTE_SAMESITE;
    case 11:
        return CG_ATTRIBUTE_PARTITIONED;
    default:
        return CG_ATTRIBUTE_OTHER;
    }
}

cg_attribute cg_attribute_find(cg_span name)
{
    cg_attribute guess = name.len ? guess_attribute(name.len, cg_ascii_lower(name.at[0]))
                                  : CG_ATTRIBUTE_OTHER;
    bool is_it = cg_span_equal(name, attribute_names[guess]) ||
                 cg_span_equal_folded(name, attribute_names[guess]);
    return is_it ? guess : CG_ATTRIBUTE_OTHER;
}

cg_same_site cg_same_site_find(cg_span word)
{
    for (int i = CG_SAME_SITE_NONE; i < CG_SAME_SITE_COUNT; i++) {
        if (cg_span_equal_folded(word, same_site_names[i])) {
            return (cg_same_site)i;
        }
    }
    return CG_SAME_SITE_DEFAULT;
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

static bool is_forbidden_control(char c)
{
    unsigned char u = (unsigned char)c;
    return (u < 0x20 && u != 0x09) || u == 0x7F;
}

/* True if one of eight octets is below %x20 or is %x7F: Mycroft's test for a small octet, and the
 * same for a zero after an exclusive or. A borrow may raise a false alarm, never hide an octet. */
static bool may_have_control(uint64_t octets)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t deleted = octets ^ (ones * 0x7F);
    return (((octets - ones * 0x20) & ~octets) | ((deleted - ones) & ~deleted)) & high;
}

static bool has_forbidden_control(cg_span text)
{
    size_t i = 0;
    for (; i + sizeof(uint64_t) <= text.len; i += sizeof(uint64_t)) {
        uint64_t octets;
        memcpy(&octets, text.at + i, sizeof octets);
        if (may_have_control(octets)) {
            for (size_t k = i; k < i + sizeof octets; k++) {
                if (is_forbidden_control(text.at[k])) {
                    return true;
                }
            }
        }
    }
    for (; i < text.len; i++) {
        if (is_forbidden_control(text.at[i])) {
            return true;
        }
    }
    return false;
}

bool cg_attribute_next(cg_span *rest, cg_attribute_token *token)
{
    size_t equals;
    if (rest->len == 0) {
        return false;
    }
    token->raw = cg_span_part(*rest, 1, rest->len);
    token->raw.len = cg_span_find(token->raw, ';');
    equals = cg_span_find(token->raw, '=');
    token->has_value = equals < token->raw.len;
    token->name = cg_span_trim(cg_span_part(token->raw, 0, equals));
    token->value = token->has_value
                       ? cg_span_trim(cg_span_part(token->raw, equals + 1, token->raw.len))
                       : (cg_span){NULL, 0};
    token->kind = cg_attribute_find(token->name);
    *rest = cg_span_part(*rest, 1 + token->raw.len, rest->len);
    return true;
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
    while (cg_attribute_next(&rest, &token)) {
        if (token.kind != CG_ATTRIBUTE_OTHER) {
            read_attribute(&token, cookie);
        } else if (token.value.len > CG_ATTRIBUTE_VALUE_MAX) {
            cookie->has_long_value = true;
        }
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
