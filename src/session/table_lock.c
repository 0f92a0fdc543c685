/* Taking a shard, also one whose last holder died. */
#include "table.h"
