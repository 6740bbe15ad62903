/* plan.h - the cells of a scenario, policies x replications; what their results need to know. */
#ifndef RUN_PLAN_H
#define RUN_PLAN_H

#include "../results/result.h"
#include "cell.h"

struct plan {
    uint32_t cells;                 /* policies x most, policy by policy */
    uint32_t most;                  /* replications a policy: of a stop rule, the most */
    /* of everything that decides the records: scenario as run, traces, program */
    char     digest[17];
};

void plan_make(struct plan *, const struct scenario *);

/* What the result needs to know; texts and arrays in the arena. */
void plan_for_result(const struct scenario *, struct result_plan *, struct arena *);

#endif
