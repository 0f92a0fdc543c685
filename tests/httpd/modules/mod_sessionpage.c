/*
 * A module of the tests: an application behind mod_session, and places where its requests wait.
 *
 * Handler session-page. It knows of the session what any backend knows (SessionEnv, SessionHeader),
 * and does what the request says:
 *
 *   X-Set: a=1&b=      goes to SessionHeader as it is, as a CGI program would say it: sets a, removes b
 *   X-Line: LINE       a Set-Cookie line
 *   X-Status: 404      the handler refuses with that status, after all else
 *   X-Late: a=1        as X-Set, after the head of the response has left
 *
 * It answers "session=HTTP_SESSION", "cookie=Cookie", "user=REMOTE_USER", a line each.
 *
 * Any request, whatever its handler, waits before it is handled, which is behind all that loads a
 * session and before all that saves one:
 *
 *   X-Gate: NAME       connects to the socket run/gate, says NAME, waits for one octet
 *   X-Meet: N          until another one has come to the same place N (0 to 15)
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "http_protocol.h"
#include "http_request.h"
#include "apr_strings.h"

enum { PLACES = 16, MEET = 2 };

static pthread_barrier_t *places; /* shared by all processes; each generation has its own */

static const char *asked(request_rec *r, const char *name)
{
    return apr_table_get(r->headers_in, name);
}

static const char *or_nothing(const char *text)
{
    return text ? text : "";
}

/* -- waiting ------------------------------------------------------------------------------ */

static apr_status_t forget_places(void *memory)
{
    munmap(memory, PLACES * sizeof *places);
    return APR_SUCCESS;
}

static int make_places(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    pthread_barrierattr_t shared;
    void *memory;

    (void)plog;
    (void)ptemp;
    (void)s;
    memory = mmap(NULL, PLACES * sizeof *places, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                  -1, 0);
    if (memory == MAP_FAILED) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    places = memory;
    apr_pool_cleanup_register(pconf, memory, forget_places, apr_pool_cleanup_null);
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    for (int i = 0; i < PLACES; i++) {
        pthread_barrier_init(&places[i], &shared, MEET);
    }
    pthread_barrierattr_destroy(&shared);
    return OK;
}

/* True if it may go on. */
static int pass_gate(request_rec *r, const char *name)
{
    struct sockaddr_un gate = {.sun_family = AF_UNIX};
    const char *said = apr_pstrcat(r->pool, name, "\n", NULL);
    int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int passed = 0;
    char octet;

    apr_cpystrn(gate.sun_path, ap_runtime_dir_relative(r->pool, "gate"), sizeof gate.sun_path);
    if (sock >= 0 && connect(sock, (struct sockaddr *)&gate, sizeof gate) == 0 &&
        write(sock, said, strlen(said)) > 0) {
        passed = read(sock, &octet, 1) == 1;
    }
    if (sock >= 0) {
        close(sock);
    }
    return passed;
}

static int wait_before_handler(request_rec *r)
{
    const char *gate = asked(r, "X-Gate");
    const char *place = asked(r, "X-Meet");

    if (!ap_is_initial_req(r)) {
        return DECLINED;
    }
    if (place) {
        pthread_barrier_wait(&places[apr_atoi64(place) % PLACES]);
    }
    if (gate && !pass_gate(r, gate)) {
        return HTTP_GATEWAY_TIME_OUT;
    }
    return DECLINED;
}

/* -- the application ---------------------------------------------------------------------- */

static void say_of_session(request_rec *r, const char *header)
{
    const char *said = asked(r, header);

    if (said) {
        apr_table_setn(r->err_headers_out, "X-Replace-Session", said);
    }
}

static void set_cookie(request_rec *r)
{
    const char *line = asked(r, "X-Line");

    if (line) {
        apr_table_addn(r->err_headers_out, "Set-Cookie", line);
    }
}

static int answer(request_rec *r)
{
    const char *status = asked(r, "X-Status");

    if (!r->handler || strcmp(r->handler, "session-page") != 0) {
        return DECLINED;
    }
    say_of_session(r, "X-Set");
    set_cookie(r);
    if (status && ap_is_initial_req(r)) {
        return (int)apr_atoi64(status);
    }
    ap_set_content_type(r, "text/plain");
    ap_rprintf(r, "session=%s\ncookie=%s\nuser=%s\n",
               or_nothing(apr_table_get(r->subprocess_env, "HTTP_SESSION")),
               or_nothing(asked(r, "Cookie")), or_nothing(r->user));
    if (asked(r, "X-Late")) {
        ap_rflush(r);
        say_of_session(r, "X-Late");
        ap_rputs("late\n", r);
    }
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(make_places, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(wait_before_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(answer, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(sessionpage) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE,
};
