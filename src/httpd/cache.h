/* mod_cache: what it is about to store is judged before, and what it serves is judged again.
 *
 * A stored entry carries a mark, a header of ours: by which policy its lines were judged, and which
 * lines those are. The mark counts where nothing better is known: on a hit of the quick handler,
 * where httpd has not looked up what applies to the URL. There a line that the present policy has
 * judged passes as it is, so an exception in a Location, Directory or .htaccess holds for it. Other
 * lines (stored before the policy, or added since) are judged by the virtual host and its Locations,
 * and only Secure and SameSite are changed, because a directory might have excepted the rest. On all
 * other hits the policy of the URL is at hand, and every line is judged anew. What an expr= said of
 * the request for which a response was stored holds for those who get it from the cache.
 *
 * The mark is made anew whenever a response is stored and taken away whenever one is sent. One that a
 * backend sends is taken away before the response is stored. */
#ifndef CG_CACHE_H
#define CG_CACHE_H

#include "judging.h"

/* True if this server has a mod_cache. */
extern bool cg_cache_is_here;

/* Registers the filters. From register_hooks. */
void cg_cache_register_filters(void);

/* Hook of this name: looks whether mod_cache is here, and makes the policy's hash. */
int cg_cache_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                         server_rec *main_server);

/* Hook of this name. Where there is a mod_cache, its two handlers are followed by ours: if the
 * response may be stored, a filter goes in that judges it before. Elsewhere requests are spared
 * that. */
int cg_cache_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/* True if mod_cache answered before httpd looked up what applies to the URL. */
bool cg_cache_is_quick_hit(const request_rec *r);

/* Keeps mod_cache from storing the response to `r`: it is for one browser alone. */
static inline void cg_cache_keep_out(request_rec *r)
{
    if (cg_cache_is_here) {
        apr_table_setn(r->subprocess_env, "no-cache", "CookieGuard");
    }
}

/* Takes the mark out of a response that is about to be sent, and finds out what it says of the lines.
 * To be called between cg_judging_begin and the first table. */
void cg_cache_read_mark(cg_judging *judging);

/* The same for a server without mod_cache costs nothing. */
static inline void cg_cache_before_judging(cg_judging *judging)
{
    if (cg_cache_is_here) {
        cg_cache_read_mark(judging);
    }
}

/* True if the mark says that the present policy judged this line. */
bool cg_cache_mark_covers(const cg_judging *judging, const char *line);

#endif
