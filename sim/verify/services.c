/* services.c - laws of service of mean 1, by E[min(S, x)] and E[min(S, x)^2]; see mg1.h. */
#include "mg1.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

/* Truncated moments of what has the density of S up to x, plus x^k for the rest. */

static double constant_first(const double *p, double x)
{
    (void)p;
    return fmin(1, x);
}

static double constant_second(const double *p, double x)
{
    (void)p;
    return fmin(1, x) * fmin(1, x);
}

/* Erlang with p[0] stages: the k-th moment up to x is that of more stages. */
static double erlang_first(const double *p, double x)
{
    double n = p[0];

    if (isinf(x))
        return 1;
    return gsl_sf_gamma_inc_P(n + 1, n * x) + x * gsl_sf_gamma_inc_Q(n, n * x);
}

static double erlang_second(const double *p, double x)
{
    double n = p[0];

    if (isinf(x))
        return (n + 1) / n;
    return (n + 1) / n * gsl_sf_gamma_inc_P(n + 2, n * x) + x * x * gsl_sf_gamma_inc_Q(n, n * x);
}

/* p[0]: sigma. */
static double lognormal_first(const double *p, double x)
{
    double s = p[0];

    if (x <= 0 || isinf(x))
        return x <= 0 ? 0 : 1;

    double z = (log(x) + s * s / 2) / s;

    return gsl_cdf_ugaussian_P(z - s) + x * gsl_cdf_ugaussian_Q(z);
}

static double lognormal_second(const double *p, double x)
{
    double s = p[0];

    if (x <= 0 || isinf(x))
        return x <= 0 ? 0 : exp(s * s);

    double z = (log(x) + s * s / 2) / s;

    return exp(s * s) * gsl_cdf_ugaussian_P(z - 2 * s) + x * x * gsl_cdf_ugaussian_Q(z);
}

/* p: share and rate of one branch, rate of the other. */
static double hyper_first(const double *p, double x)
{
    return p[0] * -expm1(-p[1] * x) / p[1] + (1 - p[0]) * -expm1(-p[2] * x) / p[2];
}

static double one_second(double rate, double x)
{
    double rx = rate * x;

    return isinf(x) ? 2 / (rate * rate) : 2 * (-expm1(-rx) - rx * exp(-rx)) / (rate * rate);
}

static double hyper_second(const double *p, double x)
{
    return p[0] * one_second(p[1], x) + (1 - p[0]) * one_second(p[2], x);
}

/* p: shape a, least value, greatest: density a L^a x^(-a-1) / (1 - (L/H)^a). */
static double pareto_moment(const double *p, double x, double k)
{
    double a = p[0], low = p[1], high = p[2], norm = 1 - pow(low / high, a);

    if (x <= low)
        return pow(x, k);

    double to = fmin(x, high), tail = (pow(low / to, a) - pow(low / high, a)) / norm;
    double up_to = a * pow(low, a) / (k - a) * (pow(to, k - a) - pow(low, k - a)) / norm;

    return up_to + (x < high ? tail * pow(x, k) : 0);
}

static double pareto_first(const double *p, double x)
{
    return pareto_moment(p, x, 1);
}

static double pareto_second(const double *p, double x)
{
    return pareto_moment(p, x, 2);
}

const struct service service_constant = {
    "det", "'1s'", constant_first, constant_second, { 0 } };
const struct service service_exponential = {
    "exp", "{ 'dist': 'exponential', 'mean': '1s' }", erlang_first, erlang_second, { 1 } };
const struct service service_erlang4 = {
    "erlang4", "{ 'dist': 'erlang', 'mean': '1s', 'stages': 4 }", erlang_first, erlang_second,
    { 4 } };
/* sigma 1: cv = sqrt(e - 1) */
const struct service service_lognormal = {
    "lognormal", "{ 'dist': 'lognormal', 'mean': '1s', 'cv': 1.3108324944320864 }",
    lognormal_first, lognormal_second, { 1 } };
/* Balanced means, cv 2: the share of the fast branch is (1 + sqrt(3/5)) / 2. */
#define FAST 0.8872983346207417
const struct service service_hyper4 = {
    "hyperexp", "{ 'dist': 'hyperexponential', 'mean': '1s', 'cv': 2 }", hyper_first, hyper_second,
    { FAST, 2 * FAST, 2 * (1 - FAST) } };
/* Shape 3/2 and least / greatest = r: mean 1 needs a least value of (1 - r^1.5) / (3 (1 - r^0.5)),
 * which is 0.37 for r = 1/100. */
const struct service service_pareto100 = {
    "bpareto", "{ 'dist': 'bounded_pareto', 'min': '370ms', 'max': '37s', 'shape': 1.5 }",
    pareto_first, pareto_second, { 1.5, 0.37, 37 } };
const struct service service_pareto1000 = {
    "bpareto1000",
    "{ 'dist': 'bounded_pareto', 'min': '344207592ns', 'max': '344207592us', 'shape': 1.5 }",
    pareto_first, pareto_second, { 1.5, 0.344207592, 344.207592 } };
