/* Parsers of the Cookie field that applications bring along, written down again as models.
 *
 * Each finds the cookies that its application would know by a given name, however the field spells
 * it. They share no code with src. Where versions differ the most lenient one is modelled; where a
 * parser gives up, its model goes on. */
#ifndef CG_TEST_READERS_H
#define CG_TEST_READERS_H

#include "oracle.h"

typedef struct reader {
    const char *name;
    void (*split)(octets field, void *seen); /* hands each name to note_name */
    size_t (*spell)(octets raw, char *text); /* the name as the application sees it */
    bool ignores_case;
} reader;

extern const reader readers[];
extern const size_t reader_count;

/* Where in `field` the names begin that this reader takes for `name`; fills at most `room` of them
 * and returns how many there are. */
size_t reader_find(const reader *r, octets field, octets name, const char **where, size_t room);

#endif
