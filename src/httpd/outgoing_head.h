/* One head of a response as text on its way out, or a part of a long one: its cookies are judged, and
 * it is written as the judgement says. */
#ifndef CG_OUTGOING_HEAD_H
#define CG_OUTGOING_HEAD_H

#include "../cookie/response_head.h"
#include "judging.h"

/* Another head follows: 100, 102, 103, but not 101. */
static inline bool cg_status_is_followed(unsigned status)
{
    return status >= 100 && status < 200 && status != HTTP_SWITCHING_PROTOCOLS;
}

/* What is to become of one Set-Cookie field. */
typedef struct cg_outgoing_line {
    const char *text; /* as it was judged, on one line; null if it is left out */
    bool is_raw;      /* the field leaves as it came */
} cg_outgoing_line;

typedef struct cg_outgoing_head {
    request_rec *r;        /* whose configuration is in force */
    cg_response_head text; /* without a status line: a later part */
    cg_judging judging;
    apr_table_t *fields;       /* of a final head: those with a proper name, as they are to be */
    const apr_table_t *given;  /* the same as they came */
    apr_array_header_t *lines; /* of cg_outgoing_line, one for each Set-Cookie field */
    int kept_count;            /* of those that are not left out */
    bool is_changed;
} cg_outgoing_head;

/* Begins with a head, or a part of one, whose status is `text.status`. */
void cg_outgoing_begin(cg_outgoing_head *head, request_rec *r, cg_response_head text);

/* Judges all cookies, and counts. To be called once, before any of what follows. */
void cg_outgoing_judge(cg_outgoing_head *head);

/* Judges a field whose end is missing. False if it has to be left out: it would have been changed. */
bool cg_outgoing_may_be_cut(cg_outgoing_head *head, const cg_head_field *field);

void cg_outgoing_write(const cg_outgoing_head *head, apr_bucket_brigade *out);

/* mod_http2 parses the text again and joins the cookies of a head with commas, which no client
 * undoes. True if that is to be prevented, by one of the two that follow. */
bool cg_outgoing_would_be_joined(const cg_outgoing_head *head);

/* As many heads as there are cookies, all other fields in the first: for a head that another one
 * follows. */
void cg_outgoing_write_apart(const cg_outgoing_head *head, apr_bucket_brigade *out);

/* The head becomes that of its request, which had nothing to do with it so far, as if a plain script
 * had made it. The filter for final responses knows the cookies by their addresses, as judged. */
void cg_outgoing_give_to_request(cg_outgoing_head *head);

#endif
