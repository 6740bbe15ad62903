/* result.c - from records to runs and pooled percentiles; conclude.c makes the answer of them.
 *
 * Quantiles are over all requests born in the measured slices: one that failed or did not finish
 * counts as infinite, so that losing requests can never look fast.  Mean and max are of the
 * successful ones, which is all they can be of. */
#include "result.h"

#include "assertion.h"
#include "conclude.h"
#include "json_result.h"
#include "saturation.h"
#include "slices.h"
#include "warmup.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    r->plan.override = keep_names(&r->arena, plan->override, plan->overrides);
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
    r->plan.hasher = keep(&r->arena, plan->hasher);
    r->plan.hashed = keep(&r->arena, plan->hashed);
    r->plan.show = keep_names(&r->arena, plan->show, plan->shows);
    r->plan.assertion = assertion_keep(&r->arena, plan->assertion, plan->assertions);
}

/* ---- one run ---- */

/* What the requests born in the measured slices came to. */
struct totals {
    uint64_t born, ended[OUTCOME_COUNT];
    u128 latency_sum, spent[PART_COUNT];
    struct hist latency;
};

static void add_record(struct totals *t, const struct record *record)
{
    for (uint32_t i = record->warmup_slices; i < record->slices; i++) {
        const struct record_slice *s = &record->slice[i];

        t->born += s->born;
        for (uint32_t o = 0; o < OUTCOME_COUNT; o++)
            t->ended[o] += s->ended[o];
        t->latency_sum += s->latency_sum;
        for (uint32_t k = 0; k < PART_COUNT; k++)
            t->spent[k] += s->spent[k];
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

static void make_run_backends(struct result *r, struct result_run *run,
                              const struct record *record)
{
    run->backend = arena_alloc(&r->arena, r->plan.backends * sizeof *run->backend);
    run->observed = slices_backend_time(record);
    for (uint32_t b = 0; b < record->backends; b++)
        for (uint32_t i = slices_backend_first(record); i < slices_backend_end(record); i++) {
            const struct record_backend_slice *s = record_backend(record, b, i);

            run->backend[b].picked += s->picked;
            run->backend[b].asked += s->asked;
            run->backend[b].served += s->served;
            run->backend[b].busy += s->busy;
        }
}

/* Keys of each event, added over balancer instances; in order of events. */
static void make_run_remaps(struct result *r, struct result_run *run, const struct record *record)
{
    struct result_remap *row = arena_alloc(&r->arena, r->plan.events * sizeof *row);

    run->remap = row;
    for (uint32_t event = 0; event < r->plan.events; event++) {
        bool is_there = false;

        *row = (struct result_remap){ .policy = run->policy, .event = event };
        for (uint32_t i = 0; i < record->remaps; i++) {
            const struct record_remap *m = &record->remap[i];

            if (m->event != event)
                continue;
            is_there = true;
            row->keys += m->keys;
            row->moved += m->moved;
            row->unavoidable += m->unavoidable;
            row->broken += m->broken;
        }
        row += is_there;
    }
    run->remaps = (uint32_t)(row - run->remap);
}

static void make_run(struct result *r, uint32_t index, const struct record *record)
{
    struct result_run *run = &r->run[index];
    struct slices_total work = slices_total(record);
    struct totals t = { .born = 0 };
    uint64_t ok;

    hist_init(&t.latency);
    add_record(&t, record);
    ok = t.ended[OUTCOME_OK];
    *run = (struct result_run){
        .policy = record->policy, .seed = record->seed, .requests = t.born, .completed = ok,
        .unfinished = unfinished_of(&t), .measured = slices_measured_time(record),
        .done = work.done, .attempts = work.attempts, .retries = work.retries,
        .mean = ok ? (uint64_t)(t.latency_sum / ok) : NEVER, .max = ok ? t.latency.max : NEVER,
        .record = record,
    };
    memcpy(run->ended, t.ended, sizeof run->ended);
    memcpy(run->tally, work.tally, sizeof run->tally);
    for (uint32_t i = 0; i < PART_COUNT; i++)
        run->spent[i] = (uint64_t)t.spent[i];
    for (uint32_t i = 0; i < r->plan.percentiles; i++)
        run->quantile[i] = quantile_of(&t, r->plan.percentile[i]);
    make_run_backends(r, run, record);
    make_run_remaps(r, run, record);
    snprintf(run->digest, sizeof run->digest, "%016" PRIx64 "%016" PRIx64,
             (uint64_t)(record->digest >> 64), (uint64_t)record->digest);
    hist_fini(&t.latency);
}

/* ---- what runs do not tell of a policy ---- */

static void make_pooled(struct result *r, uint32_t policy, const struct record *const *run)
{
    struct result_policy *p = &r->policy[policy];
    const struct saturation s = saturation_find(&r->plan, run);
    struct totals t = { .born = 0 };

    p->verdict = s.is_found ? VERDICT_SATURATED : VERDICT_OK;
    p->saturated_backend = s.backend;
    p->saturated_offered = s.offered;
    p->saturated_growth = s.growth;
    hist_init(&t.latency);
    for (uint32_t k = 0; k < r->plan.replications; k++)
        add_record(&t, run[k]);
    for (uint32_t i = 0; i < r->plan.percentiles; i++) {
        uint64_t value = quantile_of(&t, r->plan.percentile[i]);

        p->quantile[i].value = value == NEVER ? NAN : (double)value;
    }
    p->latency = t.latency;
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
        if (records[i]->warmup > r->warmup)
            r->warmup = records[i]->warmup;
    }
    for (uint32_t p = 0; p < plan->policies; p++)
        make_pooled(r, p, &records[(size_t)p * n]);
    if (plan->warmup_rule == WARMUP_AUTO)
        r->is_steady_found = warmup_find(records, r->runs).is_found;
    result_conclude(r);
    assertion_check_all(r);
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
