/* Making up lines, rules and responses. */
#include "generator.h"

#define PICK(g, table) cg_span_of((table)[generate_number(g, sizeof(table) / sizeof((table)[0]))])

/* splitmix64: short, and good enough to shuffle with. */
unsigned generate_number(generator *g, unsigned bound)
{
    uint64_t z = (g->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (unsigned)((z ^ (z >> 31)) >> 16) % bound;
}

static bool one_in(generator *g, unsigned bound)
{
    return generate_number(g, bound) == 0;
}

static const char *const names[] = {
    "SID",        "SID",           "SID",        "sid",        "a",
    "wp_x",       "XSRF-TOKEN",    "mellon-x",   "__Host-SID", "__Host-SID",
    "__hOsT-SID", "__Secure-SID",  "__secure-a", "__Http-SID", "__Host-Http-SID",
    "PHPSESSID",  "wp-settings-1", "",           "\xc3\xa4",   "a b",
    "Http-SID",   "SI%44",         "SID[x]",     "__Host-a",   "__Host-Http-a",
    "SID",        "SID",           "SID",        "Http-SID",   "__Host-SID",
    "\"SID\"",    "__Host-",       "Path",       "Secure",     "Set-Cookie",
};
static const char *const values[] = {
    "",         "1",   "abc",    "\"quoted\"",   "\"open",       "a b",
    "a=b=c",    "a,b", "%3B",    "\xe2\x82\xac", "__Host-SID=1", "__secure-x",
    "\xff\xfe", "\\",  "Secure", "\tx\t",
};
static const char *const blanks[] = {"", "", "", " ", " ", "  ", "\t", " \t "};
static const char *const paths[] = {"/",   "/",    "/app",      "/x y", "",
                                    "app", "/a=b", "/\xc3\xa4", "\"/\""};
static const char *const domains[] = {
    "www.example.com",
    ".www.example.com",
    "example.com",
    "EXAMPLE.com",
    "com",
    "other.example",
    "",
    ".",
    "..example.com",
    "192.0.2.1",
    "b\xc3\xbc"
    "cher.example",
    "x.www.example.com",
};
static const char *const same_sites[] = {"Lax", "Strict", "None", "none",    "sTRICT",
                                         "LAX", "bogus",  "",     "\"Lax\"", "Lax Strict"};
static const char *const max_ages[] = {
    "0",
    "-1",
    "1",
    "60",
    "3600",
    "86400",
    "86401",
    "34560000",
    "34560001",
    "",
    "-",
    "x",
    "1x",
    "+5",
    "007",
    "99999999999999999999",
    "-99999999999999999999",
    "1.5",
    "2147483648",
};
static const char *const dates[] = {
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Thu, 01-Jan-70 00:00:01 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Tue, 14 Nov 2023 22:13:20 GMT",
    "Tue, 14 Nov 2023 22:13:21 GMT",
    "Wed Nov 15 22:13:20 2023",
    "Wednesday, 15-Nov-23 22:13:21 GMT",
    "1 jan 2024 0:0:0",
    "0",
    "",
    "-1",
    "30 Feb 2024 0:0:0",
    "Mon, 01 Jan 1601 00:00:00 GMT",
    "2024-01-01T00:00:00Z",
    "nOv 16 2023 1:2:3 x",
    "Session",
    "31 Dec 2027 23:59:59",
};
static const char *const flag_values[] = {"", "1", "false", "\"x\"", "Secure"};
static const char *const others[] = {"Priority=High",
                                     "foo",
                                     "foo",
                                     "=x",
                                     "",
                                     " ",
                                     "Secured",
                                     "Max_Age=1",
                                     "x=\"a b\"",
                                     "Comment=\xc3\xa4",
                                     "Version=1",
                                     "HttpOnly Secure",
                                     "="};

/* A word in the case of the day. */
static void write_word(generator *g, cg_writer *writer, const char *word)
{
    unsigned how = generate_number(g, 4);
    for (; *word; word++) {
        bool is_letter = (*word >= 'a' && *word <= 'z') || (*word >= 'A' && *word <= 'Z');
        bool flips = is_letter && (how == 1 || (how == 2 && one_in(g, 2)));
        cg_write_char(writer, flips ? (char)(*word ^ 0x20) : *word);
    }
}

static void write_many(cg_writer *writer, char c, unsigned count)
{
    while (count--) {
        cg_write_char(writer, c);
    }
}

static void write_valued(generator *g, cg_writer *writer, const char *word, cg_span value)
{
    write_word(g, writer, word);
    if (value.len == 0 && one_in(g, 2)) {
        return;
    }
    cg_write(writer, PICK(g, blanks));
    cg_write_char(writer, '=');
    cg_write(writer, PICK(g, blanks));
    cg_write(writer, value);
}

static void write_flag(generator *g, cg_writer *writer, const char *word)
{
    write_word(g, writer, word);
    if (one_in(g, 5)) {
        cg_write_char(writer, '=');
        cg_write(writer, PICK(g, flag_values));
    }
}

static void write_attribute(generator *g, cg_writer *writer)
{
    switch (generate_number(g, 12)) {
    case 0:
        write_valued(g, writer, "Domain", PICK(g, domains));
        break;
    case 1:
    case 2:
        write_valued(g, writer, "Path", PICK(g, paths));
        break;
    case 3:
        write_valued(g, writer, "Expires", PICK(g, dates));
        break;
    case 4:
        write_valued(g, writer, "Max-Age", PICK(g, max_ages));
        break;
    case 5:
    case 6:
        write_flag(g, writer, "Secure");
        break;
    case 7:
        write_flag(g, writer, "HttpOnly");
        break;
    case 8:
        write_valued(g, writer, "SameSite", PICK(g, same_sites));
        break;
    case 9:
        write_flag(g, writer, "Partitioned");
        break;
    default:
        cg_write(writer, PICK(g, others));
        break;
    }
}

/* An attribute whose value is around the limit of 1024 octets. */
static void write_long_attribute(generator *g, cg_writer *writer)
{
    static const char *const starts[] = {
        "Path=/", "Secure=", "x=", "SameSite=", "Domain=", "Max-Age=1"};
    cg_span start = PICK(g, starts);
    cg_write(writer, start);
    write_many(writer, '0', 1020 + generate_number(g, 8));
}

static void write_pair(generator *g, cg_writer *writer)
{
    cg_write(writer, PICK(g, blanks));
    cg_write(writer, PICK(g, names));
    cg_write(writer, PICK(g, blanks));
    if (!one_in(g, 20)) {
        cg_write_char(writer, '=');
    }
    cg_write(writer, PICK(g, blanks));
    cg_write(writer, PICK(g, values));
    if (one_in(g, 60)) {
        write_many(writer, 'v', 4085 + generate_number(g, 16));
    }
    cg_write(writer, PICK(g, blanks));
}

/* Any octet in any place. */
static void spoil(generator *g, cg_writer *writer)
{
    size_t len = writer->len < writer->size ? writer->len : writer->size;
    if (len) {
        writer->at[generate_number(g, (unsigned)len)] = (char)generate_number(g, 256);
    }
}

void generate_line(generator *g, cg_writer *writer)
{
    unsigned attributes = generate_number(g, one_in(g, 10) ? 30 : 7);
    write_pair(g, writer);
    while (attributes--) {
        cg_write_char(writer, ';');
        cg_write(writer, PICK(g, blanks));
        if (one_in(g, 200)) {
            write_long_attribute(g, writer);
        } else {
            write_attribute(g, writer);
        }
        cg_write(writer, PICK(g, blanks));
    }
    if (one_in(g, 15)) {
        cg_write_char(writer, ';');
    }
    while (one_in(g, 15)) {
        spoil(g, writer);
    }
}

/* -- rules ------------------------------------------------------------------------------------- */

static const char *const patterns[] = {"*",     "*",    "*",     "SID",        "__Host-SID",
                                       "__*",   "wp_*", "S?D",   "XSRF-TOKEN", "?*",
                                       "*SID*", "a",    "~^SID", "__Secure-*", "mellon-*"};
/* One list per attribute, so that a rule names none twice. */
static const char *const secures[] = {"Secure", "Secure", "Secure=keep", "-Secure"};
static const char *const http_onlys[] = {"HttpOnly", "HttpOnly", "HttpOnly=keep", "-HttpOnly"};
static const char *const sites[] = {"SameSite=Lax",  "SameSite=Strict",  "SameSite=None",
                                    "SameSite>=Lax", "SameSite>=Strict", "SameSite:=None",
                                    "SameSite:=Lax", "SameSite=keep",    "-SameSite"};
static const char *const rule_paths[] = {"Path=/",  "Path:=/", "Path:=/app",
                                         "Path=/x", "-Path",   "Path=keep"};
static const char *const rule_domains[] = {"Domain=example.com",
                                           "Domain:=example.com",
                                           "Domain:=other.example",
                                           "Domain=com",
                                           "-Domain",
                                           "-Domain",
                                           "Domain=keep"};
static const char *const ages[] = {"Max-Age<=1d", "Max-Age<=30",  "Max-Age=1h",   "Max-Age:=2h",
                                   "-Max-Age",    "Max-Age=keep", "Max-Age<=400d"};

static const char *const guards[] = {"SID Prefix=__Host-",
                                     "SID Prefix=__Host- Path:=/ -Domain",
                                     "SID Prefix=__Host- Path=/ HttpOnly=keep Max-Age<=1h",
                                     "SID Prefix=__Secure-",
                                     "SID Prefix=__Http- SameSite>=Strict",
                                     "SID Prefix=__Host-Http- Path:=/",
                                     "SID Prefix=off",
                                     "S?D Prefix=__Host- Path:=/",
                                     "S* Prefix=__Secure- -Domain",
                                     "s* Prefix=off",
                                     "a Prefix=__Host-Http- Path:=/ -Domain",
                                     "XSRF-TOKEN Prefix=__Host- Path:=/",
                                     "wp* Prefix=__Http-",
                                     "Http* Prefix=__Secure-",
                                     "P* Prefix=__Secure- Max-Age=1h"};

static void write_term(cg_writer *writer, cg_span term)
{
    cg_write_char(writer, ' ');
    cg_write(writer, term);
}

static void write_terms(generator *g, cg_writer *writer)
{
    bool is_partitioned = one_in(g, 8);
    size_t start = writer->len;
    if (is_partitioned) {
        cg_write(writer, CG_SPAN(" Secure Partitioned"));
    } else if (one_in(g, 2)) {
        write_term(writer, PICK(g, secures));
    }
    if (one_in(g, 2)) {
        write_term(writer, PICK(g, http_onlys));
    }
    if (one_in(g, 2)) {
        write_term(writer, PICK(g, sites));
    }
    if (one_in(g, 3)) {
        write_term(writer, PICK(g, rule_paths));
    }
    if (one_in(g, 3)) {
        write_term(writer, PICK(g, rule_domains));
    }
    if (one_in(g, 2)) {
        write_term(writer, PICK(g, ages));
    }
    if (!is_partitioned && one_in(g, 12)) {
        cg_write(writer, CG_SPAN(" -Partitioned"));
    }
    if (writer->len == start) {
        cg_write(writer, CG_SPAN(" Secure"));
    }
}

void generate_rules(generator *g, cg_writer *writer)
{
    static const char *const drops[] = {"SID Drop", "wp_* Drop", "a Drop", "__Host-SID Drop"};
    bool has_guards = one_in(g, 3);
    unsigned rules = generate_number(g, 4) + (has_guards ? 1 : 0);
    if (one_in(g, 2)) {
        cg_write(writer, CG_SPAN("built-in\n"));
    }
    while (rules--) {
        if (has_guards && one_in(g, 2)) {
            cg_write(writer, PICK(g, guards));
        } else if (one_in(g, 12)) {
            cg_write(writer, PICK(g, drops));
        } else {
            cg_write(writer, PICK(g, patterns));
            write_terms(g, writer);
        }
        cg_write_char(writer, '\n');
    }
}

void generate_url(generator *g, cg_writer *writer)
{
    static const char *const schemes[] = {"https", "https", "https", "http"};
    static const char *const hosts[] = {
        "www.example.com", "www.example.com", "example.com", "192.0.2.1", "",
        "localhost",       "WWW.Example.COM"};
    static const char *const request_paths[] = {"/", "/page", "/app/page", "/a/b/c", "", "*"};
    cg_write(writer, PICK(g, schemes));
    cg_write(writer, CG_SPAN("://"));
    cg_write(writer, PICK(g, hosts));
    cg_write(writer, PICK(g, request_paths));
}
