/* Writing the enforced line. */
#include "rewrite.h"

#include "../cookie/cookie_date.h"

/* What is written of an attribute before its value, with the separator that a new one needs. */
static const cg_short_text openings[CG_ATTRIBUTE_COUNT] = {
    [CG_ATTRIBUTE_DOMAIN] = {"; Domain=", 9},
    [CG_ATTRIBUTE_PATH] = {"; Path=", 7},
    [CG_ATTRIBUTE_EXPIRES] = {"; Expires=", 10},
    [CG_ATTRIBUTE_MAX_AGE] = {"; Max-Age=", 10},
    [CG_ATTRIBUTE_SECURE] = {"; Secure", 8},
    [CG_ATTRIBUTE_HTTPONLY] = {"; HttpOnly", 10},
    [CG_ATTRIBUTE_SAMESITE] = {"; SameSite=", 11},
    [CG_ATTRIBUTE_PARTITIONED] = {"; Partitioned", 13},
};

/* The whole of a new SameSite, which is added to nearly every cookie. */
static const cg_short_text same_site_openings[CG_SAME_SITE_COUNT] = {
    [CG_SAME_SITE_NONE] = {"; SameSite=None", 15},
    [CG_SAME_SITE_LAX] = {"; SameSite=Lax", 14},
    [CG_SAME_SITE_STRICT] = {"; SameSite=Strict", 17},
};

static void print_value(cg_writer *writer, cg_attribute attribute, const cg_attributes *attributes)
{
    switch (attribute) {
    case CG_ATTRIBUTE_DOMAIN:
        cg_write(writer, attributes->domain);
        break;
    case CG_ATTRIBUTE_PATH:
        cg_write(writer, attributes->path);
        break;
    case CG_ATTRIBUTE_EXPIRES:
        cg_cookie_date_print(writer, attributes->expires);
        break;
    case CG_ATTRIBUTE_MAX_AGE:
        cg_write_number(writer, attributes->max_age);
        break;
    case CG_ATTRIBUTE_SAMESITE:
        cg_write(writer, cg_same_site_name(attributes->same_site));
        break;
    default:
        break;
    }
}

void cg_attribute_print(cg_writer *writer, cg_attribute attribute, const cg_attributes *attributes)
{
    const cg_short_text *opening = &openings[attribute];
    cg_write(writer, (cg_span){opening->at + 2, opening->len - 2});
    print_value(writer, attribute, attributes);
}

/* The attribute in new words, behind the white space that the old ones had before them. */
static void print_in_place(cg_writer *writer, const cg_attribute_token *token,
                           const cg_attributes *attributes)
{
    size_t blank = 0;
    while (blank < token->raw.len && cg_ascii_is_wsp(token->raw.at[blank])) {
        blank++;
    }
    cg_write_char(writer, ';');
    cg_write(writer, cg_span_part(token->raw, 0, blank));
    cg_attribute_print(writer, token->kind, attributes);
}

static void print_as_it_stands(cg_writer *writer, const cg_attribute_token *token)
{
    cg_write_char(writer, ';');
    cg_write(writer, token->raw);
}

/* A known attribute. Of several occurrences one is left: the one that counts is kept, renewed or
 * taken away; one that a browser ignores is kept until its attribute is added. */
static void print_known(cg_writer *writer, const cg_attribute_token *token,
                        const cg_set_cookie *cookie, const cg_judgement *judgement)
{
    unsigned bit = CG_ATTRIBUTE_BIT(token->kind);

    if (token->raw.at != cookie->effective[token->kind] ||
        ((judgement->removed | judgement->added) & bit)) {
        return;
    }
    if ((judgement->replaced | cookie->valued_flags) & bit) {
        print_in_place(writer, token, &judgement->after);
    } else {
        print_as_it_stands(writer, token);
    }
}

static void print_attributes(cg_writer *writer, const cg_set_cookie *cookie,
                             const cg_judgement *judgement)
{
    cg_span rest = cookie->rest;
    cg_attribute_token token;

    while (cg_attribute_next(&rest, &token)) {
        if (token.kind != CG_ATTRIBUTE_OTHER) {
            print_known(writer, &token, cookie, judgement);
        } else if (!(judgement->added && cookie->ends_blank && rest.len == 0)) {
            print_as_it_stands(writer, &token);
        }
    }
}

/* What the built-in rule adds, by which of its three attributes are missing: their bits are next to
 * each other. */
#define USUALLY_ADDED                                                                              \
    (CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_SECURE) | CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_HTTPONLY) |             \
     CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_SAMESITE))

static const cg_short_text usual_additions[] = {
    {"", 0},
    {"; Secure", 8},
    {"; HttpOnly", 10},
    {"; Secure; HttpOnly", 18},
    {"; SameSite=Lax", 14},
    {"; Secure; SameSite=Lax", 22},
    {"; HttpOnly; SameSite=Lax", 24},
    {"; Secure; HttpOnly; SameSite=Lax", 32},
};

static void print_added(cg_writer *writer, unsigned added, const cg_attributes *attributes)
{
    if (!(added & ~USUALLY_ADDED) && attributes->same_site == CG_SAME_SITE_LAX) {
        cg_write_short(writer, &usual_additions[added >> CG_ATTRIBUTE_SECURE]);
        return;
    }
    for (unsigned rest = added; rest; rest &= rest - 1) {
        cg_attribute attribute = cg_attribute_first(rest);
        if (attribute == CG_ATTRIBUTE_SAMESITE) {
            cg_write_short(writer, &same_site_openings[attributes->same_site]);
            continue;
        }
        cg_write_short(writer, &openings[attribute]);
        if (!(CG_ATTRIBUTE_BIT(attribute) & CG_ATTRIBUTE_FLAGS)) {
            print_value(writer, attribute, attributes);
        }
    }
}

/* Every occurrence stays: attributes are only added, and not in the place of a blank end. */
static bool stays_whole(const cg_set_cookie *cookie, const cg_judgement *judgement)
{
    unsigned touched = judgement->replaced | judgement->removed | cookie->repeated |
                       cookie->ignored | cookie->valued_flags;
    return touched == 0 && !cookie->ends_blank;
}

/* The text without the white space before the name. */
static cg_span from_name(cg_span text, cg_span name)
{
    return cg_span_part(text, (size_t)(name.at - text.at), text.len);
}

void cg_rewrite_print(cg_writer *writer, const cg_set_cookie *cookie, const cg_judgement *judgement)
{
    bool is_whole = stays_whole(cookie, judgement);
    cg_span start = is_whole ? cookie->line : cookie->pair;

    if (judgement->prefix != CG_PREFIX_NONE) {
        cg_write(writer, cg_prefix_rows[judgement->prefix].text);
        start = from_name(start, cookie->name);
    }
    cg_write(writer, start);
    if (!is_whole) {
        print_attributes(writer, cookie, judgement);
    }
    print_added(writer, judgement->added, &judgement->after);
}
