/* theory_ps.c - M/M/1 under processor sharing: how long one request stays, watched from its
 * arrival.
 *
 * It finds n others, geometric in n; then one ends at a time, each of the n + 1 as likely, and new
 * ones come.  That chain is followed jump by jump (uniformisation, Jensen 1953); the surprise is
 * that no transform need be inverted (Coffman, Muntz and Trotter 1970 give it). */
#include "theory.h"

#include "../base/xalloc.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct stay { double *left; uint32_t jumps; double rate; };     /* P(still there after k jumps) */

/* Jumps until t are Poisson; those 12 standard deviations off weigh less than 1e-30. */
static double stay_tail(double t, const void *arg)
{
    const struct stay *s = arg;
    double mean = s->rate * t, reach = 12 * sqrt(mean) + 30, sum = 0;

    if (mean <= 0)
        return 1;
    for (uint32_t k = mean > reach ? (uint32_t)(mean - reach) : 0; k < mean + reach; k++)
        sum += (k < s->jumps ? s->left[k] : 0) * gsl_ran_poisson_pdf(k, mean);
    return sum;
}

/* One jump of the chain, at the rate of a birth or an end; p[n]: P(there, beside n others). */
static void jump(const double *p, double *next, uint32_t states, double rho)
{
    double up = rho / (1 + rho), end = 1 / (1 + rho);

    memset(next, 0, states * sizeof *next);
    for (uint32_t n = 0; n < states; n++) {
        next[n + 1 < states ? n + 1 : n] += p[n] * up;
        if (n > 0)
            next[n - 1] += p[n] * end * n / (n + 1.0);
    }
}

static double total(const double *p, uint32_t states)
{
    double sum = 0;

    for (uint32_t n = 0; n < states; n++)
        sum += p[n];
    return sum;
}

struct law theory_ps(double rho)
{
    const uint32_t states = (uint32_t)(log(1e-12) / log(rho)) + 20;
    const double longest = 20 / ((1 - rho) * (1 - rho));
    struct stay s = { .jumps = (uint32_t)(longest * (1 + rho)) + 200, .rate = 1 + rho };
    double *p = xcalloc(states, sizeof *p), *next = xcalloc(states, sizeof *next), *swap;

    s.left = xcalloc(s.jumps, sizeof *s.left);
    for (uint32_t n = 0; n < states; n++)
        p[n] = (1 - rho) * pow(rho, n);
    for (uint32_t k = 0; k < s.jumps; k++) {
        s.left[k] = total(p, states);
        jump(p, next, states, rho);
        swap = p, p = next, next = swap;
    }

    struct law law = theory_law(stay_tail, &s, 1 / (1 - rho));

    free(p);
    free(next);
    free(s.left);
    return law;
}
