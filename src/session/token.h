/* The browser's token: text to value and back. It has no printer for people.
 *
 * The handle finds the record and opens nothing. The secret is stored nowhere; it is an input of
 * the record's key (crypto.h) and wiped as soon as that is made. Neither is ever part of a log line,
 * a note, an environment variable, a URL or a request to a backend. */
#ifndef CG_TOKEN_H
#define CG_TOKEN_H

#include "../cookie/span.h"
#include "format.h"

typedef struct cg_token {
    unsigned char handle[CG_HANDLE_SIZE];
    unsigned char secret[CG_SECRET_SIZE];
} cg_token;

/* False, and *token all zero, for whatever is not a token to the octet: another letter, another
 * length, an octet outside the alphabet. Takes the same steps for every text of the right length. */
bool cg_token_parse(cg_span text, cg_token *token);

/* Writes CG_TOKEN_TEXT_LEN octets and a NUL: for the Set-Cookie line and nothing else. */
void cg_token_print(const cg_token *token, char text[CG_TOKEN_TEXT_LEN + 1]);

#endif
