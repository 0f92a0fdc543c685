/* What a session holds: which octets are one, and what becomes of it under changes. */
#include "unit.h"

#include "content_text.h"

/* A generator of our own: the same numbers everywhere. */
static uint64_t chance = 1;

static unsigned below(unsigned bound)
{
    chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((chance >> 33) % bound);
}

static char room[4 * CG_CONTENT_MAX];

static cg_content content_of(const char *text)
{
    cg_writer writer = {.at = room, .size = sizeof room};
    return (cg_content){guarded(content_write(cg_span_of(text), &writer).text)};
}

/* -- which octets are a content ------------------------------------------------------------- */

#define ITEM(section, key_len, value_len, rest) section key_len value_len "\0\0\0" rest

static const struct {
    const char *what;
    cg_span text;
    bool is_valid;
} texts[] = {
    {"nothing", {"", 0}, true},
    {"one item", CG_SPAN(ITEM("\2", "\1", "\1", "a\0b\0")), true},
    {"an empty value", CG_SPAN(ITEM("\2", "\1", "\0", "a\0\0")), true},
    {"a value of zeros", CG_SPAN(ITEM("\2", "\1", "\2", "a\0\0\0\0")), true},
    {"all sections",
     CG_SPAN(ITEM("\1", "\1", "\0", "a\0\0") ITEM("\2", "\1", "\0", "a\0\0")
                 ITEM("\3", "\1", "\0", "a\0\0") ITEM("\4", "\1", "\0", "a\0\0")),
     true},
    {"keys that begin alike",
     CG_SPAN(ITEM("\2", "\2", "\0", "ab\0\0") ITEM("\2", "\1", "\0", "a\0\0")), true},
    {"keys in any case", CG_SPAN(ITEM("\2", "\1", "\0", "A\0\0") ITEM("\2", "\1", "\0", "a\0\0")),
     true},
    {"no section", CG_SPAN(ITEM("\0", "\1", "\1", "a\0b\0")), false},
    {"a section that nobody knows", CG_SPAN(ITEM("\5", "\1", "\1", "a\0b\0")), false},
    {"section 255", CG_SPAN(ITEM("\377", "\1", "\1", "a\0b\0")), false},
    {"no key", CG_SPAN(ITEM("\2", "\0", "\1", "\0b\0")), false},
    {"no key, and long enough for one", CG_SPAN(ITEM("\2", "\0", "\2", "\0bb\0")), false},
    {"a key with a zero", CG_SPAN(ITEM("\2", "\3", "\1", "a\0c\0b\0")), false},
    {"no zero behind the key", CG_SPAN(ITEM("\2", "\1", "\1", "axb\0")), false},
    {"no zero behind the value", CG_SPAN(ITEM("\2", "\1", "\1", "a\0bx")), false},
    {"an octet behind all", CG_SPAN(ITEM("\2", "\1", "\1", "a\0b\0") "\0"), false},
    {"a value that is too long", CG_SPAN(ITEM("\2", "\1", "\2", "a\0b\0")), false},
    {"a key that is too long", CG_SPAN(ITEM("\2", "\2", "\1", "a\0b\0")), false},
    {"a value of 2^32 - 1", CG_SPAN("\2\1\377\377\377\377a\0b\0"), false},
    {"lengths that come round to fit", CG_SPAN("\2\3\377\377\377\377a\0b\0"), false},
    {"a key twice", CG_SPAN(ITEM("\2", "\1", "\1", "a\0b\0") ITEM("\2", "\1", "\1", "a\0c\0")),
     false},
    {"a key twice, another between",
     CG_SPAN(ITEM("\3", "\1", "\0", "a\0\0") ITEM("\2", "\1", "\0", "a\0\0")
                 ITEM("\3", "\1", "\0", "a\0\0")),
     false},
};

static void tells_contents_from_other_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (cg_content_check(guarded(texts[i].text)) != texts[i].is_valid) {
            fail_msg("%s", texts[i].what);
        }
    }
    assert_true(cg_content_check((cg_span){NULL, 0}));
}

/* The longest key, and the longest content there is. */
static void reads_the_longest(void **state)
{
    static char key[256], value[CG_CONTENT_MAX];
    cg_writer writer = {.at = room, .size = sizeof room};
    cg_span whole, rest;
    cg_item item;

    (void)state;
    memset(key, 'k', sizeof key);
    memset(value, 'v', sizeof value);
    content_write_item(&writer, CG_SECTION_JAR, (cg_span){key, 255},
                       (cg_span){value, CG_CONTENT_MAX - 255 - 8});
    whole = guarded((cg_span){writer.at, writer.len});
    assert_int_equal(whole.len, CG_CONTENT_MAX);
    assert_true(cg_content_check(whole));
    rest = whole;
    assert_true(cg_content_next(&rest, &item));
    assert_int_equal(item.key.len, 255);
    assert_int_equal(item.value.len, CG_CONTENT_MAX - 255 - 8);
    assert_false(cg_content_next(&rest, &item));

    writer.len = 0;
    content_write_item(&writer, CG_SECTION_JAR, (cg_span){key, 255},
                       (cg_span){value, CG_CONTENT_MAX - 255 - 7});
    assert_false(cg_content_check(guarded((cg_span){writer.at, writer.len})));
}

/* The same question, asked item by item and of all pairs. */
static bool is_content_to_the_naive(cg_span text)
{
    static size_t starts[CG_CONTENT_MAX];
    size_t count = 0;
    const unsigned char *at = (const unsigned char *)text.at;

    for (size_t start = 0, len; start < text.len; start += len) {
        size_t left = text.len - start, key_len, value_len;
        if (left < 9 || at[start] < 1 || at[start] > 4 || at[start + 1] < 1) {
            return false;
        }
        key_len = at[start + 1];
        value_len = at[start + 2] + at[start + 3] * 0x100u + at[start + 4] * 0x10000u +
                    (size_t)at[start + 5] * 0x1000000u;
        len = 6 + key_len + 1 + value_len + 1;
        if (len > left || at[start + 6 + key_len] || at[start + len - 1] ||
            memchr(at + start + 6, 0, key_len)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            if (memcmp(at + starts[i], at + start, 2) == 0 &&
                memcmp(at + starts[i] + 6, at + start + 6, key_len) == 0) {
                return false;
            }
        }
        starts[count++] = start;
    }
    return true;
}

static void assert_as_naive(const char *what, size_t number, cg_span text)
{
    cg_span copy = guarded(text), rest = copy;
    cg_item item;

    if (cg_content_check(copy) != is_content_to_the_naive(copy)) {
        fail_msg("%s %zu", what, number);
    }
    while (cg_content_next(&rest, &item)) {
        if (item.key.at < copy.at || item.value.at + item.value.len >= copy.at + copy.len) {
            fail_msg("%s %zu: an item that is not there", what, number);
        }
    }
    cg_content_find((cg_content){copy}, CG_SECTION_JAR, CG_SPAN("SID"));
    cg_content_is_empty((cg_content){copy});
}

static const char example[] = "i:user=joe m:a=1 m:b= j:a=some-longer-value j:SID=0123456789 d:k=v";

static void reads_nothing_that_is_not_there(void **state)
{
    cg_span good = content_of(example).text;
    char copy[256];

    (void)state;
    assert_true(good.len < sizeof copy && cg_content_check(good));
    memcpy(copy, good.at, good.len);
    for (size_t len = 0; len < good.len; len++) {
        assert_as_naive("cut to", len, (cg_span){copy, len});
    }
    for (size_t bit = 0; bit < 8 * good.len; bit++) {
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        assert_as_naive("bit", bit, (cg_span){copy, good.len});
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
    }
}

/* Octets at random are seldom a content; so the lengths are mostly right here. */
static void checks_as_the_naive_one(void **state)
{
    size_t valid = 0, invalid = 0;

    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        cg_writer writer = {.at = room, .size = sizeof room};
        for (unsigned items = below(8); items > 0; items--) {
            char key[3] = {(char)('a' + below(3)), (char)('a' + below(2)), 'x'};
            content_write_item(&writer, (cg_content_section)(1 + below(4)),
                               (cg_span){key, 1 + below(3)}, (cg_span){"value", below(6)});
        }
        if (writer.len && below(4) == 0) {
            room[below((unsigned)writer.len)] = (char)below(8);
        }
        assert_as_naive("round", round, (cg_span){room, writer.len});
        valid += cg_content_check((cg_span){room, writer.len});
        invalid += !cg_content_check((cg_span){room, writer.len});
    }
    assert_true(valid > 2000 && invalid > 2000);
}

/* As many items as a content can have, in orders that sorting may dislike; then one key twice. */
static void write_many(unsigned round, size_t count)
{
    cg_writer writer = {.at = room, .size = sizeof room};
    for (size_t i = 0; i < count; i++) {
        size_t number = round == 0 ? i : round == 1 ? count - 1 - i : i * 2003 % count;
        char key[2] = {(char)(1 + number % 255), (char)(1 + number / 255)};
        content_write_item(&writer, CG_SECTION_JAR, (cg_span){key, 2}, (cg_span){NULL, 0});
    }
}

static void no_key_stands_twice_among_thousands(void **state)
{
    enum { ITEM_LEN = 10, MANY = CG_CONTENT_MAX / ITEM_LEN };
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        write_many(round, MANY);
        assert_true(cg_content_check((cg_span){room, MANY * ITEM_LEN}));
        for (size_t i = 0; i < 60; i++) {
            size_t one = below(MANY), other = (one + 1 + below(MANY - 1)) % MANY;
            write_many(round, MANY);
            memcpy(room + one * ITEM_LEN, room + other * ITEM_LEN, ITEM_LEN);
            assert_false(cg_content_check((cg_span){room, MANY * ITEM_LEN}));
        }
    }
}

/* The same where few become many: they are looked at in two ways. */
static void no_key_stands_twice_among_a_few(void **state)
{
    enum { ITEM_LEN = 10 };
    (void)state;
    for (size_t count = 2; count <= 130; count++) {
        write_many(2, count);
        assert_true(cg_content_check((cg_span){room, count * ITEM_LEN}));
        for (size_t i = 0; i < 20; i++) {
            size_t one = below((unsigned)count);
            size_t other = (one + 1 + below((unsigned)count - 1)) % count;
            write_many((unsigned)i % 3, count);
            memcpy(room + one * ITEM_LEN, room + other * ITEM_LEN, ITEM_LEN);
            assert_false(cg_content_check((cg_span){room, count * ITEM_LEN}));
        }
    }
}

/* The shortest items there are: one more octet and there would be one more of them. */
static void the_most_items_have_their_room(void **state)
{
    enum { ITEM_LEN = 9, MOST = CG_CONTENT_MAX / ITEM_LEN };
    (void)state;
    for (size_t extra = 0; extra <= CG_CONTENT_MAX - MOST * ITEM_LEN; extra++) {
        cg_writer writer = {.at = room, .size = sizeof room};
        for (size_t i = 0; i < MOST; i++) {
            content_write_item(&writer, CG_SECTION_JAR, CG_SPAN("k"), (cg_span){NULL, 0});
        }
        memset(room + writer.len, 1, extra);
        assert_false(cg_content_check(guarded((cg_span){room, writer.len + extra})));
    }
}

static void finds_a_key_in_its_section(void **state)
{
    cg_content content = content_of(example);
    (void)state;
    assert_text("internal", cg_content_find(content, CG_SECTION_INTERNAL, CG_SPAN("user")),
                CG_SPAN("joe"));
    assert_text("of two", cg_content_find(content, CG_SECTION_MOD_SESSION, CG_SPAN("a")),
                CG_SPAN("1"));
    assert_text("of two", cg_content_find(content, CG_SECTION_JAR, CG_SPAN("a")),
                CG_SPAN("some-longer-value"));
    assert_non_null(cg_content_find(content, CG_SECTION_MOD_SESSION, CG_SPAN("b")).at);
    assert_int_equal(cg_content_find(content, CG_SECTION_MOD_SESSION, CG_SPAN("b")).len, 0);
    assert_null(cg_content_find(content, CG_SECTION_JAR, CG_SPAN("user")).at);
    assert_null(cg_content_find(content, CG_SECTION_INTERNAL, CG_SPAN("use")).at);
    assert_null(cg_content_find(content, CG_SECTION_INTERNAL, CG_SPAN("User")).at);
    assert_null(cg_content_find(content, CG_SECTION_INTERNAL, CG_SPAN("")).at);
    assert_null(cg_content_find((cg_content){{NULL, 0}}, CG_SECTION_JAR, CG_SPAN("a")).at);
}

static void values_are_terminated(void **state)
{
    cg_span rest = content_of(example).text;
    cg_item item;
    size_t count = 0;
    (void)state;
    while (cg_content_next(&rest, &item)) {
        assert_int_equal(strlen(item.key.at), item.key.len);
        assert_int_equal(strlen(item.value.at), item.value.len);
        count++;
    }
    assert_int_equal(count, 6);
}

static void is_empty_but_for_what_is_internal(void **state)
{
    (void)state;
    assert_true(cg_content_is_empty((cg_content){{NULL, 0}}));
    assert_true(cg_content_is_empty(content_of("i:user=joe i:presented=1")));
    assert_false(cg_content_is_empty(content_of("i:user=joe m:a=")));
    assert_false(cg_content_is_empty(content_of("j:a=1 i:user=joe")));
    assert_false(cg_content_is_empty(content_of("d:a=1")));
}

/* -- changes -------------------------------------------------------------------------------- */

static const struct {
    const char *what, *loaded, *newest, *changes, *after;
} cases[] = {
    {"nothing", "m:a=1", "m:a=1", "", "m:a=1"},
    {"from nothing", "", "", "m:a=1 j:b=2", "m:a=1 j:b=2"},
    {"a value in its place", "m:a=1 m:b=2 m:c=3", "m:a=1 m:b=2 m:c=3", "m:b=9",
     "m:a=1 m:b=9 m:c=3"},
    {"another length", "m:a=1 m:b=2", "m:a=1 m:b=2", "m:a=long m:b=", "m:a=long m:b="},
    {"the value that it has", "m:a=1 m:b=2", "m:a=1 m:b=2", "m:a=1", "m:a=1 m:b=2"},
    {"new ones come last, in their order", "m:b=1", "m:b=1", "m:z=1 m:b=2 m:a=3",
     "m:b=2 m:z=1 m:a=3"},
    {"removed", "m:a=1 m:b=2 m:c=3", "m:a=1 m:b=2 m:c=3", "m:b", "m:a=1 m:c=3"},
    {"removed to the last", "m:a=1", "m:a=1", "m:a", ""},
    {"nothing to remove", "m:a=1", "m:a=1", "m:b", "m:a=1"},
    {"of its section alone", "m:a=1 j:a=2 d:a=3 i:a=4", "m:a=1 j:a=2 d:a=3 i:a=4", "j:a=9 d:a",
     "m:a=1 j:a=9 i:a=4"},
    {"of several changes the last", "m:a=1 m:b=2", "m:a=1 m:b=2", "m:a=3 m:c=1 m:a=4 m:c=2",
     "m:a=4 m:b=2 m:c=2"},
    {"set and removed", "m:a=1", "m:a=1", "m:a=3 m:a m:b=1 m:b", ""},
    {"removed and set", "m:a=1", "m:a=1", "m:a m:a=2", "m:a=2"},
    /* the newest is later than what was loaded */
    {"different keys", "m:a=1 m:b=1", "m:a=2 m:b=1", "m:b=3", "m:a=2 m:b=3"},
    {"different new keys", "", "m:a=2", "m:b=3", "m:a=2 m:b=3"},
    {"the same key: the later one", "m:a=1", "m:a=2", "m:a=3", "m:a=3"},
    {"the same new key: the later one", "", "m:a=2", "m:a=3", "m:a=3"},
    {"removal beats a change", "m:a=1 m:b=1", "m:b=1", "m:a=2", "m:b=1"},
    {"and that change only", "m:a=1 m:b=1", "m:b=1", "m:a=2 m:b=2 m:c=1", "m:b=2 m:c=1"},
    {"removal of what was changed", "m:a=1", "m:a=2", "m:a", ""},
    {"removal of what is removed", "m:a=1 m:b=1", "m:b=1", "m:a", "m:b=1"},
    {"removed by all of them, set by the last", "m:a=1", "", "m:a=2", ""},
    {"new to who loaded", "", "m:a=1", "m:a=2", "m:a=2"},
    /* units */
    {"a unit", "m:u=joe m:p=x", "m:u=joe m:p=x", "m:u=ann@1 m:p=y@1", "m:u=ann m:p=y"},
    {"a unit with one key removed", "m:u=joe m:p=x m:a=1", "m:p=x m:a=1", "m:u=ann@1 m:p=y@1 m:a=2",
     "m:p=x m:a=2"},
    {"with the other one removed", "m:u=joe m:p=x m:a=1", "m:u=joe m:a=1",
     "m:u=ann@1 m:p=y@1 m:a=2", "m:u=joe m:a=2"},
    {"with both removed", "m:u=joe m:p=x", "", "m:u=ann@1 m:p=y@1 m:a=2", "m:a=2"},
    {"a new key of a dropped unit", "m:u=joe", "", "m:u=ann@1 m:p=y@1", ""},
    {"a removal in a dropped unit", "m:u=joe m:p=x", "m:p=x", "m:u=ann@1 m:p@1", "m:p=x"},
    {"a removal drops no unit", "m:u=joe m:p=x", "m:p=x", "m:u@1 m:p@1", ""},
    {"the unit of another", "m:u=joe m:a=1 m:b=1", "m:a=1 m:b=1", "m:u=ann@1 m:a=2@2 m:b=2",
     "m:a=2 m:b=2"},
    {"alone is no unit", "m:a=1 m:b=1", "m:b=1", "m:a=2 m:b=2@0", "m:b=2"},
    {"what a later change stands for drops no unit", "m:a=1 m:b=1", "m:b=1",
     "m:a=2@1 m:a=3@2 m:b=2@1", "m:b=2"},
};

static void changes_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[256], print[256];
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_writer printer = {.at = print, .size = sizeof print};
        cg_change changes[CHANGES_IN_TEXT];
        size_t count = content_read_changes(cg_span_of(cases[i].changes),
                                            content_of(cases[i].loaded), changes);
        cg_content newest = content_of(cases[i].newest);
        bool differs = cg_content_apply(newest, changes, count, &writer);
        cg_content after = {{text, writer.len}};

        assert_text(cases[i].what, content_print(after, &printer), cg_span_of(cases[i].after));
        if (!cg_content_check(after.text) || differs == cg_span_equal(after.text, newest.text)) {
            fail_msg("%s", cases[i].what);
        }
    }
}

static void a_writer_that_is_too_small_measures(void **state)
{
    char text[256];
    cg_writer reader = {.at = text, .size = sizeof text};
    cg_content newest = content_write(cg_span_of(example), &reader);
    cg_change changes[CHANGES_IN_TEXT];
    size_t count = content_read_changes(CG_SPAN("m:a=22 m:b j:a=3 j:new=444 d:n="), newest,
                                        changes);
    char whole[256];
    cg_writer writer = {.at = whole, .size = sizeof whole};

    (void)state;
    assert_true(cg_content_apply(newest, changes, count, &writer));
    for (size_t size = 0; size <= writer.len; size++) {
        cg_writer small = {.at = guard_page_end() - size, .size = size};
        assert_true(cg_content_apply(newest, changes, count, &small));
        assert_int_equal(small.len, writer.len);
        assert_memory_equal(small.at, whole, size);
    }
    writer = (cg_writer){.at = NULL, .size = 0};
    cg_content_apply(newest, changes, count, &writer);
    assert_true(writer.len > 0 && cg_writer_is_full(&writer));
}

static void what_no_content_can_hold_is_too_long(void **state)
{
    static char key[300];
    static cg_change many[CG_CHANGES_MAX + 1];
    const struct {
        cg_change change;
        bool is_too_long;
    } odd[] = {
        {{CG_SECTION_JAR, {key, 255}, CG_SPAN("v"), false, 0}, false},
        {{CG_SECTION_JAR, {key, 256}, CG_SPAN("v"), false, 0}, true},
        {{CG_SECTION_JAR, {key, 256}, {NULL, 0}, false, 0}, false},
        {{CG_SECTION_JAR, {"", 0}, CG_SPAN("v"), false, 0}, true},
        {{CG_SECTION_JAR, {"a\0b", 3}, CG_SPAN("v"), false, 0}, true},
        {{CG_SECTION_NONE, {"a", 1}, CG_SPAN("v"), false, 0}, true},
        {{CG_SECTION_COUNT, {"a", 1}, CG_SPAN("v"), false, 0}, true},
        {{CG_SECTION_JAR, {"a", 1}, {room, CG_CONTENT_MAX - 9}, false, 0}, false},
        {{CG_SECTION_JAR, {"a", 1}, {room, CG_CONTENT_MAX - 8}, false, 0}, true},
    };
    cg_writer writer = {.size = 0};

    (void)state;
    memset(key, 'k', sizeof key);
    for (size_t i = 0; i < COUNT(odd); i++) {
        writer.len = 0;
        cg_content_apply((cg_content){{NULL, 0}}, &odd[i].change, 1, &writer);
        if ((writer.len > CG_CONTENT_MAX) != odd[i].is_too_long) {
            fail_msg("case %zu: %zu octets", i, writer.len);
        }
    }
    for (size_t i = 0; i < COUNT(many); i++) {
        many[i] = (cg_change){CG_SECTION_JAR, CG_SPAN("a"), CG_SPAN("v"), false, 0};
    }
    writer.len = 0;
    cg_content_apply((cg_content){{NULL, 0}}, many, CG_CHANGES_MAX, &writer);
    assert_int_equal(writer.len, 10);
    writer.len = 0;
    cg_content_apply((cg_content){{NULL, 0}}, many, CG_CHANGES_MAX + 1, &writer);
    assert_true(writer.len > CG_CONTENT_MAX);
}

/* -- against a naive model ------------------------------------------------------------------ */

enum { KEYS = 6, SECTIONS = 2, PLACES = 64 };

/* A list of (key, value): key 0 to KEYS * SECTIONS - 1, value 0 to 9. */
typedef struct model {
    unsigned count;
    struct {
        unsigned key, value;
    } of[PLACES];
} model;

static char letters[] = "abcdef0123456789";

static cg_span key_span(unsigned key)
{
    return (cg_span){letters + key % KEYS, 1};
}

static cg_span value_span(unsigned value)
{
    return (cg_span){letters + 6 + value, value % 3 ? 1 : 0};
}

static int model_find(const model *is, unsigned key)
{
    for (unsigned i = 0; i < is->count; i++) {
        if (is->of[i].key == key) {
            return (int)i;
        }
    }
    return -1;
}

static void model_remove(model *is, unsigned key)
{
    int at = model_find(is, key);
    if (at >= 0) {
        is->count--;
        memmove(&is->of[at], &is->of[at + 1], (is->count - (unsigned)at) * sizeof is->of[0]);
    }
}

static void model_set(model *is, unsigned key, unsigned value)
{
    int at = model_find(is, key);
    at = at >= 0 ? at : (int)is->count++;
    is->of[at].key = key;
    is->of[at].value = value;
}

static cg_content model_write(const model *is, cg_writer *writer)
{
    for (unsigned i = 0; i < is->count; i++) {
        content_write_item(writer, (cg_content_section)(2 + is->of[i].key / KEYS),
                           key_span(is->of[i].key), value_span(is->of[i].value));
    }
    return (cg_content){{writer->at, writer->len}};
}

typedef struct model_change {
    unsigned key, value, unit;
    bool removes, was_there;
} model_change;

static bool model_beats(const model *newest, const model_change *change)
{
    return change->was_there && !change->removes && model_find(newest, change->key) < 0;
}

/* The rules, word by word: of one key the last, the dropped, the rest in turn. */
static model model_apply(const model *newest, const model_change *changes, unsigned count)
{
    model after = *newest;
    for (unsigned i = 0; i < count; i++) {
        bool is_dropped = model_beats(newest, &changes[i]), is_last = true;
        for (unsigned j = 0; j < count; j++) {
            bool counts = true;
            for (unsigned k = j + 1; k < count; k++) {
                counts &= changes[k].key != changes[j].key;
            }
            is_dropped |= counts && changes[i].unit && changes[i].unit == changes[j].unit &&
                          model_beats(newest, &changes[j]);
            is_last &= j <= i || changes[j].key != changes[i].key;
        }
        if (is_last && !is_dropped && changes[i].removes) {
            model_remove(&after, changes[i].key);
        } else if (is_last && !is_dropped) {
            model_set(&after, changes[i].key, changes[i].value);
        }
    }
    return after;
}

/* A step of others between the loading and the saving. */
static model stir(model is)
{
    for (unsigned steps = below(5); steps > 0; steps--) {
        unsigned key = below(KEYS * SECTIONS);
        if (below(2)) {
            model_set(&is, key, below(10));
        } else {
            model_remove(&is, key);
        }
    }
    return is;
}

static unsigned draw_changes(const model *loaded, model_change *drawn, cg_change *changes)
{
    unsigned count = below(7);
    for (unsigned i = 0; i < count; i++) {
        unsigned key = below(KEYS * SECTIONS);
        drawn[i] = (model_change){key, below(10), below(3), below(3) == 0, false};
        drawn[i].was_there = model_find(loaded, key) >= 0;
        changes[i] = (cg_change){(cg_content_section)(2 + key / KEYS), key_span(key),
                                 drawn[i].removes ? (cg_span){NULL, 0} : value_span(drawn[i].value),
                                 drawn[i].was_there, drawn[i].unit};
    }
    return count;
}

static void applies_as_the_naive_model(void **state)
{
    static char before[4096], text[4096], wanted[4096];
    model newest = {.count = 0};
    unsigned different = 0;

    (void)state;
    for (unsigned round = 0; round < 100000; round++) {
        cg_writer reader = {.at = before, .size = sizeof before};
        cg_writer writer = {.at = text, .size = sizeof text};
        cg_writer model_writer = {.at = wanted, .size = sizeof wanted};
        model_change drawn[8];
        cg_change changes[8];
        model loaded = newest, after;
        unsigned count = draw_changes(&loaded, drawn, changes);
        cg_content content;
        bool differs;

        newest = stir(newest);
        content.text = guarded(model_write(&newest, &reader).text);
        after = model_apply(&newest, drawn, count);
        differs = cg_content_apply(content, changes, count, &writer);
        if (!cg_span_equal((cg_span){text, writer.len}, model_write(&after, &model_writer).text) ||
            !cg_content_check((cg_span){text, writer.len}) ||
            differs == cg_span_equal(content.text, (cg_span){text, writer.len})) {
            fail_msg("round %u", round);
        }
        different += differs;
        newest = after;
    }
    assert_true(different > 30000);
}

/* Thousands of changes of thousands of items: each is found, and none costs a walk over all. */
static void changes_thousands(void **state)
{
    enum { ITEM_LEN = 10, MANY = CG_CONTENT_MAX / ITEM_LEN };
    static char content[CG_CONTENT_MAX], keys[MANY][2];
    static cg_change changes[MANY];
    cg_writer writer = {.at = room, .size = sizeof room};

    (void)state;
    write_many(2, MANY);
    memcpy(content, room, MANY * ITEM_LEN);
    for (size_t i = 0; i < MANY; i++) {
        keys[i][0] = (char)(1 + i % 255);
        keys[i][1] = (char)(1 + i / 255);
        changes[i] = (cg_change){CG_SECTION_JAR, {keys[i], 2}, {NULL, 0}, true, 0};
        if (i % 3 == 0) {
            changes[i].value = CG_SPAN("");
        }
    }
    assert_true(cg_content_apply((cg_content){{content, MANY * ITEM_LEN}}, changes, MANY, &writer));
    assert_int_equal(writer.len, (MANY + 2) / 3 * ITEM_LEN);
    assert_true(cg_content_check((cg_span){room, writer.len}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_contents_from_other_octets),
        cmocka_unit_test(reads_the_longest),
        cmocka_unit_test(reads_nothing_that_is_not_there),
        cmocka_unit_test(checks_as_the_naive_one),
        cmocka_unit_test(no_key_stands_twice_among_thousands),
        cmocka_unit_test(no_key_stands_twice_among_a_few),
        cmocka_unit_test(the_most_items_have_their_room),
        cmocka_unit_test(finds_a_key_in_its_section),
        cmocka_unit_test(values_are_terminated),
        cmocka_unit_test(is_empty_but_for_what_is_internal),
        cmocka_unit_test(changes_as_the_table_says),
        cmocka_unit_test(a_writer_that_is_too_small_measures),
        cmocka_unit_test(what_no_content_can_hold_is_too_long),
        cmocka_unit_test(applies_as_the_naive_model),
        cmocka_unit_test(changes_thousands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
