/* Any octets as a Set-Cookie line: read as the second opinion reads them. */
#include "fuzz_input.h"

#include "../property/oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static octets octets_of(cg_span span)
{
    return (octets){span.at, span.len};
}

static void check_inside(cg_span part, cg_span line)
{
    fuzz_check(part.len == 0 || (part.at >= line.at && part.at + part.len <= line.at + line.len),
               "a span lies outside the line");
}

static void check_steps(const cg_set_cookie *cookie)
{
    cg_span rest = cookie->rest;
    cg_attribute_token token;
    size_t len = cookie->pair.len;
    while (cg_attribute_next(&rest, &token)) {
        check_inside(token.raw, cookie->line);
        check_inside(token.name, token.raw);
        check_inside(token.value, token.raw);
        len += 1 + token.raw.len;
    }
    fuzz_check(len == cookie->line.len, "pair and attributes are not the whole line");
}

static void check_attributes(const cg_attributes *is, const reading *wanted)
{
    static const oracle_word words[CG_ATTRIBUTE_COUNT] = {
        WORD_OTHER,  WORD_DOMAIN,   WORD_PATH,     WORD_EXPIRES,     WORD_MAX_AGE,
        WORD_SECURE, WORD_HTTPONLY, WORD_SAMESITE, WORD_PARTITIONED,
    };
    for (int i = CG_ATTRIBUTE_OTHER + 1; i < CG_ATTRIBUTE_COUNT; i++) {
        bool is_present = is->present & CG_ATTRIBUTE_BIT(i);
        fuzz_check(is_present == wanted->has[words[i]], "another set of attributes");
    }
    fuzz_check(!wanted->has[WORD_DOMAIN] || text_is(octets_of(is->domain), wanted->domain),
               "Domain");
    fuzz_check(!wanted->has[WORD_PATH] || text_is(octets_of(is->path), wanted->path), "Path");
    fuzz_check(!wanted->has[WORD_EXPIRES] || is->expires == wanted->expires, "Expires");
    fuzz_check(!wanted->has[WORD_MAX_AGE] || is->max_age == wanted->max_age, "Max-Age");
    fuzz_check(!wanted->has[WORD_SAMESITE] || (int)is->same_site == (int)wanted->same_site,
               "SameSite");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cg_span line = {(const char *)data, size};
    cg_set_cookie cookie;
    reading wanted;

    cg_set_cookie_parse(line, &cookie);
    oracle_read(octets_of(line), &wanted);
    fuzz_check((cookie.kind != CG_LINE_COOKIE) == wanted.is_ignored, "ignored or not");
    fuzz_check(text_is(octets_of(cookie.name), wanted.name), "name");
    fuzz_check(text_is(octets_of(cookie.value), wanted.value), "value");
    check_inside(cookie.name, cookie.pair);
    check_inside(cookie.value, cookie.pair);
    check_attributes(&cookie.attributes, &wanted);
    check_steps(&cookie);
    return 0;
}
