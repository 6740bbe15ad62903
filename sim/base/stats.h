/* stats.h - what replications allow us to say: means, intervals, paired changes.  GSL inside. */
#ifndef BASE_STATS_H
#define BASE_STATS_H

#include "types.h"

/* A mean over independent replications with its two-sided Student-t interval. */
struct estimate { double value, low, high; uint32_t n; };   /* low, high NAN when n < 2 */

struct estimate stats_mean(const double *x, uint32_t n, double confidence);

/* The change from base to x, both per seed, as a share of the base: mean of log ratios with its
 * Student-t interval, given back as ratio - 1 (-0.08 = 8 % less).  All values must be > 0. */
struct estimate stats_paired_change(const double *base, const double *x, uint32_t n,
                                    double confidence);

double stats_student_t(double confidence, uint32_t degrees);    /* two-sided quantile */
double stats_chi_square_p(double statistic, uint32_t degrees);  /* upper tail */

#endif
