/* queueing.c - see queueing.h. */
#include "queueing.h"

#include <stdio.h>

/* A quantile is the highest value of its bucket, and a bucket is at most so wide. */
static const double bucket = 1.0 / 1024;

static const char *given(const char *text, const char *preset)
{
    return text ? text : preset;
}

uint32_t queueing_length(const struct verify *v, uint32_t thousands)
{
    return 100 * thousands * verify_effort(v, 4, 26, 400);
}

void queueing_run(const struct verify *v, const struct queueing *q, struct sample *s)
{
    experiment(v, s, VERIFY_REPLICATIONS,
               "{ 'version': 1, 'name': 'verify', 'run': { 'requests': %u, 'warmup': '%us' },"
               " 'measure': { 'interval': '8000h' },"
               " 'clients': [ { 'name': 'c', 'to': 'lb',"
               "   'arrival': { 'process': 'poisson', 'rate': '%.9f/s' } } ],"
               " 'balancers': [ { 'name': 'lb', 'algorithm': %s, 'to': 's' %s } ],"
               " 'backends': [ { 'name': 's', 'count': %u, 'workers': %s, 'discipline': '%s',"
               "   'service': %s %s } ] }",
               queueing_length(v, q->thousands), q->warmup, q->rate, q->algorithm,
               given(q->balancer, ""), q->backends, given(q->workers, "1"),
               given(q->discipline, "fifo"), given(q->service, EXPONENTIAL), given(q->pool, ""));
}

void queueing_mean(struct verify *v, const char *id, const char *of, const char *source,
                   double expected, const double *got, uint32_t n)
{
    char name[64];

    snprintf(name, sizeof name, "%s/%s", id, of);
    verify_mean(v, name, source, expected, got, n, 0, NULL);
}

void queueing_law(struct verify *v, const char *id, const char *source, const struct law *law,
                  const struct sample *s, uint32_t rows, double off, const char *because)
{
    const struct {
        const char *of;
        double expected, pooled;
        const double *each;
    } quantile[] = {
        { "p50", law->p50, s->all_p50, s->p50 },
        { "p90", law->p90, s->all_p90, s->p90 },
        { "p99", law->p99, s->all_p99, s->p99 },
        { "p99.9", law->p999, s->all_p999, s->p999 },
    };
    char name[64], why[120];

    if (v->length == VERIFY_SHORT)
        rows &= ~(uint32_t)ROW_P999;
    snprintf(name, sizeof name, "%s/mean", id);
    if (rows & ROW_MEAN)
        verify_mean(v, name, source, law->mean, s->mean, s->n, off, because);
    snprintf(why, sizeof why, "a histogram's bucket%s%s", because ? " and " : "",
             given(because, ""));
    for (uint32_t i = 0; i < ARRAY_LEN(quantile); i++) {
        if (!(rows & ((uint32_t)ROW_P50 << i)))
            continue;
        snprintf(name, sizeof name, "%s/%s", id, quantile[i].of);
        verify_quantile(v, name, source, quantile[i].expected, quantile[i].pooled,
                        quantile[i].each, s->n, off + bucket, why);
    }
}
