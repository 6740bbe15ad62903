/* stats.h - what replications allow us to say: means, intervals, changes, p values.  GSL inside. */
#ifndef BASE_STATS_H
#define BASE_STATS_H

#include "types.h"

/* A mean over independent replications with its two-sided Student-t interval. */
struct estimate { double value, low, high; uint32_t n; };   /* low, high NAN when n < 2 */

struct estimate stats_mean(const double *x, uint32_t n, double confidence);

/* The interval around a value that was computed from all replications together, by how far theirs
 * lie from it ("sectioning": Asmussen and Glynn 2007, III.5a).  Where the pooled value is less
 * biased than one replication's, as quantiles are, it covers better than their mean does. */
struct estimate stats_section(const double *x, uint32_t n, double pooled, double confidence);

/* The change from base to x, both per seed, as a share of the base: mean of log ratios with its
 * Student-t interval, given back as ratio - 1 (-0.08 = 8 % less).  All values must be > 0. */
struct estimate stats_paired_change(const double *base, const double *x, uint32_t n,
                                    double confidence);

/* Two-sided p of "the mean is 0" and of "the ratios' logarithms have mean 0"; NAN when n < 2.
 * 0 when all are the same value that is not 0, NAN when all are 0. */
double stats_mean_p(const double *x, uint32_t n);
double stats_paired_p(const double *base, const double *x, uint32_t n);

/* The same change without pairs: Welch's t (1947) on the logarithms.  NAN when n or m < 2; p may be
 * NULL.  In the estimate, n is the less of both. */
struct estimate stats_welch(const double *base, uint32_t n, const double *x, uint32_t m,
                            double confidence, double *p);
/* The same of the means themselves, x less base, where values may be 0. */
struct estimate stats_welch_difference(const double *base, uint32_t n, const double *x, uint32_t m,
                                       double confidence, double *p);

/* Holm (1979): p values adjusted for being one of many, at most 1; a NAN counts as not asked. */
void stats_holm(const double *p, double *adjusted, uint32_t n);

/* The ranks (from 1) of n independent values between which their law's q-quantile lies with the
 * confidence asked for or a little more, whatever the law: binomial, tails as equal as they can be.
 * low 0: so few values cannot tell. */
struct stats_ranks { uint32_t low, high; double confidence; };
struct stats_ranks stats_quantile_ranks(uint32_t n, double q, double confidence);

/* If n replications gave a 95 % interval of half width `half`: how many give `target` or less, at
 * the confidence asked for?  0: more than a million. */
uint32_t stats_seeds_for(uint32_t n, double half, double target, double confidence);

double stats_student_t(double confidence, uint32_t degrees);    /* two-sided quantile */
double stats_student_p(double t, uint32_t degrees);             /* upper tail */
double stats_chi_square_p(double statistic, uint32_t degrees);  /* upper tail */

#endif
