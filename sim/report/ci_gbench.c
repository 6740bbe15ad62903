/* ci_gbench.c - google-benchmark's JSON: what its compare.py and many dashboards read.
 *
 * A benchmark is a latency of a policy, a repetition a seed.  The times are simulated, and the
 * context claims nothing about a machine. */
#include "ci_format.h"
#include "gbench.h"

#include "../base/xalloc.h"

#include <math.h>
#include <stdlib.h>

/* The seeds in which it has a value. */
static void fill(struct gbench_series *s, uint64_t *requests, const struct result *r,
                 uint32_t policy, const struct ci_metric *metric)
{
    s->n = 0;
    for (uint32_t run = 0; run < r->runs; run++) {
        double x = r->run[run].policy == policy ? ci_of_run(r, run, metric) : NAN;

        if (isnan(x))
            continue;
        s->x[s->n] = x;
        requests[s->n++] = r->run[run].requests;
    }
}

static void put_result(struct json *j, const struct result *r, uint32_t *family)
{
    struct ci_metric list[CI_METRICS];
    char name[CI_TEXT];
    uint64_t *requests = xcalloc(r->runs, sizeof *requests);
    struct gbench_series s = { .name = name, .x = xcalloc(r->runs, sizeof *s.x),
                               .iterations = requests };
    uint32_t n = ci_metrics(list, r);

    for (uint32_t p = 0; p < r->plan.policies; p++)
        for (uint32_t m = 0; m < n; m++) {
            if (list[m].of->unit != METRIC_NS)
                continue;
            fill(&s, requests, r, p, &list[m]);
            snprintf(name, sizeof name, "%s/%s/%s", r->plan.scenario, r->policy[p].name,
                     list[m].name);
            s.family = *family;
            *family += s.n > 0;
            gbench_put(j, &s);
        }
    free(s.x);
    free(requests);
}

void ci_write_gbench(FILE *f, const struct ci_input *in)
{
    static const struct gbench_host nowhere = { "simulated", 1 };
    struct json j = gbench_begin(f, in->environment, &nowhere);
    uint32_t family = 0;

    for (uint32_t i = 0; i < in->results; i++)
        put_result(&j, in->result[i], &family);
    gbench_end(&j);
}
