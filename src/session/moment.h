/* A moment as files of the state directory tell it: "2026-11-24T01:53:27Z" (RFC 3339, UTC). */
#ifndef CG_MOMENT_H
#define CG_MOMENT_H

#include "../cookie/writer.h"

#define CG_MOMENT_TEXT_LEN 20

/* Seconds since 1970, from its second one on to the end of 9999. False for any other spelling. */
bool cg_moment_parse(cg_span text, int64_t *seconds);

/* Of what cg_moment_parse can read; what lies before or behind is written as the first or last. */
void cg_moment_print(cg_writer *writer, int64_t seconds);

#endif
