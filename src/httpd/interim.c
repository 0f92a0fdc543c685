/* Collecting the heads that only a connection sees, and passing them on. */
#include "interim.h"

#if CG_HAS_HEADS_AS_TEXT

#include <http_connection.h>
#include <http_request.h>

#include "outgoing_head.h"

static ap_filter_rec_t *filter_handle;

enum {
    TEXT_SIZE_FIRST = 4096,
    END_OF_HEAD_LEN = 4 /* CRLF CRLF: of a cut line so much stays, so that the end is recognized */
};

static cg_span text_of(const cg_interim *interim)
{
    return (cg_span){interim->text, interim->len};
}

/* -- passing on ------------------------------------------------------------------------------ */

/* The request that an internal redirect made last: its configuration is in force. */
static request_rec *last_request(request_rec *r)
{
    while (r->next) {
        r = r->next;
    }
    return r;
}

static void begin_head(cg_interim *interim, size_t len, cg_outgoing_head *head)
{
    cg_response_head text = {.status = interim->status, .fields = {interim->text, len}};

    if (interim->place == CG_HEAD_START) {
        cg_response_head_parse((cg_span){interim->text, len}, &text);
        interim->status = text.status;
    }
    cg_outgoing_begin(head, last_request(interim->armed), text);
}

/* What is left of a cut line, folded lines too, leaves like its beginning. */
static void pass_rest_of_line(cg_interim *interim, cg_span *fields)
{
    cg_head_field field;
    bool goes_on = interim->place == CG_HEAD_MIDDLE;

    while (goes_on && cg_head_field_next(fields, &field)) {
        if (!interim->is_stripping) {
            apr_brigade_write(interim->out, NULL, NULL, field.raw.at, field.raw.len);
        }
        goes_on = fields->len && cg_ascii_is_wsp(fields->at[0]);
    }
}

/* The rest of the response goes through the request's own filters again, but for those of its
 * content: the script did without them. */
static void give_to_request(cg_interim *interim, cg_outgoing_head *head)
{
    cg_outgoing_give_to_request(head);
    head->r->output_filters = head->r->proto_output_filters = interim->protocol_filters;
    interim->is_restored = true;
}

static void pass_whole_head(cg_interim *interim, cg_outgoing_head *head)
{
    if (!cg_outgoing_would_be_joined(head)) {
        cg_outgoing_write(head, interim->out);
    } else if (cg_status_is_followed(head->text.status)) {
        cg_outgoing_write_apart(head, interim->out);
    } else if (interim->protocol_filters && head->text.status) {
        give_to_request(interim, head);
    } else {
        cg_outgoing_write(head, interim->out);
    }
}

/* Judges and passes the text up to `len`, which is the end of a field, or of the head. */
static void pass_part(cg_interim *interim, size_t len, bool is_end)
{
    cg_outgoing_head head;

    begin_head(interim, len, &head);
    pass_rest_of_line(interim, &head.text.fields);
    cg_outgoing_judge(&head);
    if (is_end && interim->place == CG_HEAD_START) {
        pass_whole_head(interim, &head);
    } else {
        cg_outgoing_write(&head, interim->out);
    }
    interim->len -= len;
    memmove(interim->text, interim->text + len, interim->len);
    interim->place = is_end ? CG_HEAD_START : CG_HEAD_FIELD;
    interim->is_stripping = false;
}

/* -- long heads ------------------------------------------------------------------------------ */

/* Where the last field of a text begins, which may go on behind it; 0 if there is no other. */
static size_t find_last_field(const cg_interim *interim)
{
    cg_span text = text_of(interim);
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
static void pass_long_field(cg_interim *interim)
{
    size_t len = interim->len - END_OF_HEAD_LEN;
    cg_span rest = {interim->text, len};
    cg_outgoing_head head;
    cg_head_field field;

    begin_head(interim, len, &head);
    if (interim->place == CG_HEAD_FIELD && cg_head_field_next(&rest, &field) &&
        cg_head_field_is_set_cookie(&field)) {
        interim->is_stripping = !cg_outgoing_may_be_cut(&head, &field);
    }
    if (!interim->is_stripping) {
        apr_brigade_write(interim->out, NULL, NULL, interim->text, len);
    }
    interim->len = END_OF_HEAD_LEN;
    memmove(interim->text, interim->text + len, END_OF_HEAD_LEN);
    interim->place = CG_HEAD_MIDDLE;
}

/* -- collecting ------------------------------------------------------------------------------ */

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
static void end_early(cg_interim *interim)
{
    if (interim->len && (interim->place != CG_HEAD_START ||
                         cg_head_recognize(text_of(interim)) == CG_HEAD_BEGINS)) {
        pass_part(interim, interim->len, false);
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
static void pass_full_text(cg_interim *interim)
{
    size_t len = find_last_field(interim);

    if (len) {
        pass_part(interim, len, false);
    } else if (interim->place != CG_HEAD_START) {
        pass_long_field(interim);
    } else {
        give_up(interim); /* so long a status line is none */
    }
}

/* Takes what it can use of some octets. Returns how many. */
static size_t collect(cg_interim *interim, apr_pool_t *pool, const char *data, size_t len)
{
    size_t seen = interim->len;
    size_t end;

    if (len > CG_HEAD_COLLECTED_MAX - seen) {
        len = CG_HEAD_COLLECTED_MAX - seen;
    }
    make_room(interim, pool, len);
    memcpy(interim->text + seen, data, len);
    interim->len += len;
    if (interim->place == CG_HEAD_START && cg_head_recognize(text_of(interim)) == CG_HEAD_NEVER) {
        give_up(interim);
        return len;
    }
    end = cg_head_length(text_of(interim), interim->place, seen);
    if (end) {
        interim->len = end;
        pass_part(interim, end, true);
        if (!cg_status_is_followed(interim->status)) {
            interim->armed = NULL;
        }
        return end - seen;
    }
    if (interim->len == CG_HEAD_COLLECTED_MAX) {
        pass_full_text(interim);
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
        apr_size_t taken = collect(interim, f->c->pool, data, len);
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

    if (!interim->out) {
        interim->out = apr_brigade_create(f->c->pool, f->c->bucket_alloc);
    }
    while (interim->armed && !APR_BRIGADE_EMPTY(brigade) && status == APR_SUCCESS) {
        apr_bucket *bucket = APR_BRIGADE_FIRST(brigade);
        if (ends_response(bucket)) {
            end_early(interim);
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

    ap_set_module_config(c->conn_config, &cookieguard_module, interim);
    ap_add_output_filter_handle(filter_handle, interim, r, c);
    return interim;
}

/* Requests made by internal redirects share the pool of the first. */
int cg_interim_log_transaction(request_rec *r)
{
    cg_interim *interim = cg_interim_of(r->connection);
    if (interim && interim->armed && interim->armed->pool == r->pool) {
        interim->armed = NULL;
        interim->len = 0;
    }
    return DECLINED;
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

int cg_interim_log_transaction(request_rec *r)
{
    (void)r;
    return DECLINED;
}

void cg_interim_register_filter(void)
{
}

#endif
