/* Any text as a token: it is printed as it was read, or nothing of it is left. */
#include "fuzz_input.h"

#include "session/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* What docs/record-format.md says of a token, said in another way than src/session/token.c does. */
static bool is_token(cg_span text)
{
    bool is = text.len == CG_TOKEN_TEXT_LEN && text.at[0] == CG_TOKEN_FORMAT;
    for (size_t i = 1; is && i < text.len; i++) {
        is = text.at[i] != '\0' && strchr(alphabet, text.at[i]) != NULL;
    }
    return is;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const cg_token zero;
    cg_span text = {(const char *)data, size};
    char again[CG_TOKEN_TEXT_LEN + 1];
    cg_token token;
    bool is = cg_token_parse(text, &token);

    fuzz_check(is == is_token(text), "what a token is");
    if (!is) {
        fuzz_check(memcmp(&token, &zero, sizeof token) == 0, "nothing is left");
        return 0;
    }
    cg_token_print(&token, again);
    fuzz_check(cg_span_equal(text, cg_span_of(again)), "printed as it was read");
    return 0;
}
