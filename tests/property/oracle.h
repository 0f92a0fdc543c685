/* A second opinion on cookies: 6265bis 5.6 and 5.7 written down again, as plainly as possible.
 *
 * It shares no code with src: what both say is right, or wrong twice in the same way. It is slow
 * and reads the text over and over. */
#ifndef CG_TEST_ORACLE_H
#define CG_TEST_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct octets {
    const char *at;
    size_t len;
} octets;

typedef enum oracle_word {
    WORD_OTHER = -1,
    WORD_DOMAIN,
    WORD_PATH,
    WORD_EXPIRES,
    WORD_MAX_AGE,
    WORD_SECURE,
    WORD_HTTPONLY,
    WORD_SAMESITE,
    WORD_PARTITIONED,
    WORD_COUNT
} oracle_word;

typedef enum same_site {
    SAME_SITE_UNSET = 0,
    SAME_SITE_NONE,
    SAME_SITE_LAX,
    SAME_SITE_STRICT
} same_site;

/* What a browser knows of a line when it has read it. */
typedef struct reading {
    bool is_ignored; /* a control character, no content, or over 4096 octets */
    octets pair;     /* all before the first semicolon */
    octets name, value;
    bool has[WORD_COUNT];
    int times[WORD_COUNT];      /* how often the word stands there, also where it is ignored */
    octets raw[WORD_COUNT];     /* the occurrence that counts, between its semicolons */
    bool is_valued[WORD_COUNT]; /* the occurrence that counts is written with "=" */
    octets path, domain;
    same_site same_site;
    long long max_age, expires;
} reading;

/* One piece between two semicolons. */
typedef struct piece {
    oracle_word word;
    octets raw, value;
    bool has_equals;
} piece;

bool text_is(octets a, octets b);
bool text_is_folded(octets a, const char *b);

void oracle_read(octets line, reading *is);

/* The number of pieces behind the pair; fills at most `room` of them. */
size_t oracle_split(octets line, piece *pieces, size_t room);

bool oracle_is_flag(oracle_word w);
bool oracle_deletes(const reading *is, long long now);
bool oracle_stores(const reading *is, bool is_https, octets host, octets request_path);
bool oracle_glob_matches(octets glob, octets name);

#endif
