/* The thread's cryptography, the realm of a request, and the time that is never set back. */
#include "session_facts.h"

#include <http_log.h>
#include <pthread.h>
#include <time.h>

/* -- the tool of a thread -------------------------------------------------------------------- */

static pthread_key_t crypto_key;
static bool has_crypto_key; /* false in the parent */

static void free_crypto(void *crypto)
{
    cg_crypto_free(crypto);
}

/* The module's code may go: then no thread that ends must be sent there. */
static apr_status_t forget_key(void *unused)
{
    (void)unused;
    has_crypto_key = false;
    pthread_key_delete(crypto_key);
    return APR_SUCCESS;
}

void cg_session_facts_child_init(apr_pool_t *pchild)
{
    has_crypto_key = pthread_key_create(&crypto_key, free_crypto) == 0;
    if (has_crypto_key) {
        apr_pool_cleanup_register(pchild, NULL, forget_key, apr_pool_cleanup_null);
    }
}

cg_crypto *cg_crypto_of_thread(void)
{
    cg_crypto *crypto = has_crypto_key ? pthread_getspecific(crypto_key) : NULL;

    if (crypto || !has_crypto_key) {
        return crypto;
    }
    crypto = cg_crypto_make();
    if (crypto && pthread_setspecific(crypto_key, crypto) != 0) {
        cg_crypto_free(crypto);
        return NULL;
    }
    return crypto;
}

/* -- the realm ------------------------------------------------------------------------------- */

static cg_span server_name(const server_rec *server)
{
    return cg_span_of(server->server_hostname ? server->server_hostname : "");
}

/* Of ServerName and host, or of CookieGuardRealm alone. */
static bool make_realm(cg_crypto *crypto, const server_rec *server, cg_span host, cg_realm *realm)
{
    const cg_session_settings *settings = &cg_config_of(server)->session;

    return settings->has_realm ? cg_realm_make_shared(crypto, settings->realm_name, realm)
                               : cg_realm_make(crypto, server_name(server), host, realm);
}

static bool add_realm(apr_array_header_t *realms, cg_crypto *crypto, const server_rec *server,
                      cg_span host)
{
    cg_named_realm *named = apr_array_push(realms);
    named->host = host;
    return make_realm(crypto, server, host, &named->realm);
}

bool cg_session_facts_make_realms(apr_pool_t *pconf, cg_crypto *crypto, server_rec *server)
{
    cg_session_settings *settings = &cg_config_of(server)->session;
    apr_array_header_t *realms = apr_array_make(pconf, 4, sizeof(cg_named_realm));
    bool is_made = add_realm(realms, crypto, server, server_name(server));

    for (int i = 0; is_made && !settings->has_realm && server->names && i < server->names->nelts;
         i++) {
        is_made = add_realm(realms, crypto, server,
                            cg_span_of(APR_ARRAY_IDX(server->names, i, const char *)));
    }
    settings->realms = (const cg_named_realm *)realms->elts;
    settings->realm_count = (unsigned)realms->nelts;
    return is_made;
}

/* As the browser addressed it, without one dot at the end. */
static cg_span host_of(const request_rec *r)
{
    cg_span host = cg_span_of(r->hostname);
    return host.len && host.at[host.len - 1] == '.' ? cg_span_part(host, 0, host.len - 1) : host;
}

static const cg_named_realm *find_named(const cg_session_settings *settings, cg_span host)
{
    for (unsigned i = 0; i < settings->realm_count; i++) {
        if (cg_span_equal_folded(settings->realms[i].host, host)) {
            return &settings->realms[i];
        }
    }
    return NULL;
}

static bool is_wild_name(const server_rec *server, const char *hostname)
{
    for (int i = 0; hostname && server->wild_names && i < server->wild_names->nelts; i++) {
        if (!ap_strcasecmp_match(hostname, APR_ARRAY_IDX(server->wild_names, i, const char *))) {
            return true;
        }
    }
    return false;
}

bool cg_realm_of_request(const request_rec *r, cg_crypto *crypto, cg_realm *realm)
{
    const cg_session_settings *settings = &cg_config_of(r->server)->session;
    cg_span host = host_of(r);
    const cg_named_realm *named;

    if (settings->realm_count == 0) {
        return false;
    }
    named = settings->has_realm ? &settings->realms[0] : find_named(settings, host);
    if (!named && is_wild_name(r->server, r->hostname)) {
        return make_realm(crypto, r->server, host, realm);
    }
    *realm = named ? named->realm : settings->realms[0].realm;
    return true;
}

/* -- the time -------------------------------------------------------------------------------- */

static _Atomic apr_time_t
    *furthest; /* written by every child: taken for a number, whatever it is */

void cg_session_facts_set_clock(_Atomic apr_time_t *place)
{
    furthest = place;
}

/* The later of what the clocks lack now and ever lacked. Small steps are not told to the others: clocks
 * drift apart all the time. */
static apr_time_t note_furthest(apr_time_t lacking)
{
    const apr_time_t most = apr_time_from_sec(UINT32_MAX);
    apr_time_t known = atomic_load_explicit(furthest, memory_order_relaxed);

    while (lacking > known && lacking - known > APR_USEC_PER_SEC &&
           !atomic_compare_exchange_weak_explicit(furthest, &known, lacking, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
    known = known > most ? most : known;
    return known > lacking ? known : lacking;
}

uint32_t cg_session_now(void)
{
    apr_time_t now = apr_time_now();
    struct timespec boot;

    if (furthest && clock_gettime(CLOCK_BOOTTIME, &boot) == 0) {
        apr_time_t counted = apr_time_make(boot.tv_sec, boot.tv_nsec / 1000);
        now = counted + note_furthest(now - counted);
    }
    now = apr_time_sec(now);
    return now <= 0 ? 0 : now >= UINT32_MAX ? UINT32_MAX : (uint32_t)now;
}
