/* dist_tail.c - the lognormal and the Weibull (Pareto: dist_pareto.c). */
#include "dist_kind.h"

#include "../../algorithms/fmath.h"

#include <gsl/gsl_cdf.h>

/* p: mu, sigma, of the logarithm of ns */
static int lognormal_from(struct dist *d, double median, double sigma)
{
    d->p[0] = fm_log(median);
    d->p[1] = sigma;
    return 0;
}

/* p99 / mean = exp(z sigma - sigma^2 / 2): rises to 14.97 at sigma = z, which is as far as a mean
 * and a p99 can tell; the smaller of the two solutions is meant. */
static int lognormal_from_mean_p99(struct dist *d, double mean, double p99, char *why, size_t size)
{
    double log_ratio = fm_log(p99 / mean);
    double square = NORMAL_P99 * NORMAL_P99 - 2 * log_ratio;

    if (!(log_ratio > 0) || square < 0)
        return dist_refuse(why, size, "a lognormal's p99 is more than its mean and at most 14.97 "
                           "times it; for a heavier tail give p50 and p99");

    double sigma = NORMAL_P99 - fm_sqrt(square);

    return lognormal_from(d, mean * fm_exp(-0.5 * sigma * sigma), sigma);
}

static int lognormal_set(struct dist *d, const double *v, char *why, size_t size)
{
    enum { MEAN = 1, CV = 2, P50 = 4, P99 = 8 };
    double mean = v[0], cv = v[1], p50 = v[2], p99 = v[3], square;

    switch (dist_begin(d, &dist_lognormal, v, 0, why, size)) {
    case -1:
        return -1;
    case MEAN | CV:
        if (cv > 1000)
            return dist_refuse(why, size, "cv must be at most 1000");
        square = fm_log(1 + cv * cv);
        return lognormal_from(d, mean * fm_exp(-0.5 * square), fm_sqrt(square));
    case MEAN | P50:
        if (!(mean > p50) || mean > p50 * 1e6)
            return dist_refuse(why, size, "a lognormal's mean is more than its p50, at most 1e6 "
                               "times");
        return lognormal_from(d, p50, fm_sqrt(2 * fm_log(mean / p50)));
    case P50 | P99:
        if (!(p99 > p50) || p99 > p50 * 1e6)
            return dist_refuse(why, size, "p99 must be more than p50, at most 1e6 times");
        return lognormal_from(d, p50, fm_log(p99 / p50) / NORMAL_P99);
    case MEAN | P99:
        return lognormal_from_mean_p99(d, mean, p99, why, size);
    default:
        return dist_refuse_keys(d, why, size);
    }
}

static double lognormal_draw(const struct dist *d, struct rng *g)
{
    return fm_exp(d->p[0] + d->p[1] * rng_normal(g));
}

static double lognormal_mean(const struct dist *d)
{
    return fm_exp(d->p[0] + 0.5 * d->p[1] * d->p[1]);
}

static double lognormal_variance(const struct dist *d)
{
    double mean = lognormal_mean(d);

    return mean * mean * (fm_exp(d->p[1] * d->p[1]) - 1);
}

static double lognormal_cdf(const struct dist *d, double x)
{
    return x <= 0 ? 0 : gsl_cdf_lognormal_P(x, d->p[0], d->p[1]);
}

static const struct dist_param lognormal_params[] = {
    { "mean", DIST_TIME, "the mean" },
    { "cv", DIST_NUMBER, "standard deviation / mean" },
    { "p50", DIST_TIME, "the median" },
    { "p99", DIST_TIME, "the 99th percentile" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_lognormal = {
    .name = "lognormal",
    .help = "p50 and p99, or mean with one of cv, p50 and p99",
    .params = lognormal_params,
    .set = lognormal_set,
    .draw = lognormal_draw,
    .mean = lognormal_mean,
    .variance = lognormal_variance,
    .cdf = lognormal_cdf,
};

/* p: scale, shape, 1/shape */
static int weibull_from(struct dist *d, double scale, double shape, char *why, size_t size)
{
    if (!(shape >= 0.1 && shape <= 100))
        return dist_refuse(why, size, "shape must be from 0.1 to 100 (these values make it %.3g)",
                           shape);
    d->p[0] = scale;
    d->p[1] = shape;
    d->p[2] = 1 / shape;
    return 0;
}

static double weibull_mean_of(double scale, double shape)
{
    return scale * fm_exp(dist_log_gamma(1 + 1 / shape));
}

/* log(p99 / mean) by u = 1/shape, rising up to u = 4.0961. */
static double weibull_log_ratio(double u, double unused)
{
    (void)unused;
    return u * fm_log(EXP_P99) - dist_log_gamma(1 + u);
}

static int weibull_from_mean_p99(struct dist *d, double mean, double p99, char *why, size_t size)
{
    const double low = 0.01, high = 4.0961;
    double wanted = fm_log(p99 / mean);

    if (!(wanted >= weibull_log_ratio(low, 0) && wanted <= weibull_log_ratio(high, 0)))
        return dist_refuse(why, size, "a Weibull's p99 is from 1.022 to 18.75 times its mean; for "
                           "a heavier tail give p50 and p99");

    double shape = 1 / dist_solve(weibull_log_ratio, 0, wanted, low, high);

    return weibull_from(d, mean / weibull_mean_of(1, shape), shape, why, size);
}

static int weibull_set(struct dist *d, const double *v, char *why, size_t size)
{
    enum { MEAN = 1, SCALE = 2, SHAPE = 4, P50 = 8, P99 = 16 };
    double mean = v[0], scale = v[1], shape = v[2], p50 = v[3], p99 = v[4];

    switch (dist_begin(d, &dist_weibull, v, 0, why, size)) {
    case -1:
        return -1;
    case SCALE | SHAPE:
        return weibull_from(d, scale, shape, why, size);
    case MEAN | SHAPE:
        if (weibull_from(d, mean, shape, why, size) < 0)
            return -1;
        d->p[0] = mean / weibull_mean_of(1, shape);
        return 0;
    case P50 | P99:
        if (!(p99 > p50))
            return dist_refuse(why, size, "p99 must be more than p50");
        shape = fm_log(EXP_P99 / EXP_P50) / fm_log(p99 / p50);
        return weibull_from(d, p50 * fm_pow(EXP_P50, -1 / shape), shape, why, size);
    case MEAN | P99:
        return weibull_from_mean_p99(d, mean, p99, why, size);
    default:
        return dist_refuse_keys(d, why, size);
    }
}

/* fm_pow's last bits would cost five times as much. */
static double weibull_draw(const struct dist *d, struct rng *g)
{
    double e = rng_exp(g);

    return e > 0 ? d->p[0] * fm_exp(d->p[2] * fm_log(e)) : 0;
}

static double weibull_mean(const struct dist *d)
{
    return weibull_mean_of(d->p[0], d->p[1]);
}

static double weibull_variance(const struct dist *d)
{
    double mean = weibull_mean(d);

    return d->p[0] * d->p[0] * fm_exp(dist_log_gamma(1 + 2 * d->p[2])) - mean * mean;
}

static double weibull_cdf(const struct dist *d, double x)
{
    return x <= 0 ? 0 : gsl_cdf_weibull_P(x, d->p[0], d->p[1]);
}

static const struct dist_param weibull_params[] = {
    { "mean", DIST_TIME, "the mean" },
    { "scale", DIST_TIME, "the 63.2nd percentile" },
    { "shape", DIST_NUMBER, "1 is exponential, less is heavier" },
    { "p50", DIST_TIME, "the median" },
    { "p99", DIST_TIME, "the 99th percentile" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_weibull = {
    .name = "weibull",
    .help = "mean and shape, scale and shape, p50 and p99, or mean and p99",
    .params = weibull_params,
    .set = weibull_set,
    .draw = weibull_draw,
    .mean = weibull_mean,
    .variance = weibull_variance,
    .cdf = weibull_cdf,
};
