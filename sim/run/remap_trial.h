/* remap_trial.h - one balancer before and after a change of its backends; private to remap. */
#ifndef RUN_REMAP_TRIAL_H
#define RUN_REMAP_TRIAL_H

#include "remap.h"

struct remap_trial {
    const struct policy *policy;
    const struct remap_question *q;
    struct lb *lb;
    uint32_t  count, numbers;       /* backends that lb has heard of; all that there ever are */
    uint32_t *who;                  /* [count]: lb's index -> number */
    uint32_t *before, *after;       /* [numbers]: weight, 0 when it is not there or down */
    uint32_t *chosen;               /* [by]: numbers of those that go */
};

/* Checks the question.  -1 with the fault in err; remap_trial_fini() in either case. */
int  remap_trial_begin(struct remap_trial *, const struct policy *, const struct remap_question *,
                       struct err *);
void remap_trial_fini(struct remap_trial *);

/* The balancer of the beginning; then what the question does to it. */
int  remap_trial_build(struct remap_trial *, struct err *);
int  remap_trial_change(struct remap_trial *, struct err *);

#endif
