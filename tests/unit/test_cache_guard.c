/* Who may store a response that sets a cookie, and what Cache-Control says afterwards. */
#include "unit.h"

#include "policy/cache_guard.h"

/* clang-format off */
static const struct {
    const char *text;
    const char *says; /* p public, P private, n no-store, u must-understand, r must-revalidate,
                         m max-age, s s-maxage, . anything */
} readings[] = {
    {"", ""},
    {" \t, ,,", ""},
    {"private", "P."},
    {"PRIVATE", "P."},
    {"\tPrivate , max-age=0", "Pm."},
    {"max-age=0,private", "Pm."},
    {"public, max-age=60, s-maxage=120", "pms."},
    {"no-store", "n."},
    {"no-store, must-understand", "nu."},
    {"must-revalidate", "r."},
    {"proxy-revalidate, no-cache, no-transform, immutable", "."},
    {"max-age", "m."},
    {"max-age=x", "m."},
    {"s-maxage=", "s."},
    /* private for some fields */
    {"private=\"Set-Cookie\"", "P."},
    {"private=\"set-cookie\"", "P."},
    {"private=\"X-User, Set-Cookie\"", "P."},
    {"private=\"Set-Cookie ,X-User\"", "P."},
    {"private=Set-Cookie", "P."},
    {"private=\"X-User\"", "."},
    {"private=\"Set-Cookie2\"", "."},
    {"private=\"\"", "."},
    {"private=", "."},
    {"no-cache=\"Set-Cookie\"", "."},
    {"no-cache=\"Set-Cookie\", max-age=60", "m."},
    /* words that only look like one */
    {"private;max-age=0", "."},
    {"private max-age=0", "."},
    {"\"private\"", "."},
    {"x=\"private\"", "."},
    {"x=\", private\"", "."},
    {"x=\"\\\", private\"", "."},
    {"x=\"\\\\\", private", "P."},
    {"x=\", private", "."},
    {"x=\"\\", "."},
    {"privat", "."},
    {"privatee", "."},
    {"no-store=1", "."},
    {"no-store=\"Set-Cookie\"", "."},
    {"private =x", "."},
    {"=private", "."},
    {"public=1", "p."},
    {"x-private, not-public", "."},
};

/* The fields of a case: "Cache-Control" and others, "-" or null where they are not there. */
static const struct {
    const char *method;
    int status;
    const char *general;
    const char *more;   /* "expires", "location", "auth", "cdn:...", "surrogate:...", one */
    const char *open_to; /* g general, c CDN, s surrogate */
} storings[] = {
    /* a status that may be stored without a word (RFC 9110 15.1) */
    {"GET", 200, "", "", "g"},
    {"GET", 203, "", "", "g"},
    {"GET", 204, "", "", "g"},
    {"GET", 206, "", "", "g"},
    {"GET", 300, "", "", "g"},
    {"GET", 301, "", "", "g"},
    {"GET", 308, "", "", "g"},
    {"GET", 404, "", "", "g"},
    {"GET", 405, "", "", "g"},
    {"GET", 410, "", "", "g"},
    {"GET", 414, "", "", "g"},
    {"GET", 501, "", "", "g"},
    /* the others need one */
    {"GET", 201, "", "", ""},
    {"GET", 302, "", "", ""},
    {"GET", 303, "", "", ""},
    {"GET", 307, "", "", ""},
    {"GET", 401, "", "", ""},
    {"GET", 403, "", "", ""},
    {"GET", 500, "", "", ""},
    {"GET", 302, "max-age=60", "", "g"},
    {"GET", 302, "s-maxage=60", "", "g"},
    {"GET", 302, "public", "", "g"},
    {"GET", 302, "", "expires", "g"},
    {"GET", 302, "no-cache", "", ""},
    {"GET", 302, "must-revalidate", "", ""},
    {"GET", 101, "public, max-age=60", "", ""},
    {"GET", 103, "public, max-age=60", "", ""},
    /* a 304 changes what is stored (RFC 9111 4.3.4) */
    {"GET", 304, "", "", "g"},
    {"GET", 304, "private", "", ""},
    {"GET", 304, "max-age=60", "", "g"},
    /* words that close */
    {"GET", 200, "private", "", ""},
    {"GET", 200, "no-store", "", ""},
    {"GET", 200, "public, private", "", ""},
    {"GET", 200, "s-maxage=60, private", "", ""},
    {"GET", 200, "private=\"Set-Cookie\"", "", ""},
    {"GET", 200, "private", "expires", ""},
    {"GET", 200, "no-store, must-understand", "", "g"},
    {"GET", 200, "no-store, must-understand, private", "", ""},
    {"GET", 200, "private=\"X-User\"", "", "g"},
    {"GET", 200, "no-cache", "", "g"},
    {"GET", 200, "no-cache=\"Set-Cookie\"", "", "g"},
    {"GET", 200, "max-age=0", "", "g"},
    {"GET", 200, "must-revalidate", "", "g"},
    {"GET", 200, "no-cache, no-store, must-revalidate", "", ""},
    /* methods */
    {"OTHER", 200, "public, max-age=60", "", ""},
    {"POST", 200, "", "", ""},
    {"POST", 200, "public", "location", ""},
    {"POST", 200, "max-age=60", "", ""},
    {"POST", 200, "max-age=60", "location", "g"},
    {"OTHER", 200, "", "surrogate:max-age=60", ""},
    /* requests with Authorization (RFC 9111 3.5) */
    {"GET", 200, "", "auth", ""},
    {"GET", 200, "max-age=60", "auth", ""},
    {"GET", 200, "public", "auth", "g"},
    {"GET", 200, "must-revalidate", "auth", "g"},
    {"GET", 200, "s-maxage=60", "auth", "g"},
    /* caches with a field of their own (RFC 9213 2.2) */
    {"GET", 200, "private", "cdn:max-age=60", "c"},
    {"GET", 200, "no-store", "cdn:max-age=60", "c"},
    {"GET", 200, "private", "cdn:private", ""},
    {"GET", 200, "private", "cdn:no-store", ""},
    {"GET", 200, "max-age=60", "cdn:no-store", "g"},
    {"GET", 200, "max-age=60", "cdn:max-age=9", "gc"},
    {"GET", 200, "private", "cdn:", ""},
    {"GET", 200, "private", "cdn:must-revalidate", "c"},
    {"GET", 302, "private", "cdn:must-revalidate", ""},
    {"GET", 200, "private", "surrogate:max-age=60", "s"},
    {"GET", 200, "", "surrogate:max-age=60, content=\"ESI/1.0\"", "gs"},
    {"GET", 500, "private", "surrogate:max-age=60", "s"},
    {"GET", 200, "private", "surrogate:content=\"ESI/1.0\"", ""},
    {"GET", 200, "private", "surrogate:no-store, max-age=60", ""},
    {"GET", 200, "private", "surrogate:max-age=60, no-store-remote", "s"},
};

static const struct {
    const char *wish;
    const char *general;
    const char *type;
    bool has_session_cookie;
    const char *verdict; /* the cure; "harmless" */
} cures[] = {
    {"auto", "", "text/html", true, "private"},
    {"auto", "", "text/html", false, "private"},
    {"auto", "public", "text/html", false, "private"},
    {"auto", "", "image/png", false, "private"},
    {"auto", "max-age=60", "image/png", false, "private"},
    {"auto", "public", "image/png", false, "harmless"},
    {"auto", "public", "IMAGE/PNG", false, "harmless"},
    {"auto", "s-maxage=60", "text/css; charset=utf-8", false, "harmless"},
    {"auto", "public", "text/javascript", false, "harmless"},
    {"auto", "public", "application/javascript", false, "harmless"},
    {"auto", "public", "font/woff2", false, "harmless"},
    {"auto", "public", "video/mp4", false, "harmless"},
    {"auto", "public", "audio/ogg", false, "harmless"},
    {"auto", "public", "application/json", false, "private"},
    {"auto", "public", "application/pdf", false, "private"},
    {"auto", "public", "", false, "private"},
    {"auto", "public", "text/c", false, "private"},
    {"auto", "public", "image/png", true, "private"},
    {"auto", "private", "text/html", true, "nothing"},
    {"private", "public", "image/png", false, "private"},
    {"private", "no-store", "text/html", true, "nothing"},
    {"no-store", "public", "image/png", false, "no-store"},
    {"no-store", "", "text/html", false, "no-store"},
    {"no-store", "private", "text/html", true, "nothing"},
    {"report", "", "text/html", true, "found"},
    {"report", "public", "image/png", true, "found"},
    {"report", "public", "image/png", false, "harmless"},
    {"off", "public", "text/html", true, "nothing"},
};

static const struct {
    const char *cure;
    const char *text;
    const char *wanted;
} prints[] = {
    {"private", "", "private"},
    {"private", "public", "private"},
    {"private", "max-age=60", "private, max-age=60"},
    {"private", "public, max-age=60", "private, max-age=60"},
    {"private", "max-age=60, public", "private, max-age=60"},
    {"private", "PUBLIC ,S-MaxAge=9,max-age=60", "private, max-age=60"},
    {"private", "s-maxage=\"9, public\", x", "private, x"},
    {"private", "private=\"X-User\"", "private"},
    {"private", "no-cache=\"Set-Cookie\"", "private, no-cache=\"Set-Cookie\""},
    {"private", "no-store, must-understand", "private, no-store, must-understand"},
    {"private", "x=\"a, public", "private, x=\"a, public"},
    {"private", " , a  b ,, c", "private, a  b, c"},
    {"no-store", "", "no-store"},
    {"no-store", "public, max-age=60", "no-store, max-age=60"},
    {"no-store", "must-understand, no-store", "no-store"},
    {"no-store", "private=\"X-User\"", "no-store, private=\"X-User\""},
    {"no-store", "max-age=60, content=\"ESI/1.0\"", "no-store, max-age=60, content=\"ESI/1.0\""},
};
/* clang-format on */

static void reads_directives(void **state)
{
    static const char letters[] = "pPnurms.";
    (void)state;
    for (size_t i = 0; i < COUNT(readings); i++) {
        unsigned says = cg_cache_control_read(guarded(cg_span_of(readings[i].text)));
        unsigned wanted = 0;
        for (size_t bit = 0; letters[bit]; bit++) {
            wanted |= strchr(readings[i].says, letters[bit]) ? 1u << bit : 0;
        }
        if (says != wanted) {
            fail_msg("'%s': %#x and not %#x", readings[i].text, says, wanted);
        }
    }
}

static cg_cache_method method_of(const char *name)
{
    return !strcmp(name, "GET")    ? CG_CACHE_METHOD_GET
           : !strcmp(name, "POST") ? CG_CACHE_METHOD_POST
                                   : CG_CACHE_METHOD_OTHER;
}

static unsigned read_field(const char *more, const char *field)
{
    size_t len = strlen(field);
    return strncmp(more, field, len) ? 0 : cg_cache_control_read(cg_span_of(more + len));
}

static void judges_who_may_store(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(storings); i++) {
        const char *more = storings[i].more;
        cg_cache_facts facts = {.method = method_of(storings[i].method),
                                .status = storings[i].status,
                                .general = cg_cache_control_read(cg_span_of(storings[i].general)),
                                .cdn = read_field(more, "cdn:"),
                                .surrogate = read_field(more, "surrogate:"),
                                .has_expires = !strcmp(more, "expires"),
                                .has_content_location = !strcmp(more, "location"),
                                .has_authorization = !strcmp(more, "auth")};
        unsigned open_to = cg_cache_judge(CG_CACHE_WISH_PRIVATE, &facts).open_to;
        unsigned wanted = (strchr(storings[i].open_to, 'g') ? CG_CACHE_FIELD_GENERAL : 0) |
                          (strchr(storings[i].open_to, 'c') ? CG_CACHE_FIELD_CDN : 0) |
                          (strchr(storings[i].open_to, 's') ? CG_CACHE_FIELD_SURROGATE : 0);
        if (open_to != wanted) {
            fail_msg("%s %d '%s' %s: %u and not '%s'", storings[i].method, storings[i].status,
                     storings[i].general, more, open_to, storings[i].open_to);
        }
    }
}

static cg_cache_wish wish_of(const char *name)
{
    cg_cache_wish wish = CG_CACHE_WISH_AUTO;
    while (!cg_span_equal(cg_cache_wish_name(wish), cg_span_of(name))) {
        wish++;
        assert_true(wish < CG_CACHE_WISH_COUNT);
    }
    return wish;
}

static const char *verdict_text(const cg_cache_verdict *verdict)
{
    static const char *const names[] = {"found", "private", "no-store"};
    return !verdict->open_to ? "nothing" : verdict->is_harmless ? "harmless" : names[verdict->cure];
}

static void finds_the_cure(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cures); i++) {
        cg_cache_facts facts = {.method = CG_CACHE_METHOD_GET,
                                .status = 200,
                                .general = cg_cache_control_read(cg_span_of(cures[i].general)),
                                .content_type = guarded(cg_span_of(cures[i].type)),
                                .has_session_cookie = cures[i].has_session_cookie};
        cg_cache_verdict verdict = cg_cache_judge(wish_of(cures[i].wish), &facts);
        if (strcmp(verdict_text(&verdict), cures[i].verdict) != 0) {
            fail_msg("%s '%s' %s: %s and not %s", cures[i].wish, cures[i].general, cures[i].type,
                     verdict_text(&verdict), cures[i].verdict);
        }
        assert_true(!verdict.is_harmless || verdict.cure == CG_CACHE_CURE_NONE);
    }
}

/* A CDN or a surrogate that gets a lifetime of its own is told by the response itself to store. */
static void static_files_for_caches_with_their_own_field(void **state)
{
    cg_cache_facts facts = {.method = CG_CACHE_METHOD_GET,
                            .status = 200,
                            .content_type = CG_SPAN("text/css"),
                            .cdn = cg_cache_control_read(CG_SPAN("max-age=60"))};
    (void)state;
    assert_true(cg_cache_judge(CG_CACHE_WISH_AUTO, &facts).is_harmless);
    facts.surrogate = facts.cdn;
    facts.cdn = 0;
    assert_true(cg_cache_judge(CG_CACHE_WISH_AUTO, &facts).is_harmless);
}

static void surrogates_know_no_private(void **state)
{
    (void)state;
    assert_int_equal(cg_cache_cure_of(CG_CACHE_CURE_PRIVATE, CG_CACHE_FIELD_SURROGATE),
                     CG_CACHE_CURE_NO_STORE);
    assert_int_equal(cg_cache_cure_of(CG_CACHE_CURE_PRIVATE, CG_CACHE_FIELD_CDN),
                     CG_CACHE_CURE_PRIVATE);
    assert_int_equal(cg_cache_cure_of(CG_CACHE_CURE_NONE, CG_CACHE_FIELD_SURROGATE),
                     CG_CACHE_CURE_NONE);
}

static void prints_the_cure(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(prints); i++) {
        cg_cache_cure cure = !strcmp(prints[i].cure, "private") ? CG_CACHE_CURE_PRIVATE
                                                                : CG_CACHE_CURE_NO_STORE;
        char text[100];
        cg_writer writer = {text, sizeof text, 0};
        cg_cache_control_print(&writer, guarded(cg_span_of(prints[i].text)), cure);
        assert_text(prints[i].text, (cg_span){text, writer.len}, cg_span_of(prints[i].wanted));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_directives),
        cmocka_unit_test(judges_who_may_store),
        cmocka_unit_test(finds_the_cure),
        cmocka_unit_test(static_files_for_caches_with_their_own_field),
        cmocka_unit_test(surrogates_know_no_private),
        cmocka_unit_test(prints_the_cure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
