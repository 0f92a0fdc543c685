/* Printing records: every text from outside goes through json_line.h, which escapes and
 * bounds it. */
#include "record.h"

#include "../policy/rewrite.h"
#include "record_parts.h"

/* Lengths are told in steps, so that they do not help to tell values apart. */
enum { VALUE_LEN_STEP = 16 };

static const cg_span mode_names[] = {
    [CG_MODE_OFF] = {"off", 3},
    [CG_MODE_REPORT] = {"report", 6},
    [CG_MODE_ON] = {"enforce", 7},
};

/* -- what the cookie says ------------------------------------------------------------------ */

static void put_attribute(cg_json_line *line, cg_attribute attribute,
                          const cg_attributes *attributes)
{
    if (attribute == CG_ATTRIBUTE_DOMAIN) {
        cg_write(line->writer, CG_SPAN("Domain="));
        cg_json_put_text(line, attributes->domain);
    } else if (attribute == CG_ATTRIBUTE_PATH) {
        cg_write(line->writer, CG_SPAN("Path="));
        cg_json_put_text(line, attributes->path);
    } else if (attribute == CG_ATTRIBUTE_SAMESITE &&
               attributes->same_site == CG_SAME_SITE_DEFAULT) {
        cg_write(line->writer, CG_SPAN("SameSite=(invalid)"));
    } else {
        cg_attribute_print(line->writer, attribute, attributes);
    }
}

static void put_attributes(cg_json_line *line, const cg_attributes *attributes, bool has_others)
{
    bool is_first = true;
    for (int i = CG_ATTRIBUTE_DOMAIN; i < CG_ATTRIBUTE_COUNT; i++) {
        if (attributes->present & CG_ATTRIBUTE_BIT(i)) {
            cg_write(line->writer, is_first ? CG_SPAN("") : CG_SPAN("; "));
            put_attribute(line, (cg_attribute)i, attributes);
            is_first = false;
        }
    }
    if (has_others) {
        cg_write(line->writer, is_first ? CG_SPAN("(other)") : CG_SPAN("; (other)"));
    }
}

void cg_attributes_print(cg_writer *writer, const cg_attributes *attributes, bool has_others)
{
    cg_json_line line = {.writer = writer, .is_raw = true};
    put_attributes(&line, attributes, has_others);
}

bool cg_set_cookie_has_others(const cg_set_cookie *cookie)
{
    cg_span rest = cookie->rest;
    cg_attribute_token token;
    while (cg_attribute_next(&rest, &token)) {
        if (token.kind == CG_ATTRIBUTE_OTHER && (token.name.len || token.has_value)) {
            return true;
        }
    }
    return false;
}

/* -- what became of it --------------------------------------------------------------------- */

/* Attributes that say what they said, but stand once now, and flags without a value. */
static unsigned tidied_of(const cg_event *event)
{
    const cg_judgement *judgement = &event->judgement;
    unsigned untidy = event->cookie.repeated | event->cookie.valued_flags;
    if (judgement->action != CG_ACTION_REWRITE) {
        return 0;
    }
    return untidy & judgement->after.present & ~cg_judgement_changes(judgement);
}

/* "+SameSite=Lax" added, "Max-Age=86400" replaced or tidied, "-Domain" removed. */
static void put_change(cg_json_line *line, cg_attribute attribute, const cg_judgement *judgement)
{
    unsigned bit = CG_ATTRIBUTE_BIT(attribute);
    if (judgement->removed & bit) {
        cg_write_char(line->writer, '-');
        cg_write(line->writer, cg_attribute_name(attribute));
        return;
    }
    if (judgement->added & bit) {
        cg_write_char(line->writer, '+');
    }
    put_attribute(line, attribute, &judgement->after);
}

/* "+Prefix=__Host-", if the name got one. */
static void put_prefix(cg_json_line *line, cg_prefix prefix, bool *is_first)
{
    if (prefix == CG_PREFIX_NONE) {
        return;
    }
    cg_json_put_comma(line, is_first);
    cg_write(line->writer, CG_SPAN("\"+Prefix="));
    cg_write(line->writer, cg_prefix_rows[prefix].text);
    cg_write_char(line->writer, '"');
}

static void put_changed(cg_json_line *line, const cg_event *event)
{
    unsigned changed = cg_judgement_changes(&event->judgement) | tidied_of(event);
    bool is_first = true;

    cg_json_put_key(line, CG_SPAN("changed"));
    cg_write_char(line->writer, '[');
    if (event->judgement.action == CG_ACTION_DROP) {
        cg_write_char(line->writer, '"');
        cg_write(line->writer, cg_judgement_fate(&event->judgement));
        cg_write(line->writer, CG_SPAN("\"]"));
        return;
    }
    put_prefix(line, event->judgement.prefix, &is_first);
    for (int i = CG_ATTRIBUTE_DOMAIN; i < CG_ATTRIBUTE_COUNT; i++) {
        if (changed & CG_ATTRIBUTE_BIT(i)) {
            cg_json_put_comma(line, &is_first);
            cg_write_char(line->writer, '"');
            put_change(line, (cg_attribute)i, &event->judgement);
            cg_write_char(line->writer, '"');
        }
    }
    cg_write_char(line->writer, ']');
}

static void put_refused(cg_json_line *line, unsigned refused)
{
    bool is_first = true;
    cg_json_put_key(line, CG_SPAN("refused"));
    cg_write_char(line->writer, '[');
    for (int i = CG_ATTRIBUTE_DOMAIN; i < CG_ATTRIBUTE_COUNT; i++) {
        if (refused & CG_ATTRIBUTE_BIT(i)) {
            cg_json_put_comma(line, &is_first);
            cg_write_char(line->writer, '"');
            cg_write(line->writer, cg_attribute_name((cg_attribute)i));
            cg_write_char(line->writer, '"');
        }
    }
    cg_write_char(line->writer, ']');
}

/* The rules that had a say: for each attribute the one that was carried out or refused, one that
 * drops, one that gives a prefix, one that was ignored. */
enum { RULES_MAX = CG_ATTRIBUTE_COUNT + 3 };

typedef struct rule_list {
    const char *places[RULES_MAX];
    unsigned count;
} rule_list;

static void add_rule(rule_list *list, const cg_rule *rule)
{
    if (!rule) {
        return;
    }
    for (unsigned i = 0; i < list->count; i++) {
        if (strcmp(list->places[i], rule->place) == 0) {
            return;
        }
    }
    list->places[list->count++] = rule->place;
}

/* The term that an attribute's change goes back to. Expires follows the term on Max-Age. */
static const cg_rule *rule_of(const cg_demands *demands, cg_attribute attribute)
{
    const cg_term *term =
        demands->term[attribute == CG_ATTRIBUTE_EXPIRES ? CG_ATTRIBUTE_MAX_AGE : attribute];
    return term ? term->rule : NULL;
}

static void find_rules(const cg_event *event, rule_list *list)
{
    unsigned concerned = cg_judgement_changes(&event->judgement) | event->judgement.refused;
    for (int i = CG_ATTRIBUTE_DOMAIN; i < CG_ATTRIBUTE_COUNT; i++) {
        if (concerned & CG_ATTRIBUTE_BIT(i)) {
            add_rule(list, rule_of(&event->demands, (cg_attribute)i));
        }
    }
    add_rule(list, event->judgement.drop);
    if (event->judgement.prefix != CG_PREFIX_NONE || event->judgement.withheld) {
        add_rule(list, event->judgement.guard);
    }
    if (event->findings & CG_FINDING_BIT(CG_FINDING_OVERRIDE_IGNORED)) {
        add_rule(list, event->demands.ignored);
    }
}

static void put_rules(cg_json_line *line, const cg_event *event)
{
    rule_list list = {.count = 0};
    bool is_first = true;

    find_rules(event, &list);
    cg_json_put_key(line, CG_SPAN("rules"));
    cg_write_char(line->writer, '[');
    for (unsigned i = 0; i < list.count; i++) {
        cg_json_put_comma(line, &is_first);
        cg_write_char(line->writer, '"');
        cg_json_put_text_end(line, cg_span_of(list.places[i]));
        cg_write_char(line->writer, '"');
    }
    cg_write_char(line->writer, ']');
}

/* What stood in the way of a cookie that could not be carried under its prefix. */
static void put_withheld(cg_json_line *line, cg_withheld withheld)
{
    if (withheld != CG_WITHHELD_NOT) {
        cg_json_put_text_field(line, CG_SPAN("withheld"), cg_withheld_name(withheld));
    }
}

/* A cookie that does not leave meets no browser. */
static void put_browser(cg_json_line *line, const cg_event *event)
{
    bool leaves = event->judgement.action != CG_ACTION_DROP;
    cg_write(line->writer, CG_SPAN(",\"browser\":{\"before\":\""));
    cg_write(line->writer, cg_browser_verdict_name(event->browser_before));
    cg_write(line->writer, CG_SPAN("\",\"after\":\""));
    cg_write(line->writer, leaves ? cg_browser_verdict_name(event->browser_after)
                                  : cg_judgement_fate(&event->judgement));
    cg_write(line->writer, CG_SPAN("\"}"));
}

/* -- records ------------------------------------------------------------------------------- */

static void put_attributes_field(cg_json_line *line, cg_span key, const cg_attributes *attributes,
                                 bool has_others)
{
    cg_json_put_key(line, key);
    cg_write_char(line->writer, '"');
    put_attributes(line, attributes, has_others);
    cg_write_char(line->writer, '"');
}

static void put_event(cg_json_line *line, const void *what)
{
    const cg_event *event = what;
    const cg_set_cookie *cookie = &event->cookie;
    bool has_others = cg_set_cookie_has_others(cookie);

    cg_record_put_head(line, event->request->time_us, CG_SPAN("cookie"), event->request->vhost);
    cg_record_put_request(line, event->request,
                          event->status ? event->status : event->request->status);
    cg_json_put_text_field(line, CG_SPAN("mode"), mode_names[event->mode]);
    cg_json_put_text_field(line, CG_SPAN("cookie"), cookie->name);
    cg_json_put_number_field(line, CG_SPAN("value_len"),
                             cookie->value.len / VALUE_LEN_STEP * VALUE_LEN_STEP);
    put_attributes_field(line, CG_SPAN("before"), &cookie->attributes, has_others);
    if (event->judgement.action == CG_ACTION_DROP) {
        cg_json_put_text_field(line, CG_SPAN("after"), CG_SPAN(""));
    } else {
        put_attributes_field(line, CG_SPAN("after"), &event->judgement.after, has_others);
    }
    put_changed(line, event);
    put_refused(line, event->judgement.refused);
    put_withheld(line, event->judgement.withheld);
    put_rules(line, event);
    cg_record_put_findings(line, event->findings, cg_name_is_session_like(cookie->name));
    put_browser(line, event);
}

static void put_count(cg_json_line *line, const void *what)
{
    const cg_sighting_count *count = what;
    cg_record_put_head(line, count->time_us, CG_SPAN("cookie-count"), count->vhost);
    cg_json_put_text_field(line, CG_SPAN("mode"), mode_names[count->mode]);
    cg_json_put_text_field(line, CG_SPAN("cookie"), count->name);
    cg_json_put_text_field(line, CG_SPAN("before"), count->before);
    cg_json_put_number_field(line, CG_SPAN("count"), count->count);
    cg_json_put_moment_field(line, CG_SPAN("first"), count->first_us);
    cg_json_put_moment_field(line, CG_SPAN("last"), count->last_us);
    cg_record_put_findings(line, count->findings, count->is_session_like);
    line->is_cut |= count->is_cut;
}

typedef struct omitted_cookies {
    const cg_event_request *request;
    uint64_t count;
} omitted_cookies;

static void put_omitted(cg_json_line *line, const void *what)
{
    const omitted_cookies *omitted = what;
    cg_record_put_head(line, omitted->request->time_us, CG_SPAN("cookies-omitted"),
                       omitted->request->vhost);
    cg_record_put_request(line, omitted->request, omitted->request->status);
    cg_json_put_number_field(line, CG_SPAN("count"), omitted->count);
}

typedef struct refused_cookies {
    const cg_event_request *request;
    const cg_restored *restored;
} refused_cookies;

/* {"spelling":2,"plain":1}, and their sum. */
static void put_refusals(cg_json_line *line, const unsigned refused[CG_REFUSAL_COUNT])
{
    bool is_first = true;
    uint64_t sum = 0;
    cg_json_put_key(line, CG_SPAN("refusals"));
    cg_write_char(line->writer, '{');
    for (int i = CG_REFUSAL_NONE + 1; i < CG_REFUSAL_COUNT; i++) {
        if (refused[i]) {
            cg_json_put_comma(line, &is_first);
            cg_write_char(line->writer, '"');
            cg_write(line->writer, cg_refusal_name((cg_refusal)i));
            cg_write(line->writer, CG_SPAN("\":"));
            cg_write_number(line->writer, refused[i]);
            sum += refused[i];
        }
    }
    cg_write_char(line->writer, '}');
    cg_json_put_number_field(line, CG_SPAN("count"), sum);
}

static void put_refused_cookies(cg_json_line *line, const void *what)
{
    const refused_cookies *refused = what;
    const cg_guard *guard = refused->restored->first_refused;
    cg_record_put_head(line, refused->request->time_us, CG_SPAN("cookies-refused"),
                       refused->request->vhost);
    cg_record_put_request(line, refused->request, refused->request->status);
    cg_json_put_text_field(line, CG_SPAN("mode"), mode_names[CG_MODE_ON]);
    cg_json_put_text_field(line, CG_SPAN("cookie"), guard ? guard->name.text : CG_SPAN(""));
    put_refusals(line, refused->restored->refused);
}

typedef struct held_back_records {
    int64_t time_us;
    cg_span vhost;
    uint64_t count;
} held_back_records;

static void put_held_back(cg_json_line *line, const void *what)
{
    const held_back_records *held_back = what;
    cg_record_put_head(line, held_back->time_us, CG_SPAN("refused-count"), held_back->vhost);
    cg_json_put_number_field(line, CG_SPAN("count"), held_back->count);
}

void cg_record_print(cg_writer *writer, const cg_event *event)
{
    cg_record_print_fitted(writer, put_event, event);
}

void cg_record_print_count(cg_writer *writer, const cg_sighting_count *count)
{
    cg_record_print_fitted(writer, put_count, count);
}

void cg_record_print_omitted(cg_writer *writer, const cg_event_request *request, uint64_t count)
{
    omitted_cookies omitted = {request, count};
    cg_record_print_fitted(writer, put_omitted, &omitted);
}

void cg_record_print_refused(cg_writer *writer, const cg_event_request *request,
                             const cg_restored *restored)
{
    refused_cookies refused = {request, restored};
    cg_record_print_fitted(writer, put_refused_cookies, &refused);
}

void cg_record_print_held_back(cg_writer *writer, int64_t time_us, cg_span vhost, uint64_t count)
{
    held_back_records held_back = {time_us, vhost, count};
    cg_record_print_fitted(writer, put_held_back, &held_back);
}
