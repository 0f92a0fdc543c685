/* Keeps the promises of the request side to the test, on generated Cookie fields and on fields as long
 * as a server takes.
 *
 *   test_request_promises [count [seed [promise]]]
 *
 * With the name of a promise, that one alone is put to the test.
 * A broken promise is shown with the shortest field that the program finds to break it. */
#include "request_promises.h"

#include <stdio.h>
#include <time.h>

#include "arguments.h"
#include "generator.h"

enum { FIELD_ROOM = 65536 };

static const char *const rule_sets[] = {
    "SID Prefix=__Host-",
    "SID Prefix=__Secure-",
    "SID Prefix=__Http-",
    "SID Prefix=__Host-Http-",
    "a_b Prefix=__Host-\nSID Prefix=__Secure-",
    "SID_ Prefix=__Host-",
    "wp_* Prefix=__Host-\nSID Prefix=__Host-",
    "s?d Prefix=__Host-",
    "SID Prefix=__Host-\nwp_* Prefix=off",
    "wp_* Prefix=__Secure-",
    "w* Prefix=__Secure-\nwp_* Prefix=__Host-",
    "s* Prefix=__Secure-\nSID Prefix=__Host-",
    "PHPSESSID Prefix=__Host-\nJSESSIONID Prefix=__Host-Http-\nid Prefix=__Host-",
    "token __Host-Http-cg",
    "token __Host-Http-cg\nSID Prefix=__Host-",
    "token __Host-Http-cg\nc* Prefix=__Host-Http-\nSID Prefix=off",
    "token s_d\ns* Prefix=__Host-",
};

/* What fields are made of: names and pieces of names, what separates, what hides. */
static const char *const words[] = {
    "SID",      "sid",   "S%49D",      "SID",    "a_b",  "a.b",       "a b",     "a%20b", "wp_x",
    "WP_x",     "wp.x",  "sxd",        "id",     "ID",   "PHPSESSID", "theme",   "_ga",   "__utma",
    "$Version", "$Path", "SID_",       "SID[a]", "SID[", "SIDX",      "XSID",    "%53ID", "SID%00x",
    "+SID",     "x",     "JSESSIONID", "S",      "",     "wp__",      "wp_.",    "wp_X",  "wp_x+",
    "w_",       "w.",    "cg",         "cG",     "s_d",  "s.d",       "Http-cg",
};
static const char *const prefixes[] = {
    "",        "",          "",        "__Host-",      "__Host-",
    "__Host-", "__Secure-", "__Http-", "__Host-Http-", "__host-",
    "..Host-", "%5f_Host-", "__HOST-",
};
static const char *const hidings[] = {
    "",    "",       "",   "",  "",  "",  " ", "\t", "\xc2\xa0", "\xa0", "\x85", "\xe2\x80\x80",
    "%20", "%C2%A0", "\"", "(", ",", "=", "[", "]",  "%00",      "\x0b", "/",
};
static const char *const values[] = {
    "1",       "1",   "1",    "2",   "",        "abc", "\"q\"", "\"open",
    "close\"", "a b", "a, b", "x=y", "\"a\\\"", "a==", "%53",   "\xc3\xa4",
};
static const char *const separators[] = {"; ", "; ", "; ", "; ", "; ",  "; ", "; ",
                                         ";",  ", ", ",",  " ",  ";; ", "\""};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define PICK(g, table) cg_span_of((table)[generate_number(g, COUNT(table))])

/* The one right spelling of a guarded name, or the plain one. */
static void generate_right_name(generator *g, const cg_guards *guards, cg_writer *writer)
{
    const cg_guard *guard = &guards->guards[generate_number(g, guards->count)];
    if (generate_number(g, 4)) {
        cg_write(writer, cg_prefix_rows[guard->prefix].text);
    }
    for (size_t i = 0; i < guard->name.text.len; i++) {
        char c = guard->name.text.at[i];
        cg_write_char(writer, c == '*' || c == '?' ? 'x' : c);
    }
}

static void generate_name(generator *g, cg_writer *writer)
{
    bool is_clean = generate_number(g, 3) > 0;
    cg_write(writer, is_clean ? CG_SPAN("") : PICK(g, hidings));
    cg_write(writer, PICK(g, prefixes));
    cg_write(writer, PICK(g, words));
    cg_write(writer, is_clean ? CG_SPAN("") : PICK(g, hidings));
}

static void generate_pair(generator *g, const cg_guards *guards, cg_writer *writer)
{
    if (generate_number(g, 3) == 0) {
        generate_right_name(g, guards, writer);
    } else {
        generate_name(g, writer);
    }
    if (generate_number(g, 12)) {
        cg_write_char(writer, '=');
        cg_write(writer, PICK(g, values));
    }
}

static void generate_field(generator *g, const cg_guards *guards, cg_writer *writer)
{
    unsigned count = 1 + generate_number(g, 7);
    for (unsigned i = 0; i < count; i++) {
        if (i) {
            cg_write(writer, PICK(g, separators));
        }
        generate_pair(g, guards, writer);
    }
    if (generate_number(g, 10) == 0 && writer->len) {
        writer->at[generate_number(g, (unsigned)writer->len)] = (char)(1 + generate_number(g, 255));
    }
}

typedef struct example {
    const cg_guards *guards;
    const char *rules;
    bool accepts_plain;
    char field[FIELD_ROOM];
    size_t len;
} example;

/* The promise to look at, or null for all of them. */
static const request_promise *the_one;

static const request_promise *find_broken(const example *e, request_trial *t, const char **how)
{
    cg_span field = guarded((cg_span){e->field, e->len});
    request_trial_run(t, e->guards, (octets){field.at, field.len}, e->accepts_plain);
    if (the_one == NULL) {
        return request_promises_find_broken(t, how);
    }
    *how = the_one->keep(t);
    return *how ? the_one : NULL;
}

/* Takes pieces out of the field as long as the same promise stays broken. */
static void shorten(example *e, const request_promise *broken)
{
    static example shorter;
    request_trial t;
    const char *how;
    for (size_t size = e->len; size > 0; size /= 2) {
        for (size_t at = 0; at + size <= e->len;) {
            shorter = *e;
            memmove(shorter.field + at, shorter.field + at + size, e->len - at - size);
            shorter.len -= size;
            if (find_broken(&shorter, &t, &how) == broken) {
                *e = shorter;
            } else {
                at += size;
            }
        }
    }
}

static void print_quoted(const char *title, const char *text, size_t len)
{
    printf("  %s '", title);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        printf(c >= 0x20 && c < 0x7F && c != '\\' ? "%c" : "\\x%02x", c);
    }
    printf("'\n");
}

/* True if all promises are kept. */
static bool keeps(example *e, request_trial *t, unsigned long number)
{
    const char *how;
    const request_promise *broken = find_broken(e, t, &how);
    if (!broken) {
        return true;
    }
    shorten(e, broken);
    find_broken(e, t, &how);
    printf("example %lu breaks %s: %s\n", number, broken->name, how);
    print_quoted("rules", e->rules, strlen(e->rules));
    print_quoted("field", e->field, e->len);
    print_quoted("left ", t->out.at, t->out.len);
    return false;
}

typedef struct tally {
    unsigned long untouched, restored, tokens, refused[CG_REFUSAL_COUNT];
} tally;

static void count(const request_trial *t, tally *sum)
{
    sum->untouched += !t->is.is_concerned;
    if (t->is.is_concerned) {
        sum->restored += t->is.restored.cookie_count > 0;
        sum->tokens += t->is.restored.token_count == 1;
        for (int i = 0; i < CG_REFUSAL_COUNT; i++) {
            sum->refused[i] += t->is.restored.refused[i] > 0;
        }
    }
}

/* A test that hardly ever tests what it is for is worth nothing. */
static bool is_varied(const tally *sum, unsigned long examples)
{
    bool is_varied = sum->untouched > examples / 50 && sum->restored > examples / 10 &&
                     sum->tokens > examples / 50;
    for (int i = CG_REFUSAL_NONE + 1; i < CG_REFUSAL_SURPLUS; i++) {
        is_varied = is_varied && sum->refused[i] > examples / 500;
    }
    return examples < 1000 || is_varied;
}

static const char *const pieces[] = {
    "=",        ";",
    ",",        " ",
    "\"",       "%",
    "%2",       "$;",
    "SID",      "SID=",
    "SID;",     "SID=1;",
    "SID ",     "SID,",
    "a,SID=1",  "a=\"",
    "%53",      "[",
    "SID[",     "\xa0",
    "__Host-",  "__Host-SID=1;",
    "_",        "+",
    "s",        "a= ",
    "x,x=",     "=\"x",
    "SID\xa0=", "\"SID=",
    "a=\\",     "SI",
    "__H;",     "S=",
    "a b c=",   "a,=",
    "[[SID=",   "=\" \"",
    ",\"",
};

/* A guarded cookie, and then one piece again and again. */
static void make_long(example *e, const char *text, size_t len)
{
    cg_writer writer = {.at = e->field, .size = sizeof e->field};
    cg_write(&writer, CG_SPAN("__Host-SID=1;"));
    while (writer.len + 16 < len) {
        cg_write(&writer, cg_span_of(text));
    }
    e->len = writer.len;
}

static bool keeps_with_long_fields(const cg_guards *const *guards, example *e, request_trial *t)
{
    for (size_t r = 0; r < COUNT(rule_sets); r += 4) {
        for (size_t i = 0; i < COUNT(pieces); i++) {
            e->rules = rule_sets[r];
            e->guards = guards[r];
            e->accepts_plain = i % 2;
            make_long(e, pieces[i], FIELD_ROOM / 8);
            if (!keeps(e, t, i)) {
                return false;
            }
        }
    }
    return true;
}

/* Microseconds of this process's own for `times` fields of `len` octets. */
static double time_long(const cg_guards *guards, example *e, const char *text, size_t len,
                        unsigned times, request_trial *t)
{
    struct timespec start, end;

    make_long(e, text, len);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (unsigned i = 0; i < times; i++) {
        request_trial_run(t, guards, (octets){e->field, e->len}, false);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return (double)(end.tv_sec - start.tv_sec) * 1e6 + (double)(end.tv_nsec - start.tv_nsec) / 1e3;
}

/* One long field takes about as long as LONGER short ones, where the work is linear, and LONGER times
 * as long where it is a square. How fast the machine is has no part in it; what disturbs one
 * measurement does not disturb the best of several, and only who is too slow is measured again. */
enum { LONGER = 8, BETWEEN = 4, ROUNDS = 40 };

static bool grows_with_length(const cg_guards *guards, example *e, const char *text,
                              request_trial *t)
{
    double best_short = 0, best_long = 0;

    for (int round = 0; round < ROUNDS; round++) {
        double is_short = time_long(guards, e, text, FIELD_ROOM / LONGER, LONGER, t);
        double is_long = time_long(guards, e, text, FIELD_ROOM, 1, t);
        best_short = round == 0 || is_short < best_short ? is_short : best_short;
        best_long = round == 0 || is_long < best_long ? is_long : best_long;
        if (round > 0 && best_long < BETWEEN * best_short) {
            return true;
        }
    }
    printf("'%s' again and again: %.0f us for one long field, %.0f for as much of short ones\n",
           text, best_long, best_short);
    return false;
}

static bool is_quick_with_long_fields(const cg_guards *const *guards, example *e, request_trial *t)
{
    for (size_t r = 0; r < COUNT(rule_sets); r++) {
        for (size_t i = 0; i < COUNT(pieces); i++) {
            if (!grows_with_length(guards[r], e, pieces[i], t)) {
                return false;
            }
        }
    }
    return true;
}

static void make_example(generator *g, const cg_guards *const *guards, example *e)
{
    cg_writer writer = {.at = e->field, .size = sizeof e->field};
    unsigned which = generate_number(g, COUNT(rule_sets));
    e->rules = rule_sets[which];
    e->guards = guards[which];
    e->accepts_plain = generate_number(g, 3) == 0;
    generate_field(g, e->guards, &writer);
    e->len = writer.len;
}

int main(int argc, char **argv)
{
    arguments given = arguments_read(argc, argv);
    generator g = {.state = given.seed};
    const cg_guards *guards[COUNT(rule_sets)];
    static example e;
    static request_trial t;
    tally sum = {0};

    the_one = arguments_find(given.promise, request_promises, request_promise_count,
                             sizeof request_promises[0]);
    for (size_t i = 0; i < COUNT(guards); i++) {
        guards[i] = restoring_guards(enforcement_root(), cg_span_of(rule_sets[i]));
        if (!guards[i]) {
            printf("the rules are not understood: %s\n", rule_sets[i]);
            return 1;
        }
    }
    for (unsigned long i = 1; i <= given.examples; i++) {
        make_example(&g, guards, &e);
        if (!keeps(&e, &t, i)) {
            return 1;
        }
        count(&t, &sum);
    }
    printf("%lu examples: %lu not concerned, %lu with a guarded cookie, %lu with a token;",
           given.examples, sum.untouched, sum.restored, sum.tokens);
    for (int i = CG_REFUSAL_NONE + 1; i < CG_REFUSAL_COUNT; i++) {
        cg_span name = cg_refusal_name((cg_refusal)i);
        printf(" %.*s %lu", (int)name.len, name.at, sum.refused[i]);
    }
    printf("\n");
    if (!is_varied(&sum, given.examples)) {
        printf("the examples are not varied enough\n");
        return 1;
    }
    return !keeps_with_long_fields(guards, &e, &t) || !is_quick_with_long_fields(guards, &e, &t);
}
