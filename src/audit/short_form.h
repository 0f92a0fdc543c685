/* What became of a cookie in a few characters, for an access log: "SID:+Secure+HttpOnly~SameSite-Domain".
 *
 * Behind the name and a colon stand names of attributes with "+" before what was added, then "~" before
 * what was replaced, then "-" before what was removed. A dropped cookie is "SID:dropped"; "SID:~" was
 * written anew and says what it said before; "SID:+__Host-+Secure" got a prefix, "SID:withheld" could
 * not be carried under it and did not leave. */
#ifndef CG_SHORT_FORM_H
#define CG_SHORT_FORM_H

#include "../cookie/writer.h"
#include "../policy/judge.h"

/* Writes nothing if nothing changed. What does not belong into a name (RFC 9110, token) comes out as
 * \u00XX, so that no name breaks the log's line or its own form; a name of more than 256 octets, as
 * written, ends in "...". No value of a cookie is told. */
void cg_short_form_print(cg_writer *writer, cg_span name, const cg_judgement *judgement);

#endif
