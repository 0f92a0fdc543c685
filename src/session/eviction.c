/* Who goes when there is no room. */
#include "eviction.h"
