/* What bench/store measures: three stores of the same records, behind one interface.
 *
 * A record is 200 octets of session under a token of 36 random octets, which the client holds. Stores
 * are made in one process, in memory that its children share, and used by them. */
#ifndef BENCH_STORES_H
#define BENCH_STORES_H

#include <httpd.h>

#include <stdbool.h>

enum { TOKEN_SIZE = 36, SESSION_SIZE = 200 };

typedef struct client {
    unsigned char token[TOKEN_SIZE];
    uint32_t version; /* of the record; counted by the store that wants it */
} client;

typedef struct store {
    const char *name;
    /* Room for so many records, in so many octets. */
    bool (*make)(apr_pool_t *pool, server_rec *server, size_t size, unsigned most);
    /* Once in each process that uses it. */
    bool (*begin)(apr_pool_t *pool);
    /* A new record; may choose the client's token. */
    bool (*put)(client *of, unsigned number, const unsigned char session[SESSION_SIZE]);
    bool (*read)(const client *of, unsigned number, unsigned char session[SESSION_SIZE]);
    bool (*write)(client *of, unsigned number, const unsigned char session[SESSION_SIZE]);
} store;

extern const store store_ours;
extern const store store_shmcb;
extern const store store_floor;

/* So many octets that processes share; null: there are none. */
void *shared_memory(size_t size);

/* Sessions that a table of ours of this size takes before the first one has to go for another. */
unsigned capacity_of_ours(apr_pool_t *pool, size_t size);

#endif
