/* What all records of the audit have in common: how they begin, the request that they tell of,
 * findings, and that they fit. */
#ifndef CG_RECORD_PARTS_H
#define CG_RECORD_PARTS_H

#include "event.h"
#include "json_line.h"

/* The beginning of the object, with its brace: when, what, where. */
void cg_record_put_head(cg_json_line *line, int64_t time_us, cg_span event, cg_span vhost);

/* Who asked for what, and what came of it. */
void cg_record_put_request(cg_json_line *line, const cg_event_request *request, int status);

/* "findings":[...], of a cookie that looks like a session's or of something else. */
void cg_record_put_findings(cg_json_line *line, uint64_t findings, bool is_session_like);

/* Writes one record, without its end. */
typedef void cg_record_put(cg_json_line *line, const void *what);

/* Writes the record and its end, with ever shorter texts until it has its size (record.h). */
void cg_record_print_fitted(cg_writer *writer, cg_record_put *put, const void *what);

#endif
