/* test_stats.c - intervals against tables (Abramowitz and Stegun 26.8, 26.10), worked examples. */
#include "unit.h"

#include "../../sim/base/stats.h"

#include <math.h>

static void student_t_equals_the_table(void)
{
    static const struct { double confidence; uint32_t degrees; double t; } row[] = {
        { 0.95, 1, 12.7062 }, { 0.95, 2, 4.3027 }, { 0.95, 9, 2.2622 }, { 0.95, 29, 2.0452 },
        { 0.99, 4, 4.6041 }, { 0.999, 9, 4.7809 }, { 0.90, 120, 1.6577 }, { 0.95, 1000000, 1.9600 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        CU_ASSERT_DOUBLE_EQUAL(stats_student_t(row[i].confidence, row[i].degrees), row[i].t, 1e-4);
}

static void chi_square_equals_the_table(void)
{
    static const struct { double statistic; uint32_t degrees; double p; } row[] = {
        { 3.8415, 1, 0.05 }, { 18.3070, 10, 0.05 }, { 23.2093, 10, 0.01 }, { 124.3421, 100, 0.05 },
        { 0, 5, 1 }, { INFINITY, 5, 0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        CU_ASSERT_DOUBLE_EQUAL(stats_chi_square_p(row[i].statistic, row[i].degrees), row[i].p,
                               1e-5);
}

static void what_has_no_answer_is_nan_and_does_not_abort(void)
{
    CU_ASSERT(isnan(stats_student_t(0.95, 0)));
    CU_ASSERT(isnan(stats_student_t(0, 3)));
    CU_ASSERT(isnan(stats_student_t(1, 3)));
    CU_ASSERT(isnan(stats_student_t(NAN, 3)));
    CU_ASSERT(isnan(stats_chi_square_p(-1, 3)));
    CU_ASSERT(isnan(stats_chi_square_p(NAN, 3)));
    CU_ASSERT(isnan(stats_chi_square_p(1, 0)));
    CU_ASSERT(isnan(stats_mean(NULL, 0, 0.95).value));
    CU_ASSERT(isnan(stats_paired_change(NULL, NULL, 0, 0.95).value));
}

static void the_mean_of_five_has_its_textbook_interval(void)
{
    static const double x[] = { 1, 2, 3, 4, 5 };
    struct estimate e = stats_mean(x, 5, 0.95);

    CU_ASSERT_EQUAL(e.n, 5);
    CU_ASSERT_DOUBLE_EQUAL(e.value, 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(e.low, 3 - 2.7764451 * sqrt(0.5), 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(e.high, 3 + 2.7764451 * sqrt(0.5), 1e-6);
}

static void one_replication_has_a_value_and_no_interval(void)
{
    static const double x[] = { 7 }, base[] = { 14 };
    struct estimate e = stats_mean(x, 1, 0.95), c = stats_paired_change(base, x, 1, 0.95);

    CU_ASSERT_EQUAL(e.value, 7);
    CU_ASSERT(isnan(e.low) && isnan(e.high));
    CU_ASSERT_DOUBLE_EQUAL(c.value, -0.5, 1e-12);
    CU_ASSERT(isnan(c.low) && isnan(c.high));
}

static void a_constant_ratio_is_a_change_without_doubt(void)
{
    static const double base[] = { 1, 10, 100, 1e9 }, x[] = { 0.92, 9.2, 92, 0.92e9 };
    struct estimate e = stats_paired_change(base, x, 4, 0.95);

    CU_ASSERT_DOUBLE_EQUAL(e.value, -0.08, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(e.low, -0.08, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(e.high, -0.08, 1e-12);
}

static void a_change_and_its_inverse_cancel(void)
{
    static const double base[] = { 1, 1 }, x[] = { 2, 0.5 };
    struct estimate e = stats_paired_change(base, x, 2, 0.95);

    CU_ASSERT_DOUBLE_EQUAL(e.value, 0, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL((1 + e.low) * (1 + e.high), 1, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(log(1 + e.high), 12.706205 * log(2), 1e-5);
}

/* ---- p values ---- */

/* Welch's example as statistics texts have it: t = -2.455, 24.99 degrees, p = 0.021378; p was found
 * by integrating the density.  exp(), because changes are judged by their logarithms. */
static void welch_gives_the_textbook_p(void)
{
    static const double a[] = { 27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1,
                                19.6, 19.0, 21.7, 21.4 };
    static const double b[] = { 27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9,
                                22.1, 22.9, 20.5, 24.4 };
    double x[ARRAY_LEN(a)], y[ARRAY_LEN(b)], p, by = 0;

    for (size_t i = 0; i < ARRAY_LEN(a); i++) {
        x[i] = exp(a[i] / 10);
        y[i] = exp(b[i] / 10);
        by += (b[i] - a[i]) / 10 / ARRAY_LEN(a);
    }

    struct estimate e = stats_welch(x, ARRAY_LEN(a), y, ARRAY_LEN(b), 0.95, &p);

    CU_ASSERT_DOUBLE_EQUAL(p, 0.021378001, 1e-8);
    CU_ASSERT_DOUBLE_EQUAL(e.value, exp(by) - 1, 1e-9);
    CU_ASSERT(e.low > 0 && e.low < e.value && e.high > e.value);
    CU_ASSERT(isnan(stats_welch(x, 1, y, 5, 0.95, &p).value) && isnan(p));

    e = stats_welch_difference(a, ARRAY_LEN(a), b, ARRAY_LEN(b), 0.95, &p);
    CU_ASSERT_DOUBLE_EQUAL(p, 0.021378001, 1e-8);
    CU_ASSERT_DOUBLE_EQUAL(e.value, 10 * by, 1e-9);
    CU_ASSERT(e.low > 0 && e.low < e.value && e.high > e.value);
}

/* Student's sleep data (1908): differences with mean 1.58, t = 4.0621, 9 degrees, p = 0.00283. */
static void the_paired_p_is_that_of_students_own_data(void)
{
    static const double d[] = { 1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4 };
    double base[ARRAY_LEN(d)], x[ARRAY_LEN(d)];

    for (size_t i = 0; i < ARRAY_LEN(d); i++) {
        base[i] = 3;
        x[i] = 3 * exp(d[i]);
    }
    CU_ASSERT_DOUBLE_EQUAL(stats_mean_p(d, ARRAY_LEN(d)), 0.002833, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(stats_paired_p(base, x, ARRAY_LEN(d)), 0.002833, 1e-6);
}

static void a_p_needs_two_values_and_a_spread(void)
{
    static const double one[] = { 3 }, zero[] = { 0, 0 }, same[] = { 2, 2 };

    CU_ASSERT(isnan(stats_mean_p(one, 1)));
    CU_ASSERT(isnan(stats_mean_p(zero, 2)));
    CU_ASSERT_EQUAL(stats_mean_p(same, 2), 0);
}

/* Least p times 4, then 3, 2, 1; never less than the one before; what was not asked stays out. */
static void holm_steps_down(void)
{
    static const double p[] = { 0.01, 0.04, NAN, 0.03, 0.005 };
    static const double expected[] = { 0.03, 0.06, NAN, 0.06, 0.02 };
    double got[ARRAY_LEN(p)];

    stats_holm(p, got, ARRAY_LEN(p));
    for (size_t i = 0; i < ARRAY_LEN(p); i++)
        CU_ASSERT(isnan(expected[i]) ? isnan(got[i]) : fabs(got[i] - expected[i]) < 1e-12);
    stats_holm((const double[]){ 0.9, 0.8 }, got, 2);
    CU_ASSERT_EQUAL(got[0], 1);
    CU_ASSERT_EQUAL(got[1], 1);
}

/* ---- by ranks ---- */

/* Lower ranks as tabulated for quantiles of independent values; the table's upper rank is one less,
 * which leaves some pairs a little short of 95 %: ours never are. */
static void ranks_of_a_quantile_equal_the_table(void)
{
    static const struct { double q; uint32_t n, low, high; } row[] = {
        { 0.5, 10000, 4902, 5098 },      { 0.5, 1000000, 499020, 500980 },
        { 0.9, 10000, 8941, 9058 },      { 0.9, 100000, 89814, 90186 },
        { 0.99, 10000, 9880, 9919 },     { 0.99, 1000000, 989805, 990195 },
        { 0.999, 10000, 9983, 9996 },    { 0.999, 1000000, 998938, 999061 },
        { 0.9999, 100000, 99983, 99996 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct stats_ranks r = stats_quantile_ranks(row[i].n, row[i].q, 0.95);

        CU_ASSERT_EQUAL(r.low, row[i].low);
        CU_ASSERT_EQUAL(r.high, row[i].high + 1);
        CU_ASSERT(r.confidence >= 0.95 && r.confidence < 0.98);
    }
    CU_ASSERT_EQUAL(stats_quantile_ranks(10000, 0.9999, 0.95).low, 0);
}

/* 1 - 2/64: six values have their median between the least and the greatest; five are too few. */
static void a_median_takes_six_values(void)
{
    struct stats_ranks six = stats_quantile_ranks(6, 0.5, 0.95);
    struct stats_ranks ten = stats_quantile_ranks(10, 0.5, 0.95);

    CU_ASSERT_EQUAL(stats_quantile_ranks(5, 0.5, 0.95).low, 0);
    CU_ASSERT_EQUAL(six.low, 1);
    CU_ASSERT_EQUAL(six.high, 6);
    CU_ASSERT_DOUBLE_EQUAL(six.confidence, 0.96875, 1e-12);
    CU_ASSERT_EQUAL(ten.low, 2);
    CU_ASSERT_EQUAL(ten.high, 9);
    CU_ASSERT_DOUBLE_EQUAL(ten.confidence, 1 - 22.0 / 1024, 1e-12);
    CU_ASSERT_EQUAL(stats_quantile_ranks(6, 0, 0.95).low, 0);
    CU_ASSERT_EQUAL(stats_quantile_ranks(0, 0.5, 0.95).low, 0);
}

/* ---- around a pooled value, and planning ---- */

static void a_section_lies_around_the_pooled_value(void)
{
    static const double x[] = { 1, 2, 3, 4, 5 };
    struct estimate mean = stats_mean(x, 5, 0.95), same = stats_section(x, 5, 3, 0.95);
    struct estimate off = stats_section(x, 5, 3.5, 0.95);

    CU_ASSERT_EQUAL(same.low, mean.low);
    CU_ASSERT_EQUAL(off.value, 3.5);
    CU_ASSERT_DOUBLE_EQUAL(off.high - 3.5, 2.7764451 * sqrt(11.25 / 4 / 5), 1e-6);
}

/* The half width falls with the root of the number, and with Student's t. */
static void seeds_needed_are_the_fewest_that_do(void)
{
    double spread = 0.1 / stats_student_t(0.95, 9) * sqrt(10);

    CU_ASSERT_EQUAL(stats_seeds_for(10, 0.1, 0.1, 0.95), 10);
    for (double target = 0.01; target < 0.2; target += 0.013) {
        uint32_t n = stats_seeds_for(10, 0.1, target, 0.95);

        CU_ASSERT(stats_student_t(0.95, n - 1) * spread / sqrt(n) <= target * (1 + 2e-9));
        CU_ASSERT(n == 2 || stats_student_t(0.95, n - 2) * spread / sqrt(n - 1) > target);
    }
    CU_ASSERT_EQUAL(stats_seeds_for(10, 0.1, 0, 0.95), 0);
    CU_ASSERT_EQUAL(stats_seeds_for(10, 0.1, 1e-9, 0.95), 0);
    CU_ASSERT_EQUAL(stats_seeds_for(1, 0.1, 0.1, 0.95), 0);
}

static const struct unit_test tests[] = {
    { "welch_gives_the_textbook_p", welch_gives_the_textbook_p },
    { "the_paired_p_is_that_of_students_own_data", the_paired_p_is_that_of_students_own_data },
    { "a_p_needs_two_values_and_a_spread", a_p_needs_two_values_and_a_spread },
    { "holm_steps_down", holm_steps_down },
    { "ranks_of_a_quantile_equal_the_table", ranks_of_a_quantile_equal_the_table },
    { "a_median_takes_six_values", a_median_takes_six_values },
    { "a_section_lies_around_the_pooled_value", a_section_lies_around_the_pooled_value },
    { "seeds_needed_are_the_fewest_that_do", seeds_needed_are_the_fewest_that_do },
    { "student_t_equals_the_table", student_t_equals_the_table },
    { "chi_square_equals_the_table", chi_square_equals_the_table },
    { "what_has_no_answer_is_nan_and_does_not_abort",
      what_has_no_answer_is_nan_and_does_not_abort },
    { "the_mean_of_five_has_its_textbook_interval", the_mean_of_five_has_its_textbook_interval },
    { "one_replication_has_a_value_and_no_interval", one_replication_has_a_value_and_no_interval },
    { "a_constant_ratio_is_a_change_without_doubt", a_constant_ratio_is_a_change_without_doubt },
    { "a_change_and_its_inverse_cancel", a_change_and_its_inverse_cancel },
};

UNIT_MAIN("stats", tests)
