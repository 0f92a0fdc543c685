/* Judging and writing the text of heads. */
#include "outgoing_head.h"

#include <apr_strings.h>

static bool is_enforcing(const cg_judging *judging)
{
    return judging->is_prepared && !judging->is_idle &&
           (judging->mode == CG_MODE_ON || judging->secrecy_mode == CG_MODE_ON);
}

void cg_outgoing_begin(cg_outgoing_head *head, request_rec *r, cg_response_head text)
{
    bool is_interim = text.status >= 100 && text.status < 200;

    *head = (cg_outgoing_head){.r = r, .text = text};
    cg_judging_begin(&head->judging, r);
    head->judging.status = (int)text.status;
    head->judging.noted = is_interim ? CG_FINDING_BIT(CG_FINDING_INTERIM) : 0;
}

/* A folded line leaves as one line where the guard enforces: not every client reads it whole. */
static cg_outgoing_line judge_field(cg_outgoing_head *head, const cg_head_field *field)
{
    char *text = apr_palloc(head->r->pool, field->value.len + 1);
    cg_outgoing_line line;

    cg_head_field_unfold(field, text);
    line.text = cg_judging_line(&head->judging, text);
    line.is_raw = line.text == text && !(field->is_folded && is_enforcing(&head->judging));
    return line;
}

static void count(const cg_outgoing_head *head)
{
    if (head->lines->nelts && head->judging.is_prepared && !head->judging.is_idle) {
        cg_counter_add(cg_generation_now.segment, CG_COUNTER_HEADS, 1);
        cg_counter_add(cg_generation_now.segment, CG_COUNTER_HEADS_REWRITTEN, head->is_changed);
    }
}

static void judge_lines(cg_outgoing_head *head)
{
    cg_span rest = head->text.fields;
    cg_head_field field;

    head->lines = apr_array_make(head->r->pool, 2, sizeof(cg_outgoing_line));
    while (cg_head_field_next(&rest, &field)) {
        if (cg_head_field_is_set_cookie(&field)) {
            cg_outgoing_line line = judge_field(head, &field);
            APR_ARRAY_PUSH(head->lines, cg_outgoing_line) = line;
            head->kept_count += line.text != NULL;
            head->is_changed |= !line.is_raw;
        }
    }
    cg_judging_end(&head->judging);
    count(head);
}

static bool is_token(cg_span name)
{
    size_t len = 0;
    while (len < name.len && cg_ascii_is_token(name.at[len])) {
        len++;
    }
    return len && len == name.len;
}

/* Fields of other names are nobody's business. */
static void read_fields(cg_outgoing_head *head)
{
    apr_pool_t *pool = head->r->pool;
    cg_span rest = head->text.fields;
    cg_head_field field;

    head->fields = apr_table_make(pool, 8);
    while (cg_head_field_next(&rest, &field)) {
        if (is_token(field.name)) {
            char *value = apr_palloc(pool, field.value.len + 1);
            cg_head_field_unfold(&field, value);
            apr_table_addn(head->fields, apr_pstrmemdup(pool, field.name.at, field.name.len),
                           value);
        }
    }
    head->given = apr_table_copy(pool, head->fields);
}

/* Whoever looks at the response of the request while its cookies are judged, the cache guard for
 * one, finds the head that is meant. The request itself knows nothing of it. */
static void judge_final(cg_outgoing_head *head)
{
    request_rec *r = head->r;
    int status = r->status;
    const char *content_type = r->content_type;
    apr_table_t *headers_out = r->headers_out;
    apr_table_t *err_headers_out = r->err_headers_out;

    read_fields(head);
    r->status = (int)head->text.status;
    r->content_type = apr_table_get(head->fields, "Content-Type");
    r->headers_out = head->fields;
    r->err_headers_out = apr_table_make(r->pool, 0);
    judge_lines(head);
    r->status = status;
    r->content_type = content_type;
    r->headers_out = headers_out;
    r->err_headers_out = err_headers_out;
}

void cg_outgoing_judge(cg_outgoing_head *head)
{
    if (head->text.status >= HTTP_OK) {
        judge_final(head);
    } else {
        judge_lines(head);
    }
}

bool cg_outgoing_may_be_cut(cg_outgoing_head *head, const cg_head_field *field)
{
    bool is_unchanged = judge_field(head, field).is_raw;

    cg_judging_end(&head->judging);
    cg_counter_add(cg_generation_now.segment, CG_COUNTER_DROPPED, !is_unchanged);
    return is_unchanged;
}

static const cg_outgoing_line *line_of(const cg_outgoing_head *head, int number)
{
    return &APR_ARRAY_IDX(head->lines, number, cg_outgoing_line);
}

/* -- writing ------------------------------------------------------------------------------- */

static void write_text(apr_bucket_brigade *out, cg_span text)
{
    if (text.len) {
        apr_brigade_write(out, NULL, NULL, text.at, text.len);
    }
}

/* The end of the last line of a field; CRLF if the connection ended before it. */
static cg_span line_end_of(cg_span raw)
{
    size_t start = raw.len;
    while (start && (raw.at[start - 1] == '\n' || raw.at[start - 1] == '\r')) {
        start--;
    }
    return start < raw.len ? cg_span_part(raw, start, raw.len) : CG_SPAN("\r\n");
}

/* The name stays as it was written. */
static void write_line(apr_bucket_brigade *out, const cg_head_field *field,
                       const cg_outgoing_line *line)
{
    if (line->is_raw) {
        write_text(out, field->raw);
    } else if (line->text) {
        write_text(out, cg_span_part(field->raw, 0, cg_span_find(field->raw, ':')));
        write_text(out, CG_SPAN(": "));
        write_text(out, cg_span_of(line->text));
        write_text(out, line_end_of(field->raw));
    }
}

/* Fields that were added while the head was judged. */
static void write_added(const cg_outgoing_head *head, apr_bucket_brigade *out)
{
    const apr_array_header_t *fields = apr_table_elts(head->fields);

    for (int i = apr_table_elts(head->given)->nelts; i < fields->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(fields, i, apr_table_entry_t);
        apr_brigade_putstrs(out, NULL, NULL, entry->key, ": ", entry->val, "\r\n", NULL);
    }
}

/* One that is no cookie: field `number` of those with a proper name. */
static void write_other(const cg_outgoing_head *head, const cg_head_field *field, int number,
                        apr_bucket_brigade *out)
{
    cg_outgoing_line line = {.is_raw = true};

    if (head->fields && is_token(field->name)) {
        line.text = APR_ARRAY_IDX(apr_table_elts(head->fields), number, apr_table_entry_t).val;
        line.is_raw = line.text ==
                      APR_ARRAY_IDX(apr_table_elts(head->given), number, apr_table_entry_t).val;
    }
    write_line(out, field, &line);
}

/* Of the fields that set cookies, the chosen one or all. */
enum { ALL_COOKIES = -1 };

static void write_fields(const cg_outgoing_head *head, int chosen, bool with_others,
                         apr_bucket_brigade *out)
{
    cg_span rest = head->text.fields;
    cg_head_field field;
    int cookie_number = 0;
    int number = 0;

    while (cg_head_field_next(&rest, &field)) {
        bool is_chosen = chosen == ALL_COOKIES || chosen == cookie_number;
        if (head->fields && rest.len == 0) {
            write_added(head, out);
        }
        if (!cg_head_field_is_set_cookie(&field)) {
            if (with_others) {
                write_other(head, &field, number, out);
            }
        } else {
            if (is_chosen) {
                write_line(out, &field, line_of(head, cookie_number));
            }
            cookie_number++;
        }
        number += is_token(field.name);
    }
}

void cg_outgoing_write(const cg_outgoing_head *head, apr_bucket_brigade *out)
{
    write_text(out, head->text.status_line);
    write_fields(head, ALL_COOKIES, true, out);
}

/* -- HTTP/2 -------------------------------------------------------------------------------- */

bool cg_outgoing_would_be_joined(const cg_outgoing_head *head)
{
    return head->r->connection->master && head->kept_count > 1 && is_enforcing(&head->judging);
}

void cg_outgoing_write_apart(const cg_outgoing_head *head, apr_bucket_brigade *out)
{
    bool is_first = true;

    for (int number = 0; number < head->lines->nelts; number++) {
        if (line_of(head, number)->text) {
            write_text(out, head->text.status_line);
            write_fields(head, number, is_first, out);
            write_text(out, is_first ? CG_SPAN("") : CG_SPAN("\r\n"));
            is_first = false;
        }
    }
}

/* The cookies' entries are in their order, and become what was judged. */
static void add_fields(const cg_outgoing_head *head, apr_table_t *headers)
{
    const apr_array_header_t *fields = apr_table_elts(head->fields);
    int cookie_number = 0;

    for (int i = 0; i < fields->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(fields, i, apr_table_entry_t);
        const char *value = entry->val;
        if (!ap_cstr_casecmp(entry->key, "Set-Cookie")) {
            value = line_of(head, cookie_number++)->text;
        }
        if (value) {
            apr_table_addn(headers, entry->key, value);
        }
    }
}

void cg_outgoing_give_to_request(cg_outgoing_head *head)
{
    request_rec *r = head->r;
    cg_span status = head->text.status_text;

    if (!head->fields) {
        read_fields(head);
    }
    r->status = (int)head->text.status;
    r->status_line = apr_pstrmemdup(r->pool, status.at, status.len);
    r->content_type = apr_table_get(head->fields, "Content-Type");
    apr_table_clear(r->headers_out);
    apr_table_clear(r->err_headers_out);
    add_fields(head, r->headers_out);
}
