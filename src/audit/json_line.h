/* Texts, numbers and moments -> the fields of a JSON object on one line.
 *
 * Whatever octets a text has, what is written is ASCII, valid JSON and one line: other octets come
 * out as \u00XX. Every text is bounded: one that would get longer than `text_max` octets, as
 * written, is cut, "..." stands where something is missing, and `is_cut` says so. Keys are
 * literals of the callers and written as they are. */
#ifndef CG_JSON_LINE_H
#define CG_JSON_LINE_H

#include "../cookie/writer.h"

typedef struct cg_json_line {
    cg_writer *writer;
    size_t text_max;
    bool is_raw; /* cg_json_put_text neither escapes nor cuts */
    bool is_cut; /* some text was cut */
} cg_json_line;

/* A text within a string, without its quotes. */
void cg_json_put_text(cg_json_line *line, cg_span text);

/* The same; if it must be cut, its end stays. */
void cg_json_put_text_end(cg_json_line *line, cg_span text);

/* The same of a URL's path, without its query and without the ";parameter" of any segment. */
void cg_json_put_path(cg_json_line *line, cg_span path);

/* "2026-11-23T18:14:00.123456Z" (RFC 3339) with its quotes, of microseconds since 1970. Moments
 * before 1970 and after 9999 become the first and the last second of these years. */
void cg_json_put_moment(cg_json_line *line, int64_t time_us);

/* A comma, the key in quotes, a colon. */
void cg_json_put_key(cg_json_line *line, cg_span key);

/* The key and its value. */
void cg_json_put_text_field(cg_json_line *line, cg_span key, cg_span text);
void cg_json_put_moment_field(cg_json_line *line, cg_span key, int64_t time_us);

/* A number of at most 2^63 - 1: readers of JSON seldom count further. */
void cg_json_put_number_field(cg_json_line *line, cg_span key, uint64_t number);

/* The comma between the elements of a list: none the first time, *is_first being true. */
void cg_json_put_comma(cg_json_line *line, bool *is_first);

/* One octet as \u00XX. */
void cg_json_escape_octet(cg_writer *writer, char c);

#endif
