/* Judging the cookies of one head: every Set-Cookie line is judged once by the policy of its request
 * and, in mode On, leaves as the judgement says. */
#ifndef CG_JUDGING_H
#define CG_JUDGING_H

#include "../policy/restore.h"
#include "config.h"

/* A line that was judged. Lives in the request's pool. */
typedef struct cg_judged {
    cg_event event;  /* its request is filled in by the audit */
    const char *out; /* the line as it stands in the table now; null if dropped */
    struct cg_judged *next;
} cg_judged;

/* Lines kept for the audit at most, per request; more are judged and enforced, and counted. */
#define CG_JUDGED_MAX 1000

/* A Set-Cookie line of our own making that no policy judges. Lives in the request's pool. */
typedef struct cg_own_line {
    const char *text;
    const struct cg_own_line *next;
} cg_own_line;

/* What one client request knows of its responses, over all internal redirects. */
typedef struct cg_response {
    const cg_restored *restored;   /* the request's cookies that concern guards, or null */
    bool hands_out;                /* the response carries a cookie that this request came with */
    bool is_handed_out;            /* what the browser holds by an old name was handed out anew */
    const apr_table_t *headers_in; /* as they came, where trailers may be merged into them */
    const cg_own_line *own_lines;
    struct cg_request_session *session; /* request_session.h; null: nobody asked for it */
    cg_circumstances circumstances;     /* under which the lines were judged */
    unsigned judged_count;              /* kept in the list */
    unsigned omitted_count;             /* judged, and not kept */
    cg_judged *first;
    cg_judged **end;
} cg_response;

/* What is known of the responses to `r`, or null as long as that is nothing. Requests made of one by
 * internal redirects share it; a sub-request has its own. */
static inline cg_response *cg_response_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &cookieguard_module);
}

/* The same, made if need be. */
cg_response *cg_response_make(request_rec *r);

/* Everything that is the same for all cookies of a head. cg_judging_begin sets the first fields; the
 * others are found out when a line is met. */
typedef struct cg_judging {
    request_rec *r;
    int status;               /* that the head itself says, as interim ones and those of nph-
                               * scripts do; 0: the request's */
    unsigned only;            /* attributes that may be changed; 0: all */
    uint64_t noted;           /* findings that every line of this head has */
    ap_conf_vector_t *config; /* what applies to the URL; that of the request, if nothing better */
    const char
        *mark; /* of a stored response, which covers some of its lines; null: none (cache.h) */
    bool is_for_cache; /* the head is about to be stored */
    bool is_prepared;
    bool is_idle; /* nothing can be judged here */

    cg_response *response;
    const cg_ruleset *baseline; /* the built-in rules, or null if they have no say here */
    const cg_policy *rules;     /* the directory's policy, or null if it has no rules */
    const cg_policy *server_policy;
    const cg_guards *guards; /* of the virtual host's rules, or null */
    const cg_guards
        *token; /* the guard of the session's token, which acts in every mode; or null */
    cg_lookup lookup;
    cg_mode mode;                /* for attributes */
    cg_mode secrecy_mode;        /* for Drop and Prefix: the virtual host's own */
    const cg_rule *ignored_mode; /* a lower mode that a .htaccess asked for in vain, or null */
    unsigned judged_before;      /* lines that an earlier head of the request had */
    const cg_judged *expected;   /* the one of them that is likely to be met next */
    cg_judged *spare;            /* memory that an earlier line did not need to keep */
    unsigned counts[CG_COUNTER_IGNORED + 1]; /* of the counters up to this one */
} cg_judging;

static inline void cg_judging_begin(cg_judging *judging, request_rec *r)
{
    judging->r = r;
    judging->status = 0;
    judging->only = 0;
    judging->noted = 0;
    judging->config = r->per_dir_config;
    judging->mark = NULL;
    judging->is_for_cache = false;
    judging->is_prepared = false;
}

/* Judges one line, terminated, that lives as long as the request; one that was judged before is
 * passed as it is. Returns what is to stand in its place, or null if it is not to leave. */
const char *cg_judging_line(cg_judging *judging, const char *line);

/* The same for every Set-Cookie of a table, in its place. */
void cg_judging_table(cg_judging *judging, apr_table_t *headers);

/* Adds up what was judged. */
void cg_judging_end(cg_judging *judging);

#endif
