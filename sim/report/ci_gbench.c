/* ci_gbench.c - google-benchmark's JSON: what its compare.py and many dashboards read.
 *
 * A benchmark is a latency of a policy, a repetition a seed.  The times are simulated, so real_time
 * and cpu_time are the same, and the context claims nothing about a machine. */
#include "ci_format.h"

#include "../base/xalloc.h"
#include "../results/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A latency of one policy, over its seeds. */
struct series {
    const struct result *result;
    uint32_t policy, family;
    struct ci_metric metric;
    double *x;                      /* [n], by seed */
    uint64_t *requests;             /* [n] */
    uint32_t n;
};

static void put_context(struct json *j, const struct result_environment *e)
{
    json_open(j, "context", '{');
    json_text(j, "date", e->started);
    json_text(j, "host_name", "simulated");
    json_text(j, "executable", "lblab");
    json_count(j, "num_cpus", 1);
    json_count(j, "mhz_per_cpu", 0);
    json_bool(j, "cpu_scaling_enabled", false);
    json_open(j, "caches", '[');
    json_close(j, ']');
    json_open(j, "load_avg", '[');
    json_close(j, ']');
    json_text(j, "library_version", e->version);
    json_text(j, "library_build_type", "release");
    json_count(j, "json_schema_version", 1);
    json_close(j, '}');
}

static void put_names(struct json *j, const struct series *s, const char *suffix)
{
    char run_name[CI_TEXT], name[CI_TEXT + 16], safe[CI_SAFE];

    snprintf(run_name, sizeof run_name, "%s/%s/%s", s->result->plan.scenario,
             s->result->policy[s->policy].name, s->metric.name);
    snprintf(name, sizeof name, "%s%s", run_name, suffix);
    json_text(j, "name", ci_safe(safe, name));
    json_count(j, "family_index", s->family);
    json_count(j, "per_family_instance_index", 0);
    json_text(j, "run_name", ci_safe(safe, run_name));
    json_text(j, "run_type", *suffix ? "aggregate" : "iteration");
    json_count(j, "repetitions", s->n);
}

static void put_time(struct json *j, uint64_t iterations, double ns)
{
    json_count(j, "iterations", iterations);
    json_number(j, "real_time", ns);
    json_number(j, "cpu_time", ns);
    json_text(j, "time_unit", "ns");
    json_close(j, '}');
}

static void put_repetition(struct json *j, const struct series *s, uint32_t i)
{
    json_open(j, NULL, '{');
    put_names(j, s, "");
    json_count(j, "repetition_index", i);
    json_count(j, "threads", 1);
    put_time(j, s->requests[i], s->x[i]);
}

static void put_aggregate(struct json *j, const struct series *s, const char *name, double ns)
{
    char suffix[16];

    snprintf(suffix, sizeof suffix, "_%s", name);
    json_open(j, NULL, '{');
    put_names(j, s, suffix);
    json_count(j, "threads", 1);
    json_text(j, "aggregate_name", name);
    json_text(j, "aggregate_unit", "time");
    put_time(j, s->n, ns);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double mean(const double *x, uint32_t n)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

static double deviation(const double *x, uint32_t n)
{
    double sum = 0, m = mean(x, n);

    for (uint32_t i = 0; i < n; i++)
        sum += (x[i] - m) * (x[i] - m);
    return sqrt(sum / (n - 1));
}

/* Sorts x. */
static double median(double *x, uint32_t n)
{
    qsort(x, n, sizeof *x, by_value);
    return (x[(n - 1) / 2] + x[n / 2]) / 2;
}

static void put_series(struct json *j, struct series *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        put_repetition(j, s, i);
    if (s->n < 2)
        return;
    put_aggregate(j, s, "mean", mean(s->x, s->n));
    put_aggregate(j, s, "stddev", deviation(s->x, s->n));
    put_aggregate(j, s, "median", median(s->x, s->n));
}

/* The seeds in which it has a value. */
static void fill(struct series *s)
{
    s->n = 0;
    for (uint32_t run = 0; run < s->result->runs; run++) {
        double x = s->result->run[run].policy == s->policy
                       ? ci_of_run(s->result, run, &s->metric) : NAN;

        if (isnan(x))
            continue;
        s->x[s->n] = x;
        s->requests[s->n++] = s->result->run[run].requests;
    }
}

static void put_result(struct json *j, const struct result *r, uint32_t *family)
{
    struct ci_metric list[CI_METRICS];
    struct series s = { .result = r, .x = xcalloc(r->runs, sizeof *s.x),
                        .requests = xcalloc(r->runs, sizeof *s.requests) };
    uint32_t n = ci_metrics(list, r);

    for (uint32_t p = 0; p < r->plan.policies; p++)
        for (uint32_t m = 0; m < n; m++) {
            if (list[m].of->unit != METRIC_NS)
                continue;
            s.policy = p;
            s.metric = list[m];
            fill(&s);
            s.family = *family;
            *family += s.n > 0;
            put_series(j, &s);
        }
    free(s.x);
    free(s.requests);
}

void ci_write_gbench(FILE *f, const struct ci_input *in)
{
    struct json j = json_begin(f, 2);
    uint32_t family = 0;

    json_open(&j, NULL, '{');
    put_context(&j, in->environment);
    json_open(&j, "benchmarks", '[');
    for (uint32_t i = 0; i < in->results; i++)
        put_result(&j, in->result[i], &family);
    json_close(&j, ']');
    json_close(&j, '}');
    json_end(&j);
}
