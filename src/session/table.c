/* The table: finding, putting, replacing and removing records. */
#include "table.h"
