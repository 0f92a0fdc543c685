/* Short forms: what they say of each judgement, and that no name breaks them. */
#include "audit_event.h"

#include "audit/short_form.h"

static const struct {
    const char *line;
    const char *rules[3];
    const char *printed;
} short_forms[] = {
    {"SID=1", {"c:1 * Secure HttpOnly"}, "SID:+Secure+HttpOnly"},
    {"SID=1; SameSite=None; Domain=shop.example",
     {"c:1 * Secure SameSite>=Lax -Domain"},
     "SID:+Secure~SameSite-Domain"},
    {"SID=1; Max-Age=9; Expires=Fri, 01 Jan 2027 00:00:00 GMT",
     {"c:1 * -Max-Age"},
     "SID:-Expires-Max-Age"},
    {"SID=1; Secure", {"c:1 * Secure"}, ""},
    {"SID=1; Secure=x", {"c:1 * Secure"}, "SID:~"},
    {"SID=1", {"c:1 SID Drop"}, "SID:dropped"},
    {"SID=1; Max-Age=0", {"c:1 SID Drop"}, ""},
    {"SID=1; Path=/", {"c:1 SID Prefix=__Host-"}, "SID:+__Host-+Secure"},
    {"SID=1; Path=/; Secure", {"c:1 SID Prefix=__Host-"}, "SID:+__Host-"},
    {"SID=1", {"c:1 SID Prefix=__Host-"}, "SID:withheld"},
    {"a,b:c d\"e\\f\x01\xFF=1",
     {"c:1 a* Drop"},
     "a\\u002cb\\u003ac\\u0020d\\u0022e\\u005cf\\u0001\\u00ff:dropped"},
    {"=1", {"c:1 * Secure"}, ":+Secure"},
    {"secretvalue", {"c:1 * Secure"}, ":+Secure"},
};

static void prints_short_forms(void **state)
{
    const cg_event_request request = some_request();
    (void)state;
    for (size_t i = 0; i < COUNT(short_forms); i++) {
        cg_event event = event_of(&request, cg_span_of(short_forms[i].line), short_forms[i].rules,
                                  true);
        char text[256];
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_short_form_print(&writer, event.cookie.name, &event.judgement);
        assert_text(short_forms[i].line, (cg_span){text, writer.len},
                    cg_span_of(short_forms[i].printed));
    }
}

static void bounds_the_name(void **state)
{
    const cg_judgement judgement = {.action = CG_ACTION_DROP};
    (void)state;
    for (int octet = 0; octet < 256; octet++) {
        char name[4096], text[512];
        cg_writer writer = {.at = text, .size = sizeof text};
        memset(name, octet, sizeof name);
        cg_short_form_print(&writer, (cg_span){name, sizeof name}, &judgement);
        assert_true(writer.len <= 256 + strlen("...:dropped"));
        for (size_t i = 0; i < writer.len; i++) {
            assert_true(text[i] > 0x20 && text[i] < 0x7F && text[i] != '"' && text[i] != ',');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_short_forms),
        cmocka_unit_test(bounds_the_name),
    };
    return cmocka_run_group_tests(tests, set_up_events, tear_down_events);
}
