/* test_assertion.c - assertions: how their text is read, and when they hold, on records made by
 * hand whose every value is known. */
#include "unit.h"

#include "../../sim/results/assertion.h"
#include "../../sim/results/gate.h"
#include "../../sim/results/overrides.h"

#include <math.h>
#include <string.h>

/* ---- reading ---- */

static int parse(struct assertion *a, const char *text, struct arena *arena)
{
    struct assertion_fault fault;

    return assertion_parse(a, text, arena, &fault);
}

static void every_unit_is_read(void)
{
    static const struct { const char *text; double limit; enum assertion_op op; } good[] = {
        { "latency.p99 < 250ms", 250e6, ASSERT_LESS },
        { "latency.p99.9<=1m30s", 90e9, ASSERT_AT_MOST },
        { "error_rate@p2c <0.1%", 0.001, ASSERT_LESS },
        { "error_rate@p2c < 0.25", 0.25, ASSERT_LESS },
        { "throughput >= 900/s", 900, ASSERT_AT_LEAST },
        { "throughput > 2k/s", 2000, ASSERT_MORE },
        { "imbalance < 1.3", 1.3, ASSERT_LESS },
        { "requests > 10k", 10000, ASSERT_MORE },
        { "  latency.mean   <   0  ", 0, ASSERT_LESS },
    };
    struct arena arena = { .last = NULL };
    struct assertion a;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        CU_ASSERT_EQUAL(parse(&a, good[i].text, &arena), 0);
        CU_ASSERT_DOUBLE_EQUAL(a.limit, good[i].limit, 1e-9);
        CU_ASSERT_EQUAL(a.op, good[i].op);
        CU_ASSERT_PTR_NULL(a.right.metric);
    }
    arena_fini(&arena);
}

static void a_ratio_names_two_policies(void)
{
    struct arena arena = { .last = NULL };
    struct assertion a;

    CU_ASSERT_EQUAL(parse(&a, "latency.p99@peak_ewma < 0.9 * latency.p50@p2c(choices=5, x=1)",
                          &arena), 0);
    CU_ASSERT_STRING_EQUAL(a.left.policy, "peak_ewma");
    CU_ASSERT_STRING_EQUAL(a.right.policy, "p2c(choices=5, x=1)");
    CU_ASSERT_DOUBLE_EQUAL(a.limit, 0.9, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(a.right.percentile, 50, 1e-12);
    CU_ASSERT_EQUAL(parse(&a, "latency.p99@'a <b' > latency.p99@b", &arena), 0);
    CU_ASSERT_STRING_EQUAL(a.left.policy, "a <b");
    CU_ASSERT_DOUBLE_EQUAL(a.limit, 1, 1e-12);
    arena_fini(&arena);
}

static void a_fault_says_where(void)
{
    static const struct { const char *text; uint32_t at, width; } bad[] = {
        { "latncy.p99 < 250ms", 0, 10 },
        { "latency.p99 < 250", 14, 3 },
        { "latency.p99 == 250ms", 12, 2 },
        { "latency.p99@rr", 0, 14 },
        { "latency.p99@rr < 250ms or", 23, 2 },
        { "latency.p99@rr < 0.9 * throughput@p2c", 17, 20 },
        { "latency.p99@rr < 0.9 * latency.p9x", 23, 11 },
        { "latency.p99@ < 5ms", 11, 1 },
        { "", 0, 1 },
        { "latency.p99@a < latency.p99@a", 16, 13 },
    };
    struct arena arena = { .last = NULL };
    struct assertion_fault fault;
    struct assertion a;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CU_ASSERT_EQUAL(assertion_parse(&a, bad[i].text, &arena, &fault), -1);
        CU_ASSERT_EQUAL(fault.at, bad[i].at);
        CU_ASSERT_EQUAL(fault.width, bad[i].width);
        CU_ASSERT(fault.what[0] != '\0');
    }
    arena_fini(&arena);
}

/* Whatever is cut off or put in, reading ends and says something. */
static void no_text_confuses_the_reader(void)
{
    static const char whole[] = "latency.p99@p2c(choices=5) <= 0.9 * latency.p99.9@'x y'";
    struct arena arena = { .last = NULL };
    struct assertion_fault fault;
    struct assertion a;
    char text[sizeof whole];

    for (size_t i = 0; i < sizeof whole - 1; i++)
        for (int c = 1; c < 256; c++) {
            memcpy(text, whole, sizeof whole);
            text[i] = (char)c;
            if (assertion_parse(&a, text, &arena, &fault) < 0)
                CU_ASSERT(fault.what[0] && fault.at <= strlen(text));
            text[i] = '\0';
            if (assertion_parse(&a, text, &arena, &fault) < 0)
                CU_ASSERT(fault.what[0] && fault.at <= strlen(text));
        }
    arena_fini(&arena);
}

/* ---- judging ---- */

enum { SEEDS = 4, SLICES = 10, PER_SLICE = 100 };

static const char *const policies[] = { "slow", "fast(x=2)" };
static const char *const backends[] = { "app[0]" };
static const double workers[] = { 1 };

struct made {
    struct record record[2 * SEEDS];
    const struct record *at[2 * SEEDS];
    struct result result;
    struct arena arena;
};

/* Response times of policy p in slice i of seed k: all (p ? 10 : 20) ms + noise[k] us, ten times
 * as much in slices 4 and 5; failed[p] of each slice's requests fail. */
static void fill_slice(struct record_slice *s, uint32_t p, uint32_t k, uint32_t i,
                       const uint32_t *noise, uint32_t failed)
{
    uint64_t ns = ((p ? 10 : 20) * MILLISECOND + noise[k] * MICROSECOND)
                  * (i == 4 || i == 5 ? 10 : 1);

    s->born = PER_SLICE;
    s->ended[OUTCOME_TIMEOUT] = failed;
    for (uint32_t n = 0; n < PER_SLICE - failed; n++) {
        hist_record(&s->latency, ns);
        s->latency_sum += ns;
        s->ended[OUTCOME_OK]++;
        s->done++;
    }
}

static void make(struct made *m, const uint32_t *noise, const uint32_t *failed,
                 const char *const *text, uint32_t texts, const char *during)
{
    struct assertion *a;
    struct result_plan plan = {
        .scenario = "shop", .title = "T", .sha256 = "9f", .effective = "{}", .first_seed = 7,
        .policies = 2, .replications = SEEDS, .policy = policies, .backends = 1,
        .backend = backends, .backend_workers = workers, .percentile = { 50, 99 },
        .percentiles = 2,
    };

    *m = (struct made){ .arena = { .last = NULL } };
    a = arena_alloc(&m->arena, texts * sizeof *a);
    for (uint32_t i = 0; i < texts; i++) {
        CU_ASSERT_EQUAL_FATAL(parse(&a[i], text[i], &m->arena), 0);
        a[i].from = during ? 39 * SECOND / 10 : 0;
        a[i].until = during ? 61 * SECOND / 10 : 0;
        a[i].line = 3 + i;
    }
    plan.assertion = a;
    plan.assertions = texts;
    for (uint32_t n = 0; n < 2 * SEEDS; n++) {
        struct record *r = &m->record[n];

        record_init(r, 1);
        r->policy = n / SEEDS;
        r->replication = n % SEEDS;
        r->seed = 7 + n % SEEDS;
        r->digest = r->seed;
        r->slice_width = SECOND;
        r->slices = SLICES;
        r->arrivals_end = r->end = SLICES * SECOND;
        for (uint32_t i = 0; i < SLICES; i++)
            fill_slice(&r->slice[i], r->policy, r->replication, i, noise, failed[r->policy]);
        m->at[n] = r;
    }
    result_make(&m->result, &plan, m->at);
}

static void unmake(struct made *m)
{
    result_fini(&m->result);
    for (uint32_t n = 0; n < 2 * SEEDS; n++)
        record_fini(&m->record[n]);
    arena_fini(&m->arena);
}

static const uint32_t quiet[SEEDS], noisy[SEEDS] = { 0, 900, 300, 2000 }, none[2];

static void equal_seeds_decide_exactly(void)
{
    static const char *const text[] = {
        "latency.p50 < 15ms", "latency.p50@slow < 21ms", "latency.p50@fast < 9.9ms",
        "error_rate <= 0%", "error_rate < 0%", "latency.p42@slow > 19ms",
        "availability >= 100%",
    };
    static const enum assertion_verdict wanted[] = {
        ASSERTION_FAILS, ASSERTION_HOLDS, ASSERTION_HOLDS, ASSERTION_FAILS, ASSERTION_HOLDS,
        ASSERTION_HOLDS, ASSERTION_FAILS, ASSERTION_FAILS, ASSERTION_HOLDS, ASSERTION_HOLDS,
        ASSERTION_HOLDS,
    };
    struct made m;

    make(&m, quiet, none, text, ARRAY_LEN(text), NULL);
    CU_ASSERT_EQUAL_FATAL(m.result.outcomes, ARRAY_LEN(wanted));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        CU_ASSERT_EQUAL(m.result.assertion[i].verdict, wanted[i]);
    CU_ASSERT_EQUAL(m.result.assertion[3].policy, 1);
    unmake(&m);
}

static void an_interval_across_the_limit_is_inconclusive(void)
{
    static const char *const text[] = { "latency.mean@slow < 58.4ms", "latency.mean@slow < 90ms",
                                        "latency.mean@slow < 30ms" };
    struct made m;

    make(&m, noisy, none, text, ARRAY_LEN(text), NULL);
    CU_ASSERT_EQUAL_FATAL(m.result.outcomes, 3);

    const struct assertion_outcome *o = m.result.assertion;

    CU_ASSERT_EQUAL(o[0].verdict, ASSERTION_INCONCLUSIVE);
    CU_ASSERT(o[0].low < 58.4e6 && o[0].high > 58.4e6);
    CU_ASSERT(o[0].seeds_needed > SEEDS);
    CU_ASSERT_EQUAL(o[1].verdict, ASSERTION_HOLDS);
    CU_ASSERT_EQUAL(o[2].verdict, ASSERTION_FAILS);
    unmake(&m);
}

static void a_ratio_is_paired_by_seed(void)
{
    static const char *const text[] = {
        "latency.mean@fast < 0.6 * latency.mean@slow",
        "latency.mean@fast < 0.4 * latency.mean@slow",
        "latency.p99 > 3 * latency.p50", "error_rate@fast <= error_rate@slow",
    };
    struct made m;

    make(&m, noisy, none, text, ARRAY_LEN(text), NULL);
    CU_ASSERT_EQUAL_FATAL(m.result.outcomes, 5);

    const struct assertion_outcome *o = m.result.assertion;

    CU_ASSERT_EQUAL(o[0].verdict, ASSERTION_HOLDS);
    CU_ASSERT(o[0].value > 0.5 && o[0].value < 0.56 && o[0].high - o[0].low < 0.08);
    CU_ASSERT_EQUAL(o[1].verdict, ASSERTION_FAILS);
    CU_ASSERT_EQUAL(o[2].verdict, ASSERTION_HOLDS);
    CU_ASSERT_EQUAL(o[3].verdict, ASSERTION_HOLDS);
    CU_ASSERT_EQUAL(o[4].verdict, ASSERTION_HOLDS);     /* 0 <= 0, though 0/0 is no ratio */
    CU_ASSERT(isnan(o[4].value));
    unmake(&m);
}

static void a_window_takes_whole_slices(void)
{
    static const char *const text[] = { "latency.p50@slow > 190ms", "throughput@slow <= 100/s",
                                        "error_rate@slow <= 0", "latency.mean@fast < 101ms" };
    struct made m;

    make(&m, quiet, none, text, ARRAY_LEN(text), "3.9s..6.1s");
    CU_ASSERT_EQUAL_FATAL(m.result.outcomes, 4);
    for (uint32_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(m.result.assertion[i].verdict, ASSERTION_HOLDS);
        CU_ASSERT_EQUAL(m.result.assertion[i].from, 4 * SECOND);
        CU_ASSERT_EQUAL(m.result.assertion[i].until, 6 * SECOND);
    }
    CU_ASSERT_DOUBLE_EQUAL(m.result.assertion[1].value, 100, 1e-9);
    unmake(&m);
}

static void a_percentile_among_failed_requests_is_infinite(void)
{
    static const uint32_t failed[] = { 5, 0 };
    static const char *const text[] = { "latency.p99 < 250ms", "latency.p99@slow > 250ms" };
    struct made m;

    make(&m, noisy, failed, text, ARRAY_LEN(text), NULL);
    CU_ASSERT_EQUAL_FATAL(m.result.outcomes, 3);
    CU_ASSERT_EQUAL(m.result.assertion[0].verdict, ASSERTION_FAILS);
    CU_ASSERT_PTR_NOT_NULL(m.result.assertion[0].reason);
    CU_ASSERT_EQUAL(m.result.assertion[1].verdict, ASSERTION_HOLDS);
    CU_ASSERT_EQUAL(m.result.assertion[2].verdict, ASSERTION_HOLDS);
    unmake(&m);
}

static void without_records_a_window_is_unknown(void)
{
    static const char *const text[] = { "latency.p50@slow > 190ms" };
    struct made m;
    struct assertion_outcome o[2];

    make(&m, quiet, none, text, 1, "3.9s..6.1s");
    for (uint32_t i = 0; i < m.result.runs; i++)
        m.result.run[i].record = NULL;
    CU_ASSERT_EQUAL(assertion_check(&m.result, &m.result.plan.assertion[0], o), 1);
    CU_ASSERT_EQUAL(o[0].verdict, ASSERTION_UNKNOWN);
    CU_ASSERT_PTR_NOT_NULL(o[0].reason);
    unmake(&m);
}

/* ---- the gate ---- */

static const struct gate_limits limits = { 0.05, 1e5, 1e-4 };

static int verdict_of(const struct gate *g, const char *metric, const char *policy)
{
    for (uint32_t i = 0; i < g->rows; i++)
        if (strcmp(g->row[i].metric, metric) == 0 && strcmp(g->row[i].policy, policy) == 0)
            return (int)g->row[i].verdict;
    return -1;
}

static void the_same_runs_are_exactly_equal(void)
{
    struct made a, b;
    struct gate g = { .rows = 0 };

    make(&a, noisy, none, NULL, 0, NULL);
    make(&b, noisy, none, NULL, 0, NULL);
    gate_regressions(&g, &b.result, &a.result, "x.json", &limits, NULL);
    gate_correct(&g);
    CU_ASSERT(g.rows >= 8);
    CU_ASSERT_EQUAL(gate_count(&g, GATE_OK), g.rows);
    for (uint32_t i = 0; i < g.rows; i++)
        CU_ASSERT(isnan(g.row[i].change.value) || fabs(g.row[i].change.value) < 1e-300);
    gate_fini(&g);
    unmake(&a);
    unmake(&b);
}

/* 20 ms become 22: 10 % worse, alike in every seed. */
static void a_clear_regression_fails_and_its_mirror_is_stale(void)
{
    static const uint32_t slower[SEEDS] = { 2000, 2000, 2010, 2000 };
    struct made a, b;
    struct gate g = { .rows = 0 }, mirror = { .rows = 0 };

    make(&a, quiet, none, NULL, 0, NULL);
    make(&b, slower, none, NULL, 0, NULL);
    gate_regressions(&g, &b.result, &a.result, "x.json", &limits, NULL);
    gate_correct(&g);
    CU_ASSERT_EQUAL(verdict_of(&g, "latency.mean", "slow"), GATE_FAILED);
    CU_ASSERT_EQUAL(verdict_of(&g, "error_rate", "slow"), GATE_OK);
    gate_regressions(&mirror, &a.result, &b.result, "x.json", &limits, "latency.mean");
    gate_correct(&mirror);
    CU_ASSERT_EQUAL(mirror.rows, 2);
    CU_ASSERT_EQUAL(verdict_of(&mirror, "latency.mean", "slow"), GATE_STALE);
    gate_fini(&g);
    gate_fini(&mirror);
    unmake(&a);
    unmake(&b);
}

static void a_small_effect_or_a_wide_interval_is_no_regression(void)
{
    static const uint32_t wild[SEEDS] = { 0, 6000, 100, 0 };
    const struct gate_limits generous = { 0.05, 1e9, 1e-4 };
    struct made a, b;
    struct gate g = { .rows = 0 }, small = { .rows = 0 };

    make(&a, quiet, none, NULL, 0, NULL);
    make(&b, wild, none, NULL, 0, NULL);
    gate_regressions(&g, &b.result, &a.result, "x.json", &limits, "latency.mean");
    CU_ASSERT_EQUAL(verdict_of(&g, "latency.mean", "slow"), GATE_INCONCLUSIVE);
    CU_ASSERT(g.row[0].seeds_needed > SEEDS);
    gate_regressions(&small, &b.result, &a.result, "x.json", &generous, "latency.mean");
    CU_ASSERT_EQUAL(gate_count(&small, GATE_OK), small.rows);
    gate_fini(&g);
    gate_fini(&small);
    unmake(&a);
    unmake(&b);
}

static void new_errors_are_a_regression(void)
{
    static const uint32_t failed[] = { 2, 0 };
    struct made a, b;
    struct gate g = { .rows = 0 };

    make(&a, quiet, none, NULL, 0, NULL);
    make(&b, quiet, failed, NULL, 0, NULL);
    gate_regressions(&g, &b.result, &a.result, "x.json", &limits, NULL);
    gate_correct(&g);
    CU_ASSERT_EQUAL(verdict_of(&g, "error_rate", "slow"), GATE_FAILED);
    CU_ASSERT_EQUAL(verdict_of(&g, "latency.p99", "slow"), GATE_FAILED);
    CU_ASSERT_EQUAL(verdict_of(&g, "error_rate", "fast(x=2)"), GATE_OK);
    gate_fini(&g);
    unmake(&a);
    unmake(&b);
}

static void a_lone_weak_finding_among_many_does_not_fail(void)
{
    struct gate g = { .rows = 0 };

    for (uint32_t i = 0; i < 40; i++) {
        struct gate_row *row = gate_add(&g);

        row->kind = GATE_REGRESSION;
        row->verdict = i == 7 || i == 8 ? GATE_FAILED : GATE_OK;
        row->seeds = 5;
        row->p = i == 7 ? 0.02 : i == 8 ? 1e-6 : 0.5;
    }
    CU_ASSERT_EQUAL(gate_correct(&g), 40);
    CU_ASSERT_EQUAL(g.row[7].verdict, GATE_INCONCLUSIVE);
    CU_ASSERT_EQUAL(g.row[8].verdict, GATE_FAILED);
    gate_fini(&g);
}

static void overrides_of_seeds_do_not_matter(void)
{
    const char *a[] = { "--seed 3", "-s run.duration=9s", "-n 4", "-s run.seed=5", "-a rr" };
    const char *b[] = { "-s run.duration=9s" };

    CU_ASSERT_PTR_NULL(override_missing(a, 5, b, 1));
    CU_ASSERT_PTR_NULL(override_missing(b, 1, a, 5));
    CU_ASSERT_STRING_EQUAL(override_missing(a, 5, b, 0), "-s run.duration=9s");
}

static const struct unit_test tests[] = {
    { "every_unit_is_read", every_unit_is_read },
    { "a_ratio_names_two_policies", a_ratio_names_two_policies },
    { "a_fault_says_where", a_fault_says_where },
    { "no_text_confuses_the_reader", no_text_confuses_the_reader },
    { "equal_seeds_decide_exactly", equal_seeds_decide_exactly },
    { "an_interval_across_the_limit_is_inconclusive",
      an_interval_across_the_limit_is_inconclusive },
    { "a_ratio_is_paired_by_seed", a_ratio_is_paired_by_seed },
    { "a_window_takes_whole_slices", a_window_takes_whole_slices },
    { "a_percentile_among_failed_requests_is_infinite",
      a_percentile_among_failed_requests_is_infinite },
    { "without_records_a_window_is_unknown", without_records_a_window_is_unknown },
    { "the_same_runs_are_exactly_equal", the_same_runs_are_exactly_equal },
    { "a_clear_regression_fails_and_its_mirror_is_stale",
      a_clear_regression_fails_and_its_mirror_is_stale },
    { "a_small_effect_or_a_wide_interval_is_no_regression",
      a_small_effect_or_a_wide_interval_is_no_regression },
    { "new_errors_are_a_regression", new_errors_are_a_regression },
    { "a_lone_weak_finding_among_many_does_not_fail",
      a_lone_weak_finding_among_many_does_not_fail },
    { "overrides_of_seeds_do_not_matter", overrides_of_seeds_do_not_matter },
};

UNIT_MAIN("assertion", tests)
