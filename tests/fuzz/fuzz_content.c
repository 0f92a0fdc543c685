/* Any octets as what a session holds, and any changes of it: nothing is read that is not there, and
 * what comes out is a content in which each change is carried out, or not, as the rules say.
 *
 * The input is the length of the content (2 octets, the low one first), the content, and changes:
 *
 *   section and more 1 | unit 1 | key length 1 | value length 1 | key | value
 *
 * Of the first octet, 0x40 removes the key and 0x80 says that it was there. */
#include "fuzz_input.h"

#include "session/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHANGES_MAX = 64, REMOVES = 0x40, WAS_THERE = 0x80, PAIRS_MAX = 400 };

static cg_span take(cg_span *rest, size_t len)
{
    cg_span part;
    len = len < rest->len ? len : rest->len;
    part = cg_span_part(*rest, 0, len);
    *rest = cg_span_part(*rest, len, rest->len);
    return part;
}

/* A copy of exactly its size, so that a sanitizer sees each octet that is read beyond. */
static cg_span copy_of(cg_span text)
{
    char *copy = malloc(text.len ? text.len : 1);
    fuzz_check(copy != NULL, "memory");
    if (text.len) {
        memcpy(copy, text.at, text.len);
    }
    return (cg_span){copy, text.len};
}

static size_t read_changes(cg_span rest, cg_change *changes)
{
    size_t count = 0;
    while (rest.len >= 4 && count < CHANGES_MAX) {
        cg_span head = take(&rest, 4);
        const unsigned char *octets = (const unsigned char *)head.at;
        cg_change *change = &changes[count++];
        *change = (cg_change){.section = (cg_content_section)(octets[0] & 0xF),
                              .was_there = (octets[0] & WAS_THERE) != 0,
                              .unit = octets[1] & CG_UNIT_MAX};
        change->key = take(&rest, octets[2]);
        if ((octets[0] & REMOVES) == 0) {
            change->value = take(&rest, octets[3]);
        }
    }
    return count;
}

static bool is_of_key(const cg_item *item, const cg_change *change)
{
    return item->section == change->section && cg_span_equal(item->key, change->key);
}

static void check_items(cg_span text)
{
    cg_span rest = text;
    cg_item item;
    while (cg_content_next(&rest, &item)) {
        fuzz_check(item.key.at >= text.at && item.value.at + item.value.len < text.at + text.len &&
                       item.key.at + item.key.len < item.value.at,
                   "an item stands in the text");
    }
}

/* What cg_content_check says of a text that it takes, once more and of all pairs. */
static void check_valid(cg_span text)
{
    cg_span rest = text, others;
    cg_item item, other;
    size_t pairs = 0;

    while (cg_content_next(&rest, &item)) {
        fuzz_check(item.key.len >= 1 && strlen(item.key.at) == item.key.len, "a key");
        fuzz_check(item.section >= CG_SECTION_INTERNAL && item.section < CG_SECTION_COUNT,
                   "a section");
        fuzz_check(item.value.at[item.value.len] == '\0', "a value is terminated");
        others = rest;
        while (pairs < PAIRS_MAX * PAIRS_MAX && cg_content_next(&others, &other)) {
            fuzz_check(item.section != other.section || !cg_span_equal(item.key, other.key),
                       "no key twice");
            pairs++;
        }
        fuzz_check(cg_content_find((cg_content){text}, item.section, item.key).at == item.value.at,
                   "what is there is found");
    }
    fuzz_check(rest.len == 0, "items to the end");
}

/* A change counts if no later one is of the same key. */
static bool counts(const cg_change *changes, size_t count, size_t number)
{
    for (size_t i = number + 1; i < count; i++) {
        if (changes[i].section == changes[number].section &&
            cg_span_equal(changes[i].key, changes[number].key)) {
            return false;
        }
    }
    return true;
}

static bool is_beaten(cg_content newest, const cg_change *change)
{
    return change->was_there && change->value.at &&
           cg_content_find(newest, change->section, change->key).at == NULL;
}

static bool is_dropped(cg_content newest, const cg_change *changes, size_t count, size_t number)
{
    for (size_t i = 0; i < count; i++) {
        bool is_with_it = i == number ||
                          (changes[i].unit && changes[i].unit == changes[number].unit);
        if (is_with_it && counts(changes, count, i) && is_beaten(newest, &changes[i])) {
            return true;
        }
    }
    return false;
}

/* Each change that counts is carried out or dropped, and what no change names stays. */
static void check_changes(cg_content newest, const cg_change *changes, size_t count,
                          cg_content after)
{
    cg_span rest = newest.text;
    cg_item item;

    for (size_t i = 0; i < count; i++) {
        cg_span before = cg_content_find(newest, changes[i].section, changes[i].key);
        cg_span is = cg_content_find(after, changes[i].section, changes[i].key);
        cg_span wanted = is_dropped(newest, changes, count, i) ? before : changes[i].value;
        if (counts(changes, count, i)) {
            fuzz_check((is.at != NULL) == (wanted.at != NULL) && cg_span_equal(is, wanted),
                       "a change holds or is dropped");
        }
    }
    while (cg_content_next(&rest, &item)) {
        bool is_named = false;
        cg_span is = cg_content_find(after, item.section, item.key);
        for (size_t i = 0; i < count; i++) {
            is_named |= is_of_key(&item, &changes[i]);
        }
        fuzz_check(is_named || (is.at && cg_span_equal(is, item.value)), "others stay");
    }
}

static void check_apply(cg_content newest, const cg_change *changes, size_t count, bool is_valid)
{
    cg_writer measure = {.size = 0}, writer = {.size = 0};
    bool would_differ = cg_content_apply(newest, changes, count, &measure), differs;

    if (measure.len > CG_CONTENT_MAX) {
        return;
    }
    writer.size = measure.len;
    writer.at = malloc(measure.len + 1);
    differs = cg_content_apply(newest, changes, count, &writer);
    fuzz_check(differs == would_differ && writer.len == measure.len, "measured as written");
    if (is_valid) {
        cg_content after = {{writer.at, writer.len}};
        fuzz_check(cg_content_check(after.text), "a content becomes a content");
        fuzz_check(differs != cg_span_equal(after.text, newest.text), "different or not");
        check_valid(after.text);
        check_changes(newest, changes, count, after);
    }
    free(writer.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cg_span rest = {(const char *)data, size}, text;
    cg_change changes[CHANGES_MAX];
    size_t count, length = size >= 2 ? data[0] + data[1] * (size_t)0x100 : 0;
    bool is_valid;

    take(&rest, 2);
    text = copy_of(take(&rest, length));
    count = read_changes(rest, changes);
    is_valid = cg_content_check(text);
    check_items(text);
    if (is_valid) {
        check_valid(text);
    }
    cg_content_is_empty((cg_content){text});
    check_apply((cg_content){text}, changes, count, is_valid);
    free((void *)(uintptr_t)text.at);
    return 0;
}
