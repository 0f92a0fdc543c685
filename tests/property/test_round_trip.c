/* What leaves under a prefix comes back as the application set it: for generated lines and rules, by
 * way of a browser that stores as the oracle says and sends name and value as it read them.
 *
 *   test_round_trip [count [seed]]
 */
#include <stdio.h>

#include "arguments.h"
#include "generator.h"
#include "promises.h"
#include "../unit/restoring.h"

enum { LINE_ROOM = 8192, RULES_ROOM = 4096, URL_ROOM = 128 };

static cg_span span_of(octets t)
{
    return (cg_span){t.at, t.len};
}

static cg_span generate(generator *g, void (*make)(generator *g, cg_writer *writer), char *text,
                        size_t size)
{
    cg_writer writer = {.at = text, .size = size};
    make(g, &writer);
    return (cg_span){text, writer.len < size ? writer.len : size};
}

/* False if there is no such case. */
static bool make_trial(generator *g, apr_pool_t *pool, trial *t)
{
    static char line[LINE_ROOM], rules[RULES_ROOM], url[URL_ROOM];
    cg_span rules_text = generate(g, generate_rules, rules, sizeof rules);
    cg_span url_text = generate(g, generate_url, url, sizeof url);
    cg_span line_text = generate(g, generate_line, line, sizeof line);

    if (enforcement_read_rules(pool, rules_text, &t->is) || !t->is.guards) {
        return false;
    }
    t->is.circumstances = enforcement_read_url(url_text);
    trial_run(t, pool, (octets){line_text.at, line_text.len});
    return true;
}

/* The browser has the cookie now, and by the guard's name. */
static bool is_held(const trial *t)
{
    const cg_circumstances *at = &t->is.circumstances;
    return t->guard && t->out.at && !oracle_deletes(&t->after, (long long)at->now) &&
           oracle_stores(&t->after, at->is_https, (octets){at->host.at, at->host.len},
                         (octets){at->request_path.at, at->request_path.len});
}

/* A guarded name and "=" inside a value is what an attack looks like, and is refused. */
static bool looks_like_an_attack(const trial *t)
{
    const cg_span value = span_of(t->after.value);
    bool has_equals = cg_span_find(value, '=') < value.len;
    bool has_break = cg_span_find(value, ' ') < value.len || cg_span_find(value, ',') < value.len ||
                     cg_span_find(value, '"') < value.len || cg_span_find(value, '\t') < value.len;
    return has_equals && has_break;
}

static cg_span write_field(char *text, size_t size, const char *before, octets name, octets value,
                           const char *behind)
{
    cg_writer writer = {.at = text, .size = size};
    cg_write(&writer, cg_span_of(before));
    cg_write(&writer, span_of(name));
    cg_write_char(&writer, '=');
    cg_write(&writer, span_of(value));
    cg_write(&writer, cg_span_of(behind));
    return (cg_span){text, writer.len};
}

static bool comes_back(const trial *t, const char *before, const char *behind)
{
    static char sent[LINE_ROOM + 64], wanted[LINE_ROOM + 64];
    cg_span field = write_field(sent, sizeof sent, before, t->after.name, t->after.value, behind);
    cg_span known = write_field(wanted, sizeof wanted, before, t->rules_name, t->before.value,
                                behind);
    restoring is;

    restoring_run(t->is.guards, field, false, &is);
    if (cg_span_equal(is.out, known)) {
        return true;
    }
    printf(
        "the application set  '%.*s'\nthe browser sent     '%.*s'\nthe application got  '%.*s'\n",
        (int)t->line.len, t->line.at, (int)field.len, field.at, (int)is.out.len, is.out.at);
    return false;
}

int main(int argc, char **argv)
{
    arguments given = arguments_read(argc, argv);
    unsigned long examples = given.examples, held = 0;
    generator g = {.state = given.seed};
    apr_pool_t *pool;

    apr_pool_create(&pool, enforcement_root());
    for (unsigned long i = 1; i <= examples; i++) {
        trial t;
        apr_pool_clear(pool);
        if (!make_trial(&g, pool, &t) || !is_held(&t) || looks_like_an_attack(&t)) {
            continue;
        }
        held++;
        if (!comes_back(&t, "", "") || !comes_back(&t, "theme=dark; ", "; zone=de")) {
            printf("example %lu\n", i);
            return 1;
        }
    }
    printf("%lu examples: %lu cookies went out under a prefix and came back\n", examples, held);
    return examples >= 1000 && held < examples / 200;
}
