/* A whole case and its audit record: one line of valid JSON, bounded, and no value in it.
 *
 * The cookie's value is a mark of our own, and so is the text of an unknown attribute behind it, as
 * if a value with a semicolon had run over. The input must not say the mark itself. */
#include "fuzz_input.h"

#include "../unit/json_check.h"
#include "audit/record.h"
#include "audit/short_form.h"

#define MARK "qJ7wXz2k"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool contains(cg_span text, cg_span part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (memcmp(text.at + i, part.at, part.len) == 0) {
            return true;
        }
    }
    return false;
}

/* The line with the mark as its value, and once more as an attribute. */
static cg_span mark_line(apr_pool_t *pool, cg_span line)
{
    cg_set_cookie cookie;
    cg_writer writer = {.size = line.len + 64};
    writer.at = apr_palloc(pool, writer.size);
    cg_set_cookie_parse(line, &cookie);
    cg_write(&writer, cookie.name);
    cg_write(&writer, CG_SPAN("=" MARK "; " MARK "=" MARK));
    cg_write(&writer, cookie.rest);
    return (cg_span){writer.at, writer.len};
}

static void check_line(cg_span text)
{
    fuzz_check(text.len >= 1 && text.len <= CG_RECORD_SIZE_MAX, "at most 4096 octets");
    fuzz_check(text.at[text.len - 1] == '\n', "a line feed at the end");
    text.len--;
    fuzz_check(json_is_valid(text), "one JSON value in ASCII");
    fuzz_check(!contains(text, CG_SPAN(MARK)), "no value and no unknown attribute");
}

static void check_record(const cg_event *event)
{
    char text[CG_RECORD_SIZE_MAX];
    cg_writer writer = {.at = text, .size = sizeof text};
    cg_record_print(&writer, event);
    check_line((cg_span){text, writer.len});
}

/* The same of a request that sends the cookie back, with the mark as its value. */
static void check_refused(apr_pool_t *pool, const enforcement *is, const cg_event_request *request)
{
    char text[CG_RECORD_SIZE_MAX];
    cg_writer writer = {.at = text, .size = sizeof text};
    cg_writer field = {.size = 2 * is->cookie.line.len + 64};
    cg_writer restored_field;
    cg_restored restored;

    field.at = apr_palloc(pool, field.size);
    cg_write(&field, is->cookie.line);
    cg_write(&field, CG_SPAN("; $Version=" MARK "; "));
    cg_write(&field, is->cookie.name);
    cg_write(&field, CG_SPAN("=" MARK));
    if (!is->guards ||
        !cg_restore_read(is->guards, (cg_span){field.at, field.len}, false, &restored)) {
        return;
    }
    restored_field = (cg_writer){.at = apr_palloc(pool, field.len), .size = field.len};
    cg_restore_print(&restored, &restored_field);
    cg_record_print_refused(&writer, request, &restored);
    check_line((cg_span){text, writer.len});
}

static void check_short_form(const cg_event *event)
{
    char text[CG_RECORD_SIZE_MAX];
    cg_writer writer = {.at = text, .size = sizeof text};
    cg_short_form_print(&writer, event->cookie.name, &event->judgement);
    fuzz_check(!cg_writer_is_full(&writer), "a short form is short");
    for (size_t i = 0; i < writer.len; i++) {
        fuzz_check(text[i] > 0x20 && text[i] < 0x7F, "a short form is one word of ASCII");
    }
    fuzz_check(!contains((cg_span){text, writer.len}, CG_SPAN(MARK)), "no value in a short form");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    cg_event_request request = {.time_us = ENFORCEMENT_NOW * 1000000, .status = 200};
    cg_event event = {.request = &request, .mode = CG_MODE_ON};
    enforcement is;
    cg_span line;

    if (contains((cg_span){(const char *)data, size}, CG_SPAN(MARK)) ||
        !fuzz_read_case(pool, data, size, &is, &line)) {
        return 0;
    }
    enforcement_run(pool, mark_line(pool, line), &is);
    request.vhost = request.client = is.circumstances.host;
    request.path = is.circumstances.request_path;
    request.user = request.request_id = request.method = request.origin = line;
    event.cookie = is.cookie;
    event.demands = is.demands;
    event.judgement = is.judgement;
    event.findings = is.findings;
    event.browser_before = cg_browser_judge(&is.cookie, &is.cookie.attributes, &is.circumstances);
    event.browser_after = cg_browser_judge(&is.cookie, &is.judgement.after, &is.circumstances);
    check_record(&event);
    check_short_form(&event);
    check_refused(pool, &is, &request);
    return 0;
}
