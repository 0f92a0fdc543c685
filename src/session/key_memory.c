/* Pages for keys. */
#include "key_memory.h"
