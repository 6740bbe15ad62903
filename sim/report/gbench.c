/* gbench.c - see gbench.h.  Real and CPU time are the same number: either the time is simulated, or
 * it is CPU time that was measured. */
#include "gbench.h"

#include "ci_format.h"

#include <math.h>
#include <stdlib.h>

static void put_context(struct json *j, const struct result_environment *e,
                        const struct gbench_host *host)
{
    json_open(j, "context", '{');
    json_text(j, "date", e->started);
    json_text(j, "host_name", host->name);
    json_text(j, "executable", "lblab");
    json_count(j, "num_cpus", host->processors);
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

struct json gbench_begin(FILE *f, const struct result_environment *e,
                         const struct gbench_host *host)
{
    struct json j = json_begin(f, 2);

    json_open(&j, NULL, '{');
    put_context(&j, e, host);
    json_open(&j, "benchmarks", '[');
    return j;
}

void gbench_end(struct json *j)
{
    json_close(j, ']');
    json_close(j, '}');
    json_end(j);
}

static void put_names(struct json *j, const struct gbench_series *s, const char *suffix)
{
    char name[CI_TEXT + 16], safe[CI_SAFE];

    snprintf(name, sizeof name, "%s%s", s->name, suffix);
    json_text(j, "name", ci_safe(safe, name));
    json_count(j, "family_index", s->family);
    json_count(j, "per_family_instance_index", 0);
    json_text(j, "run_name", ci_safe(safe, s->name));
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

static void put_repetition(struct json *j, const struct gbench_series *s, uint32_t i)
{
    json_open(j, NULL, '{');
    put_names(j, s, "");
    json_count(j, "repetition_index", i);
    json_count(j, "threads", 1);
    put_time(j, s->iterations[i], s->x[i]);
}

static void put_aggregate(struct json *j, const struct gbench_series *s, const char *name,
                          double ns)
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

void gbench_put(struct json *j, const struct gbench_series *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        put_repetition(j, s, i);
    if (s->n < 2)
        return;
    put_aggregate(j, s, "mean", mean(s->x, s->n));
    put_aggregate(j, s, "stddev", deviation(s->x, s->n));
    put_aggregate(j, s, "median", median(s->x, s->n));
}
