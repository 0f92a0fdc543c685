/* Keeps the nine promises to the test, on generated lines, rules and responses, on a line with every
 * octet in every place, and on lines as long as a server takes.
 *
 *   test_promises [count [seed [promise]]]
 *
 * With the name of a promise, that one alone is put to the test.
 * A broken promise is shown with the shortest line that the program finds to break it. */
#include "promises.h"

#include <stdio.h>

#include "arguments.h"
#include "generator.h"
#include "../unit/guard_page.h"

enum { LINE_ROOM = 60000, RULES_ROOM = 4096, URL_ROOM = 128 };

typedef struct example {
    char line[LINE_ROOM], rules[RULES_ROOM], url[URL_ROOM];
    size_t line_len, rules_len, url_len;
} example;

typedef struct tally {
    unsigned long rewritten, passed, dropped, refused, ignored, deletions, prefixed, withheld,
        misread;
} tally;

static size_t generate(generator *g, void (*make)(generator *g, cg_writer *writer), char *text,
                       size_t size)
{
    cg_writer writer = {.at = text, .size = size};
    make(g, &writer);
    return writer.len < size ? writer.len : size;
}

static void make_example(generator *g, example *e)
{
    e->rules_len = generate(g, generate_rules, e->rules, sizeof e->rules);
    e->url_len = generate(g, generate_url, e->url, sizeof e->url);
    e->line_len = generate(g, generate_line, e->line, sizeof e->line);
}

/* False if a rule is none. */
static bool run(apr_pool_t *pool, const example *e, trial *t)
{
    cg_span line = guarded((cg_span){e->line, e->line_len});
    if (enforcement_read_rules(pool, (cg_span){e->rules, e->rules_len}, &t->is)) {
        return false;
    }
    t->is.circumstances = enforcement_read_url((cg_span){e->url, e->url_len});
    trial_run(t, pool, (octets){line.at, line.len});
    return true;
}

/* The promise to look at, or null for all of them. */
static const promise *the_one;

static const promise *find_broken(const trial *t, const char **how)
{
    if (the_one == NULL) {
        return promises_find_broken(t, how);
    }
    *how = the_one->keep(t);
    return *how ? the_one : NULL;
}

static bool breaks(apr_pool_t *pool, const example *e, const promise *wanted)
{
    trial t;
    const char *how;
    apr_pool_clear(pool);
    return run(pool, e, &t) && find_broken(&t, &how) == wanted;
}

/* Takes pieces out of the line as long as the same promise stays broken. */
static void shorten(apr_pool_t *pool, example *e, const promise *broken)
{
    static example shorter;
    for (size_t size = e->line_len; size > 0; size /= 2) {
        for (size_t at = 0; at + size <= e->line_len;) {
            shorter = *e;
            memmove(shorter.line + at, shorter.line + at + size, e->line_len - at - size);
            shorter.line_len -= size;
            if (breaks(pool, &shorter, broken)) {
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
        if (c >= 0x20 && c < 0x7F && c != '\\') {
            putchar(c);
        } else {
            printf("\\x%02x", c);
        }
    }
    printf("'\n");
}

static void report(apr_pool_t *pool, example *e, const promise *broken, const char *title,
                   unsigned long number)
{
    const char *how = NULL;
    trial t;
    shorten(pool, e, broken);
    apr_pool_clear(pool);
    run(pool, e, &t);
    find_broken(&t, &how);
    printf("%s %lu breaks %s: %s\n", title, number, broken->name,
           how ? how : "not the second time");
    print_quoted("rules", e->rules, e->rules_len);
    print_quoted("url  ", e->url, e->url_len);
    print_quoted("line ", e->line, e->line_len);
    print_quoted("left ", t.out.at, t.out.len);
}

static void count(const trial *t, tally *sum)
{
    sum->passed += t->is.judgement.action == CG_ACTION_PASS;
    sum->rewritten += t->is.judgement.action == CG_ACTION_REWRITE;
    sum->dropped += t->is.judgement.action == CG_ACTION_DROP;
    sum->refused += t->is.judgement.refused != 0;
    sum->ignored += t->before.is_ignored;
    sum->deletions += t->is.judgement.is_deletion;
    sum->prefixed += t->is.judgement.prefix != CG_PREFIX_NONE;
    sum->withheld += t->is.judgement.withheld != CG_WITHHELD_NOT;
}

/* A test that hardly ever tests what it is for is worth nothing. */
static bool is_varied(const tally *sum, unsigned long examples)
{
    return examples < 1000 || (sum->passed > examples / 20 && sum->rewritten > examples / 4 &&
                               sum->dropped > examples / 200 && sum->refused > examples / 50 &&
                               sum->ignored > examples / 100 && sum->deletions > examples / 20 &&
                               sum->prefixed > examples / 200 && sum->withheld > examples / 100 &&
                               sum->misread < examples / 20);
}

/* True if the promises are kept for an example made by hand. */
static bool keeps(apr_pool_t *pool, example *e, const char *title, unsigned long number)
{
    trial t;
    const char *how;
    const promise *broken;
    apr_pool_clear(pool);
    if (!run(pool, e, &t)) {
        printf("%s: the rules are not understood\n", title);
        return false;
    }
    broken = find_broken(&t, &how);
    if (broken) {
        report(pool, e, broken, title, number);
    }
    return broken == NULL;
}

static void set_example(example *e, const char *rules, cg_span line)
{
    static const char url[] = "https://www.example.com/app/page";
    e->rules_len = strlen(rules);
    memcpy(e->rules, rules, e->rules_len);
    e->url_len = sizeof url - 1;
    memcpy(e->url, url, e->url_len);
    e->line_len = line.len;
    memcpy(e->line, line.at, line.len);
}

static const char plain_rules[] = "built-in\n* Max-Age<=1d SameSite>=Lax -Domain\nSID Path:=/x\n";
static const char guard_rules[] = "built-in\nSID Prefix=__Host- -Domain\n* Max-Age<=1d\n";

static bool keeps_with_every_octet_in_every_place(apr_pool_t *pool, example *e, const char *rules)
{
    static const char line[] = "SID=\"a\"; Path=/; Domain=example.com; Max-Age=99999; x=y; Expires="
                               "Fri, 31 Dec 2027 23:59:59 GMT;SameSite=None; secure ;HttpOnly=1;";
    for (unsigned long at = 0; at < sizeof line - 1; at++) {
        for (int octet = 0; octet < 256; octet++) {
            set_example(e, rules, (cg_span){line, sizeof line - 1});
            e->line[at] = (char)octet;
            if (!keeps(pool, e, "octet at", at)) {
                return false;
            }
        }
    }
    return true;
}

/* Lines that are one piece again and again. */
static bool keeps_with_long_lines(apr_pool_t *pool, example *e)
{
    static const char *const pieces[] = {
        ";",       "; ",    ";x",          ";Secure",   ";Secure=1",
        ";Path=/", "=",     "; SameSite=", ";Max-Age",  "; Expires=1",
        ";\xff",   " ;\t;", "x",           ";Domain=.", ";x=y;Path"};
    static char line[LINE_ROOM];
    for (unsigned long i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        cg_writer writer = {.at = line, .size = sizeof line};
        cg_write(&writer, CG_SPAN("SID=1"));
        while (writer.len + 16 < sizeof line) {
            cg_write(&writer, cg_span_of(pieces[i]));
        }
        set_example(e, "built-in\n* Max-Age<=1d -Path\n", (cg_span){line, writer.len});
        if (!keeps(pool, e, "long line", i)) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    arguments given = arguments_read(argc, argv);
    generator g = {.state = given.seed};
    static example e;
    apr_pool_t *pool;
    tally sum = {0};

    the_one = arguments_find(given.promise, promises, promise_count, sizeof promises[0]);
    apr_pool_create(&pool, enforcement_root());
    for (unsigned long i = 1; i <= given.examples; i++) {
        trial t;
        const promise *broken;
        const char *how;
        make_example(&g, &e);
        apr_pool_clear(pool);
        if (!run(pool, &e, &t)) {
            sum.misread++;
            continue;
        }
        count(&t, &sum);
        broken = find_broken(&t, &how);
        if (broken) {
            report(pool, &e, broken, "example", i);
            return 1;
        }
    }
    printf("%lu examples: %lu passed as they were, %lu rewritten, %lu dropped; %lu with refusals, "
           "%lu ignored by browsers, %lu deletions, %lu under a prefix, %lu withheld, "
           "%lu rules not understood\n",
           given.examples, sum.passed, sum.rewritten, sum.dropped, sum.refused, sum.ignored,
           sum.deletions, sum.prefixed, sum.withheld, sum.misread);
    if (!is_varied(&sum, given.examples)) {
        printf("the examples are not varied enough\n");
        return 1;
    }
    return !keeps_with_every_octet_in_every_place(pool, &e, plain_rules) ||
           !keeps_with_every_octet_in_every_place(pool, &e, guard_rules) ||
           !keeps_with_long_lines(pool, &e);
}
