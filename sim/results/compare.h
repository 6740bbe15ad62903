/* compare.h - every policy against the baseline, metric by metric, seed by seed. */
#ifndef RESULTS_COMPARE_H
#define RESULTS_COMPARE_H

#include "result.h"

/* Fills result.change from the policies and runs that are there. */
void compare_policies(struct result *);

#endif
