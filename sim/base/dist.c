/* dist.c - the list of distributions, and what their kinds share.  A new kind is its functions and
 * its table in one of the dist_*.c files, a declaration in dist_kind.h and a line here. */
#include "dist_kind.h"

#include "../../algorithms/fmath.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct dist_kind *const *dist_kinds(void)
{
    static const struct dist_kind *const kinds[] = {
        &dist_constant, &dist_uniform, &dist_exponential, &dist_erlang, &dist_gamma,
        &dist_lognormal, &dist_weibull, &dist_pareto, &dist_bounded_pareto,
        &dist_hyperexponential, &dist_bimodal, &dist_empirical, NULL,
    };

    return kinds;
}

const struct dist_kind *dist_find(const char *name)
{
    for (const struct dist_kind *const *k = dist_kinds(); *k; k++)
        if (strcmp((*k)->name, name) == 0 || ((*k)->alias && strcmp((*k)->alias, name) == 0))
            return *k;
    return NULL;
}

void dist_set_constant(struct dist *d, double ns)
{
    *d = (struct dist){ .kind = &dist_constant, .p = { ns } };
}

double dist_mean(const struct dist *d)
{
    return d->kind ? d->kind->mean(d) : 0;
}

bool dist_is_constant(const struct dist *d)
{
    return d->kind == &dist_constant;
}

int dist_refuse(char *why, size_t size, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, size, fmt, args);
    va_end(args);
    return -1;
}

int dist_refuse_keys(const struct dist *d, char *why, size_t size)
{
    return dist_refuse(why, size, "%s takes %s", d->kind->name, d->kind->help);
}

static int check(const struct dist_param *param, double value, bool zero, char *why, size_t size)
{
    switch (param->unit) {
    case DIST_TIME:
        if (!(value >= 0 && value <= 0x1p62))
            return dist_refuse(why, size, "%s must be a duration of at most 2^62 ns", param->name);
        if (value == 0 && !zero)
            return dist_refuse(why, size, "%s must be more than 0", param->name);
        return 0;
    case DIST_NUMBER:
        if (!(value > 0 && value < INFINITY))
            return dist_refuse(why, size, "%s must be a number above 0", param->name);
        return 0;
    case DIST_SHARE:
        if (!(value >= 0 && value <= 1))
            return dist_refuse(why, size, "%s must be a share from 0 to 1", param->name);
        return 0;
    case DIST_TIMES:
        return 0;
    }
    return 0;
}

int dist_begin(struct dist *d, const struct dist_kind *kind, const double *value, int zero,
               char *why, size_t size)
{
    int given = 0;

    d->kind = kind;
    for (int i = 0; kind->params[i].name; i++) {
        if (isnan(value[i]))
            continue;
        given |= 1 << i;
        if (check(&kind->params[i], value[i], zero >> i & 1, why, size) < 0)
            return -1;
    }
    return given;
}

/* Bisection until the two are neighbours: no tolerance to choose, the same everywhere. */
double dist_solve(double (*f)(double x, double with), double with, double wanted,
                  double low, double high)
{
    for (;;) {
        double middle = low + (high - low) / 2;

        if (middle <= low || middle >= high)
            return low;
        if (f(middle, with) < wanted)
            low = middle;
        else
            high = middle;
    }
}

/* Stirling's series from 12 on (Abramowitz and Stegun 6.1.41), the recurrence below. */
double dist_log_gamma(double x)
{
    const double half_log_2pi = 0.91893853320467274;
    double product = 1;

    for (; x < 12; x += 1)
        product *= x;

    double z = 1 / (x * x);
    double series = z * (1 / 1188.0 - z * (691 / 360360.0 - z / 156));

    series = 1 / 12.0 - z * (1 / 360.0 - z * (1 / 1260.0 - z * (1 / 1680.0 - series)));

    return (x - 0.5) * fm_log(x) - x + half_log_2pi + series / x - fm_log(product);
}
