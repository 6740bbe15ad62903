/* dist_plain.c - constant, uniform, two constants, a list of measured values. */
#include "dist_kind.h"

static int constant_set(struct dist *d, const double *v, char *why, size_t size)
{
    int given = dist_begin(d, &dist_constant, v, 1, why, size);

    if (given < 0)
        return -1;
    if (!given)
        return dist_refuse_keys(d, why, size);
    d->p[0] = v[0];
    return 0;
}

static double constant_draw(const struct dist *d, struct rng *g)
{
    (void)g;
    return d->p[0];
}

static double constant_mean(const struct dist *d)
{
    return d->p[0];
}

static double constant_variance(const struct dist *d)
{
    (void)d;
    return 0;
}

static double constant_cdf(const struct dist *d, double x)
{
    return x >= d->p[0];
}

static const struct dist_param constant_params[] = {
    { "mean", DIST_TIME, "the value" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_constant = {
    .name = "constant",
    .alias = "const",
    .help = "mean",
    .params = constant_params,
    .set = constant_set,
    .draw = constant_draw,
    .mean = constant_mean,
    .variance = constant_variance,
    .cdf = constant_cdf,
};

/* p: min, max - min */
static int uniform_set(struct dist *d, const double *v, char *why, size_t size)
{
    int given = dist_begin(d, &dist_uniform, v, 1, why, size);

    if (given < 0)
        return -1;
    if (given != 3)
        return dist_refuse_keys(d, why, size);
    if (v[0] >= v[1])
        return dist_refuse(why, size, "max must be more than min");
    d->p[0] = v[0];
    d->p[1] = v[1] - v[0];
    return 0;
}

static double uniform_draw(const struct dist *d, struct rng *g)
{
    return d->p[0] + d->p[1] * rng_uniform(g);
}

static double uniform_mean(const struct dist *d)
{
    return d->p[0] + d->p[1] / 2;
}

static double uniform_variance(const struct dist *d)
{
    return d->p[1] * d->p[1] / 12;
}

static double uniform_cdf(const struct dist *d, double x)
{
    double share = (x - d->p[0]) / d->p[1];

    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static const struct dist_param uniform_params[] = {
    { "min", DIST_TIME, "the least value" },
    { "max", DIST_TIME, "the greatest value" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_uniform = {
    .name = "uniform",
    .help = "min and max",
    .params = uniform_params,
    .set = uniform_set,
    .draw = uniform_draw,
    .mean = uniform_mean,
    .variance = uniform_variance,
    .cdf = uniform_cdf,
};

/* p: fast, slow, slow_share */
static int bimodal_set(struct dist *d, const double *v, char *why, size_t size)
{
    int given = dist_begin(d, &dist_bimodal, v, 1, why, size);

    if (given < 0)
        return -1;
    if (given != 7)
        return dist_refuse_keys(d, why, size);
    if (v[0] > v[1])
        return dist_refuse(why, size, "slow must be at least fast");
    for (int i = 0; i < 3; i++)
        d->p[i] = v[i];
    return 0;
}

static double bimodal_draw(const struct dist *d, struct rng *g)
{
    return rng_uniform(g) < d->p[2] ? d->p[1] : d->p[0];
}

static double bimodal_mean(const struct dist *d)
{
    return d->p[0] + (d->p[1] - d->p[0]) * d->p[2];
}

static double bimodal_variance(const struct dist *d)
{
    double apart = d->p[1] - d->p[0];

    return apart * apart * d->p[2] * (1 - d->p[2]);
}

static double bimodal_cdf(const struct dist *d, double x)
{
    return x >= d->p[1] ? 1 : x >= d->p[0] ? 1 - d->p[2] : 0;
}

static const struct dist_param bimodal_params[] = {
    { "fast", DIST_TIME, "the usual value" },
    { "slow", DIST_TIME, "the rare value" },
    { "slow_share", DIST_SHARE, "how often the slow one" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_bimodal = {
    .name = "bimodal",
    .help = "fast, slow and slow_share",
    .params = bimodal_params,
    .set = bimodal_set,
    .draw = bimodal_draw,
    .mean = bimodal_mean,
    .variance = bimodal_variance,
    .cdf = bimodal_cdf,
};

/* Each value equally likely; no interpolation, so that nothing appears that was not measured. */
static int empirical_set(struct dist *d, const double *v, char *why, size_t size)
{
    if (dist_begin(d, &dist_empirical, v, 0, why, size) < 0)
        return -1;
    if (!d->table || d->n == 0)
        return dist_refuse_keys(d, why, size);
    for (uint32_t i = 0; i < d->n; i++)
        if (!(d->table[i] >= 0 && d->table[i] <= 0x1p62) || (i && d->table[i] < d->table[i - 1]))
            return dist_refuse(why, size, "values must be durations of at most 2^62 ns, in rising "
                               "order");
    return 0;
}

static double empirical_draw(const struct dist *d, struct rng *g)
{
    return d->table[rng_below(g, d->n)];
}

static double empirical_mean(const struct dist *d)
{
    double sum = 0;

    for (uint32_t i = 0; i < d->n; i++)
        sum += d->table[i];
    return sum / d->n;
}

static double empirical_variance(const struct dist *d)
{
    double mean = empirical_mean(d), squares = 0;

    for (uint32_t i = 0; i < d->n; i++)
        squares += (d->table[i] - mean) * (d->table[i] - mean);
    return squares / d->n;
}

static double empirical_cdf(const struct dist *d, double x)
{
    uint32_t low = 0, high = d->n;      /* table[..low) <= x < table[high..) */

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (d->table[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low / d->n;
}

static const struct dist_param empirical_params[] = {
    { "values", DIST_TIMES, "durations, each equally likely" },
    { NULL, DIST_TIME, NULL },
};

const struct dist_kind dist_empirical = {
    .name = "empirical",
    .help = "values, at least one",
    .params = empirical_params,
    .set = empirical_set,
    .draw = empirical_draw,
    .mean = empirical_mean,
    .variance = empirical_variance,
    .cdf = empirical_cdf,
};
