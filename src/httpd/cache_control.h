/* The cache guard: a response that sets a cookie and that shared caches may store is found, and in
 * mode On closed to them (policy/cache_guard.h), before mod_cache decides. */
#ifndef CG_CACHE_CONTROL_H
#define CG_CACHE_CONTROL_H

#include "judging.h"

/* From post_config. */
void cg_cache_control_start(void);

/* Looks at both header tables of the response; the finding goes into judging->noted. What was done
 * stays done when it is called again. From cg_judging_line, once some cookie is met. */
void cg_cache_control_guard(cg_judging *judging, cg_cache_wish wish);

/* Closes the response to all caches, whatever the policy says: it carries a session's token. */
void cg_cache_control_forbid(request_rec *r);

#endif
