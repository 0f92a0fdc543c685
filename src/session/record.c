/* Sealing and opening a record. */
#include "record.h"
