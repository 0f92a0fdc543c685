/* Inheriting the settings of sessions, their defaults, and whether they go together. */
#include "session_settings.h"

#include <apr_strings.h>

/* Each setting begins with its has_ flag and ends where the next one begins. */
static const size_t settings_at[] = {
    offsetof(cg_session_settings, has_on),          offsetof(cg_session_settings, has_idle),
    offsetof(cg_session_settings, has_absolute),    offsetof(cg_session_settings, has_rotate),
    offsetof(cg_session_settings, has_cookie),      offsetof(cg_session_settings, has_realm),
    offsetof(cg_session_settings, has_per_user),    offsetof(cg_session_settings, has_store_full),
    offsetof(cg_session_settings, has_content_max), offsetof(cg_session_settings, has_reuse),
    offsetof(cg_session_settings, has_logins),      offsetof(cg_session_settings, timeouts)};

void cg_session_settings_merge(cg_session_settings *merged, const cg_session_settings *base)
{
    size_t count = sizeof settings_at / sizeof settings_at[0] - 1;
    for (size_t i = 0; i < count; i++) {
        bool *has = (bool *)((char *)merged + settings_at[i]);
        if (!*has) {
            memcpy(has, (const char *)base + settings_at[i], settings_at[i + 1] - settings_at[i]);
        }
    }
}

static uint32_t shorter(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void settle_timeouts(cg_session_settings *settings)
{
    cg_timeouts *timeouts = &settings->timeouts;

    timeouts->absolute = settings->has_absolute ? settings->absolute : CG_SESSION_ABSOLUTE;
    timeouts->idle = settings->has_idle ? settings->idle
                                        : shorter(CG_SESSION_IDLE, timeouts->absolute);
    timeouts->rotate = settings->has_rotate                      ? settings->rotate
                       : timeouts->absolute <= CG_SESSION_ROTATE ? 0
                                                                 : CG_SESSION_ROTATE;
}

void cg_session_settings_settle(cg_session_settings *settings)
{
    settle_timeouts(settings);
    if (!settings->has_cookie) {
        settings->cookie_name = CG_SPAN(CG_SESSION_COOKIE_NAME);
        settings->same_site = CG_SAME_SITE_LAX;
    }
    if (!settings->has_per_user) {
        settings->per_user = CG_SESSIONS_PER_USER;
    }
    if (!settings->has_store_full) {
        settings->evicts_idle = true;
    }
    if (!settings->has_content_max) {
        settings->content_max = CG_SESSION_CONTENT_MAX;
    }
    settings->limits = (cg_session_limits){
        .table = {.sessions_per_subject = settings->per_user, .evicts_idle = settings->evicts_idle},
        .content_max = settings->content_max};
}

void cg_store_settings_settle(cg_store_settings *settings)
{
    if (!settings->has_size) {
        settings->size = CG_STORE_SIZE;
    }
    if (!settings->has_state_dir) {
        settings->state_dir = COOKIEGUARD_STATE_DIR;
    }
}

/* Sentences name no more than the words that stand in the configuration. */
const char *cg_session_settings_check(apr_pool_t *pool, const cg_session_settings *settings)
{
    const cg_timeouts *timeouts = &settings->timeouts;

    if (timeouts->idle > timeouts->absolute) {
        return apr_psprintf(
            pool,
            "CookieGuardSessionTimeout: idle (%u s) is longer than absolute (%u s), "
            "so it would never end a session; make absolute longer, or idle shorter",
            timeouts->idle, timeouts->absolute);
    }
    if (timeouts->rotate >= timeouts->absolute) {
        return apr_psprintf(pool,
                            "CookieGuardSessionTimeout: rotate (%u s) is not shorter than absolute "
                            "(%u s), so no session would live to see it; make it shorter, or write "
                            "rotate=off",
                            timeouts->rotate, timeouts->absolute);
    }
    return NULL;
}
