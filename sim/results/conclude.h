/* conclude.h - what follows from the runs: policies' metrics, keys, comparison. */
#ifndef RESULTS_CONCLUDE_H
#define RESULTS_CONCLUDE_H

#include "result.h"

struct metric;

/* Fills all of policy[], remap[] and change[] from plan and run[].  What must be there
 * of policy[] because runs do not tell it: verdict, saturated_backend, saturated_offered, and
 * quantile[].value of all seeds pooled, NAN where it falls among failed requests. */
void result_conclude(struct result *);

/* Did every seed of the policy do the very same (a trace of arrivals and demands, and a policy
 * without chance)?  Then they are one run, and say nothing of others. */
bool result_is_repeated(const struct result *, uint32_t policy);

/* A metric of a policy, its pooled value and the interval over its seeds; unknown: NAN. */
struct result_quantity conclude_quantity(const struct result *, uint32_t policy,
                                         const struct metric *, double pooled);

#endif
