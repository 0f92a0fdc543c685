/* Collecting and rewriting the heads that only a connection sees. */
#include "interim.h"

#if CG_HAS_HEADS_AS_TEXT

#include <apr_strings.h>
#include <http_connection.h>
#include <http_request.h>

#include "judging.h"

static ap_filter_rec_t *filter_handle;

enum {
    TEXT_SIZE_FIRST = 4096,
    END_OF_HEAD_LEN = 4 /* CRLF CRLF: of a cut line so much stays, so that the end is recognized */
};

/* What is to become of one Set-Cookie field. */
typedef struct outgoing_line {
    const char *text; /* as it was judged, on one line; null if it is left out */
    bool is_raw;      /* the field leaves as it came */
} outgoing_line;

/* One head on its way out, or a part of a long one. */
typedef struct outgoing {
    cg_interim *interim;
    conn_rec *c;
    request_rec *r;
    bool is_whole;
    cg_response_head head;
    cg_judging judging;
    apr_array_header_t *lines; /* of outgoing_line, one for each Set-Cookie field */
    int kept_count;            /* of those that are not left out */
    bool is_changed;
} outgoing;

static bool is_interim(unsigned status)
{
    return status >= 100 && status < 200;
}

/* Another head follows this one. */
static bool is_followed(unsigned status)
{
    return is_interim(status) && status != HTTP_SWITCHING_PROTOCOLS;
}

/* The request that an internal redirect made last: its configuration is in force. */
static request_rec *last_request(request_rec *r)
{
    while (r->next) {
        r = r->next;
    }
    return r;
}

/* -- judging ------------------------------------------------------------------------------- */

static bool is_enforcing(const cg_judging *judging)
{
    return judging->is_prepared && !judging->is_idle &&
           (judging->mode == CG_MODE_ON || judging->secrecy_mode == CG_MODE_ON);
}

/* A folded line leaves as one line where the guard enforces: not every client reads it whole. */
static outgoing_line judge_field(outgoing *is, const cg_head_field *field)
{
    char *text = apr_palloc(is->r->pool, field->value.len + 1);
    outgoing_line line;

    cg_head_field_unfold(field, text);
    line.text = cg_judging_line(&is->judging, text);
    line.is_raw = line.text == text && !(field->is_folded && is_enforcing(&is->judging));
    return line;
}

static void judge_fields(outgoing *is)
{
    cg_span rest = is->head.fields;
    cg_head_field field;

    is->lines = apr_array_make(is->r->pool, 2, sizeof(outgoing_line));
    while (cg_head_field_next(&rest, &field)) {
        if (cg_head_field_is_set_cookie(&field)) {
            outgoing_line line = judge_field(is, &field);
            APR_ARRAY_PUSH(is->lines, outgoing_line) = line;
            is->kept_count += line.text != NULL;
            is->is_changed |= !line.is_raw;
        }
    }
}

static void count(const outgoing *is)
{
    if (is->lines->nelts && is->judging.is_prepared && !is->judging.is_idle) {
        cg_counter_add(cg_generation_now.segment, CG_COUNTER_HEADS, 1);
        cg_counter_add(cg_generation_now.segment, CG_COUNTER_HEADS_REWRITTEN, is->is_changed);
    }
}

/* -- writing ------------------------------------------------------------------------------- */

static void write_text(outgoing *is, cg_span text)
{
    if (text.len) {
        apr_brigade_write(is->interim->out, NULL, NULL, text.at, text.len);
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
static void write_line(outgoing *is, const cg_head_field *field, const outgoing_line *line)
{
    if (line->is_raw) {
        write_text(is, field->raw);
    } else if (line->text) {
        size_t colon = cg_span_find(field->raw, ':');
        write_text(is, cg_span_part(field->raw, 0, colon));
        write_text(is, CG_SPAN(": "));
        write_text(is, cg_span_of(line->text));
        write_text(is, line_end_of(field->raw));
    }
}

enum { ALL_COOKIES = -1 };

static void write_fields(outgoing *is, int chosen, bool with_others)
{
    cg_span rest = is->head.fields;
    cg_head_field field;
    int number = 0;

    while (cg_head_field_next(&rest, &field)) {
        if (!cg_head_field_is_set_cookie(&field)) {
            write_text(is, with_others ? field.raw : CG_SPAN(""));
            continue;
        }
        if (chosen == ALL_COOKIES || number == chosen) {
            write_line(is, &field, &APR_ARRAY_IDX(is->lines, number, outgoing_line));
        }
        number++;
    }
}

static void write_head(outgoing *is)
{
    write_text(is, is->head.status_line);
    write_fields(is, ALL_COOKIES, true);
}

/* -- HTTP/2: mod_http2 parses the text and joins cookies by a comma, which no client undoes ---- */

static bool is_joined(const outgoing *is)
{
    return is->c->master && is->is_whole && is->kept_count > 1 && is_enforcing(&is->judging);
}

/* As many heads as there are cookies. */
static void write_heads(outgoing *is)
{
    bool is_first = true;

    for (int i = 0; i < is->lines->nelts; i++) {
        if (APR_ARRAY_IDX(is->lines, i, outgoing_line).text) {
            write_text(is, is->head.status_line);
            write_fields(is, i, is_first);
            write_text(is, is_first ? CG_SPAN("") : CG_SPAN("\r\n"));
            is_first = false;
        }
    }
}

static bool is_token(cg_span name)
{
    size_t len = 0;
    while (len < name.len && cg_ascii_is_token(name.at[len])) {
        len++;
    }
    return len && len == name.len;
}

static void set_field(request_rec *r, const cg_head_field *field)
{
    char *value = apr_palloc(r->pool, field->value.len + 1);

    cg_head_field_unfold(field, value);
    if (cg_span_equal_folded(field->name, CG_SPAN("Content-Type"))) {
        r->content_type = value;
    } else if (is_token(field->name)) {
        apr_table_addn(r->headers_out, apr_pstrmemdup(r->pool, field->name.at, field->name.len),
                       value);
    }
}

/* What the script wrote becomes the response of its request, as if the script were a plain one. Its
 * cookies have been judged: the filter for final responses knows them by their addresses. */
static void set_response(outgoing *is)
{
    request_rec *r = is->r;
    cg_span rest = is->head.fields;
    cg_head_field field;
    int number = 0;

    r->status = (int)is->head.status;
    r->status_line = apr_pstrmemdup(r->pool, is->head.status_text.at, is->head.status_text.len);
    apr_table_clear(r->headers_out);
    apr_table_clear(r->err_headers_out);
    while (cg_head_field_next(&rest, &field)) {
        if (!cg_head_field_is_set_cookie(&field)) {
            set_field(r, &field);
            continue;
        }
        if (APR_ARRAY_IDX(is->lines, number, outgoing_line).text) {
            apr_table_addn(r->headers_out, "Set-Cookie",
                           APR_ARRAY_IDX(is->lines, number, outgoing_line).text);
        }
        number++;
    }
}

/* The rest of the response goes through the request's own filters again, but for those of its
 * content: the script did without them. */
static void restore_filters(outgoing *is)
{
    is->r->output_filters = is->r->proto_output_filters = is->interim->protocol_filters;
    is->interim->is_restored = true;
}

/* -- a head, or a part of one ---------------------------------------------------------------- */

static void begin_outgoing(outgoing *is, cg_interim *interim, conn_rec *c, cg_span text)
{
    *is = (outgoing){.interim = interim, .c = c, .r = last_request(interim->armed)};
    if (interim->place == CG_HEAD_START) {
        cg_response_head_parse(text, &is->head);
        interim->status = is->head.status;
    } else {
        is->head = (cg_response_head){.status = interim->status, .fields = text};
    }
    cg_judging_begin(&is->judging, is->r);
    is->judging.status = (int)is->head.status;
    is->judging.noted = is_interim(is->head.status) ? CG_FINDING_BIT(CG_FINDING_INTERIM) : 0;
}

/* What is left of a cut line leaves like its beginning. */
static void pass_rest_of_line(outgoing *is)
{
    cg_head_field field;

    if (is->interim->place == CG_HEAD_MIDDLE && cg_head_field_next(&is->head.fields, &field)) {
        write_text(is, is->interim->is_stripping ? CG_SPAN("") : field.raw);
    }
}

/* Judges and writes the text up to `len`, which is the end of a field. */
static void pass_part(cg_interim *interim, conn_rec *c, size_t len, bool is_end)
{
    outgoing is;

    begin_outgoing(&is, interim, c, (cg_span){interim->text, len});
    is.is_whole = is_end && interim->place == CG_HEAD_START;
    pass_rest_of_line(&is);
    judge_fields(&is);
    cg_judging_end(&is.judging);
    count(&is);
    if (!is_joined(&is)) {
        write_head(&is);
    } else if (is_followed(is.head.status)) {
        write_heads(&is);
    } else if (interim->protocol_filters && is.head.status) {
        set_response(&is);
        restore_filters(&is);
    } else {
        write_head(&is);
    }
    interim->len -= len;
    memmove(interim->text, interim->text + len, interim->len);
    interim->place = is_end ? CG_HEAD_START : CG_HEAD_FIELD;
    interim->is_stripping = false;
}

/* Where the last field of a text begins, which may go on behind it; 0 if there is no other. */
static size_t find_last_field(const cg_interim *interim)
{
    cg_span text = {interim->text, interim->len};
    cg_response_head head = {.fields = text};
    cg_head_field field;
    cg_span rest;

    if (interim->place == CG_HEAD_START) {
        cg_response_head_parse(text, &head);
    }
    rest = head.fields;
    field.raw = cg_span_part(rest, 0, 0);
    while (cg_head_field_next(&rest, &field)) {
        text.len = (size_t)(field.raw.at - text.at);
    }
    return text.len == interim->len ? 0 : text.len;
}

/* A single field longer than what is collected: a cookie that would have to be changed is left out,
 * everything else goes on as it came. */
static void pass_long_field(cg_interim *interim, conn_rec *c)
{
    outgoing is;
    cg_head_field field;
    cg_span rest;

    begin_outgoing(&is, interim, c, (cg_span){interim->text, interim->len - END_OF_HEAD_LEN});
    rest = is.head.fields;
    if (interim->place != CG_HEAD_MIDDLE && cg_head_field_next(&rest, &field) &&
        cg_head_field_is_set_cookie(&field)) {
        interim->is_stripping = !judge_field(&is, &field).is_raw;
        cg_judging_end(&is.judging);
        cg_counter_add(cg_generation_now.segment, CG_COUNTER_DROPPED, interim->is_stripping);
    }
    if (!interim->is_stripping) {
        write_text(&is, is.head.fields);
    }
    interim->len = END_OF_HEAD_LEN;
    memmove(interim->text, is.head.fields.at + is.head.fields.len, END_OF_HEAD_LEN);
    interim->place = CG_HEAD_MIDDLE;
}

/* -- collecting ------------------------------------------------------------------------------ */

static cg_span text_of(const cg_interim *interim)
{
    return (cg_span){interim->text, interim->len};
}

/* What was collected is no head: it leaves as it came, and so does all that follows. */
static void give_up(cg_interim *interim)
{
    if (interim->len) {
        apr_brigade_write(interim->out, NULL, NULL, interim->text, interim->len);
    }
    interim->len = 0;
    interim->place = CG_HEAD_START;
    interim->is_stripping = false;
    interim->armed = NULL;
}

/* The response ends within a head. Clients may read it all the same. */
static void end_early(cg_interim *interim, conn_rec *c)
{
    if (interim->len && (interim->place != CG_HEAD_START ||
                         cg_head_recognize(text_of(interim)) == CG_HEAD_BEGINS)) {
        pass_part(interim, c, interim->len, false);
    }
    give_up(interim);
}

static void make_room(cg_interim *interim, apr_pool_t *pool, size_t len)
{
    char *text;

    if (interim->len + len <= interim->size) {
        return;
    }
    interim->size = interim->len + len <= TEXT_SIZE_FIRST ? TEXT_SIZE_FIRST : CG_HEAD_COLLECTED_MAX;
    text = apr_palloc(pool, interim->size);
    if (interim->len) {
        memcpy(text, interim->text, interim->len);
    }
    interim->text = text;
}

/* The text is as long as it may become. */
static void pass_full_text(cg_interim *interim, conn_rec *c)
{
    size_t len = find_last_field(interim);

    if (len) {
        pass_part(interim, c, len, false);
    } else if (interim->place != CG_HEAD_START) {
        pass_long_field(interim, c);
    } else {
        give_up(interim); /* so long a status line is none */
    }
}

/* Takes what it can use of some octets. Returns how many. */
static size_t collect(cg_interim *interim, conn_rec *c, const char *data, size_t len)
{
    size_t seen = interim->len;
    size_t end;

    if (len > CG_HEAD_COLLECTED_MAX - seen) {
        len = CG_HEAD_COLLECTED_MAX - seen;
    }
    make_room(interim, c->pool, len);
    memcpy(interim->text + seen, data, len);
    interim->len += len;
    if (interim->place == CG_HEAD_START && cg_head_recognize(text_of(interim)) == CG_HEAD_NEVER) {
        give_up(interim);
        return len;
    }
    end = cg_head_length(text_of(interim), interim->place, seen);
    if (end) {
        interim->len = end;
        pass_part(interim, c, end, true);
        if (!is_followed(interim->status)) {
            interim->armed = NULL;
        }
        return end - seen;
    }
    if (interim->len == CG_HEAD_COLLECTED_MAX) {
        pass_full_text(interim, c);
    }
    return len;
}

/* -- the filter ------------------------------------------------------------------------------ */

/* To wait for data keeps nothing back that is ready, be it of an earlier request. */
static apr_status_t read_bucket(ap_filter_t *f, cg_interim *interim, apr_bucket *bucket,
                                const char **data, apr_size_t *len)
{
    apr_status_t status = apr_bucket_read(bucket, data, len, APR_NONBLOCK_READ);

    if (APR_STATUS_IS_EAGAIN(status)) {
        APR_BRIGADE_INSERT_TAIL(interim->out, apr_bucket_flush_create(f->c->bucket_alloc));
        status = ap_pass_brigade(f->next, interim->out);
        apr_brigade_cleanup(interim->out);
        if (status == APR_SUCCESS) {
            status = apr_bucket_read(bucket, data, len, APR_BLOCK_READ);
        }
    }
    return status;
}

static apr_status_t take_bucket(ap_filter_t *f, cg_interim *interim, apr_bucket *bucket)
{
    const char *data;
    apr_size_t len;
    apr_status_t status;

    if (APR_BUCKET_IS_METADATA(bucket)) {
        APR_BUCKET_REMOVE(bucket);
        APR_BRIGADE_INSERT_TAIL(interim->out, bucket);
        return APR_SUCCESS;
    }
    status = read_bucket(f, interim, bucket, &data, &len);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (len) {
        apr_size_t taken = collect(interim, f->c, data, len);
        if (taken < len) {
            apr_bucket_split(bucket, taken);
        }
    }
    apr_bucket_delete(bucket);
    return APR_SUCCESS;
}

static bool ends_response(const apr_bucket *bucket)
{
    return APR_BUCKET_IS_EOS(bucket) || AP_BUCKET_IS_EOR(bucket) || AP_BUCKET_IS_EOC(bucket);
}

/* The head has become that of the request, whose filters write it with the first brigade. */
static apr_status_t pass_to_request(ap_filter_t *f, cg_interim *interim,
                                    apr_bucket_brigade *brigade)
{
    apr_status_t status = APR_SUCCESS;

    interim->is_restored = false;
    if (!APR_BRIGADE_EMPTY(interim->out)) {
        status = ap_pass_brigade(f->next, interim->out);
        apr_brigade_cleanup(interim->out);
    }
    if (APR_BRIGADE_EMPTY(brigade)) {
        APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_flush_create(f->c->bucket_alloc));
    }
    return status == APR_SUCCESS ? ap_pass_brigade(interim->protocol_filters, brigade) : status;
}

/* Nothing of the request is touched after the brigade has been passed on: it may hold its end. Out
 * of line, so that the way of all that is passed on stays short. */
static __attribute__((noinline)) apr_status_t filter_heads(ap_filter_t *f, cg_interim *interim,
                                                           apr_bucket_brigade *brigade)
{
    apr_status_t status = APR_SUCCESS;

    while (interim->armed && !APR_BRIGADE_EMPTY(brigade) && status == APR_SUCCESS) {
        apr_bucket *bucket = APR_BRIGADE_FIRST(brigade);
        if (ends_response(bucket)) {
            end_early(interim, f->c);
        } else {
            status = take_bucket(f, interim, bucket);
        }
    }
    if (status != APR_SUCCESS) {
        apr_brigade_cleanup(interim->out);
        return status;
    }
    if (interim->is_restored) {
        return pass_to_request(f, interim, brigade);
    }
    APR_BRIGADE_PREPEND(brigade, interim->out);
    return APR_BRIGADE_EMPTY(brigade) ? APR_SUCCESS : ap_pass_brigade(f->next, brigade);
}

static apr_status_t filter_connection(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    cg_interim *interim = f->ctx;
    return interim->armed ? filter_heads(f, interim, brigade) : ap_pass_brigade(f->next, brigade);
}

/* With `r`, because its chain is to lead through the filter as well. */
cg_interim *cg_interim_add_filter(request_rec *r)
{
    conn_rec *c = r->connection;
    cg_interim *interim = apr_pcalloc(c->pool, sizeof *interim);

    interim->out = apr_brigade_create(c->pool, c->bucket_alloc);
    ap_set_module_config(c->conn_config, &cookieguard_module, interim);
    ap_add_output_filter_handle(filter_handle, interim, r, c);
    return interim;
}

void cg_interim_register_filter(void)
{
    filter_handle = ap_register_output_filter("COOKIEGUARD_HEADS", filter_connection, NULL,
                                              AP_FTYPE_CONNECTION);
}

#else

cg_interim *cg_interim_add_filter(request_rec *r)
{
    (void)r;
    return NULL;
}

void cg_interim_register_filter(void)
{
}

#endif
