/* The table of findings and the questions behind them. */
#include "finding.h"

#include "../cookie/limits.h"

#define BIT(name) CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_##name)
#define ROW(id_, severity_, session_severity_, cwe_, asvs_, meaning_)                              \
    {                                                                                              \
        .id = {"CG-" id_, sizeof("CG-" id_) - 1}, .severity = CG_SEVERITY_##severity_,             \
        .session_severity = CG_SEVERITY_##session_severity_, .cwe = cwe_,                          \
        .asvs = {asvs_, sizeof(asvs_) - 1}, .meaning = meaning_                                    \
    }

const cg_finding_row cg_finding_rows[CG_FINDING_COUNT] = {
    [CG_FINDING_SECURE_MISSING] = ROW(
        "SECURE-MISSING", LOW, HIGH, 614, "3.3.1",
        "The application set a cookie without Secure on HTTPS; browsers send it over plain "
        "http too."),
    [CG_FINDING_HTTPONLY_MISSING] = ROW(
        "HTTPONLY-MISSING", LOW, MEDIUM, 1004, "3.3.4",
        "The application set a cookie without HttpOnly; scripts on the page can read it."),
    [CG_FINDING_SAMESITE_MISSING] = ROW(
        "SAMESITE-MISSING", LOW, LOW, 1275, "3.3.2",
        "The application set a cookie without SameSite; what other sites may send it with is "
        "left to the browser."),
    [CG_FINDING_SAMESITE_INVALID] = ROW(
        "SAMESITE-INVALID", LOW, LOW, 1275, "3.3.2",
        "SameSite has a word that browsers do not know; they treat it as absent."),
    [CG_FINDING_SAMESITE_NONE_INSECURE] = ROW(
        "SAMESITE-NONE-INSECURE", MEDIUM, MEDIUM, 1275, "3.3.2",
        "SameSite=None without Secure; browsers reject such a cookie."),
    [CG_FINDING_PREFIX_VIOLATION] = ROW(
        "PREFIX-VIOLATION", HIGH, HIGH, 565, "3.3.1",
        "The name has a prefix whose conditions the line does not fulfil; browsers reject the "
        "cookie."),
    [CG_FINDING_PREFIX_MISSING] = ROW(
        "PREFIX-MISSING", INFO, INFO, 565, "3.3.3",
        "A session-like cookie has no __Host- or __Secure- prefix; a sub-domain can set one "
        "of the same name."),
    [CG_FINDING_PARTITIONED_INSECURE] = ROW(
        "PARTITIONED-INSECURE", MEDIUM, MEDIUM, 614, "3.3.1",
        "Partitioned without Secure; browsers reject such a cookie."),
    [CG_FINDING_PLAIN_HTTP] = ROW(
        "PLAIN-HTTP", LOW, HIGH, 319, "3.3.1",
        "A cookie without Secure was set over plain http; Secure cannot be added there, and "
        "anyone on the way can read it."),
    [CG_FINDING_SECURE_ON_PLAIN_HTTP] = ROW(
        "SECURE-ON-PLAIN-HTTP", MEDIUM, MEDIUM, 614, "3.3.1",
        "A cookie with Secure was set over plain http; browsers reject it there."),
    [CG_FINDING_DOMAIN_WIDE] = ROW(
        "DOMAIN-WIDE", MEDIUM, MEDIUM, 565, "3.3.3",
        "Domain is wider than the host; every host below it gets the cookie and can set "
        "one."),
    [CG_FINDING_DOMAIN_SET] = ROW(
        "DOMAIN-SET", INFO, LOW, 565, "3.3.3",
        "Domain names the host itself; every host below it gets the cookie, which it would "
        "not without Domain."),
    [CG_FINDING_DOMAIN_INVALID] = ROW(
        "DOMAIN-INVALID", MEDIUM, MEDIUM, 565, "3.3.3",
        "Domain does not cover the host, or is not a host name; browsers reject the cookie."),
    [CG_FINDING_SESSION_PERSISTENT] = ROW("SESSION-PERSISTENT", INFO, INFO, 539, "",
                                          "A session-like cookie outlives the browser's session."),
    [CG_FINDING_LIFETIME_LONG] = ROW("LIFETIME-LONG", LOW, LOW, 539, "",
                                     "The lifetime is over 400 days; browsers shorten it."),
    [CG_FINDING_LIFETIME_UNREADABLE] = ROW(
        "LIFETIME-UNREADABLE", LOW, LOW, 0, "",
        "Max-Age or Expires cannot be read; browsers ignore it."),
    [CG_FINDING_ATTRIBUTE_REPEATED] = ROW(
        "ATTRIBUTE-REPEATED", LOW, LOW, 0, "",
        "An attribute stands more than once; clients differ in which one they follow."),
    [CG_FINDING_ATTRIBUTE_LONG] = ROW(
        "ATTRIBUTE-LONG", LOW, LOW, 0, "",
        "An attribute's value is over 1024 octets; browsers ignore the attribute."),
    [CG_FINDING_FLAG_VALUE] = ROW(
        "FLAG-VALUE", LOW, LOW, 0, "",
        "A flag is written with a value; some clients do not take it for the flag."),
    [CG_FINDING_CONTROL_CHARACTER] = ROW(
        "CONTROL-CHARACTER", MEDIUM, MEDIUM, 113, "",
        "The line contains a control character; browsers ignore it whole."),
    [CG_FINDING_EMPTY] = ROW("EMPTY", LOW, LOW, 0, "",
                             "The line has neither a name nor a value; browsers ignore "
                             "it."),
    [CG_FINDING_TOO_LONG] = ROW(
        "TOO-LONG", MEDIUM, MEDIUM, 0, "3.3.5",
        "Name and value together are over 4096 octets; browsers ignore the cookie."),
    [CG_FINDING_NAMELESS] = ROW("NAMELESS", LOW, LOW, 0, "",
                                "The cookie has no name; clients differ in what they do "
                                "with it."),
    [CG_FINDING_VALUE_SYNTAX] = ROW(
        "VALUE-SYNTAX", INFO, INFO, 0, "",
        "Name or value has octets outside the grammar of RFC 6265; clients and servers differ "
        "in how they read them."),
    [CG_FINDING_NAME_REPEATED] = ROW(
        "NAME-REPEATED", HIGH, HIGH, 0, "15.3.7",
        "One response sets two values for the same name, domain and path; clients differ in "
        "which one they keep."),
    [CG_FINDING_TECHNOLOGY] = ROW("TECHNOLOGY", INFO, INFO, 200, "",
                                  "The name tells which software the application runs on."),
    [CG_FINDING_CHANGE_REFUSED] = ROW(
        "CHANGE-REFUSED", LOW, MEDIUM, 0, "",
        "A demand of the policy was not carried out, because browsers would have rejected the "
        "cookie."),
    [CG_FINDING_IDENTITY_CHANGED] = ROW(
        "IDENTITY-CHANGED", INFO, INFO, 0, "",
        "The policy gave the cookie another Path, Domain or partition; for a browser it is a "
        "second cookie, beside one that it may hold already."),
    [CG_FINDING_KNOWN_COOKIE] = ROW(
        "KNOWN-COOKIE", LOW, LOW, 0, "",
        "A rule changed a cookie that is in the table of known cookies, because the "
        "application needs it otherwise; a part of the application may stop working."),
    [CG_FINDING_OVERRIDE_IGNORED] = ROW(
        "OVERRIDE-IGNORED", LOW, LOW, 0, "",
        "A .htaccess file asked for less protection than the server; what it asked was "
        "ignored."),
    [CG_FINDING_DROPPED] = ROW("DROPPED", INFO, INFO, 0, "",
                               "A rule with Drop kept the cookie from leaving."),
    [CG_FINDING_WITHHELD] = ROW(
        "WITHHELD", MEDIUM, HIGH, 0, "3.3.3",
        "A cookie under Prefix could not be carried under its prefix and was not sent; the record "
        "says what stood in the way."),
    [CG_FINDING_SPELLING] = ROW(
        "SPELLING", LOW, LOW, 0, "3.3.3",
        "The application set a cookie under another spelling of a name that has a Prefix rule; "
        "such a cookie never comes back to it."),
    [CG_FINDING_CACHEABLE] = ROW(
        "CACHEABLE", MEDIUM, HIGH, 524, "14.2.2",
        "A response that shared caches may store sets a cookie; a cache may hand it to others."),
    [CG_FINDING_CACHEABLE_STATIC] = ROW(
        "CACHEABLE-STATIC", INFO, LOW, 524, "14.2.2",
        "A static file that says it is public sets a cookie; set none there, drop it with a rule, "
        "or say CookieGuardCacheControl private."),
    [CG_FINDING_STORED_UNJUDGED] = ROW(
        "STORED-UNJUDGED", LOW, LOW, 0, "",
        "The response came from a cache that stored it before the present policy; only Secure and "
        "SameSite were enforced on it."),
    [CG_FINDING_INTERIM] = ROW(
        "INTERIM", LOW, MEDIUM, 0, "",
        "An interim response (100, 101 or 103) sets a cookie; some clients keep it, others do "
        "not."),
    [CG_FINDING_TOKEN_SET] = ROW(
        "TOKEN-SET", HIGH, HIGH, 384, "7.2.4",
        "Something other than this module set a cookie of the name of the session's token; it was "
        "not sent, in whatever mode."),
    [CG_FINDING_TOKEN_REUSE] = ROW(
        "TOKEN-REUSE", HIGH, HIGH, 613, "7.2.4",
        "A session's token came back although its successor was in use; somebody else may have a "
        "copy of it."),
    [CG_FINDING_SESSION_TOO_LARGE] = ROW(
        "SESSION-TOO-LARGE", MEDIUM, MEDIUM, 0, "",
        "A session was to become larger than CookieGuardSessionMaxSize; it stays as it was."),
};

static const cg_span severity_names[CG_SEVERITY_COUNT] = {
    [CG_SEVERITY_INFO] = {"info", 4},
    [CG_SEVERITY_LOW] = {"low", 3},
    [CG_SEVERITY_MEDIUM] = {"medium", 6},
    [CG_SEVERITY_HIGH] = {"high", 4},
};

cg_span cg_severity_name(cg_severity severity)
{
    return severity_names[severity];
}

/* As many octets as a vector has. The loops over them have no branch, a fixed length and one
 * comparison, so that compilers make each a few instructions. */
enum { BLOCK = 16 };

static inline void note_octet(unsigned char found[BLOCK], const char *at, char c)
{
    for (int i = 0; i < BLOCK; i++) {
        found[i] |= at[i] == c;
    }
}

/* Notes what is no cookie-octet (6265bis 4.1.1). */
static inline void note_no_cookie_octets(unsigned char found[BLOCK], const char *at)
{
    for (int i = 0; i < BLOCK; i++) {
        found[i] |= (signed char)at[i] <= 0x20; /* and all from 0x80 on */
    }
    note_octet(found, at, '"');
    note_octet(found, at, ',');
    note_octet(found, at, ';');
    note_octet(found, at, '\\');
    note_octet(found, at, 0x7F);
}

/* Most octets of values may stand in tokens too. */
static inline bool is_cookie_octet(char c)
{
    return cg_ascii_is_token(c) || (c > 0x20 && c < 0x7F && !strchr("\",;\\", c));
}

static inline bool are_cookie_octets(cg_span text)
{
    size_t i = 0;
    while (i < text.len && is_cookie_octet(text.at[i])) {
        i++;
    }
    return i == text.len;
}

/* Block by block; the last one reaches back if the text does not come out even. */
static bool has_only_cookie_octets(cg_span text)
{
    unsigned char found[BLOCK] = {0};
    uint64_t words[BLOCK / sizeof(uint64_t)];

    if (text.len < BLOCK) {
        return are_cookie_octets(text);
    }
    for (size_t i = 0; i + BLOCK < text.len; i += BLOCK) {
        note_no_cookie_octets(found, text.at + i);
    }
    note_no_cookie_octets(found, text.at + text.len - BLOCK);
    memcpy(words, found, sizeof words);
    return (words[0] | words[1]) == 0;
}

static bool is_outside_grammar(const cg_set_cookie *cookie)
{
    cg_span value = cookie->value;
    if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"') {
        value = cg_span_part(value, 1, value.len - 1);
    }
    for (size_t i = 0; i < cookie->name.len; i++) {
        if (!cg_ascii_is_token(cookie->name.at[i])) {
            return true;
        }
    }
    return !has_only_cookie_octets(value);
}

/* Sets a finding's bit if it holds. */
static uint64_t when(bool holds, cg_finding finding)
{
    return holds ? CG_FINDING_BIT(finding) : 0;
}

static uint64_t find_in_kind(cg_line_kind kind)
{
    return when(kind == CG_LINE_CONTROL_CHARACTER, CG_FINDING_CONTROL_CHARACTER) |
           when(kind == CG_LINE_EMPTY, CG_FINDING_EMPTY) |
           when(kind == CG_LINE_TOO_LONG, CG_FINDING_TOO_LONG);
}

static uint64_t find_in_same_site(const cg_attributes *says)
{
    if (!(says->present & BIT(SAMESITE))) {
        return CG_FINDING_BIT(CG_FINDING_SAMESITE_MISSING);
    }
    return when(says->same_site == CG_SAME_SITE_DEFAULT, CG_FINDING_SAMESITE_INVALID);
}

static uint64_t find_without_secure(const cg_attributes *says, bool is_https)
{
    bool is_none = (says->present & BIT(SAMESITE)) && says->same_site == CG_SAME_SITE_NONE;
    bool is_partitioned = says->present & BIT(PARTITIONED);

    return CG_FINDING_BIT(is_https ? CG_FINDING_SECURE_MISSING : CG_FINDING_PLAIN_HTTP) |
           when(is_none, CG_FINDING_SAMESITE_NONE_INSECURE) |
           when(is_partitioned, CG_FINDING_PARTITIONED_INSECURE);
}

static uint64_t find_in_flags(const cg_attributes *says, bool is_https)
{
    return (says->present & BIT(SECURE) ? when(!is_https, CG_FINDING_SECURE_ON_PLAIN_HTTP)
                                        : find_without_secure(says, is_https)) |
           when(!(says->present & BIT(HTTPONLY)), CG_FINDING_HTTPONLY_MISSING) |
           find_in_same_site(says);
}

static uint64_t find_in_domain(const cg_attributes *says, cg_span host)
{
    bool is_host;
    if (!(says->present & BIT(DOMAIN)) || says->domain.len == 0) {
        return 0;
    }
    is_host = host.len == 0 || cg_span_equal_folded(says->domain, host);
    return when(is_host, CG_FINDING_DOMAIN_SET) |
           when(!is_host && cg_host_matches_domain(host, says->domain), CG_FINDING_DOMAIN_WIDE);
}

static uint64_t find_in_lifetime(const cg_set_cookie *cookie, bool is_session_like, int64_t now)
{
    const cg_attributes *says = &cookie->attributes;
    bool has_max_age = says->present & BIT(MAX_AGE);
    bool has_expires = says->present & BIT(EXPIRES);
    bool is_unreadable = cookie->ignored & (BIT(MAX_AGE) | BIT(EXPIRES));
    bool is_long;

    if (!has_max_age && !has_expires) {
        return when(is_unreadable, CG_FINDING_LIFETIME_UNREADABLE);
    }
    is_long = has_max_age ? says->max_age > CG_LIFETIME_MAX : says->expires > now + CG_LIFETIME_MAX;

    return when(is_long, CG_FINDING_LIFETIME_LONG) |
           when(is_session_like, CG_FINDING_SESSION_PERSISTENT) |
           when(is_unreadable, CG_FINDING_LIFETIME_UNREADABLE);
}

/* What the browser will say of the line as the application sent it, prefixes and Domain. It is
 * asked only where one of them stands in the line. */
static uint64_t find_in_verdict(const cg_set_cookie *cookie, const cg_circumstances *circumstances)
{
    cg_span prefixed = cookie->name.len ? cookie->name : cookie->value;
    cg_circumstances https;
    cg_browser_verdict verdict;

    if (!cg_span_starts(prefixed, CG_SPAN("__")) && !(cookie->attributes.present & BIT(DOMAIN))) {
        return 0;
    }
    https = *circumstances;
    https.is_https = true;
    verdict = cg_browser_judge(cookie, &cookie->attributes, &https);
    return when(verdict == CG_BROWSER_INVALID_PREFIX, CG_FINDING_PREFIX_VIOLATION) |
           when(verdict == CG_BROWSER_INVALID_DOMAIN, CG_FINDING_DOMAIN_INVALID);
}

/* The name begins as prefixes do, or is given one. */
static bool has_prefix(const cg_set_cookie *cookie, const cg_judgement *judgement)
{
    return judgement->prefix != CG_PREFIX_NONE || cg_span_starts(cookie->name, CG_SPAN("__"));
}

static uint64_t find_in_text(const cg_set_cookie *cookie, bool lacks_prefix)
{
    return when(cookie->repeated != 0, CG_FINDING_ATTRIBUTE_REPEATED) |
           when(cookie->has_long_value, CG_FINDING_ATTRIBUTE_LONG) |
           when(cookie->valued_flags != 0, CG_FINDING_FLAG_VALUE) |
           when(cookie->name.len == 0, CG_FINDING_NAMELESS) |
           when(is_outside_grammar(cookie), CG_FINDING_VALUE_SYNTAX) |
           when(cg_name_reveals_technology(cookie->name), CG_FINDING_TECHNOLOGY) |
           when(lacks_prefix, CG_FINDING_PREFIX_MISSING);
}

/* Why the cookie does not leave. */
static uint64_t find_in_fate(const cg_judgement *judgement)
{
    return when(judgement->drop != NULL, CG_FINDING_DROPPED) |
           when(judgement->withheld == CG_WITHHELD_SPELLING, CG_FINDING_SPELLING) |
           when(judgement->withheld == CG_WITHHELD_TOKEN, CG_FINDING_TOKEN_SET) |
           when(judgement->withheld != CG_WITHHELD_NOT && judgement->withheld != CG_WITHHELD_TOKEN,
                CG_FINDING_WITHHELD);
}

/* What became of the policy's demands. */
static uint64_t find_in_judgement(const cg_demands *demands, const cg_judgement *judgement,
                                  bool is_https)
{
    /* Secure refused over plain http is what CG-PLAIN-HTTP says. */
    unsigned refused = judgement->refused & ~(is_https ? 0 : BIT(SECURE));
    unsigned changed = judgement->added | judgement->replaced | judgement->removed;
    unsigned identity = BIT(PATH) | BIT(DOMAIN) | BIT(PARTITIONED);

    return (judgement->action == CG_ACTION_DROP ? find_in_fate(judgement) : 0) |
           when(refused != 0, CG_FINDING_CHANGE_REFUSED) |
           when((changed & identity) != 0, CG_FINDING_IDENTITY_CHANGED) |
           when((changed & demands->lifted_by_table) != 0, CG_FINDING_KNOWN_COOKIE) |
           when(demands->ignored != NULL, CG_FINDING_OVERRIDE_IGNORED);
}

uint64_t cg_findings_find(const cg_set_cookie *cookie, const cg_demands *demands,
                          const cg_judgement *judgement, const cg_circumstances *circumstances)
{
    uint64_t findings = find_in_judgement(demands, judgement, circumstances->is_https);
    bool is_session_like;

    if (cookie->kind != CG_LINE_COOKIE) {
        return findings | find_in_kind(cookie->kind);
    }
    if (judgement->is_deletion) {
        return findings;
    }
    is_session_like = cg_name_is_session_like(cookie->name);
    return findings | find_in_flags(&cookie->attributes, circumstances->is_https) |
           find_in_domain(&cookie->attributes, circumstances->host) |
           find_in_lifetime(cookie, is_session_like, circumstances->now) |
           find_in_verdict(cookie, circumstances) |
           find_in_text(cookie, is_session_like && !has_prefix(cookie, judgement));
}
