/* Matching cookie names. */
#include "pattern.h"

cg_pattern cg_pattern_parse(cg_span text)
{
    cg_pattern pattern = {.kind = CG_PATTERN_EXACT, .text = text};

    if (text.len && text.at[0] == '~') {
        pattern.kind = CG_PATTERN_REGEX;
        pattern.text = cg_span_part(text, 1, text.len);
        return pattern;
    }
    if (cg_span_equal(text, CG_SPAN("*"))) {
        pattern.kind = CG_PATTERN_ANY;
    } else if (cg_span_find(text, '*') < text.len || cg_span_find(text, '?') < text.len) {
        pattern.kind = CG_PATTERN_GLOB;
    }
    if (text.len && text.at[0] != '*' && text.at[0] != '?') {
        pattern.first = text.at[0];
    }
    return pattern;
}

/* Greedy with one point to come back to: the last star takes one octet more at each miss. The work
 * is at most the product of both lengths. */
static bool glob_matches(cg_span glob, cg_span name)
{
    size_t g = 0, n = 0, star = glob.len, star_name = 0;

    while (n < name.len) {
        if (g < glob.len && glob.at[g] == '*') {
            star = g++;
            star_name = n;
        } else if (g < glob.len && (glob.at[g] == '?' || glob.at[g] == name.at[n])) {
            g++;
            n++;
        } else if (star < glob.len) {
            g = star + 1;
            n = ++star_name;
        } else {
            return false;
        }
    }
    while (g < glob.len && glob.at[g] == '*') {
        g++;
    }
    return g == glob.len;
}

bool cg_pattern_matches(const cg_pattern *pattern, cg_span name)
{
    if (pattern->first && (name.len == 0 || name.at[0] != pattern->first)) {
        return false;
    }
    switch (pattern->kind) {
    case CG_PATTERN_EXACT:
        return cg_span_equal(pattern->text, name);
    case CG_PATTERN_ANY:
        return true;
    case CG_PATTERN_GLOB:
        return glob_matches(pattern->text, name);
    case CG_PATTERN_REGEX:
        return pattern->matches && pattern->matches(pattern->regex, name);
    }
    return false;
}

bool cg_pattern_covers(const cg_pattern *outer, const cg_pattern *inner)
{
    if (outer->kind == CG_PATTERN_ANY) {
        return true;
    }
    if (inner->kind == CG_PATTERN_EXACT) {
        return cg_pattern_matches(outer, inner->text);
    }
    return outer->kind == inner->kind && cg_span_equal(outer->text, inner->text);
}

bool cg_pattern_excludes_prefix(const cg_pattern *pattern, cg_span prefix)
{
    if (pattern->kind == CG_PATTERN_REGEX || pattern->kind == CG_PATTERN_ANY) {
        return false;
    }
    for (size_t i = 0; i < prefix.len; i++) {
        if (i == pattern->text.len) {
            return true; /* the name ends before the prefix does */
        }
        if (pattern->kind == CG_PATTERN_GLOB && pattern->text.at[i] == '*') {
            return false;
        }
        if (pattern->kind == CG_PATTERN_GLOB && pattern->text.at[i] == '?') {
            continue;
        }
        if (pattern->text.at[i] != prefix.at[i]) {
            return true;
        }
    }
    return false;
}
