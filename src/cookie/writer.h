/* A bounded writer that measures and writes with the same calls.
 *
 * What does not fit is counted, not written: with a size of 0 a writer only measures, and `len`
 * afterwards says how much room the text needs. Nothing is terminated. The memory is the caller's. */
#ifndef CG_WRITER_H
#define CG_WRITER_H

#include <stdint.h>

#include "span.h"

typedef struct cg_writer {
    char *at;    /* may be null if size is 0 */
    size_t size; /* octets that may be written */
    size_t len;  /* octets that the text has, written or not */
} cg_writer;

static inline void cg_write(cg_writer *writer, cg_span text)
{
    if (text.len && writer->len < writer->size) {
        size_t room = writer->size - writer->len;
        memcpy(writer->at + writer->len, text.at, text.len < room ? text.len : room);
    }
    writer->len += text.len;
}

/* A text so short that copying all of its room is quicker than copying its length. */
typedef struct cg_short_text {
    char at[32];
    size_t len;
} cg_short_text;

static inline void cg_write_short(cg_writer *writer, const cg_short_text *text)
{
    if (writer->len + sizeof text->at > writer->size) {
        cg_write(writer, (cg_span){text->at, text->len});
        return;
    }
    memcpy(writer->at + writer->len, text->at, sizeof text->at);
    writer->len += text->len;
}

static inline void cg_write_char(cg_writer *writer, char c)
{
    cg_write(writer, (cg_span){&c, 1});
}

/* A decimal number, with a sign if it is negative. */
void cg_write_number(cg_writer *writer, int64_t number);

/* The same, filled with zeros on the left up to `digits` digits; for numbers >= 0. */
void cg_write_padded(cg_writer *writer, int64_t number, unsigned digits);

static inline bool cg_writer_is_full(const cg_writer *writer)
{
    return writer->len > writer->size;
}

#endif
