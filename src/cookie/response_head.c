/* Reading the text of response heads. */
#include "response_head.h"

static bool ends_line(char c)
{
    return c == '\r' || c == '\n';
}

/* Chrome looks for the status line behind so many octets; it is the most patient of the clients. */
enum { EMPTY_START_MAX = 4 };

static size_t count_empty_start(cg_span text)
{
    size_t count = 0;
    while (count < text.len && count < EMPTY_START_MAX && ends_line(text.at[count])) {
        count++;
    }
    return count;
}

cg_head_sign cg_head_recognize(cg_span text)
{
    const cg_span sign = CG_SPAN("HTTP");
    size_t start = count_empty_start(text);
    size_t len = text.len - start < sign.len ? text.len - start : sign.len;

    if (!cg_span_equal_folded(cg_span_part(text, start, start + len), (cg_span){sign.at, len})) {
        return CG_HEAD_NEVER;
    }
    return len == sign.len ? CG_HEAD_BEGINS : CG_HEAD_PERHAPS;
}

/* Octets of the empty line at `at`, or 0 if none is there. */
static size_t empty_line_length(cg_span text, size_t at)
{
    if (at < text.len && text.at[at] == '\n') {
        return 1;
    }
    return at + 1 < text.len && text.at[at] == '\r' && text.at[at + 1] == '\n' ? 2 : 0;
}

/* The end of the first empty line that follows the end of another one, at `at` or behind it. */
static size_t find_empty_line(cg_span text, size_t at)
{
    while (at < text.len) {
        at += cg_span_find(cg_span_part(text, at, text.len), '\n') + 1;
        if (empty_line_length(text, at)) {
            return at + empty_line_length(text, at);
        }
    }
    return 0;
}

/* The last two octets that were seen may be the first half of what is looked for. */
size_t cg_head_length(cg_span text, cg_head_place place, size_t seen)
{
    size_t start = place == CG_HEAD_START ? count_empty_start(text) : 0;

    if (place == CG_HEAD_FIELD && empty_line_length(text, 0)) {
        return empty_line_length(text, 0);
    }
    return find_empty_line(text, seen > start + 2 ? seen - 2 : start);
}

/* Octets of the first line, with its end. */
static size_t line_length(cg_span text)
{
    size_t len = 0;
    while (len < text.len && !ends_line(text.at[len])) {
        len++;
    }
    if (len + 1 < text.len && text.at[len] == '\r' && text.at[len + 1] == '\n') {
        return len + 2;
    }
    return len < text.len ? len + 1 : len;
}

static cg_span trim_line(cg_span text)
{
    while (text.len && (cg_ascii_is_wsp(text.at[0]) || ends_line(text.at[0]))) {
        text.at++;
        text.len--;
    }
    while (text.len &&
           (cg_ascii_is_wsp(text.at[text.len - 1]) || ends_line(text.at[text.len - 1]))) {
        text.len--;
    }
    return text;
}

/* What follows the version; empty if it does not begin with three digits that stand alone. */
static cg_span find_status_text(cg_span line)
{
    size_t blank = cg_span_find(line, ' ');
    cg_span text = cg_span_trim(cg_span_part(line, blank, line.len));
    size_t digits = 0;

    while (digits < text.len && cg_ascii_is_digit(text.at[digits])) {
        digits++;
    }
    return digits == 3 && text.at[0] != '0' ? text : cg_span_part(text, 0, 0);
}

void cg_response_head_parse(cg_span text, cg_response_head *head)
{
    size_t start = count_empty_start(text);
    size_t end = start + line_length(cg_span_part(text, start, text.len));
    const char *digits;

    head->status_line = cg_span_part(text, 0, end);
    head->fields = cg_span_part(text, end, text.len);
    head->status_text = find_status_text(trim_line(head->status_line));
    digits = head->status_text.at;
    head->status = head->status_text.len
                       ? (unsigned)(digits[0] - '0') * 100 + (unsigned)(digits[1] - '0') * 10 +
                             (unsigned)(digits[2] - '0')
                       : 0;
}

/* A line that begins with a blank belongs to the one before it (RFC 9112 5.2). */
static size_t field_length(cg_span text)
{
    size_t len = line_length(text);
    bool is_empty = ends_line(text.at[0]);

    while (!is_empty && len < text.len && cg_ascii_is_wsp(text.at[len])) {
        len += line_length(cg_span_part(text, len, text.len));
    }
    return len;
}

bool cg_head_field_next(cg_span *rest, cg_head_field *field)
{
    size_t line;
    size_t colon;

    *field = (cg_head_field){.is_folded = false};
    if (rest->len == 0) {
        return false;
    }
    field->raw = cg_span_part(*rest, 0, field_length(*rest));
    *rest = cg_span_part(*rest, field->raw.len, rest->len);
    line = line_length(field->raw);
    colon = cg_span_find(cg_span_part(field->raw, 0, line), ':');
    field->is_folded = line < field->raw.len;
    if (colon < line) {
        field->name = cg_span_trim(cg_span_part(field->raw, 0, colon));
        field->value = trim_line(cg_span_part(field->raw, colon + 1, field->raw.len));
    }
    return true;
}

bool cg_head_field_is_set_cookie(const cg_head_field *field)
{
    return cg_span_equal_folded(field->name, CG_SPAN("Set-Cookie"));
}

void cg_head_field_unfold(const cg_head_field *field, char *text)
{
    for (size_t i = 0; i < field->value.len; i++) {
        char c = field->value.at[i];
        text[i] = ends_line(c) ? ' ' : c ? c : '\001';
    }
    text[field->value.len] = '\0';
}
