/* xalloc.c - the one place where the program ends for want of memory. */
#include "xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No stdio and no exit handlers: they allocate, and in a forked worker they would print the
 * parent's buffers a second time. */
_Noreturn void xalloc_failed(void)
{
    static const char text[] = "lblab: out of memory\n";
    ssize_t told = write(STDERR_FILENO, text, sizeof text - 1);

    (void)told;
    _exit(3);
}

static void *or_die(void *memory)
{
    if (!memory)
        xalloc_failed();
    return memory;
}

void *xcalloc(size_t count, size_t size)
{
    return or_die(count && size ? calloc(count, size) : calloc(1, 1));
}

void *xrealloc(void *old, size_t count, size_t size)
{
    return or_die(count && size ? reallocarray(old, count, size) : realloc(old, 1));
}

void *xaligned(size_t alignment, size_t size)
{
    if (size > SIZE_MAX / 2)
        xalloc_failed();
    size = size ? (size + alignment - 1) / alignment * alignment : alignment;
    return memset(or_die(aligned_alloc(alignment, size)), 0, size);
}

char *xstrdup(const char *text)
{
    return or_die(strdup(text));
}
