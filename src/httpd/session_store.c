/* The store of this server: ring, sub-keys, segment. */
#include "session_store.h"
