/* Sub-keys: one for each purpose. */
#include "sub_keys.h"
