/* A shard made anew from the records that stand in it. */
#include "table.h"
