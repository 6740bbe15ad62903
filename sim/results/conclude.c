/* conclude.c - from the runs' integers to the answer, for a result just made and for one read back.
 *
 * A metric's value is that of all seeds pooled, and its interval lies around it by how far the
 * seeds' own values do; where seeds cannot be pooled (the busiest backend's) it is their mean. */
#include "conclude.h"

#include "../base/xalloc.h"
#include "catalogue.h"
#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct result_quantity unknown = { NAN, NAN, NAN, NAN, NAN, NAN, NAN };

static const struct result_run *run_of(const struct result *r, uint32_t policy, uint32_t k)
{
    return &r->run[policy * r->plan.replications + k];
}

static bool did_the_same(const struct result_run *a, const struct result_run *b)
{
    return strcmp(a->digest, b->digest) == 0 && a->requests == b->requests &&
           a->completed == b->completed && a->mean == b->mean && a->max == b->max;
}

bool result_is_repeated(const struct result *r, uint32_t policy)
{
    for (uint32_t k = 1; k < r->plan.replications; k++)
        if (!did_the_same(run_of(r, policy, k), run_of(r, policy, 0)))
            return false;
    return r->plan.replications > 1;
}

/* ---- intervals ---- */

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The median of the seeds' values and the ranks around it; sorts x. */
static void add_median(struct result_quantity *q, double *x, uint32_t n)
{
    struct stats_ranks ranks = stats_quantile_ranks(n, 0.5, COMPARE_CONFIDENCE);

    if (ranks.low == 0)
        return;
    qsort(x, n, sizeof *x, by_value);
    q->median = (x[(n - 1) / 2] + x[n / 2]) / 2;
    q->median_low = x[ranks.low - 1];
    q->median_high = x[ranks.high - 1];
    q->median_confidence = ranks.confidence;
}

/* No interval reaches where no value can be: below 0 when none is, over 1 for a share. */
static void keep_possible(struct result_quantity *q, const struct metric *m, const double *x,
                          uint32_t n)
{
    double least = 0;

    for (uint32_t k = 0; k < n; k++)
        least = fmin(least, x[k]);
    if (least == 0)
        q->low = fmax(q->low, 0);
    if (m->unit == METRIC_SHARE)
        q->high = fmin(q->high, 1);
}

/* A metric of a policy around its pooled value; pooled NAN: around the mean of the seeds' values.
 * No interval where a seed has no value. */
static struct result_quantity over_seeds(const struct result *r, uint32_t policy,
                                         const char *metric, double percentile, double pooled)
{
    double unused;
    const struct metric *m = metric_find(metric, &unused);
    uint32_t n = r->plan.replications;
    double *x = xcalloc(n, sizeof *x);
    struct result_quantity q = unknown;
    bool all_known = true;

    q.value = pooled;
    compare_values(r, policy, m, percentile, x);
    for (uint32_t k = 0; k < n; k++)
        all_known = all_known && !isnan(x[k]);
    n = result_is_repeated(r, policy) ? 1 : n;
    if (all_known) {
        struct estimate e = isnan(pooled) ? stats_mean(x, n, COMPARE_CONFIDENCE)
                                          : stats_section(x, n, pooled, COMPARE_CONFIDENCE);

        q.value = e.value;
        q.low = e.low;
        q.high = e.high;
        if (n > 1)
            keep_possible(&q, m, x, n);
        add_median(&q, x, n);
    }
    free(x);
    return q;
}

struct result_quantity conclude_quantity(const struct result *r, uint32_t policy,
                                         const struct metric *m, double pooled)
{
    return isnan(pooled) ? unknown : over_seeds(r, policy, m->name, NAN, pooled);
}

/* A value that is null stays null. */
static struct result_quantity around(const struct result *r, uint32_t policy, const char *metric,
                                     double percentile, double pooled)
{
    return isnan(pooled) ? unknown : over_seeds(r, policy, metric, percentile, pooled);
}

static double share(uint64_t part, uint64_t all)
{
    return all ? (double)part / (double)all : NAN;
}

/* ---- latencies ---- */

/* Values stand for all of their bucket of the histogram: the low end counts from its least. */
static struct result_quantity widened(struct result_quantity q)
{
    if (q.low > 0 && q.low < (double)HIST_HIGHEST) {
        uint32_t bucket = hist_index((uint64_t)q.low);

        q.low -= (double)(hist_highest(bucket) - hist_lowest(bucket));
    }
    return q;
}

static double pooled_mean(const struct result *r, uint32_t policy)
{
    u128 sum = 0;
    uint64_t n = 0;

    for (uint32_t k = 0; k < r->plan.replications; k++) {
        const struct result_run *run = run_of(r, policy, k);

        sum += run->completed ? (u128)run->mean * run->completed : 0;
        n += run->completed;
    }
    return n ? (double)sum / (double)n : NAN;
}

static double greatest(const struct result *r, uint32_t policy)
{
    double most = NAN;

    for (uint32_t k = 0; k < r->plan.replications; k++)
        if (run_of(r, policy, k)->max != NEVER)
            most = fmax(most, (double)run_of(r, policy, k)->max);
    return most;
}

static void make_latencies(struct result *r, uint32_t policy)
{
    struct result_policy *p = &r->policy[policy];
    bool is_steady = p->verdict == VERDICT_OK;

    p->mean = around(r, policy, "latency.mean", NAN, is_steady ? pooled_mean(r, policy) : NAN);
    p->max = unknown;
    p->max.value = is_steady ? greatest(r, policy) : NAN;
    for (uint32_t i = 0; i < r->plan.percentiles; i++) {
        double percentile = r->plan.percentile[i];

        p->quantile[i] = widened(around(r, policy, "latency.p50", percentile,
                                        is_steady ? p->quantile[i].value : NAN));
    }
}

/* ---- one policy ---- */

static void add_run(struct result_policy *p, const struct result_run *run)
{
    p->requests += run->requests;
    p->completed += run->completed;
    p->unfinished += run->unfinished;
    p->attempts += run->attempts;
    p->retries += run->retries;
    for (uint32_t i = 0; i < TALLY_COUNT; i++)
        p->tally[i] += run->tally[i];
    for (uint32_t i = 0; i < PART_COUNT; i++)
        p->spent[i] += run->spent[i];
    for (uint32_t o = 0; o < OUTCOME_COUNT; o++)
        p->ended[o] += run->ended[o];
}

static void make_backends(struct result *r, uint32_t policy)
{
    struct result_policy *p = &r->policy[policy];
    uint64_t all = 0;

    p->backend = arena_alloc(&r->arena, r->plan.backends * sizeof *p->backend);
    for (uint32_t b = 0; b < r->plan.backends; b++) {
        struct result_backend *to = &p->backend[b];
        double busy = 0, time = 0;

        for (uint32_t k = 0; k < p->seeds; k++) {
            const struct result_run_backend *from = &run_of(r, policy, k)->backend[b];

            to->picked += from->picked;
            to->asked += from->asked;
            to->served += from->served;
            busy += (double)from->busy;
            time += (double)run_of(r, policy, k)->observed;
        }
        all += to->asked;
        to->utilisation = isinf(r->plan.backend_workers[b]) || !(time > 0)
                              ? NAN : busy / time / r->plan.backend_workers[b];
    }
    for (uint32_t b = 0; b < r->plan.backends; b++)
        p->backend[b].share = share(p->backend[b].asked, all);
}

/* ---- keys ---- */

/* The row of an event, the last one as they come in order. */
static struct result_remap *remap_row(struct result *r, uint32_t policy, uint32_t event)
{
    for (uint32_t i = r->remaps; i-- > 0 && r->remap[i].policy == policy;)
        if (r->remap[i].event == event)
            return &r->remap[i];
    r->remap[r->remaps] = (struct result_remap){ .policy = policy, .event = event };
    return &r->remap[r->remaps++];
}

static int by_policy_and_event(const void *a, const void *b)
{
    const struct result_remap *x = a, *y = b;

    if (x->policy != y->policy)
        return x->policy < y->policy ? -1 : 1;
    return (x->event > y->event) - (x->event < y->event);
}

static void make_remaps(struct result *r)
{
    r->remap = arena_alloc(&r->arena, (size_t)r->plan.policies * r->plan.events * sizeof *r->remap);
    for (uint32_t i = 0; i < r->runs; i++)
        for (uint32_t m = 0; m < r->run[i].remaps; m++) {
            const struct result_remap *from = &r->run[i].remap[m];
            struct result_remap *to = remap_row(r, r->run[i].policy, from->event);

            to->keys += from->keys;
            to->moved += from->moved;
            to->unavoidable += from->unavoidable;
            to->broken += from->broken;
        }
    if (r->remaps)
        qsort(r->remap, r->remaps, sizeof *r->remap, by_policy_and_event);
}

static void make_remap_metrics(struct result *r, uint32_t policy)
{
    struct result_policy *p = &r->policy[policy];
    uint64_t keys = 0, moved = 0, unavoidable = 0;

    for (uint32_t i = 0; i < r->remaps; i++)
        if (r->remap[i].policy == policy) {
            keys += r->remap[i].keys;
            moved += r->remap[i].moved;
            unavoidable += r->remap[i].unavoidable;
        }
    p->remap_moved = around(r, policy, "remap.moved", NAN, share(moved, keys));
    p->remap_excess = around(r, policy, "remap.excess", NAN,
                             share(moved, keys) - share(unavoidable, keys));
    p->remap_broken = over_seeds(r, policy, "remap.broken", NAN, NAN);
}

static void make_policy(struct result *r, uint32_t policy)
{
    struct result_policy *p = &r->policy[policy];

    p->name = r->plan.policy[policy];
    p->seeds = r->plan.replications;
    for (uint32_t k = 0; k < p->seeds; k++)
        add_run(p, run_of(r, policy, k));
    make_latencies(r, policy);
    make_backends(r, policy);
    p->throughput = over_seeds(r, policy, "throughput", NAN, NAN);
    p->error_rate = around(r, policy, "error_rate", NAN,
                           share(p->requests - p->completed, p->requests));
    p->availability = around(r, policy, "availability", NAN, share(p->completed, p->requests));
    p->imbalance = over_seeds(r, policy, "imbalance", NAN, NAN);
    p->share_max = over_seeds(r, policy, "share.max", NAN, NAN);
    p->utilisation_max = over_seeds(r, policy, "utilisation.max", NAN, NAN);
    p->amplification = around(r, policy, "amplification", NAN, share(p->attempts, p->requests));
    make_remap_metrics(r, policy);
}

void result_conclude(struct result *r)
{
    make_remaps(r);
    for (uint32_t p = 0; p < r->plan.policies; p++)
        make_policy(r, p);
    compare_policies(r);
}
