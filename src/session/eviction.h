/* Who goes when there is no room. */
#ifndef CG_EVICTION_H
#define CG_EVICTION_H

#include "table.h"

#endif
