/* The directives: their names, where they may stand, and what is said when they are wrong. */
#ifndef CG_DIRECTIVES_H
#define CG_DIRECTIVES_H

#include "config.h"

extern const command_rec cg_directives[];

#endif
