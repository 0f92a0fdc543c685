/* What a session holds: reading, looking for, and changing a list of items. */
#include "content.h"
