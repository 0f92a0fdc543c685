/* Printing short forms. */
#include "short_form.h"

#include "json_line.h"

/* The name, escaped. */
enum { NAME_MAX_ESCAPED = 256 };

static void write_name(cg_writer *writer, cg_span name)
{
    size_t room = NAME_MAX_ESCAPED;
    for (size_t i = 0; i < name.len; i++) {
        size_t len = cg_ascii_is_token(name.at[i]) ? 1 : 6;
        if (len > room) {
            cg_write(writer, CG_SPAN("..."));
            return;
        }
        room -= len;
        if (len == 1) {
            cg_write_char(writer, name.at[i]);
        } else {
            cg_json_escape_octet(writer, name.at[i]);
        }
    }
}

static void write_changes(cg_writer *writer, char sign, unsigned attributes)
{
    for (int i = CG_ATTRIBUTE_DOMAIN; attributes >> i; i++) {
        if (attributes & CG_ATTRIBUTE_BIT(i)) {
            cg_write_char(writer, sign);
            cg_write(writer, cg_attribute_name((cg_attribute)i));
        }
    }
}

void cg_short_form_print(cg_writer *writer, cg_span name, const cg_judgement *judgement)
{
    if (judgement->action == CG_ACTION_PASS) {
        return;
    }
    write_name(writer, name);
    cg_write_char(writer, ':');
    if (judgement->action == CG_ACTION_DROP) {
        cg_write(writer, cg_judgement_fate(judgement));
        return;
    }
    if (judgement->prefix != CG_PREFIX_NONE) {
        cg_write_char(writer, '+');
        cg_write(writer, cg_prefix_rows[judgement->prefix].text);
    }
    write_changes(writer, '+', judgement->added);
    write_changes(writer, '~', judgement->replaced);
    write_changes(writer, '-', judgement->removed);
    if (cg_judgement_changes(judgement) == 0 && judgement->prefix == CG_PREFIX_NONE) {
        cg_write_char(writer, '~');
    }
}
