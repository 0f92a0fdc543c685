/* The lines that leave, octet for octet. test_judge says why they are as they are. */
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
    const char *out; /* null: dropped */
} cases[] = {
    /* keep-exact */
    {"built-in", HTTPS, "SID=1; Secure; HttpOnly; SameSite=Lax", "SID=1; Secure; HttpOnly; SameSite=Lax"},
    {"built-in", HTTPS, "SID=1;SAMESITE=strict ;secure;\tHttpOnly;;", "SID=1;SAMESITE=strict ;secure;\tHttpOnly;;"},
    {"* Max-Age<=1d", HTTPS, "a=b; max-age=0060; Expires=1 Jan 2023 0:0:0", "a=b; max-age=0060; Expires=1 Jan 2023 0:0:0"},
    /* appended in the usual order */
    {"built-in", HTTPS, "SID=1", "SID=1; Secure; HttpOnly; SameSite=Lax"},
    {"built-in", HTTPS, "SID=1; Path=/", "SID=1; Path=/; Secure; HttpOnly; SameSite=Lax"},
    {"built-in", HTTP, "SID=1; Path=/", "SID=1; Path=/; HttpOnly; SameSite=Lax"},
    {"* Partitioned Secure SameSite:=None Max-Age=1h Path=/x Domain=example.com HttpOnly", HTTPS, "a=b", "a=b; Domain=example.com; Path=/x; Max-Age=3600; Secure; HttpOnly; SameSite=None; Partitioned"},
    {"* Secure", HTTPS, "a=b;", "a=b; Secure"},
    {"* Secure", HTTPS, "a=b; ", "a=b; Secure"},
    {"* Secure", HTTPS, "a=b;;\t", "a=b;; Secure"},
    {"* Secure", HTTPS, "a=b; Path=/;", "a=b; Path=/; Secure"},
    {"* Secure", HTTPS, "a=b; =", "a=b; =; Secure"},
    {"* Secure", HTTPS, "a=b  ", "a=b  ; Secure"},
    /* keep-value */
    {"* Secure", HTTPS, "  a\t=  \"b c\"\\,%3b=\xc3\xa4 ; Path=/", "  a\t=  \"b c\"\\,%3b=\xc3\xa4 ; Path=/; Secure"},
    {"* Secure", HTTPS, "b", "b; Secure"},
    {"* Secure", HTTPS, "=b", "=b; Secure"},
    {"* Secure", HTTPS, "a=", "a=; Secure"},
    /* in place */
    {"* SameSite>=Strict", HTTPS, "a=b; SameSite=Lax; Path=/", "a=b; SameSite=Strict; Path=/"},
    {"* SameSite=Lax", HTTPS, "a=b;samesite = bogus ;Path=/", "a=b;SameSite=Lax;Path=/"},
    {"* Path:=/x", HTTPS, "a=b;\t path=/y; Secure", "a=b;\t Path=/x; Secure"},
    {"* Domain:=example.com", HTTPS, "a=b; Domain=www.example.com", "a=b; Domain=example.com"},
    {"* Max-Age<=1d", HTTPS, "a=b; Max-Age=999999; Expires=Fri, 31-Dec-2027 23:59:59 GMT; Path=/", "a=b; Max-Age=86400; Expires=Wed, 15 Nov 2023 22:13:20 GMT; Path=/"},
    {"* Max-Age:=1d", HTTPS, "a=b; Expires=Fri, 31-Dec-2027 23:59:59 GMT; Path=/", "a=b; Path=/; Max-Age=86400"},
    {"* Max-Age:=1d", HTTPS, "a=b; Max-Age=1; Expires=Fri, 31-Dec-2027 23:59:59 GMT; Path=/", "a=b; Max-Age=86400; Path=/"},
    /* taken away */
    {"* -HttpOnly", HTTPS, "a=b; HttpOnly; Path=/", "a=b; Path=/"},
    {"* -HttpOnly", HTTPS, "a=b; HttpOnly", "a=b"},
    {"* -HttpOnly", HTTPS, "a=b; HttpOnly=1; x; HTTPONLY", "a=b; x"},
    {"* -Max-Age", HTTPS, "a=b; Max-Age=1; Expires=Fri, 31-Dec-2027 23:59:59 GMT; Secure", "a=b; Secure"},
    {"* -Max-Age", HTTPS, "a=b; Max-Age=1; Max-Age=x", "a=b"},
    {"* -Domain", HTTPS, "a=b; Domain=example.com;", "a=b;"},
    /* once: the occurrence that counts stays, the others go */
    {"", HTTPS, "a=b; Path=/x; Path=/y", "a=b; Path=/y"},
    {"", HTTPS, "a=b; Path=/x; Secure; Path=/y; z", "a=b; Secure; Path=/y; z"},
    {"", HTTPS, "a=b; Secure; HttpOnly; secure", "a=b; Secure; HttpOnly"},
    {"", HTTPS, "a=b; Max-Age=1; Max-Age=x", "a=b; Max-Age=1"},
    {"", HTTPS, "a=b; Max-Age=x; Max-Age=1", "a=b; Max-Age=1"},
    {"", HTTPS, "a=b; SameSite=Lax; SameSite=Strict", "a=b; SameSite=Strict"},
    {"* SameSite=Lax", HTTPS, "a=b; SameSite=Strict; SameSite=bogus", "a=b; SameSite=Lax"},
    {"", HTTPS, "a=b; Max-Age=x; Path=/; max-age=y", "a=b; Path=/; max-age=y"},
    {"* Max-Age=1h", HTTPS, "a=b; Max-Age=x; Max-Age=y", "a=b; Max-Age=3600"},
    {"* Max-Age=1h", HTTPS, "a=b; Max-Age=x; Path=/", "a=b; Path=/; Max-Age=3600"},
    {"* Max-Age<=1h", HTTPS, "a=b; Max-Age=x; Path=/", "a=b; Max-Age=x; Path=/"},
    /* once: a flag is the bare word */
    {"", HTTPS, "a=b; Secure=1; Path=/", "a=b; Secure; Path=/"},
    {"", HTTPS, "a=b;HTTPONLY = x;Path=/", "a=b;HttpOnly;Path=/"},
    {"", HTTPS, "a=b; Secure=1; secure", "a=b; Secure"},
    {"", HTTPS, "a=b; secure; Secure=1", "a=b; secure"},
    {"* -Secure", HTTPS, "a=b; Secure=1", "a=b"},
    /* keep-rest */
    {"* Secure -Path", HTTPS, "a=b; Priority=High; Path=/; x=\"y\";;z", "a=b; Priority=High; x=\"y\";;z; Secure"},
    {"* Secure", HTTPS, "a=b; foo; foo; FOO=1", "a=b; foo; foo; FOO=1; Secure"},
    {"* Secure", HTTPS, "a=b; Secured; Secure2=1", "a=b; Secured; Secure2=1; Secure"},
    /* never-harm */
    {"* Domain=example.com HttpOnly", HTTPS, "__Host-a=b; Secure; Path=/", "__Host-a=b; Secure; Path=/; HttpOnly"},
    {"* Path:=/app", HTTPS, "__Host-a=b; Secure; Path=/", "__Host-a=b; Secure; Path=/"},
    {"* SameSite:=None", HTTP, "a=b; SameSite=Lax", "a=b; SameSite=Lax"},
    /* deletions */
    {"built-in\n* Max-Age<=1d Path=/", HTTPS, "a=; Max-Age=0", "a=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"},
    {"* -Max-Age -HttpOnly", HTTPS, "a=; HttpOnly; Expires=Thu, 01-Jan-1970 00:00:01 GMT", "a=; Expires=Thu, 01-Jan-1970 00:00:01 GMT"},
    {"a Drop", HTTPS, "a=; Expires=Thu, 01-Jan-1970 00:00:01 GMT", "a=; Expires=Thu, 01-Jan-1970 00:00:01 GMT"},
    {"a Drop", HTTPS, "a=b", NULL},
    /* a prefix stands where the name begins; white space before it goes, all other octets stay */
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/", "__Host-SID=1; Path=/; Secure"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Secure", "__Host-SID=1; Path=/; Secure"},
    {"SID Prefix=__Secure-", HTTPS, "SID=1", "__Secure-SID=1; Secure"},
    {"SID Prefix=__Host-Http-", HTTPS, "SID=1; Path=/", "__Host-Http-SID=1; Path=/; Secure; HttpOnly"},
    {"built-in\nSID Prefix=__Http-", HTTPS, "SID=1", "__Http-SID=1; Secure; HttpOnly; SameSite=Lax"},
    {"SID Prefix=__Host-", HTTPS, "  SID=1; Path=/", "__Host-SID=1; Path=/; Secure"},
    {"SID Prefix=__Host-", HTTPS, "\t \tSID\t =\t \"a b\"\\,%3b= \xc3\xa4 ;\tPath = / ", "__Host-SID\t =\t \"a b\"\\,%3b= \xc3\xa4 ;\tPath = / ; Secure"},
    {"SID Prefix=__Host-", HTTPS, " SID=; Path=/", "__Host-SID=; Path=/; Secure"},
    {"SID Prefix=__Host-", HTTPS, "SID=__Host-SID=1;Path=/;Secure", "__Host-SID=__Host-SID=1;Path=/;Secure"},
    {"SID Prefix=__Host-", HTTPS, "__Host-SID=1; Path=/", "__Host-SID=1; Path=/; Secure"},
    {"SID Prefix=__Host-", HTTPS, " __Host-SID =1; Path=/", " __Host-SID =1; Path=/; Secure"},
    /* the same where the line is not kept whole */
    {"SID Prefix=__Host- -HttpOnly", HTTPS, " SID = 1 ; HttpOnly; x; Path=/", "__Host-SID = 1 ; x; Path=/; Secure"},
    {"SID Prefix=__Host- Path:=/ -Domain", HTTPS, "\tSID=1;\tPath=/x; Domain=example.com; Priority=High", "__Host-SID=1;\tPath=/; Priority=High; Secure"},
    {"SID Prefix=__Host-", HTTPS, " SID=1; Path=/; Path=/; secure=1;", "__Host-SID=1; Path=/; Secure;"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Domain=", "__Host-SID=1; Path=/; Secure"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/;", "__Host-SID=1; Path=/; Secure"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Secure; ", "__Host-SID=1; Path=/; Secure; "},
    /* deletions stand where their cookie stands */
    {"SID Prefix=__Host-", HTTPS, "SID=; Max-Age=0", "__Host-SID=; Max-Age=0; Path=/; Secure"},
    {"SID Prefix=__Host-", HTTPS, "SID=x; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/app; domain=.example.com; HttpOnly", "__Host-SID=x; expires=Thu, 01-Jan-1970 00:00:01 GMT; Path=/; HttpOnly; Secure"},
    /* and what cannot be carried does not leave */
    {"SID Prefix=__Host-", HTTPS, "SID=1", NULL},
    {"SID Prefix=__Host-", HTTP, "SID=1; Path=/", NULL},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Domain=example.com", NULL},
    {"SID Prefix=__Host-", HTTPS, "sid=1; Path=/; Secure", NULL},
    {"SID Prefix=__Host-", HTTPS, "SID=1\x01; Path=/; Secure", NULL},
    {"SID Prefix=off", HTTPS, "  SID=1", "  SID=1"},
    /* ignored */
    {"* Secure", HTTPS, "a=b\x07; Path=/; Path=/", "a=b\x07; Path=/; Path=/"},
    {"* Secure", HTTPS, " = ; Path=/; Path=/", " = ; Path=/; Path=/"},
};
/* clang-format on */

static void rewrites(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enforcement is;
        const char *error = enforcement_read_rules(pool, cg_span_of(cases[i].rules), &is);
        if (error) {
            fail_msg("%s: %s", cases[i].rules, error);
        }
        is.circumstances = enforcement_read_url(cg_span_of(cases[i].url));
        enforcement_run(pool, guarded(cg_span_of(cases[i].line)), &is);
        assert_int_equal(is.out.at != NULL, cases[i].out != NULL);
        assert_text(apr_pstrcat(pool, cases[i].rules, "\n", cases[i].line, NULL), is.out,
                    cg_span_of(cases[i].out));
    }
}

/* The writer only measures if it has no room, and the measure is right. */
static void measures_what_it_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enforcement is;
        enforcement_read_rules(pool, cg_span_of(cases[i].rules), &is);
        is.circumstances = enforcement_read_url(cg_span_of(cases[i].url));
        enforcement_run(pool, cg_span_of(cases[i].line), &is);
        if (is.judgement.action == CG_ACTION_REWRITE) {
            cg_writer writer = {.at = NULL, .size = 0};
            cg_rewrite_print(&writer, &is.cookie, &is.judgement);
            assert_int_equal(writer.len, is.out.len);
            writer = (cg_writer){.at = guard_page_end() - is.out.len, .size = is.out.len};
            cg_rewrite_print(&writer, &is.cookie, &is.judgement);
            assert_memory_equal(writer.at, is.out.at, is.out.len);
        }
    }
}

static void prints_one_attribute(void **state)
{
    const cg_attributes attributes = {.same_site = CG_SAME_SITE_STRICT,
                                      .max_age = -5,
                                      .expires = 784111777,
                                      .path = CG_SPAN("/x"),
                                      .domain = CG_SPAN("example.com")};
    static const char *const wanted[CG_ATTRIBUTE_COUNT] = {
        [CG_ATTRIBUTE_DOMAIN] = "Domain=example.com",
        [CG_ATTRIBUTE_PATH] = "Path=/x",
        [CG_ATTRIBUTE_EXPIRES] = "Expires=Sun, 06 Nov 1994 08:49:37 GMT",
        [CG_ATTRIBUTE_MAX_AGE] = "Max-Age=-5",
        [CG_ATTRIBUTE_SECURE] = "Secure",
        [CG_ATTRIBUTE_HTTPONLY] = "HttpOnly",
        [CG_ATTRIBUTE_SAMESITE] = "SameSite=Strict",
        [CG_ATTRIBUTE_PARTITIONED] = "Partitioned",
    };
    (void)state;
    for (int i = CG_ATTRIBUTE_OTHER + 1; i < CG_ATTRIBUTE_COUNT; i++) {
        char text[64];
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_attribute_print(&writer, (cg_attribute)i, &attributes);
        assert_text("attribute", (cg_span){text, writer.len}, cg_span_of(wanted[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rewrites),
        cmocka_unit_test(measures_what_it_writes),
        cmocka_unit_test(prints_one_attribute),
    };
    pool = enforcement_root();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
