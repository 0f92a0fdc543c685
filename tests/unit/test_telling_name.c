/* What names tell, and an independent reading of the same rules. */
#include "unit.h"

#include "cookie/writer.h"
#include "policy/telling_name.h"

static void tells_sessions_by_their_names(void **state)
{
    static const struct {
        const char *name;
        bool is_session;
    } names[] = {
        {"SID", true},
        {"sid", true},
        {"connect.sid", true},
        {"PHPSESSID", true},
        {"JSESSIONID", true},
        {"userSid", true},
        {"PHPSID", true},
        {"sid_2", true},
        {"laravel_session", true},
        {"remember_token", true},
        {"jwt", true},
        {"auth", true},
        {"login", true},
        {"__Host-SID", true},
        {"sessionid", true},
        {"AUTH_TOKEN", true},
        {"president", false},
        {"side", false},
        {"inside", false},
        {"reside", false},
        {"csrftoken", false},
        {"XSRF-TOKEN", false},
        {"_csrf_session", false},
        {"theme", false},
        {"", false},
        {"lang", false},
        {"si", false},
        {"RequestForgeryToken", false},
        {"forger", false},
        {"token_forgery", false},
        {"sessxsrf", false},
        {"SSO", true},
        {"asso", true},
        {"ses", false},
        {"s", false},
        {"sisid", false},
        {"siSid", true},
        {"x-sid-y", true},
        {"SIDE", false},
        {"aSID", true},
        {"ASid", false},
        {"s\xe9ss", false},
        {"[ess", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (cg_name_is_session_like(guarded(cg_span_of(names[i].name))) != names[i].is_session) {
            fail_msg("%s", names[i].name);
        }
    }
}

/* -- the same, the slow way ---------------------------------------------------------------- */

static bool contains(const char *name, const char *word)
{
    return strcasestr(name, word) != NULL;
}

static bool is_ascii_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A whole word "sid", which may begin where lower case turns to upper case. */
static bool has_sid(const char *name)
{
    for (const char *at = strcasestr(name, "sid"); at; at = strcasestr(at + 1, "sid")) {
        bool begins = at == name || !is_ascii_letter(at[-1]) || strncmp(at, "SID", 3) == 0 ||
                      (at[0] == 'S' && !(at[-1] >= 'A' && at[-1] <= 'Z'));
        if (begins && !is_ascii_letter(at[3])) {
            return true;
        }
    }
    return false;
}

static bool is_session_slowly(const char *name)
{
    if (contains(name, "csrf") || contains(name, "xsrf") || contains(name, "forgery")) {
        return false;
    }
    return contains(name, "sess") || contains(name, "login") || contains(name, "auth") ||
           contains(name, "token") || contains(name, "jwt") || contains(name, "sso") ||
           has_sid(name);
}

/* Names put together of pieces that nearly are words. */
static void agrees_with_the_slow_way(void **state)
{
    static const char *const pieces[] = {"s",  "S",   "i",    "ID",  "d",    "se",  "ss",   "o",
                                         "lo", "gin", "au",   "th",  "to",   "ken", "j",    "wt",
                                         "cs", "rf",  "x",    "for", "gery", "-",   "_",    "1",
                                         "e",  "sid", "Sess", "SSO", "t",    "a",   "\xc3", "["};
    uint64_t seed = 1;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        char name[32];
        cg_writer writer = {.at = name, .size = sizeof name - 1};
        for (unsigned count = 0; count < 5; count++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            cg_write(&writer, cg_span_of(pieces[(seed >> 33) % COUNT(pieces)]));
        }
        name[writer.len] = '\0';
        if (cg_name_is_session_like(cg_span_of(name)) != is_session_slowly(name)) {
            fail_msg("%s", name);
        }
    }
}

static void tells_technology_by_names(void **state)
{
    static const struct {
        const char *name;
        bool tells;
    } names[] = {
        {"PHPSESSID", true},
        {"JSESSIONID", true},
        {"JSESSIONIDSSO", true},
        {"ASP.NET_SessionId", true},
        {"ASPSESSIONIDQABCDEFG", true},
        {".AspNetCore.Session", true},
        {"CFID", true},
        {"CFTOKEN", true},
        {"laravel_session", true},
        {"wordpress_logged_in_1", true},
        {"wp-settings-1", true},
        {"connect.sid", true},
        {"ci_session", true},
        {"CAKEPHP", true},
        {"PLAY_SESSION", true},
        {"rack.session", true},
        {"BIGipServerpool", true},
        {"NSC_pool", true},
        {"phpMyAdmin", true},
        {"grafana_session", true},
        {"phpsessid", false},
        {"PHPSESSID2", false},
        {"PHPSESSI", false},
        {"xPHPSESSID", false},
        {"JSESSIONI", false},
        {".AspNet", false},
        {"", false},
        {"_", false},
        {"\xff", false},
        {"theme", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (cg_name_reveals_technology(guarded(cg_span_of(names[i].name))) != names[i].tells) {
            fail_msg("%s", names[i].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_sessions_by_their_names),
        cmocka_unit_test(agrees_with_the_slow_way),
        cmocka_unit_test(tells_technology_by_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
