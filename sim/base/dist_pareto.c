/* dist_pareto.c - P(X > x) = (min/x)^shape from min on.  With a max it is the same law given
 * X <= max: the tail is cut off and the rest scaled up, not heaped on max (the "bounded Pareto" of
 * Harchol-Balter and others); then a shape of 1 or less is allowed too. */
#include "dist_kind.h"

#include "../../algorithms/fmath.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* p: min, shape, 1/shape, max (INFINITY: none), (min/max)^shape */
static int pareto_from(struct dist *d, double min, double shape, double max)
{
    d->p[0] = min;
    d->p[1] = shape;
    d->p[2] = 1 / shape;
    d->p[3] = max;
    d->p[4] = max < INFINITY ? fm_exp(shape * fm_log(min / max)) : 0;
    return 0;
}

/* (1 - exp(-y)) / y, near 0 by its series. */
static double shrunk(double y)
{
    double term = 1, sum = 1;

    if (y > 0.5 || y < -0.5)
        return (1 - fm_exp(-y)) / y;
    for (int i = 2; i < 20; i++) {
        term *= -y / i;
        sum += term;
    }
    return sum;
}

/* The k-th moment: with r = log(max/min) the integral of a power, written so that shape = k is
 * no special case. */
static double pareto_moment(double min, double shape, double max, int k)
{
    double power = k == 1 ? min : min * min;

    if (max < INFINITY) {
        double r = fm_log(max / min);

        return power * shrunk((shape - k) * r) / shrunk(shape * r);
    }
    return shape > k ? power * shape / (shape - k) : INFINITY;
}

static double pareto_draw(const struct dist *d, struct rng *g)
{
    if (d->p[3] == INFINITY)
        return d->p[0] * fm_exp(rng_exp(g) * d->p[2]);

    double tail = d->p[4] + rng_open(g) * (1 - d->p[4]);
    double x = d->p[0] * fm_exp(-d->p[2] * fm_log(tail));

    return x < d->p[3] ? x : d->p[3];
}

static double pareto_mean(const struct dist *d)
{
    return pareto_moment(d->p[0], d->p[1], d->p[3], 1);
}

static double pareto_variance(const struct dist *d)
{
    double mean = pareto_mean(d);

    return pareto_moment(d->p[0], d->p[1], d->p[3], 2) - mean * mean;
}

static double pareto_cdf(const struct dist *d, double x)
{
    if (x <= d->p[0])
        return 0;
    if (x >= d->p[3])
        return 1;

    double share = gsl_cdf_pareto_P(x, d->p[1], d->p[0]);

    return d->p[3] < INFINITY ? share / gsl_cdf_pareto_P(d->p[3], d->p[1], d->p[0]) : share;
}

/* mean / max by log(min/max): rising to 1 at 0, whatever the shape. */
static double bounded_mean(double log_min, double shape)
{
    return fm_exp(log_min) * shrunk((1 - shape) * log_min) / shrunk(-shape * log_min);
}

static int bounded_from_mean(struct dist *d, double mean, double shape, double max,
                             char *why, size_t size)
{
    const double least = -100;          /* min = 4e-44 max */

    if (!(mean < max))
        return dist_refuse(why, size, "max must be more than mean");
    if (!(shape <= 100))
        return dist_refuse(why, size, "shape must be from 0.01 to 100");
    if (bounded_mean(least, shape) > mean / max)
        return dist_refuse(why, size, "no min makes this mean with so small a shape");

    double log_min = dist_solve(bounded_mean, shape, mean / max, least, 0);

    return pareto_from(d, max * fm_exp(log_min), shape, max);
}

static int bounded_from_min(struct dist *d, double min, double shape, double max,
                            char *why, size_t size)
{
    if (!(min < max))
        return dist_refuse(why, size, "max must be more than min");
    return pareto_from(d, min, shape, max);
}

/* log(p99 / mean) by b = 1/shape, rising up to b = 0.78285. */
static double pareto_log_ratio(double b, double unused)
{
    (void)unused;
    return b * EXP_P99 + fm_log(1 - b);
}

static int pareto_from_mean_p99(struct dist *d, double mean, double p99, char *why, size_t size)
{
    const double low = 0.01, high = 0.78285;
    double wanted = fm_log(p99 / mean);

    if (!(wanted >= pareto_log_ratio(low, 0) && wanted <= pareto_log_ratio(high, 0)))
        return dist_refuse(why, size, "a Pareto's p99 is from 1.04 to 7.98 times its mean; for a "
                           "heavier tail give mean and shape");

    double b = dist_solve(pareto_log_ratio, 0, wanted, low, high);

    return pareto_from(d, mean * (1 - b), 1 / b, INFINITY);
}

static int pareto_from_p50_p99(struct dist *d, double p50, double p99, char *why, size_t size)
{
    const double log_50 = EXP_P99 - EXP_P50;
    double b = p99 > p50 ? fm_log(p99 / p50) / log_50 : 0;

    if (!(b >= 0.01 && b < 1))
        return dist_refuse(why, size, "a Pareto with a finite mean has a p99 of 1.04 to 50 times "
                           "its p50");
    return pareto_from(d, p50 * fm_exp(-EXP_P50 * b), 1 / b, INFINITY);
}

/* Shapes of 0.01 to 100; without a max only those with a finite mean. */
static int check_shape(double shape, double max, char *why, size_t size)
{
    if (isnan(shape))
        return 0;
    if (!(shape >= 0.01 && shape <= 100))
        return dist_refuse(why, size, "shape must be from 0.01 to 100");
    if (shape <= 1 && isnan(max))
        return dist_refuse(why, size, "a Pareto of shape %.3g has an infinite mean: give a max, or "
                           "a shape above 1", shape);
    return 0;
}

enum { MEAN = 1, MIN = 2, SHAPE = 4, MAX = 8, P50 = 16, P99 = 32 };

static int pareto_set(struct dist *d, const double *v, char *why, size_t size)
{
    double mean = v[0], min = v[1], shape = v[2], max = v[3], p50 = v[4], p99 = v[5];
    int given = dist_begin(d, &dist_pareto, v, 0, why, size);

    if (given < 0 || check_shape(shape, max, why, size) < 0)
        return -1;
    switch (given) {
    case MIN | SHAPE:
        return pareto_from(d, min, shape, INFINITY);
    case MEAN | SHAPE:
        return pareto_from(d, mean * (shape - 1) / shape, shape, INFINITY);
    case MIN | SHAPE | MAX:
        return bounded_from_min(d, min, shape, max, why, size);
    case MEAN | SHAPE | MAX:
        return bounded_from_mean(d, mean, shape, max, why, size);
    case MEAN | P99:
        return pareto_from_mean_p99(d, mean, p99, why, size);
    case P50 | P99:
        return pareto_from_p50_p99(d, p50, p99, why, size);
    default:
        return dist_refuse_keys(d, why, size);
    }
}

static const struct dist_param pareto_params[] = {
    { "mean", DIST_TIME, "the mean, of what is drawn" },
    { "min", DIST_TIME, "the least value" },
    { "shape", DIST_NUMBER, "the tail's exponent; infinite variance up to 2" },
    { "max", DIST_TIME, "the tail is cut off here" },
    { "p50", DIST_TIME, "the median" },
    { "p99", DIST_TIME, "the 99th percentile" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_pareto = {
    .name = "pareto",
    .help = "mean and shape or min and shape, both with or without max; mean and p99; p50 and p99",
    .params = pareto_params,
    .set = pareto_set,
    .draw = pareto_draw,
    .mean = pareto_mean,
    .variance = pareto_variance,
    .cdf = pareto_cdf,
};

static int bounded_pareto_set(struct dist *d, const double *v, char *why, size_t size)
{
    int given = dist_begin(d, &dist_bounded_pareto, v, 0, why, size);

    if (given < 0 || check_shape(v[2], 1, why, size) < 0)
        return -1;
    switch (given) {
    case MIN | SHAPE | MAX:
        return bounded_from_min(d, v[1], v[2], v[3], why, size);
    case MEAN | SHAPE | MAX:
        return bounded_from_mean(d, v[0], v[2], v[3], why, size);
    default:
        return dist_refuse_keys(d, why, size);
    }
}

static const struct dist_param bounded_pareto_params[] = {
    { "mean", DIST_TIME, "the mean, of what is drawn" },
    { "min", DIST_TIME, "the least value" },
    { "shape", DIST_NUMBER, "the tail's exponent" },
    { "max", DIST_TIME, "the tail is cut off here" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_bounded_pareto = {
    .name = "bounded_pareto",
    .help = "min, max and shape, or mean, max and shape",
    .params = bounded_pareto_params,
    .set = bounded_pareto_set,
    .draw = pareto_draw,
    .mean = pareto_mean,
    .variance = pareto_variance,
    .cdf = pareto_cdf,
};
