/* dist_kind.h - what the files with the kinds of distributions share: the list, the checks of what
 * a scenario gave, and the two numeric tools that some parameters need. */
#ifndef BASE_DIST_KIND_H
#define BASE_DIST_KIND_H

#include "dist.h"

extern const struct dist_kind dist_constant, dist_uniform, dist_bimodal, dist_empirical;
extern const struct dist_kind dist_exponential, dist_hyperexponential, dist_erlang, dist_gamma;
extern const struct dist_kind dist_lognormal, dist_weibull, dist_pareto, dist_bounded_pareto;

/* The quantiles that `p50` and `p99` speak of: of the normal, and of the exponential of mean 1. */
#define NORMAL_P99 2.3263478740408411
#define EXP_P50    0.69314718055994531
#define EXP_P99    4.6051701859880914

/* Sets d->kind and checks each value by its unit: durations > 0 (>= 0 for the keys in `zero`) and
 * at most 2^62 ns, numbers > 0 and finite, shares 0..1.  Returns the given keys, bit i for
 * params[i], or -1 with the reason in why. */
int dist_begin(struct dist *d, const struct dist_kind *kind, const double *value, int zero,
               char *why, size_t size);

/* Writes the reason; returns -1. */
int dist_refuse(char *why, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The refusal of a set of keys that a kind does not know. */
int dist_refuse_keys(const struct dist *d, char *why, size_t size);

/* The x in [low, high] where f(x, with), rising in x, reaches `wanted`. */
double dist_solve(double (*f)(double x, double with), double with, double wanted,
                  double low, double high);

/* log Gamma(x), x > 0, about 1e-14 relative or absolute; by fmath, hence the same everywhere. */
double dist_log_gamma(double x);

#endif
