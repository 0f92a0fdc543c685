/* A session's life. */
#include "session.h"
