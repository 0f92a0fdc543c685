/* Reading one pair of a Cookie field. */
#include "cookie_header.h"

#include "folded_name.h"

void cg_cookie_pair_parse(cg_span raw, cg_cookie_pair *pair)
{
    size_t start = 0, equals = cg_span_find(raw, '=');

    while (start < equals && cg_ascii_is_wsp(raw.at[start])) {
        start++;
    }
    pair->has_equals = equals < raw.len;
    pair->name = cg_span_part(raw, start, equals);
    pair->value = pair->has_equals ? cg_span_trim(cg_span_part(raw, equals + 1, raw.len))
                                   : (cg_span){NULL, 0};
}

cg_span cg_cookie_inner_name(cg_span text)
{
    size_t end = text.len, cut = 1, start, before;

    while (end && cut && text.at[end - 1] != '=') {
        cut = cg_name_trimmed_end(cg_span_part(text, 0, end));
        end -= cut;
    }
    for (start = end; start && text.at[start - 1] != '='; start--) {
        if (cg_cookie_is_boundary(text.at[start - 1])) {
            break;
        }
    }
    for (before = start; start < end && before; before--) {
        if (cg_cookie_is_boundary(text.at[before - 1])) {
            return cg_span_part(text, start, text.len);
        }
        if (!cg_name_is_trimmed((unsigned char)text.at[before - 1])) {
            break;
        }
    }
    return cg_span_part(text, text.len, text.len);
}

/* The index behind the quoted string that begins at `start`, or raw.len + 1 if it does not end. */
static size_t skip_quoted(cg_span raw, size_t start)
{
    for (size_t i = start + 1; i < raw.len; i++) {
        if (raw.at[i] == '\\') {
            i++;
        } else if (raw.at[i] == '"') {
            return i + 1;
        }
    }
    return raw.len + 1;
}

/* A token, "=" and one quoted string to the end: of these no two parsers think differently. */
static bool is_well_quoted(cg_span raw)
{
    cg_cookie_pair pair;
    bool is_token;

    cg_cookie_pair_parse(raw, &pair);
    is_token = pair.name.len > 0;
    for (size_t i = 0; i < pair.name.len; i++) {
        is_token = is_token && !cg_name_is_trimmed((unsigned char)pair.name.at[i]);
    }
    return is_token && pair.value.len && pair.value.at[0] == '"' &&
           skip_quoted(pair.value, 0) == pair.value.len;
}

/* A quoted string may begin at the start, behind "=" and behind a comma. */
static bool may_open(cg_span raw, size_t at)
{
    while (at && (unsigned char)raw.at[at - 1] <= 0x20) {
        at--;
    }
    return at == 0 || raw.at[at - 1] == '=' || raw.at[at - 1] == ',';
}

bool cg_cookie_leaves_quote_open(cg_span raw)
{
    size_t at = cg_span_find(raw, '"');

    if (at == raw.len || is_well_quoted(raw)) {
        return false;
    }
    while (at < raw.len) {
        if (may_open(raw, at) && skip_quoted(raw, at) > raw.len) {
            return true;
        }
        at++;
        at += cg_span_find(cg_span_part(raw, at, raw.len), '"');
    }
    return false;
}
