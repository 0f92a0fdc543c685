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

static bool is_outside(unsigned char c)
{
    return c <= 0x20 || c >= 0x7F;
}

static char fold_octet(unsigned char c)
{
    if (c == '.' || c == '[' || c == '+' || c == ' ') {
        return '_';
    }
    return cg_ascii_lower((char)c);
}

void cg_name_fold(cg_span name, cg_folded_name *folded)
{
    size_t end = 0; /* behind the last octet that is not left out */
    size_t at = 0, base_end = 0;
    bool has_base = false;

    folded->len = 0;
    while (at < name.len) {
        unsigned char c = next_octet(name, &at);
        if ((c == '[' || c == '\0') && !has_base && folded->len) {
            has_base = true;
            base_end = end;
        }
        if (folded->len == 0 && is_outside(c)) {
            continue;
        }
        if (folded->len == CG_FOLDED_NAME_MAX) {
            folded->len = folded->base_len = 0;
            return;
        }
        folded->at[folded->len++] = fold_octet(c);
        end = is_outside(c) ? end : folded->len;
    }
    folded->len = end;
    folded->base_len = has_base ? base_end : end;
}
