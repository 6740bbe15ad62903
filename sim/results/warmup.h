/* warmup.h - where the start from empty ends, when the scenario says "warmup": "auto".
 *
 * MSER (White 1997; MSER-5: Spratt 1998): the cut d that makes sum (y_i - mean_d)^2 / (n - d)^2
 * over what is left smallest, d <= n/2.  y is the mean response time of the requests born in a
 * slice, averaged over all policies and seeds, so that one value holds for all; a slice is the
 * batch that MSER-5 makes of five observations. */
#ifndef RESULTS_WARMUP_H
#define RESULTS_WARMUP_H

#include "result.h"

struct warmup { nsec time; bool is_found; };    /* not found: the cut is at the bound */

/* A pure function of the series y[n]; how many of its first values go. */
uint32_t warmup_mser(const double *y, uint32_t n, bool *is_found);

/* Finds it over records[n] of one plan. */
struct warmup warmup_find(const struct record *const *records, uint32_t n);

/* Makes a record count as warm-up what was born before `time`, which is a multiple of the widest
 * slice among the records of the plan. */
void warmup_apply(struct record *, nsec time);

/* What a plan with WARMUP_AUTO needs before result_make(): finds the time over all records[n] and
 * applies it to each.  Nothing for other plans. */
void result_settle_warmup(struct record *records, uint32_t n, const struct result_plan *);

#endif
