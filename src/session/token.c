/* The token: a letter and base64url, read in the same steps for every text. */
#include "token.h"

#include <assert.h>

#include "base64.h"
#include "crypto.h"

enum { GROUPS = (CG_TOKEN_TEXT_LEN - 1) / CG_BASE64_LETTERS };

static_assert(sizeof(cg_token) == GROUPS * CG_BASE64_OCTETS, "handle and secret lie side by side");

bool cg_token_parse(cg_span text, cg_token *token)
{
    bool is_token;

    memset(token, 0, sizeof *token);
    if (text.len != CG_TOKEN_TEXT_LEN) {
        return false;
    }
    is_token = cg_base64_read(CG_BASE64_URL, text.at + 1, GROUPS, (unsigned char *)token);
    if (!is_token || text.at[0] != CG_TOKEN_FORMAT) {
        cg_wipe(token, sizeof *token);
        return false;
    }
    return true;
}

void cg_token_print(const cg_token *token, char text[CG_TOKEN_TEXT_LEN + 1])
{
    text[0] = CG_TOKEN_FORMAT;
    cg_base64_print(CG_BASE64_URL, (const unsigned char *)token, GROUPS, text + 1);
    text[CG_TOKEN_TEXT_LEN] = '\0';
}
