/* The key ring: its text, and how it turns. */
#include "key_ring.h"
