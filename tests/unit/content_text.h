/* Contents and changes of sessions as a person writes them:
 *
 *   contents   "m:user=joe m:theme= j:SID=1"      the section's letter, key, value
 *   changes    "m:user=ann@1 m:theme@1 j:b=2"     no "=": the key is removed; "@": a unit
 *
 * Sections: i internal, m mod_session, j jar, d device. */
#ifndef CG_TEST_CONTENT_TEXT_H
#define CG_TEST_CONTENT_TEXT_H

#include <stdlib.h>

#include "session/content.h"

#define CHANGES_IN_TEXT 16

static inline cg_span content_take(cg_span *text, char end)
{
    size_t at = cg_span_find(*text, end);
    cg_span part = cg_span_part(*text, 0, at);
    *text = cg_span_part(*text, at < text->len ? at + 1 : at, text->len);
    return part;
}

static inline cg_content_section content_section(char letter)
{
    static const char letters[CG_SECTION_COUNT + 1] = "-imjd";
    const char *found = strchr(letters, letter);
    return found ? (cg_content_section)(found - letters) : CG_SECTION_NONE;
}

static inline void content_write_item(cg_writer *writer, cg_content_section section, cg_span key,
                                      cg_span value)
{
    cg_write_char(writer, (char)section);
    cg_write_char(writer, (char)key.len);
    for (unsigned shift = 0; shift < 32; shift += 8) {
        cg_write_char(writer, (char)(value.len >> shift));
    }
    cg_write(writer, key);
    cg_write_char(writer, '\0');
    cg_write(writer, value);
    cg_write_char(writer, '\0');
}

/* Changes of a text; was_there as in `loaded`. Spans look into `text`. */
static inline size_t content_read_changes(cg_span text, cg_content loaded, cg_change *changes)
{
    size_t count = 0;
    while (text.len && count < CHANGES_IN_TEXT) {
        cg_span word = content_take(&text, ' '), body, unit = word;
        cg_change *change = &changes[count++];
        body = content_take(&unit, '@');
        *change = (cg_change){.section = content_section(body.at[0])};
        change->unit = unit.len ? (unsigned)(unit.at[0] - '0') : 0;
        body = cg_span_part(body, 2, body.len);
        if (cg_span_find(body, '=') < body.len) {
            change->key = content_take(&body, '=');
            change->value = body;
        } else {
            change->key = body;
        }
        change->was_there = cg_content_find(loaded, change->section, change->key).at != NULL;
    }
    return count;
}

static inline cg_content content_write(cg_span text, cg_writer *writer)
{
    while (text.len) {
        cg_span word = content_take(&text, ' ');
        cg_content_section section = content_section(word.at[0]);
        cg_span value = cg_span_part(word, 2, word.len), key = content_take(&value, '=');
        content_write_item(writer, section, key, value);
    }
    return (cg_content){{writer->at, writer->len}};
}

/* The notation of a content: what content_write reads. */
static inline cg_span content_print(cg_content content, cg_writer *writer)
{
    cg_span rest = content.text;
    cg_item item;
    while (cg_content_next(&rest, &item)) {
        cg_write(writer, writer->len ? CG_SPAN(" ") : CG_SPAN(""));
        cg_write_char(writer, "-imjd"[item.section]);
        cg_write_char(writer, ':');
        cg_write(writer, item.key);
        cg_write_char(writer, '=');
        cg_write(writer, item.value);
    }
    return (cg_span){writer->at, writer->len};
}

#endif
