/* Any octets as a Cache-Control line: read as a slow reader reads them, and closed for good by what
 * is printed instead. */
#include "fuzz_input.h"

#include "policy/cache_guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The plain way: octet by octet, each element copied out. */
static unsigned read_slowly(const char *text, size_t len)
{
    unsigned says = 0;
    char *element = malloc(len + 1);
    size_t element_len = 0;
    bool is_quoted = false;

    for (size_t i = 0; i <= len; i++) {
        if (i == len || (text[i] == ',' && !is_quoted)) {
            /* an element alone cannot be split once more */
            cg_span alone = cg_span_trim((cg_span){element, element_len});
            says |= cg_cache_control_read(alone);
            element_len = 0;
            continue;
        }
        element[element_len++] = text[i];
        if (is_quoted && text[i] == '\\' && i + 1 < len) {
            element[element_len++] = text[++i];
        } else if (text[i] == '"') {
            is_quoted = !is_quoted;
        }
    }
    free(element);
    return says;
}

/* A reader for whom a blank separates too and a quote is an octet like any other. */
static bool says_word_to_the_careless(cg_span text, cg_span word)
{
    size_t start = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i == text.len || text.at[i] == ',' || text.at[i] == ' ' || text.at[i] == '\t') {
            if (cg_span_equal_folded(cg_span_part(text, start, i), word)) {
                return true;
            }
            start = i + 1;
        }
    }
    return false;
}

static void check_cure(cg_span text, cg_cache_cure cure)
{
    cg_writer measure = {.size = 0};
    cg_writer writer, again;
    cg_span word = cure == CG_CACHE_CURE_PRIVATE ? CG_SPAN("private") : CG_SPAN("no-store");
    cg_span printed;
    cg_cache_facts facts = {.method = CG_CACHE_METHOD_GET, .status = 200};

    cg_cache_control_print(&measure, text, cure);
    writer = (cg_writer){.at = malloc(measure.len), .size = measure.len};
    cg_cache_control_print(&writer, text, cure);
    fuzz_check(writer.len == measure.len, "measured otherwise than written");
    printed = (cg_span){writer.at, writer.len};

    facts.general = cg_cache_control_read(printed);
    fuzz_check(cg_cache_judge(CG_CACHE_WISH_AUTO, &facts).open_to == 0, "open after the cure");
    fuzz_check(!(facts.general & (CG_SAYS_PUBLIC | CG_SAYS_S_MAXAGE)), "public after the cure");
    fuzz_check(says_word_to_the_careless(printed, word), "the careless reader misses the word");

    again = (cg_writer){.at = malloc(measure.len), .size = measure.len};
    cg_cache_control_print(&again, printed, cure);
    fuzz_check(cg_span_equal((cg_span){again.at, again.len}, printed), "not settled");
    free(again.at);
    free(writer.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cg_span text = {(const char *)data, size};

    fuzz_check(cg_cache_control_read(text) == read_slowly(text.at, text.len), "read otherwise");
    check_cure(text, CG_CACHE_CURE_PRIVATE);
    check_cure(text, CG_CACHE_CURE_NO_STORE);
    return 0;
}
