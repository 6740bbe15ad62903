/* aside.h - a file that appears whole: written beside its place and renamed. */
#ifndef RESULTS_ASIDE_H
#define RESULTS_ASIDE_H

#include <stddef.h>

/* 0, or -1 with errno: what was there before is still there. */
int aside_write(const char *path, const char *text, size_t length);

#endif
