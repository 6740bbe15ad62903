/* compare_asked.h - what `compare` is asked for: metrics, margin, which policy against which.
 *
 * Checked against the plan of a result, so that a scenario is not run for minutes before a misspelt
 * metric is told. */
#ifndef CLI_COMPARE_ASKED_H
#define CLI_COMPARE_ASKED_H

#include "../results/compare.h"
#include "cli.h"

enum { COMPARE_ASKED_METRICS = 64 };

struct compare_asked {
    char *names;                    /* --metric, cut at its commas */
    const char *metric[COMPARE_ASKED_METRICS];
    uint32_t metrics;               /* 0: all that have a better direction */
    double margin;
    struct compare_pair *pair;      /* [pairs] */
    uint32_t pairs;
};

/* --metric and --margin.  This and the following: -1 with the fault in cli->err. */
int compare_asked_plan(struct cli *, struct compare_asked *, const struct result_plan *);

/* Of one result: every policy, or the one of --policy, against --baseline or what is preset. */
int compare_asked_within(struct cli *, struct compare_asked *, const struct result_plan *,
                       uint32_t baseline);

/* Of two: the policies that both have; or that of --policy in old with that of --against in new. */
int compare_asked_between(struct cli *, struct compare_asked *, const struct result *old,
                        const struct result *new);

/* Is this a metric, and one that results of the plan have? */
int compare_asked_metric(struct cli *, const char *name, const struct result_plan *);

void compare_asked_fini(struct compare_asked *);

#endif
