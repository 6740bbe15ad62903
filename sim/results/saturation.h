/* saturation.h - whether percentiles of a policy have a steady value at all. */
#ifndef RESULTS_SATURATION_H
#define RESULTS_SATURATION_H

#include "result.h"

/* The backend that could not keep up (the most loaded one, if several), its offered load into
 * *offered; NONE when all could, or when the run is finite by nature.  run[]: the policy's
 * replications, taken together. */
uint32_t saturation_find(const struct result_plan *, const struct record *const *run,
                         double *offered);

/* Does the number of requests in the whole system grow all through, wherever they wait?  It does
 * when some backend is saturated, but also when clients run out of connections, or when a policy
 * leaves servers idle beside long queues. */
bool saturation_of_all(const struct result_plan *, const struct record *const *run);

#endif
