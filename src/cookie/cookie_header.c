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
    size_t start = text.len;

    while (start && text.at[start - 1] != '=' &&
           cg_name_is_trimmed((unsigned char)text.at[start - 1])) {
        start--;
    }
    while (start && text.at[start - 1] != '=' && !cg_cookie_is_boundary(text.at[start - 1])) {
        start--;
    }
    if (start == 0 || text.at[start - 1] == '=') {
        start = text.len;
    }
    return cg_span_part(text, start, text.len);
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

bool cg_cookie_leaves_quote_open(cg_span raw)
{
    size_t at = cg_span_find(raw, '=');

    while (at < raw.len) {
        for (at++; at < raw.len && (unsigned char)raw.at[at] <= 0x20;) {
            at++;
        }
        if (at < raw.len && raw.at[at] == '"') {
            at = skip_quoted(raw, at);
            if (at > raw.len) {
                return true;
            }
        }
        at += cg_span_find(cg_span_part(raw, at, raw.len), '=');
    }
    return false;
}
