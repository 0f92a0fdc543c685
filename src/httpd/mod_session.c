/* mod_session's provider. */
#include "mod_session.h"
