/* The promises of the request side, one function each, by the names of the design. */
#include "request_promises.h"

#include "readers.h"

enum { SEEN_ROOM = 64, NAME_ROOM = 256 };

void request_trial_run(request_trial *t, const cg_guards *guards, octets field, bool accepts_plain)
{
    t->guards = guards;
    t->accepts_plain = accepts_plain;
    t->field = field;
    restoring_run(guards, (cg_span){field.at, field.len}, accepts_plain, &t->is);
    t->out = (octets){t->is.out.at, t->is.out.len};
}

/* -- plain searches -------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static octets trimmed(octets t)
{
    for (; t.len && is_blank(t.at[0]); t.at++, t.len--) {
    }
    for (; t.len && is_blank(t.at[t.len - 1]); t.len--) {
    }
    return t;
}

static octets unblanked(octets t)
{
    for (; t.len && is_blank(t.at[0]); t.at++, t.len--) {
    }
    return t;
}

/* Takes the pair that begins at *at. False at the end. */
static bool take_pair(octets field, size_t *at, octets *pair)
{
    size_t start = *at;
    if (start > field.len) {
        return false;
    }
    for (; *at < field.len && field.at[*at] != ';'; ++*at) {
    }
    *pair = (octets){field.at + start, *at - start};
    ++*at;
    return true;
}

static bool starts_with(octets t, octets start)
{
    return start.len == 0 || (t.len >= start.len && memcmp(t.at, start.at, start.len) == 0);
}

/* True if the pair is `prefix` `name`=..., as browsers write it; *value is what follows. */
static bool is_spelled(octets pair, octets prefix, octets name, octets *value)
{
    octets rest = unblanked(pair);
    if (!starts_with(rest, prefix)) {
        return false;
    }
    rest = (octets){rest.at + prefix.len, rest.len - prefix.len};
    if (!starts_with(rest, name) || rest.len == name.len || rest.at[name.len] != '=') {
        return false;
    }
    *value = trimmed((octets){rest.at + name.len + 1, rest.len - name.len - 1});
    return true;
}

/* A value that no parser takes for more than one. */
static bool is_plain_value(octets value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (strchr(" ,\"=", value.at[i]) || (unsigned char)value.at[i] < 0x20) {
            return false;
        }
    }
    return true;
}

typedef struct spelled {
    unsigned count; /* pairs spelled so */
    octets value;   /* of the last one */
    bool has[2];    /* [1]: some value is `wanted`, [0]: some plain one is not */
} spelled;

static spelled find_spelled(octets field, octets prefix, octets name, octets wanted)
{
    spelled is = {.count = 0};
    size_t at = 0;
    octets pair, value;

    while (take_pair(field, &at, &pair)) {
        if (is_spelled(pair, prefix, name, &value)) {
            bool is_wanted = text_is(value, wanted);
            is.value = value;
            is.count++;
            is.has[is_wanted] |= is_wanted || is_plain_value(value);
        }
    }
    return is;
}

static octets prefix_text(cg_prefix prefix)
{
    return (octets){cg_prefix_rows[prefix].text.at, cg_prefix_rows[prefix].text.len};
}

/* -- the names to look for -------------------------------------------------------------------- */

/* A name that the guard has a say on: its own, or its glob with `c` in the place of stars. */
static octets name_of(const cg_guard *guard, char c, char *room)
{
    octets name = {room, guard->name.text.len};
    memcpy(room, guard->name.text.at, name.len);
    for (size_t i = 0; i < name.len; i++) {
        room[i] = room[i] == '*' || room[i] == '?' ? c : room[i];
    }
    return name;
}

/* The guard is in force, and no other one has the last word on the name. */
static bool is_guarded(const request_trial *t, const cg_guard *guard, octets name)
{
    for (unsigned i = t->guards->count; i-- > 0;) {
        const cg_guard *other = &t->guards->guards[i];
        octets pattern = {other->name.text.at, other->name.text.len};
        if (oracle_glob_matches(pattern, name)) {
            return other == guard && (guard->prefix != CG_PREFIX_NONE || guard->is_token);
        }
    }
    return false;
}

typedef const char *name_question(const request_trial *t, const cg_guard *guard, octets name);

static const char *ask_each_name(const request_trial *t, name_question *ask)
{
    static const char in_place_of_stars[] = "x_";
    const char *how = NULL;
    char room[NAME_ROOM];
    for (unsigned i = 0; i < 2 * t->guards->count && !how; i++) {
        const cg_guard *guard = &t->guards->guards[i / 2];
        if (guard->name.text.len <= sizeof room) {
            octets name = name_of(guard, in_place_of_stars[i % 2], room);
            how = is_guarded(t, guard, name) ? ask(t, guard, name) : NULL;
        }
    }
    return how;
}

static bool is_same_letters(octets a, octets b)
{
    size_t i = 0;
    while (i < a.len && i < b.len && lower(a.at[i]) == lower(b.at[i])) {
        i++;
    }
    return i == a.len && i == b.len;
}

/* The name of the cookie with this number that was put there, as the core says; empty if none was. */
static octets find_put(const request_trial *t, unsigned number)
{
    const cg_restored_cookie *cookie = &t->is.restored.cookies[number];
    return cookie->is_disputed ? (octets){"", 0} : (octets){cookie->name.at, cookie->name.len};
}

static unsigned count_cookies(const request_trial *t)
{
    return t->is.is_concerned ? t->is.restored.cookie_count : 0;
}

/* How often the name was put there: at most once, but for a glob's names in several cases. */
static unsigned count_put(const request_trial *t, octets name, bool ignores_case)
{
    unsigned count = 0;
    for (unsigned i = 0; i < count_cookies(t); i++) {
        octets put = find_put(t, i);
        count += ignores_case ? is_same_letters(put, name) : text_is(put, name);
    }
    return count;
}

/* -- promises --------------------------------------------------------------------------------- */

/* What the application sees under the name is what came in its one right spelling. */
static const char *check_value(const request_trial *t, const cg_guard *guard, octets name)
{
    static const octets none = {"", 0};
    spelled is = find_spelled(t->out, none, name, none), came;

    if (is.count == 0) {
        return NULL;
    }
    came = find_spelled(t->field, prefix_text(guard->prefix), name, is.value);
    if (!came.has[false] && !came.has[true] && t->accepts_plain) {
        came = find_spelled(t->field, none, name, is.value);
    }
    if (is.count > 1 || is.count != count_put(t, name, false)) {
        return "a guarded name stands there more than once";
    }
    if (!came.count) {
        return "a guarded name came out of nowhere";
    }
    if (came.has[false]) {
        return "one of several values that differ was taken";
    }
    return came.has[true] ? NULL : "another value than came";
}

static bool is_pair_start(octets out, const char *at)
{
    while (at > out.at && is_blank(at[-1])) {
        at--;
    }
    return at == out.at || at[-1] == ';';
}

/* The cookie came under a prefix that keeps neighbours from setting it. */
static bool is_vouched_for(const request_trial *t, unsigned number)
{
    cg_prefix prefix = t->is.restored.cookies[number].prefix;
    return prefix == CG_PREFIX_HOST || prefix == CG_PREFIX_HOST_HTTP;
}

/* The reader says that it sees the name there: it is the one that was put there, or one that is
 * another name of the same glob to all but this reader, alone or as good as the right one. */
static bool is_meant(const request_trial *t, unsigned number, const cg_guard *guard, octets name)
{
    bool is_tossed = false;
    if (text_is(find_put(t, number), name)) {
        return true;
    }
    for (unsigned i = 0; i < count_cookies(t); i++) {
        is_tossed |= i != number && !is_vouched_for(t, number) && text_is(find_put(t, i), name);
    }
    return guard->name.kind != CG_PATTERN_EXACT && !is_tossed &&
           t->is.restored.cookies[number].guard->prefix == guard->prefix;
}

/* True if the cookie of this name was put here. */
static bool is_put(const request_trial *t, const cg_guard *guard, octets name, const char *at)
{
    octets rest = {at, (size_t)(t->out.at + t->out.len - at)};
    for (unsigned i = 0; i < count_cookies(t) && is_pair_start(t->out, at); i++) {
        octets put = find_put(t, i);
        if (is_meant(t, i, guard, name) && starts_with(rest, put) && rest.len > put.len &&
            rest.at[put.len] == '=') {
            return true;
        }
    }
    return false;
}

/* With no guard, the name is to be seen nowhere. */
static const char *check_reader(const request_trial *t, const reader *r, octets name,
                                const cg_guard *guard)
{
    static char how[128];
    const char *where[SEEN_ROOM];
    size_t count = reader_find(r, t->out, name, where, SEEN_ROOM);

    for (size_t i = 0; i < count && i < SEEN_ROOM; i++) {
        if (!guard || !is_put(t, guard, name, where[i])) {
            snprintf(how, sizeof how, "%s sees a guarded name", r->name);
            return how;
        }
    }
    return NULL;
}

/* Of the session's token nobody sees anything. */
static const char *check_no_reader(const request_trial *t, octets name)
{
    const char *how = NULL;
    for (size_t i = 0; i < reader_count && !how; i++) {
        how = check_reader(t, &readers[i], name, NULL);
    }
    return how;
}

static const char *check_readers(const request_trial *t, const cg_guard *guard, octets name)
{
    char wire_room[NAME_ROOM + 16];
    octets prefix = prefix_text(guard->prefix), wire = {wire_room, prefix.len + name.len};
    const char *how;

    if (guard->is_token) {
        return check_no_reader(t, name);
    }
    how = check_value(t, guard, name);
    memcpy(wire_room, prefix.at, prefix.len);
    memcpy(wire_room + prefix.len, name.at, name.len);
    for (size_t i = 0; i < reader_count && !how; i++) {
        how = check_reader(t, &readers[i], name, guard);
        how = how ? how : check_reader(t, &readers[i], wire, NULL);
    }
    return how;
}

const char *folded_names_never_pass(const request_trial *t)
{
    return ask_each_name(t, check_readers);
}

static const char *count_occurrences(const request_trial *t, const cg_guard *guard, octets name)
{
    unsigned count = 0;
    (void)guard;
    for (size_t at = 0; at + name.len < t->out.len; at++) {
        char before = at ? t->out.at[at - 1] : ';';
        size_t i = 0;
        if (before != ';' && before != ',' && before != '"' && (unsigned char)before > 0x20) {
            continue;
        }
        while (i < name.len && lower(t->out.at[at + i]) == lower(name.at[i])) {
            i++;
        }
        if (i < name.len) {
            continue;
        }
        for (i += at; i < t->out.len && (unsigned char)t->out.at[i] <= 0x20; i++) {
        }
        count += i < t->out.len && t->out.at[i] == '=';
    }
    return count > count_put(t, name, true) ? "a guarded name stands where it was not put" : NULL;
}

const char *guarded_name_occurs_only_where_we_put_it(const request_trial *t)
{
    return ask_each_name(t, count_occurrences);
}

/* True if `out` is the pair as it came, or less some prefix. */
static bool is_left_of(octets out, octets pair, bool is_first)
{
    if (text_is(out, pair) || (is_first && text_is(out, unblanked(pair)))) {
        return true;
    }
    for (int prefix = CG_PREFIX_NONE + 1; prefix < CG_PREFIX_COUNT; prefix++) {
        octets text = prefix_text((cg_prefix)prefix);
        octets bare = unblanked(pair), left = unblanked(out);
        if (starts_with(bare, text) && (is_first || pair.len - bare.len == out.len - left.len) &&
            text_is((octets){bare.at + text.len, bare.len - text.len}, left)) {
            return true;
        }
    }
    return false;
}

static char fold(char c)
{
    return c == '.' || c == ' ' ? '_' : lower(c);
}

/* True if a name of the guard may begin here, as far as its first two octets tell. What some parser
 * decodes or steps over tells nothing. */
static bool may_begin(const cg_guard *guard, octets rest)
{
    for (size_t i = 0; i < 2 && i < guard->name.text.len; i++) {
        char wanted = guard->name.text.at[i];
        if (strchr("*%+", wanted) || (wanted != '?' && !cg_ascii_is_token(wanted))) {
            return true;
        }
        if (i == rest.len || (wanted != '?' && fold(wanted) != fold(rest.at[i]))) {
            return false;
        }
    }
    return true;
}

/* Nothing in the pair is like the start of any guarded name, and nothing is encoded. */
static bool is_innocent(const request_trial *t, octets pair)
{
    for (size_t at = 0; at < pair.len; at++) {
        octets rest = {pair.at + at, pair.len - at};
        if (strchr("$\"%+[.", pair.at[at]) || (unsigned char)pair.at[at] < 0x20) {
            return false;
        }
        for (unsigned i = 0; i < t->guards->count; i++) {
            if (may_begin(&t->guards->guards[i], rest)) {
                return false;
            }
        }
    }
    return true;
}

static octets token_name(const request_trial *t)
{
    cg_span name = t->guards->token->guards[0].name.text;
    return (octets){name.at, name.len};
}

/* What is taken out is nothing less its prefix. */
static bool is_token(const request_trial *t, octets pair)
{
    octets name = {pair.at, 0};
    for (; name.len < pair.len && pair.at[name.len] != '='; name.len++) {
    }
    return t->guards->token && text_is(trimmed(name), token_name(t));
}

const char *others_stay(const request_trial *t)
{
    size_t at = 0, out_at = 0;
    octets pair, out;
    bool is_first = true, has_out = take_pair(t->out, &out_at, &out);

    if (t->out.len > t->field.len) {
        return "more is handed on than came";
    }
    if (!t->is.is_concerned) {
        return text_is(t->out, t->field) ? NULL : "changed, and not concerned";
    }
    while (take_pair(t->field, &at, &pair)) {
        if (is_token(t, pair)) {
            continue;
        }
        if (has_out && is_left_of(out, pair, is_first)) {
            has_out = take_pair(t->out, &out_at, &out);
            is_first = false;
        } else if (trimmed(pair).len && is_innocent(t, pair)) {
            return "a cookie that is not concerned is gone";
        }
    }
    return has_out && (out.len || !is_first) ? "something is handed on that did not come" : NULL;
}

/* Another name of the glob came under the prefix, which some reader takes for this one, and a
 * neighbour may have set it. */
static bool has_namesake(const request_trial *t, const cg_guard *guard, octets name)
{
    octets prefix = prefix_text(guard->prefix), pair;
    size_t at = 0, i;

    if (guard->prefix == CG_PREFIX_HOST || guard->prefix == CG_PREFIX_HOST_HTTP) {
        return false;
    }
    while (take_pair(t->field, &at, &pair)) {
        pair = unblanked(pair);
        if (!starts_with(pair, prefix) || pair.len <= prefix.len + name.len) {
            continue;
        }
        pair = (octets){pair.at + prefix.len, pair.len - prefix.len};
        for (i = 0; i < name.len && fold(pair.at[i]) == fold(name.at[i]); i++) {
        }
        if (i == name.len && pair.at[i] == '=' && !starts_with(pair, name)) {
            return true;
        }
    }
    return false;
}

static const char *check_owner(const request_trial *t, const cg_guard *guard, octets name)
{
    static const octets none = {"", 0};
    spelled came = find_spelled(t->field, prefix_text(guard->prefix), name, none), is;

    if (guard->is_token || came.count != 1 || !is_plain_value(came.value) ||
        t->is.restored.cookie_count == CG_RESTORED_MAX || has_namesake(t, guard, name)) {
        return NULL;
    }
    is = find_spelled(t->out, none, name, came.value);
    return is.count == 1 && is.has[true]
               ? NULL
               : "a cookie in its one right spelling did not come through";
}

const char *its_owner_gets_it(const request_trial *t)
{
    return ask_each_name(t, check_owner);
}

const char *the_token_is_told(const request_trial *t)
{
    static const octets none = {"", 0};
    const cg_restored *is = &t->is.restored;
    octets token;
    spelled came;

    if (!t->guards->token) {
        return is->token_count ? "a token where there is none" : NULL;
    }
    came = find_spelled(t->field, none, token_name(t), none);
    if (is->token_count != came.count) {
        return "the token is not counted as often as it came";
    }
    if (came.count != 1) {
        return NULL;
    }
    token = (octets){is->token.at, is->token.len};
    return text_is(token, came.value) || (!is_plain_value(came.value) && token.len == 0)
               ? NULL
               : "the token has another value than came";
}

/* Quotes of restored cookies are their own affair; so are those of cookies without a guard behind
 * the last one. */
static bool has_own_quotes(const request_trial *t)
{
    for (unsigned i = 0; i < t->is.restored.cookie_count; i++) {
        const cg_restored_cookie *cookie = &t->is.restored.cookies[i];
        if (cookie->value.len && memchr(cookie->value.at, '"', cookie->value.len)) {
            return true;
        }
    }
    return false;
}

static const char *check_quotes(const request_trial *t, const cg_guard *guard, octets name)
{
    const char *where[SEEN_ROOM];
    (void)guard;
    if (count_put(t, name, false) == 0 || has_own_quotes(t)) {
        return NULL;
    }
    for (size_t i = 0; i < reader_count; i++) {
        bool honours_quotes = strcmp(readers[i].name, "Werkzeug") == 0 ||
                              strcmp(readers[i].name, "RFC 2965") == 0;
        if (honours_quotes && reader_find(&readers[i], t->out, name, where, SEEN_ROOM) != 1) {
            return "a quote hides a guarded cookie";
        }
    }
    return NULL;
}

const char *no_quote_hides_it(const request_trial *t)
{
    return t->is.is_concerned ? ask_each_name(t, check_quotes) : NULL;
}

const request_promise request_promises[] = {
    {"folded-names-never-pass", folded_names_never_pass},
    {"guarded-name-occurs-only-where-we-put-it", guarded_name_occurs_only_where_we_put_it},
    {"others-stay", others_stay},
    {"its-owner-gets-it", its_owner_gets_it},
    {"the-token-is-told", the_token_is_told},
    {"no-quote-hides-it", no_quote_hides_it},
};
const size_t request_promise_count = sizeof request_promises / sizeof request_promises[0];

const request_promise *request_promises_find_broken(const request_trial *t, const char **how)
{
    for (size_t i = 0; i < request_promise_count; i++) {
        *how = request_promises[i].keep(t);
        if (*how) {
            return &request_promises[i];
        }
    }
    return NULL;
}
