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

static const struct unit_test tests[] = {
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
