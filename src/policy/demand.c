/* Adding up what rules ask, and what .htaccess may ask. */
#include "demand.h"

/* A term that lets the application's own word stand, whatever it is. */
static bool asks_nothing(const cg_term *term)
{
    return term == NULL || term->verb == CG_VERB_KEEP;
}

static bool same_site_tightens(const cg_term *term, const cg_term *before)
{
    cg_same_site least = CG_SAME_SITE_DEFAULT;
    if (!asks_nothing(before) && before->verb != CG_VERB_REMOVE) {
        least = before->same_site;
    }
    switch (term->verb) {
    case CG_VERB_DEFAULT:
        return term->same_site > CG_SAME_SITE_NONE && term->same_site >= least &&
               (asks_nothing(before) || before->verb == CG_VERB_DEFAULT);
    case CG_VERB_FLOOR:
        return term->same_site >= least;
    case CG_VERB_EXACT:
        return term->same_site == CG_SAME_SITE_STRICT;
    default:
        return false;
    }
}

static bool max_age_tightens(const cg_term *term, const cg_term *before)
{
    if (term->verb != CG_VERB_CAP) {
        return false;
    }
    if (asks_nothing(before)) {
        return true;
    }
    return before->verb != CG_VERB_REMOVE && term->seconds <= before->seconds;
}

bool cg_term_tightens(const cg_term *term, const cg_term *before)
{
    switch (term->attribute) {
    case CG_ATTRIBUTE_SECURE:
    case CG_ATTRIBUTE_HTTPONLY:
    case CG_ATTRIBUTE_PARTITIONED:
        return term->verb == CG_VERB_DEFAULT;
    case CG_ATTRIBUTE_SAMESITE:
        return same_site_tightens(term, before);
    case CG_ATTRIBUTE_MAX_AGE:
        return max_age_tightens(term, before);
    default:
        return false;
    }
}

static bool is_allowed(const cg_term *term, const cg_demands *demands, cg_override override)
{
    if (term->rule->is_refused || override == CG_OVERRIDE_NONE) {
        return false;
    }
    return override == CG_OVERRIDE_ALL || cg_term_tightens(term, demands->term[term->attribute]);
}

static inline void set_term(cg_demands *demands, const cg_term *term)
{
    unsigned bit = CG_ATTRIBUTE_BIT(term->attribute);

    demands->term[term->attribute] = term;
    if (bit & CG_ATTRIBUTE_FLAGS) {
        unsigned others_wanted = demands->wanted_flags & ~bit;
        unsigned others_unwanted = demands->unwanted_flags & ~bit;
        demands->wanted_flags = others_wanted | (term->verb == CG_VERB_DEFAULT ? bit : 0);
        demands->unwanted_flags = others_unwanted | (term->verb == CG_VERB_REMOVE ? bit : 0);
    } else {
        demands->valued |= bit;
    }
}

/* A rule of .htaccess: of its terms those that are allowed. */
static void add_allowed(cg_demands *demands, const cg_rule *rule, cg_override override)
{
    bool has_ignored = rule->drop || rule->has_prefix;
    for (unsigned i = 0; i < rule->term_count; i++) {
        const cg_term *term = &rule->terms[i];
        if (is_allowed(term, demands, override)) {
            set_term(demands, term);
        } else {
            has_ignored = true;
        }
    }
    if (has_ignored && !demands->ignored) {
        demands->ignored = rule;
    }
}

void cg_demands_add(cg_demands *demands, const cg_rule *rule, cg_override override)
{
    if (rule->scope == CG_SCOPE_HTACCESS) {
        add_allowed(demands, rule, override);
        return;
    }
    for (unsigned i = 0; i < rule->term_count; i++) {
        set_term(demands, &rule->terms[i]);
        if (rule->is_known_cookie) {
            demands->lifted_by_table |= CG_ATTRIBUTE_BIT(rule->terms[i].attribute);
        }
    }
}
