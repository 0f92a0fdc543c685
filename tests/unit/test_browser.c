/* Would a browser store it? Rules 19 to 35 and 42 to 44, one case a line. */
#include "unit.h"

#include "enforcement.h"

/* clang-format off */
static const struct {
    int rule;
    const char *url;
    const char *line;
    const char *verdict;
} cases[] = {
    {0, "https://www.example.com/", "a=b", "stored"},
    {0, "http://www.example.com/", "a=b", "stored"},
    {16, "https://www.example.com/", "a=b\x01", "DisallowedCharacter"},
    {19, "https://www.example.com/", "=; Secure", "NoCookieContent"},
    {18, "https://www.example.com/", "=b", "stored"},
    {18, "https://www.example.com/", "b", "stored"},
    /* Domain must cover the host */
    {25, "https://www.example.com/", "a=b; Domain=www.example.com", "stored"},
    {25, "https://www.example.com/", "a=b; Domain=.www.example.com", "stored"},
    {25, "https://www.example.com/", "a=b; Domain=WWW.Example.COM", "stored"},
    {25, "https://www.example.com/", "a=b; Domain=example.com", "stored"},
    {25, "https://www.example.com/", "a=b; Domain=", "stored"},
    {25, "https://www.example.com/", "a=b; Domain=.", "stored"},
    {25, "https://www.example.com/", "a=b; Domain=other.example", "InvalidDomain"},
    {25, "https://www.example.com/", "a=b; Domain=x.www.example.com", "InvalidDomain"},
    {25, "https://www.example.com/", "a=b; Domain=ample.com", "InvalidDomain"},
    {25, "https://www.example.com/", "a=b; Domain=..example.com", "InvalidDomain"},
    {25, "https://www.example.com/", "a=b; Domain=ex\xc3\xa4mple.com", "InvalidDomain"},
    {28, "https://www.example.com/", "a=b; Domain=other.example; Domain=", "stored"},
    {29, "https://www.example.com/", "a=b; Domain=com", "InvalidDomain"},
    {29, "https://com/", "a=b; Domain=com", "stored"},
    {29, "https://localhost/", "a=b; Domain=localhost", "stored"},
    {29, "https://192.0.2.1/", "a=b; Domain=192.0.2.1", "stored"},
    {29, "https://192.0.2.1/", "a=b; Domain=2.1", "InvalidDomain"},
    {29, "https://[2001:db8::1]/", "a=b; Domain=[2001:db8::1]", "stored"},
    {29, "https://[2001:db8::1]/", "a=b; Domain=db8::1]", "InvalidDomain"},
    {29, "https:///", "a=b; Domain=anything.example", "stored"}, /* the host is not known */
    {29, "https:///", "a=b; Domain=\xff", "InvalidDomain"},
    /* Secure needs https */
    {30, "http://www.example.com/", "a=b; Secure", "SecureOnly"},
    {30, "https://www.example.com/", "a=b; Secure", "stored"},
    {30, "http://www.example.com/", "a=b; Secure=0", "SecureOnly"},
    /* SameSite=None needs Secure */
    {33, "https://www.example.com/", "a=b; SameSite=None", "SameSiteNoneInsecure"},
    {33, "http://www.example.com/", "a=b; SameSite=None", "SameSiteNoneInsecure"},
    {33, "https://www.example.com/", "a=b; SameSite=None; Secure", "stored"},
    {33, "https://www.example.com/", "a=b; SameSite=None; SameSite=Lax", "stored"},
    {33, "https://www.example.com/", "a=b; SameSite=bogus", "stored"},
    /* prefixes, in any case */
    {34, "https://www.example.com/", "__Secure-a=b", "InvalidPrefix"},
    {34, "https://www.example.com/", "__Secure-a=b; Secure", "stored"},
    {34, "https://www.example.com/", "__secure-a=b", "InvalidPrefix"},
    {34, "https://www.example.com/", "__Secure-a=b; Secure; Domain=example.com; Path=/x", "stored"},
    {34, "https://www.example.com/", "__Secure=b", "stored"},
    {34, "https://www.example.com/", "__Host-a=b; Secure; Path=/", "stored"},
    {34, "https://www.example.com/", "__hOsT-a=b; Secure; Path=/", "stored"},
    {34, "https://www.example.com/", "__Host-a=b; Path=/", "InvalidPrefix"},
    {34, "https://www.example.com/", "__Host-a=b; Secure", "InvalidPrefix"},
    {34, "https://www.example.com/", "__Host-a=b; Secure; Path=/app", "InvalidPrefix"},
    {34, "https://www.example.com/", "__Host-a=b; Secure; Path=/; Domain=www.example.com", "InvalidPrefix"},
    {34, "https://www.example.com/", "__Host-a=b; Secure; Path=/; Domain=", "stored"},
    {34, "https://www.example.com/", "__host-a=b; Secure; Path=/app", "InvalidPrefix"},
    {47, "https://www.example.com/", "__Host-a=b; Secure; Path=", "stored"},
    {47, "https://www.example.com/x", "__Host-a=b; Secure; Path=", "stored"},
    {47, "https://www.example.com/x/", "__Host-a=b; Secure; Path=", "InvalidPrefix"},
    {47, "https://www.example.com/x/y", "__Host-a=b; Secure; Path=bogus", "InvalidPrefix"},
    {47, "https://www.example.com/", "__Host-a=b; Secure; Path=/a; Path=bogus", "stored"},
    {34, "http://www.example.com/", "__Host-a=b; Secure; Path=/", "SecureOnly"},
    /* a value that looks like a prefix, under no name */
    {35, "https://www.example.com/", "=__Host-a=b; Secure; Path=/", "InvalidPrefix"},
    {35, "https://www.example.com/", "__Host-a; Secure; Path=/", "InvalidPrefix"},
    {35, "https://www.example.com/", "=__secure-a", "InvalidPrefix"},
    {43, "https://www.example.com/", "=__Http-a", "InvalidPrefix"},
    {35, "https://www.example.com/", "a=__Host-a", "stored"},
    /* the newer prefixes */
    {42, "https://www.example.com/", "__Http-a=b; Secure; HttpOnly", "stored"},
    {42, "https://www.example.com/", "__Http-a=b; Secure", "InvalidPrefix"},
    {42, "https://www.example.com/", "__Http-a=b; HttpOnly", "InvalidPrefix"},
    {42, "https://www.example.com/", "__Host-Http-a=b; Secure; HttpOnly; Path=/", "stored"},
    {42, "https://www.example.com/", "__Host-Http-a=b; Secure; Path=/", "InvalidPrefix"},
    {42, "https://www.example.com/", "__Host-Http-a=b; Secure; HttpOnly; Path=/a", "InvalidPrefix"},
    {42, "https://www.example.com/", "__HostHttp-a=b", "stored"},
    /* Partitioned needs Secure */
    {44, "https://www.example.com/", "a=b; Partitioned", "InvalidPartitioned"},
    {44, "https://www.example.com/", "a=b; Partitioned; Secure", "stored"},
};
/* clang-format on */

static void judges_as_browsers_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_circumstances circumstances = enforcement_read_url(guarded(cg_span_of(cases[i].url)));
        char what[300];
        cg_set_cookie cookie;
        cg_set_cookie_parse(guarded(cg_span_of(cases[i].line)), &cookie);
        snprintf(what, sizeof what, "rule %d: %s from %s", cases[i].rule, cases[i].line,
                 cases[i].url);
        assert_text(
            what,
            cg_browser_verdict_name(cg_browser_judge(&cookie, &cookie.attributes, &circumstances)),
            cg_span_of(cases[i].verdict));
    }
}

static void a_pair_over_4096_is_too_long(void **state)
{
    static char line[4200];
    const cg_circumstances circumstances = {.is_https = true};
    cg_set_cookie cookie;
    (void)state;
    memset(line, 'x', sizeof line);
    line[1] = '=';
    cg_set_cookie_parse((cg_span){line, 4097}, &cookie);
    assert_int_equal(cg_browser_judge(&cookie, &cookie.attributes, &circumstances),
                     CG_BROWSER_STORED);
    cg_set_cookie_parse((cg_span){line, 4098}, &cookie);
    assert_int_equal(cg_browser_judge(&cookie, &cookie.attributes, &circumstances),
                     CG_BROWSER_NAME_VALUE_TOO_LONG);
}

static void hosts_match_domains_by_labels(void **state)
{
    static const struct {
        const char *host, *domain;
        bool matches;
    } pairs[] = {
        {"example.com", "example.com", true},
        {"a.example.com", "example.com", true},
        {"a.b.example.com", "b.example.com", true},
        {"example.com", "a.example.com", false},
        {"bexample.com", "example.com", false},
        {"A.Example.Com", "eXample.cOm", true},
        {"127.0.0.1", "0.0.1", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"::1", "1", false},
        {"1.2.3.example", "3.example", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        if (cg_host_matches_domain(guarded(cg_span_of(pairs[i].host)),
                                   guarded(cg_span_of(pairs[i].domain))) != pairs[i].matches) {
            fail_msg("%s and %s", pairs[i].host, pairs[i].domain);
        }
    }
}

static void verdict_names_are_as_long_as_they_say(void **state)
{
    (void)state;
    for (int i = 0; i < CG_BROWSER_VERDICT_COUNT; i++) {
        cg_span name = cg_browser_verdict_name((cg_browser_verdict)i);
        assert_non_null(name.at);
        assert_int_equal(name.len, strlen(name.at));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_as_browsers_do),
        cmocka_unit_test(a_pair_over_4096_is_too_long),
        cmocka_unit_test(hosts_match_domains_by_labels),
        cmocka_unit_test(verdict_names_are_as_long_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
