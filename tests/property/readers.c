/* The models, each after the source that it names. */
#include "readers.h"

#include <string.h>

enum { NAME_ROOM = 1024 };

typedef struct search {
    const reader *r;
    octets name;
    const char **where;
    size_t room, count;
} search;

static bool is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_space(char c)
{
    return is_in(c, " \t\n\v\f\r");
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static int hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *hit = c ? strchr(digits, lower(c)) : NULL;
    return hit ? (int)(hit - digits) : -1;
}

/* A name that the splitter found. */
static void note_name(search *s, const char *at, const char *end)
{
    char text[NAME_ROOM];
    octets raw;
    size_t len, i = 0;

    for (; at < end && is_space(*at); at++) {
    }
    raw = (octets){at, (size_t)(end - at)};
    if (raw.len > sizeof text) {
        return;
    }
    len = s->r->spell(raw, text);
    while (
        i < len && i < s->name.len &&
        (s->r->ignores_case ? lower(text[i]) == lower(s->name.at[i]) : text[i] == s->name.at[i])) {
        i++;
    }
    if (len == s->name.len && i == len) {
        if (s->count < s->room) {
            s->where[s->count] = at;
        }
        s->count++;
    }
}

/* -- where names begin and end --------------------------------------------------------------- */

/* Pairs between separators; a name ends at the first "=", or with its pair where that may be. */
static void split_at(octets field, search *s, const char *separators, bool needs_equals)
{
    const char *at = field.at, *end = field.at + field.len, *stop, *name_end;

    for (; at <= end; at = stop + 1) {
        for (stop = at; stop < end && !is_in(*stop, separators); stop++) {
        }
        for (; at < stop && is_space(*at); at++) {
        }
        for (name_end = at; name_end < stop && *name_end != '='; name_end++) {
        }
        if (name_end < stop || !needs_equals) {
            note_name(s, at, name_end);
        }
    }
}

/* PHP (main/php_variables.c), Django, Go, ASP.NET. */
static void split_semicolons(octets field, void *s)
{
    split_at(field, s, ";", false);
}

/* Perl's CGI::Cookie, Rack 1, ASP.NET Core: what has no "=" has no value to them. */
static void split_commas(octets field, void *s)
{
    split_at(field, s, ";,", true);
}

static const char *skip_quoted(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        at += *at == '\\';
    }
    return at < end ? at + 1 : NULL;
}

/* Werkzeug 2.2 (_cookie_re): a quoted value goes on over semicolons, if one follows its end. */
static void split_werkzeug(octets field, void *s)
{
    const char *at = field.at, *end = field.at + field.len, *stop, *quoted;

    while (at < end) {
        const char *name = at;
        for (; at < end && *at != '=' && *at != ';'; at++) {
        }
        note_name(s, name, at);
        for (stop = at; stop < end && *stop != ';'; stop++) {
        }
        for (at += at < end && *at == '='; at < stop && is_space(*at); at++) {
        }
        quoted = at < stop && *at == '"' ? skip_quoted(at, end) : NULL;
        for (; quoted && quoted < end && is_space(*quoted); quoted++) {
        }
        at = quoted && (quoted == end || *quoted == ';') ? quoted : stop;
        at += at < end;
    }
}

/* Python's http.cookies (_CookiePattern): names also begin behind white space. A name without "=" and
 * octets that it
 * does not know end its work; here it steps over the word. */
static void split_http_cookies(octets field, void *s)
{
    static const char in_names[] = "!#%&'~_`><@,:/$*+-.^|)(?}{";
    const char *at = field.at, *end = field.at + field.len, *name, *name_end, *quoted;

    while (at < end) {
        for (name = at; at < end && (is_in(*at, in_names) || hex(*at) >= 0 ||
                                     (lower(*at) >= 'g' && lower(*at) <= 'z'));
             at++) {
        }
        if (at == name) {
            for (at++; at < end && !is_space(*at) && *at != ';'; at++) {
            }
            continue;
        }
        for (name_end = at; at < end && is_space(*at); at++) {
        }
        if (at < end && *at == '=') {
            note_name(s, name, name_end);
            for (at++; at < end && is_space(*at); at++) {
            }
            quoted = at < end && *at == '"' ? skip_quoted(at, end) : NULL;
            for (; at < end && !is_space(*at) && *at != ';'; at++) {
            }
            at = quoted ? quoted : at;
        }
    }
}

/* Tomcat's LegacyCookieProcessor (RFC 2109), without and with $Version: separators before a name are
 * stepped over, a comma ends a pair. Names without "=" have no value and are left out. */
static void split_rfc2109(octets field, search *s, bool honours_quotes)
{
    static const char separators[] = "\t \"(),/:;<=>?@[\\]{}";
    const char *at = field.at, *end = field.at + field.len, *name, *name_end, *quoted;

    while (at < end) {
        for (; at < end && is_in(*at, separators); at++) {
        }
        for (name = at; at < end && !is_in(*at, separators); at++) {
        }
        for (name_end = at; at < end && is_space(*at); at++) {
        }
        quoted = NULL;
        if (at < end && *at == '=') {
            note_name(s, name, name_end);
            for (at++; at < end && is_space(*at); at++) {
            }
            quoted = honours_quotes && at < end && *at == '"' ? skip_quoted(at, end) : NULL;
        }
        for (at = quoted ? quoted : at; at < end && *at != ';' && *at != ','; at++) {
        }
    }
}

static void split_tomcat(octets field, void *s)
{
    split_rfc2109(field, s, false);
}

/* With $Version; without it in older Jetty (CVE-2023-26048) and Undertow (CVE-2023-4639). */
static void split_quoted(octets field, void *s)
{
    split_rfc2109(field, s, true);
}

/* mod_proxy's stickysession: the name, wherever it stands behind a separator, and a "=". */
static void split_mod_proxy(octets field, void *context)
{
    search *s = context;
    const char *end = field.at + field.len, *after;

    for (const char *at = field.at; at + s->name.len <= end; at++) {
        if (at > field.at && !is_in(at[-1], ";,") && !is_space(at[-1])) {
            continue;
        }
        for (after = at + s->name.len; after < end && is_space(*after); after++) {
        }
        if (after < end && *after == '=') {
            note_name(s, at, at + s->name.len);
        }
    }
}

/* -- how names are spelled -------------------------------------------------------------------- */

static size_t spell_as_it_is(octets raw, char *text)
{
    memcpy(text, raw.at, raw.len);
    return raw.len;
}

/* White space of Unicode at the ends, in UTF-8 and in ISO 8859-1 (Python's strip, .NET's Trim). */
static size_t space_at(octets raw, size_t at, bool is_end)
{
    static const char *const spaces[] = {
        "\xc2\x85",
        "\xc2\xa0",
        "\xe1\x9a\x80",
        "\xe2\x80\x80",
        "\xe2\x80\x81",
        "\xe2\x80\x82",
        "\xe2\x80\x83",
        "\xe2\x80\x84",
        "\xe2\x80\x85",
        "\xe2\x80\x86",
        "\xe2\x80\x87",
        "\xe2\x80\x88",
        "\xe2\x80\x89",
        "\xe2\x80\x8a",
        "\xe2\x80\xa8",
        "\xe2\x80\xa9",
        "\xe2\x80\xaf",
        "\xe2\x81\x9f",
        "\xe3\x80\x80",
        "\xef\xbb\xbf",
        "\x85",
        "\xa0",
        " ",
        "\t",
        "\n",
        "\v",
        "\f",
        "\r",
        "\x1c",
        "\x1d",
        "\x1e",
        "\x1f",
    };
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        size_t len = strlen(spaces[i]);
        if (is_end ? at >= len && memcmp(raw.at + at - len, spaces[i], len) == 0
                   : raw.len - at >= len && memcmp(raw.at + at, spaces[i], len) == 0) {
            return len;
        }
    }
    return 0;
}

static size_t spell_stripped(octets raw, char *text)
{
    size_t len;
    while (raw.len && (len = space_at(raw, 0, false)) > 0) {
        raw.at += len;
        raw.len -= len;
    }
    while (raw.len && (len = space_at(raw, raw.len, true)) > 0) {
        raw.len -= len;
    }
    return spell_as_it_is(raw, text);
}

static size_t decode(octets raw, char *text, bool takes_plus)
{
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.at[i];
        if (c == '%' && i + 2 < raw.len && hex(raw.at[i + 1]) >= 0 && hex(raw.at[i + 2]) >= 0) {
            c = (char)(hex(raw.at[i + 1]) * 16 + hex(raw.at[i + 2]));
            i += 2;
        } else if (c == '+' && takes_plus) {
            c = ' ';
        }
        text[len++] = c;
    }
    return len;
}

/* CGI::Cookie and Rack decode; what they or the application trim afterwards is trimmed. */
static size_t spell_decoded(octets raw, char *text)
{
    char decoded[NAME_ROOM];
    return spell_stripped((octets){decoded, decode(raw, decoded, true)}, text);
}

static size_t spell_unescaped(octets raw, char *text)
{
    char decoded[NAME_ROOM];
    return spell_stripped((octets){decoded, decode(raw, decoded, false)}, text);
}

/* php_register_variable_ex: blanks before the name go, `.` and blanks become `_`, a `[` with its `]`
 * begins the index of an array, without one it becomes `_`. */
static size_t spell_php(octets raw, char *text)
{
    size_t len = 0;
    for (; raw.len && *raw.at == ' '; raw.at++, raw.len--) {
    }
    for (; len < raw.len && raw.at[len] != '\0'; len++) {
        char c = raw.at[len];
        if (c == '[' && memchr(raw.at + len, ']', raw.len - len)) {
            break;
        }
        text[len] = is_in(c, " .[") ? '_' : c;
        if (c == '[') {
            memcpy(text + len + 1, raw.at + len + 1, raw.len - len - 1);
            return raw.len;
        }
    }
    return len;
}

/* Before 7.4.11 names were decoded first (CVE-2020-7070). */
static size_t spell_old_php(octets raw, char *text)
{
    char decoded[NAME_ROOM];
    return spell_php((octets){decoded, decode(raw, decoded, true)}, text);
}

/* A quoted name, as RFC 2965 has none, and some take all the same. */
static size_t spell_unquoted(octets raw, char *text)
{
    if (raw.len >= 2 && raw.at[0] == '"' && raw.at[raw.len - 1] == '"') {
        raw = (octets){raw.at + 1, raw.len - 2};
    }
    return spell_stripped(raw, text);
}

const reader readers[] = {
    {"PHP 8", split_semicolons, spell_php, false},
    {"PHP before 7.4.11", split_semicolons, spell_old_php, false},
    {"Django", split_semicolons, spell_stripped, false},
    {"ASP.NET", split_semicolons, spell_stripped, true},
    {"ASP.NET Core", split_commas, spell_unescaped, true},
    {"Perl and Rack", split_commas, spell_decoded, false},
    {"Werkzeug", split_werkzeug, spell_stripped, false},
    {"http.cookies", split_http_cookies, spell_as_it_is, false},
    {"Tomcat's old parser", split_tomcat, spell_as_it_is, false},
    {"RFC 2965", split_quoted, spell_as_it_is, false},
    {"mod_proxy", split_mod_proxy, spell_as_it_is, false},
    {"unquoting", split_semicolons, spell_unquoted, true},
};
const size_t reader_count = sizeof readers / sizeof readers[0];

size_t reader_find(const reader *r, octets field, octets name, const char **where, size_t room)
{
    search s = {.r = r, .name = name, .where = where, .room = room};
    r->split(field, &s);
    return s.count;
}
