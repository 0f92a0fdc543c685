/* What every unit test includes: cmocka, in the order that it wants, and tables. */
#ifndef CG_TEST_UNIT_H
#define CG_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>

#include "guard_page.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Compares two texts and says which case it was. */
static inline void assert_text(const char *what, cg_span is, cg_span wanted)
{
    if (!cg_span_equal(is, wanted)) {
        fail_msg("%s\n      is: '%.*s'\n  wanted: '%.*s'", what, (int)is.len, is.at,
                 (int)wanted.len, wanted.at);
    }
}

#endif
