/* Writing what all records have in common. */
#include "record_parts.h"

#include "record.h"

/* The longest text of a record, escaped. It is halved until the record fits, so short texts stay
 * whole; at TEXT_MIN the longest possible record does. */
enum { TEXT_MAX = 1024, TEXT_MIN = 16 };

static void put_finding(cg_json_line *line, const cg_finding_row *row, bool is_session_like)
{
    cg_severity severity = is_session_like ? row->session_severity : row->severity;
    cg_write(line->writer, CG_SPAN("{\"id\":\""));
    cg_write(line->writer, row->id);
    cg_write(line->writer, CG_SPAN("\",\"severity\":\""));
    cg_write(line->writer, cg_severity_name(severity));
    cg_write_char(line->writer, '"');
    if (row->cwe) {
        cg_json_put_number_field(line, CG_SPAN("cwe"), row->cwe);
    }
    if (row->asvs.len) {
        cg_json_put_text_field(line, CG_SPAN("asvs"), row->asvs);
    }
    cg_write_char(line->writer, '}');
}

void cg_record_put_findings(cg_json_line *line, uint64_t findings, bool is_session_like)
{
    bool is_first = true;
    cg_json_put_key(line, CG_SPAN("findings"));
    cg_write_char(line->writer, '[');
    for (int i = 0; i < CG_FINDING_COUNT; i++) {
        if (findings & CG_FINDING_BIT(i)) {
            cg_json_put_comma(line, &is_first);
            put_finding(line, &cg_finding_rows[i], is_session_like);
        }
    }
    cg_write_char(line->writer, ']');
}

void cg_record_put_head(cg_json_line *line, int64_t time_us, cg_span event, cg_span vhost)
{
    cg_write(line->writer, CG_SPAN("{\"@timestamp\":"));
    cg_json_put_moment(line, time_us);
    cg_json_put_text_field(line, CG_SPAN("event"), event);
    cg_write(line->writer, CG_SPAN(",\"version\":1"));
    cg_json_put_text_field(line, CG_SPAN("vhost"), vhost);
}

void cg_record_put_request(cg_json_line *line, const cg_event_request *request, int status)
{
    cg_json_put_text_field(line, CG_SPAN("client"), request->client);
    cg_json_put_text_field(line, CG_SPAN("user"), request->user);
    cg_json_put_text_field(line, CG_SPAN("request_id"), request->request_id);
    cg_json_put_text_field(line, CG_SPAN("method"), request->method);
    cg_json_put_key(line, CG_SPAN("path"));
    cg_write_char(line->writer, '"');
    cg_json_put_path(line, request->path);
    cg_write_char(line->writer, '"');
    cg_json_put_key(line, CG_SPAN("status"));
    cg_write_number(line->writer, status);
    cg_json_put_text_field(line, CG_SPAN("origin"), request->origin);
}

void cg_record_print_fitted(cg_writer *writer, cg_record_put *put, const void *what)
{
    size_t start = writer->len;
    size_t text_max = TEXT_MAX;
    for (;;) {
        cg_json_line line = {.writer = writer, .text_max = text_max};
        put(&line, what);
        cg_write(writer, line.is_cut ? CG_SPAN(",\"truncated\":true}\n") : CG_SPAN("}\n"));
        if (writer->len - start <= CG_RECORD_SIZE_MAX || text_max <= TEXT_MIN) {
            return;
        }
        writer->len = start;
        text_max /= 2;
    }
}
