/* Cookie dates: read as leniently as browsers do, written as IMF-fixdate.
 *
 * Times are seconds since 1970-01-01T00:00:00Z, negative before it. */
#ifndef CG_COOKIE_DATE_H
#define CG_COOKIE_DATE_H

#include "limits.h"
#include "writer.h"

/* Reads a date by the algorithm of 6265bis 5.1.1: tokens in any order, names of days and zones
 * ignored, two-digit years from 1970 to 2069. False, with *seconds untouched, if a browser would
 * find no date in the text. */
bool cg_cookie_date_parse(cg_span text, int64_t *seconds);

/* Writes "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7). Years beyond 9999 are written as the
 * last second of 9999, years before 1601 as the first of 1601. */
void cg_cookie_date_print(cg_writer *writer, int64_t seconds);

#endif
