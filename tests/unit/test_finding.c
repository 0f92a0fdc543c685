/* The findings of one line each, and the table behind them. */
#include "unit.h"

#include "enforcement.h"

static apr_pool_t *pool;

#define HTTPS "https://www.example.com/app/page"
#define HTTP "http://www.example.com/app/page"
#define SAFE "; Secure; HttpOnly; SameSite=Lax"

/* clang-format off */
static const struct {
    const char *rules;
    const char *url;
    const char *line;
    const char *findings; /* in the order of the enum, without CG- */
} cases[] = {
    {"", HTTPS, "a=b" SAFE, ""},
    {"built-in", HTTPS, "a=b" SAFE, ""},
    {"", HTTPS, "a=b", "SECURE-MISSING HTTPONLY-MISSING SAMESITE-MISSING"},
    {"built-in", HTTPS, "a=b", "SECURE-MISSING HTTPONLY-MISSING SAMESITE-MISSING"},
    {"", HTTPS, "a=b; Secure; HttpOnly; SameSite=bogus", "SAMESITE-INVALID"},
    {"", HTTPS, "a=b; HttpOnly; SameSite=None", "SECURE-MISSING SAMESITE-NONE-INSECURE"},
    {"", HTTPS, "a=b; Secure; HttpOnly; SameSite=None", ""},
    {"", HTTPS, "__Host-a=b" SAFE, "PREFIX-VIOLATION"},
    {"", HTTPS, "__host-a=b" SAFE "; Path=/x", "PREFIX-VIOLATION"},
    {"", HTTPS, "__Host-a=b" SAFE "; Path=/", ""},
    {"", HTTPS, "a=b; Partitioned; HttpOnly; SameSite=Lax", "SECURE-MISSING PARTITIONED-INSECURE"},
    {"", HTTP, "a=b; HttpOnly; SameSite=Lax", "PLAIN-HTTP"},
    {"", HTTP, "a=b" SAFE, "SECURE-ON-PLAIN-HTTP"},
    {"", HTTPS, "a=b; Domain=example.com" SAFE, "DOMAIN-WIDE"},
    {"", HTTPS, "a=b; Domain=www.example.com" SAFE, "DOMAIN-SET"},
    {"", HTTPS, "a=b; Domain=.WWW.example.com" SAFE, "DOMAIN-SET"},
    {"", HTTPS, "a=b; Domain=" SAFE, ""},
    {"", HTTPS, "a=b; Domain=other.example" SAFE, "DOMAIN-INVALID"},
    {"", HTTPS, "a=b; Max-Age=99" SAFE, ""},
    {"", HTTPS, "a=b; Max-Age=34560000" SAFE, ""},
    {"", HTTPS, "a=b; Max-Age=34560001" SAFE, "LIFETIME-LONG"},
    {"", HTTPS, "a=b; Max-Age=1; Expires=Fri, 31-Dec-2027 23:59:59 GMT" SAFE, ""},
    {"", HTTPS, "a=b; Expires=Fri, 31-Dec-2027 23:59:59 GMT" SAFE, "LIFETIME-LONG"},
    {"", HTTPS, "a=b; Max-Age=x" SAFE, "LIFETIME-UNREADABLE"},
    {"", HTTPS, "a=b; Expires=0" SAFE, "LIFETIME-UNREADABLE"},
    {"", HTTPS, "a=b; Path=/; Path=/" SAFE, "ATTRIBUTE-REPEATED"},
    {"", HTTPS, "a=b; Secure=1; HttpOnly; SameSite=Lax", "FLAG-VALUE"},
    {"", HTTPS, "a=b\x01" SAFE, "CONTROL-CHARACTER"},
    {"built-in", HTTPS, "=", "EMPTY"},
    {"", HTTPS, "b" SAFE, "NAMELESS"},
    {"", HTTPS, "=b" SAFE, "NAMELESS"},
    {"", HTTPS, "a=b c" SAFE, "VALUE-SYNTAX"},
    {"", HTTPS, "a=\"b\"" SAFE, ""},
    {"", HTTPS, "a=\"b" SAFE, "VALUE-SYNTAX"},
    {"", HTTPS, "a=b,c" SAFE, "VALUE-SYNTAX"},
    {"", HTTPS, "a=\\" SAFE, "VALUE-SYNTAX"},
    {"", HTTPS, "a=\xc3\xa4" SAFE, "VALUE-SYNTAX"},
    {"", HTTPS, "a[1]=b" SAFE, "VALUE-SYNTAX"},
    {"", HTTPS, "a b=c" SAFE, "VALUE-SYNTAX"},
    /* sessions */
    {"", HTTPS, "SID=b" SAFE, "PREFIX-MISSING"},
    {"", HTTPS, "__Secure-SID=b" SAFE, ""},
    {"", HTTPS, "SID=b; Max-Age=99" SAFE, "PREFIX-MISSING SESSION-PERSISTENT"},
    /* technology */
    {"", HTTPS, "PHPSESSID=b" SAFE, "PREFIX-MISSING TECHNOLOGY"},
    {"", HTTPS, "NSC_pool=b" SAFE, "TECHNOLOGY"},
    {"", HTTPS, "BIGipServerpool=b" SAFE, "TECHNOLOGY"},
    {"", HTTPS, "ASP.NET_SessionId=b" SAFE, "PREFIX-MISSING TECHNOLOGY"},
    {"", HTTPS, "phpmyadmin=b" SAFE, ""},
    /* what the policy did or could not do */
    {"* Domain:=other.example", HTTPS, "a=b" SAFE, "CHANGE-REFUSED"},
    {"* Secure", HTTP, "a=b; HttpOnly; SameSite=Lax", "PLAIN-HTTP"},
    {"* Secure Partitioned", HTTP, "a=b; HttpOnly; SameSite=Lax", "PLAIN-HTTP CHANGE-REFUSED"},
    {"* Path:=/x", HTTPS, "a=b" SAFE, "IDENTITY-CHANGED"},
    {"* Secure Partitioned", HTTPS, "a=b" SAFE, "IDENTITY-CHANGED"},
    {"built-in", HTTPS, "XSRF-TOKEN=b; Secure; SameSite=Lax", "HTTPONLY-MISSING"},
    {"built-in\n* HttpOnly", HTTPS, "XSRF-TOKEN=b; Secure; SameSite=Lax", "HTTPONLY-MISSING KNOWN-COOKIE"},
    {"built-in\n* HttpOnly", HTTPS, "XSRF-TOKEN=b" SAFE, ""},
    {"* HttpOnly", HTTPS, "XSRF-TOKEN=b; Secure; SameSite=Lax", "HTTPONLY-MISSING"},
    {"htaccess * -Secure", HTTPS, "a=b" SAFE, "OVERRIDE-IGNORED"},
    {"a Drop", HTTPS, "a=b" SAFE, "DROPPED"},
    {"a Drop", HTTPS, "a=b\x01", "CONTROL-CHARACTER DROPPED"},
    /* cookies under a prefix */
    {"SID Prefix=__Host-", HTTPS, "SID=b; Path=/" SAFE, ""},
    {"SID Prefix=__Secure-", HTTPS, "SID=b" SAFE, ""},
    {"SID Prefix=__Host-", HTTPS, "SID=b; Path=/; Domain=www.example.com" SAFE, "PREFIX-MISSING DOMAIN-SET WITHHELD"},
    {"SID Prefix=__Host-", HTTPS, "SID=b; Path=/app" SAFE, "PREFIX-MISSING WITHHELD"},
    {"SID Prefix=__Host-", HTTP, "SID=b; Path=/; HttpOnly; SameSite=Lax", "PREFIX-MISSING PLAIN-HTTP WITHHELD"},
    {"SID Prefix=__Host-", HTTPS, "sid=b; Path=/" SAFE, "PREFIX-MISSING WITHHELD SPELLING"},
    {"SID Prefix=__Host-", HTTPS, "SID=b\x01; Path=/", "CONTROL-CHARACTER WITHHELD"},
    {"SID Prefix=__Host- Path:=/", HTTPS, "SID=b; Path=/app" SAFE, "IDENTITY-CHANGED"},
    {"SID Prefix=off", HTTPS, "SID=b; Path=/" SAFE, "PREFIX-MISSING"},
    {"SID Prefix=__Host-", HTTPS, "SID=; Max-Age=0", "IDENTITY-CHANGED"},
    {"token __Host-Http-cg", HTTPS, "__Host-Http-cg=b; Path=/" SAFE, "TOKEN-SET"},
    {"token __Host-Http-cg", HTTPS, "__host-http-CG=; Max-Age=0", "TOKEN-SET"},
    {"token __Host-Http-cg\nc* Prefix=__Host-Http-", HTTPS, "cg=b; Path=/" SAFE, "TOKEN-SET"},
    /* deletions are not graded */
    {"built-in", HTTPS, "SID=; Max-Age=0", ""},
    {"* Path:=/x", HTTPS, "SID=; Max-Age=0", "IDENTITY-CHANGED"},
};
/* clang-format on */

static void describe(cg_writer *writer, uint64_t findings)
{
    for (int i = 0; i < CG_FINDING_COUNT; i++) {
        if (findings & CG_FINDING_BIT(i)) {
            if (writer->len) {
                cg_write_char(writer, ' ');
            }
            cg_write(writer, cg_span_part(cg_finding_rows[i].id, 3, cg_finding_rows[i].id.len));
        }
    }
}

static void finds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[300];
        cg_writer writer = {.at = text, .size = sizeof text};
        enforcement is;
        const char *error = enforcement_read_rules(pool, cg_span_of(cases[i].rules), &is);
        if (error) {
            fail_msg("%s: %s", cases[i].rules, error);
        }
        is.circumstances = enforcement_read_url(cg_span_of(cases[i].url));
        enforcement_run(pool, guarded(cg_span_of(cases[i].line)), &is);
        describe(&writer, is.findings);
        assert_text(apr_pstrcat(pool, cases[i].rules, "\n", cases[i].line, NULL),
                    (cg_span){text, writer.len}, cg_span_of(cases[i].findings));
    }
}

static void finds_what_is_too_long(void **state)
{
    static char line[5000];
    enforcement is;
    (void)state;
    memset(line, 'x', sizeof line);
    line[1] = '=';
    assert_null(enforcement_read_rules(pool, CG_SPAN(""), &is));
    is.circumstances = enforcement_read_url(CG_SPAN(HTTPS));
    enforcement_run(pool, guarded((cg_span){line, sizeof line}), &is);
    assert_int_equal(is.findings, CG_FINDING_BIT(CG_FINDING_TOO_LONG));
    line[3] = ';';
    memcpy(line + 4, "Path=/", 6);
    enforcement_run(pool, guarded((cg_span){line, sizeof line}), &is);
    assert_true(is.findings & CG_FINDING_BIT(CG_FINDING_ATTRIBUTE_LONG));
}

static void every_row_is_complete(void **state)
{
    (void)state;
    for (int i = 0; i < CG_FINDING_COUNT; i++) {
        const cg_finding_row *row = &cg_finding_rows[i];
        assert_non_null(row->id.at);
        assert_int_equal(row->id.len, strlen(row->id.at));
        assert_true(cg_span_starts(row->id, CG_SPAN("CG-")));
        assert_true(row->severity <= row->session_severity);
        assert_true(row->session_severity < CG_SEVERITY_COUNT);
        assert_int_equal(row->asvs.len, strlen(row->asvs.at));
        assert_int_equal(row->meaning[strlen(row->meaning) - 1], '.');
        for (int k = 0; k < i; k++) {
            assert_false(cg_span_equal(row->id, cg_finding_rows[k].id));
        }
    }
    for (int i = 0; i < CG_SEVERITY_COUNT; i++) {
        cg_span name = cg_severity_name((cg_severity)i);
        assert_int_equal(name.len, strlen(name.at));
    }
}

/* Those that are found by who knows the whole response or how it was made. */
static const uint64_t found_elsewhere = CG_FINDING_BIT(CG_FINDING_NAME_REPEATED) |
                                        CG_FINDING_BIT(CG_FINDING_CACHEABLE) |
                                        CG_FINDING_BIT(CG_FINDING_CACHEABLE_STATIC) |
                                        CG_FINDING_BIT(CG_FINDING_STORED_UNJUDGED) |
                                        CG_FINDING_BIT(CG_FINDING_INTERIM) |
                                        CG_FINDING_BIT(CG_FINDING_TOKEN_REUSE) |
                                        CG_FINDING_BIT(CG_FINDING_SESSION_TOO_LARGE);

/* Every other finding stands in a case above. */
static void every_finding_has_a_case(void **state)
{
    (void)state;
    for (int i = 0; i < CG_FINDING_COUNT; i++) {
        const char *id = cg_finding_rows[i].id.at + 3;
        bool found = (found_elsewhere & CG_FINDING_BIT(i)) || i == CG_FINDING_TOO_LONG ||
                     i == CG_FINDING_ATTRIBUTE_LONG;
        for (size_t k = 0; k < COUNT(cases) && !found; k++) {
            found = strstr(cases[k].findings, id) != NULL;
        }
        if (!found) {
            fail_msg("%s", id);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),
        cmocka_unit_test(finds_what_is_too_long),
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(every_finding_has_a_case),
    };
    pool = enforcement_root();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
