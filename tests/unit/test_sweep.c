/* test_sweep.c - crossings and knees on results made by hand whose truth is known, axes from text,
 * and a real M/M/1 against its formula. */
#include "simulate.h"
#include "unit.h"

#include "../../sim/report/sweep_words.h"
#include "../../sim/results/sweep.h"
#include "../../sim/run/run.h"
#include "../../sim/scenario/sweep.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { MOST_POINTS = 20, MOST_SEEDS = 5 };

/* One policy; p99 in ms of all seeds pooled and of each. */
struct made {
    struct result result[MOST_POINTS];
    struct result_policy policy[MOST_POINTS];
    struct result_run run[MOST_POINTS][MOST_SEEDS];
    struct sweep_point point[MOST_POINTS];
    struct assertion slo;
    struct sweep sweep;
    struct sweep_answer answer;
};

static void begin(struct made *m, enum sweep_unit unit, enum assertion_op op, double limit_ms)
{
    *m = (struct made){ .slo = { .op = op, .limit = limit_ms * 1e6 } };
    m->sweep = (struct sweep){ .label = "x", .unit = unit, .has_knee = true, .point = m->point,
                               .slo = &m->slo };
    m->sweep.metric = metric_find("latency.p99", &m->sweep.percentile);
}

static void add_point(struct made *m, double x, double pooled_ms, double half_ms,
                      const double *seed_ms, uint32_t seeds)
{
    uint32_t i = m->sweep.points++;
    struct result *r = &m->result[i];

    m->policy[i] = (struct result_policy){ .name = "p", .seeds = seeds, .requests = 1000 };
    m->policy[i].quantile[0] = (struct result_quantity){
        .value = pooled_ms * 1e6, .low = (pooled_ms - half_ms) * 1e6,
        .high = (pooled_ms + half_ms) * 1e6 };
    for (uint32_t k = 0; k < seeds; k++)
        m->run[i][k] = (struct result_run){ .requests = 1000, .completed = 1000,
                                            .quantile = { (uint64_t)(seed_ms[k] * 1e6 + 0.5) } };
    *r = (struct result){ .policy = &m->policy[i], .run = m->run[i], .runs = seeds };
    r->plan = (struct result_plan){ .policies = 1, .replications = seeds, .percentile = { 99 },
                                    .percentiles = 1 };
    m->point[i] = (struct sweep_point){ "point", x, r };
}

/* Loads 10 % to 90 %: factor / (1 - load) ms, as M/M/1 has it. */
static void add_mm1(struct made *m, const double *factor, uint32_t seeds)
{
    for (uint32_t i = 1; i <= 9; i++) {
        double x = i / 10.0, ms[MOST_SEEDS], sum = 0;

        for (uint32_t k = 0; k < seeds; k++) {
            ms[k] = factor[k] / (1 - x);
            sum += factor[k];
        }
        add_point(m, x, sum / seeds / (1 - x), 0.01, ms, seeds);
    }
}

static void saturate(struct made *m, uint32_t point)
{
    m->policy[point].verdict = VERDICT_SATURATED;
    m->policy[point].quantile[0].value = NAN;
}

#define NEAR(a, b, by) CU_ASSERT_DOUBLE_EQUAL(a, b, by)

/* ---- where the SLO ends ---- */

static void between_points_of_mm1_it_is_exact(void)
{
    static struct made m;
    const double one[] = { 1 };

    begin(&m, SWEEP_LOAD, ASSERT_LESS, 6);      /* 1 / (1 - x) = 6: x = 5/6 */
    add_mm1(&m, one, 1);
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.reach, SWEEP_CROSSES);
    CU_ASSERT_EQUAL(m.answer.side, SWEEP_UP_TO);
    NEAR(m.answer.slo_x.value, 5.0 / 6, 1e-6);
    CU_ASSERT(isnan(m.answer.slo_x.low));
    CU_ASSERT_EQUAL(m.answer.surely, 7);
}

static void between_other_points_log_latency_is_straight(void)
{
    static struct made m;
    const double a[] = { 10 }, b[] = { 1000 };

    begin(&m, SWEEP_RATE, ASSERT_LESS, 100);
    add_point(&m, 200, 10, 0, a, 1);
    add_point(&m, 400, 1000, 0, b, 1);
    sweep_answer(&m.sweep, &m.answer);
    NEAR(m.answer.slo_x.value, 300, 1e-6);
}

static void the_interval_is_students_over_seeds(void)
{
    static struct made m;
    const double seeds[] = { 0.9, 1, 1.1 };     /* cross 5 ms at 0.82, 0.80, 0.78 */

    begin(&m, SWEEP_LOAD, ASSERT_LESS, 5);
    add_mm1(&m, seeds, 3);
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.reach, SWEEP_CROSSES);
    NEAR(m.answer.slo_x.value, 0.8, 1e-6);
    NEAR(m.answer.slo_x.high - 0.8, 4.302653 * 0.02 / sqrt(3), 1e-6);
    NEAR(0.8 - m.answer.slo_x.low, 4.302653 * 0.02 / sqrt(3), 1e-6);
}

/* Two seeds leave a factor of 12.7: the interval would reach from -22 % to 182 %. */
static void the_interval_ends_where_the_axis_does(void)
{
    static struct made m;
    const double seeds[] = { 0.6, 1.4 };        /* cross 5 ms at 0.88 and 0.72 */
    char text[SWEEP_WORDS_TEXT];

    begin(&m, SWEEP_LOAD, ASSERT_LESS, 5);
    add_mm1(&m, seeds, 2);
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.reach, SWEEP_CROSSES);
    NEAR(m.answer.slo_x.low, 0.1, 1e-9);
    NEAR(m.answer.slo_x.high, 0.9, 1e-9);
    CU_ASSERT_STRING_EQUAL(sweep_sentence(text, &m.sweep, &m.answer),
                           "p99 < 5 ms up to 80 % [at most 10, at least 90] of capacity; "
                           "knee at 50 % [50, 50]");
}

static void a_bound_beyond_the_axis_is_none(void)
{
    static struct made m;
    const double seeds[] = { 0.5, 1.5 };        /* 10.5 ms: beyond 0.9, and at 0.857 */

    begin(&m, SWEEP_LOAD, ASSERT_LESS, 10.5);
    add_mm1(&m, seeds, 2);
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.reach, SWEEP_BOUNDED);
    CU_ASSERT(isnan(m.answer.slo_x.low) || m.answer.slo_x.low >= 0.1);
    CU_ASSERT(isnan(m.answer.slo_x.high));
}

static void seeds_that_never_cross_leave_a_bound(void)
{
    static struct made m;
    const double seeds[] = { 0.9, 1, 1.1 };     /* 10.5 ms: at 0.914, 0.905, 0.895 */

    begin(&m, SWEEP_LOAD, ASSERT_LESS, 10.5);
    add_mm1(&m, seeds, 3);
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.reach, SWEEP_BOUNDED);
    CU_ASSERT_EQUAL(m.answer.censored, 2);
    CU_ASSERT(m.answer.slo_x.low > 0.88 && m.answer.slo_x.low < 0.9);
    CU_ASSERT(isnan(m.answer.slo_x.high));
}

static void a_saturated_point_bounds_and_is_no_value(void)
{
    static struct made m;
    const double seeds[] = { 0.9, 1, 1.1 };

    begin(&m, SWEEP_LOAD, ASSERT_LESS, 8);      /* would cross at 0.86 to 0.89 */
    add_mm1(&m, seeds, 3);
    saturate(&m, 8);
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.reach, SWEEP_BOUNDED);
    CU_ASSERT(isnan(m.answer.slo_x.value));
    NEAR(m.answer.slo_x.low, 0.8, 1e-9);
    NEAR(m.answer.slo_x.high, 0.9, 1e-9);
    CU_ASSERT_EQUAL(m.answer.saturated, 1);
    CU_ASSERT(isnan(sweep_value(&m.sweep, 8, 0).value));
}

static void always_and_never_are_said(void)
{
    static struct made m;
    const double seeds[] = { 0.9, 1 };

    begin(&m, SWEEP_LOAD, ASSERT_LESS, 50);
    add_mm1(&m, seeds, 2);
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.reach, SWEEP_ALWAYS);
    NEAR(m.answer.slo_x.low, 0.9, 1e-9);
    CU_ASSERT(isnan(m.answer.slo_x.high));
    m.slo.limit = 0.5e6;
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.reach, SWEEP_NEVER);
    NEAR(m.answer.slo_x.high, 0.1, 1e-9);
    CU_ASSERT_EQUAL(m.answer.surely, NONE);
}

static void of_backends_the_least_that_surely_do_is_told(void)
{
    static struct made m;
    static const double p99[] = { 500, 130, 104, 98, 90, 85 };

    begin(&m, SWEEP_COUNT, ASSERT_LESS, 100);
    for (uint32_t i = 0; i < ARRAY_LEN(p99); i++) {
        const double seeds[] = { p99[i] - 1, p99[i] + 1 };

        add_point(&m, 4 + i, p99[i], 6, seeds, 2);
    }
    saturate(&m, 0);
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.side, SWEEP_FROM);
    CU_ASSERT_EQUAL(m.answer.surely, 4);        /* 90 +- 6 */
    CU_ASSERT_EQUAL(m.answer.maybe, 2);         /* 104 +- 6 */
    CU_ASSERT_EQUAL(m.answer.reach, SWEEP_CROSSES);
    CU_ASSERT(m.answer.slo_x.value > 6 && m.answer.slo_x.value < 7);
}

static void more_can_be_better(void)
{
    static struct made m;
    static const uint64_t completed[] = { 1000, 998, 980, 900 };

    begin(&m, SWEEP_NUMBER, ASSERT_AT_LEAST, 0);
    m.slo.limit = 0.99;
    m.sweep.metric = metric_find("availability", &m.sweep.percentile);
    for (uint32_t i = 0; i < ARRAY_LEN(completed); i++) {
        const double unused[] = { 1, 1 };
        double share = (double)completed[i] / 1000;

        add_point(&m, 1 + i, 1, 0, unused, 2);
        m.policy[i].availability = (struct result_quantity){ .value = share, .low = share,
                                                             .high = share };
        m.run[i][0].completed = m.run[i][1].completed = completed[i];
    }
    saturate(&m, 3);                            /* of no latency: it has its value */
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.side, SWEEP_UP_TO);
    CU_ASSERT_EQUAL(m.answer.saturated, 0);
    NEAR(m.answer.slo_x.value, 2 + log(0.99 / 0.998) / log(0.98 / 0.998), 1e-9);
    CU_ASSERT(isnan(m.answer.knee.value));
}

static void between_words_nothing_is_said(void)
{
    static struct made m;
    const double a[] = { 10 }, b[] = { 1000 };

    begin(&m, SWEEP_WORDS, ASSERT_LESS, 100);
    m.sweep.has_knee = false;
    add_point(&m, 0, 10, 0, a, 1);
    add_point(&m, 1, 1000, 0, b, 1);
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.reach, SWEEP_ASKED_NOTHING);
    CU_ASSERT(isnan(m.answer.slo_x.value) && isnan(m.answer.knee.value));
}

/* ---- the knee ---- */

static void mm1_bends_at_half_its_capacity(void)
{
    static struct made m;
    const double seeds[] = { 0.9, 1, 1.1 };

    begin(&m, SWEEP_LOAD, ASSERT_LESS, 5);
    add_mm1(&m, seeds, 3);
    sweep_answer(&m.sweep, &m.answer);
    NEAR(m.answer.knee.value, 0.5, 1e-9);
    NEAR(m.answer.knee.high, 0.5, 1e-6);
}

static void a_knee_at_the_end_is_none(void)
{
    static struct made m;
    const double same[] = { 1 };

    begin(&m, SWEEP_LOAD, ASSERT_LESS, 5);
    for (uint32_t i = 1; i <= 4; i++)
        add_point(&m, i / 10.0, 1, 0, same, 1);
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT(isnan(m.answer.knee.value));
}

/* ---- axes ---- */

/* printf formats both. */
static const char shop[] =
    "{'version':1,'name':'shop','run':{'requests':100,'warmup':'1s'},"
    "'clients':[{'name':'web','to':'lb','arrival':{'process':'poisson','rate':'50/s'}},"
    "{'name':'bots','to':'lb','arrival':{'process':'mmpp','states':["
    "{'rate':'10/s','hold':'1s'},{'rate':'90/s','hold':'1s'}]}}],"
    "'balancers':[{'name':'lb','algorithm':'random','to':'app'}],"
    "'backends':[{'name':'app','count':2,'service':'4ms'}]}";

/* The points' texts with a space behind each, or the fault's. */
static const char *texts_of(const char *path, const char *list, enum sweep_unit *unit)
{
    static char text[4096];
    struct world w;
    struct arena arena = { .last = NULL };
    struct sweep_config config = { .path = path };
    struct sweep_axis axis;
    struct sweep_fault fault;

    world_text(&w, shop);
    sweep_split(&config, list, &arena);
    text[0] = '\0';
    if (sweep_axis_make(&axis, &config, &w.scenario, &arena, &fault) < 0)
        snprintf(text, sizeof text, "%s", fault.what);
    else
        for (uint32_t i = 0; i < axis.values; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", axis.value[i].text);
    *unit = axis.unit;
    world_end(&w);
    arena_fini(&arena);
    return text;
}

static void lists_and_ranges_become_points(void)
{
    static const struct { const char *path, *list, *texts; enum sweep_unit unit; } row[] = {
        { "p", "8..16/4", "8 12 16 ", SWEEP_COUNT },
        { "p", "32,8..10/1,64", "8 9 10 32 64 ", SWEEP_COUNT },
        { "p", "0.1..0.4/0.1", "0.1 0.2 0.3 0.4 ", SWEEP_NUMBER },
        { "p", "1..2/0.5", "1 1.5 2 ", SWEEP_NUMBER },
        { "p", "200/s..500/s/100/s", "200/s 300/s 400/s 500/s ", SWEEP_RATE },
        { "p", "2k/s,1.5k/s", "1.5k/s 2k/s ", SWEEP_RATE },
        { "p", "5ms..6ms/500us", "5ms 5500us 6ms ", SWEEP_DURATION },
        { "p", "0,10ms", "0 10ms ", SWEEP_DURATION },
        { "p", "1%..2%/0.5%", "1% 1.5% 2% ", SWEEP_SHARE },
        { "p", "warm,tcp,h1", "warm tcp h1 ", SWEEP_WORDS },
        { NULL, "20%..30%/5%,99%", "20% 25% 30% 99% ", SWEEP_LOAD },
        { NULL, "120%,80%", "80% 120% ", SWEEP_LOAD },
    };

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++) {
        enum sweep_unit unit;

        CU_ASSERT_STRING_EQUAL(texts_of(row[i].path, row[i].list, &unit), row[i].texts);
        CU_ASSERT_EQUAL(unit, row[i].unit);
    }
}

static void what_is_no_axis_is_refused(void)
{
    static const struct { const char *list, *what; } row[] = {
        { "8..16", "not a range: \"8..16\"" },
        { "8..16/0", "not a range: \"8..16/0\"" },
        { "8..16/-1", "not a range: \"8..16/-1\"" },
        { "5ms..9ms/1", "not a range: \"5ms..9ms/1\"" },
        { "1..1000000000/1", "more than 200 values" },
        { "4,,5", "an empty value" },
        { "4,4.0", "the value \"4.0\" is there twice" },
        { "4", "one value is no axis" },
    };
    enum sweep_unit unit;

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++)
        CU_ASSERT_STRING_EQUAL(texts_of("p", row[i].list, &unit), row[i].what);
}

static void a_load_scales_every_group_alike(void)
{
    struct world w;
    struct arena arena = { .last = NULL };
    struct sweep_config config = { .path = NULL };
    const struct scenario_overrides none = { 0 };
    struct sweep_axis axis;
    struct sweep_fault fault;
    struct scenario point;

    world_text(&w, shop);
    sweep_split(&config, "40%,100%", &arena);
    CU_ASSERT_FATAL(sweep_axis_make(&axis, &config, &w.scenario, &arena, &fault) == 0);
    NEAR(scenario_offered_load(&w.scenario, 0), 0.2, 1e-9);
    CU_ASSERT_FATAL(sweep_load_point(&point, &w.scenario, &axis, 0, &none, NULL, &fault) == 0);
    NEAR(scenario_offered_load(&point, 0), 0.4, 1e-9);
    NEAR(point.client[0].arrival.rate, 100, 1e-9);
    NEAR(point.client[1].arrival.state[1].rate, 180, 1e-9);
    CU_ASSERT_EQUAL(point.client[1].arrival.state[1].hold, SECOND);
    CU_ASSERT_STRING_EQUAL(point.sha256, w.scenario.sha256);
    scenario_fini(&point);
    world_end(&w);
    arena_fini(&arena);
}

/* ---- a real one ---- */

static const char mm1[] =
    "{'version':1,'name':'mm1','run':{'requests':60000,'warmup':'20s','replications':5},"
    "'clients':[{'name':'web','to':'lb','arrival':{'process':'poisson','rate':'50/s'}}],"
    "'balancers':[{'name':'lb','algorithm':'random','to':'app'}],"
    "'backends':[{'name':'app','service':{'dist':'exponential','mean':'10ms'}}]}";

/* The time in an M/M/1 system is exponential: p99 = ln(100) * 10 ms / (1 - load), and 150 ms are
 * crossed at a load of 1 - ln(100) / 15; the knee is at 1/2. */
static void the_interval_covers_mm1(void)
{
    static struct err err;
    const char *loads = "40%,45%,50%,55%,60%,65%,70%,75%,80%";
    char folder[] = "/tmp/lblab-sweep-XXXXXX", inner[64];
    const struct run_options options = { .jobs = 1, .results = folder };
    const struct scenario_overrides none = { 0 };
    struct world w;
    struct arena arena = { .last = NULL };
    struct sweep_config config = { .path = NULL };
    struct sweep_axis axis;
    struct sweep_fault fault;
    struct scenario point[MOST_POINTS];
    const struct scenario *points[MOST_POINTS];
    struct result result[MOST_POINTS];
    static struct made m;

    err_init(&err);
    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    world_text(&w, mm1);
    sweep_split(&config, loads, &arena);
    CU_ASSERT_FATAL(sweep_axis_make(&axis, &config, &w.scenario, &arena, &fault) == 0);
    for (uint32_t i = 0; i < axis.values; i++) {
        CU_ASSERT_FATAL(
            sweep_load_point(&point[i], &w.scenario, &axis, i, &none, NULL, &fault) == 0);
        points[i] = &point[i];
    }
    CU_ASSERT_FATAL(run_scenarios(points, axis.values, &options, result, &err) == 0);
    begin(&m, SWEEP_LOAD, ASSERT_LESS, 150);
    for (uint32_t i = 0; i < axis.values; i++)
        m.point[i] = (struct sweep_point){ axis.value[i].text, axis.value[i].x, &result[i] };
    m.sweep.points = axis.values;
    sweep_answer(&m.sweep, &m.answer);
    CU_ASSERT_EQUAL(m.answer.reach, SWEEP_CROSSES);
    CU_ASSERT(m.answer.slo_x.low < 1 - log(100) / 15 && 1 - log(100) / 15 < m.answer.slo_x.high);
    CU_ASSERT(m.answer.slo_x.high - m.answer.slo_x.low < 0.08);
    NEAR(m.answer.knee.value, 0.5, 0.03);
    for (uint32_t i = 0; i < axis.values; i++) {
        result_fini(&result[i]);
        scenario_fini(&point[i]);
    }
    world_end(&w);
    arena_fini(&arena);
    snprintf(inner, sizeof inner, "%s/mm1", folder);
    CU_ASSERT(rmdir(inner) == 0 && rmdir(folder) == 0);
}

/* Only the rate differs: the k-th request has the same work, and gaps are scaled. */
static void points_share_their_random_numbers(void)
{
    struct world slow, quick;
    struct record a, b;

    world_text(&slow, mm1);
    world_text(&quick, mm1);
    slow.scenario.run.requests = quick.scenario.run.requests = 2000;
    slow.scenario.run.warmup = quick.scenario.run.warmup = 0;
    quick.scenario.client[0].arrival.rate *= 1.5;
    a = world_run(&slow, 0, 0);
    b = world_run(&quick, 0, 0);
    CU_ASSERT_EQUAL(count_born(&a), 2000);
    CU_ASSERT_EQUAL(count_born(&b), 2000);
    CU_ASSERT_EQUAL(sum_offered(&a), sum_offered(&b));
    NEAR((double)a.arrivals_end / (double)b.arrivals_end, 1.5, 1e-6);
    record_fini(&a);
    record_fini(&b);
    world_end(&slow);
    world_end(&quick);
}

static const struct unit_test tests[] = {
    { "between_points_of_mm1_it_is_exact", between_points_of_mm1_it_is_exact },
    { "between_other_points_log_latency_is_straight",
      between_other_points_log_latency_is_straight },
    { "the_interval_is_students_over_seeds", the_interval_is_students_over_seeds },
    { "the_interval_ends_where_the_axis_does", the_interval_ends_where_the_axis_does },
    { "a_bound_beyond_the_axis_is_none", a_bound_beyond_the_axis_is_none },
    { "seeds_that_never_cross_leave_a_bound", seeds_that_never_cross_leave_a_bound },
    { "a_saturated_point_bounds_and_is_no_value", a_saturated_point_bounds_and_is_no_value },
    { "always_and_never_are_said", always_and_never_are_said },
    { "of_backends_the_least_that_surely_do_is_told",
      of_backends_the_least_that_surely_do_is_told },
    { "more_can_be_better", more_can_be_better },
    { "between_words_nothing_is_said", between_words_nothing_is_said },
    { "mm1_bends_at_half_its_capacity", mm1_bends_at_half_its_capacity },
    { "a_knee_at_the_end_is_none", a_knee_at_the_end_is_none },
    { "lists_and_ranges_become_points", lists_and_ranges_become_points },
    { "what_is_no_axis_is_refused", what_is_no_axis_is_refused },
    { "a_load_scales_every_group_alike", a_load_scales_every_group_alike },
    { "the_interval_covers_mm1", the_interval_covers_mm1 },
    { "points_share_their_random_numbers", points_share_their_random_numbers },
};

UNIT_MAIN("sweep", tests)
