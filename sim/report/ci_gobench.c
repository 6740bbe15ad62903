/* ci_gobench.c - Go's benchmark text (golang.org/design/14313-benchmark-format), so that benchstat
 * compares builds, and policies with -col /policy.  A line a seed: benchstat takes the lines of one
 * name as samples.  The -1 at a name's end keeps it from reading "ewma-12" as twelve threads. */
#include "ci_format.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void ci_gobench_part(FILE *f, const char *text)
{
    char safe[CI_SAFE];

    for (const char *p = ci_safe(safe, text); *p; p++) {
        if (strchr(" /%", *p))
            fprintf(f, "%%%02X", (unsigned)(unsigned char)*p);
        else
            fputc(*p, f);
    }
}

/* "p99-sec", "throughput/sec", "error-rate": benchstat reads the scale off the last word. */
static const char *unit_name(char buf[64], const struct ci_metric *m)
{
    const char *name = strncmp(m->name, "latency.", 8) == 0 ? m->name + 8 : m->name;
    const char *suffix = m->of->unit == METRIC_NS           ? "-sec"
                         : m->of->unit == METRIC_PER_SECOND ? "/sec"
                                                            : "";

    snprintf(buf, 64, "%s%s", name, suffix);
    for (char *p = buf; *p; p++)
        if (*p == '_')
            *p = '-';
    return buf;
}

static double in_base_unit(enum metric_unit unit, double x)
{
    return unit == METRIC_NS ? x / 1e9 : x;
}

/* A unit is told of once, though several results have it. */
static bool is_told(const struct ci_input *in, uint32_t before, const char *name)
{
    struct ci_metric list[CI_METRICS];

    for (uint32_t i = 0; i < before; i++)
        for (uint32_t m = ci_metrics(list, in->result[i]); m-- > 0;)
            if (strcmp(list[m].name, name) == 0)
                return true;
    return false;
}

static void put_units(FILE *f, const struct ci_input *in)
{
    struct ci_metric list[CI_METRICS];
    char unit[64];

    for (uint32_t i = 0; i < in->results; i++) {
        uint32_t n = ci_metrics(list, in->result[i]);

        for (uint32_t m = 0; m < n; m++)
            if (!is_told(in, i, list[m].name))
                fprintf(f, "Unit %s better=%s\n", unit_name(unit, &list[m]),
                        list[m].of->better == METRIC_LESS ? "lower" : "higher");
    }
}

static void put_run(FILE *f, const struct result *r, uint32_t run, const struct ci_metric *list,
                    uint32_t n)
{
    char unit[64];
    bool has_value = false;

    for (uint32_t m = 0; m < n; m++)
        has_value = has_value || !isnan(ci_of_run(r, run, &list[m]));
    if (!has_value)
        return;
    fputs("BenchmarkSim/scenario=", f);
    ci_gobench_part(f, r->plan.scenario);
    fputs("/policy=", f);
    ci_gobench_part(f, r->policy[r->run[run].policy].name);
    fprintf(f, "-1 %" PRIu64, r->run[run].requests);
    for (uint32_t m = 0; m < n; m++) {
        double x = ci_of_run(r, run, &list[m]);

        if (!isnan(x))
            fprintf(f, " %.9g %s", in_base_unit(list[m].of->unit, x), unit_name(unit, &list[m]));
    }
    fputc('\n', f);
}

void ci_write_gobench(FILE *f, const struct ci_input *in)
{
    struct ci_metric list[CI_METRICS];

    /* Not "git: ...": by such keys benchstat would put two builds into two tables. */
    fputs("# lblab ", f);
    ci_gobench_part(f, in->environment->version);
    fputs(", git ", f);
    ci_gobench_part(f, in->environment->git);
    fputc('\n', f);
    put_units(f, in);
    for (uint32_t i = 0; i < in->results; i++) {
        uint32_t n = ci_metrics(list, in->result[i]);

        for (uint32_t run = 0; run < in->result[i]->runs; run++)
            put_run(f, in->result[i], run, list, n);
    }
}
