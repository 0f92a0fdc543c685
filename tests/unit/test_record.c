/* Records: what they say, that any octets make one line of valid JSON, that they never grow too
 * long, and that no value of a cookie is ever in them. */
#include <stdlib.h>
#include <time.h>

#include "audit_event.h"
#include "json_check.h"

#include "audit/record.h"

/* A record ends where readable memory ends. */
static cg_writer new_writer(void)
{
    return (cg_writer){.at = guard_page_end() - CG_RECORD_SIZE_MAX, .size = CG_RECORD_SIZE_MAX};
}

/* What holds for every record, whatever it is made of. */
static cg_span check_record(const cg_writer *writer)
{
    cg_span line = {writer->at, writer->len};
    assert_true(line.len <= CG_RECORD_SIZE_MAX);
    assert_int_equal(line.at[line.len - 1], '\n');
    line.len--;
    if (!json_is_valid(line)) {
        fail_msg("not JSON: %.*s", (int)line.len, line.at);
    }
    return line;
}

static cg_span record_of(const cg_event *event)
{
    cg_writer writer = new_writer();
    cg_record_print(&writer, event);
    return check_record(&writer);
}

static bool contains(cg_span text, cg_span part)
{
    return memmem(text.at, text.len, part.at, part.len) != NULL;
}

static void assert_contains(const char *what, cg_span text, cg_span part)
{
    if (!contains(text, part)) {
        fail_msg("%s\n      is: %.*s\n  wanted: %.*s", what, (int)text.len, text.at, (int)part.len,
                 part.at);
    }
}

static void prints_the_record_of_the_design(void **state)
{
    static const char *const rules[3] = {"sites-enabled/shop.conf:12 SID Secure HttpOnly "
                                         "SameSite=Lax"};
    const cg_event_request request = some_request();
    cg_event event = event_of(
        &request, CG_SPAN("SID=0123456789012345678901234567890123456; Path=/"), rules, true);
    (void)state;

    event.findings = CG_FINDING_BIT(CG_FINDING_SECURE_MISSING);
    assert_text(
        "the record", record_of(&event),
        CG_SPAN("{\"@timestamp\":\"2026-11-23T18:14:00.123456Z\",\"event\":\"cookie\","
                "\"version\":1,\"vhost\":\"shop.example:443\",\"client\":\"192.0.2.7\","
                "\"user\":\"\",\"request_id\":\"ZzX1aB@2-3_4\",\"method\":\"POST\","
                "\"path\":\"/login\",\"status\":302,\"origin\":\"proxy\",\"mode\":\"enforce\","
                "\"cookie\":\"SID\",\"value_len\":32,\"before\":\"Path=/\","
                "\"after\":\"Path=/; Secure; HttpOnly; SameSite=Lax\","
                "\"changed\":[\"+Secure\",\"+HttpOnly\",\"+SameSite=Lax\"],\"refused\":[],"
                "\"rules\":[\"sites-enabled/shop.conf:12\"],\"findings\":[{"
                "\"id\":\"CG-SECURE-MISSING\",\"severity\":\"high\",\"cwe\":614,"
                "\"asvs\":\"3.3.1\"}],\"browser\":{\"before\":\"stored\",\"after\":\"stored\"}}"));
}

/* clang-format off: a row is a case. What the record says is looked for in it. */
static const struct {
    const char *line;
    const char *rules[3];
    bool is_plain_http;
    const char *says[3];
} changes[] = {
    /* added, replaced, removed */
    {"a=1",
     {"c:1 * Secure"},
     false,
     {"\"before\":\"\",\"after\":\"Secure\",\"changed\":[\"+Secure\"],\"refused\":[],\"rules\":["
      "\"c:1\"]"}},
    {"a=1; SameSite=None; Secure",
     {"c:1 a SameSite>=Strict"},
     false,
     {"\"before\":\"Secure; SameSite=None\",\"after\":\"Secure; "
      "SameSite=Strict\",\"changed\":[\"SameSite=Strict\"]"}},
    {"a=1; Domain=shop.example; Path=/x",
     {"c:1 a -Domain"},
     false,
     {"\"before\":\"Domain=shop.example; "
      "Path=/x\",\"after\":\"Path=/x\",\"changed\":[\"-Domain\"]"}},
    {"a=1; Path=/x",
     {"c:1 a Path:=/app"},
     false,
     {"\"after\":\"Path=/app\",\"changed\":[\"Path=/app\"]"}},
    {"a=1", {"c:1 a Domain=shop.example"}, false, {"\"changed\":[\"+Domain=shop.example\"]"}},
    {"a=1; Max-Age=99999999", {"c:1 a Max-Age<=1d"}, false, {"\"changed\":[\"Max-Age=86400\"]"}},
    {"a=1; Expires=Fri, 01 Jan 2027 00:00:00 GMT",
     {"c:1 a Max-Age<=1d"},
     false,
     {"\"before\":\"Expires=Fri, 01 Jan 2027 00:00:00 GMT\"",
      "\"changed\":[\"Expires=Tue, 24 Nov 2026 18:14:00 GMT\"]", "\"rules\":[\"c:1\"]"}},
    {"a=1; Max-Age=5; Expires=Fri, 01 Jan 2027 00:00:00 GMT",
     {"c:1 a -Max-Age"},
     false,
     {"\"after\":\"\",\"changed\":[\"-Expires\",\"-Max-Age\"],\"refused\":[],\"rules\":[\"c:1\"]"}},
    {"a=1; Secure",
     {"c:1 a SameSite:=None Secure Partitioned"},
     false,
     {"\"changed\":[\"+SameSite=None\",\"+Partitioned\"]"}},
    /* written anew and says the same: no rule did it */
    {"a=1; Secure=x",
     {"c:1 a Secure"},
     false,
     {"\"changed\":[\"Secure\"],\"refused\":[],\"rules\":[]"}},
    {"a=1; SameSite=None; SameSite=Lax",
     {"c:1 a SameSite=Lax"},
     false,
     {"\"changed\":[\"SameSite=Lax\"]"}},
    {"a=1; Path=/; Path=/",
     {NULL},
     false,
     {"\"changed\":[\"Path=/\"],\"refused\":[],\"rules\":[]"}},
    /* nothing to do */
    {"a=1; Secure", {"c:1 a Secure"}, false, {"\"changed\":[],\"refused\":[],\"rules\":[]"}},
    {"a=1", {"c:1 a Secure=keep"}, false, {"\"changed\":[],\"refused\":[],\"rules\":[]"}},
    {"a=1", {NULL}, false, {"\"before\":\"\",\"after\":\"\""}},
    /* dropped */
    {"a=1; Secure",
     {"c:1 a Drop"},
     false,
     {"\"before\":\"Secure\",\"after\":\"\",\"changed\":[\"dropped\"],\"refused\":[],\"rules\":["
      "\"c:1\"]",
      "\"id\":\"CG-DROPPED\"", "\"browser\":{\"before\":\"stored\",\"after\":\"dropped\"}"}},
    {"a=1",
     {"c:1 * Secure", "c:2 a Drop"},
     false,
     {"\"changed\":[\"dropped\"],\"refused\":[],\"rules\":[\"c:2\"]"}},
    {"a=1; Max-Age=0", {"c:2 a Drop"}, false, {"\"changed\":[],\"refused\":[],\"rules\":[]"}},
    /* under a prefix */
    {"a=1; Path=/",
     {"c:1 a Prefix=__Host-", "c:2 * HttpOnly"},
     false,
     {"\"cookie\":\"a\",\"value_len\":0,\"before\":\"Path=/\","
      "\"after\":\"Path=/; Secure; HttpOnly\","
      "\"changed\":[\"+Prefix=__Host-\",\"+Secure\",\"+HttpOnly\"],\"refused\":[],"
      "\"rules\":[\"c:2\",\"c:1\"]"}},
    {"a=1; Path=/; Secure",
     {"c:1 a Prefix=__Secure-"},
     false,
     {"\"changed\":[\"+Prefix=__Secure-\"],\"refused\":[],\"rules\":[\"c:1\"]"}},
    {"a=1; Path=/app",
     {"c:1 a Prefix=__Host-"},
     false,
     {"\"after\":\"\",\"changed\":[\"withheld\"],\"refused\":[],\"withheld\":\"Path\","
      "\"rules\":[\"c:1\"]",
      "\"id\":\"CG-WITHHELD\"", "\"browser\":{\"before\":\"stored\",\"after\":\"withheld\"}"}},
    {"A=1; Path=/",
     {"c:1 a Prefix=__Host-"},
     false,
     {"\"changed\":[\"withheld\"],\"refused\":[],\"withheld\":\"Spelling\"",
      "\"id\":\"CG-SPELLING\""}},
    {"a=1; Path=/", {"c:1 a Prefix=__Host-"}, true, {"\"withheld\":\"PlainHTTP\""}},
    {"a=1; Path=/", {"c:1 a Prefix=off"}, false, {"\"changed\":[],\"refused\":[],\"rules\":[]"}},
    {"a=; Max-Age=0",
     {"c:1 a Prefix=__Host-"},
     false,
     {"\"after\":\"Path=/; Max-Age=0; Secure\","
      "\"changed\":[\"+Prefix=__Host-\",\"+Path=/\",\"+Secure\"]"}},
    /* refused */
    {"a=1",
     {"c:1 a Secure HttpOnly"},
     true,
     {"\"changed\":[\"+HttpOnly\"],\"refused\":[\"Secure\"],\"rules\":[\"c:1\"]"}},
    {"a=1",
     {"c:1 a Secure"},
     true,
     {"\"changed\":[],\"refused\":[\"Secure\"],\"rules\":[\"c:1\"]"}},
    {"__Host-a=1; Path=/; Secure",
     {"c:1 * Domain:=shop.example Path:=/app"},
     false,
     {"\"changed\":[],\"refused\":[\"Domain\",\"Path\"],\"rules\":[\"c:1\"]",
      "\"id\":\"CG-CHANGE-REFUSED\""}},
    /* rules: each place once, in the order of the attributes; the table is built in too */
    {"a=1",
     {"c:1 * Secure HttpOnly", "c:2 a SameSite=Lax"},
     false,
     {"\"rules\":[\"c:1\",\"c:2\"]"}},
    {"a=1",
     {"c:2 a SameSite=Lax", "c:1 * Secure HttpOnly"},
     false,
     {"\"rules\":[\"c:1\",\"c:2\"]"}},
    {"a=1", {"built-in"}, false, {"\"rules\":[\"built-in\"]"}},
    {"a=1",
     {"built-in", "c:1 a HttpOnly=keep"},
     false,
     {"\"changed\":[\"+Secure\",\"+SameSite=Lax\"],\"refused\":[],\"rules\":[\"built-in\"]"}},
    {"XSRF-TOKEN=1",
     {"built-in", "c:1 * HttpOnly"},
     false,
     {"\"rules\":[\"built-in\",\"c:1\"]", "\"id\":\"CG-KNOWN-COOKIE\""}},
    {"a=1",
     {"built-in", "/srv/.htaccess:3 a -Secure"},
     false,
     {"\"rules\":[\"built-in\",\"/srv/.htaccess:3\"]", "\"id\":\"CG-OVERRIDE-IGNORED\""}},
    /* what stands in the line */
    {"a=1; SameSite=Foo", {NULL}, false, {"\"before\":\"SameSite=(invalid)\""}},
    {"a=1; SameSite=Foo", {"c:1 a SameSite=Lax"}, false, {"\"changed\":[\"SameSite=Lax\"]"}},
    {"a=1; Priority=High; HttpOnly",
     {NULL},
     false,
     {"\"before\":\"HttpOnly; (other)\",\"after\":\"HttpOnly; (other)\""}},
    {"a=1; more; of; it", {NULL}, false, {"\"before\":\"(other)\""}},
    {"a=1; =x", {NULL}, false, {"\"before\":\"(other)\""}},
    {"a=1; ; ;", {NULL}, false, {"\"before\":\"\""}},
    {"a=1; Max-Age=-9223372036854775808", {NULL}, false, {"\"before\":\"Max-Age=-"}},
    {"a=1; Path=\"/\\", {NULL}, false, {"\"before\":\"Path=\\\"/\\\\\""}},
    {"a=1; Domain=.\xC3\xA4.example",
     {NULL},
     false,
     {"\"before\":\"Domain=\\u00c3\\u00a4.example\"",
      "\"before\":\"InvalidDomain\",\"after\":\"InvalidDomain\""}},
    /* lengths in steps of 16 */
    {"a=", {NULL}, false, {"\"value_len\":0,"}},
    {"a=123456789012345", {NULL}, false, {"\"value_len\":0,"}},
    {"a=1234567890123456", {NULL}, false, {"\"value_len\":16,"}},
    {"a=1234567890123456789012345678901", {NULL}, false, {"\"value_len\":16,"}},
    {"a=12345678901234567890123456789012", {NULL}, false, {"\"value_len\":32,"}},
    /* lines that browsers ignore, and one without a name */
    {"onlyavalue", {NULL}, false, {"\"cookie\":\"\",\"value_len\":0", "\"id\":\"CG-NAMELESS\""}},
    {"=",
     {"c:1 * Secure"},
     false,
     {"\"cookie\":\"\"", "\"changed\":[]",
      "\"browser\":{\"before\":\"NoCookieContent\",\"after\":\"NoCookieContent\"}"}},
    {"a\001b=1",
     {"c:1 * Secure"},
     false,
     {"\"cookie\":\"a\\u0001b\"", "\"changed\":[]", "\"before\":\"DisallowedCharacter\""}},
    {"", {NULL}, false, {"\"cookie\":\"\",\"value_len\":0,\"before\":\"\",\"after\":\"\""}},
    /* severity of a session's cookie and of another; findings without a CWE or a requirement */
    {"SID=1",
     {NULL},
     false,
     {"{\"id\":\"CG-SECURE-MISSING\",\"severity\":\"high\",\"cwe\":614,\"asvs\":\"3.3.1\"}"}},
    {"lang=1",
     {NULL},
     false,
     {"{\"id\":\"CG-SECURE-MISSING\",\"severity\":\"low\",\"cwe\":614,\"asvs\":\"3.3.1\"}"}},
    {"lang=1; Secure=1", {NULL}, false, {"{\"id\":\"CG-FLAG-VALUE\",\"severity\":\"low\"}"}},
    {"lang=1; Max-Age=99999999",
     {NULL},
     false,
     {"{\"id\":\"CG-LIFETIME-LONG\",\"severity\":\"low\",\"cwe\":539}"}},
    {"lang=1; Secure; HttpOnly; SameSite=Lax", {NULL}, false, {"\"findings\":[],\"browser\""}},
};
/* clang-format on */

static void says_what_became_of_a_cookie(void **state)
{
    const cg_event_request request = some_request();
    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        cg_event event = event_of(&request, guarded(cg_span_of(changes[i].line)), changes[i].rules,
                                  !changes[i].is_plain_http);
        cg_span record = record_of(&event);
        for (size_t k = 0; k < COUNT(changes[i].says) && changes[i].says[k]; k++) {
            assert_contains(changes[i].line, record, cg_span_of(changes[i].says[k]));
        }
        assert_false(contains(record, CG_SPAN("truncated")));
    }
}

static void says_the_mode(void **state)
{
    static const char *const no_rules[3] = {NULL};
    static const struct {
        cg_mode mode;
        const char *says;
    } modes[] = {
        {CG_MODE_ON, "\"mode\":\"enforce\""},
        {CG_MODE_REPORT, "\"mode\":\"report\""},
        {CG_MODE_OFF, "\"mode\":\"off\""},
    };
    const cg_event_request request = some_request();
    (void)state;
    for (size_t i = 0; i < COUNT(modes); i++) {
        cg_event event = event_of(&request, CG_SPAN("a=1"), no_rules, true);
        event.mode = modes[i].mode;
        assert_contains(modes[i].says, record_of(&event), cg_span_of(modes[i].says));
    }
}

/* A cookie of a 103 is told with that status, beside those of the final response. */
static void says_the_status_of_an_interim_response(void **state)
{
    static const char *const no_rules[3] = {NULL};
    const cg_event_request request = some_request();
    cg_event event = event_of(&request, CG_SPAN("a=1"), no_rules, true);
    (void)state;
    assert_contains("the final one", record_of(&event), CG_SPAN("\"status\":302,"));
    event.status = 103;
    assert_contains("an interim one", record_of(&event), CG_SPAN("\"status\":103,"));
}

static const struct {
    const char *path;
    const char *printed;
} paths[] = {
    {"", ""},
    {"/", "/"},
    {"/a/b", "/a/b"},
    {"/a?SID=secret", "/a"},
    {"?secret", ""},
    {"/a;jsessionid=secret", "/a"},
    {"/a;jsessionid=secret?x=secret", "/a"},
    {"/a;x=secret/b;y=secret/c", "/a/b/c"},
    {"/a;x;y=secret;z/b", "/a/b"},
    {";secret/b", "/b"},
    {"/;secret/;secret", "//"},
    {"/a%3Bjsessionid=secret/b", "/a/b"},
    {"/a%3bjsessionid=secret/b", "/a/b"},
    {"/a%3", "/a%3"},
    {"/a%", "/a%"},
    {"/100%25;secret", "/100%25"},
    {"*", "*"},
    {"/\"\\\t\r\n\x7F\xFF", "/\\\"\\\\\\u0009\\u000d\\u000a\\u007f\\u00ff"},
};

static void leaves_query_and_parameters_out(void **state)
{
    static const char *const no_rules[3] = {NULL};
    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        cg_event_request request = some_request();
        cg_event event = event_of(&request, CG_SPAN("a=1"), no_rules, true);
        char wanted[128];
        request.path = guarded(cg_span_of(paths[i].path));
        snprintf(wanted, sizeof wanted, "\"path\":\"%s\",\"status\"", paths[i].printed);
        assert_contains(paths[i].path, record_of(&event), cg_span_of(wanted));
    }
}

/* The texts of an event that come from outside. */
static cg_span *text_of(cg_event_request *request, cg_event *event, int which)
{
    cg_span *texts[] = {
        &request->vhost,
        &request->client,
        &request->user,
        &request->method,
        &request->path,
        &request->request_id,
        &request->origin,
        &event->cookie.name,
        &event->cookie.attributes.path,
        &event->cookie.attributes.domain,
        &event->judgement.after.path,
        &event->judgement.after.domain,
    };
    return which < (int)COUNT(texts) ? texts[which] : NULL;
}

static void takes_every_octet_in_every_text(void **state)
{
    static const char *const no_rules[3] = {NULL};
    cg_event_request request;
    cg_event event = event_of(&request, CG_SPAN("a=1; Path=/; Domain=x"), no_rules, true);
    cg_span *text;
    (void)state;

    for (int which = 0; (text = text_of(&request, &event, which)) != NULL; which++) {
        for (int octet = 0; octet < 256; octet++) {
            const char octets[3] = {'<', (char)octet, '>'};
            char wanted[16];
            request = some_request();
            event = event_of(&request, CG_SPAN("a=1; Path=/; Domain=x"), no_rules, true);
            *text = guarded((cg_span){octets, sizeof octets});
            if (octet == '"' || octet == '\\') {
                snprintf(wanted, sizeof wanted, "<\\%c>", octet);
            } else if (octet < 0x20 || octet >= 0x7F) {
                snprintf(wanted, sizeof wanted, "<\\u00%02x>", (unsigned)octet);
            } else if (text == &request.path && (octet == ';' || octet == '?')) {
                snprintf(wanted, sizeof wanted, "\"path\":\"<\"");
            } else {
                snprintf(wanted, sizeof wanted, "<%c>", octet);
            }
            assert_contains("octet", record_of(&event), cg_span_of(wanted));
        }
    }
}

static const struct {
    int64_t time_us;
    const char *printed;
} moments[] = {
    {0, "1970-01-01T00:00:00.000000Z"},
    {-1, "1970-01-01T00:00:00.000000Z"},
    {EVENT_MOMENT, "2026-11-23T18:14:00.123456Z"},
    {INT64_C(951782400000001), "2000-02-29T00:00:00.000001Z"},
    {INT64_C(4107542399000000), "2100-02-28T23:59:59.000000Z"},
    {INT64_C(4107542400000000), "2100-03-01T00:00:00.000000Z"},
    {INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z"},
};

static void print_moment(char *text, size_t size, int64_t time_us)
{
    const cg_event_request request = {.time_us = time_us};
    cg_writer writer = new_writer();
    cg_span line;
    cg_record_print_omitted(&writer, &request, 1);
    line = check_record(&writer);
    snprintf(text, size, "%.*s", 27, line.at + strlen("{\"@timestamp\":\""));
}

static void prints_moments(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(moments); i++) {
        char text[32];
        print_moment(text, sizeof text, moments[i].time_us);
        assert_string_equal(text, moments[i].printed);
    }
}

/* Moments that no date has still make a line. */
static void prints_impossible_moments(void **state)
{
    static const int64_t impossible[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX,
                                         INT64_C(253402300800000000)};
    (void)state;
    for (size_t i = 0; i < COUNT(impossible); i++) {
        char text[32];
        print_moment(text, sizeof text, impossible[i]);
        assert_memory_equal(text, impossible[i] < 0 ? "1970-01-01T" : "9999-12-31T", 11);
    }
}

static void agrees_with_the_calendar_of_the_system(void **state)
{
    (void)state;
    for (int64_t day = 0; day < 2932896; day += 37) {
        time_t second = (time_t)(day * 86400 + day % 86400);
        struct tm parts;
        char text[32], wanted[32];
        assert_non_null(gmtime_r(&second, &parts));
        assert_true(strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S.000000Z", &parts) > 0);
        print_moment(text, sizeof text, (int64_t)second * 1000000);
        assert_string_equal(text, wanted);
    }
}

/* A text of `len` octets that end at the guard page, each `octet`. */
static cg_span filled(char octet, size_t len)
{
    char *text = apr_palloc(event_pool, len + 1);
    memset(text, octet, len);
    text[len] = '\0';
    return (cg_span){text, len};
}

static void fill_event(cg_event_request *request, cg_event *event, char octet, size_t len)
{
    static cg_rule rules[CG_ATTRIBUTE_COUNT + 2];
    static cg_term terms[CG_ATTRIBUTE_COUNT];
    cg_span *text;

    for (int which = 0; (text = text_of(request, event, which)) != NULL; which++) {
        *text = filled(octet, len);
    }
    for (size_t i = 0; i < COUNT(rules); i++) {
        char *place = apr_palloc(event_pool, len + 16);
        memset(place, octet ? octet : 'x', len);
        snprintf(place + len, 16, ":%zu", i);
        rules[i] = (cg_rule){.place = place};
    }
    for (int i = 0; i < CG_ATTRIBUTE_COUNT; i++) {
        terms[i] = (cg_term){.rule = &rules[i]};
        event->demands.term[i] = &terms[i];
    }
    event->demands.ignored = &rules[CG_ATTRIBUTE_COUNT];
    event->judgement.drop = &rules[CG_ATTRIBUTE_COUNT + 1];
}

static const unsigned all_attributes = CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_COUNT) - 1 -
                                       CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_OTHER);

/* An event that says everything at once, as long as it can be. */
static void make_longest(cg_event_request *request, cg_event *event, char octet, size_t len)
{
    *request = (cg_event_request){.time_us = INT64_MAX, .status = INT32_MIN};
    *event = (cg_event){
        .request = request,
        .mode = CG_MODE_ON,
        .cookie = {.kind = CG_LINE_COOKIE, .value = {NULL, SIZE_MAX}, .rest = CG_SPAN("; x")},
        .judgement = {.action = CG_ACTION_REWRITE, .refused = all_attributes},
        .browser_before = CG_BROWSER_NAME_VALUE_TOO_LONG,
        .browser_after = CG_BROWSER_NAME_VALUE_TOO_LONG,
        .findings = CG_FINDING_BIT(CG_FINDING_COUNT) - 1,
    };
    event->cookie.attributes = (cg_attributes){
        .present = all_attributes,
        .max_age = INT64_MIN,
        .expires = INT64_MAX,
    };
    event->judgement.after = event->cookie.attributes;
    event->judgement.after.same_site = CG_SAME_SITE_STRICT;
    event->judgement.added = all_attributes;
    fill_event(request, event, octet, len);
}

static void stays_within_its_size(void **state)
{
    static const char octets[] = {0, 1, '"', '\\', 'a', 0x7F, (char)0xFF};
    static const size_t lens[] = {0, 1, 15, 16, 17, 100, 1023, 1024, 1025, 4096, 60000};
    (void)state;
    for (size_t i = 0; i < COUNT(octets); i++) {
        for (size_t k = 0; k < COUNT(lens); k++) {
            cg_event_request request;
            cg_event event;
            cg_span record;
            make_longest(&request, &event, octets[i], lens[k]);
            record = record_of(&event);
            assert_true(lens[k] < 1024 || contains(record, CG_SPAN("\"truncated\":true}")));
            event.judgement.action = CG_ACTION_DROP;
            record_of(&event);
        }
    }
}

static void cuts_the_longest_text_first(void **state)
{
    static const char *const no_rules[3] = {NULL};
    cg_event_request request = some_request();
    cg_event event = event_of(&request, CG_SPAN("a=1; Path=/x; Secure"), no_rules, true);
    cg_span record;
    (void)state;

    request.path = filled('p', 60000);
    request.user = filled('u', 500);
    record = record_of(&event);
    assert_contains("path", record, CG_SPAN("ppp...\",\"status\""));
    assert_contains("cookie", record, CG_SPAN("\"cookie\":\"a\""));
    assert_contains("before", record, CG_SPAN("\"before\":\"Path=/x; Secure\""));
    assert_contains("flag", record, CG_SPAN("\"truncated\":true}"));
    assert_false(contains(record, CG_SPAN("u...")));
}

/* Flags behind a long Path are still seen, and of a rule's place the line number is. */
static void cuts_so_that_what_matters_stays(void **state)
{
    cg_event_request request = some_request();
    cg_event event;
    cg_rule rule = {.place = filled('d', 3000).at};
    cg_term term = {.rule = &rule};
    cg_span record;
    (void)state;

    memcpy((char *)(uintptr_t)rule.place + 2994, "/x:123", 6);
    event = (cg_event){.request = &request, .findings = 0};
    event.cookie.attributes.present = CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_PATH) |
                                      CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_SECURE);
    event.cookie.attributes.path = filled('/', 3000);
    event.judgement.after = event.cookie.attributes;
    event.judgement.action = CG_ACTION_REWRITE;
    event.judgement.added = CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_SECURE);
    event.demands.term[CG_ATTRIBUTE_SECURE] = &term;
    record = record_of(&event);
    assert_contains("before", record, CG_SPAN("//...; Secure\",\"after\":"));
    assert_contains("rules", record, CG_SPAN("\"rules\":[\"...dd"));
    assert_contains("rules", record, CG_SPAN("dd/x:123\"]"));
}

/* An escape is never cut in two, so there is no length at which a record stops being JSON. */
static void cuts_at_every_length(void **state)
{
    (void)state;
    for (size_t len = 0; len < 1100; len++) {
        cg_event_request request = some_request();
        cg_event event = {.request = &request};
        char *name = apr_palloc(event_pool, len + 4);
        memset(name, 'n', len);
        memcpy(name + len, "\"\xFF\\x", 4);
        event.cookie.name = (cg_span){name, len + 4};
        request.path = event.cookie.name;
        record_of(&event);
    }
}

/* -- no value, ever ------------------------------------------------------------------------ */

enum { SECRET_LEN = 24 };

static void make_secret(uint64_t *seed, char secret[SECRET_LEN])
{
    static const char octets[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    for (int i = 0; i < SECRET_LEN; i++) {
        secret[i] = octets[next_random(seed) % (sizeof octets - 1)];
    }
}

/* clang-format off: %S is where the secret stands. */
static const char *const with_secret[] = {
    "SID=%S",
    "SID=%S; Path=/; Secure",
    "%S",
    "%S; Secure",
    "=%S",
    "SID= %S ",
    "SID=\"%S\"",
    "SID=a=%S",
    "SID=a;%S",
    "SID=a; %S=1",
    "SID=a; x=%S",
    "SID=a; =%S",
    "SID=a; SameSite=%S",
    "SID=a; Max-Age=%S",
    "SID=a; Expires=%S",
    "SID=a; Secure=%S",
    "SID=a; HttpOnly=%S; HttpOnly",
    "SID=a; Partitioned=%S",
    "SID=a\001%S",
    "SID=%S\n",
    "SID=a; Priority=High; %S; Secure",
    "SID=%S; Max-Age=0",
    "__Host-SID=%S; Domain=x",
    "SID=a; Path=/%S; Path=/b",
};
/* clang-format on */

static cg_span put_secret(const char *text, const char secret[SECRET_LEN])
{
    const char *place = strstr(text, "%S");
    char *line = apr_psprintf(event_pool, "%.*s%.*s%s", (int)(place - text), text, SECRET_LEN,
                              secret, place + 2);
    return cg_span_of(line);
}

static void assert_no_part(const char *what, cg_span record, const char secret[SECRET_LEN])
{
    for (int i = 0; i + 4 <= SECRET_LEN; i++) {
        if (contains(record, (cg_span){secret + i, 4})) {
            fail_msg("%s: %.*s", what, (int)record.len, record.at);
        }
    }
}

static void never_shows_a_value(void **state)
{
    static const char *const policies[][3] = {
        {NULL},
        {"built-in"},
        {"built-in", "c:1 * SameSite:=Strict Path:=/ Max-Age:=1d -Domain"},
        {"c:1 SID Drop"},
    };
    uint64_t seed = 6265;
    (void)state;

    for (size_t i = 0; i < COUNT(with_secret); i++) {
        for (size_t k = 0; k < COUNT(policies); k++) {
            cg_event_request request = some_request();
            char secret[SECRET_LEN];
            cg_event event;
            make_secret(&seed, secret);
            request.path = put_secret("/a;s=%S/b?q=1", secret);
            event = event_of(&request, guarded(put_secret(with_secret[i], secret)), policies[k],
                             true);
            assert_no_part(with_secret[i], record_of(&event), secret);
        }
    }
}

/* -- any octets ---------------------------------------------------------------------------- */

static cg_span random_text(uint64_t *seed, size_t len_max)
{
    size_t len = (size_t)(next_random(seed) % (len_max + 1));
    char *text = apr_palloc(event_pool, len + 1);
    bool is_ascii = next_random(seed) % 2;
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)(is_ascii ? 0x20 + next_random(seed) % 0x5F : next_random(seed));
    }
    return (cg_span){text, len};
}

static void random_attributes(uint64_t *seed, cg_attributes *attributes)
{
    attributes->present = (unsigned)next_random(seed) & all_attributes;
    attributes->same_site = (cg_same_site)(next_random(seed) % CG_SAME_SITE_COUNT);
    attributes->max_age = (int64_t)next_random(seed);
    attributes->expires = (int64_t)next_random(seed);
}

static void random_event(uint64_t *seed, cg_event_request *request, cg_event *event)
{
    size_t len_max = (size_t)1 << (next_random(seed) % 12);
    cg_span *text;

    make_longest(request, event, 'r', (size_t)(next_random(seed) % 64));
    request->time_us = (int64_t)next_random(seed);
    request->status = (int)(next_random(seed) % 600);
    event->mode = (cg_mode)(next_random(seed) % 3);
    event->cookie.value.len = (size_t)(next_random(seed) % 70000);
    event->cookie.rest = CG_SPAN("");
    event->findings &= next_random(seed) & next_random(seed);
    event->judgement.action = (cg_action)(next_random(seed) % 3);
    event->browser_before = (cg_browser_verdict)(next_random(seed) % CG_BROWSER_VERDICT_COUNT);
    random_attributes(seed, &event->cookie.attributes);
    random_attributes(seed, &event->judgement.after);
    event->judgement.added = (unsigned)next_random(seed) & all_attributes;
    event->judgement.removed = (unsigned)next_random(seed) & all_attributes;
    event->judgement.replaced = (unsigned)next_random(seed) & all_attributes;
    event->judgement.refused = (unsigned)next_random(seed) & all_attributes;
    for (int which = 0; (text = text_of(request, event, which)) != NULL; which++) {
        *text = random_text(seed, len_max);
    }
}

static void makes_json_of_anything(void **state)
{
    uint64_t seed = 8259;
    (void)state;
    for (int i = 0; i < 8000; i++) {
        cg_event_request request;
        cg_event event;
        random_event(&seed, &request, &event);
        record_of(&event);
        if (i % 100 == 0) {
            apr_pool_clear(event_pool);
        }
    }
}

/* -- the other records --------------------------------------------------------------------- */

static void prints_counts(void **state)
{
    cg_sighting_count count = {
        .time_us = EVENT_MOMENT,
        .first_us = 0,
        .last_us = EVENT_MOMENT - 1,
        .count = 1234,
        .mode = CG_MODE_REPORT,
        .vhost = CG_SPAN("shop.example:443"),
        .name = CG_SPAN("S\xC3\xAF\"D"),
        .before = CG_SPAN("Path=/\"; Secure"),
        .findings = CG_FINDING_BIT(CG_FINDING_NAME_REPEATED),
        .is_session_like = true,
    };
    cg_writer writer = new_writer();
    (void)state;

    cg_record_print_count(&writer, &count);
    assert_text(
        "the record", check_record(&writer),
        CG_SPAN("{\"@timestamp\":\"2026-11-23T18:14:00.123456Z\",\"event\":\"cookie-count\","
                "\"version\":1,\"vhost\":\"shop.example:443\",\"mode\":\"report\","
                "\"cookie\":\"S\\u00c3\\u00af\\\"D\",\"before\":\"Path=/\\\"; Secure\","
                "\"count\":1234,\"first\":\"1970-01-01T00:00:00.000000Z\","
                "\"last\":\"2026-11-23T18:14:00.123455Z\",\"findings\":[{"
                "\"id\":\"CG-NAME-REPEATED\",\"severity\":\"high\",\"asvs\":\"15.3.7\"}]}"));
}

static void prints_counts_of_any_content(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (int i = 0; i < 5000; i++) {
        cg_sighting_count count = {
            .time_us = (int64_t)next_random(&seed),
            .first_us = (int64_t)next_random(&seed),
            .last_us = (int64_t)next_random(&seed),
            .count = next_random(&seed),
            .vhost = random_text(&seed, 5000),
            .name = random_text(&seed, 5000),
            .before = random_text(&seed, 5000),
            .findings = next_random(&seed) & (CG_FINDING_BIT(CG_FINDING_COUNT) - 1),
            .is_cut = next_random(&seed) % 2,
        };
        cg_writer writer = new_writer();
        cg_span record;
        cg_record_print_count(&writer, &count);
        record = check_record(&writer);
        assert_true(!count.is_cut || contains(record, CG_SPAN("\"truncated\":true}")));
        apr_pool_clear(event_pool);
    }
}

static void prints_omitted_cookies(void **state)
{
    const cg_event_request request = some_request();
    cg_writer writer = new_writer();
    (void)state;
    cg_record_print_omitted(&writer, &request, 9936);
    assert_text("the record", check_record(&writer),
                CG_SPAN("{\"@timestamp\":\"2026-11-23T18:14:00.123456Z\","
                        "\"event\":\"cookies-omitted\",\"version\":1,"
                        "\"vhost\":\"shop.example:443\",\"client\":\"192.0.2.7\",\"user\":\"\","
                        "\"request_id\":\"ZzX1aB@2-3_4\",\"method\":\"POST\",\"path\":\"/login\","
                        "\"status\":302,\"origin\":\"proxy\",\"count\":9936}"));
}

static void prints_refused_cookies(void **state)
{
    const cg_guard guard = {.name = {.text = CG_SPAN("SID")}};
    const cg_restored restored = {
        .refused = {[CG_REFUSAL_SPELLING] = 2, [CG_REFUSAL_PLAIN] = 1, [CG_REFUSAL_DOLLAR] = 7},
        .first_refusal = CG_REFUSAL_PLAIN,
        .first_refused = &guard,
    };
    const cg_event_request request = some_request();
    cg_writer writer = new_writer();
    (void)state;
    cg_record_print_refused(&writer, &request, &restored);
    assert_text("the record", check_record(&writer),
                CG_SPAN("{\"@timestamp\":\"2026-11-23T18:14:00.123456Z\","
                        "\"event\":\"cookies-refused\",\"version\":1,"
                        "\"vhost\":\"shop.example:443\",\"client\":\"192.0.2.7\",\"user\":\"\","
                        "\"request_id\":\"ZzX1aB@2-3_4\",\"method\":\"POST\",\"path\":\"/login\","
                        "\"status\":302,\"origin\":\"proxy\",\"mode\":\"enforce\","
                        "\"cookie\":\"SID\",\"refusals\":{\"spelling\":2,\"plain\":1,"
                        "\"dollar\":7},\"count\":10}"));
}

/* Every reason has a word of its own; no name but a configured one is told. */
static void prints_refused_cookies_of_any_content(void **state)
{
    uint64_t seed = 3;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        cg_guard guard = {.name = {.text = random_text(&seed, 5000)}};
        cg_restored restored = {.field = CG_SPAN("evil="
                                                 "secretvalue")};
        cg_event_request request = some_request();
        cg_writer writer = new_writer();
        cg_span record;
        request.path = random_text(&seed, 5000);
        for (int k = CG_REFUSAL_NONE + 1; k < CG_REFUSAL_COUNT; k++) {
            restored.refused[k] = (unsigned)next_random(&seed) >> next_random(&seed) % 32;
        }
        restored.first_refused = i % 2 ? &guard : NULL;
        cg_record_print_refused(&writer, &request, &restored);
        record = check_record(&writer);
        assert_false(contains(record, CG_SPAN("evil")));
        for (int k = CG_REFUSAL_NONE + 1; k < CG_REFUSAL_COUNT; k++) {
            char wanted[64];
            snprintf(wanted, sizeof wanted, "\"%s\":%u", cg_refusal_name((cg_refusal)k).at,
                     restored.refused[k]);
            assert_int_equal(contains(record, cg_span_of(wanted)), restored.refused[k] != 0);
        }
        assert_int_equal(contains(record, CG_SPAN("\"cookie\":\"\",")),
                         i % 2 == 0 || guard.name.text.len == 0);
        apr_pool_clear(event_pool);
    }
}

static void prints_records_held_back(void **state)
{
    cg_writer writer = new_writer();
    (void)state;
    cg_record_print_held_back(&writer, EVENT_MOMENT, CG_SPAN("shop.example:443"), 99);
    assert_text("the record", check_record(&writer),
                CG_SPAN("{\"@timestamp\":\"2026-11-23T18:14:00.123456Z\","
                        "\"event\":\"refused-count\",\"version\":1,"
                        "\"vhost\":\"shop.example:443\",\"count\":99}"));
}

/* A writer may hold something already: the record goes behind it, however often it is tried. */
static void prints_behind_what_is_there(void **state)
{
    static char text[2 * CG_RECORD_SIZE_MAX];
    cg_writer writer = {.at = text, .size = sizeof text};
    cg_event_request request;
    cg_event event;
    (void)state;
    make_longest(&request, &event, 'x', 5000);
    cg_write(&writer, CG_SPAN("before "));
    cg_record_print(&writer, &event);
    assert_memory_equal(text, "before {\"@timestamp\"", 20);
    assert_true(writer.len <= 7 + CG_RECORD_SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_the_record_of_the_design),
        cmocka_unit_test(says_what_became_of_a_cookie),
        cmocka_unit_test(says_the_mode),
        cmocka_unit_test(says_the_status_of_an_interim_response),
        cmocka_unit_test(leaves_query_and_parameters_out),
        cmocka_unit_test(takes_every_octet_in_every_text),
        cmocka_unit_test(prints_moments),
        cmocka_unit_test(prints_impossible_moments),
        cmocka_unit_test(agrees_with_the_calendar_of_the_system),
        cmocka_unit_test(stays_within_its_size),
        cmocka_unit_test(cuts_the_longest_text_first),
        cmocka_unit_test(cuts_so_that_what_matters_stays),
        cmocka_unit_test(cuts_at_every_length),
        cmocka_unit_test(never_shows_a_value),
        cmocka_unit_test(makes_json_of_anything),
        cmocka_unit_test(prints_counts),
        cmocka_unit_test(prints_counts_of_any_content),
        cmocka_unit_test(prints_omitted_cookies),
        cmocka_unit_test(prints_refused_cookies),
        cmocka_unit_test(prints_refused_cookies_of_any_content),
        cmocka_unit_test(prints_records_held_back),
        cmocka_unit_test(prints_behind_what_is_there),
    };
    return cmocka_run_group_tests(tests, set_up_events, tear_down_events);
}
