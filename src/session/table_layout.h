/* Where everything stands in a segment of the table. */
#ifndef CG_TABLE_LAYOUT_H
#define CG_TABLE_LAYOUT_H

#include "table.h"

#endif
