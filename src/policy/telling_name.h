/* What a cookie's name tells of it, without a look at the value: a guess that decides how severe a
 * finding is, and nothing else that would let a cookie pass. */
#ifndef CG_TELLING_NAME_H
#define CG_TELLING_NAME_H

#include "../cookie/span.h"

/* True if the name is one that frameworks give to the cookie of a login or a session. Names of
 * tokens against request forgery are not. */
bool cg_name_is_session_like(cg_span name);

/* True if the name tells which software runs behind it: PHPSESSID, JSESSIONID. */
bool cg_name_reveals_technology(cg_span name);

#endif
