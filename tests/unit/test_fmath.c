/* test_fmath.c - the library's log, exp and pow against long double libm, and their edges. */
#include "unit.h"

#include "../../algorithms/fmath.h"

#include <math.h>
#include <stdint.h>

static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static double uniform(uint64_t k, double low, double high)
{
    return low + (high - low) * ((double)(mixed(k) >> 11) * 0x1p-53);
}

/* The error in units in the last place of the true value. */
static double ulps(double got, long double want)
{
    double near = (double)want, ulp = nextafter(fabs(near), INFINITY) - fabs(near);

    return (double)fabsl(((long double)got - want) / ulp);
}

static void log_is_within_one_ulp(void)
{
    double worst = 0;

    for (uint64_t k = 1; k <= 300000; k++) {
        double x = k % 2 ? uniform(k, 0.5, 2) : ldexp(uniform(k, 0.5, 1), (int)(k % 2000) - 1000);
        worst = fmax(worst, ulps(fm_log(x), logl(x)));
    }
    CU_ASSERT(worst < 1);
}

static void exp_is_within_one_ulp(void)
{
    double worst = 0;

    for (uint64_t k = 1; k <= 300000; k++) {
        double x = k % 2 ? uniform(k, -2, 2) : uniform(k, -708, 709.7);
        worst = fmax(worst, ulps(fm_exp(x), expl(x)));
    }
    CU_ASSERT(worst < 1);
}

static void pow_is_within_two_ulp(void)
{
    double worst = 0;

    for (uint64_t k = 1; k <= 300000; k++) {
        double x = k % 2 ? uniform(k, 0.001, 50) : ldexp(uniform(k, 0.5, 1), (int)(k % 600) - 300);
        double y = uniform(k + 1000000, -1, 1) * 700 / (1 + fabs(log(x)));
        worst = fmax(worst, ulps(fm_pow(x, y), powl(x, y)));
    }
    CU_ASSERT(worst < 2);
}

static void exact_values_are_exact(void)
{
    CU_ASSERT_EQUAL(fm_log(1), 0);
    CU_ASSERT_EQUAL(fm_exp(0), 1);
    CU_ASSERT_EQUAL(fm_pow(2, 10), 1024);
    CU_ASSERT_EQUAL(fm_pow(2, -1074), 0x1p-1074);
    CU_ASSERT_EQUAL(fm_pow(3, 4), 81);
    CU_ASSERT_EQUAL(fm_pow(0.25, 0.5), 0.5);
    CU_ASSERT_EQUAL(fm_pow(1, 1e300), 1);
    CU_ASSERT_EQUAL(fm_pow(7, 0), 1);
    CU_ASSERT_EQUAL(fm_sqrt(2), 0x1.6a09e667f3bcdp0);
}

static void edges_are_as_documented(void)
{
    CU_ASSERT_EQUAL(fm_log(0), -INFINITY);
    CU_ASSERT_EQUAL(fm_log(INFINITY), INFINITY);
    CU_ASSERT(ulps(fm_log(0x1.fffffffffffffp1023), logl(0x1.fffffffffffffp1023L)) < 1);
    CU_ASSERT(isnan(fm_log(-1)) && isnan(fm_log(NAN)));
    CU_ASSERT(ulps(fm_log(0x1p-1074), logl(0x1p-1074L)) < 1);
    CU_ASSERT_EQUAL(fm_exp(-746), 0);
    CU_ASSERT_EQUAL(fm_exp(-INFINITY), 0);
    CU_ASSERT_EQUAL(fm_exp(709.79), INFINITY);
    CU_ASSERT_EQUAL(fm_exp(INFINITY), INFINITY);
    CU_ASSERT(isnan(fm_exp(NAN)));
    CU_ASSERT(fm_exp(-745) > 0 && fm_exp(-740) == (double)expl(-740));
    CU_ASSERT_EQUAL(fm_pow(0, 2), 0);
    CU_ASSERT_EQUAL(fm_pow(0, -2), INFINITY);
    CU_ASSERT_EQUAL(fm_pow(INFINITY, 2), INFINITY);
    CU_ASSERT_EQUAL(fm_pow(INFINITY, -2), 0);
    CU_ASSERT_EQUAL(fm_pow(2, 1024), INFINITY);
    CU_ASSERT_EQUAL(fm_pow(2, -1080), 0);
    CU_ASSERT_EQUAL(fm_pow(2, INFINITY), INFINITY);
    CU_ASSERT_EQUAL(fm_pow(0.5, INFINITY), 0);
    CU_ASSERT(isnan(fm_pow(-1, 2)) && isnan(fm_pow(2, NAN)));
    CU_ASSERT(isnan(fm_sqrt(-1)));
}

/* The very bits, so that another compiler, level or machine that differs is seen. */
static void results_are_the_same_bits_everywhere(void)
{
    uint64_t sum = 0;

    for (uint64_t k = 1; k <= 20000; k++) {
        double value[3] = {
            fm_log(uniform(k, 0, 1000)), fm_exp(uniform(k, -700, 700)),
            fm_pow(uniform(k, 0, 100), uniform(k + 1, -100, 100)),
        };
        for (int v = 0; v < 3; v++) {
            union { double x; uint64_t bits; } as = { value[v] };
            sum = mixed(sum ^ as.bits);
        }
    }
    CU_ASSERT_EQUAL(sum, 0x1fb0f81ddc408605u);
    if (sum != 0x1fb0f81ddc408605u)
        fprintf(stderr, "bits: 0x%016llx\n", (unsigned long long)sum);
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(log_is_within_one_ulp),
    ROW(exp_is_within_one_ulp),
    ROW(pow_is_within_two_ulp),
    ROW(exact_values_are_exact),
    ROW(edges_are_as_documented),
    ROW(results_are_the_same_bits_everywhere),
};

UNIT_MAIN("fmath", tests)
