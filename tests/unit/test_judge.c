/* What is to become of a cookie: added, replaced, removed, refused. test_rewrite has the lines. */
#include "unit.h"

#include "enforcement.h"

static apr_pool_t *pool;

#define HTTPS "https://www.example.com/app/page"
#define HTTP "http://www.example.com/app/page"

/* clang-format off */
static const struct {
    const char *rules;
    const char *url;
    const char *line;
    const char *judgement; /* + added, ~ replaced, - removed, ! refused; "deletion" */
} cases[] = {
    /* flags */
    {"* Secure HttpOnly", HTTPS, "a=b", "rewrite +Secure +HttpOnly"},
    {"* Secure HttpOnly", HTTPS, "a=b; httponly; secure", "pass"},
    {"* Secure HttpOnly", HTTP, "a=b", "rewrite +HttpOnly !Secure"},
    {"* Secure", HTTP, "a=b", "pass !Secure"},
    {"* Secure", HTTP, "a=b; Secure", "pass"},
    {"* -Secure", HTTP, "a=b; Secure", "rewrite -Secure"},
    {"* -HttpOnly", HTTPS, "a=b; HttpOnly", "rewrite -HttpOnly"},
    {"* -HttpOnly", HTTPS, "a=b", "pass"},
    {"* HttpOnly\na HttpOnly=keep", HTTPS, "a=b", "pass"},
    {"* HttpOnly\na HttpOnly=keep", HTTPS, "a=b; HttpOnly", "pass"},
    {"* Secure Partitioned", HTTPS, "a=b", "rewrite +Secure +Partitioned"},
    {"* Secure Partitioned", HTTP, "a=b", "pass !Secure !Partitioned"},
    {"* -Secure", HTTPS, "a=b; Secure; Partitioned", "pass !Secure"},
    {"* -Secure -Partitioned", HTTPS, "a=b; Secure; Partitioned", "rewrite -Secure -Partitioned"},
    /* SameSite */
    {"* SameSite=Lax", HTTPS, "a=b", "rewrite +SameSite"},
    {"* SameSite=Lax", HTTPS, "a=b; SameSite=Strict", "pass"},
    {"* SameSite=Lax", HTTPS, "a=b; SameSite=none; Secure", "pass"},
    {"* SameSite=Lax", HTTPS, "a=b; SameSite=bogus", "rewrite ~SameSite"},
    {"* SameSite=Lax", HTTPS, "a=b; SameSite=Strict; SameSite=bogus", "rewrite ~SameSite"},
    {"* SameSite>=Lax", HTTPS, "a=b; SameSite=None; Secure", "rewrite ~SameSite"},
    {"* SameSite>=Lax", HTTPS, "a=b; SameSite=LAX", "pass"},
    {"* SameSite>=Lax", HTTPS, "a=b; SameSite=strict", "pass"},
    {"* SameSite>=Strict", HTTPS, "a=b; SameSite=Lax", "rewrite ~SameSite"},
    {"* SameSite>=Lax", HTTPS, "a=b", "rewrite +SameSite"},
    {"* SameSite:=Lax", HTTPS, "a=b; SameSite=Strict", "rewrite ~SameSite"},
    {"* SameSite:=None Secure", HTTPS, "a=b; SameSite=Strict", "rewrite +Secure ~SameSite"},
    {"* SameSite:=None Secure", HTTP, "a=b; SameSite=Strict", "pass !Secure !SameSite"},
    {"* SameSite:=None", HTTPS, "a=b; SameSite=Strict", "pass !SameSite"},
    {"* SameSite:=None", HTTPS, "a=b; SameSite=Strict; Secure", "rewrite ~SameSite"},
    {"* SameSite=None", HTTPS, "a=b", "pass !SameSite"},
    {"* SameSite=None HttpOnly", HTTPS, "a=b", "rewrite +HttpOnly !SameSite"},
    {"* -Secure", HTTPS, "a=b; SameSite=None; Secure", "pass !Secure"},
    {"* -Secure SameSite>=Lax", HTTPS, "a=b; SameSite=None; Secure", "rewrite ~SameSite -Secure"},
    {"* -SameSite", HTTPS, "a=b; SameSite=None", "rewrite -SameSite"},
    {"* -SameSite", HTTPS, "a=b; SameSite=bogus", "rewrite -SameSite"},
    {"* Secure", HTTPS, "a=b; SameSite=None", "rewrite +Secure"},
    /* Path and Domain */
    {"* Path=/x", HTTPS, "a=b", "rewrite +Path"},
    {"* Path=/x", HTTPS, "a=b; Path=/y", "pass"},
    {"* Path:=/x", HTTPS, "a=b; Path=/y", "rewrite ~Path"},
    {"* Path:=/x", HTTPS, "a=b; Path=/x", "pass"},
    {"* -Path", HTTPS, "a=b; Path=/", "rewrite -Path"},
    {"* Domain=example.com", HTTPS, "a=b", "rewrite +Domain"},
    {"* Domain=example.com", HTTPS, "a=b; Domain=www.example.com", "pass"},
    {"* Domain:=example.com", HTTPS, "a=b; Domain=www.example.com", "rewrite ~Domain"},
    {"* Domain:=example.com", HTTPS, "a=b; Domain=.EXAMPLE.com", "pass"},
    {"* Domain:=other.example", HTTPS, "a=b", "pass !Domain"},
    {"* Domain:=com", HTTPS, "a=b; Domain=example.com", "pass !Domain"},
    {"* -Domain", HTTPS, "a=b; Domain=example.com", "rewrite -Domain"},
    {"* -Domain", HTTPS, "a=b; Domain=other.example", "rewrite -Domain"},
    /* prefixes */
    {"* Domain=example.com", HTTPS, "__Host-a=b; Secure; Path=/", "pass !Domain"},
    {"* Path:=/app Domain=example.com", HTTPS, "__Host-a=b; Secure; Path=/", "pass !Domain !Path"},
    {"* -Path", HTTPS, "__host-a=b; Secure; Path=/", "pass !Path"},
    {"* -Secure HttpOnly", HTTPS, "__Secure-a=b; Secure", "rewrite +HttpOnly !Secure"},
    {"* -HttpOnly", HTTPS, "__Http-a=b; Secure; HttpOnly", "pass !HttpOnly"},
    {"* Secure Path=/", HTTPS, "__Host-a=b", "rewrite +Path +Secure"},
    {"* Secure Path:=/ -Domain", HTTPS, "__Host-a=b; Path=/x; Domain=example.com", "rewrite +Secure ~Path -Domain"},
    /* lifetimes */
    {"* Max-Age<=1d", HTTPS, "a=b", "pass"},
    {"* Max-Age<=1d", HTTPS, "a=b; Max-Age=86400", "pass"},
    {"* Max-Age<=1d", HTTPS, "a=b; Max-Age=86401", "rewrite ~Max-Age"},
    {"* Max-Age<=1d", HTTPS, "a=b; Max-Age=99999999999999999999", "rewrite ~Max-Age"},
    {"* Max-Age<=1d", HTTPS, "a=b; Expires=Wed, 15 Nov 2023 22:13:20 GMT", "pass"},
    {"* Max-Age<=1d", HTTPS, "a=b; Expires=Wed, 15 Nov 2023 22:13:21 GMT", "rewrite ~Expires"},
    {"* Max-Age<=1d", HTTPS, "a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=1", "rewrite ~Expires"},
    {"* Max-Age<=1d", HTTPS, "a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=99999", "rewrite ~Expires ~Max-Age"},
    {"* Max-Age=1d", HTTPS, "a=b", "rewrite +Max-Age"},
    {"* Max-Age=1d", HTTPS, "a=b; Max-Age=5", "pass"},
    {"* Max-Age=1d", HTTPS, "a=b; Max-Age=x", "rewrite +Max-Age"},
    {"* Max-Age=1d", HTTPS, "a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "pass"},
    {"* Max-Age:=1d", HTTPS, "a=b", "rewrite +Max-Age"},
    {"* Max-Age:=1d", HTTPS, "a=b; Max-Age=5; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "rewrite ~Max-Age -Expires"},
    {"* -Max-Age", HTTPS, "a=b; Max-Age=5; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "rewrite -Expires -Max-Age"},
    {"* -Max-Age", HTTPS, "a=b", "pass"},
    /* deletions keep their lifetime and get everything else */
    {"* Max-Age<=1d", HTTPS, "a=; Max-Age=0", "pass deletion"},
    {"* Max-Age:=1d", HTTPS, "a=; Max-Age=0", "pass deletion"},
    {"* -Max-Age", HTTPS, "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "pass deletion"},
    {"* -Max-Age", HTTPS, "a=; Max-Age=0; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "pass deletion"},
    {"* Max-Age<=1d Secure Path:=/x -Domain", HTTPS, "a=; Max-Age=0; Domain=example.com", "rewrite deletion +Path +Secure -Domain"},
    {"* Max-Age<=1d", HTTPS, "a=b; Max-Age=99999; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "rewrite ~Max-Age"},
    /* Drop */
    {"a Drop", HTTPS, "a=b", "drop"},
    {"a Drop", HTTP, "a=b; Secure", "drop"},
    {"a Drop", HTTPS, "A=b", "pass"},
    {"a Drop", HTTPS, "a=; Max-Age=0", "pass deletion"},
    {"a Drop\na Secure", HTTPS, "a=; Max-Age=-5", "rewrite deletion +Secure"},
    {"a Drop", HTTPS, "a=b\x01", "drop"},
    {"a* Drop", HTTPS, "ab=", "drop"},
    /* lines that browsers ignore */
    {"* Secure HttpOnly SameSite:=Strict", HTTPS, "a=b\x01", "pass"},
    {"* Secure HttpOnly SameSite:=Strict", HTTPS, "=", "pass"},
    {"* Secure", HTTPS, "", "pass"},
    {"* Secure", HTTPS, "; HttpOnly; HttpOnly", "pass"},
    /* cookies without a name are cookies */
    {"* Secure", HTTPS, "b", "rewrite +Secure"},
    {"* Secure", HTTPS, "=b", "rewrite +Secure"},
    /* what a browser rejects anyway is still made better where it can be */
    {"built-in", HTTPS, "a=b; Domain=other.example", "rewrite +Secure +HttpOnly +SameSite"},
    {"built-in", HTTPS, "a=b; SameSite=None", "rewrite +Secure +HttpOnly"},
    /* doubled attributes and flags with values */
    {"", HTTPS, "a=b; Secure; Secure", "rewrite"},
    {"", HTTPS, "a=b; Path=/; Path=/", "rewrite"},
    {"", HTTPS, "a=b; Secure=1", "rewrite"},
    {"", HTTPS, "a=b; HttpOnly=", "rewrite"},
    {"", HTTPS, "a=b; Max-Age=x; Max-Age=1", "rewrite"},
    {"", HTTPS, "a=b; Max-Age=x; Max-Age=y", "rewrite"},
    {"", HTTPS, "a=b; foo; foo; Path=x", "pass"},
    {"", HTTPS, "a=b", "pass"},
    /* the built-in rule and its exceptions */
    {"built-in", HTTPS, "SID=1", "rewrite +Secure +HttpOnly +SameSite"},
    {"built-in", HTTP, "SID=1", "rewrite +HttpOnly +SameSite !Secure"},
    {"built-in", HTTPS, "XSRF-TOKEN=1", "rewrite +Secure +SameSite"},
    {"built-in", HTTPS, "mellon-cookie=1", "rewrite +Secure +HttpOnly"},
    {"built-in\n* HttpOnly", HTTPS, "XSRF-TOKEN=1", "rewrite +Secure +HttpOnly +SameSite"},
    {"built-in", HTTPS, "SID=1; Secure; HttpOnly; SameSite=Strict", "pass"},
    /* .htaccess */
    {"* HttpOnly\nhtaccess * -HttpOnly Secure", HTTPS, "a=b", "rewrite +Secure +HttpOnly"},
    {"htaccess a Drop", HTTPS, "a=b", "pass"},
};
/* clang-format on */

static void describe_set(cg_writer *writer, char sign, unsigned set)
{
    for (int i = 0; i < CG_ATTRIBUTE_COUNT; i++) {
        if (set & CG_ATTRIBUTE_BIT(i)) {
            cg_write_char(writer, ' ');
            cg_write_char(writer, sign);
            cg_write(writer, cg_attribute_name((cg_attribute)i));
        }
    }
}

static void describe(cg_writer *writer, const cg_judgement *judgement)
{
    static const char *const actions[] = {"pass", "rewrite", "drop"};
    cg_write(writer, cg_span_of(actions[judgement->action]));
    if (judgement->is_deletion) {
        cg_write(writer, CG_SPAN(" deletion"));
    }
    describe_set(writer, '+', judgement->added);
    describe_set(writer, '~', judgement->replaced);
    describe_set(writer, '-', judgement->removed);
    describe_set(writer, '!', judgement->refused);
}

static void judges(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[200];
        cg_writer writer = {.at = text, .size = sizeof text};
        enforcement is;
        const char *error = enforcement_read_rules(pool, cg_span_of(cases[i].rules), &is);
        if (error) {
            fail_msg("%s: %s", cases[i].rules, error);
        }
        is.circumstances = enforcement_read_url(cg_span_of(cases[i].url));
        enforcement_run(pool, guarded(cg_span_of(cases[i].line)), &is);
        describe(&writer, &is.judgement);
        assert_text(apr_pstrcat(pool, cases[i].rules, "\n", cases[i].line, NULL),
                    (cg_span){text, writer.len}, cg_span_of(cases[i].judgement));
        assert_int_equal(is.judgement.drop != NULL, is.judgement.action == CG_ACTION_DROP);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges)};
    pool = enforcement_root();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
