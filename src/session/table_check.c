/* Every invariant of the table, looked at one by one. */
#include "table.h"
