/* overrides.h - what the command line changed, and whether two runs had the same changed. */
#ifndef RESULTS_OVERRIDES_H
#define RESULTS_OVERRIDES_H

#include "../base/types.h"

/* Does "-s run.duration=9s" change what is simulated?  Seeds, their number and the choice of
 * policies do not: cells stay what they are. */
bool override_matters(const char *text);

/* The first of a[n] that matters and is not among b[m]; NULL: none. */
const char *override_missing(const char *const *a, uint32_t n, const char *const *b, uint32_t m);

#endif
