/* result.c - from records to the answer: percentiles of the pooled histograms, intervals over
 * seeds.
 *
 * Quantiles are over all requests born in the measured slices: one that failed or did not finish
 * counts as infinite, so that losing requests can never look fast.  Mean and max are of the
 * successful ones, which is all they can be of. */
#include "result.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "catalogue.h"
#include "compare.h"
#include "json_result.h"
#include "saturation.h"
#include "slices.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double unsteady_from = 90;     /* this percentile and above, mean and max */
static const struct result_quantity unknown = { NAN, NAN, NAN };

static const char *keep(struct arena *a, const char *text)
{
    return text ? arena_text(a, text) : NULL;
}

static const char *const *keep_names(struct arena *a, const char *const *names, uint32_t n)
{
    const char **copy = arena_alloc(a, n * sizeof *copy);

    for (uint32_t i = 0; i < n; i++)
        copy[i] = keep(a, names[i]);
    return copy;
}

/* A result outlives the scenario that it came from. */
static void keep_plan(struct result *r, const struct result_plan *plan)
{
    struct result_event *event = arena_alloc(&r->arena, plan->events * sizeof *event);
    double *workers = arena_alloc(&r->arena, plan->backends * sizeof *workers);

    r->plan = *plan;
    r->plan.scenario = keep(&r->arena, plan->scenario);
    r->plan.title = keep(&r->arena, plan->title);
    r->plan.sha256 = keep(&r->arena, plan->sha256);
    r->plan.effective = keep(&r->arena, plan->effective);
    r->plan.policy = keep_names(&r->arena, plan->policy, plan->policies);
    r->plan.backend = keep_names(&r->arena, plan->backend, plan->backends);
    for (uint32_t b = 0; b < plan->backends; b++)
        workers[b] = plan->backend_workers[b];
    r->plan.backend_workers = workers;
    for (uint32_t i = 0; i < plan->events; i++) {
        event[i] = plan->event[i];
        event[i].label = keep(&r->arena, plan->event[i].label);
    }
    r->plan.event = event;
}

/* ---- one run ---- */

/* What the requests born in the measured slices came to. */
struct totals { uint64_t born, ended[OUTCOME_COUNT]; u128 latency_sum; struct hist latency; };

static void add_record(struct totals *t, const struct record *record)
{
    for (uint32_t i = record->warmup_slices; i < record->slices; i++) {
        const struct record_slice *s = &record->slice[i];

        t->born += s->born;
        for (uint32_t o = 0; o < OUTCOME_COUNT; o++)
            t->ended[o] += s->ended[o];
        t->latency_sum += s->latency_sum;
        hist_merge(&t->latency, &s->latency);
    }
}

static uint64_t unfinished_of(const struct totals *t)
{
    uint64_t ended = 0;

    for (uint32_t o = 0; o < OUTCOME_COUNT; o++)
        ended += t->ended[o];
    return t->born - ended;
}

static uint64_t quantile_of(const struct totals *t, double percentile)
{
    return t->born ? hist_quantile(&t->latency, percentile / 100, t->born) : NEVER;
}

static void make_run(struct result *r, uint32_t index, const struct record *record)
{
    struct result_run *run = &r->run[index];
    struct totals t = { .born = 0 };
    uint64_t ok;

    hist_init(&t.latency);
    add_record(&t, record);
    ok = t.ended[OUTCOME_OK];
    *run = (struct result_run){
        .policy = record->policy, .seed = record->seed, .requests = t.born, .completed = ok,
        .unfinished = unfinished_of(&t), .record = record,
        .mean = ok ? (uint64_t)(t.latency_sum / ok) : NEVER, .max = ok ? t.latency.max : NEVER,
    };
    memcpy(run->ended, t.ended, sizeof run->ended);
    for (uint32_t i = 0; i < r->plan.percentiles; i++)
        run->quantile[i] = quantile_of(&t, r->plan.percentile[i]);
    snprintf(run->digest, sizeof run->digest, "%016" PRIx64 "%016" PRIx64,
             (uint64_t)(record->digest >> 64), (uint64_t)record->digest);
    hist_fini(&t.latency);
}

/* ---- one policy ---- */

/* A metric's values by seed, as an interval around them; none where one is unknown. */
static struct result_quantity over_seeds(const struct result *r, uint32_t policy,
                                         const char *metric, double percentile, double value)
{
    double unused;
    const struct metric *m = metric_find(metric, &unused);
    uint32_t n = r->plan.replications;
    double *x = xcalloc(n, sizeof *x);
    bool all_known = true;
    struct estimate e;

    for (uint32_t k = 0; k < n; k++) {
        x[k] = m->of_run(r, policy * n + k, percentile);
        all_known = all_known && !isnan(x[k]);
    }
    e = all_known ? stats_mean(x, n, 0.95) : (struct estimate){ NAN, NAN, NAN, 0 };
    free(x);
    return (struct result_quantity){ isnan(value) ? e.value : value, e.low, e.high };
}

static double or_nan(uint64_t v)
{
    return v == NEVER ? NAN : (double)v;
}

/* The pooled value with the interval over seeds; pooled null stays null. */
static struct result_quantity pooled(const struct result *r, uint32_t policy, const char *metric,
                                     double percentile, double value)
{
    return isnan(value) ? unknown : over_seeds(r, policy, metric, percentile, value);
}

static void make_latencies(struct result *r, uint32_t index, const struct totals *t)
{
    struct result_policy *p = &r->policy[index];
    uint64_t ok = t->ended[OUTCOME_OK];
    bool is_steady = p->verdict == VERDICT_OK;

    p->mean = pooled(r, index, "latency.mean", NAN,
                     ok && is_steady ? (double)t->latency_sum / (double)ok : NAN);
    p->max = (struct result_quantity){ ok && is_steady ? (double)t->latency.max : NAN, NAN, NAN };
    for (uint32_t i = 0; i < r->plan.percentiles; i++) {
        double percentile = r->plan.percentile[i];
        bool is_shown = is_steady || percentile < unsteady_from;

        p->quantile[i] = pooled(r, index, "latency.p50", percentile,
                                is_shown ? or_nan(quantile_of(t, percentile)) : NAN);
    }
}

static void make_backends(struct result *r, struct result_policy *p,
                          const struct record *const *run)
{
    uint64_t all = 0;

    p->backend = arena_alloc(&r->arena, r->plan.backends * sizeof *p->backend);
    for (uint32_t b = 0; b < r->plan.backends; b++) {
        double busy = 0, time = 0;

        for (uint32_t k = 0; k < p->seeds; k++) {
            for (uint32_t i = slices_backend_first(run[k]); i < slices_backend_end(run[k]); i++) {
                const struct record_backend_slice *s = record_backend(run[k], b, i);

                p->backend[b].picked += s->picked;
                p->backend[b].asked += s->asked;
                p->backend[b].served += s->served;
                busy += (double)s->busy;
            }
            time += (double)slices_backend_time(run[k]);
        }
        all += p->backend[b].asked;
        p->backend[b].utilisation = isinf(r->plan.backend_workers[b]) || !(time > 0)
                                        ? NAN : busy / time / r->plan.backend_workers[b];
    }
    for (uint32_t b = 0; b < r->plan.backends; b++)
        p->backend[b].share = all ? (double)p->backend[b].asked / (double)all : NAN;
}

static void make_policy(struct result *r, uint32_t index, const struct record *const *run)
{
    struct result_policy *p = &r->policy[index];
    struct totals t = { .born = 0 };

    p->name = r->plan.policy[index];
    p->seeds = r->plan.replications;
    p->saturated_backend = saturation_find(&r->plan, run, &p->saturated_offered);
    p->verdict = p->saturated_backend != NONE || saturation_of_all(&r->plan, run)
                     ? VERDICT_SATURATED : VERDICT_OK;
    hist_init(&t.latency);
    for (uint32_t k = 0; k < p->seeds; k++) {
        add_record(&t, run[k]);
        p->attempts += slices_total(run[k]).attempts;
        p->retries += slices_total(run[k]).retries;
    }
    p->requests = t.born;
    p->completed = t.ended[OUTCOME_OK];
    p->unfinished = unfinished_of(&t);
    memcpy(p->ended, t.ended, sizeof p->ended);
    make_latencies(r, index, &t);
    p->latency = t.latency;
    p->throughput = over_seeds(r, index, "throughput", NAN, NAN);
    p->error_rate = pooled(r, index, "error_rate", NAN,
                           t.born ? (double)(t.born - p->completed) / (double)t.born : NAN);
    p->imbalance = over_seeds(r, index, "imbalance", NAN, NAN);
    make_backends(r, p, run);
}

/* ---- all of it ---- */

/* Keys of one event, added over seeds and balancer instances. */
static void add_remap(struct result *r, uint32_t policy, const struct record_remap *m)
{
    struct result_remap *row = NULL;

    for (uint32_t i = 0; i < r->remaps; i++)
        if (r->remap[i].policy == policy && r->remap[i].event == m->event)
            row = &r->remap[i];
    if (!row) {
        row = &r->remap[r->remaps++];
        *row = (struct result_remap){ .policy = policy, .event = m->event };
    }
    row->keys += m->keys;
    row->moved += m->moved;
    row->unavoidable += m->unavoidable;
    row->broken += m->broken;
}

static int by_policy_and_event(const void *a, const void *b)
{
    const struct result_remap *x = a, *y = b;

    if (x->policy != y->policy)
        return x->policy < y->policy ? -1 : 1;
    return (x->event > y->event) - (x->event < y->event);
}

static void make_remaps(struct result *r, const struct record *const *records)
{
    r->remap = arena_alloc(&r->arena, (size_t)r->plan.policies * r->plan.events * sizeof *r->remap);
    for (uint32_t i = 0; i < r->runs; i++)
        for (uint32_t m = 0; m < records[i]->remaps; m++)
            if (records[i]->remap[m].event < r->plan.events)
                add_remap(r, records[i]->policy, &records[i]->remap[m]);
    if (r->remaps)
        qsort(r->remap, r->remaps, sizeof *r->remap, by_policy_and_event);
}

void result_make(struct result *r, const struct result_plan *plan,
                 const struct record *const *records)
{
    uint32_t n = plan->replications;

    assert(plan->percentiles <= RESULT_PERCENTILES && plan->baseline < plan->policies);
    *r = (struct result){ .runs = plan->policies * n };
    keep_plan(r, plan);
    r->run = arena_alloc(&r->arena, r->runs * sizeof *r->run);
    r->policy = arena_alloc(&r->arena, plan->policies * sizeof *r->policy);
    for (uint32_t i = 0; i < r->runs; i++) {
        assert(records[i]->policy == i / n && records[i]->backends == plan->backends);
        make_run(r, i, records[i]);
        r->events += records[i]->events;
        if (records[i]->arrivals_end > r->simulated)
            r->simulated = records[i]->arrivals_end;
    }
    for (uint32_t p = 0; p < plan->policies; p++)
        make_policy(r, p, &records[(size_t)p * n]);
    compare_policies(r);
    make_remaps(r, records);
    json_result_sha256(r, r->sha256);
}

void result_fini(struct result *r)
{
    for (uint32_t p = 0; r->policy && p < r->plan.policies; p++)
        hist_fini(&r->policy[p].latency);
    for (uint32_t i = 0; r->owned && i < r->runs; i++)
        record_fini(&r->owned[i]);
    free(r->owned);
    arena_fini(&r->arena);
    *r = (struct result){ .runs = 0 };
}
