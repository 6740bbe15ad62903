/* test_result.c - records made by hand, and the answers that must come of them. */
#include "unit.h"

#include "../../sim/base/text.h"
#include "../../sim/results/over_time.h"
#include "../../sim/results/catalogue.h"
#include "../../sim/results/assertion.h"
#include "../../sim/results/compare.h"
#include "../../sim/results/csv.h"
#include "../../sim/results/plan_json.h"
#include "../../sim/results/warmup.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POLICIES = 2, SEEDS = 3, BACKENDS = 2, SLICES = 10, WARM = 2 };

static const char *const policies[] = { "round_robin", "p2c(choices=5)" };
static const char *const backends[] = { "app[0]", "=cmd|' /C calc'!A0" };
static const double workers[] = { 1, INFINITY };
static const struct result_event events[] = {
    { 3 * SECOND, 0, "app[1] \"removed\", at last", false } };
static const char *const shown[] = { "goodput", "limited" };
static const struct result_event recurring = { 7 * SECOND, 0, "app[0] slow x2", true };

struct made {
    struct record record[POLICIES * SEEDS];
    const struct record *at[POLICIES * SEEDS];
    struct result_plan plan;
    struct result result;
};

/* 100 requests a slice, k ms long for k = 1..100, times a factor that differs by policy and seed.
 */
static void fill_record(struct record *r, uint32_t policy, uint32_t replication)
{
    uint64_t unit = MILLISECOND + replication * 1000 - policy * MILLISECOND / 2;

    record_init(r, BACKENDS);
    r->policy = policy;
    r->replication = replication;
    r->seed = 42 + replication;
    r->slice_width = SECOND;
    r->warmup = WARM * SECOND;
    r->warmup_slices = WARM;
    r->slices = SLICES;
    r->arrivals_end = r->end = SLICES * SECOND;
    r->digest = ((u128)1 << 64) + replication;
    for (uint32_t i = 0; i < SLICES; i++)
        for (uint64_t k = 1; k <= 100; k++) {
            struct record_slice *s = &r->slice[i];

            s->born++;
            s->ended[OUTCOME_OK]++;
            s->done++;
            s->latency_sum += k * unit;
            hist_record(&s->latency, k * unit);
            record_backend(r, k % 4 == 0, i)->picked++;
            record_backend(r, k % 4 == 0, i)->asked++;
            record_backend(r, k % 4 == 0, i)->served++;
        }
}

static void make(struct made *m)
{
    *m = (struct made){ .plan = { .scenario = "shop",
                                  .title = "t",
                                  .sha256 = "9f3c1e0011223344",
                                  .effective = "{}\n",
                                  .first_seed = 42,
                                  .policies = POLICIES,
                                  .replications = SEEDS,
                                  .baseline = 0,
                                  .policy = policies,
                                  .backends = BACKENDS,
                                  .backend = backends,
                                  .backend_workers = workers,
                                  .percentile = { 50, 90, 99, 99.9 },
                                  .percentiles = 4,
                                  .is_stationary = true,
                                  .offered_load = NAN,
                                  .events = 1,
                                  .event = events } };
    for (uint32_t i = 0; i < POLICIES * SEEDS; i++) {
        fill_record(&m->record[i], i / SEEDS, i % SEEDS);
        m->at[i] = &m->record[i];
    }
}

static void finish(struct made *m)
{
    result_make(&m->result, &m->plan, m->at);
}

static void drop(struct made *m)
{
    result_fini(&m->result);
    for (uint32_t i = 0; i < POLICIES * SEEDS; i++)
        record_fini(&m->record[i]);
}

/* Turns successes of a slice's slow end into something else: their count falls out of the
 * histogram. */
static void lose(struct record *r, uint32_t slice, enum outcome as, uint64_t n)
{
    r->slice[slice].born += n;
    if (as != OUTCOME_OK)
        r->slice[slice].ended[as] += n;
}

static const struct result_change *change(const struct result *r, const char *metric,
                                          uint32_t policy)
{
    for (uint32_t i = 0; i < r->changes; i++)
        if (strcmp(r->change[i].metric, metric) == 0 && r->change[i].policy == policy)
            return &r->change[i];
    return NULL;
}

/* ---- pooling ---- */

static void warm_up_is_left_out_and_seeds_are_pooled(void)
{
    struct made m;

    make(&m);
    finish(&m);
    CU_ASSERT_EQUAL(m.result.run[0].requests, 100 * (SLICES - WARM));
    CU_ASSERT_EQUAL(m.result.policy[0].requests, 3 * 100 * (SLICES - WARM));
    CU_ASSERT_EQUAL(m.result.policy[0].completed, m.result.policy[0].requests);
    CU_ASSERT_EQUAL(m.result.run[0].mean, 50500000);
    CU_ASSERT_EQUAL(m.result.run[0].max, 100000000);
    CU_ASSERT_EQUAL(m.result.run[0].quantile[0], hist_highest(hist_index(50000000)));
    CU_ASSERT_EQUAL(m.result.run[0].quantile[2], hist_highest(hist_index(99000000)));
    CU_ASSERT_EQUAL(m.result.run[4].seed, 43);
    CU_ASSERT_EQUAL(m.result.run[4].policy, 1);
    CU_ASSERT_DOUBLE_EQUAL(m.result.policy[0].mean.value, 50500000 * 1.001, 1);
    CU_ASSERT(m.result.policy[0].mean.low < m.result.policy[0].mean.value);
    CU_ASSERT(m.result.policy[0].mean.high > m.result.policy[0].mean.value);
    CU_ASSERT_DOUBLE_EQUAL(m.result.policy[0].throughput.value, 100, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(m.result.policy[0].backend[1].share, 0.25, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(m.result.policy[0].imbalance.value, 1.5, 1e-12);
    CU_ASSERT(isnan(m.result.policy[0].backend[1].utilisation));
    CU_ASSERT_EQUAL(m.result.policy[0].backend[0].utilisation, 0);
    drop(&m);
}

static void half_the_time_is_a_better_half(void)
{
    struct made m;

    make(&m);
    finish(&m);

    const struct result_change *c = change(&m.result, "latency.p99", 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_DOUBLE_EQUAL(c->change.value, -0.5, 0.01);
    CU_ASSERT_EQUAL(c->verdict, CHANGE_BETTER);
    CU_ASSERT_EQUAL(change(&m.result, "error_rate", 1)->verdict, CHANGE_EQUAL);
    CU_ASSERT_EQUAL(change(&m.result, "error_rate", 1)->change.value, 0);
    CU_ASSERT_EQUAL(change(&m.result, "throughput", 1)->verdict, CHANGE_EQUAL);
    CU_ASSERT_PTR_NULL(change(&m.result, "latency.p99", 0));
    drop(&m);
}

static void one_seed_needs_seeds(void)
{
    struct made m;

    make(&m);
    m.plan.replications = 1;
    m.at[1] = m.at[SEEDS];
    finish(&m);
    CU_ASSERT_EQUAL(change(&m.result, "latency.p99", 1)->verdict, CHANGE_UNKNOWN);
    CU_ASSERT(isnan(m.result.policy[0].quantile[2].low));
    CU_ASSERT(!isnan(m.result.policy[0].quantile[2].value));
    drop(&m);
}

/* ---- failures ---- */

static void failed_and_unfinished_are_infinite(void)
{
    struct made m;

    make(&m);
    for (uint32_t i = WARM; i < SLICES; i++) {
        lose(&m.record[0], i, OUTCOME_TIMEOUT, 1);
        lose(&m.record[0], i, OUTCOME_OK, 1);           /* born, never ended */
    }
    finish(&m);
    CU_ASSERT_EQUAL(m.result.run[0].requests, 102 * (SLICES - WARM));
    CU_ASSERT_EQUAL(m.result.run[0].unfinished, SLICES - WARM);
    CU_ASSERT_EQUAL(m.result.run[0].quantile[2], NEVER);        /* rank 101 of 102 */
    CU_ASSERT_NOT_EQUAL(m.result.run[0].quantile[1], NEVER);
    CU_ASSERT_EQUAL(m.result.run[0].mean, 50500000);            /* of those that succeeded */
    CU_ASSERT_EQUAL(m.result.run[1].unfinished, 0);
    CU_ASSERT_EQUAL(m.result.policy[0].unfinished, SLICES - WARM);
    CU_ASSERT(!isnan(m.result.policy[0].quantile[2].value));    /* 0.7 % of the pool */
    CU_ASSERT(isnan(m.result.policy[0].quantile[2].low));       /* one seed's is unknown */
    CU_ASSERT(isnan(m.result.policy[0].quantile[3].value));
    CU_ASSERT_EQUAL(change(&m.result, "latency.p99", 1)->verdict, CHANGE_UNKNOWN);
    CU_ASSERT_DOUBLE_EQUAL(m.result.policy[0].error_rate.value, 16.0 / 2416, 1e-12);
    drop(&m);
}

static void nothing_at_all_is_unknown_not_zero(void)
{
    struct made m;

    make(&m);
    for (uint32_t i = 0; i < POLICIES * SEEDS; i++) {
        record_fini(&m.record[i]);
        record_init(&m.record[i], BACKENDS);
        m.record[i].policy = i / SEEDS;
    }
    finish(&m);
    CU_ASSERT_EQUAL(m.result.run[0].quantile[0], NEVER);
    CU_ASSERT(isnan(m.result.policy[0].mean.value));
    CU_ASSERT(isnan(m.result.policy[0].quantile[0].value));
    CU_ASSERT(isnan(m.result.policy[0].throughput.value));
    CU_ASSERT(isnan(m.result.policy[0].error_rate.value));
    CU_ASSERT(isnan(m.result.policy[0].backend[0].share));
    drop(&m);
}

/* ---- saturation ---- */

static void load(struct record *r, double offered, bool grows)
{
    for (uint32_t i = 0; i < SLICES; i++) {
        struct record_backend_slice *s = record_backend(r, 0, i);

        s->offered = (uint64_t)(offered * (double)SECOND);
        s->backlog = grows ? 20 * (i + 1) : 10 + i % 2;
    }
    record_backend(r, 0, SLICES - 1)->backlog = 0;      /* drained after the last arrival */
}

static enum verdict verdict_of(double offered, bool grows, bool is_stationary)
{
    struct made m;
    enum verdict verdict;

    make(&m);
    m.plan.events = 0;
    m.plan.is_stationary = is_stationary;
    for (uint32_t k = 0; k < SEEDS; k++)
        load(&m.record[k], offered, grows);
    finish(&m);
    verdict = m.result.policy[0].verdict;
    CU_ASSERT_EQUAL(m.result.policy[1].verdict, VERDICT_OK);
    CU_ASSERT((verdict == VERDICT_SATURATED) == (m.result.policy[0].saturated_backend == 0));
    drop(&m);
    return verdict;
}

static void saturated_takes_both_load_and_growth_and_a_stationary_run(void)
{
    CU_ASSERT_EQUAL(verdict_of(1.08, true, true), VERDICT_SATURATED);
    CU_ASSERT_EQUAL(verdict_of(1.08, false, true), VERDICT_OK);
    CU_ASSERT_EQUAL(verdict_of(0.98, true, true), VERDICT_OK);
    CU_ASSERT_EQUAL(verdict_of(1.08, true, false), VERDICT_OK);
}

static void saturated_hides_the_tail_and_is_never_compared(void)
{
    struct made m;

    make(&m);
    m.plan.events = 0;
    for (uint32_t k = 0; k < SEEDS; k++)
        load(&m.record[SEEDS + k], 1.08, true);
    finish(&m);

    const struct result_policy *p = &m.result.policy[1];

    CU_ASSERT_EQUAL(p->verdict, VERDICT_SATURATED);
    CU_ASSERT_DOUBLE_EQUAL(p->saturated_offered, 1.08, 1e-9);
    for (uint32_t i = 0; i < 4; i++)
        CU_ASSERT(isnan(p->quantile[i].value));
    CU_ASSERT_NOT_EQUAL(m.result.run[SEEDS].quantile[2], NEVER); /* runs keep what was seen */
    CU_ASSERT_EQUAL(change(&m.result, "latency.p99", 1)->verdict, CHANGE_SATURATED);
    CU_ASSERT(isnan(change(&m.result, "latency.p99", 1)->change.value));
    CU_ASSERT_EQUAL(change(&m.result, "latency.p50", 1)->verdict, CHANGE_SATURATED);
    CU_ASSERT_EQUAL(change(&m.result, "throughput", 1)->verdict, CHANGE_EQUAL);
    drop(&m);
}

/* Requests in the system: `low`, and `step` more with each slice from `from` on until `to`, less
 * again after that. */
static void fill_open(struct record *r, uint32_t from, uint32_t to, uint32_t step)
{
    for (uint32_t i = 0; i < SLICES; i++) {
        uint32_t up = i < from ? 0 : (i < to ? i : to) - from,
                 down = i < to ? 0 : 2 * (i - to) < up ? 2 * (i - to) : up;

        r->slice[i].open = 5 + (uint64_t)step * (up - down);
    }
}

/* Measured are the slices 2 to 8, of a second each; the growth is that of one seed. */
static const struct calm_case {
    const char *what;
    struct result_event event;
    uint32_t from, to, step;
    bool is_stationary;
    enum verdict expected;
    double growth;
} calm_cases[] = {
    { "an incident piles up, and is worked off", { 4 * SECOND, 6 * SECOND, "e", false },
      4, 6, 400, true, VERDICT_OK, NAN },
    { "it grows before the event", { 6 * SECOND, 8 * SECOND, "e", false },
      0, 6, 40, true, VERDICT_SATURATED, 40 },
    { "it goes on growing after the event", { 3 * SECOND, 4 * SECOND, "e", false },
      3, 10, 50, true, VERDICT_SATURATED, 50 },
    { "so little is chance", { 6 * SECOND, 8 * SECOND, "e", false },
      0, 6, 5, true, VERDICT_OK, NAN },
    { "after an event that comes again there is no calm", { 2 * SECOND, 0, "e", true },
      0, 10, 50, true, VERDICT_OK, NAN },
    { "too short a calm tells nothing", { 5 * SECOND, 6 * SECOND, "e", false },
      0, 10, 50, true, VERDICT_OK, NAN },
    { "a trace is finite by nature", { 6 * SECOND, 8 * SECOND, "e", false },
      0, 6, 40, false, VERDICT_OK, NAN },
};

static void beside_events_the_calm_tells_what_goes_on_growing(void)
{
    for (size_t i = 0; i < ARRAY_LEN(calm_cases); i++) {
        const struct calm_case *c = &calm_cases[i];
        struct made m;

        make(&m);
        m.plan.event = &c->event;
        m.plan.is_stationary = c->is_stationary;
        for (uint32_t k = 0; k < SEEDS; k++)
            fill_open(&m.record[k], c->from, c->to, c->step);
        finish(&m);
        if (m.result.policy[0].verdict != c->expected)
            printf("%s\n", c->what);
        CU_ASSERT_EQUAL(m.result.policy[0].verdict, c->expected);
        CU_ASSERT_EQUAL(m.result.policy[1].verdict, VERDICT_OK);
        CU_ASSERT_EQUAL(m.result.policy[0].saturated_backend, NONE);
        if (c->expected == VERDICT_SATURATED)
            CU_ASSERT_DOUBLE_EQUAL(m.result.policy[0].saturated_growth, c->growth, 1e-9);
        drop(&m);
    }
}

static void very_many_backends_saturate_by_load_alone(void)
{
    enum { MANY = 2000 };
    static const char *names[MANY];
    static double worker[MANY];
    struct record r;
    const struct record *at = &r;
    struct result result;
    struct result_plan plan = { .scenario = "s",
                                .policies = 1,
                                .replications = 1,
                                .policy = policies,
                                .backends = MANY,
                                .backend = names,
                                .backend_workers = worker,
                                .percentile = { 50 },
                                .percentiles = 1,
                                .is_stationary = true };

    for (uint32_t b = 0; b < MANY; b++) {
        names[b] = "b";
        worker[b] = 1;
    }
    record_init(&r, MANY);
    r.end = r.arrivals_end = 10 * SECOND;
    r.slices = 4;
    record_backend(&r, 1234, 3)->offered = 11 * SECOND;
    result_make(&result, &plan, &at);
    CU_ASSERT_EQUAL(result.policy[0].saturated_backend, 1234);
    result_fini(&result);
    record_fini(&r);
}

/* ---- slice by slice ---- */

static double at(const struct made *m, const char *metric, uint32_t policy, uint32_t slice)
{
    double unused;

    return over_time_at(&m->result, policy, metric_find(metric, &unused), slice);
}

static void metrics_are_told_of_each_slice_of_all_seeds(void)
{
    struct made m;

    make(&m);
    lose(&m.record[1], 5, OUTCOME_TIMEOUT, 100);
    for (uint32_t k = 0; k < SEEDS; k++) {
        m.record[k].slice[5].attempts = 250;
        m.record[k].slice[5].tally[TALLY_LIMITED] = 20;
        m.record[k].slice[5].tally[TALLY_RESTARTS] = 2 * k;
        m.record[k].arrivals_end = m.record[k].end = (SLICES - 1) * SECOND + SECOND / 2;
    }
    finish(&m);
    CU_ASSERT_EQUAL(over_time_slices(&m.result), SLICES);
    CU_ASSERT_DOUBLE_EQUAL(at(&m, "goodput", 0, 0), 100, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(at(&m, "goodput", 0, SLICES - 1), 200, 1e-9);    /* half a slice */
    CU_ASSERT_DOUBLE_EQUAL(at(&m, "error_rate", 0, 5), 0.25, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(at(&m, "error_rate", 1, 5), 0, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(at(&m, "amplification", 0, 5), 750.0 / 400, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(at(&m, "limited", 0, 5), 60.0 / 400, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(at(&m, "restarts", 0, 5), 2, 1e-9);              /* a second */
    CU_ASSERT(isnan(at(&m, "imbalance", 0, 5)) && isnan(at(&m, "detection.max", 0, 5)));
    drop(&m);
}

/* ---- JSON ---- */

static const struct result_environment environment = {
    .version = "0.1",
    .git = "abc",
    .compiler = "gcc",
    .started = "2026-11-23T03:05:11Z",
    .wall_s = 1.5,
    .jobs = 2,
};

static cJSON *path(cJSON *at, const char *a, const char *b)
{
    at = cJSON_GetObjectItemCaseSensitive(at, a);
    return b ? cJSON_GetObjectItemCaseSensitive(at, b) : at;
}

static void json_reads_back(void)
{
    struct made m;

    make(&m);
    lose(&m.record[0], 5, OUTCOME_TIMEOUT, 10);
    finish(&m);

    char *text = result_json(&m.result, &environment);
    cJSON *root = cJSON_Parse(text);

    CU_ASSERT_PTR_NOT_NULL_FATAL(root);

    cJSON *result = path(root, "result", NULL);
    cJSON *policy = cJSON_GetArrayItem(path(result, "policies", NULL), 0);
    cJSON *run = cJSON_GetArrayItem(path(result, "runs", NULL), 0);

    CU_ASSERT_STRING_EQUAL(path(root, "schema", NULL)->valuestring, "lblab-result/1");
    CU_ASSERT_STRING_EQUAL(path(result, "scenario", "sha256")->valuestring, "9f3c1e0011223344");
    CU_ASSERT_EQUAL(cJSON_GetArraySize(path(result, "policies", NULL)), POLICIES);
    CU_ASSERT_EQUAL(cJSON_GetArraySize(path(result, "runs", NULL)), POLICIES * SEEDS);
    CU_ASSERT_EQUAL(cJSON_GetArraySize(path(result, "assertions", NULL)), 0);
    CU_ASSERT_STRING_EQUAL(path(policy, "verdict", NULL)->valuestring, "ok");
    CU_ASSERT_EQUAL(path(policy, "errors", "timeout")->valuedouble, 10);
    CU_ASSERT_EQUAL(path(run, "requests", NULL)->valuedouble, 810);
    CU_ASSERT_EQUAL(path(run, "completed", NULL)->valuedouble, 800);
    CU_ASSERT_EQUAL(path(run, "unfinished", NULL)->valuedouble, 0);
    CU_ASSERT_EQUAL(path(run, "latency_ns", "mean")->valuedouble, 50500000);
    CU_ASSERT(cJSON_IsNull(path(run, "latency_ns", "p99")));
    CU_ASSERT_STRING_EQUAL(path(run, "digest", NULL)->valuestring,
                           "00000000000000010000000000000000");
    CU_ASSERT(cJSON_IsArray(path(path(policy, "latency_ns", "p50"), "ci95", NULL)));
    CU_ASSERT_STRING_EQUAL(
        path(cJSON_GetArrayItem(path(run, "backends", NULL), 1), "name", NULL)->valuestring,
        backends[1]);
    CU_ASSERT_STRING_EQUAL(path(root, "result_sha256", NULL)->valuestring, m.result.sha256);
    CU_ASSERT_EQUAL(path(root, "environment", "wall_s")->valuedouble, 1.5);
    cJSON_Delete(root);
    free(text);
    drop(&m);
}

/* The value of "key", without the white space between tokens, appended to out. */
static void append_compact(char *out, const char *text, const char *key)
{
    const char *p = strstr(text, key) + strlen(key) + 1;
    int depth = 0;
    bool in_text = false;

    out += strlen(out);
    do {
        if (*p == '"' && p[-1] != '\\')
            in_text = !in_text;
        if (!in_text)
            depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
        if (in_text || !strchr(" \n", *p))
            *out++ = *p;
        p++;
    } while (depth > 0 || p[-1] == ' ');
    *out = '\0';
}

static void sha256_is_of_scenario_and_runs_as_written(void)
{
    struct made m;
    char hex[65], *text, *both;

    make(&m);
    finish(&m);
    text = result_json(&m.result, &environment);
    both = calloc(strlen(text) + 1, 1);
    append_compact(both, text, "\"scenario\"");
    append_compact(both, text, "\"runs\"");
    CU_ASSERT_EQUAL(strncmp(both, "{\"name\":\"shop\"", 14), 0);
    text_sha256(both, strlen(both), hex);
    CU_ASSERT_STRING_EQUAL(hex, m.result.sha256);
    free(both);
    free(text);
    drop(&m);
}

static void sha256_sees_results_and_not_the_weather(void)
{
    struct made a, b;
    char first[65];

    make(&a);
    finish(&a);
    memcpy(first, a.result.sha256, sizeof first);
    drop(&a);
    make(&b);
    b.record[2].events = 99;
    finish(&b);
    CU_ASSERT_STRING_EQUAL(first, b.result.sha256);
    drop(&b);
    make(&b);
    b.record[2].digest++;
    finish(&b);
    CU_ASSERT_STRING_NOT_EQUAL(first, b.result.sha256);
    drop(&b);
}

/* ---- catalogue, CSV, folder ---- */

static void metrics_are_found_by_name(void)
{
    double p;
    char name[64];

    CU_ASSERT_PTR_NOT_NULL_FATAL(metric_find("latency.p99.9", &p));
    CU_ASSERT_DOUBLE_EQUAL(p, 99.9, 1e-12);
    CU_ASSERT_STRING_EQUAL(metric_show_name(name, sizeof name, metric_find("latency.p99.9", &p), p),
                           "latency.p99.9");
    CU_ASSERT_PTR_NOT_NULL(metric_find("error_rate", &p));
    CU_ASSERT_PTR_NULL(metric_find("latency.p", &p));
    CU_ASSERT_PTR_NULL(metric_find("latency.p100", &p));
    CU_ASSERT_PTR_NULL(metric_find("latency.p0", &p));
    CU_ASSERT_PTR_NULL(metric_find("latency.p9x", &p));
    CU_ASSERT_PTR_NULL(metric_find("latency.p*", &p));
    CU_ASSERT_PTR_NULL(metric_find("", &p));
}

static void csv_cells_are_quoted_and_tamed(void)
{
    static const struct { const char *text, *cell;
    } rows[] = {
        { "plain", "plain" },
        { "", "" },
        { "a,b", "\"a,b\"" },
        { "say \"x\"", "\"say \"\"x\"\"\"" },
        { "two\nlines", "\"two\nlines\"" },
        { "=1+1", "'=1+1" },
        { "+1", "'+1" },
        { "-1", "'-1" },
        { "@a", "'@a" },
        { "=a,b", "\"'=a,b\"" },
        { "100 %", "100 %" },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *cell = NULL;
        size_t length;
        FILE *f = open_memstream(&cell, &length);

        csv_text(f, rows[i].text);
        fclose(f);
        CU_ASSERT_STRING_EQUAL(cell, rows[i].cell);
        free(cell);
    }
}

static bool exists(const char *folder, const char *name)
{
    char file[PATH_MAX + 64];
    struct stat st;

    snprintf(file, sizeof file, "%s/%s", folder, name);
    return stat(file, &st) == 0 && (S_ISDIR(st.st_mode) || st.st_size > 0);
}

static uint32_t entries(const char *folder)
{
    DIR *dir = opendir(folder);
    uint32_t n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

static void remove_results(const char *results)
{
    char command[256];

    snprintf(command, sizeof command, "rm -rf %s", results);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void folder_is_whole_and_latest_points_to_it(void)
{
    static const char *const names[] = {
        "result.json",
        "scenario.json",
        "summary.csv",
        "percentiles.csv",
        "timeseries.csv",
        "backends.csv",
        "remap.csv",
        "events.csv",
        "hist/0-round_robin.hgrm",
        "hist/1-p2c_choices_5_-44.hgrm",
        "plots",
    };
    char results[] = "/tmp/lblab-test-XXXXXX", first[4096], second[4096], link[64], latest[256];
    struct made m;
    struct err err;
    ssize_t n;

    err_init(&err);
    make(&m);
    finish(&m);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(results));
    CU_ASSERT_EQUAL_FATAL(
        result_write(&m.result, &environment, results, NULL, first, sizeof first, &err), 0);
    CU_ASSERT_EQUAL_FATAL(
        result_write(&m.result, &environment, results, NULL, second, sizeof second, &err), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(first, "/shop/2026-11-23T030511-42-9f3c1e"));
    CU_ASSERT_STRING_EQUAL(second + strlen(first), "-2");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        CU_ASSERT(exists(first, names[i]));
    snprintf(latest, sizeof latest, "%s/shop/latest", results);
    n = readlink(latest, link, sizeof link - 1);
    CU_ASSERT_FATAL(n > 0);
    link[n] = '\0';
    CU_ASSERT_STRING_EQUAL(link, strrchr(second, '/') + 1);
    snprintf(latest, sizeof latest, "%s/shop", results);
    CU_ASSERT_EQUAL(entries(latest), 2 + 3);
    remove_results(results);
    drop(&m);
}

static void unwritable_results_are_exit_3(void)
{
    struct made m;
    struct err err;
    char place[4096];

    err_init(&err);
    make(&m);
    finish(&m);
    CU_ASSERT_EQUAL(
        result_write(&m.result, &environment, "/proc/no", NULL, place, sizeof place, &err), -1);
    CU_ASSERT_EQUAL(err.exit_code, 3);
    drop(&m);
}

static void remaps_are_added_over_seeds(void)
{
    struct made m;

    make(&m);
    for (uint32_t i = 0; i < SEEDS; i++) {
        m.record[SEEDS + i].remap = calloc(1, sizeof(struct record_remap));
        m.record[SEEDS + i].remap[0] = (struct record_remap){ 0, 100, 11, 10, i };
        m.record[SEEDS + i].remaps = 1;
    }
    finish(&m);
    CU_ASSERT_EQUAL_FATAL(m.result.remaps, 1);
    CU_ASSERT_EQUAL(m.result.remap[0].policy, 1);
    CU_ASSERT_EQUAL(m.result.remap[0].keys, 300);
    CU_ASSERT_EQUAL(m.result.remap[0].moved, 33);
    CU_ASSERT_EQUAL(m.result.remap[0].broken, 3);
    drop(&m);
}

/* Requests that wait anywhere, and more of them at the end of each quarter. */
static void a_system_that_fills_up_is_saturated(void)
{
    static const struct { uint64_t grows; enum verdict verdict; } row[] = {
        { 0, VERDICT_OK }, { 20, VERDICT_SATURATED },
    };

    for (uint32_t k = 0; k < ARRAY_LEN(row); k++) {
        struct made m;

        make(&m);
        for (uint32_t i = 0; i < POLICIES * SEEDS; i++)
            for (uint32_t s = 0; s < SLICES; s++)
                m.record[i].slice[s].open = 5 + s * row[k].grows;
        finish(&m);
        CU_ASSERT_EQUAL(m.result.policy[0].verdict, row[k].verdict);
        CU_ASSERT_EQUAL(m.result.policy[0].saturated_backend, NONE);
        CU_ASSERT(isnan(m.result.policy[0].quantile[2].value) == (row[k].verdict != VERDICT_OK));
        drop(&m);
    }
}

/* ---- metrics of what the busiest backend does, of attempts, of keys ---- */

static void the_busiest_backend_has_its_metrics(void)
{
    struct made m;
    double unused;

    make(&m);
    for (uint32_t i = WARM; i < SLICES; i++)
        record_backend(&m.record[0], 0, i)->busy = SECOND / 2;
    for (uint32_t i = 0; i < SLICES; i++)
        m.record[0].slice[i].attempts = 150;
    finish(&m);

    const struct result_policy *p = &m.result.policy[0];

    CU_ASSERT_DOUBLE_EQUAL(p->share_max.value, 0.75, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(p->utilisation_max.value, 0.5 / 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(metric_of_run(metric_find("utilisation.max", &unused), &m.result, 0,
                                         NAN), 0.5, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(p->amplification.value, 0.5, 1e-12);
    CU_ASSERT(p->amplification.low < 0.5 && p->amplification.high > 0.5);
    CU_ASSERT_DOUBLE_EQUAL(p->availability.value, 1, 0);
    CU_ASSERT(isnan(p->remap_broken.value));            /* no backend ever left */
    CU_ASSERT_PTR_NULL(change(&m.result, "remap.moved", 1));
    drop(&m);
}

static void keys_are_a_metric_of_each_run(void)
{
    struct made m;

    make(&m);
    for (uint32_t i = 0; i < POLICIES * SEEDS; i++) {
        m.record[i].remap = calloc(2, sizeof(struct record_remap));
        m.record[i].remap[0] = (struct record_remap){ 0, 100, 10 + i % SEEDS, 10, 3 };
        m.record[i].remap[1] = (struct record_remap){ 0, 100, 10, 10, 1 };  /* another instance */
        m.record[i].remaps = 2;
    }
    m.record[SEEDS].remap[0].moved = 60;
    finish(&m);
    CU_ASSERT_EQUAL(m.result.run[0].remaps, 1);
    CU_ASSERT_EQUAL(m.result.run[1].remap[0].moved, 21);
    CU_ASSERT_DOUBLE_EQUAL(m.result.policy[0].remap_moved.value, 63.0 / 600, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(m.result.policy[0].remap_excess.value, 3.0 / 600, 1e-12);
    CU_ASSERT_EQUAL(m.result.policy[0].remap_broken.value, 4);
    CU_ASSERT_EQUAL(change(&m.result, "remap.broken", 1)->verdict, CHANGE_EQUAL);
    CU_ASSERT_EQUAL(change(&m.result, "remap.moved", 1)->verdict, CHANGE_INCONCLUSIVE);
    drop(&m);
}

/* ---- verdicts ---- */

/* Ten pairs: the base wavers by a quarter, x follows it times `factor` but for `noise`. */
static struct result_change judged(double factor, double noise, uint32_t rows)
{
    struct result_change c[20] = { 0 };
    enum metric_better better[20];
    double base[10], x[10];

    for (uint32_t k = 0; k < 10; k++) {
        base[k] = 100 + 25 * (k % 3);
        x[k] = base[k] * factor * (1 + noise * (k % 2 ? 1 : -1));
    }
    for (uint32_t i = 0; i < rows; i++) {
        better[i] = METRIC_LESS;
        c[i] = compare_pairs(base, i == 0 ? x : base, 10, METRIC_LESS, 0.05);
        if (i > 0)
            c[i].p = 0.9;           /* others that were tested and found nothing */
    }
    compare_correct(c, rows, better, 0.05);
    return c[0];
}

static void a_verdict_is_one_of_the_five(void)
{
    struct result_change c = judged(0.9, 0.02, 1);

    CU_ASSERT_EQUAL(c.verdict, CHANGE_BETTER);
    CU_ASSERT_DOUBLE_EQUAL(c.change.value, -0.1, 0.001);
    CU_ASSERT_EQUAL(judged(1.1, 0.02, 1).verdict, CHANGE_WORSE);
    CU_ASSERT_EQUAL(judged(1, 0, 1).verdict, CHANGE_EQUAL);
    c = judged(1, 0.02, 1);
    CU_ASSERT_EQUAL(c.verdict, CHANGE_NONE);
    CU_ASSERT(c.least_seen > 0.014 && c.least_seen < 0.016);
    CU_ASSERT_EQUAL(c.seeds_needed, 0);
    c = judged(1, 0.2, 1);
    CU_ASSERT_EQUAL(c.verdict, CHANGE_INCONCLUSIVE);
    CU_ASSERT(c.seeds_needed > 10 && c.seeds_needed < 1000);
}

/* p of one is 0.01: surely not chance alone, but one in twenty would have it. */
static void many_rows_must_be_surer(void)
{
    struct result_change alone = judged(0.982, 0.02, 1), among = judged(0.982, 0.02, 20);

    CU_ASSERT_EQUAL(alone.verdict, CHANGE_BETTER);
    CU_ASSERT_EQUAL(among.p, alone.p);
    CU_ASSERT(among.p_adjusted > 0.05 && alone.p < 0.05);
    CU_ASSERT_EQUAL(among.verdict, CHANGE_NONE);
}

static void without_a_better_direction_it_is_different(void)
{
    static const double base[] = { 1, 2, 3, 4 }, x[] = { 2, 4, 6, 8.1 };

    CU_ASSERT_EQUAL(compare_pairs(base, x, 4, METRIC_NEITHER, 0.05).verdict, CHANGE_DIFFERENT);
    CU_ASSERT_EQUAL(compare_pairs(base, x, 4, METRIC_MORE, 0.05).verdict, CHANGE_BETTER);
}

/* No ratio to 0 exists: differences decide, and of a base of 0 no share is told. */
static void zeros_are_compared_by_differences(void)
{
    static const double none[] = { 0, 0, 0, 0, 0 }, some[] = { 0.1, 0.11, 0.1, 0.09, 0.1 };
    struct result_change c = compare_pairs(none, some, 5, METRIC_LESS, 0.05);

    CU_ASSERT_EQUAL(c.verdict, CHANGE_WORSE);
    CU_ASSERT(isnan(c.change.value));
    CU_ASSERT_EQUAL(compare_pairs(some, none, 5, METRIC_LESS, 0.05).verdict, CHANGE_BETTER);
    CU_ASSERT_DOUBLE_EQUAL(compare_pairs(some, none, 5, METRIC_LESS, 0.05).change.value, -1, 1e-12);
    CU_ASSERT_EQUAL(compare_pairs(none, none, 5, METRIC_LESS, 0.05).verdict, CHANGE_EQUAL);
}

/* ---- warm-up ---- */

static void mser_cuts_where_the_rise_ends(void)
{
    double y[40], flat[40], rise[40];
    bool is_found;

    for (uint32_t i = 0; i < 40; i++) {
        flat[i] = 10 + (i % 2);
        rise[i] = i;
        y[i] = i < 7 ? i : flat[i];
    }
    CU_ASSERT_EQUAL(warmup_mser(y, 40, &is_found), 7);
    CU_ASSERT(is_found);
    CU_ASSERT_EQUAL(warmup_mser(flat, 40, &is_found), 0);
    CU_ASSERT(is_found);
    CU_ASSERT_EQUAL(warmup_mser(rise, 40, &is_found), 20);
    CU_ASSERT(!is_found);
    CU_ASSERT_EQUAL(warmup_mser(y, 3, &is_found), 0);
    CU_ASSERT(!is_found);
}

/* (y_i - mean)^2 summed over (n - d)^2, by hand: 4 1 2 1 2 -> 6/25 = 0.24, 1/16 = 0.0625,
 * (2/3)/9 = 0.074. */
static void mser_is_the_formula(void)
{
    static const double y[] = { 4, 1, 2, 1, 2 };
    bool is_found;

    CU_ASSERT_EQUAL(warmup_mser(y, 5, &is_found), 1);
    CU_ASSERT(is_found);
}

static void warm_up_that_is_found_is_left_out(void)
{
    struct made m;

    make(&m);
    m.plan.warmup_rule = WARMUP_AUTO;
    for (uint32_t i = 0; i < POLICIES * SEEDS; i++) {
        m.record[i].warmup = 0;
        m.record[i].warmup_slices = 0;
        m.record[i].slice[0].latency_sum /= 2;
        m.record[i].slice[1].latency_sum -= 1000;
        m.record[i].slice[2].latency_sum /= 3;
    }
    result_settle_warmup(m.record, POLICIES * SEEDS, &m.plan);
    finish(&m);
    CU_ASSERT_EQUAL(m.result.warmup, 3 * SECOND);
    CU_ASSERT(m.result.is_steady_found);
    CU_ASSERT_EQUAL(m.result.run[0].requests, 100 * (SLICES - 3));
    CU_ASSERT_EQUAL(m.result.run[0].measured, (SLICES - 3) * SECOND);
    drop(&m);
}

/* ---- and back ---- */

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

static bool same(double a, double b)
{
    return isnan(a) ? isnan(b) : fabs(a - b) <= 1e-12 * fabs(a);
}

static void metrics_are_equal(const struct result *a, const struct result *b)
{
    for (const struct metric *m = metric_all(); m->name; m++)
        for (uint32_t i = 0; i < (metric_is_percentile(m) ? a->plan.percentiles : 1); i++) {
            double percentile = a->plan.percentile[i];

            for (uint32_t p = 0; p < a->plan.policies; p++) {
                struct result_quantity x = metric_of_policy(m, a, p, percentile);
                struct result_quantity y = metric_of_policy(m, b, p, percentile);

                CU_ASSERT(same(x.value, y.value) && same(x.low, y.low) && same(x.high, y.high) &&
                          same(x.median_low, y.median_low));
            }
            for (uint32_t k = 0; k < a->runs; k++)
                CU_ASSERT(same(metric_of_run(m, a, k, percentile),
                               metric_of_run(m, b, k, percentile)));
        }
}

static void changes_are_equal(const struct result *a, const struct result *b)
{
    CU_ASSERT_EQUAL_FATAL(a->changes, b->changes);
    for (uint32_t i = 0; i < a->changes; i++) {
        CU_ASSERT_STRING_EQUAL(a->change[i].metric, b->change[i].metric);
        CU_ASSERT_EQUAL(a->change[i].verdict, b->change[i].verdict);
        CU_ASSERT(same(a->change[i].change.low, b->change[i].change.low));
        CU_ASSERT(same(a->change[i].p_adjusted, b->change[i].p_adjusted));
    }
}

/* Failures, keys, a saturated policy: whatever a result can hold comes back, to the last byte. */
static void a_result_comes_back_as_it_was(void)
{
    char path[] = "/tmp/lblab-test-XXXXXX";
    struct made m;
    struct result back;
    struct err err;
    char *text, *again;

    err_init(&err);
    make(&m);
    m.plan.title = "a \"title\" \\ {";
    lose(&m.record[0], 5, OUTCOME_TIMEOUT, 10);
    lose(&m.record[1], 5, OUTCOME_OK, 1);
    m.record[2].remap = calloc(1, sizeof(struct record_remap));
    m.record[2].remap[0] = (struct record_remap){ 0, 100, 11, 10, 2 };
    m.record[2].remaps = 1;
    m.plan.event = &recurring;
    m.plan.show = shown;
    m.plan.shows = 2;
    m.plan.hasher = "edge";
    m.plan.hashed = "key (maglev)";
    for (uint32_t k = 0; k < SEEDS; k++) {
        load(&m.record[SEEDS + k], 1.08, true);
        fill_open(&m.record[SEEDS + k], 0, 7, 40);
    }
    finish(&m);
    text = result_json(&m.result, &environment);
    CU_ASSERT_FATAL(mkstemp(path) >= 0);
    write_text(path, text);
    CU_ASSERT_EQUAL_FATAL(result_read(&back, path, &err), 0);
    metrics_are_equal(&m.result, &back);
    changes_are_equal(&m.result, &back);
    CU_ASSERT_EQUAL(back.policy[1].verdict, VERDICT_SATURATED);
    CU_ASSERT_EQUAL(back.policy[1].saturated_backend, 0);
    CU_ASSERT_DOUBLE_EQUAL(back.policy[1].saturated_growth, 40, 1e-6);
    CU_ASSERT(back.plan.event[0].recurs);
    CU_ASSERT_EQUAL(back.plan.shows, 2);
    CU_ASSERT_STRING_EQUAL(back.plan.show[1], "limited");
    CU_ASSERT_STRING_EQUAL(back.plan.hashed, "key (maglev)");
    CU_ASSERT_EQUAL(back.warmup, m.result.warmup);
    CU_ASSERT_STRING_EQUAL(back.sha256, m.result.sha256);
    again = result_json(&back, &environment);
    CU_ASSERT_STRING_EQUAL(text, again);
    unlink(path);
    result_fini(&back);
    free(again);
    free(text);
    drop(&m);
}

/* What shards leave for `merge`: names, times, assertions, a seed beyond 2^53. */
static void a_plan_comes_back_as_it_was(void)
{
    static const char *const override[] = { "-s run.duration=9s" };
    char path[] = "/tmp/lblab-test-XXXXXX", digest[17];
    struct arena arena = { .last = NULL };
    struct assertion_fault fault;
    struct assertion asked;
    struct result_plan back;
    struct made m;
    struct err err;

    err_init(&err);
    make(&m);
    CU_ASSERT_EQUAL_FATAL(
        assertion_parse(&asked, "latency.p99@round_robin < 250ms", &arena, &fault), 0);
    asked.line = 12;
    asked.from = SECOND;
    m.plan.assertion = &asked;
    m.plan.assertions = 1;
    m.plan.override = override;
    m.plan.overrides = 1;
    m.plan.first_seed = UINT64_MAX - 5;
    CU_ASSERT_FATAL(mkstemp(path) >= 0);
    CU_ASSERT_EQUAL(plan_file_write(&m.plan, "0123456789abcdef", path, &err), 0);
    CU_ASSERT_EQUAL_FATAL(plan_file_read(&back, digest, path, &arena, &err), 0);
    CU_ASSERT_STRING_EQUAL(digest, "0123456789abcdef");
    CU_ASSERT_EQUAL(back.first_seed, UINT64_MAX - 5);
    CU_ASSERT_STRING_EQUAL(back.override[0], override[0]);
    CU_ASSERT_STRING_EQUAL(back.policy[1], policies[1]);
    CU_ASSERT_STRING_EQUAL(back.backend[1], backends[1]);
    CU_ASSERT(isinf(back.backend_workers[1]) && back.backend_workers[0] == 1);
    CU_ASSERT_EQUAL(back.percentile[3], 99.9);
    CU_ASSERT_STRING_EQUAL(back.event[0].label, events[0].label);
    CU_ASSERT_EQUAL(back.assertion[0].limit, 250e6);
    CU_ASSERT_EQUAL(back.assertion[0].line, 12);
    CU_ASSERT_STRING_EQUAL(back.effective, "{}");
    unlink(path);
    CU_ASSERT_EQUAL(plan_file_read(&back, digest, path, &arena, &err), 1);
    CU_ASSERT_EQUAL(err.errors, 0);
    write_text(path, "{ \"schema\": \"lblab-plan/1\"");
    CU_ASSERT_EQUAL(plan_file_read(&back, digest, path, &arena, &err), -1);
    CU_ASSERT_EQUAL(err.exit_code, 2);
    unlink(path);
    for (uint32_t i = 0; i < POLICIES * SEEDS; i++)
        record_fini(&m.record[i]);
    arena_fini(&arena);
}

static const struct unit_test tests[] = {
    { "a_plan_comes_back_as_it_was", a_plan_comes_back_as_it_was },
    { "the_busiest_backend_has_its_metrics", the_busiest_backend_has_its_metrics },
    { "keys_are_a_metric_of_each_run", keys_are_a_metric_of_each_run },
    { "a_verdict_is_one_of_the_five", a_verdict_is_one_of_the_five },
    { "many_rows_must_be_surer", many_rows_must_be_surer },
    { "without_a_better_direction_it_is_different", without_a_better_direction_it_is_different },
    { "zeros_are_compared_by_differences", zeros_are_compared_by_differences },
    { "mser_cuts_where_the_rise_ends", mser_cuts_where_the_rise_ends },
    { "mser_is_the_formula", mser_is_the_formula },
    { "warm_up_that_is_found_is_left_out", warm_up_that_is_found_is_left_out },
    { "a_result_comes_back_as_it_was", a_result_comes_back_as_it_was },
    { "a_system_that_fills_up_is_saturated", a_system_that_fills_up_is_saturated },
    { "warm_up_is_left_out_and_seeds_are_pooled", warm_up_is_left_out_and_seeds_are_pooled },
    { "half_the_time_is_a_better_half", half_the_time_is_a_better_half },
    { "one_seed_needs_seeds", one_seed_needs_seeds },
    { "failed_and_unfinished_are_infinite", failed_and_unfinished_are_infinite },
    { "nothing_at_all_is_unknown_not_zero", nothing_at_all_is_unknown_not_zero },
    { "saturated_takes_both_load_and_growth_and_a_stationary_run",
      saturated_takes_both_load_and_growth_and_a_stationary_run },
    { "beside_events_the_calm_tells_what_goes_on_growing",
      beside_events_the_calm_tells_what_goes_on_growing },
    { "metrics_are_told_of_each_slice_of_all_seeds", metrics_are_told_of_each_slice_of_all_seeds },
    { "saturated_hides_the_tail_and_is_never_compared",
      saturated_hides_the_tail_and_is_never_compared },
    { "very_many_backends_saturate_by_load_alone", very_many_backends_saturate_by_load_alone },
    { "json_reads_back", json_reads_back },
    { "sha256_is_of_scenario_and_runs_as_written", sha256_is_of_scenario_and_runs_as_written },
    { "sha256_sees_results_and_not_the_weather", sha256_sees_results_and_not_the_weather },
    { "metrics_are_found_by_name", metrics_are_found_by_name },
    { "csv_cells_are_quoted_and_tamed", csv_cells_are_quoted_and_tamed },
    { "folder_is_whole_and_latest_points_to_it", folder_is_whole_and_latest_points_to_it },
    { "unwritable_results_are_exit_3", unwritable_results_are_exit_3 },
    { "remaps_are_added_over_seeds", remaps_are_added_over_seeds },
};

UNIT_MAIN("result", tests)
