/* The token: base64url in the same steps for every text. */
#include "token.h"
