/* What a session holds, as opened: a list of (section, key, value), and what changed in it.
 *
 * Text of one item, numbers with the low octet first:
 *
 *   section 1 | key length 1 | value length 4 | key | 0 | value | 0
 *
 * The two zeros let an item be handed to who wants C strings without a copy. A key stands once in
 * its section; order is kept. No path of code for one section writes another. */
#ifndef CG_CONTENT_H
#define CG_CONTENT_H

#include "../cookie/writer.h"
#include "format.h"

typedef enum cg_content_section {
    CG_SECTION_NONE = 0,
    CG_SECTION_INTERNAL,    /* of this module: who, presented when ... (session.c) */
    CG_SECTION_MOD_SESSION, /* entries of mod_session */
    CG_SECTION_JAR,         /* vaulted cookies */
    CG_SECTION_DEVICE,      /* device-bound sessions */
    CG_SECTION_COUNT
} cg_content_section;

typedef struct cg_item {
    cg_content_section section;
    cg_span key;   /* 1 to 255 octets; no NUL; a NUL follows */
    cg_span value; /* a NUL follows */
} cg_item;

/* The octets of a content; items are read on the way. Valid means: cg_content_check was true. */
typedef struct cg_content {
    cg_span text;
} cg_content;

/* True if the whole text is items, each of a known section, no key twice. Bounds: any octets. For n
 * items the cost is that of n log n comparisons of keys, whatever the keys are. */
bool cg_content_check(cg_span text);

/* Reads the item at *rest and steps behind it; false at the end. For valid contents; of any other
 * octets it reads none that are not there, and ends where no whole item is. */
bool cg_content_next(cg_span *rest, cg_item *item);

/* The value of a key, or a span with a null pointer. */
cg_span cg_content_find(cg_content content, cg_content_section section, cg_span key);

/* True if no section but the internal one holds anything. */
bool cg_content_is_empty(cg_content content);

/* Most changes at a time, and the highest unit. */
#define CG_CHANGES_MAX 8192
#define CG_UNIT_MAX 63

/* One change: `value.at` null removes the key. */
typedef struct cg_change {
    cg_content_section section;
    cg_span key;
    cg_span value;
    bool was_there; /* the key was in the content that was loaded ... */
    unsigned unit;  /* changes of one unit hold together or not at all; 0: alone */
} cg_change;

/* Writes what `newest` becomes under the changes: keys keep their places, new ones come last, in the
 * order of the changes. Of several changes of one key the last one counts.
 *
 * `newest` may be later than what was loaded. A change that gives a value to a key that was there when
 * it was loaded and is not any more is dropped: a removal beats it, and with it every change of its
 * unit. True if the text written differs from `newest`.
 *
 * What is written is a valid content if `newest` is one and writer->len, from 0, says at most
 * CG_CONTENT_MAX. It says more for what no content can hold: too many octets, more changes than
 * CG_CHANGES_MAX, a key that is none. The writer may be too small: its len says what is needed. */
bool cg_content_apply(cg_content newest, const cg_change *changes, size_t count, cg_writer *writer);

#endif
