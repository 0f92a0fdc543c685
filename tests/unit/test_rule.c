/* The text of CookieGuardCookie: what is understood, and what is said about mistakes. */
#include "unit.h"

#include "enforcement.h"

#include "cookie/limits.h"
#include "cookie/writer.h"

static apr_pool_t *pool;

/* clang-format off */
static const struct {
    const char *text;
    const char *reading;
} good[] = {
    {"SID Secure", "exact SID: +Secure"},
    {"SID Secure HttpOnly Partitioned", "exact SID: +Secure +HttpOnly +Partitioned"},
    {"SID secure HTTPONLY samesite=lax", "exact SID: +Secure +HttpOnly SameSite = Lax"},
    {"* Secure=keep HttpOnly=KEEP SameSite=keep", "glob *: Secure keep HttpOnly keep SameSite keep"},
    {"* Path=keep Domain=keep Max-Age=keep Partitioned=keep", "glob *: Path keep Domain keep Max-Age keep Partitioned keep"},
    {"a -Secure -HttpOnly -Partitioned -SameSite", "exact a: -Secure -HttpOnly -Partitioned -SameSite"},
    {"a -Path -Domain -Max-Age", "exact a: -Path -Domain -Max-Age"},
    {"a SameSite=None", "exact a: SameSite = None"},
    {"a SameSite>=Lax", "exact a: SameSite >= Lax"},
    {"a SameSite>=strict", "exact a: SameSite >= Strict"},
    {"a SameSite:=None Secure", "exact a: SameSite := None +Secure"},
    {"a SameSite:=None Secure=keep", "exact a: SameSite := None Secure keep"},
    {"a SameSite=None -Secure", "exact a: SameSite = None -Secure"},
    {"a Path=/", "exact a: Path = /"},
    {"a Path:=/app=x:y,z", "exact a: Path := /app=x:y,z"},
    {"a Domain=Example.com", "exact a: Domain = Example.com"},
    {"a Domain:=.example.com", "exact a: Domain := example.com"},
    {"a Domain=localhost", "exact a: Domain = localhost"},
    {"a Domain=xn--bcher-kva.example", "exact a: Domain = xn--bcher-kva.example"},
    {"a Max-Age=30", "exact a: Max-Age = 30"},
    {"a Max-Age=30s", "exact a: Max-Age = 30"},
    {"a Max-Age<=30m", "exact a: Max-Age <= 1800"},
    {"a Max-Age:=2H", "exact a: Max-Age := 7200"},
    {"a max-age<=7D", "exact a: Max-Age <= 604800"},
    {"a Max-Age<=400d", "exact a: Max-Age <= 34560000"},
    {"a Max-Age<=34560000", "exact a: Max-Age <= 34560000"},
    {"SID Drop", "exact SID: drop"},
    {"SID drop", "exact SID: drop"},
    {"__Host-SID Drop", "exact __Host-SID: drop"},
    {"wp_* Drop", "glob wp_*: drop"},
    {"_ga* Drop", "glob _ga*: drop"},
    {"wp_?x HttpOnly", "glob wp_?x: +HttpOnly"},
    {"~^wp_ HttpOnly", "regex ^wp_: +HttpOnly"},
    {"~[=;] HttpOnly", "regex [=;]: +HttpOnly"},
    {"SID HttpOnly expr=%{HTTPS}", "exact SID: +HttpOnly if %{HTTPS}"},
    {"a\xc3\xa4 HttpOnly", "exact a\xc3\xa4: +HttpOnly"},
    {"section SID HttpOnly", "exact SID: +HttpOnly"},
    {"htaccess SID -Secure", "exact SID: -Secure"},
    {"SID Prefix=__Host-", "exact SID: prefix __Host-"},
    {"SID prefix=__Secure-", "exact SID: prefix __Secure-"},
    {"SID PREFIX=__Http-", "exact SID: prefix __Http-"},
    {"SID Prefix=__Host-Http-", "exact SID: prefix __Host-Http-"},
    {"SID Prefix=off", "exact SID: prefix off"},
    {"SID Prefix=OFF", "exact SID: prefix off"},
    {"SID Prefix=__Host- Path:=/ -Domain", "exact SID: Path := / -Domain prefix __Host-"},
    {"SID Path=/ Prefix=__Host- Domain=keep", "exact SID: Path = / Domain keep prefix __Host-"},
    {"SID Prefix=__Host- Path=keep Secure=keep HttpOnly=keep", "exact SID: Path keep Secure keep HttpOnly keep prefix __Host-"},
    {"SID Prefix=__Host- -HttpOnly", "exact SID: -HttpOnly prefix __Host-"},
    {"SID Prefix=__Host- Secure HttpOnly SameSite:=Strict Max-Age<=1d", "exact SID: +Secure +HttpOnly SameSite := Strict Max-Age <= 86400 prefix __Host-"},
    {"SID Prefix=__Secure- Path:=/app Domain=example.com", "exact SID: Path := /app Domain = example.com prefix __Secure-"},
    {"SID Prefix=__Http- -Path Domain:=example.com", "exact SID: -Path Domain := example.com prefix __Http-"},
    {"SID Prefix=off -Secure -HttpOnly Path:=/app Domain=example.com", "exact SID: -Secure -HttpOnly Path := /app Domain = example.com prefix off"},
    {"Http-a Prefix=__Host-Http-", "exact Http-a: prefix __Host-Http-"},
    {"Http-a Prefix=__Secure-", "exact Http-a: prefix __Secure-"},
    {"Http-a Prefix=off", "exact Http-a: prefix off"},
    {"Http Prefix=__Host-", "exact Http: prefix __Host-"},
    {"Http_* Prefix=__Host-", "glob Http_*: prefix __Host-"},
    {"h?s* Prefix=__Host-", "glob h?s*: prefix __Host-"},
    {"wp_* Prefix=__Host-", "glob wp_*: prefix __Host-"},
    {"_ga* Prefix=__Secure-", "glob _ga*: prefix __Secure-"},
    {"?a* Prefix=__Secure-", "glob ?a*: prefix __Secure-"},
    {"? Prefix=__Secure-", "glob ?: prefix __Secure-"},
    {"__utma Prefix=__Secure-", "exact __utma: prefix __Secure-"},
    {"a!#$%&'+-.^_`|z9 Prefix=__Host-", "exact a!#$%&'+-.^_`|z9: prefix __Host-"},
    /* what a .htaccess may not say is read all the same, and ignored when a cookie comes */
    {"htaccess SID Prefix=__Host-", "exact SID: prefix __Host-"},
    {"htaccess SID Prefix=off", "exact SID: prefix off"},
    {"htaccess SID Prefix=__Host- -Secure Path:=/app", "exact SID: -Secure Path := /app prefix __Host-"},
    {"htaccess * Prefix=__Host-", "glob *: prefix __Host-"},
    {"htaccess __* Prefix=__Host-", "glob __*: prefix __Host-"},
    {"htaccess ~^S Prefix=__Host-", "regex ^S: prefix __Host-"},
    {"htaccess __Host-SID Prefix=__Secure-", "exact __Host-SID: prefix __Secure-"},
    {"htaccess a,b Prefix=__Secure- expr=x", "exact a,b: prefix __Secure- if x"},
    {"htaccess * Drop", "glob *: drop"},
};

#define KNOWN "known are Secure HttpOnly Partitioned SameSite Path Domain Max-Age Drop Prefix, with = (if absent), >= (floor), <= (cap), := (exactly), =keep (no demand) or a leading - (remove)"

#define NO_PREFIX(word) "'" word "' is not a prefix; write Prefix=__Host-, Prefix=__Secure-, Prefix=__Http-, Prefix=__Host-Http- or Prefix=off, in this case"
#define WIDE_GLOB "Prefix takes a glob only if no name that begins with '__' can match it; begin the glob with a letter"
#define HAS_PREFIX "Prefix takes the application's own name of the cookie, not one that has a prefix already"
#define NO_TOKEN "Prefix needs a name of letters, digits and the signs that a cookie's name may have; browsers and servers do not agree on others"
#define READS_AS_HTTP "Prefix=__Host- before a name that begins with Http- reads as the prefix __Host-Http-; write that one, or a glob that no such name matches"
#define CONTRADICTS(prefix, needed) "Prefix=" prefix " contradicts another term of its rule: browsers take such a cookie only with " needed

static const struct {
    const char *text; /* words parted by |, so that blanks can stand in them */
    const char *error;
} bad[] = {
    /* the name */
    {"", "the name of the cookie is empty; write a name, a glob such as wp_* or a regular expression such as ~^wp_"},
    {"|Secure", "the name of the cookie is empty; write a name, a glob such as wp_* or a regular expression such as ~^wp_"},
    {"~|Secure", "the name of the cookie is empty; write a name, a glob such as wp_* or a regular expression such as ~^wp_"},
    {"SID", "a rule needs at least one term; " KNOWN},
    {"SID Secure HttpOnly", "the name contains blanks and no term follows; is a closing quote missing?"},
    {"a=b|Secure", "a cookie's name has no '=', no ';' and no control character; a regular expression begins with '~'"},
    {"a;|Secure", "a cookie's name has no '=', no ';' and no control character; a regular expression begins with '~'"},
    {"a\x01|Secure", "a cookie's name has no '=', no ';' and no control character; a regular expression begins with '~'"},
    {"a\x7f|Secure", "a cookie's name has no '=', no ';' and no control character; a regular expression begins with '~'"},
    /* words that are no terms */
    {"a|Secured", "unknown term 'Secured'; " KNOWN},
    {"a|Secure|", "an empty term; " KNOWN},
    {"a|-", "unknown term '-'; " KNOWN},
    {"a|--Secure", "unknown term '--Secure'; " KNOWN},
    {"a|-Drop", "unknown term '-Drop'; " KNOWN},
    {"a|=Lax", "unknown term '=Lax'; " KNOWN},
    {"a|+Secure", "unknown term '+Secure'; " KNOWN},
    {"a|Priority=High", "unknown term 'Priority=High'; " KNOWN},
    {"a|Secure,HttpOnly", "unknown term 'Secure,HttpOnly'; " KNOWN},
    {"a|Secure|#|comment", "'#' is not a term: httpd has no comments at the end of a line; put the comment on a line of its own"},
    {"a|Secure|#comment", "'#comment' is not a term: httpd has no comments at the end of a line; put the comment on a line of its own"},
    {"a|Expires=1d", "Expires is not a term: say Max-Age, which sets, caps and removes both together"},
    {"a|Expires", "Expires is not a term: say Max-Age, which sets, caps and removes both together"},
    {"a|-Expires", "Expires is not a term: say Max-Age, which sets, caps and removes both together"},
    {"a|expires<=1d", "Expires is not a term: say Max-Age, which sets, caps and removes both together"},
    {"a|expr=x|Secure", "expr= is the last word of a rule and stands there once, in quotes if it contains blanks"},
    {"a|expr=x|expr=y", "expr= is the last word of a rule and stands there once, in quotes if it contains blanks"},
    {"a|Secure|expr=", "expr= needs an expression, such as \"expr=%{REQUEST_URI} =~ m#^/app/#\""},
    {"a|expr=x", "a rule needs at least one term besides expr=; " KNOWN},
    /* forms */
    {"a|SameSite", "'SameSite' is not a form of SameSite; write SameSite=Lax, SameSite>=Lax, SameSite:=None, SameSite=keep or -SameSite"},
    {"a|SameSite<=Lax", "'SameSite<=Lax' is not a form of SameSite; write SameSite=Lax, SameSite>=Lax, SameSite:=None, SameSite=keep or -SameSite"},
    {"a|-SameSite=Lax", "'-SameSite=Lax' is not a form of SameSite; write SameSite=Lax, SameSite>=Lax, SameSite:=None, SameSite=keep or -SameSite"},
    {"a|Secure=1", "'Secure=1' is not a form of Secure; write Secure, Secure=keep or -Secure"},
    {"a|Secure:=keep", "'Secure:=keep' is not a form of Secure; write Secure, Secure=keep or -Secure"},
    {"a|HttpOnly>=1", "'HttpOnly>=1' is not a form of HttpOnly; write HttpOnly, HttpOnly=keep or -HttpOnly"},
    {"a|Partitioned=", "'Partitioned=' is not a form of Partitioned; write Partitioned, Partitioned=keep or -Partitioned"},
    {"a|Path", "'Path' is not a form of Path; write Path=/app, Path:=/app, Path=keep or -Path"},
    {"a|Path>=/", "'Path>=/' is not a form of Path; write Path=/app, Path:=/app, Path=keep or -Path"},
    {"a|Domain", "'Domain' is not a form of Domain; write Domain=example.com, Domain:=example.com, Domain=keep or -Domain"},
    {"a|Max-Age", "'Max-Age' is not a form of Max-Age; write Max-Age=1d, Max-Age<=1d, Max-Age:=1d, Max-Age=keep or -Max-Age"},
    {"a|Max-Age>=1d", "'Max-Age>=1d' is not a form of Max-Age; write Max-Age=1d, Max-Age<=1d, Max-Age:=1d, Max-Age=keep or -Max-Age"},
    /* values */
    {"a|SameSite=Loose", "SameSite is Strict, Lax or None, not 'Loose'"},
    {"a|SameSite=", "SameSite is Strict, Lax or None, not ''"},
    {"a|SameSite:=keep", "SameSite is Strict, Lax or None, not 'keep'"},
    {"a|SameSite>=None", "SameSite>=None is a floor below which nothing lies; write SameSite=None to add it where it is absent"},
    {"a|Max-Age=", "'' is not a time: write a whole number with a unit, s, m, h or d, such as 30m or 7d"},
    {"a|Max-Age<=d", "'d' is not a time: write a whole number with a unit, s, m, h or d, such as 30m or 7d"},
    {"a|Max-Age<=1w", "'1w' is not a time: write a whole number with a unit, s, m, h or d, such as 30m or 7d"},
    {"a|Max-Age<=1.5d", "'1.5d' is not a time: write a whole number with a unit, s, m, h or d, such as 30m or 7d"},
    {"a|Max-Age<=-1d", "'-1d' is not a time: write a whole number with a unit, s, m, h or d, such as 30m or 7d"},
    {"a|Max-Age<=1dd", "'1dd' is not a time: write a whole number with a unit, s, m, h or d, such as 30m or 7d"},
    {"a|Max-Age<=1 d", "'1 d' is not a time: write a whole number with a unit, s, m, h or d, such as 30m or 7d"},
    {"a|Max-Age=0", "a Max-Age of 0 would delete the cookie in the browser; Drop keeps it from leaving the server"},
    {"a|Max-Age<=-0d", "a Max-Age of 0 would delete the cookie in the browser; Drop keeps it from leaving the server"},
    {"a|Max-Age<=401d", "'401d' is over 400 days, the longest time that browsers keep a cookie"},
    {"a|Max-Age<=34560001", "'34560001' is over 400 days, the longest time that browsers keep a cookie"},
    {"a|Max-Age<=99999999999999999999d", "'99999999999999999999d' is over 400 days, the longest time that browsers keep a cookie"},
    {"a|Path=", "a Path begins with '/', not like ''"},
    {"a|Path=app", "a Path begins with '/', not like 'app'"},
    {"a|Path=/a b", "a Path has no blank, no ';' and only printable ASCII; write other octets percent-encoded, as in the URL"},
    {"a|Path=/a;b", "a Path has no blank, no ';' and only printable ASCII; write other octets percent-encoded, as in the URL"},
    {"a|Path=/\xc3\xa4", "a Path has no blank, no ';' and only printable ASCII; write other octets percent-encoded, as in the URL"},
    {"a|Path=/\x7f", "a Path has no blank, no ';' and only printable ASCII; write other octets percent-encoded, as in the URL"},
    {"a|Domain=", "'' is not a host name; a Domain looks like example.com"},
    {"a|Domain=.", "'.' is not a host name; a Domain looks like example.com"},
    {"a|Domain=..example.com", "'..example.com' is not a host name; a Domain looks like example.com"},
    {"a|Domain=example.com.", "'example.com.' is not a host name; a Domain looks like example.com"},
    {"a|Domain=a..b", "'a..b' is not a host name; a Domain looks like example.com"},
    {"a|Domain=a_b", "'a_b' is not a host name; a Domain looks like example.com"},
    {"a|Domain=example.com:80", "'example.com:80' is not a host name; a Domain looks like example.com"},
    {"a|Domain=https://x", "'https://x' is not a host name; a Domain looks like example.com"},
    /* terms that do not go together */
    {"a|Secure|Secure", "the rule names Secure twice, and one contradicts the other; a rule has one term for each attribute"},
    {"a|HttpOnly|-HttpOnly", "the rule names HttpOnly twice, and one contradicts the other; a rule has one term for each attribute"},
    {"a|Max-Age=1d|Max-Age<=2d", "the rule names Max-Age twice, and one contradicts the other; a rule has one term for each attribute"},
    {"a|Partitioned", "Partitioned needs Secure in the same rule: browsers ignore a partitioned cookie without it"},
    {"a|Partitioned|Secure=keep", "Partitioned needs Secure in the same rule: browsers ignore a partitioned cookie without it"},
    {"a|-Secure|Partitioned", "Partitioned needs Secure in the same rule: browsers ignore a partitioned cookie without it"},
    {"a|SameSite:=None|-Secure", "SameSite:=None contradicts -Secure: browsers reject SameSite=None without Secure"},
    /* Drop */
    {"a|Drop|Secure", "Drop contradicts the other terms of its rule: a cookie that never leaves needs no attributes"},
    {"section a|Drop", "Drop belongs to the server or a virtual host; in a section it would depend on the request what becomes of the cookie"},
    {"a|Drop|expr=x", "Drop takes no expr=: it is decided by the configuration alone"},
    {"~^a|Drop", "Drop takes an exact name or a glob, not a regular expression"},
    {"*|Drop", "Drop takes a glob only if no name that begins with '__' can match it; begin the glob with a letter"},
    {"_*|Drop", "Drop takes a glob only if no name that begins with '__' can match it; begin the glob with a letter"},
    {"?_Host-*|Drop", "Drop takes a glob only if no name that begins with '__' can match it; begin the glob with a letter"},
    /* Prefix */
    {"a|Prefix", "unknown term 'Prefix'; " KNOWN},
    {"a|-Prefix", "unknown term '-Prefix'; " KNOWN},
    {"a|-Prefix=__Host-", "unknown term '-Prefix=__Host-'; " KNOWN},
    {"a|Prefix:=__Host-", "unknown term 'Prefix:=__Host-'; " KNOWN},
    {"a|Prefix>=__Host-", "unknown term 'Prefix>=__Host-'; " KNOWN},
    {"a|Prefix=", NO_PREFIX("")},
    {"a|Prefix=keep", NO_PREFIX("keep")},
    {"a|Prefix=none", NO_PREFIX("none")},
    {"a|Prefix=Host", NO_PREFIX("Host")},
    {"a|Prefix=__Host", NO_PREFIX("__Host")},
    {"a|Prefix=__host-", NO_PREFIX("__host-")},
    {"a|Prefix=__HOST-", NO_PREFIX("__HOST-")},
    {"a|Prefix=__Host-Http", NO_PREFIX("__Host-Http")},
    {"a|Prefix=__HostHttp-", NO_PREFIX("__HostHttp-")},
    {"a|Prefix=__Host-SID", NO_PREFIX("__Host-SID")},
    {"a|Prefix=__Host-,__Secure-", NO_PREFIX("__Host-,__Secure-")},
    {"a|Prefix=__Host-|Prefix=__Host-", "the rule names Prefix twice; a cookie has one prefix"},
    {"a|Prefix=off|Secure|Prefix=__Host-", "the rule names Prefix twice; a cookie has one prefix"},
    {"a|Prefix=off|prefix=OFF", "the rule names Prefix twice; a cookie has one prefix"},
    {"htaccess a|Prefix=off|Prefix=off", "the rule names Prefix twice; a cookie has one prefix"},
    {"section a|Prefix=__Host-", "Prefix belongs to the server or a virtual host; in a section it would depend on the request what becomes of the cookie"},
    {"section a|Prefix=off", "Prefix belongs to the server or a virtual host; in a section it would depend on the request what becomes of the cookie"},
    {"a|Prefix=__Host-|expr=x", "Prefix takes no expr=: it is decided by the configuration alone"},
    {"a|Prefix=off|Secure|expr=x", "Prefix takes no expr=: it is decided by the configuration alone"},
    {"a|Prefix=__Host-|expr=", "expr= needs an expression, such as \"expr=%{REQUEST_URI} =~ m#^/app/#\""},
    {"~^a|Prefix=__Host-", "Prefix takes an exact name or a glob, not a regular expression"},
    {"~^a|Prefix=off", "Prefix takes an exact name or a glob, not a regular expression"},
    {"*|Prefix=__Host-", WIDE_GLOB},
    {"*|Prefix=off", WIDE_GLOB},
    {"?*|Prefix=__Host-", WIDE_GLOB},
    {"??|Prefix=__Host-", WIDE_GLOB},
    {"_*|Prefix=__Host-", WIDE_GLOB},
    {"*SID|Prefix=__Host-", WIDE_GLOB},
    {"__*|Prefix=__Secure-", WIDE_GLOB},
    {"__Host-*|Prefix=__Secure-", WIDE_GLOB},
    {"__u?|Prefix=__Host-", WIDE_GLOB},
    {"__Host-SID|Prefix=__Host-", HAS_PREFIX},
    {"__Host-SID|Prefix=off", HAS_PREFIX},
    {"__hOST-SID|Prefix=__Secure-", HAS_PREFIX},
    {"__Secure-|Prefix=__Host-", HAS_PREFIX},
    {"__http-a|Prefix=__Host-", HAS_PREFIX},
    {"a b|Prefix=__Host-", NO_TOKEN},
    {"a,b|Prefix=__Host-", NO_TOKEN},
    {"a\"|Prefix=__Host-", NO_TOKEN},
    {"a[b]|Prefix=__Host-", NO_TOKEN},
    {"a/b*|Prefix=__Host-", NO_TOKEN},
    {"a?:|Prefix=off", NO_TOKEN},
    {"a\xc3\xa4|Prefix=__Host-", NO_TOKEN},
    {"Http-a|Prefix=__Host-", READS_AS_HTTP},
    {"htTP-|Prefix=__Host-|Path:=/", READS_AS_HTTP},
    {"Http-*|Prefix=__Host-", READS_AS_HTTP},
    {"h*|Prefix=__Host-", READS_AS_HTTP},
    {"?T?p*|Prefix=__Host-", READS_AS_HTTP},
    {"a|Prefix=__Host-|Domain=example.com", CONTRADICTS("__Host-", "no Domain; write -Domain to take it away")},
    {"a|Domain:=example.com|Prefix=__Host-", CONTRADICTS("__Host-", "no Domain; write -Domain to take it away")},
    {"a|Prefix=__Host-Http-|Domain=example.com", CONTRADICTS("__Host-Http-", "no Domain; write -Domain to take it away")},
    {"a|Prefix=__Host-|Path=/app", CONTRADICTS("__Host-", "Path=/; write Path:=/ to widen it")},
    {"a|Prefix=__Host-|Path:=/app", CONTRADICTS("__Host-", "Path=/; write Path:=/ to widen it")},
    {"a|Prefix=__Host-|-Path", CONTRADICTS("__Host-", "Path=/; write Path:=/ to widen it")},
    {"a|Prefix=__Host-|-Secure", CONTRADICTS("__Host-", "Secure")},
    {"a|-Secure|Prefix=__Secure-", CONTRADICTS("__Secure-", "Secure")},
    {"a|Prefix=__Http-|-Secure", CONTRADICTS("__Http-", "Secure")},
    {"a|Prefix=__Http-|-HttpOnly", CONTRADICTS("__Http-", "HttpOnly")},
    {"a|Prefix=__Host-Http-|-HttpOnly", CONTRADICTS("__Host-Http-", "HttpOnly")},
    {"a|Prefix=__Host-|Drop", "Drop contradicts the other terms of its rule: a cookie that never leaves needs no attributes"},
    {"a|Drop|Prefix=off", "Drop contradicts the other terms of its rule: a cookie that never leaves needs no attributes"},
    {"a|Prefix=__Host-|Secure|Secure", "the rule names Secure twice, and one contradicts the other; a rule has one term for each attribute"},
    {"a|Prefix=__Host-|SameSite:=None|-Secure", CONTRADICTS("__Host-", "Secure")},
};
/* clang-format on */

static const char *const verbs[] = {
    [CG_VERB_KEEP] = " keep", [CG_VERB_DEFAULT] = " = ", [CG_VERB_FLOOR] = " >= ",
    [CG_VERB_CAP] = " <= ",   [CG_VERB_EXACT] = " := ",  [CG_VERB_REMOVE] = "",
};

static void describe_term(cg_writer *writer, const cg_term *term)
{
    bool is_flag = CG_ATTRIBUTE_BIT(term->attribute) & CG_ATTRIBUTE_FLAGS;
    cg_write_char(writer, ' ');
    if (term->verb == CG_VERB_REMOVE || (is_flag && term->verb == CG_VERB_DEFAULT)) {
        cg_write_char(writer, term->verb == CG_VERB_REMOVE ? '-' : '+');
        cg_write(writer, cg_attribute_name(term->attribute));
        return;
    }
    cg_write(writer, cg_attribute_name(term->attribute));
    cg_write(writer, cg_span_of(verbs[term->verb]));
    if (term->verb == CG_VERB_KEEP) {
        return;
    }
    if (term->attribute == CG_ATTRIBUTE_SAMESITE) {
        cg_write(writer, cg_same_site_name(term->same_site));
    } else if (term->attribute == CG_ATTRIBUTE_MAX_AGE) {
        cg_write_number(writer, term->seconds);
    } else {
        cg_write(writer, term->text);
    }
}

static void describe(cg_writer *writer, const cg_rule *rule)
{
    cg_write(writer, rule->pattern.kind == CG_PATTERN_EXACT   ? CG_SPAN("exact ")
                     : rule->pattern.kind == CG_PATTERN_REGEX ? CG_SPAN("regex ")
                                                              : CG_SPAN("glob "));
    cg_write(writer, rule->pattern.text);
    cg_write_char(writer, ':');
    for (unsigned i = 0; i < rule->term_count; i++) {
        describe_term(writer, &rule->terms[i]);
    }
    if (rule->drop) {
        cg_write(writer, CG_SPAN(" drop"));
    }
    if (rule->has_prefix) {
        cg_span prefix = cg_prefix_rows[rule->prefix].text;
        cg_write(writer, CG_SPAN(" prefix "));
        cg_write(writer, prefix.len ? prefix : CG_SPAN("off"));
    }
    if (rule->condition_text.len) {
        cg_write(writer, CG_SPAN(" if "));
        cg_write(writer, rule->condition_text);
    }
}

static void understands(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        char text[256];
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_rule rule;
        const char *error = enforcement_read_rule(pool, cg_span_of(good[i].text), &rule);
        if (error) {
            fail_msg("%s: %s", good[i].text, error);
        }
        describe(&writer, &rule);
        assert_text(good[i].text, (cg_span){text, writer.len}, cg_span_of(good[i].reading));
        assert_string_equal(rule.place, "test:1");
    }
}

/* A word that ends where memory ends. */
static const char *guarded_word(cg_span word)
{
    char *copy = apr_pstrmemdup(pool, word.at, word.len);
    return guarded((cg_span){copy, word.len + 1}).at;
}

static void explains_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *words[8], *error;
        cg_span rest = cg_span_of(bad[i].text);
        cg_scope scope = CG_SCOPE_SERVER;
        cg_rule rule;
        int count = 0;
        if (cg_span_starts(rest, CG_SPAN("section "))) {
            enforcement_take(&rest, ' ');
            scope = CG_SCOPE_SECTION;
        } else if (cg_span_starts(rest, CG_SPAN("htaccess "))) {
            enforcement_take(&rest, ' ');
            scope = CG_SCOPE_HTACCESS;
        }
        do {
            bool more = cg_span_find(rest, '|') < rest.len;
            words[count++] = guarded_word(enforcement_take(&rest, '|'));
            if (!more) {
                break;
            }
        } while (count < 8);
        error = cg_rule_parse(pool, scope, "test:1", count, words, &rule);
        if (error == NULL) {
            fail_msg("%s: was understood", bad[i].text);
        }
        assert_text(bad[i].text, cg_span_of(error), cg_span_of(bad[i].error));
    }
}

static void no_word_at_all_is_an_empty_name(void **state)
{
    cg_rule rule;
    (void)state;
    assert_non_null(cg_rule_parse(pool, CG_SCOPE_SERVER, "test:1", 0, NULL, &rule));
}

/* Long words are cut in the sentence and refused where there is a limit. */
static void long_words_are_no_harm(void **state)
{
    static char word[70000];
    const char *words[] = {"a", word}, *error;
    cg_rule rule;
    (void)state;

    memset(word, 'x', sizeof word - 1);
    error = cg_rule_parse(pool, CG_SCOPE_SERVER, "test:1", 2, words, &rule);
    assert_non_null(error);
    assert_true(strlen(error) < 1000);
    memcpy(word, "Path=/", 6);
    error = cg_rule_parse(pool, CG_SCOPE_SERVER, "test:1", 2, words, &rule);
    assert_string_equal(error, "the Path is over 1024 octets; browsers ignore such a Path");
    word[5 + CG_ATTRIBUTE_VALUE_MAX] = '\0';
    assert_null(cg_rule_parse(pool, CG_SCOPE_SERVER, "test:1", 2, words, &rule));
    memcpy(word, "Domain=", 7);
    word[7 + 254] = '\0';
    assert_non_null(cg_rule_parse(pool, CG_SCOPE_SERVER, "test:1", 2, words, &rule));
    word[7 + 253] = '\0';
    memset(word + 7, 'x', 253);
    for (int i = 7 + 63; i < 7 + 253; i += 64) {
        word[i] = '.';
    }
    assert_null(cg_rule_parse(pool, CG_SCOPE_SERVER, "test:1", 2, words, &rule));
}

static void a_guarded_name_is_not_too_long(void **state)
{
    char name[202];
    const char *words[] = {name, "Prefix=__Host-Http-"}, *error;
    cg_rule rule;
    (void)state;

    memset(name, 'x', sizeof name - 1);
    name[201] = '\0';
    error = cg_rule_parse(pool, CG_SCOPE_SERVER, "test:1", 2, words, &rule);
    assert_string_equal(error,
                        "Prefix takes a name of at most 200 octets; of longer ones the other "
                        "spellings cannot be told");
    name[200] = '\0';
    assert_null(cg_rule_parse(pool, CG_SCOPE_SERVER, "test:1", 2, words, &rule));
}

/* What is printed could stand in the configuration, and says the same. */
static void prints_what_it_read(void **state)
{
    static const struct {
        const char *text, *printed;
    } cases[] = {
        {"SID secure httponly=KEEP -domain path:=/x", "SID Secure HttpOnly=keep -Domain Path:=/x"},
        {"~^wp_ max-age<=1d samesite>=lax", "~^wp_ Max-Age<=86400s SameSite>=Lax"},
        {"a drop", "a Drop"},
        {"SID prefix=__Host-", "SID Prefix=__Host-"},
        {"SID Prefix=OFF", "SID Prefix=off"},
        {"wp_* Prefix=__Http- -Domain Path=/", "wp_* -Domain Path=/ Prefix=__Http-"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[256];
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_rule rule;
        assert_null(enforcement_read_rule(pool, cg_span_of(cases[i].text), &rule));
        cg_rule_print(&writer, &rule);
        assert_text(cases[i].text, (cg_span){text, writer.len}, cg_span_of(cases[i].printed));
        assert_null(enforcement_read_rule(pool, (cg_span){text, writer.len}, &rule));
        writer.len = 0;
        cg_rule_print(&writer, &rule);
        assert_text("again", (cg_span){text, writer.len}, cg_span_of(cases[i].printed));
    }
}

/* A guard has an effect whatever later rules say of attributes, and takes none away from others. */
static void knows_what_a_later_rule_cancels(void **state)
{
    static const struct {
        const char *earlier, *later;
        bool cancels;
    } cases[] = {
        {"SID Secure", "SID Secure=keep", true},
        {"SID Secure", "* -Secure HttpOnly", true},
        {"* Secure", "SID Secure", false},
        {"SID Secure HttpOnly", "SID Secure", false},
        {"SID Secure", "SID Secure expr=x", false},
        {"SID Drop", "SID Secure", false},
        {"SID Secure", "SID Drop", false},
        {"SID Prefix=__Host-", "SID Secure", false},
        {"SID Prefix=__Host- Path:=/", "* Path:=/", false},
        {"SID Path=/", "SID Prefix=__Host- Path:=/", true},
        {"SID Path=/", "SID Prefix=__Host-", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cg_rule earlier, later;
        assert_null(enforcement_read_rule(pool, cg_span_of(cases[i].earlier), &earlier));
        assert_null(enforcement_read_rule(pool, cg_span_of(cases[i].later), &later));
        if (cg_rule_cancels(&later, &earlier) != cases[i].cancels) {
            fail_msg("%s, then %s", cases[i].earlier, cases[i].later);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(understands),
        cmocka_unit_test(explains_mistakes),
        cmocka_unit_test(no_word_at_all_is_an_empty_name),
        cmocka_unit_test(long_words_are_no_harm),
        cmocka_unit_test(a_guarded_name_is_not_too_long),
        cmocka_unit_test(prints_what_it_read),
        cmocka_unit_test(knows_what_a_later_rule_cancels),
    };
    pool = enforcement_root();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
