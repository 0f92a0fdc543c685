/* All cryptography, by OpenSSL 3: what is fetched is kept, what is secret is wiped. */
#include "crypto.h"
