/* What an administrator says of sessions: the CookieGuardSession* directives of a virtual host, and
 * those of the whole server. Read when the configuration is, settled before the server starts, only
 * looked at afterwards. */
#ifndef CG_SESSION_SETTINGS_H
#define CG_SESSION_SETTINGS_H

#include <httpd.h>
#include <http_config.h>
#include <ap_expr.h>

#include "../cookie/set_cookie.h"
#include "../session/session.h"

/* CookieGuardLogin: a response that says who the user is, for applications that httpd knows no user of. */
typedef struct cg_login_rule {
    const char *uri_pattern;   /* glob on the path, or null: the condition decides */
    ap_expr_info_t *condition; /* or null: the pattern decides */
    ap_expr_info_t *user;      /* string expression, or null: the number of the session stands in */
    const char *text;          /* the line's words, to be shown */
} cg_login_rule;

/* A host name of the virtual host that is known beforehand, and its realm. */
typedef struct cg_named_realm {
    cg_span host; /* lower case */
    cg_realm realm;
} cg_named_realm;

typedef struct cg_session_settings {
    bool has_on;
    bool is_on; /* CookieGuardSession */

    /* CookieGuardSessionTimeout idle=30m absolute=8h rotate=15m: each word is inherited by itself */
    bool has_idle;
    uint32_t idle;
    bool has_absolute;
    uint32_t absolute;
    bool has_rotate;
    uint32_t rotate;

    bool has_cookie; /* CookieGuardSessionCookie NAME [SameSite=Lax|Strict|None] [Partitioned] */
    cg_span cookie_name;
    cg_same_site same_site;
    bool is_partitioned;

    bool has_realm;
    cg_span realm_name; /* CookieGuardRealm; empty: of the names */

    bool has_per_user;
    unsigned per_user; /* CookieGuardSessionsPerUser */

    bool has_store_full;
    bool evicts_idle; /* CookieGuardStoreFull evict-idle (default) or refuse */

    bool has_content_max;
    size_t content_max; /* CookieGuardSessionMaxSize, octets */

    bool has_reuse;
    bool reuse_ends; /* CookieGuardTokenReuse end; default: report */

    bool has_logins;
    const apr_array_header_t *logins; /* of cg_login_rule */

    /* from check_config on; above, the defaults stand where nothing was said */
    cg_timeouts timeouts;
    cg_session_limits limits;

    /* from post_config on; of virtual hosts with is_on only: of ServerName (the first), and of each
     * ServerAlias without wildcards */
    const cg_named_realm *realms;
    unsigned realm_count;
} cg_session_settings;

/* What stands where nothing is said. */
#define CG_SESSION_COOKIE_NAME "__Host-Http-cg"
#define CG_SESSION_IDLE (30 * 60)
#define CG_SESSION_ABSOLUTE (8 * 60 * 60)
#define CG_SESSION_ROTATE (15 * 60)
#define CG_SESSIONS_PER_USER 20
#define CG_SESSION_CONTENT_MAX (16 * 1024)
#define CG_STORE_SIZE (32 * 1024 * 1024)

/* Of the whole server: the main server's. */
typedef struct cg_store_settings {
    bool has_size;
    apr_size_t size;       /* CookieGuardStore shm size=32M */
    const char *state_dir; /* CookieGuardStateDir, or the default; never null after check_config */
    bool has_state_dir;
} cg_store_settings;

/* `merged` holds the words of the virtual host; what it is silent on becomes the server's. */
void cg_session_settings_merge(cg_session_settings *merged, const cg_session_settings *base);

/* Puts defaults where nothing was said. A default never contradicts what was said: idle and rotate
 * follow a shorter absolute. */
void cg_session_settings_settle(cg_session_settings *settings);
void cg_store_settings_settle(cg_store_settings *settings);

/* Null, or a sentence on words that contradict each other. */
const char *cg_session_settings_check(apr_pool_t *pool, const cg_session_settings *settings);

#endif
