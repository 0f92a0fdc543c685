/* The state directory: what is kept there, and who may read it. */
#include "state_dir.h"
