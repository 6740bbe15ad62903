/* conclude.h - from all records of a plan to its result: what a run and a merge end with. */
#ifndef RUN_CONCLUDE_H
#define RUN_CONCLUDE_H

#include "../results/result.h"

/* records[policies x replications], policy by policy, become the result's. */
void conclude(struct result *, const struct result_plan *, struct record *records);

/* The records of a plan that is not finished are forgotten. */
void conclude_without(struct record *records, uint32_t n);

#endif
