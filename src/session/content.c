/* What a session holds: reading, looking for, and changing a list of items.
 *
 * A content may be hostile as far as its owner chooses keys and values. So no step compares all of many
 * items with all others: what must stand once is sorted first, by heapsort, whose cost has a bound
 * that no choice of keys moves. A few items are hashed, which costs less; at the worst each of the few
 * meets each other. Memory is a fixed piece of the stack. */
#include "content.h"

#include <assert.h>

/* Before the key: section 1 | key length 1 | value length 4. */
enum { PREFIX = 6, KEY_MAX = 255 };

/* So many items are few, and hashed into so many slots. */
enum { FEW = 64, SLOTS = 256 };

#define ITEM_MIN (PREFIX + 1 + 1 + 1)
#define ITEMS_MAX (CG_CONTENT_MAX / ITEM_MIN)

static_assert(CG_CONTENT_MAX - ITEM_MIN <= UINT16_MAX, "a place in a content is 16 bits");
static_assert(CG_CHANGES_MAX <= UINT16_MAX, "and so is the number of a change");
static_assert(CG_UNIT_MAX < 64, "units are a set of bits");

/* -- order ---------------------------------------------------------------------------------- */

/* Below zero, zero or above it, like strcmp; of two things by their numbers. */
typedef int compare_numbers(const void *context, uint16_t a, uint16_t b);

static void swap_numbers(uint16_t *a, uint16_t *b)
{
    uint16_t kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_down(uint16_t *heap, size_t from, size_t count, compare_numbers *compare,
                      const void *context)
{
    for (size_t child; (child = 2 * from + 1) < count; from = child) {
        if (child + 1 < count && compare(context, heap[child], heap[child + 1]) < 0) {
            child++;
        }
        if (compare(context, heap[from], heap[child]) >= 0) {
            return;
        }
        swap_numbers(&heap[from], &heap[child]);
    }
}

static void sort_numbers(uint16_t *numbers, size_t count, compare_numbers *compare,
                         const void *context)
{
    for (size_t i = count / 2; i > 0; i--) {
        sift_down(numbers, i - 1, count, compare, context);
    }
    for (size_t end = count; end > 1; end--) {
        swap_numbers(&numbers[0], &numbers[end - 1]);
        sift_down(numbers, 0, end - 1, compare, context);
    }
}

/* Lengths come before octets: most keys differ in them. */
static int compare_keys(cg_content_section section_a, cg_span a, cg_content_section section_b,
                        cg_span b)
{
    if (section_a != section_b) {
        return section_a < section_b ? -1 : 1;
    }
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return a.len ? memcmp(a.at, b.at, a.len) : 0;
}

/* -- reading -------------------------------------------------------------------------------- */

static bool is_section(cg_content_section section)
{
    return section > CG_SECTION_NONE && section < CG_SECTION_COUNT;
}

static bool is_key(cg_span key)
{
    return key.len >= 1 && key.len <= KEY_MAX && cg_span_find(key, '\0') == key.len;
}

bool cg_content_next(cg_span *rest, cg_item *item)
{
    const unsigned char *at = (const unsigned char *)rest->at;
    size_t key_len, value_len;

    if (rest->len < ITEM_MIN) {
        return false;
    }
    key_len = at[1];
    value_len = at[2] | (size_t)at[3] << 8 | (size_t)at[4] << 16 | (size_t)at[5] << 24;
    if (value_len > rest->len - PREFIX - 2 || key_len > rest->len - PREFIX - 2 - value_len) {
        return false;
    }
    item->section = (cg_content_section)at[0];
    item->key = cg_span_part(*rest, PREFIX, PREFIX + key_len);
    item->value = cg_span_part(*rest, PREFIX + key_len + 1, PREFIX + key_len + 1 + value_len);
    *rest = cg_span_part(*rest, PREFIX + key_len + value_len + 2, rest->len);
    return true;
}

/* Both zeros stand where they must: one behind the key, one behind the value. */
static bool is_item(const cg_item *item)
{
    return is_section(item->section) && is_key(item->key) && item->key.at[item->key.len] == '\0' &&
           item->value.at[item->value.len] == '\0';
}

/* Numbers are places of items in the text. */
static int compare_items(const void *context, uint16_t a, uint16_t b)
{
    const unsigned char *text = context;
    int order = memcmp(text + a, text + b, 2); /* section and length of the key */
    return order ? order : memcmp(text + a + PREFIX, text + b + PREFIX, text[a + 1]);
}

static unsigned hash_item(const unsigned char *item)
{
    unsigned hash = item[0];
    for (unsigned i = 0; i < item[1]; i++) {
        hash = (hash ^ item[PREFIX + i]) * 0x01000193; /* FNV-1a */
    }
    return hash ^ hash >> 16;
}

static bool few_stand_once(const unsigned char *text, const uint16_t *starts, size_t count)
{
    uint16_t slots[SLOTS] = {0}; /* the number of an item, from 1 */

    for (size_t i = 0; i < count; i++) {
        unsigned slot = hash_item(text + starts[i]) % SLOTS;
        for (; slots[slot]; slot = (slot + 1) % SLOTS) {
            if (compare_items(text, starts[slots[slot] - 1], starts[i]) == 0) {
                return false;
            }
        }
        slots[slot] = (uint16_t)(i + 1);
    }
    return true;
}

static bool stands_once(cg_span text, uint16_t *starts, size_t count)
{
    if (count <= FEW) {
        return few_stand_once((const unsigned char *)text.at, starts, count);
    }
    sort_numbers(starts, count, compare_items, text.at);
    for (size_t i = 1; i < count; i++) {
        if (compare_items(text.at, starts[i - 1], starts[i]) == 0) {
            return false;
        }
    }
    return true;
}

bool cg_content_check(cg_span text)
{
    uint16_t starts[ITEMS_MAX];
    size_t count = 0;
    cg_span rest = text;
    cg_item item;

    if (text.len > CG_CONTENT_MAX) {
        return false;
    }
    while (rest.len) {
        size_t start = text.len - rest.len;
        if (!cg_content_next(&rest, &item) || !is_item(&item)) {
            return false;
        }
        starts[count++] = (uint16_t)start;
    }
    return stands_once(text, starts, count);
}

cg_span cg_content_find(cg_content content, cg_content_section section, cg_span key)
{
    cg_span rest = content.text;
    cg_item item;

    while (cg_content_next(&rest, &item)) {
        if (compare_keys(item.section, item.key, section, key) == 0) {
            return item.value;
        }
    }
    return (cg_span){NULL, 0};
}

bool cg_content_is_empty(cg_content content)
{
    cg_span rest = content.text;
    cg_item item;

    while (cg_content_next(&rest, &item)) {
        if (item.section != CG_SECTION_INTERNAL) {
            return false;
        }
    }
    return true;
}

/* -- changing ------------------------------------------------------------------------------- */

typedef enum fate {
    FATE_SUPERSEDED = 0, /* a later change of the same key counts */
    FATE_NEW,            /* its key does not stand in the newest content */
    FATE_MET             /* it does */
} fate;

/* The changes, and what has been found out about them. */
typedef struct plan {
    const cg_change *changes;
    size_t count;                   /* of all changes */
    uint16_t order[CG_CHANGES_MAX]; /* numbers of those that count, sorted by key */
    size_t order_count;
    uint8_t fates[CG_CHANGES_MAX]; /* by number */
    uint64_t dropped;              /* units */
} plan;

/* Of one key, the later change comes later. */
static int compare_changes(const void *context, uint16_t a, uint16_t b)
{
    const cg_change *first = (const cg_change *)context + a;
    const cg_change *second = (const cg_change *)context + b;
    int order = compare_keys(first->section, first->key, second->section, second->key);
    return order ? order : (a < b ? -1 : a > b);
}

static bool are_of_one_key(const cg_change *a, const cg_change *b)
{
    return compare_keys(a->section, a->key, b->section, b->key) == 0;
}

/* Of several changes of a key the last one counts. */
static void sort_changes(plan *is, const cg_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        is->order[i] = (uint16_t)i;
    }
    sort_numbers(is->order, count, compare_changes, changes);
    is->changes = changes;
    is->count = count;
    is->order_count = 0;
    for (size_t i = 0; i < count; i++) {
        uint16_t number = is->order[i];
        bool counts = i + 1 == count ||
                      !are_of_one_key(&changes[number], &changes[is->order[i + 1]]);
        is->fates[number] = counts ? FATE_NEW : FATE_SUPERSEDED;
        if (counts) {
            is->order[is->order_count++] = number;
        }
    }
}

/* The number of the change that an item meets, or CG_CHANGES_MAX. */
static size_t find_change(const plan *is, const cg_item *item)
{
    size_t from = 0, to = is->order_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const cg_change *change = &is->changes[is->order[middle]];
        int order = compare_keys(item->section, item->key, change->section, change->key);
        if (order == 0) {
            return is->order[middle];
        }
        if (order < 0) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    return CG_CHANGES_MAX;
}

static void meet_items(plan *is, cg_content newest)
{
    cg_span rest = newest.text;
    cg_item item;

    while (cg_content_next(&rest, &item)) {
        size_t number = find_change(is, &item);
        if (number != CG_CHANGES_MAX) {
            is->fates[number] = FATE_MET;
        }
    }
}

static uint64_t bit_of(unsigned unit)
{
    assert(unit <= CG_UNIT_MAX);
    return unit ? UINT64_C(1) << unit : 0;
}

/* Somebody removed its key meanwhile. */
static bool is_beaten(const plan *is, size_t number)
{
    const cg_change *change = &is->changes[number];
    return change->was_there && change->value.at && is->fates[number] == FATE_NEW;
}

static void drop_units(plan *is)
{
    is->dropped = 0;
    for (size_t i = 0; i < is->count; i++) {
        if (is_beaten(is, i)) {
            is->dropped |= bit_of(is->changes[i].unit);
        }
    }
}

static bool is_dropped(const plan *is, size_t number)
{
    return is_beaten(is, number) || (is->dropped & bit_of(is->changes[number].unit)) != 0;
}

static void write_item(cg_writer *writer, const cg_item *item)
{
    const unsigned char prefix[PREFIX] = {
        (unsigned char)item->section,           (unsigned char)item->key.len,
        (unsigned char)item->value.len,         (unsigned char)(item->value.len >> 8),
        (unsigned char)(item->value.len >> 16), (unsigned char)(item->value.len >> 24),
    };
    cg_write(writer, (cg_span){(const char *)prefix, PREFIX});
    cg_write(writer, item->key);
    cg_write_char(writer, '\0');
    cg_write(writer, item->value);
    cg_write_char(writer, '\0');
}

/* An item that stays, is replaced or goes; `whole` is its text. True if it does not stay as it is. */
static bool apply_to_item(const plan *is, const cg_item *item, cg_span whole, cg_writer *writer)
{
    size_t number = find_change(is, item);
    cg_item after = *item;

    if (number == CG_CHANGES_MAX || is_dropped(is, number)) {
        cg_write(writer, whole);
        return false;
    }
    after.value = is->changes[number].value;
    if (after.value.at == NULL) {
        return true;
    }
    write_item(writer, &after);
    return !cg_span_equal(item->value, after.value);
}

static void write_new_item(const cg_change *change, cg_writer *writer)
{
    if (!is_section(change->section) || !is_key(change->key)) {
        writer->len += CG_CONTENT_MAX + 1; /* no content can hold it */
        return;
    }
    write_item(writer, &(cg_item){change->section, change->key, change->value});
}

/* Keys that are not there yet, in the order of the changes. */
static bool append_new(const plan *is, cg_writer *writer)
{
    bool appends = false;

    for (size_t i = 0; i < is->count; i++) {
        const cg_change *change = &is->changes[i];
        if (is->fates[i] == FATE_NEW && change->value.at && !is_dropped(is, i)) {
            write_new_item(change, writer);
            appends = true;
        }
    }
    return appends;
}

bool cg_content_apply(cg_content newest, const cg_change *changes, size_t count, cg_writer *writer)
{
    plan is;
    cg_span rest = newest.text;
    cg_item item;
    bool differs = false;

    if (count > CG_CHANGES_MAX) {
        writer->len += CG_CONTENT_MAX + 1;
        return true;
    }
    sort_changes(&is, changes, count);
    meet_items(&is, newest);
    drop_units(&is);
    for (cg_span from = rest; cg_content_next(&rest, &item); from = rest) {
        cg_span whole = cg_span_part(from, 0, from.len - rest.len);
        differs |= apply_to_item(&is, &item, whole, writer);
    }
    differs |= append_new(&is, writer);
    return differs;
}
