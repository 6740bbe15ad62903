/* catalogue.c - the metrics.  A row here is all it takes: JSON, CSV, comparison, checks and tables
 * go through this table. */
#include "catalogue.h"

#include "slices.h"

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

static struct result_quantity policy_mean(const struct result *r, uint32_t p, double percentile)
{
    (void)percentile;
    return r->policy[p].mean;
}

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

    if (i != NONE)
        return policy->quantile[i];
    if (policy->verdict == VERDICT_SATURATED && percentile >= 90)
        return (struct result_quantity){ NAN, NAN, NAN };
    return (struct result_quantity){
        policy->requests
            ? known(hist_quantile(&policy->latency, percentile / 100, policy->requests))
            : NAN,
        NAN,
        NAN,
    };
}

static struct result_quantity policy_max(const struct result *r, uint32_t p, double percentile)
{
    (void)percentile;
    return r->policy[p].max;
}

static struct result_quantity policy_throughput(const struct result *r, uint32_t p,
                                                double percentile)
{
    (void)percentile;
    return r->policy[p].throughput;
}

static struct result_quantity policy_error_rate(const struct result *r, uint32_t p,
                                                double percentile)
{
    (void)percentile;
    return r->policy[p].error_rate;
}

static struct result_quantity policy_imbalance(const struct result *r, uint32_t p,
                                               double percentile)
{
    (void)percentile;
    return r->policy[p].imbalance;
}

static struct result_quantity count(uint64_t n)
{
    return (struct result_quantity){ (double)n, NAN, NAN };
}

static struct result_quantity policy_requests(const struct result *r, uint32_t p, double percentile)
{
    (void)percentile;
    return count(r->policy[p].requests);
}

static struct result_quantity policy_completed(const struct result *r, uint32_t p,
                                               double percentile)
{
    (void)percentile;
    return count(r->policy[p].completed);
}

static struct result_quantity policy_unfinished(const struct result *r, uint32_t p,
                                                double percentile)
{
    (void)percentile;
    return count(r->policy[p].unfinished);
}

static struct result_quantity policy_attempts(const struct result *r, uint32_t p, double percentile)
{
    (void)percentile;
    return count(r->policy[p].attempts);
}

static struct result_quantity policy_retries(const struct result *r, uint32_t p, double percentile)
{
    (void)percentile;
    return count(r->policy[p].retries);
}

/* ---- of a run ---- */

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
    const struct record *record = r->run[run].record;
    nsec time = record ? slices_measured_time(record) : 0;

    (void)percentile;
    return time ? (double)slices_total(record).done * (double)SECOND / (double)time : NAN;
}

static double run_error_rate(const struct result *r, uint32_t run, double percentile)
{
    const struct result_run *x = &r->run[run];

    (void)percentile;
    return x->requests ? (double)(x->requests - x->completed) / (double)x->requests : NAN;
}

static double run_imbalance(const struct result *r, uint32_t run, double percentile)
{
    const struct record *record = r->run[run].record;
    uint64_t most = 0, all = 0;

    (void)percentile;
    for (uint32_t b = 0; record && b < record->backends; b++) {
        uint64_t asked = 0;

        for (uint32_t i = slices_backend_first(record); i < slices_backend_end(record); i++)
            asked += record_backend(record, b, i)->asked;
        most = asked > most ? asked : most;
        all += asked;
    }
    return all ? (double)most * (double)r->plan.backends / (double)all : NAN;
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
    return r->run[run].record ? (double)slices_total(r->run[run].record).attempts : NAN;
}

static double run_retries(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return r->run[run].record ? (double)slices_total(r->run[run].record).retries : NAN;
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
    { "throughput", METRIC_PER_SECOND, METRIC_MORE,
      "requests that succeeded while others still arrived, per second", policy_throughput,
      run_throughput },
    { "imbalance", METRIC_RATIO, METRIC_NEITHER,
      "requests that reached the busiest backend, over the mean of all", policy_imbalance,
      run_imbalance },
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
