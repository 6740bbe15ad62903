/* file.c - a stranger's file, read whole: never blocking on a FIFO, never a device, bounded. */
#include "text.h"

#include "err.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_BUFFER = 64 * 1024 };

/* Opens and looks at the same file, so that nobody can exchange it in between. */
static int open_regular(const char *path, const char *shown, struct err *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    char cause[128];
    struct stat st;

    if (fd < 0)
        return err_input(err, "E011", "cannot open \"%s\": %s", shown,
                         strerror_r(errno, cause, sizeof cause));
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    close(fd);
    err_input(err, "E012", "\"%s\" is %s", shown,
              S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
    err_hint(err, "expected a file");
    return -1;
}

/* Reads to the end of fd, one byte more than allowed being enough to know. */
static char *read_all(int fd, const char *shown, size_t most, size_t *length, struct err *err)
{
    size_t size = most < FIRST_BUFFER ? most + 2 : FIRST_BUFFER;
    char *text = xrealloc(NULL, size, 1);
    size_t used = 0;
    char limit[32];

    for (;;) {
        ssize_t n = read(fd, text + used, size - 1 - used);

        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err_machine(err, "cannot read \"%s\"", shown);
            goto fail;
        }
        used += (size_t)n;
        if (used > most) {
            err_input(err, "E013", "\"%s\" is larger than %s", shown,
                      text_show_bytes(limit, sizeof limit, (double)most));
            goto fail;
        }
        if (used == size - 1) {
            size = size > most / 2 ? most + 2 : size * 2;
            text = xrealloc(text, size, 1);
        }
    }
    text[used] = '\0';
    *length = used;
    return text;

fail:
    free(text);
    return NULL;
}

char *text_read_file(const char *path, size_t most, size_t *length, struct err *err)
{
    char shown[200];

    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, "standard input", most, length, err);

    text_safe(shown, sizeof shown, path, strlen(path));

    int fd = open_regular(path, shown, err);

    if (fd < 0)
        return NULL;

    char *text = read_all(fd, shown, most, length, err);

    close(fd);
    return text;
}
