/* The session of one client request. */
#include "request_session.h"
