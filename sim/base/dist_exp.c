/* dist_exp.c - the exponential and its family: Erlang and gamma (sums of stages), hyperexponential
 * (a choice of stages). */
#include "dist_kind.h"

#include "../../algorithms/fmath.h"

#include <gsl/gsl_cdf.h>

static int exponential_set(struct dist *d, const double *v, char *why, size_t size)
{
    int given = dist_begin(d, &dist_exponential, v, 0, why, size);

    if (given < 0)
        return -1;
    if (!given)
        return dist_refuse_keys(d, why, size);
    d->p[0] = v[0];
    return 0;
}

static double exponential_draw(const struct dist *d, struct rng *g)
{
    return d->p[0] * rng_exp(g);
}

static double exponential_mean(const struct dist *d)
{
    return d->p[0];
}

static double exponential_variance(const struct dist *d)
{
    return d->p[0] * d->p[0];
}

static double exponential_cdf(const struct dist *d, double x)
{
    return gsl_cdf_exponential_P(x, d->p[0]);
}

static const struct dist_param exponential_params[] = {
    { "mean", DIST_TIME, "the mean" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_exponential = {
    .name = "exponential",
    .alias = "exp",
    .help = "mean",
    .params = exponential_params,
    .set = exponential_set,
    .draw = exponential_draw,
    .mean = exponential_mean,
    .variance = exponential_variance,
    .cdf = exponential_cdf,
};

/* Gamma by Marsaglia and Tsang (2000), "A simple method for generating gamma variables"; below
 * shape 1 a gamma of shape + 1 times U^(1/shape).
 * p: shape, scale, d = shape' - 1/3, c = 1/sqrt(9 d), 1/shape or 0 from shape 1 on */
static void gamma_from(struct dist *d, double mean, double shape)
{
    double drawn = shape < 1 ? shape + 1 : shape;

    d->p[0] = shape;
    d->p[1] = mean / shape;
    d->p[2] = drawn - 1.0 / 3;
    d->p[3] = 1 / fm_sqrt(9 * d->p[2]);
    d->p[4] = shape < 1 ? 1 / shape : 0;
}

static double gamma_draw(const struct dist *d, struct rng *g)
{
    double x, u, v;

    do {
        do {
            x = rng_normal(g);
            v = 1 + d->p[3] * x;
        } while (v <= 0);
        v = v * v * v;
        u = rng_open(g);
        x *= x;
    } while (u >= 1 - 0.0331 * x * x &&
             fm_log(u) >= 0.5 * x + d->p[2] * (1 - v + fm_log(v)));
    v *= d->p[2] * d->p[1];
    return d->p[4] > 0 ? v * fm_exp(-rng_exp(g) * d->p[4]) : v;
}

static double gamma_mean(const struct dist *d)
{
    return d->p[0] * d->p[1];
}

static double gamma_variance(const struct dist *d)
{
    return d->p[0] * d->p[1] * d->p[1];
}

static double gamma_cdf(const struct dist *d, double x)
{
    return x <= 0 ? 0 : gsl_cdf_gamma_P(x, d->p[0], d->p[1]);
}

static int gamma_set(struct dist *d, const double *v, char *why, size_t size)
{
    enum { MEAN = 1, SHAPE = 2, CV = 4 };
    double shape;

    switch (dist_begin(d, &dist_gamma, v, 0, why, size)) {
    case -1:
        return -1;
    case MEAN | SHAPE:
        shape = v[1];
        break;
    case MEAN | CV:
        shape = 1 / (v[2] * v[2]);
        break;
    default:
        return dist_refuse_keys(d, why, size);
    }
    if (!(shape >= 0.01 && shape <= 1e6))
        return dist_refuse(why, size, "shape must be from 0.01 to 1e6 (cv from 0.001 to 10)");
    gamma_from(d, v[0], shape);
    return 0;
}

static const struct dist_param gamma_params[] = {
    { "mean", DIST_TIME, "the mean" },
    { "shape", DIST_NUMBER, "1 is exponential, more is steadier" },
    { "cv", DIST_NUMBER, "standard deviation / mean; shape = 1/cv^2" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_gamma = {
    .name = "gamma",
    .help = "mean and shape, or mean and cv",
    .params = gamma_params,
    .set = gamma_set,
    .draw = gamma_draw,
    .mean = gamma_mean,
    .variance = gamma_variance,
    .cdf = gamma_cdf,
};

static int erlang_set(struct dist *d, const double *v, char *why, size_t size)
{
    int given = dist_begin(d, &dist_erlang, v, 0, why, size);

    if (given < 0)
        return -1;
    if (given != 3)
        return dist_refuse_keys(d, why, size);
    if (v[1] > 1e6 || v[1] != (double)(uint32_t)v[1])
        return dist_refuse(why, size, "stages must be a whole number from 1 to 1000000");
    gamma_from(d, v[0], v[1]);
    return 0;
}

static const struct dist_param erlang_params[] = {
    { "mean", DIST_TIME, "the mean of the whole" },
    { "stages", DIST_NUMBER, "how many equal exponential stages" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_erlang = {
    .name = "erlang",
    .help = "mean and stages",
    .params = erlang_params,
    .set = erlang_set,
    .draw = gamma_draw,
    .mean = gamma_mean,
    .variance = gamma_variance,
    .cdf = gamma_cdf,
};

/* With a mean and a cv: balanced means, either branch does half of the work (Whitt 1982).
 * p: mean of the fast branch, of the slow branch, share of the slow */
static int hyperexponential_set(struct dist *d, const double *v, char *why, size_t size)
{
    enum { MEAN = 1, CV = 2, FAST = 4, SLOW = 8, SHARE = 16 };
    double fast;

    switch (dist_begin(d, &dist_hyperexponential, v, 0, why, size)) {
    case -1:
        return -1;
    case MEAN | CV:
        if (v[1] < 1 || v[1] > 100)
            return dist_refuse(why, size, "cv must be from 1 to 100; below 1 a gamma can do");
        fast = (1 + fm_sqrt((v[1] * v[1] - 1) / (v[1] * v[1] + 1))) / 2;
        d->p[0] = v[0] / (2 * fast);
        d->p[1] = v[0] / (2 * (1 - fast));
        d->p[2] = 1 - fast;
        return 0;
    case FAST | SLOW | SHARE:
        if (v[2] > v[3])
            return dist_refuse(why, size, "slow must be at least fast");
        d->p[0] = v[2];
        d->p[1] = v[3];
        d->p[2] = v[4];
        return 0;
    default:
        return dist_refuse_keys(d, why, size);
    }
}

static double hyperexponential_draw(const struct dist *d, struct rng *g)
{
    double mean = rng_uniform(g) < d->p[2] ? d->p[1] : d->p[0];

    return mean * rng_exp(g);
}

static double hyperexponential_mean(const struct dist *d)
{
    return d->p[0] + (d->p[1] - d->p[0]) * d->p[2];
}

static double hyperexponential_variance(const struct dist *d)
{
    double mean = hyperexponential_mean(d);
    double square = 2 * (d->p[0] * d->p[0] * (1 - d->p[2]) + d->p[1] * d->p[1] * d->p[2]);

    return square - mean * mean;
}

static double hyperexponential_cdf(const struct dist *d, double x)
{
    return gsl_cdf_exponential_P(x, d->p[0]) * (1 - d->p[2]) +
           gsl_cdf_exponential_P(x, d->p[1]) * d->p[2];
}

static const struct dist_param hyperexponential_params[] = {
    { "mean", DIST_TIME, "the mean" },
    { "cv", DIST_NUMBER, "standard deviation / mean, from 1" },
    { "fast", DIST_TIME, "the mean of the fast branch" },
    { "slow", DIST_TIME, "the mean of the slow branch" },
    { "slow_share", DIST_SHARE, "how often the slow one" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_hyperexponential = {
    .name = "hyperexponential",
    .alias = "hyperexp",
    .help = "mean and cv, or fast, slow and slow_share",
    .params = hyperexponential_params,
    .set = hyperexponential_set,
    .draw = hyperexponential_draw,
    .mean = hyperexponential_mean,
    .variance = hyperexponential_variance,
    .cdf = hyperexponential_cdf,
};
