/* Any octets as the head of a response: the parts are the whole, and no line that a client could
 * take for a Set-Cookie field is missed. */
#include "fuzz_input.h"

#include "cookie/response_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ends_line(char c)
{
    return c == '\r' || c == '\n';
}

/* Set-Cookie fields as one who only looks at the beginnings of lines counts them: at most as many
 * as there are, because a folded line is none. */
static unsigned count_by_looking(cg_span fields)
{
    const cg_span name = CG_SPAN("Set-Cookie:");
    unsigned count = 0;

    for (size_t i = 0; i < fields.len; i++) {
        if (i == 0 || ends_line(fields.at[i - 1])) {
            count += cg_span_starts_folded(cg_span_part(fields, i, fields.len), name);
        }
    }
    return count;
}

static void check_unfolded(const cg_head_field *field)
{
    char *text = malloc(field->value.len + 1);

    cg_head_field_unfold(field, text);
    fuzz_check(strlen(text) == field->value.len, "an unfolded text is not as long as its value");
    fuzz_check(!strpbrk(text, "\r\n"), "an end of line stands in an unfolded text");
    fuzz_check(!field->value.len || (text[0] != ' ' && text[0] != '\t'), "a blank comes first");
    free(text);
}

static void check_fields(cg_span fields)
{
    unsigned count = 0;
    size_t sum = 0;
    cg_head_field field;
    cg_span rest = fields;

    while (cg_head_field_next(&rest, &field)) {
        fuzz_check(field.raw.at == fields.at + sum && field.raw.len > 0, "a step is not the next");
        sum += field.raw.len;
        check_unfolded(&field);
        if (cg_head_field_is_set_cookie(&field)) {
            count++;
            fuzz_check(field.value.len == 0 || field.value.at > field.name.at, "value before name");
        }
    }
    fuzz_check(sum == fields.len, "the steps are not the whole");
    fuzz_check(count >= count_by_looking(fields), "a Set-Cookie field was missed");
}

/* The end is where it is, whichever part was seen before. */
static void check_length(cg_span text, cg_head_place place)
{
    size_t len = cg_head_length(text, place, 0);
    size_t seen = text.len / 2;

    if (cg_head_length(cg_span_part(text, 0, seen), place, 0) == 0) {
        fuzz_check(cg_head_length(text, place, seen) == len, "another end when continued");
    }
    fuzz_check(len <= text.len && (len == 0 || text.at[len - 1] == '\n'), "the end is no end");
    fuzz_check(len == 0 || cg_head_length(cg_span_part(text, 0, len - 1), place, 0) == 0,
               "it ends before its end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cg_span text = {(const char *)data, size};
    cg_response_head head;

    (void)cg_head_recognize(text);
    check_length(text, CG_HEAD_START);
    check_length(text, CG_HEAD_FIELD);
    check_length(text, CG_HEAD_MIDDLE);
    cg_response_head_parse(text, &head);
    fuzz_check(head.status_line.len + head.fields.len == size, "line and fields are not the whole");
    fuzz_check(head.status < 1000, "a status of more than three digits");
    check_fields(head.fields);
    return 0;
}
