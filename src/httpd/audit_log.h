/* The audit log: which judged cookies get a record, and the files, programs and error logs that
 * take the records. */
#ifndef CG_AUDIT_LOG_H
#define CG_AUDIT_LOG_H

#include "config.h"

/* Opens the targets of all servers; the same target once. From open_logs, as root. */
int cg_audit_log_open(apr_pool_t *pconf, server_rec *main_server);

/* Hook log_transaction: writes the records of one request. */
int cg_audit_log_request(request_rec *r);

/* Writes one line, with its line feed, to where the request's virtual host has its records. */
void cg_audit_log_write(request_rec *r, const cg_writer *line);

/* A line that clients can cause at will is written only if this is true; what was held back before it
 * has been told then (segment.h). */
bool cg_audit_log_allow(request_rec *r);

/* Sees to it that what was seen again is summed up: each hour, and when the generation ends. From
 * post_config, in the parent. */
void cg_audit_log_start_summaries(apr_pool_t *pconf, server_rec *main_server);

/* Hook monitor: writes summaries if an hour has passed. */
int cg_audit_log_monitor(apr_pool_t *pool, server_rec *main_server);

#endif
