/* catalogue.c - the metrics.  A row here is all it takes: JSON, CSV, comparison, checks and tables
 * go through this table. */
#include "catalogue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAR "latency.p*"

static double known(uint64_t v)
{
    return v == NEVER ? NAN : (double)v;
}

/* ---- of a policy ---- */

static uint32_t percentile_index(const struct result *r, double percentile)
{
    for (uint32_t i = 0; i < r->plan.percentiles; i++)
        if (fabs(r->plan.percentile[i] - percentile) < 1e-9)
            return i;
    return NONE;
}

/* A percentile that the scenario did not ask for is read from the pooled histogram, without an
 * interval; steady or not is decided as for those that it did. */
static struct result_quantity policy_quantile(const struct result *r, uint32_t p, double percentile)
{
    uint32_t i = percentile_index(r, percentile);
    const struct result_policy *policy = &r->policy[p];
    struct result_quantity q = { NAN, NAN, NAN, NAN, NAN, NAN, NAN };

    if (i != NONE)
        return policy->quantile[i];
    if (policy->requests && !(policy->verdict == VERDICT_SATURATED && percentile >= 90))
        q.value = known(hist_quantile(&policy->latency, percentile / 100, policy->requests));
    return q;
}

#define POLICY_QUANTITY(name)                                               \
    static struct result_quantity policy_##name(const struct result *r,    \
                                                uint32_t p, double unused) \
    {                                                                      \
        (void)unused;                                                      \
        return r->policy[p].name;                                          \
    }

#define POLICY_COUNT(name)                                                  \
    static struct result_quantity policy_##name(const struct result *r,    \
                                                uint32_t p, double unused) \
    {                                                                      \
        (void)unused;                                                      \
        return (struct result_quantity){                                   \
            (double)r->policy[p].name, NAN, NAN, NAN, NAN, NAN, NAN,       \
        };                                                                 \
    }

POLICY_QUANTITY(mean)
POLICY_QUANTITY(max)
POLICY_QUANTITY(throughput)
POLICY_QUANTITY(error_rate)
POLICY_QUANTITY(availability)
POLICY_QUANTITY(imbalance)
POLICY_QUANTITY(share_max)
POLICY_QUANTITY(utilisation_max)
POLICY_QUANTITY(amplification)
POLICY_QUANTITY(remap_moved)
POLICY_QUANTITY(remap_excess)
POLICY_QUANTITY(remap_broken)
POLICY_COUNT(requests)
POLICY_COUNT(completed)
POLICY_COUNT(unfinished)
POLICY_COUNT(attempts)
POLICY_COUNT(retries)

/* ---- of a run: its integers only, so that a result read back has the same ---- */

static double share(uint64_t part, uint64_t all)
{
    return all ? (double)part / (double)all : NAN;
}

static double run_mean(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return known(r->run[run].mean);
}

static double run_quantile(const struct result *r, uint32_t run, double percentile)
{
    uint32_t i = percentile_index(r, percentile);

    return i == NONE ? NAN : known(r->run[run].quantile[i]);
}

static double run_max(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return known(r->run[run].max);
}

static double run_throughput(const struct result *r, uint32_t run, double percentile)
{
    const struct result_run *x = &r->run[run];

    (void)percentile;
    return x->measured ? (double)x->done * (double)SECOND / (double)x->measured : NAN;
}

static double run_error_rate(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return share(r->run[run].requests - r->run[run].completed, r->run[run].requests);
}

static double run_availability(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return share(r->run[run].completed, r->run[run].requests);
}

static double run_share_max(const struct result *r, uint32_t run, double percentile)
{
    uint64_t most = 0, all = 0;

    (void)percentile;
    for (uint32_t b = 0; b < r->plan.backends; b++) {
        uint64_t asked = r->run[run].backend[b].asked;

        most = asked > most ? asked : most;
        all += asked;
    }
    return share(most, all);
}

static double run_imbalance(const struct result *r, uint32_t run, double percentile)
{
    return run_share_max(r, run, percentile) * r->plan.backends;
}

/* Backends without a limit of workers have no utilisation. */
static double run_utilisation_max(const struct result *r, uint32_t run, double percentile)
{
    const struct result_run *x = &r->run[run];
    double most = NAN;

    (void)percentile;
    for (uint32_t b = 0; b < r->plan.backends && x->observed; b++)
        if (isfinite(r->plan.backend_workers[b]))
            most = fmax(most, (double)x->backend[b].busy / (double)x->observed
                                  / r->plan.backend_workers[b]);
    return most;
}

static double run_amplification(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return share(r->run[run].attempts, r->run[run].requests);
}

/* All events together. */
static struct result_remap remap_of(const struct result_run *run)
{
    struct result_remap sum = { .keys = 0 };

    for (uint32_t i = 0; i < run->remaps; i++) {
        sum.keys += run->remap[i].keys;
        sum.moved += run->remap[i].moved;
        sum.unavoidable += run->remap[i].unavoidable;
        sum.broken += run->remap[i].broken;
    }
    return sum;
}

static double run_remap_moved(const struct result *r, uint32_t run, double percentile)
{
    struct result_remap sum = remap_of(&r->run[run]);

    (void)percentile;
    return share(sum.moved, sum.keys);
}

static double run_remap_excess(const struct result *r, uint32_t run, double percentile)
{
    struct result_remap sum = remap_of(&r->run[run]);

    (void)percentile;
    return share(sum.moved, sum.keys) - share(sum.unavoidable, sum.keys);
}

/* Without a change of membership in the whole result there is nothing to break. */
static double run_remap_broken(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return r->remaps ? (double)remap_of(&r->run[run]).broken : NAN;
}

static double run_requests(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return (double)r->run[run].requests;
}

static double run_completed(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return (double)r->run[run].completed;
}

static double run_unfinished(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return (double)r->run[run].unfinished;
}

static double run_attempts(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return (double)r->run[run].attempts;
}

static double run_retries(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return (double)r->run[run].retries;
}

/* Those without a better direction are shown and never judged: the greatest of more requests is
 * greater, and unequal shares are right where backends are unequal. */
static const struct metric metrics[] = {
    { "latency.mean", METRIC_NS, METRIC_LESS, "mean response time of the requests that succeeded",
      policy_mean, run_mean },
    { STAR, METRIC_NS, METRIC_LESS,
      "percentile of the response time; a request that failed or did not finish counts as infinite",
      policy_quantile, run_quantile },
    { "latency.max", METRIC_NS, METRIC_NEITHER, "longest response time of a request that succeeded",
      policy_max, run_max },
    { "error_rate", METRIC_SHARE, METRIC_LESS,
      "share of the requests that failed or did not finish", policy_error_rate, run_error_rate },
    { "availability", METRIC_SHARE, METRIC_MORE, "share of the requests that succeeded",
      policy_availability, run_availability },
    { "throughput", METRIC_PER_SECOND, METRIC_MORE,
      "requests that succeeded while others still arrived, per second", policy_throughput,
      run_throughput },
    { "imbalance", METRIC_RATIO, METRIC_NEITHER,
      "requests that reached the busiest backend, over the mean of all", policy_imbalance,
      run_imbalance },
    { "share.max", METRIC_SHARE, METRIC_NEITHER,
      "share of the requests that reached the busiest backend", policy_share_max, run_share_max },
    { "utilisation.max", METRIC_SHARE, METRIC_NEITHER,
      "share of the time that the workers of the busiest backend were busy",
      policy_utilisation_max, run_utilisation_max },
    { "amplification", METRIC_RATIO, METRIC_NEITHER,
      "attempts that ended at a backend, per request", policy_amplification, run_amplification },
    { "remap.moved", METRIC_SHARE, METRIC_LESS,
      "share of the keys that changed backend, over all events", policy_remap_moved,
      run_remap_moved },
    { "remap.excess", METRIC_SHARE, METRIC_LESS,
      "share of the keys that changed backend though they had not to", policy_remap_excess,
      run_remap_excess },
    { "remap.broken", METRIC_COUNT, METRIC_LESS,
      "connections that lost their backend, over all events", policy_remap_broken,
      run_remap_broken },
    { "requests", METRIC_COUNT, METRIC_NEITHER, "requests born after warm-up", policy_requests,
      run_requests },
    { "completed", METRIC_COUNT, METRIC_NEITHER, "requests that succeeded", policy_completed,
      run_completed },
    { "unfinished", METRIC_COUNT, METRIC_NEITHER, "requests still open when the run ended",
      policy_unfinished, run_unfinished },
    { "attempts", METRIC_COUNT, METRIC_NEITHER, "attempts that ended at a backend, after warm-up",
      policy_attempts, run_attempts },
    { "retries", METRIC_COUNT, METRIC_NEITHER, "attempts after the first, after warm-up",
      policy_retries, run_retries },
    { .name = NULL },
};

const struct metric *metric_all(void)
{
    return metrics;
}

/* "latency.p99.9" is the row with the star, and 99.9. */
static const struct metric *find_percentile(const struct metric *m, const char *name,
                                            double *percentile)
{
    size_t stem = strlen(STAR) - 1;
    char *end;

    if (strncmp(name, STAR, stem) != 0 || strspn(name + stem, "0123456789.") != strlen(name + stem))
        return NULL;
    *percentile = strtod(name + stem, &end);
    return end != name + stem && *end == '\0' && *percentile > 0 && *percentile < 100 ? m : NULL;
}

const struct metric *metric_find(const char *name, double *percentile)
{
    *percentile = NAN;
    for (const struct metric *m = metrics; m->name; m++) {
        if (!metric_is_percentile(m) && strcmp(m->name, name) == 0)
            return m;
        if (metric_is_percentile(m) && find_percentile(m, name, percentile))
            return m;
    }
    return NULL;
}

bool metric_is_percentile(const struct metric *m)
{
    return strcmp(m->name, STAR) == 0;
}

const char *metric_show_name(char *buf, size_t size, const struct metric *m, double percentile)
{
    if (metric_is_percentile(m))
        snprintf(buf, size, "%.*s%.10g", (int)strlen(STAR) - 1, m->name, percentile);
    else
        snprintf(buf, size, "%s", m->name);
    return buf;
}
