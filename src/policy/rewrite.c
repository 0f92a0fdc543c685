/* Writing the enforced line. */
#include "rewrite.h"

#include "../cookie/cookie_date.h"

/* Room for one of each attribute with its separator, but for the texts of Path and Domain. */
enum { ATTRIBUTES_SIZE_MAX = 256 };

size_t cg_rewrite_size_max(const cg_set_cookie *cookie, const cg_judgement *judgement)
{
    return cookie->line.len + ATTRIBUTES_SIZE_MAX + judgement->after.path.len +
           judgement->after.domain.len;
}

void cg_attribute_print(cg_writer *writer, cg_attribute attribute, const cg_attributes *attributes)
{
    cg_write(writer, cg_attribute_name(attribute));
    if (CG_ATTRIBUTE_BIT(attribute) & CG_ATTRIBUTE_FLAGS) {
        return;
    }
    cg_write_char(writer, '=');
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

/* A known attribute: the occurrence that counts is kept, renewed or taken away; what a browser
 * overlooks goes as soon as its attribute stands elsewhere or is to be gone. */
static void print_known(cg_writer *writer, const cg_attribute_token *token,
                        const cg_set_cookie *cookie, const cg_judgement *judgement)
{
    unsigned bit = CG_ATTRIBUTE_BIT(token->kind);
    bool stands_before = (cookie->attributes.present & bit) != 0;
    bool stands_after = (judgement->after.present & bit) != 0;

    if (!stands_before && !stands_after) {
        print_as_it_stands(writer, token);
    } else if (stands_after && token->raw.at == cookie->effective[token->kind]) {
        if ((judgement->replaced | cookie->valued_flags) & bit) {
            print_in_place(writer, token, &judgement->after);
        } else {
            print_as_it_stands(writer, token);
        }
    }
}

/* Nothing but white space behind the last semicolon: new attributes take its place. */
static bool is_blank_end(const cg_attribute_token *token, cg_span rest)
{
    return rest.len == 0 && token->name.len == 0 && !token->has_value;
}

static void print_attributes(cg_writer *writer, const cg_set_cookie *cookie,
                             const cg_judgement *judgement)
{
    cg_span rest = cookie->rest;
    cg_attribute_token token;

    while (cg_attribute_next(&rest, &token)) {
        if (token.kind != CG_ATTRIBUTE_OTHER) {
            print_known(writer, &token, cookie, judgement);
        } else if (!(judgement->added && is_blank_end(&token, rest))) {
            print_as_it_stands(writer, &token);
        }
    }
}

/* Every occurrence stays: attributes are only added, and the line ends in no semicolon. */
static bool stays_whole(const cg_set_cookie *cookie, const cg_judgement *judgement)
{
    cg_span line = cg_span_trim(cookie->line);
    unsigned touched = judgement->replaced | judgement->removed | cookie->repeated |
                       cookie->ignored | cookie->valued_flags;
    return touched == 0 && line.len && line.at[line.len - 1] != ';';
}

void cg_rewrite_print(cg_writer *writer, const cg_set_cookie *cookie, const cg_judgement *judgement)
{
    if (stays_whole(cookie, judgement)) {
        cg_write(writer, cookie->line);
    } else {
        cg_write(writer, cookie->pair);
        print_attributes(writer, cookie, judgement);
    }
    for (int i = CG_ATTRIBUTE_DOMAIN; judgement->added >> i; i++) {
        if (judgement->added & CG_ATTRIBUTE_BIT(i)) {
            cg_write(writer, CG_SPAN("; "));
            cg_attribute_print(writer, (cg_attribute)i, &judgement->after);
        }
    }
}
