/* A server that has no memory left to share: before all other modules set themselves up, the process
 * may map hardly more than it has. */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <httpd.h>
#include <http_config.h>

enum { SLACK = 512 * 1024 }; /* octets; less than mod_cookieguard shares, enough for pools */

static unsigned long mapped_pages(void)
{
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm) {
        if (fscanf(statm, "%lu", &pages) != 1) {
            pages = 0;
        }
        fclose(statm);
    }
    return pages;
}

static int limit_memory(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    rlim_t size = mapped_pages() * (rlim_t)sysconf(_SC_PAGESIZE) + SLACK;
    const struct rlimit limit = {.rlim_cur = size, .rlim_max = RLIM_INFINITY};
    (void)pconf;
    (void)plog;
    (void)ptemp;
    (void)server;
    return setrlimit(RLIMIT_AS, &limit) == 0 ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(limit_memory, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

module AP_MODULE_DECLARE_DATA cgscarce_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE,
};
