/* stats.c - intervals over replications, by Student's t (GSL has the quantiles).
 *
 * Arguments are checked before GSL sees them, because its default is to abort the process. */
#include "stats.h"

#include "../../algorithms/fmath.h"
#include "xalloc.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

double stats_student_t(double confidence, uint32_t degrees)
{
    if (!(confidence > 0 && confidence < 1) || degrees == 0)
        return NAN;
    return gsl_cdf_tdist_Qinv((1 - confidence) / 2, degrees);
}

double stats_student_p(double t, uint32_t degrees)
{
    if (isnan(t) || degrees == 0)
        return NAN;
    return isinf(t) ? (t < 0 ? 1.0 : 0.0) : gsl_cdf_tdist_Q(t, degrees);
}

double stats_chi_square_p(double statistic, uint32_t degrees)
{
    if (!(statistic >= 0) || degrees == 0)
        return NAN;
    return isinf(statistic) ? 0.0 : gsl_cdf_chisq_Q(statistic, degrees);
}

static double mean_of(const double *x, uint32_t n)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

/* Of the squares around `centre`, with n - 1 degrees of freedom. */
static double standard_error(const double *x, uint32_t n, double centre)
{
    double squares = 0;

    for (uint32_t i = 0; i < n; i++)
        squares += (x[i] - centre) * (x[i] - centre);
    return fm_sqrt(squares / (n - 1.0) / n);
}

struct estimate stats_section(const double *x, uint32_t n, double pooled, double confidence)
{
    if (n < 2)
        return (struct estimate){ n ? pooled : NAN, NAN, NAN, n };

    double half = stats_student_t(confidence, n - 1) * standard_error(x, n, pooled);

    return (struct estimate){ pooled, pooled - half, pooled + half, n };
}

struct estimate stats_mean(const double *x, uint32_t n, double confidence)
{
    return stats_section(x, n, n ? mean_of(x, n) : NAN, confidence);
}

/* ---- changes ---- */

static double as_change(double log_ratio)
{
    return isnan(log_ratio) ? NAN : fm_exp(log_ratio) - 1;
}

static struct estimate as_changes(struct estimate e)
{
    return (struct estimate){ as_change(e.value), as_change(e.low), as_change(e.high), e.n };
}

/* log (x / base), or log x where base is NULL; freed by the caller. */
static double *logs(const double *base, const double *x, uint32_t n)
{
    double *y = xcalloc(n, sizeof *y);

    for (uint32_t i = 0; i < n; i++)
        y[i] = fm_log(base ? x[i] / base[i] : x[i]);
    return y;
}

struct estimate stats_paired_change(const double *base, const double *x, uint32_t n,
                                    double confidence)
{
    double *y = logs(base, x, n);
    struct estimate e = stats_mean(y, n, confidence);

    free(y);
    return as_changes(e);
}

/* Two-sided; a mean without any spread is certain. */
static double p_of(double mean, double error, double degrees)
{
    if (error > 0)
        return 2 * gsl_cdf_tdist_Q(fabs(mean) / error, degrees);
    return mean != 0 ? 0 : NAN;
}

double stats_mean_p(const double *x, uint32_t n)
{
    if (n < 2)
        return NAN;

    double mean = mean_of(x, n);

    return p_of(mean, standard_error(x, n, mean), n - 1.0);
}

double stats_paired_p(const double *base, const double *x, uint32_t n)
{
    double *y = logs(base, x, n), p = stats_mean_p(y, n);

    free(y);
    return p;
}

/* Degrees of freedom by Welch and Satterthwaite. */
static struct estimate welch(const double *a, uint32_t n, const double *b, uint32_t m,
                             double confidence, double *p)
{
    double mean_a = mean_of(a, n), mean_b = mean_of(b, m), by = mean_b - mean_a;
    double error_a = standard_error(a, n, mean_a), error_b = standard_error(b, m, mean_b);
    double va = error_a * error_a, vb = error_b * error_b, error = fm_sqrt(va + vb);
    double degrees = va + vb > 0
                         ? (va + vb) * (va + vb) / (va * va / (n - 1.0) + vb * vb / (m - 1.0)) : 1;
    double half = gsl_cdf_tdist_Qinv((1 - confidence) / 2, degrees) * error;

    *p = p_of(by, error, degrees);
    return (struct estimate){ by, by - half, by + half, n < m ? n : m };
}

struct estimate stats_welch_difference(const double *base, uint32_t n, const double *x, uint32_t m,
                                       double confidence, double *p)
{
    double unused = NAN;

    p = p ? p : &unused;
    *p = NAN;
    if (n < 2 || m < 2 || !(confidence > 0 && confidence < 1))
        return (struct estimate){ NAN, NAN, NAN, n < m ? n : m };
    return welch(base, n, x, m, confidence, p);
}

struct estimate stats_welch(const double *base, uint32_t n, const double *x, uint32_t m,
                            double confidence, double *p)
{
    double *a = logs(NULL, base, n), *b = logs(NULL, x, m);
    struct estimate e = stats_welch_difference(a, n, b, m, confidence, p);

    free(a);
    free(b);
    return as_changes(e);
}

/* ---- many at once ---- */

struct ranked { double p; uint32_t at; };

static int by_p(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    return (x->p > y->p) - (x->p < y->p);
}

/* Step down: the k-th least times those that are left, never less than the one before. */
void stats_holm(const double *p, double *adjusted, uint32_t n)
{
    struct ranked *r = xcalloc(n, sizeof *r);
    uint32_t asked = 0;
    double least = 0;

    for (uint32_t i = 0; i < n; i++) {
        adjusted[i] = NAN;
        if (!isnan(p[i]))
            r[asked++] = (struct ranked){ p[i], i };
    }
    qsort(r, asked, sizeof *r, by_p);
    for (uint32_t k = 0; k < asked; k++) {
        least = fmax(least, r[k].p * (asked - k));
        adjusted[r[k].at] = fmin(least, 1);
    }
    free(r);
}

/* ---- by ranks ---- */

/* The greatest k for which fewer than k values lie below the quantile with at most `tail`. */
static uint32_t rank_below(uint32_t n, double q, double tail)
{
    uint32_t k = 0;

    while (k < n && gsl_cdf_binomial_P(k, q, n) <= tail)
        k++;
    return k;
}

struct stats_ranks stats_quantile_ranks(uint32_t n, double q, double confidence)
{
    const struct stats_ranks none = { 0, 0, 0 };

    if (n == 0 || !(q > 0 && q < 1) || !(confidence > 0 && confidence < 1))
        return none;

    uint32_t low = rank_below(n, q, (1 - confidence) / 2);
    uint32_t above = rank_below(n, 1 - q, (1 - confidence) / 2);

    if (low == 0 || above == 0)
        return none;

    uint32_t high = n + 1 - above;

    return (struct stats_ranks){
        low, high, gsl_cdf_binomial_P(high - 1, q, n) - gsl_cdf_binomial_P(low - 1, q, n),
    };
}

uint32_t stats_seeds_for(uint32_t n, double half, double target, double confidence)
{
    const uint32_t most = 1000000;
    uint32_t too_few = 1, enough = 2;

    if (n < 2 || !(target > 0) || !isfinite(half))
        return 0;

    double spread = half / stats_student_t(0.95, n - 1) * fm_sqrt(n);

    target *= 1 + 1e-9;             /* what is asked for exactly is enough */
    while (stats_student_t(confidence, enough - 1) * spread / fm_sqrt(enough) > target) {
        too_few = enough;
        enough *= 2;
        if (too_few > most)
            return 0;
    }
    while (enough - too_few > 1) {
        uint32_t middle = too_few + (enough - too_few) / 2;
        bool is_enough =
            stats_student_t(confidence, middle - 1) * spread / fm_sqrt(middle) <= target;

        *(is_enough ? &enough : &too_few) = middle;
    }
    return enough;
}
