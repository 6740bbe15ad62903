/* stats.c - intervals over replications, by Student's t (GSL has the quantiles).
 *
 * Arguments are checked before GSL sees them, because its default is to abort the process. */
#include "stats.h"

#include "../../algorithms/fmath.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

double stats_student_t(double confidence, uint32_t degrees)
{
    if (!(confidence > 0 && confidence < 1) || degrees == 0)
        return NAN;
    return gsl_cdf_tdist_Qinv((1 - confidence) / 2, degrees);
}

double stats_chi_square_p(double statistic, uint32_t degrees)
{
    if (!(statistic >= 0) || degrees == 0)
        return NAN;
    return isinf(statistic) ? 0.0 : gsl_cdf_chisq_Q(statistic, degrees);
}

/* Two passes: the mean, then the squares around it. */
struct estimate stats_mean(const double *x, uint32_t n, double confidence)
{
    double sum = 0, squares = 0;

    if (n == 0)
        return (struct estimate){ NAN, NAN, NAN, 0 };
    for (uint32_t i = 0; i < n; i++)
        sum += x[i];

    double mean = sum / n;

    if (n == 1)
        return (struct estimate){ mean, NAN, NAN, 1 };
    for (uint32_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);

    double half = stats_student_t(confidence, n - 1) * fm_sqrt(squares / (n - 1.0) / n);

    return (struct estimate){ mean, mean - half, mean + half, n };
}

static double as_change(double log_ratio)
{
    return isnan(log_ratio) ? NAN : fm_exp(log_ratio) - 1;
}

/* One pass over pairs; the running mean (Welford 1962) needs no array of the logs. */
struct estimate stats_paired_change(const double *base, const double *x, uint32_t n,
                                    double confidence)
{
    double mean = 0, squares = 0, half = NAN;

    for (uint32_t i = 0; i < n; i++) {
        double log_ratio = fm_log(x[i] / base[i]);
        double step = log_ratio - mean;

        mean += step / (i + 1.0);
        squares += step * (log_ratio - mean);
    }
    if (n == 0)
        mean = NAN;
    if (n > 1)
        half = stats_student_t(confidence, n - 1) * fm_sqrt(squares / (n - 1.0) / n);
    return (struct estimate){ as_change(mean), as_change(mean - half), as_change(mean + half), n };
}
