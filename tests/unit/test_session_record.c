/* Records of sessions: what they say, and that any octets make one line of valid JSON. */
#include "audit_event.h"
#include "guard_page.h"
#include "json_check.h"

#include "audit/record.h"
#include "audit/session_record.h"

/* A record ends where readable memory ends. */
static cg_span print(const cg_session_record *record)
{
    cg_writer writer = {.at = guard_page_end() - CG_RECORD_SIZE_MAX, .size = CG_RECORD_SIZE_MAX};
    cg_span line;

    cg_session_record_print(&writer, record);
    line = (cg_span){writer.at, writer.len};
    assert_true(line.len <= CG_RECORD_SIZE_MAX);
    assert_int_equal(line.at[line.len - 1], '\n');
    line.len--;
    if (!json_is_valid(line)) {
        fail_msg("not JSON: %.*s", (int)line.len, line.at);
    }
    return line;
}

#define HEAD                                                                                       \
    "{\"@timestamp\":\"2026-11-23T18:14:00.123456Z\",\"event\":\"session\",\"version\":1,"         \
    "\"vhost\":\"shop.example:443\",\"client\":\"192.0.2.7\",\"user\":\"\",\"request_id\":"        \
    "\"ZzX1aB@2-3_4\",\"method\":\"POST\",\"path\":\"/"                                            \
    "login\",\"status\":302,\"origin\":\"proxy\","

static void tells_what_became_of_a_session(void **state)
{
    static const struct {
        cg_session_action action;
        cg_session_reason reason;
        const char *tag;
        unsigned retries;
        const char *told;
    } rows[] = {
        {CG_TOLD_CREATED, CG_REASON_NONE, "0123456789abcdef", 0,
         "\"action\":\"created\",\"session\":\"0123456789abcdef\",\"findings\":[]}"},
        {CG_TOLD_REFUSED, CG_REASON_REPEATED, "", 0,
         "\"action\":\"refused\",\"session\":\"\",\"reason\":\"repeated\",\"findings\":[]}"},
        {CG_TOLD_DROPPED, CG_REASON_NONE, "0123456789abcdef", 5,
         "\"action\":\"dropped\",\"session\":\"0123456789abcdef\",\"retries\":5,\"findings\":[]}"},
        {CG_TOLD_EVICTED, CG_REASON_SURPLUS, "0123456789abcdef", 0,
         "\"action\":\"evicted\",\"session\":\"0123456789abcdef\",\"reason\":\"surplus\","
         "\"findings\":[]}"},
        {CG_TOLD_REUSED, CG_REASON_NONE, "0123456789abcdef", 0,
         "\"action\":\"reused\",\"session\":\"0123456789abcdef\",\"findings\":[{\"id\":"
         "\"CG-TOKEN-REUSE\",\"severity\":\"high\",\"cwe\":613,\"asvs\":\"7.2.4\"}]}"},
        {CG_TOLD_TOO_LARGE, CG_REASON_NONE, "0123456789abcdef", 0,
         "\"action\":\"too-large\",\"session\":\"0123456789abcdef\",\"findings\":[{\"id\":"
         "\"CG-SESSION-TOO-LARGE\",\"severity\":\"medium\"}]}"},
    };
    const cg_event_request request = some_request();
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        cg_session_record record = {.request = &request,
                                    .action = rows[i].action,
                                    .reason = rows[i].reason,
                                    .tag = cg_span_of(rows[i].tag),
                                    .retries = rows[i].retries};
        const char *wanted = apr_pstrcat(event_pool, HEAD, rows[i].told, NULL);
        assert_text(rows[i].told, print(&record), cg_span_of(wanted));
    }
}

/* A login with any name, from anywhere. */
static void any_octets_are_one_line(void **state)
{
    static char text[9000];
    cg_event_request request = some_request();
    cg_session_record record = {.request = &request, .action = CG_TOLD_IDENTIFIED};
    cg_span line;
    (void)state;

    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)i;
    }
    request.user = request.path = request.request_id = (cg_span){text, sizeof text};
    line = print(&record);
    assert_non_null(memmem(line.at, line.len, "\"truncated\":true}", 17));
}

static void every_row_is_complete(void **state)
{
    (void)state;
    for (int i = CG_TOLD_NOTHING + 1; i < CG_SESSION_ACTION_COUNT; i++) {
        cg_span name = cg_session_actions[i].name;
        assert_true(name.len > 0 && name.len == strlen(name.at));
        for (int k = CG_TOLD_NOTHING; k < i; k++) {
            assert_false(cg_span_equal(name, cg_session_actions[k].name));
        }
    }
    for (int i = CG_REASON_NONE + 1; i < CG_REASON_COUNT; i++) {
        cg_span name = cg_session_reason_name((cg_session_reason)i);
        assert_true(name.len > 0 && name.len == strlen(name.at));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_became_of_a_session),
        cmocka_unit_test(any_octets_are_one_line),
        cmocka_unit_test(every_row_is_complete),
    };
    return cmocka_run_group_tests(tests, set_up_events, tear_down_events);
}
