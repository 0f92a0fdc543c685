/* Reading Cache-Control, and judging who may store. */
#include "cache_guard.h"

static const cg_span wish_names[CG_CACHE_WISH_COUNT] = {
    [CG_CACHE_WISH_AUTO] = {"auto", 4},         [CG_CACHE_WISH_PRIVATE] = {"private", 7},
    [CG_CACHE_WISH_NO_STORE] = {"no-store", 8}, [CG_CACHE_WISH_REPORT] = {"report", 6},
    [CG_CACHE_WISH_OFF] = {"off", 3},
};

cg_span cg_cache_wish_name(cg_cache_wish wish)
{
    return wish_names[wish];
}

static const struct {
    cg_span name;
    unsigned says;
} directives[] = {
    {{"max-age", 7}, CG_SAYS_MAX_AGE},
    {{"private", 7}, CG_SAYS_PRIVATE},
    {{"no-store", 8}, CG_SAYS_NO_STORE},
    {{"public", 6}, CG_SAYS_PUBLIC},
    {{"s-maxage", 8}, CG_SAYS_S_MAXAGE},
    {{"must-revalidate", 15}, CG_SAYS_MUST_REVALIDATE},
    {{"must-understand", 15}, CG_SAYS_MUST_UNDERSTAND},
};

/* One directive where it stands. */
typedef struct element {
    cg_span raw; /* without the white space around it */
    cg_span name;
    cg_span argument; /* quotes belong to it */
    bool has_argument;
} element;

/* The index of the comma that ends the element at the start of `text`, or text.len. Commas in a
 * quoted string end nothing (RFC 9110 5.6.4). */
static size_t find_comma(cg_span text)
{
    bool is_quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '"') {
            is_quoted = !is_quoted;
        } else if (c == '\\' && is_quoted) {
            i++;
        } else if (c == ',' && !is_quoted) {
            return i;
        }
    }
    return text.len;
}

/* Takes the next element off *rest; false at the end. Empty ones are passed over (RFC 9110 5.6.1). */
static bool next_element(cg_span *rest, element *is)
{
    while (rest->len) {
        size_t end = find_comma(*rest);
        size_t equals;
        is->raw = cg_span_trim(cg_span_part(*rest, 0, end));
        *rest = cg_span_part(*rest, end + (end < rest->len), rest->len);
        if (is->raw.len) {
            equals = cg_span_find(is->raw, '=');
            is->has_argument = equals < is->raw.len;
            is->name = cg_span_part(is->raw, 0, equals);
            is->argument = cg_span_part(is->raw, equals + is->has_argument, is->raw.len);
            return true;
        }
    }
    return false;
}

static unsigned find_directive(cg_span name)
{
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        if (cg_span_equal_folded(directives[i].name, name)) {
            return directives[i].says;
        }
    }
    return 0;
}

/* True if a list of field names, quoted or not, has Set-Cookie in it. */
static bool names_set_cookie(cg_span list)
{
    if (list.len >= 2 && list.at[0] == '"' && list.at[list.len - 1] == '"') {
        list = cg_span_part(list, 1, list.len - 1);
    }
    while (list.len) {
        size_t end = cg_span_find(list, ',');
        if (cg_span_equal_folded(cg_span_trim(cg_span_part(list, 0, end)), CG_SPAN("Set-Cookie"))) {
            return true;
        }
        list = cg_span_part(list, end + (end < list.len), list.len);
    }
    return false;
}

/* Words that close must be exactly those of the RFC: a cache may not understand others. Private for
 * named fields alone closes the response if Set-Cookie is among them (RFC 9111 5.2.2.7). What
 * no-cache="Set-Cookie" says is not enough: after a revalidation the stored field may be sent
 * (RFC 9111 5.2.2.4). */
static unsigned says_of(const element *is)
{
    unsigned says = find_directive(is->name);
    if (says == CG_SAYS_PRIVATE && is->has_argument && !names_set_cookie(is->argument)) {
        return 0;
    }
    if ((says == CG_SAYS_NO_STORE || says == CG_SAYS_MUST_UNDERSTAND) && is->has_argument) {
        return 0;
    }
    return says;
}

unsigned cg_cache_control_read(cg_span text)
{
    unsigned says = 0;
    element is;
    while (next_element(&text, &is)) {
        says |= says_of(&is) | CG_SAYS_SOMETHING;
    }
    return says;
}

/* RFC 9110 15.1. */
static inline bool is_heuristically_cacheable(int status)
{
    switch (status) {
    case 200:
    case 203:
    case 204:
    case 206:
    case 300:
    case 301:
    case 308:
    case 404:
    case 405:
    case 410:
    case 414:
    case 501:
        return true;
    default:
        return false;
    }
}

/* no-store does not bind a cache that heeds must-understand (RFC 9111 5.2.2.3). */
static bool is_closed(unsigned says)
{
    return (says & CG_SAYS_PRIVATE) ||
           ((says & CG_SAYS_NO_STORE) && !(says & CG_SAYS_MUST_UNDERSTAND));
}

/* RFC 9111 section 3, for a shared cache that heeds the field with these words. A 304 is not stored
 * itself, but its fields go into the stored response (4.3.4), Set-Cookie too. A POST is stored only
 * with a lifetime and for the URL in Content-Location (RFC 9110 9.3.3). */
static inline __attribute__((always_inline)) bool may_be_stored(const cg_cache_facts *facts,
                                                                unsigned says, bool has_expires)
{
    bool has_lifetime = has_expires || (says & (CG_SAYS_MAX_AGE | CG_SAYS_S_MAXAGE));

    if (facts->method == CG_CACHE_METHOD_OTHER || facts->status < 200 || is_closed(says)) {
        return false;
    }
    if (facts->method == CG_CACHE_METHOD_POST && !(has_lifetime && facts->has_content_location)) {
        return false;
    }
    if (facts->has_authorization && /* 3.5 */
        !(says & (CG_SAYS_MUST_REVALIDATE | CG_SAYS_PUBLIC | CG_SAYS_S_MAXAGE))) {
        return false;
    }
    return has_lifetime || (says & CG_SAYS_PUBLIC) || facts->status == 304 ||
           is_heuristically_cacheable(facts->status);
}

/* A cache that heeds a field of its own does so instead of Cache-Control and Expires (RFC 9213 2.2).
 * A surrogate stores what has a max-age for it, whatever else the response says. */
static unsigned find_open_fields(const cg_cache_facts *facts)
{
    bool is_open_to_cdn = facts->cdn && may_be_stored(facts, facts->cdn, false);
    bool is_open_to_surrogate = (facts->surrogate & CG_SAYS_MAX_AGE) &&
                                !(facts->surrogate & CG_SAYS_NO_STORE) &&
                                facts->method != CG_CACHE_METHOD_OTHER;

    return (may_be_stored(facts, facts->general, facts->has_expires) ? CG_CACHE_FIELD_GENERAL : 0) |
           (is_open_to_cdn ? CG_CACHE_FIELD_CDN : 0) |
           (is_open_to_surrogate ? CG_CACHE_FIELD_SURROGATE : 0);
}

/* Types by their beginnings: style sheets, scripts, images, fonts, video, audio. */
static const cg_span static_types[] = {
    {"text/css", 8},
    {"text/javascript", 15},
    {"application/javascript", 22},
    {"application/x-javascript", 24},
    {"image/", 6},
    {"font/", 5},
    {"application/font-", 17},
    {"application/x-font-", 19},
    {"application/vnd.ms-fontobject", 29},
    {"video/", 6},
    {"audio/", 6},
};

static bool is_static_type(cg_span type)
{
    for (size_t i = 0; i < sizeof static_types / sizeof static_types[0]; i++) {
        if (cg_span_starts_folded(type, static_types[i])) {
            return true;
        }
    }
    return false;
}

/* The response itself says that shared caches are to store it. */
static bool asks_to_be_shared(const cg_cache_facts *facts)
{
    return ((facts->general | facts->cdn) & (CG_SAYS_PUBLIC | CG_SAYS_S_MAXAGE)) ||
           ((facts->cdn | facts->surrogate) & CG_SAYS_MAX_AGE);
}

bool cg_cache_asks_for_names(cg_cache_wish wish, const cg_cache_facts *facts)
{
    return asks_to_be_shared(facts) &&
           (wish == CG_CACHE_WISH_AUTO || wish == CG_CACHE_WISH_REPORT) &&
           is_static_type(facts->content_type);
}

cg_cache_verdict cg_cache_judge(cg_cache_wish wish, const cg_cache_facts *facts)
{
    static const cg_cache_cure cures[CG_CACHE_WISH_COUNT] = {
        [CG_CACHE_WISH_AUTO] = CG_CACHE_CURE_PRIVATE,
        [CG_CACHE_WISH_PRIVATE] = CG_CACHE_CURE_PRIVATE,
        [CG_CACHE_WISH_NO_STORE] = CG_CACHE_CURE_NO_STORE,
    };
    cg_cache_verdict verdict = {.open_to = 0};

    if (wish == CG_CACHE_WISH_OFF || (verdict.open_to = find_open_fields(facts)) == 0) {
        return verdict;
    }
    verdict.is_harmless = asks_to_be_shared(facts) && !facts->has_session_cookie &&
                          cg_cache_asks_for_names(wish, facts);
    verdict.cure = verdict.is_harmless ? CG_CACHE_CURE_NONE : cures[wish];
    return verdict;
}

/* Where a directive stands twice, caches differ in which one they follow: so another one of the
 * cure's own name goes as well. */
static bool contradicts(const element *is, cg_cache_cure cure)
{
    unsigned unwanted = CG_SAYS_PUBLIC | CG_SAYS_S_MAXAGE;
    unsigned says = find_directive(is->name);
    unwanted |= cure == CG_CACHE_CURE_PRIVATE ? CG_SAYS_PRIVATE
                                              : CG_SAYS_NO_STORE | CG_SAYS_MUST_UNDERSTAND;
    return (says & unwanted) != 0;
}

void cg_cache_control_print(cg_writer *writer, cg_span text, cg_cache_cure cure)
{
    element is;
    cg_write(writer, cure == CG_CACHE_CURE_PRIVATE ? CG_SPAN("private") : CG_SPAN("no-store"));
    while (next_element(&text, &is)) {
        if (!contradicts(&is, cure)) {
            cg_write(writer, CG_SPAN(", "));
            cg_write(writer, is.raw);
        }
    }
}
