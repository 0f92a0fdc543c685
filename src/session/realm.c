/* Realms and subjects: names, each with its length, hashed. */
#include "realm.h"
