/* Settings of sessions: their defaults and their merge. */
#include "session_settings.h"
