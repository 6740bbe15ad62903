/* saturation.h - whether percentiles of a policy have a steady value at all. */
#ifndef RESULTS_SATURATION_H
#define RESULTS_SATURATION_H

#include "result.h"

struct saturation {
    bool     is_found;
    uint32_t backend;               /* that could not keep up, the most loaded one; NONE: all could,
                                       and clients ran out of connections, or a policy left servers
                                       idle beside long queues */
    double   offered;               /* its offered load; NAN: no backend */
    double   growth;                /* requests a second by which the system filled; NAN: unknown */
};

/* run[]: the policy's replications, taken together.  Arrivals from a trace or in steps are finite
 * by nature: nothing is found there. */
struct saturation saturation_find(const struct result_plan *, const struct record *const *run);

#endif
