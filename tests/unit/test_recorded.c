/* test_recorded.c - the very arrivals and demands that real load balancers were given, and what
 * they made of them: recordings/latency/<file>_rep1.json (nginx 1.22.1, HAProxy 2.6.12).
 *
 * round_robin has no freedom: 2.5 %, what the model of the path leaves open at p50. least_conn
 * feeds back: products themselves differ by 1 % on hom70 and by 3 % at p99 on slow140, where a
 * microsecond moves it by 10 %. */
#include "unit.h"

#include "simulate.h"

#include <math.h>
#include <string.h>

struct recorded {
    const char *file, *policy;
    double p50, p90, p99, p999;     /* ms */
    double share[8];                /* %, of s1 .. s8 */
    double within_body, within_p99; /* as a share */
    double within_points;           /* of share; 0: picks are not the product's */
};

static const struct recorded hom70[] = {
    { "hom70_haproxy_roundrobin",
      "round_robin",
      14.342,
      47.247,
      94.049,
      175.47,
      { 12.5, 12.5, 12.5, 12.5, 12.5, 12.5, 12.5, 12.5 },
      .025,
      .025,
      1 },
    { "hom70_nginx_rr",
      "round_robin",
      14.347,
      47.283,
      94.166,
      175.618,
      { 12.5, 12.5, 12.5, 12.5, 12.5, 12.5, 12.5, 12.5 },
      .025,
      .025,
      1 },
    { "hom70_haproxy_leastconn",
      "least_conn",
      8.789,
      28.15,
      54.773,
      76.122,
      { 12.41, 12.5, 12.37, 12.48, 12.48, 12.43, 12.75, 12.58 },
      .04,
      .04,
      1 },
    { "hom70_nginx_least_conn",
      "least_conn",
      8.73,
      28.261,
      54.729,
      76.575,
      { 12.59, 12.65, 12.5, 12.63, 12.61, 12.35, 12.17, 12.5 },
      .04,
      .04,
      1 },
};

static const struct recorded slow140[] = {
    { "slow140_haproxy_roundrobin",
      "round_robin",
      8.914,
      68.162,
      899.037,
      1101.386,
      { 12.51, 12.51, 12.51, 12.51, 12.49, 12.49, 12.49, 12.49 },
      .025,
      .025,
      1 },
    { "slow140_nginx_rr",
      "round_robin",
      8.908,
      68.129,
      898.537,
      1100.942,
      { 12.51, 12.51, 12.51, 12.51, 12.49, 12.49, 12.49, 12.49 },
      .025,
      .025,
      1 },
    { "slow140_haproxy_leastconn",
      "least_conn",
      7.853,
      28.485,
      93.213,
      212.207,
      { 13.1, 13.32, 13.22, 13.32, 13.2, 13.27, 13.13, 7.45 },
      .05,
      .18,
      1 },
    { "slow140_nginx_least_conn",
      "least_conn",
      7.896,
      28.413,
      95.726,
      218.813,
      { 13.3, 13.17, 13.28, 13.44, 13.17, 13.0, 13.31, 7.33 },
      .05,
      .18,
      1 },
};

static uint32_t policy_index(const struct scenario *s, const char *label)
{
    for (uint32_t i = 0; i < s->policies; i++)
        if (strcmp(s->policy[i].label, label) == 0)
            return i;
    CU_FAIL_FATAL("no such policy");
    return 0;
}

static double check(const struct recorded *row, const char *what, double is, double was,
                    double within)
{
    CU_ASSERT(fabs(is / was - 1) <= within);
    if (fabs(is / was - 1) > within)
        fprintf(stderr, "  %s: %s is %.3f ms, recorded %.3f\n", row->file, what, is, was);
    return 100 * (is / was - 1);
}

static void check_shares(const struct recorded *row, const struct record *r)
{
    for (uint32_t b = 0; b < 8; b++) {
        double share = 100 * (double)count_picked(r, b) / (double)count_born(r);

        CU_ASSERT_DOUBLE_EQUAL(share, row->share[b], row->within_points);
    }
}

static void check_row(const struct recorded *row, const struct record *r)
{
    double p999 = 1e3 * record_quantile(r, .999);
    double off50 = check(row, "p50", 1e3 * record_quantile(r, .5), row->p50, row->within_body);
    double off90 = check(row, "p90", 1e3 * record_quantile(r, .9), row->p90, row->within_body);
    double off99 = check(row, "p99", 1e3 * record_quantile(r, .99), row->p99, row->within_p99);

    if (row->within_points > 0)
        check_shares(row, r);
    printf("  %-28s p50 %+5.2f %%  p90 %+5.2f %%  p99 %+6.2f %%  p99.9 %+6.2f %%\n", row->file,
           off50, off90, off99, 100 * (p999 / row->p999 - 1));
}

static void check_file(const char *path, const struct recorded *row, size_t rows, uint64_t requests)
{
    struct world w;

    world_file(&w, path, NULL);
    for (uint32_t p = 0; p < w.scenario.policies; p++) {
        struct record r = world_run(&w, p, 0);

        CU_ASSERT_EQUAL(count_born(&r), requests);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), requests);
        for (size_t i = 0; i < rows; i++)
            if (policy_index(&w.scenario, row[i].policy) == p)
                check_row(&row[i], &r);
        record_fini(&r);
    }
    world_end(&w);
}

static void equal_backends_have_the_recorded_tail(void)
{
    check_file("scenarios/tails/recorded-hom70.json", hom70, ARRAY_LEN(hom70), 33442);
}

static void a_slow_backend_makes_the_recorded_tail(void)
{
    check_file("scenarios/tails/recorded-slow140.json", slow140, ARRAY_LEN(slow140), 8556);
}

static const struct unit_test tests[] = {
    { "equal_backends_have_the_recorded_tail", equal_backends_have_the_recorded_tail },
    { "a_slow_backend_makes_the_recorded_tail", a_slow_backend_makes_the_recorded_tail },
};

UNIT_MAIN("recorded", tests)
