/* The state directory: below it stand the key ring and what tells our segment from another's.
 *
 * 0700, of the user who starts the server; its files 0600. Children never write it. Whatever has
 * another owner or lets others in is refused with a sentence; nothing is repaired silently. */
#ifndef CG_STATE_DIR_H
#define CG_STATE_DIR_H

#include "config.h"

#endif
