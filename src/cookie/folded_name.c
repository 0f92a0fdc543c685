/* Folding names. */
#include "folded_name.h"

static int hex_digit(char c)
{
    char lower = cg_ascii_lower(c);
    if (cg_ascii_is_digit(c)) {
        return c - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The next octet, percent-decoded; moves *at past it. */
static unsigned char next_octet(cg_span name, size_t *at)
{
    char c = name.at[(*at)++];
    if (c == '%' && name.len - *at >= 2) {
        int high = hex_digit(name.at[*at]), low = hex_digit(name.at[*at + 1]);
        if (high >= 0 && low >= 0) {
            *at += 2;
            return (unsigned char)(high * 16 + low);
        }
    }
    return (unsigned char)c;
}

size_t cg_name_trimmed_end(cg_span name)
{
    size_t at = name.len >= 3 ? name.len - 3 : 0;
    char last = name.len ? name.at[name.len - 1] : 'a';

    if (last == '+' || cg_name_is_trimmed((unsigned char)last)) {
        return 1;
    }
    return name.len >= 3 && name.at[at] == '%' && cg_name_is_trimmed(next_octet(name, &at)) ? 3 : 0;
}

/* The end of the name up to here, if what is trimmed behind it counts where it is a `_`. */
static size_t end_with_underscores(const cg_folded_name *folded, size_t end)
{
    size_t wide = folded->len;
    while (wide < end && folded->at[wide] == '_') {
        wide++;
    }
    return wide;
}

static void set_ends(cg_folded_name *folded, size_t which, size_t end)
{
    folded->ends[which] = folded->len;
    folded->ends[which + 1] = end_with_underscores(folded, end);
}

/* Octets that are trimmed wait behind `len` until one comes that is not; what then finds no room
 * makes the whole name too long. */
void cg_name_fold(cg_span name, cg_folded_name *folded)
{
    size_t at = 0, end = 0, end_before_plus = 0;
    bool has_begun = false, is_cut = false;

    folded->len = folded->starts[0] = folded->starts[1] = 0;
    while (at < name.len) {
        unsigned char c = next_octet(name, &at);
        bool is_trimmed = cg_name_is_trimmed(c);

        if (is_trimmed && c != '[' && folded->len == 0) {
            continue;
        }
        if ((c == '[' || c == '\0') && has_begun && !is_cut) {
            is_cut = true;
            set_ends(folded, 2, end);
        }
        if (!is_trimmed && c != '+' && !has_begun) {
            has_begun = true;
            folded->starts[1] = end;
        }
        if (end < CG_FOLDED_NAME_MAX) {
            folded->at[end++] = cg_name_fold_octet(c);
        } else if (!is_trimmed) {
            folded->len = end = end_before_plus = 0;
            break;
        }
        folded->len = is_trimmed ? folded->len : end;
        end_before_plus = is_trimmed || c == '+' ? end_before_plus : end;
    }
    folded->ends[4] = end_before_plus;
    set_ends(folded, 0, end);
    if (!is_cut) {
        set_ends(folded, 2, end);
    }
}
