/* pipe.c - see pipe.h. */
#include "pipe.h"

#include <errno.h>
#include <unistd.h>

void pipe_tell(int pipe, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t n = write(pipe, at, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        at += n;
        length -= (size_t)n;
    }
}

bool pipe_hear(int pipe, void *bytes, size_t length)
{
    char *at = bytes;

    while (length > 0) {
        ssize_t n = read(pipe, at, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}
