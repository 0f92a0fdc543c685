/* mod_session's provider: handing its entries over, and finding out what became of them. */
#include "mod_session.h"

#include <apr_dso.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <dlfcn.h>
#include <mod_session.h>

#include "cache.h"
#include "request_session.h"

/* mod_session's own, among the entries: when it will be too late. The store knows that better. */
#define EXPIRY "expiry"

/* mod_auth_form's, behind the AuthName. */
#define USER_ENDING "-" MOD_SESSION_USER
#define PASSWORD_ENDING "-" MOD_SESSION_PW
#define SITE_ENDING "-site"

struct cg_mod_session {
    session_rec given;
    const cg_session *loaded; /* or null */
    bool is_saved;            /* mod_session asked for it */
};

static module *session_module_here;

bool cg_mod_session_is_there(void)
{
    return session_module_here != NULL;
}

/* -- loading ----------------------------------------------------------------------------------- */

static long max_age_at(const request_rec *r)
{
    const session_dir_conf *conf = ap_get_module_config(r->per_dir_config, session_module_here);
    return conf && conf->maxage > 0 ? conf->maxage : 0;
}

static bool next_of_ours(cg_span *rest, cg_item *item)
{
    while (cg_content_next(rest, item)) {
        if (item->section == CG_SECTION_MOD_SESSION) {
            return true;
        }
    }
    return false;
}

static cg_span text_of(const cg_session *loaded)
{
    return loaded ? loaded->content.text : (cg_span){NULL, 0};
}

/* Keys and values are not copied: a NUL follows each of them. There is room for entries of this size
 * and a few new ones; for more, the table grows. */
static apr_table_t *make_table(apr_pool_t *pool, const cg_session *loaded)
{
    enum { USUAL_SIZE = 40, ROOM_FOR_NEW_ONES = 8 };
    cg_span rest = text_of(loaded);
    apr_table_t *table = apr_table_make(pool, (int)(rest.len / USUAL_SIZE) + ROOM_FOR_NEW_ONES);
    cg_item item;

    while (next_of_ours(&rest, &item)) {
        apr_table_addn(table, item.key.at, item.value.at);
    }
    return table;
}

/* What mod_session would say itself is right where its time is the shorter one. */
static apr_time_t expiry_of(const request_rec *r, long max_age)
{
    uint32_t idle = cg_config_of(r->server)->session.timeouts.idle;
    return max_age > (long)idle ? apr_time_now() + apr_time_from_sec(idle) : 0;
}

static cg_mod_session *begin(cg_request_session *session, request_rec *r)
{
    long max_age = max_age_at(r);
    apr_pool_t *pool = cg_request_session_pool(session);
    cg_mod_session *entries = apr_pcalloc(pool, sizeof *entries);
    uint32_t idle_max = max_age < UINT32_MAX ? (uint32_t)max_age : 0;

    entries->loaded = cg_request_session_open(session, r, idle_max);
    entries->given.pool = pool;
    entries->given.entries = make_table(pool, entries->loaded);
    entries->given.expiry = expiry_of(r, max_age);
    return entries;
}

/* The same one for every request of the chain. mod_session gives an expired one up, with all changes
 * in it; but as long as its request is at work a session is in use. */
static apr_status_t load(request_rec *r, session_rec **given)
{
    cg_request_session *session = cg_request_session_of(r);
    cg_mod_session **entries;

    if (!session) {
        return DECLINED;
    }
    entries = cg_request_session_entries(session);
    if (!*entries) {
        *entries = begin(session, r);
    } else if ((*entries)->given.expiry && (*entries)->given.expiry < apr_time_now()) {
        (*entries)->given.expiry = 0;
    }
    (*entries)->given.encoded = NULL;
    if ((*entries)->loaded) {
        cg_cache_keep_out(r);
    }
    *given = &(*entries)->given;
    return OK;
}

/* mod_session's own blank session, which stands in for an expired one, is nothing that was asked for. */
static apr_status_t save(request_rec *r, session_rec *given)
{
    cg_request_session *session = cg_request_session_of(r);
    cg_mod_session *entries;

    if (!session) {
        return DECLINED;
    }
    entries = *cg_request_session_entries(session);
    if (entries && given == &entries->given) {
        entries->is_saved = true;
        given->encoded = NULL;
        if (given->dirty) {
            cg_cache_keep_out(r);
        }
    }
    return OK;
}

/* -- what became of the entries --------------------------------------------------------------- */

typedef struct entry_list {
    const apr_table_entry_t *at;
    int count;
} entry_list;

static entry_list list_entries(const cg_mod_session *entries)
{
    const apr_array_header_t *all = apr_table_elts(entries->given.entries);
    return (entry_list){(const apr_table_entry_t *)all->elts, all->nelts};
}

static bool is_of_session(const apr_table_entry_t *entry)
{
    return entry->key[0] && entry->val && strcmp(entry->key, EXPIRY);
}

/* The same texts in the same places: nobody touched them. */
static bool is_untouched(const cg_session *loaded, entry_list list)
{
    cg_span rest = text_of(loaded);
    cg_item item;

    for (int i = 0; i < list.count; i++) {
        if (is_of_session(&list.at[i]) &&
            !(next_of_ours(&rest, &item) && item.key.at == list.at[i].key &&
              item.value.at == list.at[i].val)) {
            return false;
        }
    }
    return !next_of_ours(&rest, &item);
}

/* Entries stand as they were loaded, but for those that somebody took out: so the one that is looked
 * for is likely to be the next one. */
static bool has_entry(entry_list list, cg_span key, int *next)
{
    if (*next < list.count && list.at[*next].key == key.at) {
        ++*next;
        return true;
    }
    for (int i = 0; i < list.count; i++) {
        if (list.at[i].val && (list.at[i].key == key.at || !strcmp(list.at[i].key, key.at))) {
            *next = i + 1;
            return true;
        }
    }
    return false;
}

static void add_removals(const cg_session *loaded, entry_list list, cg_change *changes,
                         size_t *count)
{
    cg_item item;
    int next = 0;

    for (cg_span rest = text_of(loaded); next_of_ours(&rest, &item);) {
        if (!has_entry(list, item.key, &next)) {
            changes[(*count)++] = (cg_change){
                .section = CG_SECTION_MOD_SESSION, .key = item.key, .was_there = true};
        }
    }
}

/* The value that was loaded for a key; *next is where it is likely to stand. */
static cg_span find_loaded(const cg_session *loaded, cg_span key, cg_span *next)
{
    cg_span rest = *next;
    cg_item item;

    if (next_of_ours(&rest, &item) && item.key.at == key.at) {
        *next = rest;
        return item.value;
    }
    return loaded ? cg_content_find(loaded->content, CG_SECTION_MOD_SESSION, key)
                  : (cg_span){NULL, 0};
}

static bool is_among(const cg_change *changes, size_t count, cg_span key)
{
    for (size_t i = 0; i < count; i++) {
        if (cg_span_equal(changes[i].key, key)) {
            return true;
        }
    }
    return false;
}

/* Of a key that stands twice the last value counts, as it does when mod_session encodes and decodes
 * its entries: also where that one is the old value. */
static void add_values(const cg_session *loaded, entry_list list, cg_change *changes, size_t *count)
{
    cg_span next = text_of(loaded);
    size_t first = *count;

    for (int i = 0; i < list.count; i++) {
        cg_span key = cg_span_of(list.at[i].key), value = cg_span_of(list.at[i].val), before;
        if (!is_of_session(&list.at[i])) {
            continue;
        }
        before = find_loaded(loaded, key, &next);
        if (!before.at || !cg_span_equal(before, value) ||
            is_among(changes + first, *count - first, key)) {
            changes[(*count)++] = (cg_change){.section = CG_SECTION_MOD_SESSION,
                                              .key = key,
                                              .value = value,
                                              .was_there = before.at != NULL};
        }
    }
}

/* -- mod_auth_form's entries ------------------------------------------------------------------- */

static bool ends_with(cg_span key, cg_span ending)
{
    return key.len > ending.len && !memcmp(key.at + key.len - ending.len, ending.at, ending.len);
}

static bool is_user(cg_span key)
{
    return ends_with(key, CG_SPAN(USER_ENDING));
}

/* NAME of NAME-user, NAME-pw and NAME-site; empty: none of these. */
static cg_span name_of_unit(cg_span key)
{
    static const cg_span endings[] = {{USER_ENDING, sizeof USER_ENDING - 1},
                                      {PASSWORD_ENDING, sizeof PASSWORD_ENDING - 1},
                                      {SITE_ENDING, sizeof SITE_ENDING - 1}};

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (ends_with(key, endings[i])) {
            return cg_span_part(key, 0, key.len - endings[i].len);
        }
    }
    return (cg_span){NULL, 0};
}

static unsigned find_unit(const cg_change *changes, size_t count, cg_span name)
{
    for (size_t i = 0; i < count; i++) {
        if (changes[i].unit && cg_span_equal(name_of_unit(changes[i].key), name)) {
            return changes[i].unit;
        }
    }
    return 0;
}

/* User and password hold together: one of another's login would let nobody in. */
static void number_units(cg_change *changes, size_t count)
{
    unsigned last = 0;

    for (size_t i = 0; i < count; i++) {
        cg_span name = name_of_unit(changes[i].key);
        if (name.len) {
            changes[i].unit = find_unit(changes, i, name);
        }
        if (name.len && !changes[i].unit) {
            changes[i].unit = last < CG_UNIT_MAX ? ++last : last;
        }
    }
}

static cg_span any_user(entry_list list)
{
    for (int i = 0; i < list.count; i++) {
        cg_span key = cg_span_of(list.at[i].key);
        if (is_user(key) && list.at[i].val && list.at[i].val[0]) {
            return cg_span_of(list.at[i].val);
        }
    }
    return (cg_span){NULL, 0};
}

/* Who was entered last. If one was taken out, it is who is left, of another AuthName, or nobody. */
static void find_user(entry_list list, cg_entry_changes *found)
{
    for (size_t i = 0; i < found->count; i++) {
        if (is_user(found->changes[i].key)) {
            found->has_user = true;
            found->user = found->changes[i].value.len ? found->changes[i].value : found->user;
        }
    }
    if (found->has_user && !found->user.len) {
        found->user = any_user(list);
    }
}

static size_t count_loaded(const cg_session *loaded)
{
    size_t count = 0;
    cg_item item;
    for (cg_span rest = text_of(loaded); next_of_ours(&rest, &item);) {
        count++;
    }
    return count;
}

static cg_entry_changes compare(const cg_session *loaded, entry_list list, apr_pool_t *pool)
{
    size_t most = count_loaded(loaded) + (size_t)list.count;
    cg_change *changes = apr_palloc(pool, most * sizeof *changes);
    cg_entry_changes found = {.changes = changes};

    add_removals(loaded, list, changes, &found.count);
    add_values(loaded, list, changes, &found.count);
    number_units(changes, found.count);
    find_user(list, &found);
    return found;
}

cg_entry_changes cg_mod_session_changes(const cg_mod_session *entries, apr_pool_t *pool)
{
    if (!entries || !(entries->is_saved || entries->given.dirty) ||
        is_untouched(entries->loaded, list_entries(entries))) {
        return (cg_entry_changes){.count = 0};
    }
    return compare(entries->loaded, list_entries(entries), pool);
}

bool cg_mod_session_knows(const cg_mod_session *entries, const char *user)
{
    entry_list list = entries ? list_entries(entries) : (entry_list){NULL, 0};

    for (int i = 0; i < list.count; i++) {
        if (is_user(cg_span_of(list.at[i].key)) && list.at[i].val &&
            !strcmp(list.at[i].val, user)) {
            return true;
        }
    }
    return false;
}

/* -- registering ------------------------------------------------------------------------------- */

typedef void load_hook(ap_HOOK_session_load_t *function, const char *const *before,
                       const char *const *after, int order);
typedef void save_hook(ap_HOOK_session_save_t *function, const char *const *before,
                       const char *const *after, int order);

/* A function of the whole process, by whomever it was brought. ISO C has no way from the one kind of
 * pointer to the other. */
static bool find_function(apr_dso_handle_t *process, const char *name, void *function, size_t size)
{
    apr_dso_handle_sym_t symbol = NULL;

    if (apr_dso_sym(&symbol, process, name) != APR_SUCCESS || !symbol || size != sizeof symbol) {
        return false;
    }
    memcpy(function, &symbol, size);
    return true;
}

static bool register_with(apr_dso_handle_t *process)
{
    load_hook *hook_load;
    save_hook *hook_save;

    if (!find_function(process, "ap_hook_session_load", &hook_load, sizeof hook_load) ||
        !find_function(process, "ap_hook_session_save", &hook_save, sizeof hook_save)) {
        return false;
    }
    hook_load(load, NULL, NULL, APR_HOOK_FIRST);
    hook_save(save, NULL, NULL, APR_HOOK_FIRST);
    return true;
}

int cg_mod_session_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    apr_dso_handle_t *process;

    (void)plog;
    (void)ptemp;
    session_module_here = ap_find_linked_module("mod_session.c");
    if (!session_module_here) {
        return OK;
    }
    if (apr_os_dso_handle_put(&process, RTLD_DEFAULT, pconf) != APR_SUCCESS ||
        !register_with(process)) {
        session_module_here = NULL;
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, NULL,
                     "CG0059: mod_session is loaded, but its hooks session_load and session_save "
                     "are not to be found in this process; CookieGuardSession cannot keep its "
                     "sessions");
    }
    return OK;
}
