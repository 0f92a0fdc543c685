/* Says whether a text is one JSON value (RFC 8259), and nothing but ASCII in it. */
#ifndef CG_TEST_JSON_CHECK_H
#define CG_TEST_JSON_CHECK_H

#include <stdbool.h>
#include <string.h>

#include "cookie/span.h"

/* Each function takes what it understands off the front of *text; false if it is not there. */
static inline bool json_take(cg_span *text, char c)
{
    if (text->len == 0 || text->at[0] != c) {
        return false;
    }
    *text = cg_span_part(*text, 1, text->len);
    return true;
}

static inline bool json_take_word(cg_span *text, cg_span word)
{
    if (!cg_span_starts(*text, word)) {
        return false;
    }
    *text = cg_span_part(*text, word.len, text->len);
    return true;
}

static inline bool json_take_digits(cg_span *text)
{
    size_t count = 0;
    while (text->len && cg_ascii_is_digit(text->at[0])) {
        json_take(text, text->at[0]);
        count++;
    }
    return count > 0;
}

/* Whole numbers are all that records have. */
static inline bool json_take_number(cg_span *text)
{
    json_take(text, '-');
    if (json_take(text, '0')) {
        return text->len == 0 || !cg_ascii_is_digit(text->at[0]);
    }
    return json_take_digits(text);
}

static inline bool json_take_escape(cg_span *text)
{
    if (json_take(text, 'u')) {
        for (int i = 0; i < 4; i++) {
            if (text->len == 0 || !memchr("0123456789abcdefABCDEF", text->at[0], 22)) {
                return false;
            }
            json_take(text, text->at[0]);
        }
        return true;
    }
    return text->len && memchr("\"\\/bfnrt", text->at[0], 8) && json_take(text, text->at[0]);
}

static inline bool json_take_string(cg_span *text)
{
    if (!json_take(text, '"')) {
        return false;
    }
    while (text->len && text->at[0] != '"') {
        if (json_take(text, '\\')) {
            if (!json_take_escape(text)) {
                return false;
            }
        } else if ((unsigned char)text->at[0] < 0x20 || (unsigned char)text->at[0] >= 0x7F) {
            return false;
        } else {
            json_take(text, text->at[0]);
        }
    }
    return json_take(text, '"');
}

static inline bool json_take_value(cg_span *text, int depth);

static inline bool json_take_member(cg_span *text, int depth)
{
    return json_take_string(text) && json_take(text, ':') && json_take_value(text, depth);
}

/* The members of an object or the elements of an array, up to the closing sign. */
static inline bool json_take_list(cg_span *text, char end, int depth,
                                  bool (*take)(cg_span *text, int depth))
{
    if (json_take(text, end)) {
        return true;
    }
    do {
        if (!take(text, depth)) {
            return false;
        }
    } while (json_take(text, ','));
    return json_take(text, end);
}

static inline bool json_take_value(cg_span *text, int depth)
{
    if (depth == 0 || text->len == 0) {
        return false;
    }
    if (json_take(text, '{')) {
        return json_take_list(text, '}', depth - 1, json_take_member);
    }
    if (json_take(text, '[')) {
        return json_take_list(text, ']', depth - 1, json_take_value);
    }
    if (text->at[0] == '"') {
        return json_take_string(text);
    }
    return json_take_word(text, CG_SPAN("true")) || json_take_word(text, CG_SPAN("false")) ||
           json_take_word(text, CG_SPAN("null")) || json_take_number(text);
}

static inline bool json_is_valid(cg_span text)
{
    return json_take_value(&text, 8) && text.len == 0;
}

#endif
