/* Printing what became of sessions. */
#include "session_record.h"

#include "record_parts.h"

#define NAME(name)                                                                                 \
    {                                                                                              \
        name, sizeof(name) - 1                                                                     \
    }

const cg_session_action_row cg_session_actions[CG_SESSION_ACTION_COUNT] = {
    [CG_TOLD_NOTHING] = {NAME(""), true, 0},
    [CG_TOLD_CREATED] = {NAME("created"), true, 0},
    [CG_TOLD_ROTATED] = {NAME("rotated"), false, 0},
    [CG_TOLD_IDENTIFIED] = {NAME("identified"), false, 0},
    [CG_TOLD_ENDED] = {NAME("ended"), false, 0},
    [CG_TOLD_EXPIRED] = {NAME("expired"), true, 0},
    [CG_TOLD_EVICTED] = {NAME("evicted"), true, 0},
    [CG_TOLD_REFUSED] = {NAME("refused"), true, 0},
    [CG_TOLD_FORGED] = {NAME("forged"), true, 0},
    [CG_TOLD_REUSED] = {NAME("reused"), true, CG_FINDING_BIT(CG_FINDING_TOKEN_REUSE)},
    [CG_TOLD_MUTED] = {NAME("muted"), true, 0},
    [CG_TOLD_DROPPED] = {NAME("dropped"), true, 0},
    [CG_TOLD_FULL] = {NAME("full"), true, 0},
    [CG_TOLD_TOO_LARGE] = {NAME("too-large"), true, CG_FINDING_BIT(CG_FINDING_SESSION_TOO_LARGE)},
    [CG_TOLD_FAILED] = {NAME("failed"), true, 0},
};

static const cg_span reason_names[CG_REASON_COUNT] = {
    [CG_REASON_NONE] = NAME(""),
    [CG_REASON_MALFORMED] = NAME("malformed"),
    [CG_REASON_REPEATED] = NAME("repeated"),
    [CG_REASON_UNKNOWN] = NAME("unknown"),
    [CG_REASON_UNKNOWN_KEY] = NAME("unknown-key"),
    [CG_REASON_REUSE] = NAME("reuse"),
    [CG_REASON_NEWBORN] = NAME("newborn"),
    [CG_REASON_RETURNING] = NAME("returning"),
    [CG_REASON_IDLE] = NAME("idle"),
    [CG_REASON_SURPLUS] = NAME("surplus"),
};

cg_span cg_session_reason_name(cg_session_reason reason)
{
    return reason_names[reason];
}

static void put_record(cg_json_line *line, const void *what)
{
    const cg_session_record *record = what;
    const cg_event_request *request = record->request;
    const cg_session_action_row *action = &cg_session_actions[record->action];

    cg_record_put_head(line, request->time_us, CG_SPAN("session"), request->vhost);
    cg_record_put_request(line, request, request->status);
    cg_json_put_text_field(line, CG_SPAN("action"), action->name);
    cg_json_put_text_field(line, CG_SPAN("session"), record->tag);
    if (record->reason != CG_REASON_NONE) {
        cg_json_put_text_field(line, CG_SPAN("reason"), reason_names[record->reason]);
    }
    if (record->retries) {
        cg_json_put_number_field(line, CG_SPAN("retries"), record->retries);
    }
    cg_record_put_findings(line, action->findings, true);
}

void cg_session_record_print(cg_writer *writer, const cg_session_record *record)
{
    cg_record_print_fitted(writer, put_record, record);
}
