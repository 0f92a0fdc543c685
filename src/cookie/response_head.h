/* The head of an HTTP/1 response as text on a connection: status line, fields, an empty line.
 *
 * For heads that nobody has taken apart: 100, 101, 103, and what an nph- script writes. Nothing is
 * allocated and nothing is changed: every span looks into the text that was given. Any octets at
 * all may be given. Where clients differ, what the most lenient one would take for a Set-Cookie
 * field is taken for one: lines end in CRLF, in LF or in a lone CR, blanks may stand before the
 * colon, "HTTP" may be written in any case, and empty lines may come first. */
#ifndef CG_RESPONSE_HEAD_H
#define CG_RESPONSE_HEAD_H

#include "span.h"

/* Whether text is, or may become, a head. */
typedef enum cg_head_sign {
    CG_HEAD_NEVER = 0, /* it begins with something else */
    CG_HEAD_PERHAPS,   /* too short to tell */
    CG_HEAD_BEGINS
} cg_head_sign;

cg_head_sign cg_head_recognize(cg_span text);

/* Where in a head a text begins. */
typedef enum cg_head_place {
    CG_HEAD_START = 0,
    CG_HEAD_FIELD, /* at a field, or at the empty line */
    CG_HEAD_MIDDLE /* within a line */
} cg_head_place;

/* Octets up to the end of the head, its empty line included; 0 if that has not come yet. `seen` is
 * the length that an earlier call was given in vain, or 0: that part is not looked at again. */
size_t cg_head_length(cg_span text, cg_head_place place, size_t seen);

typedef struct cg_response_head {
    unsigned status;     /* 100 to 999, or 0 if there are no three digits where it belongs */
    cg_span status_line; /* with the empty lines before it and its own end */
    cg_span status_text; /* "200 OK": status and reason; empty without a status */
    cg_span fields;      /* all that follows, for cg_head_field_next; may lack the empty line */
} cg_response_head;

/* Takes a head apart; everything in *head is set. `text` may be cut off anywhere. */
void cg_response_head_parse(cg_span text, cg_response_head *head);

/* One field with its folded lines, or a line that is none: that has an empty name. */
typedef struct cg_head_field {
    cg_span raw;    /* the whole of it, with the end of its last line */
    cg_span name;   /* without the blanks before the colon */
    cg_span value;  /* without the white space around it; may hold the ends of folded lines */
    bool is_folded; /* it has more than one line */
} cg_head_field;

/* Steps through the fields: *rest starts as head.fields. False at the end. The raw spans of all
 * steps together are the whole of what *rest was. */
bool cg_head_field_next(cg_span *rest, cg_head_field *field);

bool cg_head_field_is_set_cookie(const cg_head_field *field);

/* Copies a field's value to `text`, which has room for value.len + 1 octets, on one line and
 * terminated: ends of lines become blanks (RFC 9112 5.2). A NUL, which would end the text early,
 * becomes another control character, because browsers treat all of them alike. */
void cg_head_field_unfold(const cg_head_field *field, char *text);

#endif
