/* test_theory.c - some queues whose answer is known, closer than `lblab verify --short` looks, and
 * arrivals in bursts.  Unit of time: the mean service time, 1 s here.
 *
 * Tolerance: 5 standard errors, estimated from the replications themselves (seeds are fixed, so a
 * row that holds holds for ever).  A row is worth something only if its standard error is small:
 * that is asserted, too.  Sources are told in the rows. */
#include "unit.h"

#include "simulate.h"

#include <math.h>

enum { REPLICATIONS = 8 };

struct estimate {
    double mean, error;
};

static struct estimate estimate_of(const double *x)
{
    double sum = 0, squares = 0;

    for (int i = 0; i < REPLICATIONS; i++)
        sum += x[i];
    for (int i = 0; i < REPLICATIONS; i++)
        squares += (x[i] - sum / REPLICATIONS) * (x[i] - sum / REPLICATIONS);
    return (struct estimate){ sum / REPLICATIONS,
                              sqrt(squares / (REPLICATIONS - 1) / REPLICATIONS) };
}

/* most: the greatest standard error, as a share, at which the comparison still says something. */
static void compare(const char *what, const double *x, double expected, double most)
{
    struct estimate e = estimate_of(x);
    double off = fabs(e.mean - expected);
    bool is_good = off <= 5 * e.error && e.error < most * expected;

    CU_ASSERT(is_good);
    if (!is_good)
        fprintf(stderr, "  %s: mean is %.5g +- %.2g, theory says %.5g\n", what, e.mean, e.error,
                expected);
}

/* ---- one balancer, n backends, Poisson arrivals ---- */

struct row {
    const char *what, *source;
    uint32_t n;                     /* backends */
    const char *algorithm;
    double rate;                    /* of all arrivals, a unit of time */
    double mean;
};

#define EXP "{ 'dist': 'exponential', 'mean': '1s' }"

static void run_row(const struct row *row)
{
    double mean[REPLICATIONS];
    struct world w;

    world_text(
        &w,
        "{ 'version': 1, 'name': 't', 'run': { 'requests': 200000, 'warmup': '400s', "
        "'replications': 8 },"
        "  'clients': [ { 'name': 'c', 'to': 'lb', 'arrival': { 'process': 'poisson', 'rate': "
        "'%.12g/s' } } ],"
        "  'balancers': [ { 'name': 'lb', 'algorithm': '%s', 'to': 's' } ],"
        "  'backends': [ { 'name': 's', 'count': %u, 'service': " EXP " } ] }",
        row->rate, row->algorithm, row->n);
    for (uint32_t k = 0; k < REPLICATIONS; k++) {
        struct record r = world_run(&w, 0, k);

        mean[k] = record_mean(&r);
        record_fini(&r);
    }
    world_end(&w);
    compare(row->what, mean, row->mean, 0.02);
}

static void join_the_shortest_or_an_idle_queue(void)
{
    static const struct row row[] = {
        { "JSQ, n = 2", "the chain of the pair", 2, "least_conn", 1.6, 2.95574 },
        { "JIQ, n = 2", "balance equations of the pair, solved to 1e-9", 2, "jiq", 1.6,
          3.461538462 },
        { "2 of 3", "the chain of the three", 3, "p2c", 2.4, 2.51 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        run_row(&row[i]);
}

/* ---- several copies of a request ---- */

/* d of k servers, first come first served, each copy with a demand of its own, the others cancelled
 * when one is done (Gardner et al. 2017): sum over i = d .. k of 1 / (k C(k-1,d-1)/C(i-1,d-1) - k
 * lambda).  All of two servers with all to be waited for (Flatto and Hahn 1984): (12 - rho) / (8
 * (1 - rho)). */
static void redundancy_and_fork_join(void)
{
    static const struct { const char *what, *legs; uint32_t n; double rate, mean; } row[] = {
        { "2 of 3 .8", "'hedge': { 'after': '0', 'max': 1, 'redraw': true }", 3, 2.4, 1.94444 },
        { "2 of 10 .8", "'hedge': { 'after': '0', 'max': 1, 'redraw': true }", 10, 8, 1.41007 },
        { "3 of 4 .7", "'hedge': { 'after': '0', 'max': 2, 'redraw': true }", 4, 2.8, .942029 },
        { "fork-join of 2 .8", "'fan_out': 'all'", 2, .8, 7 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        double mean[REPLICATIONS];
        struct world w;

        world_text(
            &w,
            "{ 'version': 1, 'name': 't', 'run': { 'requests': 200000, 'warmup': '400s', "
            "'replications': 8 },"
            "  'clients': [ { 'name': 'c', 'to': 'lb', 'arrival': { 'process': 'poisson', 'rate': "
            "'%.12g/s' } } ],"
            "  'balancers': [ { 'name': 'lb', 'algorithm': 'random', 'to': 's', %s } ],"
            "  'backends': [ { 'name': 's', 'count': %u, 'service': " EXP " } ] }",
            row[i].rate, row[i].legs, row[i].n);
        for (uint32_t k = 0; k < REPLICATIONS; k++) {
            struct record r = world_run(&w, 0, k);

            mean[k] = record_mean(&r);
            record_fini(&r);
        }
        world_end(&w);
        compare(row[i].what, mean, row[i].mean, 0.02);
    }
}

/* ---- arrivals that come in bursts ---- */

static double mean_with(const char *arrival)
{
    struct record r =
        simulate("{ 'version': 1, 'name': 't', 'run': { 'requests': 400000, 'warmup': '1000s' },"
                 "  'clients': [ { 'name': 'c', 'to': 'lb', 'arrival': %s } ],"
                 "  'balancers': [ { 'name': 'lb', 'algorithm': 'round_robin', 'to': 's' } ],"
                 "  'backends': [ { 'name': 's', 'service': " EXP " } ] }",
                 arrival);
    double mean = record_mean(&r);

    record_fini(&r);
    return mean;
}

/* States of equal rate are M/M/1; states that last long are two M/M/1 by turns, weighted by
 * arrivals: (.2 x 1.25 + .8 x 5) / 1 = 4.25; rapid ones average to the M/M/1 of the mean rate.
 * One run each: 6 % is 5 standard errors of 400 000 requests at these loads. */
static void bursts_lie_between_slow_and_quick_switching(void)
{
    double equal = mean_with("{ 'process': 'mmpp', 'states': [ { 'rate': '0.8/s', 'hold': '10s' },"
                             " { 'rate': '0.8/s', 'hold': '3s' } ] }");
    double slow = mean_with("{ 'process': 'mmpp', 'states': [ { 'rate': '0.2/s', 'hold': '5000s' },"
                            " { 'rate': '0.8/s', 'hold': '5000s' } ] }");
    double quick = mean_with("{ 'process': 'mmpp', 'states': [ { 'rate': '0.2/s', 'hold': '10ms' },"
                             " { 'rate': '0.8/s', 'hold': '10ms' } ] }");

    CU_ASSERT_DOUBLE_EQUAL(equal, 5, 0.06 * 5);
    CU_ASSERT_DOUBLE_EQUAL(slow, 4.25, 0.06 * 4.25);
    CU_ASSERT_DOUBLE_EQUAL(quick, 2, 0.06 * 2);
}

static const struct unit_test tests[] = {
    { "join_the_shortest_or_an_idle_queue", join_the_shortest_or_an_idle_queue },
    { "redundancy_and_fork_join", redundancy_and_fork_join },
    { "bursts_lie_between_slow_and_quick_switching", bursts_lie_between_slow_and_quick_switching },
};

UNIT_MAIN("theory", tests)
