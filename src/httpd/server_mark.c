/* Reading and writing which process has the state directory. */
#include "server_mark.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define SERVER_FILE "server"

uint64_t cg_process_started(long pid)
{
    char path[64], text[1024];
    const char *field;
    ssize_t len;
    int fd;

    apr_snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    /* field 2, in brackets, is any name; behind its last bracket comes field 3 */
    field = strrchr(text, ')');
    for (int i = 2; field && i < 22; i++) {
        field = strchr(field + 1, ' ');
    }
    return field ? (uint64_t)apr_strtoi64(field, NULL, 10) : 0;
}

const char *cg_server_mark_find_other(apr_pool_t *ptemp, const cg_state_dir *dir)
{
    char text[256];
    size_t len = 0;
    const char *sentence = NULL;
    unsigned long pid = 0;
    unsigned long long started = 0;

    if (cg_state_dir_read(ptemp, dir, SERVER_FILE, text, sizeof text - 1, &len, &sentence) !=
        CG_STATE_DONE) {
        return sentence;
    }
    text[len] = '\0';
    if (sscanf(text, "pid %lu\nstarted %llu", &pid, &started) != 2 ||
        pid == (unsigned long)getpid() || started == 0 ||
        cg_process_started((long)pid) != started) {
        return NULL;
    }
    return apr_psprintf(
        ptemp,
        "another httpd, process %lu, uses the state directory %s; give each its own "
        "with CookieGuardStateDir, or stop that one",
        pid, dir->path);
}

cg_state_answer cg_server_mark_write(apr_pool_t *ptemp, const cg_state_dir *dir,
                                     const char **sentence)
{
    const char *text = apr_psprintf(ptemp, "pid %ld\nstarted %" APR_UINT64_T_FMT "\n",
                                    (long)getpid(),
                                    (apr_uint64_t)cg_process_started((long)getpid()));
    return cg_state_dir_write(ptemp, dir, SERVER_FILE, cg_span_of(text), sentence);
}
