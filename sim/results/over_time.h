/* over_time.h - metrics slice by slice, all seeds of a policy pooled. */
#ifndef RESULTS_OVER_TIME_H
#define RESULTS_OVER_TIME_H

#include "catalogue.h"

/* Can it be told of a slice?  Shares of backends, keys and times of rare faults cannot; latencies
 * have a figure of their own. */
bool over_time_is_told(const struct metric *);

/* The metric in one slice of the records' time; what is a count of a run is one a second here.
 * Runs whose slices are not those of the first are left out.  NAN: not told, or nothing there. */
double over_time_at(const struct result *, uint32_t policy, const struct metric *, uint32_t slice);

/* Slices in which requests were born, of the first run; 0: a result that was read back. */
uint32_t over_time_slices(const struct result *);

#endif
