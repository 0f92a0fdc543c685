/* Sessions beside a naive model: several tokens, requests that begin and end in any order, a clock
 * that runs. The model keeps plain values, one place for each token, and says what each request
 * sees and what each response carries. */
#include "unit.h"

#include "session_world.h"

enum { LIVES = 40, STEPS = 1500, KEYS = 4, USERS = 3, REQUESTS = 6, YOUNG = 8 };

static uint64_t chance = 20261124;

static unsigned below(unsigned bound)
{
    chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((chance >> 33) % bound);
}

/* -- the model -------------------------------------------------------------------------------- */

enum { NEVER = 0, ALWAYS = UINT32_MAX }; /* presented: else a moment */

/* What stands where a token leads. */
typedef struct place {
    bool is_there;
    cg_record_state state;
    unsigned number, epoch, version;
    uint32_t created, expires, last_access;
    uint32_t presented;
    unsigned values[KEYS]; /* 0: none */
    unsigned user;         /* 0: nobody */
    unsigned to;           /* of an alias */
    bool was_presented;    /* of an alias: the token that led here itself had been */
} place;

static place places[STEPS + 1];
static cg_token tokens[STEPS + 1];
static unsigned place_count, number_count;

/* What a request knows of its session. */
typedef struct seen {
    cg_session_verdict verdict;
    unsigned token; /* its place */
    unsigned at;    /* the place of the session itself */
    unsigned token_version;
    place is; /* what stood there */
} seen;

static bool is_over(const place *is)
{
    return is->expires <= world.now || is->last_access + world.timeouts.idle <= world.now;
}

static cg_session_verdict follow(unsigned token, unsigned *at)
{
    cg_session_verdict found = CG_SESSION_LIVE;
    *at = token;
    if (!places[token].is_there) {
        return CG_SESSION_NONE;
    }
    for (unsigned hops = 0;; hops++) {
        const place *is = &places[*at];
        if (is_over(is)) {
            return CG_SESSION_EXPIRED;
        }
        if (is->state != CG_RECORD_ALIAS) {
            break;
        }
        if (hops && is->was_presented) {
            found = CG_SESSION_REUSED;
        }
        *at = is->to;
        if (!places[*at].is_there) {
            return CG_SESSION_NONE;
        }
    }
    if (*at != token && places[*at].presented != NEVER && places[*at].presented != ALWAYS &&
        world.now >= places[*at].presented + CG_GRACE_SECONDS) {
        return CG_SESSION_REUSED;
    }
    return found == CG_SESSION_LIVE && places[*at].state == CG_RECORD_FORMER ? CG_SESSION_FORMER
                                                                             : found;
}

static seen look(unsigned token)
{
    seen is = {.token = token};
    is.verdict = follow(token, &is.at);
    is.is = places[is.at];
    is.token_version = places[token].version;
    return is;
}

static seen model_begin(unsigned token)
{
    seen is = look(token);
    if (is.verdict == CG_SESSION_EXPIRED) {
        places[is.at].is_there = false;
    }
    if (is.verdict == CG_SESSION_LIVE && places[is.at].last_access < world.now) {
        places[is.at].last_access = places[token].last_access = world.now;
    }
    if (is.verdict == CG_SESSION_LIVE) {
        if (is.at == token && places[token].presented == NEVER) {
            places[token].presented = world.now;
            places[token].version++;
            is = look(token);
        }
    }
    return is;
}

/* What a response wants: values by key, 0: no change, REMOVED. */
enum { REMOVED = UINT32_MAX, NO_USER = UINT32_MAX };
typedef struct wish {
    unsigned values[KEYS];
    unsigned user;
} wish;

static bool wants_change(const wish *of)
{
    unsigned sum = 0;
    for (unsigned key = 0; key < KEYS; key++) {
        sum |= of->values[key];
    }
    return sum != 0;
}

static bool apply(const wish *of, const place *loaded, const place *newest, place *after)
{
    bool differs = false;
    *after = *newest;
    for (unsigned key = 0; key < KEYS; key++) {
        bool is_beaten = loaded->values[key] && !newest->values[key];
        if (of->values[key] == 0 || (is_beaten && of->values[key] != REMOVED)) {
            continue;
        }
        after->values[key] = of->values[key] == REMOVED ? 0 : of->values[key];
        differs |= after->values[key] != newest->values[key];
    }
    return differs;
}

static bool is_empty(const place *is)
{
    unsigned sum = 0;
    for (unsigned key = 0; key < KEYS; key++) {
        sum |= is->values[key];
    }
    return sum == 0;
}

static unsigned add_place(const place *like)
{
    place *is = &places[place_count];
    *is = *like;
    is->is_there = true;
    is->state = CG_RECORD_LIVE;
    is->version = 1;
    is->created = is->last_access = world.now;
    return place_count++;
}

static cg_session_event model_create(const wish *of, cg_session_verdict verdict)
{
    static const place nothing;
    bool is_login = of->user != NO_USER && of->user != 0;
    place after;

    apply(of, &nothing, &nothing, &after);
    if (is_empty(&after) || (verdict == CG_SESSION_REUSED && !is_login)) {
        return CG_SESSION_NOTHING;
    }
    after.presented = ALWAYS;
    after.number = ++number_count;
    after.expires = world.now + world.timeouts.absolute;
    after.user = is_login ? of->user : 0;
    add_place(&after);
    return CG_SESSION_CREATED;
}

static void model_identify(const wish *of, const seen *newest, place *after)
{
    place *old = &places[newest->at];
    after->user = of->user;
    after->epoch++;
    after->presented = ALWAYS;
    after->expires = world.now + world.timeouts.absolute;
    add_place(after);
    if (of->user == 0) {
        old->is_there = places[newest->token].is_there = false;
        return;
    }
    old->state = CG_RECORD_FORMER;
    old->version++;
    old->expires = world.now + CG_GRACE_SECONDS;
    old->last_access = world.now;
}

static void make_alias(unsigned at, unsigned to, bool was_presented)
{
    places[at].state = CG_RECORD_ALIAS;
    places[at].to = to;
    places[at].was_presented = was_presented;
    places[at].version++;
    places[at].last_access = world.now;
}

static void model_rotate(const seen *newest, place *after)
{
    unsigned to;
    after->presented = NEVER;
    to = add_place(after);
    make_alias(newest->at, to, newest->is.presented != NEVER);
    /* What stands between the two was never presented: nobody has its token. */
    if (newest->at != newest->token && places[newest->token].is_there &&
        places[newest->token].version == newest->token_version) {
        make_alias(newest->token, to, true);
        places[newest->at].is_there = false;
    }
}

static bool is_rotation_due(const seen *newest)
{
    return newest->is.created + world.timeouts.rotate <= world.now &&
           (newest->at == newest->token || newest->is.presented == NEVER);
}

/* One try on what `newest` says; NOTHING leaves *is_arbitrated false. */
static cg_session_event model_try(const wish *of, const seen *loaded, const seen *newest)
{
    place after;
    bool differs = apply(of, &loaded->is, &newest->is, &after);

    if (differs && is_empty(&after)) {
        places[newest->at].is_there = places[newest->token].is_there = false;
        return CG_SESSION_ENDED;
    }
    if (of->user != NO_USER && of->user != newest->is.user) {
        model_identify(of, newest, &after);
        return CG_SESSION_IDENTIFIED;
    }
    if (is_rotation_due(newest)) {
        model_rotate(newest, &after);
        return CG_SESSION_ROTATED;
    }
    if (differs) {
        memcpy(places[newest->at].values, after.values, sizeof after.values);
        places[newest->at].version++;
        places[newest->at].last_access = world.now;
        return CG_SESSION_SAVED;
    }
    return CG_SESSION_NOTHING;
}

static cg_session_event model_answer(const wish *of, const seen *loaded)
{
    bool says_user = of->user != NO_USER && of->user != loaded->is.user;
    seen newest;

    if (loaded->verdict < CG_SESSION_MUTE) {
        return model_create(of, loaded->verdict);
    }
    if (loaded->verdict != CG_SESSION_LIVE) {
        return wants_change(of) || says_user ? CG_SESSION_MUTED : CG_SESSION_NOTHING;
    }
    if (!wants_change(of) && !says_user && !is_rotation_due(loaded)) {
        return CG_SESSION_NOTHING;
    }
    if (places[loaded->at].is_there && places[loaded->at].version == loaded->is.version) {
        newest = *loaded;
        newest.is = places[loaded->at];
        return model_try(of, loaded, &newest);
    }
    newest = look(loaded->token);
    if (!places[loaded->at].is_there || newest.verdict != CG_SESSION_LIVE ||
        newest.is.epoch != loaded->is.epoch || newest.is.number != loaded->is.number) {
        return CG_SESSION_MUTED;
    }
    return model_try(of, loaded, &newest);
}

/* -- both, side by side ------------------------------------------------------------------------ */

typedef struct request {
    bool is_open;
    bool has_token;
    cg_session *session;
    seen model;
} request;

static request requests[REQUESTS];

static const char *const key_names[KEYS] = {"m:a", "m:b", "j:a", "d:x"};
static const char *const user_names[USERS] = {"", "joe", "ann"};

static void compare(const cg_session *session, const seen *model, unsigned step)
{
    if (session->verdict != model->verdict) {
        fail_msg("step %u: %s, not %s", step, verdict_names[session->verdict],
                 verdict_names[model->verdict]);
    }
    for (unsigned key = 0; key < KEYS && session->verdict >= CG_SESSION_FORMER; key++) {
        char number[16];
        cg_span value = cg_content_find(session->content, content_section(key_names[key][0]),
                                        cg_span_of(key_names[key] + 2));
        int len = snprintf(number, sizeof number, "%u", model->is.values[key]);
        if (model->is.values[key] ? !cg_span_equal(value, (cg_span){number, (size_t)len})
                                  : value.at != NULL) {
            fail_msg("step %u: another value of %s", step, key_names[key]);
        }
    }
    if (session->verdict >= CG_SESSION_FORMER) {
        assert_text("user", cg_session_user(session), cg_span_of(user_names[model->is.user]));
    }
}

/* Mostly one of the last tokens, else any; at times none. */
static void begin_request(request *is, unsigned step)
{
    static const seen no_session;
    unsigned token = 0;
    *is = (request){.is_open = true, .model = no_session};
    is->has_token = place_count && below(20);
    if (!is->has_token) {
        return;
    }
    token = below(10) && place_count > YOUNG ? place_count - 1 - below(YOUNG) : below(place_count);
    is->session = begin(&tokens[token]);
    is->model = model_begin(token);
    compare(is->session, &is->model, step);
}

static wish draw_wish(const request *is, unsigned step)
{
    wish of = {.user = NO_USER};
    bool has_data = is->has_token && is->model.verdict >= CG_SESSION_FORMER;
    for (unsigned key = 0; key < KEYS; key++) {
        bool was_there = has_data && is->model.is.values[key];
        if (below(4) == 0) {
            of.values[key] = was_there && below(2) ? REMOVED : step * KEYS + key + 1;
        }
    }
    if (below(12) == 0) {
        of.user = below(USERS);
    }
    if (below(3) == 0) {
        memset(of.values, 0, sizeof of.values);
    }
    return of;
}

static void print_wish(const wish *of, char *text, size_t size)
{
    cg_writer writer = {.at = text, .size = size - 1};
    for (unsigned key = 0; key < KEYS; key++) {
        if (of->values[key]) {
            cg_write(&writer, writer.len ? CG_SPAN(" ") : CG_SPAN(""));
            cg_write(&writer, cg_span_of(key_names[key]));
        }
        if (of->values[key] && of->values[key] != REMOVED) {
            cg_write_char(&writer, '=');
            cg_write_number(&writer, of->values[key]);
        }
    }
    text[writer.len] = '\0';
}

static void end_request(request *is, unsigned step, unsigned *events)
{
    wish of = draw_wish(is, step);
    unsigned count = place_count;
    cg_session_event event = model_answer(&of, &is->model);
    bool gives = event == CG_SESSION_CREATED || event == CG_SESSION_IDENTIFIED ||
                 event == CG_SESSION_ROTATED;
    char changes[256];

    print_wish(&of, changes, sizeof changes);
    answer(is->session, changes, of.user == NO_USER ? NULL : user_names[of.user]);
    is->is_open = false;
    if (outcome.event != event || outcome.has_token != gives ||
        outcome.deletes != (event == CG_SESSION_ENDED)) {
        fail_msg("step %u: event %d, not %d", step, (int)outcome.event, (int)event);
    }
    assert_int_equal(place_count, count + gives);
    if (gives) {
        tokens[count] = outcome.token;
    }
    events[event]++;
}

static void live(unsigned *events, unsigned *verdicts)
{
    memset(requests, 0, sizeof requests);
    place_count = number_count = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        request *is = &requests[below(REQUESTS)];
        world.now += below(3) ? 0 : below(below(20) ? 5 : 70);
        if (is->is_open) {
            end_request(is, step, events);
        } else {
            begin_request(is, step);
            verdicts[is->has_token ? is->model.verdict : CG_SESSION_NONE]++;
        }
        if (step % 100 == 0) {
            assert_null(cg_table_check(world.store.table));
        }
    }
}

static void lives_as_the_naive_model(void **state)
{
    unsigned events[CG_SESSION_FAILED + 1] = {0}, verdicts[CG_SESSION_LIVE + 1] = {0};
    (void)state;
    for (unsigned i = 0; i < LIVES; i++) {
        assert_int_equal(make_world(NULL), 0);
        world.timeouts = (cg_timeouts){.idle = 60, .absolute = 400, .rotate = 20 + below(30)};
        live(events, verdicts);
        assert_int_equal(free_world(NULL), 0);
    }
    /* all of it happened, and not once or twice */
    for (unsigned verdict = 0; verdict <= CG_SESSION_LIVE; verdict++) {
        if (verdict != CG_SESSION_FORGED && verdict != CG_SESSION_MUTE) {
            assert_true(verdicts[verdict] > 50);
        }
    }
    for (unsigned event = 0; event <= CG_SESSION_MUTED; event++) {
        assert_true(events[event] > 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives_as_the_naive_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
