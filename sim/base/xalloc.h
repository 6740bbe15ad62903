/* xalloc.h - memory, or the end: the one place where running out of it is handled (exit 3). */
#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

#include <stddef.h>

void *xcalloc(size_t count, size_t size);             /* zeroed; never NULL, also for 0 bytes */
void *xrealloc(void *old, size_t count, size_t size); /* new bytes are not zeroed */
void *xaligned(size_t alignment, size_t size);        /* zeroed; size is rounded up */
char *xstrdup(const char *);

_Noreturn void xalloc_failed(void);     /* for callers of libraries that answer NULL */

#endif
