/* Files that only the user who starts the server may see. */
#include "state_dir.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LETS_OTHERS_IN = S_IRWXG | S_IRWXO, LETS_OTHERS_WRITE = S_IWGRP | S_IWOTH };

static const char *parent_of(apr_pool_t *pool, const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] != '/') {
        len--;
    }
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    return apr_pstrmemdup(pool, path, len);
}

/* Null if `what` (the directory or a file in it) is ours alone. */
static const char *check_owner(apr_pool_t *pool, const char *what, const struct stat *info)
{
    bool is_directory = S_ISDIR(info->st_mode);

    if (info->st_uid != geteuid()) {
        return apr_psprintf(pool,
                            "%s belongs to the user with the number %lu, and httpd is started by "
                            "the one with the number %lu; chown it if the keys in it are to be "
                            "trusted, or choose another directory with CookieGuardStateDir",
                            what, (unsigned long)info->st_uid, (unsigned long)geteuid());
    }
    if (info->st_mode & LETS_OTHERS_IN) {
        return apr_psprintf(pool,
                            "%s lets others in (mode %04o), who may have read the keys; chmod %s "
                            "it, and make new keys if you do not know who was there",
                            what, (unsigned)(info->st_mode & 07777),
                            is_directory ? "0700" : "0600");
    }
    return NULL;
}

/* Whoever can write where the directory stands can put another in its place. */
static const char *check_parent(apr_pool_t *pool, const char *path)
{
    struct stat info;
    const char *parent = parent_of(pool, path);

    if (stat(parent, &info) != 0) {
        return apr_psprintf(
            pool,
            "%s cannot be made, because %s does not exist or cannot be entered; make "
            "that, or choose another directory with CookieGuardStateDir",
            path, parent);
    }
    if (!S_ISDIR(info.st_mode)) {
        return apr_psprintf(pool, "%s cannot be made, because %s is no directory", path, parent);
    }
    if (info.st_uid != 0 && info.st_uid != geteuid()) {
        return apr_psprintf(pool,
                            "%s stands in %s, which belongs to the user with the number %lu: that "
                            "one could put keys of another time in its place. Choose another "
                            "directory with CookieGuardStateDir",
                            path, parent, (unsigned long)info.st_uid);
    }
    if ((info.st_mode & LETS_OTHERS_WRITE) && !(info.st_mode & S_ISVTX)) {
        return apr_psprintf(pool,
                            "%s stands in %s, which others can write (mode %04o): they could put "
                            "keys of their own in its place. Choose another directory with "
                            "CookieGuardStateDir",
                            path, parent, (unsigned)(info.st_mode & 07777));
    }
    return NULL;
}

static const char *check_directory(apr_pool_t *pool, const char *path, const struct stat *info)
{
    if (S_ISLNK(info->st_mode)) {
        return apr_psprintf(pool,
                            "%s is a symbolic link; name the directory itself with "
                            "CookieGuardStateDir",
                            path);
    }
    if (!S_ISDIR(info->st_mode)) {
        return apr_psprintf(pool,
                            "%s is no directory; choose another place with "
                            "CookieGuardStateDir",
                            path);
    }
    return check_owner(pool, path, info);
}

const char *cg_state_dir_look(apr_pool_t *pool, const char *path)
{
    struct stat info;
    const char *sentence = check_parent(pool, path);

    if (sentence || lstat(path, &info) != 0) {
        return sentence;
    }
    return check_directory(pool, path, &info);
}

/* -- opening -------------------------------------------------------------------------------- */

/* No fault of what stands there: a server is to serve on where nothing can be written. */
static bool is_unwritable(int error)
{
    return error == EACCES || error == EPERM || error == EROFS || error == ENOSPC ||
           error == EDQUOT;
}

/* What did not work, and why. */
static cg_state_answer tell_failure(apr_pool_t *pool, const char *what, const char *path,
                                    const char **sentence)
{
    int error = errno;
    char reason[128];

    *sentence = apr_psprintf(pool, "%s %s: %s", path, what,
                             apr_strerror(error, reason, sizeof reason));
    return is_unwritable(error) ? CG_STATE_UNWRITABLE : CG_STATE_REFUSED;
}

static cg_state_answer open_checked(apr_pool_t *pool, cg_state_dir *dir, const char **sentence)
{
    struct stat info;

    dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir->fd < 0) {
        return tell_failure(pool, "cannot be opened", dir->path, sentence);
    }
    if (fstat(dir->fd, &info) != 0 || flock(dir->fd, LOCK_EX) != 0) {
        return tell_failure(pool, "cannot be locked", dir->path, sentence);
    }
    *sentence = check_directory(pool, dir->path, &info);
    return *sentence ? CG_STATE_REFUSED : CG_STATE_DONE;
}

cg_state_answer cg_state_dir_open(apr_pool_t *pool, const char *path, cg_state_dir *dir,
                                  const char **sentence)
{
    cg_state_answer answer;
    struct stat info;

    *dir = (cg_state_dir){.fd = -1, .path = path};
    *sentence = check_parent(pool, path);
    if (*sentence) {
        return CG_STATE_REFUSED;
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return tell_failure(pool, "cannot be made", path, sentence);
    }
    if (lstat(path, &info) == 0 && (*sentence = check_directory(pool, path, &info)) != NULL) {
        return CG_STATE_REFUSED;
    }
    answer = open_checked(pool, dir, sentence);
    if (answer != CG_STATE_DONE) {
        cg_state_dir_close(dir);
    }
    return answer;
}

void cg_state_dir_close(cg_state_dir *dir)
{
    if (dir->fd >= 0) {
        close(dir->fd);
        dir->fd = -1;
    }
}

/* -- reading and writing -------------------------------------------------------------------- */

static cg_state_answer read_all(apr_pool_t *pool, int fd, const char *path, char *text, size_t size,
                                size_t *len, const char **sentence)
{
    ssize_t got = 1;

    for (*len = 0; got > 0 && *len < size; *len += (size_t)got) {
        got = read(fd, text + *len, size - *len);
        if (got < 0) {
            return tell_failure(pool, "cannot be read", path, sentence);
        }
    }
    if (got > 0) {
        *sentence = apr_psprintf(pool, "%s is larger than such a file can be", path);
        return CG_STATE_REFUSED;
    }
    return CG_STATE_DONE;
}

static const char *check_file(apr_pool_t *pool, const char *path, const struct stat *info)
{
    if (!S_ISREG(info->st_mode) || info->st_nlink != 1) {
        return apr_psprintf(pool, "%s is no plain file of its own; put one there, or remove it",
                            path);
    }
    return check_owner(pool, path, info);
}

cg_state_answer cg_state_dir_read(apr_pool_t *pool, const cg_state_dir *dir, const char *name,
                                  char *text, size_t size, size_t *len, const char **sentence)
{
    const char *path = apr_pstrcat(pool, dir->path, "/", name, NULL);
    int fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    cg_state_answer answer = CG_STATE_REFUSED;
    struct stat info;

    if (fd < 0) {
        return errno == ENOENT ? CG_STATE_ABSENT
                               : tell_failure(pool, "cannot be opened", path, sentence);
    }
    if (fstat(fd, &info) == 0) {
        *sentence = check_file(pool, path, &info);
        answer = *sentence ? CG_STATE_REFUSED : read_all(pool, fd, path, text, size, len, sentence);
    }
    close(fd);
    return answer;
}

/* All of it, and onto the disk. */
static bool write_all(int fd, cg_span text)
{
    while (text.len) {
        ssize_t written = write(fd, text.at, text.len);
        if (written < 0) {
            return false;
        }
        text = cg_span_part(text, (size_t)written, text.len);
    }
    return fsync(fd) == 0;
}

cg_state_answer cg_state_dir_write(apr_pool_t *pool, const cg_state_dir *dir, const char *name,
                                   cg_span text, const char **sentence)
{
    const char *path = apr_pstrcat(pool, dir->path, "/", name, NULL);
    const char *draft = apr_pstrcat(pool, name, ".new", NULL);
    bool is_written;
    int fd;

    /* one that a start before us left behind when it was killed; the lock says that nobody writes it */
    unlinkat(dir->fd, draft, 0);
    fd = openat(dir->fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return tell_failure(pool, "cannot be made", path, sentence);
    }
    is_written = fchmod(fd, 0600) == 0 && write_all(fd, text);
    is_written = close(fd) == 0 && is_written;
    if (!is_written || renameat(dir->fd, draft, dir->fd, name) != 0 || fsync(dir->fd) != 0) {
        cg_state_answer answer = tell_failure(pool, "cannot be written", path, sentence);
        unlinkat(dir->fd, draft, 0);
        return answer;
    }
    return CG_STATE_DONE;
}
