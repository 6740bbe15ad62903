/* test_gate.c - what a regression check says when requests fail: percentiles come and go with them,
 * and a share of failed requests is 0 in most seeds. */
#include "simulate.h"
#include "unit.h"

#include "../../sim/results/compare.h"
#include "../../sim/results/gate.h"
#include "../../sim/run/plan.h"

#include <math.h>
#include <string.h>

enum { SEEDS = 5, REQUESTS = 1000 };

static const char *const policies[] = { "p2c" };
static const char *const backends[] = { "app[0]" };
static const double workers[] = { 1 };

/* Seeds of which so many of 1000 requests failed; the others took 1, 2, 3 ... ms. */
struct made { struct record record[SEEDS]; struct result result; };

static void fill(struct record *r, uint64_t seed, uint32_t replication, uint64_t failed)
{
    record_init(r, 1);
    r->replication = replication;
    r->seed = seed + replication;
    r->digest = r->seed;
    r->slice_width = r->arrivals_end = r->end = 10 * SECOND;
    r->slices = 1;
    r->slice[0].born = REQUESTS;
    r->slice[0].ended[OUTCOME_ERROR] = failed;
    r->slice[0].ended[OUTCOME_OK] = r->slice[0].done = REQUESTS - failed;
    for (uint64_t k = 1; k <= REQUESTS - failed; k++) {
        r->slice[0].latency_sum += k * MILLISECOND;
        hist_record(&r->slice[0].latency, k * MILLISECOND);
    }
}

static void make(struct made *m, uint64_t seed, const uint64_t failed[SEEDS])
{
    const struct record *at[SEEDS];
    const struct result_plan plan = {
        .scenario = "shop", .title = "t", .sha256 = "9f", .effective = "{}\n", .first_seed = seed,
        .policies = 1, .replications = SEEDS, .policy = policies, .backends = 1,
        .backend = backends, .backend_workers = workers, .percentile = { 50, 99 },
        .percentiles = 2, .is_stationary = true, .offered_load = NAN };

    for (uint32_t k = 0; k < SEEDS; k++) {
        fill(&m->record[k], seed, k, failed[k]);
        at[k] = &m->record[k];
    }
    result_make(&m->result, &plan, at);
}

static void drop(struct made *m)
{
    result_fini(&m->result);
    for (uint32_t k = 0; k < SEEDS; k++)
        record_fini(&m->record[k]);
}

/* The verdict of one metric when the baseline had `then` and the version has `now`. */
static enum gate_verdict verdict(const char *metric, const uint64_t then[SEEDS],
                                 const uint64_t now[SEEDS], uint64_t seed_now)
{
    const struct gate_limits limits = { 0.05, 1e5, 1e-4 };
    struct made old, new;
    struct gate g = { .rows = 0 };
    enum gate_verdict found = GATE_OK;

    make(&old, 1, then);
    make(&new, seed_now, now);
    gate_regressions(&g, &new.result, &old.result, "shop.json", &limits, NULL);
    gate_correct(&g);
    for (uint32_t i = 0; i < g.rows; i++)
        if (strcmp(g.row[i].metric, metric) == 0)
            found = g.row[i].verdict;
    gate_fini(&g);
    drop(&old);
    drop(&new);
    return found;
}

enum { SAME = 1, FRESH = 100 };
static const uint64_t none[SEEDS] = { 0, 0, 0, 0, 0 };
static const uint64_t many[SEEDS] = { 30, 35, 28, 33, 31 };

static void failures_that_began_are_red_with_any_seeds(void)
{
    CU_ASSERT_EQUAL(verdict("error_rate", none, many, SAME), GATE_FAILED);
    CU_ASSERT_EQUAL(verdict("error_rate", none, many, FRESH), GATE_FAILED);
    CU_ASSERT_EQUAL(verdict("error_rate", many, none, FRESH), GATE_STALE);
}

/* One seed of five with a failure is chance. */
static void a_rare_failure_is_not_red(void)
{
    static const uint64_t once[SEEDS] = { 0, 0, 2, 0, 0 };

    CU_ASSERT_NOT_EQUAL(verdict("error_rate", none, once, SAME), GATE_FAILED);
    CU_ASSERT_NOT_EQUAL(verdict("error_rate", none, once, FRESH), GATE_FAILED);
    CU_ASSERT_NOT_EQUAL(verdict("error_rate", once, none, FRESH), GATE_STALE);
}

static void a_percentile_that_is_surely_lost_is_red(void)
{
    CU_ASSERT_EQUAL(verdict("latency.p99", none, many, SAME), GATE_FAILED);
    CU_ASSERT_EQUAL(verdict("latency.p99", none, many, FRESH), GATE_FAILED);
    CU_ASSERT_EQUAL(verdict("latency.p99", many, none, FRESH), GATE_STALE);
}

/* About one request of a hundred fails: p99 has a value or none by chance. */
static void a_percentile_that_is_lost_by_chance_is_not(void)
{
    static const uint64_t below[SEEDS] = { 9, 10, 8, 9, 11 }, above[SEEDS] = { 11, 9, 12, 10, 10 };

    CU_ASSERT_EQUAL(verdict("latency.p99", below, above, SAME), GATE_INCONCLUSIVE);
    CU_ASSERT_EQUAL(verdict("latency.p99", below, above, FRESH), GATE_INCONCLUSIVE);
    CU_ASSERT_EQUAL(verdict("latency.p99", above, above, FRESH), GATE_OK);
}

static void a_seed_without_a_value_leaves_it_open(void)
{
    static const uint64_t few[SEEDS] = { 5, 5, 5, 5, 5 }, one[SEEDS] = { 5, 5, 5, 5, 15 };

    CU_ASSERT_EQUAL(verdict("latency.p99", few, one, SAME), GATE_INCONCLUSIVE);
    CU_ASSERT_EQUAL(verdict("latency.p50", few, one, SAME), GATE_OK);
}

/* One server of one request a second. */
static void simulated(struct made *m, uint64_t seed, double rate)
{
    const struct record *at[SEEDS];
    struct arena arena = { .last = NULL };
    struct result_plan plan;
    struct world w;

    world_text(&w, "{ 'version': 1, 'name': 'g', 'run': { 'requests': 3000, 'replications': %d },"
                   " 'clients': [ { 'name': 'c', 'to': 'lb',"
                   "   'arrival': { 'process': 'poisson', 'rate': '%f/s' } } ],"
                   " 'balancers': [ { 'name': 'lb', 'algorithm': 'round_robin', 'to': 's' } ],"
                   " 'backends': [ { 'name': 's',"
                   "   'service': { 'dist': 'exponential', 'mean': '1s' } } ] }", SEEDS, rate);
    w.scenario.run.seed = seed;
    for (uint32_t k = 0; k < SEEDS; k++) {
        m->record[k] = world_run(&w, 0, k);
        at[k] = &m->record[k];
    }
    plan_for_result(&w.scenario, &plan, &arena);
    result_make(&m->result, &plan, at);
    arena_fini(&arena);
    world_end(&w);
}

/* Of p99, when the new version is offered more than it can do. */
static enum gate_verdict verdict_at(double then, double now, uint64_t seed_now)
{
    const struct gate_limits limits = { 0.05, 1e5, 1e-4 };
    struct made old, new;
    struct gate g = { .rows = 0 };

    simulated(&old, 1, then);
    simulated(&new, seed_now, now);
    CU_ASSERT_EQUAL(new.result.policy[0].verdict, VERDICT_SATURATED);
    gate_regressions(&g, &new.result, &old.result, "g.json", &limits, "latency.p99");
    gate_correct(&g);

    enum gate_verdict found = g.row[0].verdict;

    gate_fini(&g);
    drop(&old);
    drop(&new);
    return found;
}

static void an_overload_is_red(void)
{
    CU_ASSERT_EQUAL(verdict_at(0.8, 1.2, SAME), GATE_FAILED);
    CU_ASSERT_EQUAL(verdict_at(0.8, 1.2, FRESH), GATE_FAILED);
}

static const struct unit_test tests[] = {
    { "an_overload_is_red", an_overload_is_red },
    { "failures_that_began_are_red_with_any_seeds", failures_that_began_are_red_with_any_seeds },
    { "a_rare_failure_is_not_red", a_rare_failure_is_not_red },
    { "a_percentile_that_is_surely_lost_is_red", a_percentile_that_is_surely_lost_is_red },
    { "a_percentile_that_is_lost_by_chance_is_not", a_percentile_that_is_lost_by_chance_is_not },
    { "a_seed_without_a_value_leaves_it_open", a_seed_without_a_value_leaves_it_open },
};

UNIT_MAIN("gate", tests)
