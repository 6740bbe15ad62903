/* theory.c - see theory.h: what has a formula, or a sum of a few terms. */
#include "theory.h"

#include "../base/xalloc.h"

#include <assert.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>

/* ---- roots ---- */

/* Where f changes its sign between low and high, to the last digits. */
static double root(double (*f)(double, void *), void *arg, double low, double high)
{
    gsl_function g = { .function = f, .params = arg };
    gsl_root_fsolver *s = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    int status = gsl_root_fsolver_set(s, &g, low, high);

    for (int i = 0; status == GSL_SUCCESS && i < 200; i++) {
        status = gsl_root_fsolver_iterate(s);
        if (gsl_root_test_interval(gsl_root_fsolver_x_lower(s), gsl_root_fsolver_x_upper(s), 0,
                                   1e-13) == GSL_SUCCESS)
            break;
    }
    assert(status == GSL_SUCCESS);

    double x = gsl_root_fsolver_root(s);

    gsl_root_fsolver_free(s);
    return x;
}

struct above { theory_tail *tail; const void *arg; double share; };

static double excess(double t, void *arg)
{
    const struct above *a = arg;

    return a->tail(t, a->arg) - a->share;
}

double theory_quantile(theory_tail *tail, const void *arg, double q, double from)
{
    struct above a = { tail, arg, 1 - q };
    double high = from;

    while (tail(high, arg) >= 1 - q)
        high *= 2;
    return root(excess, &a, 0, high);
}

struct law theory_law(theory_tail *tail, const void *arg, double mean)
{
    return (struct law){
        .mean = mean,
        .p50 = theory_quantile(tail, arg, 0.5, mean),
        .p90 = theory_quantile(tail, arg, 0.9, mean),
        .p99 = theory_quantile(tail, arg, 0.99, mean),
        .p999 = theory_quantile(tail, arg, 0.999, mean),
    };
}

/* ---- laws made of exponentials ---- */

struct law theory_exponential(double rate)
{
    return (struct law){ 1 / rate, log(2) / rate, log(10) / rate, log(100) / rate,
                         log(1000) / rate };
}

struct terms { const double *share, *rate; uint32_t n; };

static double mixture_tail(double t, const void *arg)
{
    const struct terms *m = arg;
    double sum = 0;

    for (uint32_t i = 0; i < m->n; i++)
        sum += m->share[i] * exp(-m->rate[i] * t);
    return sum;
}

struct law theory_mixture(const double *share, const double *rate, uint32_t n)
{
    const struct terms terms = { share, rate, n };
    double mean = 0;

    for (uint32_t i = 0; i < n; i++)
        mean += share[i] / rate[i];
    return theory_law(mixture_tail, &terms, mean);
}

struct places { const double *share; uint32_t n; double mu; };

static double positions_tail(double t, const void *arg)
{
    const struct places *p = arg;
    double sum = 0;

    for (uint32_t i = 0; i < p->n; i++)
        if (p->share[i] > 0)
            sum += p->share[i] * gsl_sf_gamma_inc_Q(i + 1.0, p->mu * t);
    return sum;
}

struct law theory_positions(const double *share, uint32_t n, double mu)
{
    const struct places places = { share, n, mu };
    double mean = 0;

    for (uint32_t i = 0; i < n; i++)
        mean += share[i] * (i + 1.0) / mu;
    return theory_law(positions_tail, &places, mean);
}

/* ---- M/M/c ---- */

struct law theory_mm1(double rho)
{
    return theory_exponential(1 - rho);
}

/* By the recursion of Erlang B, which does not overflow. */
static double erlang_b(uint32_t c, double offered)
{
    double b = 1;

    for (uint32_t k = 1; k <= c; k++)
        b = offered * b / (k + offered * b);
    return b;
}

double theory_erlang_c(uint32_t c, double offered)
{
    double b = erlang_b(c, offered);

    return b / (1 - offered / c * (1 - b));
}

struct many { double waits, drain; };   /* P(wait); the rate at which a full system drains */

static double mmc_tail(double t, const void *arg)
{
    const struct many *m = arg;
    double served = exp(-t), th = m->drain;

    return (1 - m->waits) * served + m->waits * (th * served - exp(-th * t)) / (th - 1);
}

struct law theory_mmc(uint32_t c, double rho)
{
    const struct many m = { theory_erlang_c(c, c * rho), c * (1 - rho) };

    if (fabs(m.drain - 1) > 1e-9)
        return theory_law(mmc_tail, &m, 1 + m.waits / m.drain);

    const double share[] = { 1 - m.waits, m.waits };        /* a wait as long as a service */

    return theory_positions(share, 2, 1);
}

/* ---- M/M/c/K ---- */

/* P(j in the system), j = 0 .. places; the caller frees it. */
static double *birth_death(uint32_t c, uint32_t places, double offered)
{
    double *p = xcalloc(places + 1, sizeof *p), sum = p[0] = 1;

    for (uint32_t j = 1; j <= places; j++)
        sum += p[j] = p[j - 1] * offered / (j < c ? j : c);
    for (uint32_t j = 0; j <= places; j++)
        p[j] /= sum;
    return p;
}

double theory_blocking(uint32_t c, uint32_t places, double offered)
{
    double *p = birth_death(c, places, offered), full = p[places];

    free(p);
    return full;
}

double theory_accepted_mean(uint32_t c, uint32_t places, double offered)
{
    double *p = birth_death(c, places, offered), mean = 0;

    for (uint32_t j = 1; j <= places; j++)
        mean += j * p[j];
    mean /= offered * (1 - p[places]);      /* Little's law over those let in */
    free(p);
    return mean;
}

struct law theory_accepted(uint32_t places, double offered)
{
    double *p = birth_death(1, places, offered), entered = 1 - p[places];
    struct law law;

    for (uint32_t j = 0; j < places; j++)
        p[j] /= entered;
    law = theory_positions(p, places, 1);
    free(p);
    return law;
}

/* ---- E_n/M/1 ---- */

struct erlang_gaps { uint32_t n; double lambda, mu; };

/* Above 0 left of the root that is wanted, below it between that one and 1. */
static double sigma_excess(double sigma, void *arg)
{
    const struct erlang_gaps *e = arg;

    return pow(e->lambda / (e->lambda + e->mu * (1 - sigma)), e->n) - sigma;
}

double theory_sigma(uint32_t n, double lambda, double mu)
{
    struct erlang_gaps e = { n, lambda, mu };

    return root(sigma_excess, &e, 0, 1 - 1e-9);
}

struct law theory_round_robin(uint32_t n, double lambda, const double *mu)
{
    double *share = xcalloc(n, sizeof *share), *rate = xcalloc(n, sizeof *rate);
    struct law law;

    for (uint32_t i = 0; i < n; i++) {
        share[i] = 1.0 / n;
        rate[i] = mu[i] * (1 - theory_sigma(n, lambda, mu[i]));
    }
    law = theory_mixture(share, rate, n);
    free(share);
    free(rate);
    return law;
}

/* ---- the machine repairman ---- */

/* P(j of the clients are not thinking). */
static double *repairman(uint32_t servers, double think, uint32_t clients)
{
    double *p = xcalloc(clients + 1, sizeof *p), sum = p[0] = 1;

    for (uint32_t j = 1; j <= clients; j++)
        sum += p[j] = p[j - 1] * (clients - j + 1) / think / (j < servers ? j : servers);
    for (uint32_t j = 0; j <= clients; j++)
        p[j] /= sum;
    return p;
}

struct closed theory_repairman(uint32_t servers, double think, uint32_t clients)
{
    double *p = repairman(servers, think, clients), busy = 0;

    for (uint32_t j = 1; j <= clients; j++)
        busy += p[j] * (j < servers ? j : servers);
    free(p);
    return (struct closed){ busy, clients / busy - think, busy / servers };
}

/* Who arrives sees the system as it would be without him: Sevcik and Mitrani 1981. */
struct law theory_repairman_law(double think, uint32_t clients)
{
    double *p = repairman(1, think, clients - 1);
    struct law law = theory_positions(p, clients, 1);

    free(p);
    return law;
}

/* ---- attempts ---- */

/* P(the first j places drawn without putting back are all among the k bad ones of n). */
static double all_bad(uint32_t n, uint32_t k, uint32_t j)
{
    return j <= k ? gsl_sf_choose(k, j) / gsl_sf_choose(n, j) : 0;
}

double theory_retry_failure(uint32_t n, uint32_t k, uint32_t m)
{
    return all_bad(n, k, m + 1 < n ? m + 1 : n);
}

double theory_retry_attempts(uint32_t n, uint32_t k, uint32_t m)
{
    double sum = 0;

    for (uint32_t j = 0; j <= m && j < n; j++)
        sum += all_bad(n, k, j);
    return sum;
}

/* ---- copies ---- */

double theory_redundancy_mean(uint32_t k, uint32_t d, double lambda)
{
    double sum = 0;

    for (uint32_t i = d; i <= k; i++)
        sum += 1 / (k * gsl_sf_choose(k - 1, d - 1) / gsl_sf_choose(i - 1, d - 1) - k * lambda);
    return sum;
}

double theory_fork_join_mean(double rho)
{
    return (12 - rho) / (8 * (1 - rho));
}
