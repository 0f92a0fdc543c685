/* What is wrong with a configuration of sessions, each in a sentence. */
#include "session_checks.h"
