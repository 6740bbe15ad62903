/* aside.c - see aside.h.  Written beside, synced where it matters, renamed: a crash leaves the old
 * file or the new. */
#include "aside.h"

#include "../base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *text, size_t length)
{
    while (length) {
        ssize_t n = write(fd, text, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

enum aside_kind aside_target(const char *path, char *target, size_t size)
{
    char real[PATH_MAX];
    struct stat st;

    if (lstat(path, &st) != 0) {
        errno = 0;
        return snprintf(target, size, "%s", path) < (int)size ? ASIDE_RENAME : ASIDE_NEITHER;
    }
    if (stat(path, &st) != 0 || realpath(path, real) == NULL)
        return ASIDE_NEITHER;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return snprintf(target, size, "%s", path) < (int)size ? ASIDE_DIRECT : ASIDE_NEITHER;
    return snprintf(target, size, "%s", real) < (int)size ? ASIDE_RENAME : ASIDE_NEITHER;
}

static int write_direct(const char *path, const char *text, size_t length)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;

    int failed = write_all(fd, text, length), cause = errno;

    if (close(fd) != 0 && !failed)
        return -1;
    errno = cause;
    return failed;
}

/* A new file beside `path`; names of earlier, killed writers are stepped over. */
static int open_aside(const char *path, char *aside, size_t size)
{
    for (uint32_t i = 0; i < 1000; i++) {
        int n = snprintf(aside, size, "%s.%ld.%" PRIu32 ".tmp", path, (long)getpid(), i);

        if (n < 0 || (size_t)n >= size) {
            errno = ENAMETOOLONG;
            return -1;
        }

        int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* The rename itself must survive a crash.  Not every file system can sync a folder: best effort. */
static void sync_folder(const char *path)
{
    char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');

    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';

    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)!fsync(fd);
        close(fd);
    }
    free(folder);
}

int aside_write(const char *place, const char *text, size_t length, enum aside_care care)
{
    char aside[PATH_MAX + 64], path[PATH_MAX];
    enum aside_kind kind = aside_target(place, path, sizeof path);

    if (kind != ASIDE_RENAME)
        return kind == ASIDE_DIRECT ? write_direct(path, text, length) : -1;

    int fd = open_aside(path, aside, sizeof aside);

    if (fd < 0)
        return -1;

    int failed = write_all(fd, text, length);

    if (!failed && care == ASIDE_SYNCED)
        failed = fsync(fd);

    int cause = errno;

    if (close(fd) != 0 && !failed) {
        failed = -1;
        cause = errno;
    }
    if (!failed && rename(aside, path) == 0) {
        if (care == ASIDE_SYNCED)
            sync_folder(path);
        return 0;
    }
    if (!failed)
        cause = errno;
    unlink(aside);
    errno = cause;
    return -1;
}
