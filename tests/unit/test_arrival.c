/* test_arrival.c - arrival processes against their definitions; limits are about 5 sigma. */
#include "unit.h"

#include "../../sim/parts/arrival.h"

#include <math.h>

enum { N = 200000 };

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Kolmogorov-Smirnov: sqrt(n) D exceeds 2.7 once in a million times (2 exp(-2 x 2.7^2)). */
static void poisson_gaps_are_exponential(void)
{
    static const double rate[] = { 3, 1000, 5e6 };
    static double gap[N];

    for (size_t r = 0; r < ARRAY_LEN(rate); r++) {
        struct arrival_config c = { .process = ARRIVAL_POISSON, .rate = rate[r] };
        struct arrival a;
        nsec now = 0;
        double worst = 0;

        arrival_init(&a, &c, 5, 0);
        for (uint32_t i = 0; i < N; i++) {
            nsec at = arrival_next(&a, now);

            gap[i] = (double)(at - now);
            now = at;
        }
        qsort(gap, N, sizeof *gap, compare);
        for (uint32_t i = 0; i < N; i++) {
            double f = 1 - exp(-(gap[i] + 0.5) * rate[r] / SECOND);
            double off = fabs(f - (i + 1.0) / N);

            /* of gaps that round to the same ns the last one counts */
            if (i + 1 == N || gap[i + 1] > gap[i])
                worst = off > worst ? off : worst;
        }
        CU_ASSERT(worst * sqrt(N) < 2.7);
        CU_ASSERT_DOUBLE_EQUAL(N / ((double)now / SECOND), rate[r], 5 * rate[r] / sqrt(N));
    }
}

static void constant_gaps_do_not_drift(void)
{
    static const double rate[] = { 3, 7, 999, 333333 };

    for (size_t r = 0; r < ARRAY_LEN(rate); r++) {
        struct arrival_config c = { .process = ARRIVAL_CONSTANT, .rate = rate[r] };
        struct arrival a;
        nsec now = 0;
        double worst = 0;

        arrival_init(&a, &c, 1, 0);
        for (uint32_t k = 1; k <= 100000; k++) {
            now = arrival_next(&a, now);
            worst = fmax(worst, fabs((double)now - k * ((double)SECOND / rate[r])));
        }
        CU_ASSERT(worst <= 1);
        if (worst > 1)
            fprintf(stderr, "  %g/s: off by %.0f ns after 100 000 arrivals\n", rate[r], worst);
    }
}

static uint64_t count_until(struct arrival *a, nsec *now, nsec end)
{
    uint64_t n = 0;

    for (;;) {
        nsec at = arrival_next(a, *now);

        if (at >= end)
            return n;
        *now = at;
        n++;
    }
}

/* Each step's count is Poisson; the last rate stays. */
static void steps_have_their_rates(void)
{
    static struct arrival_state step[] = { { 1000, 10 * SECOND },
                                           { 5000, 4 * SECOND },
                                           { 200, SECOND } };
    static const nsec end[] = { 10, 14, 100 };
    struct arrival_config c = { .process = ARRIVAL_STEPS, .state = step, .states = 3 };
    uint64_t count[3] = { 0 };
    struct arrival a;

    arrival_init(&a, &c, 3, 0);
    for (nsec now = 0; (now = arrival_next(&a, now)) < 100 * SECOND;)
        count[now < 10 * SECOND ? 0 : now < 14 * SECOND ? 1 : 2]++;
    for (uint32_t i = 0; i < 3; i++) {
        double length = (double)(end[i] - (i ? end[i - 1] : 0)), mean = step[i].rate * length;

        CU_ASSERT_DOUBLE_EQUAL((double)count[i], mean, 5 * sqrt(mean));
    }
}

static void steps_have_the_mean_rate_of_the_time_that_they_get(void)
{
    static struct arrival_state step[] = { { 1000, 10 * SECOND },
                                           { 5000, 4 * SECOND },
                                           { 200, SECOND } };
    static const struct { nsec seconds; double requests; } row[] = {
        { 5, 5000 }, { 10, 10000 }, { 12, 10000 + 10000 }, { 14, 10000 + 20000 },
        { 15, 10000 + 20000 + 200 }, { 20, 10000 + 20000 + 6 * 200 },
        { 100, 10000 + 20000 + 86 * 200 },
    };
    struct arrival_config c = { .process = ARRIVAL_STEPS, .state = step, .states = 3 };

    for (size_t k = 0; k < ARRAY_LEN(row); k++)
        CU_ASSERT_DOUBLE_EQUAL(arrival_mean_rate(&c, row[k].seconds * SECOND),
                               row[k].requests / (double)row[k].seconds, 1e-9);
    CU_ASSERT_EQUAL(arrival_mean_rate(&c, 0), 1000);
}

/* Standard error from 40 independent runs. */
static void mmpp_has_its_mean_rate_and_is_burstier_than_poisson(void)
{
    static struct arrival_state state[] = { { 100, 3 * SECOND }, { 2000, SECOND }, { 0, SECOND } };
    struct arrival_config c = { .process = ARRIVAL_MMPP, .state = state, .states = 3 };
    enum { RUNS = 40, LENGTH = 500 };
    double sum = 0, squares = 0, expected = (300.0 + 2000) / 5;

    for (uint32_t run = 0; run < RUNS; run++) {
        struct arrival a;
        nsec now = 0;

        arrival_init(&a, &c, run, 0);
        double rate = (double)count_until(&a, &now, LENGTH * SECOND) / LENGTH;
        sum += rate;
        squares += rate * rate;
    }
    double mean = sum / RUNS, variance = (squares - RUNS * mean * mean) / (RUNS - 1);
    CU_ASSERT_DOUBLE_EQUAL(arrival_mean_rate(&c, 0), expected, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(mean, expected, 5 * sqrt(variance / RUNS));
    CU_ASSERT(sqrt(variance / RUNS) < 0.03 * expected);
    CU_ASSERT(variance * LENGTH > 10 * expected); /* a Poisson process has variance = mean */
}

static void mmpp_of_equal_states_is_poisson(void)
{
    static struct arrival_state state[] = { { 500, SECOND / 100 }, { 500, SECOND / 50 } };
    struct arrival_config c = { .process = ARRIVAL_MMPP, .state = state, .states = 2 };
    struct arrival a;
    nsec now = 0;
    double chi = 0;

    arrival_init(&a, &c, 9, 0);
    for (nsec k = 1; k <= 400; k++) {
        double n = (double)count_until(&a, &now, k * SECOND);

        now = k * SECOND;
        chi += (n - 500) * (n - 500) / 500;
    }
    CU_ASSERT(fabs(chi - 400) < 5 * sqrt(800));
}

static void a_trace_is_its_rows_and_then_nothing(void)
{
    static struct arrival_row row[] = { { 5, 1, NONE, NONE },
                                        { 5, 2, NONE, NONE },
                                        { 9, 3, NONE, NONE } };
    struct arrival_config c = { .process = ARRIVAL_TRACE, .row = row, .rows = 3 };
    struct arrival a;

    arrival_init(&a, &c, 1, 0);
    for (uint32_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(arrival_next(&a, 0), row[i].at);
        CU_ASSERT_EQUAL(a.row, i + 1);
    }
    CU_ASSERT_EQUAL(arrival_next(&a, 9), NEVER);
    CU_ASSERT_EQUAL(arrival_next(&a, 9), NEVER);
}

/* Its mean rate is over the time up to its last row; all rows at 0 have none. */
static void a_trace_has_the_mean_rate_of_its_rows(void)
{
    static struct arrival_row late[] = { { SECOND, 1, NONE, NONE }, { 2 * SECOND, 1, NONE, NONE },
                                         { 5 * SECOND, 1, NONE, NONE } };
    static struct arrival_row at_0[] = { { 0, 1, NONE, NONE }, { 0, 1, NONE, NONE } };
    const struct { struct arrival_row *row; uint32_t rows; double rate; } trace[] = {
        { late, 3, 0.6 }, { late, 2, 1 }, { late, 1, 1 }, { late, 0, 0 }, { at_0, 2, 0 },
    };

    for (size_t k = 0; k < ARRAY_LEN(trace); k++) {
        struct arrival_config c = { .process = ARRIVAL_TRACE, .row = trace[k].row,
                                    .rows = trace[k].rows };
        CU_ASSERT_DOUBLE_EQUAL(arrival_mean_rate(&c, 100 * SECOND), trace[k].rate, 1e-12);
    }
}

static void streams_differ_by_seed_and_group_and_repeat(void)
{
    struct arrival_config c = { .process = ARRIVAL_POISSON, .rate = 1 };
    struct arrival a, again, seed, group;

    arrival_init(&a, &c, 1, 0);
    arrival_init(&again, &c, 1, 0);
    arrival_init(&seed, &c, 2, 0);
    arrival_init(&group, &c, 1, 1);
    nsec first = arrival_next(&a, 0);
    CU_ASSERT_EQUAL(arrival_next(&again, 0), first);
    CU_ASSERT_NOT_EQUAL(arrival_next(&seed, 0), first);
    CU_ASSERT_NOT_EQUAL(arrival_next(&group, 0), first);
}

static const struct unit_test tests[] = {
    { "poisson_gaps_are_exponential", poisson_gaps_are_exponential },
    { "constant_gaps_do_not_drift", constant_gaps_do_not_drift },
    { "steps_have_their_rates", steps_have_their_rates },
    { "steps_have_the_mean_rate_of_the_time_that_they_get",
      steps_have_the_mean_rate_of_the_time_that_they_get },
    { "mmpp_has_its_mean_rate_and_is_burstier_than_poisson",
      mmpp_has_its_mean_rate_and_is_burstier_than_poisson },
    { "mmpp_of_equal_states_is_poisson", mmpp_of_equal_states_is_poisson },
    { "a_trace_is_its_rows_and_then_nothing", a_trace_is_its_rows_and_then_nothing },
    { "a_trace_has_the_mean_rate_of_its_rows", a_trace_has_the_mean_rate_of_its_rows },
    { "streams_differ_by_seed_and_group_and_repeat", streams_differ_by_seed_and_group_and_repeat },
};

UNIT_MAIN("arrival", tests)
