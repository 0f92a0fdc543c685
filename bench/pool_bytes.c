/* Counts what is asked of APR's pools. Preloaded into an httpd of one process and one thread (-X),
 * it adds up the bytes of every apr_palloc, and when a connection begins adds a line with the sum so
 * far to the file COOKIEGUARD_POOL_BYTES. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_network_io.h>
#include <apr_pools.h>

#undef apr_pcalloc

static unsigned long long bytes;

void *apr_palloc(apr_pool_t *pool, apr_size_t size)
{
    static void *(*next)(apr_pool_t *, apr_size_t);
    if (!next) {
        next = (void *(*)(apr_pool_t *, apr_size_t))dlsym(RTLD_NEXT, "apr_palloc");
    }
    bytes += size;
    return next(pool, size);
}

void *apr_pcalloc(apr_pool_t *pool, apr_size_t size)
{
    return memset(apr_palloc(pool, size), 0, size);
}

apr_status_t apr_socket_accept(apr_socket_t **socket, apr_socket_t *listener, apr_pool_t *pool)
{
    apr_status_t (*next)(apr_socket_t **, apr_socket_t *, apr_pool_t *) = (apr_status_t(*)(
        apr_socket_t **, apr_socket_t *, apr_pool_t *))dlsym(RTLD_NEXT, "apr_socket_accept");
    apr_status_t status = next(socket, listener, pool);
    FILE *file = fopen(getenv("COOKIEGUARD_POOL_BYTES"), "a");
    if (file) {
        fprintf(file, "%llu\n", bytes);
        fclose(file);
    }
    return status;
}
