/* choices.c - policies that look at queues: the shorter of d, the shortest of all. */
#include "chain.h"
#include "groups.h"
#include "meanfield.h"
#include "mg1.h"
#include "queueing.h"

#include <stdio.h>

/* What the expansion in 1/n leaves out is of the order of 1/n^2; the square of what it adds is
 * taken for it. */
static void many(struct verify *v, uint32_t d, enum meanfield_draw draw, double rho,
                 uint32_t thousands)
{
    const uint32_t n = 100;
    double second;
    const struct law law = meanfield(d, draw, rho, n, &second);
    char id[64], algorithm[80];
    const struct queueing q = { .algorithm = algorithm, .backends = n, .rate = n * rho,
                                .warmup = 150, .thousands = thousands };
    struct sample s;

    snprintf(algorithm, sizeof algorithm, "{ 'name': 'p2c', 'choices': %u, 'replacement': %s }", d,
             draw == DRAW_DIFFERENT ? "false" : "true");
    snprintf(id, sizeof id, "jsqd/%u-of-100%s/rho=%g", d,
             draw == DRAW_DIFFERENT ? "" : "-with", rho);
    queueing_run(v, &q, &s);
    queueing_law(v, id, "mean field, refined to 1/n (Gast and Van Houdt 2017)", &law, &s, ROWS_LAW,
                 second, "the terms of 1/n^2");
}

static void few(struct verify *v, const char *id, const char *algorithm, enum chain_rule rule,
                uint32_t n, double rho, uint32_t thousands)
{
    const struct law law = chain_servers(rule, n, rho);
    const struct queueing q = { .algorithm = algorithm, .backends = n, .rate = n * rho,
                                .warmup = rho > 0.85 ? 2000 : 500, .thousands = thousands };
    struct sample s;

    queueing_run(v, &q, &s);
    queueing_law(v, id, "the chain of sorted queue lengths, solved", &law, &s, ROWS_LAW, 0, NULL);
}

static void jsqd(struct verify *v)
{
    many(v, 2, DRAW_DIFFERENT, 0.5, 60);
    many(v, 2, DRAW_DIFFERENT, 0.9, 60);
    many(v, 3, DRAW_DIFFERENT, 0.7, 60);
    if (v->length > VERIFY_SHORT) {
        many(v, 2, DRAW_WITH_REPLACEMENT, 0.5, 60);
        many(v, 2, DRAW_WITH_REPLACEMENT, 0.9, 60);
        many(v, 3, DRAW_WITH_REPLACEMENT, 0.7, 60);
        many(v, 3, DRAW_DIFFERENT, 0.9, 60);
    }
    few(v, "jsqd/2-of-3/rho=0.8", "'p2c'", CHAIN_TWO, 3, 0.8, 40);
    few(v, "jsqd/2-of-3-with/rho=0.8", "{ 'name': 'p2c', 'replacement': true }", CHAIN_TWO_WITH, 3,
        0.8, 40);
}

const struct verify_group verify_jsqd = {
    .name = "jsqd", .about = "the shorter of d queues, drawn with and without replacement",
    .run = jsqd };

static void jsq(struct verify *v)
{
    few(v, "jsq/n=2/rho=0.5", "'least_conn'", CHAIN_SHORTEST, 2, 0.5, 15);
    few(v, "jsq/n=2/rho=0.8", "'least_conn'", CHAIN_SHORTEST, 2, 0.8, 40);
    if (v->length > VERIFY_SHORT)
        few(v, "jsq/n=2/rho=0.9", "'least_conn'", CHAIN_SHORTEST, 2, 0.9, 70);
    few(v, "jsq/n=3/rho=0.8", "'least_conn'", CHAIN_SHORTEST, 3, 0.8, 40);
    few(v, "jsq/p2c(choices=3)/n=3/rho=0.8", "{ 'name': 'p2c', 'choices': 3 }", CHAIN_SHORTEST, 3,
        0.8, 40);
}

const struct verify_group verify_jsq = {
    .name = "jsq", .about = "the shortest queue of two and three, exactly", .run = jsq };

static void jiq(struct verify *v)
{
    few(v, "jiq/n=2/rho=0.5", "'jiq'", CHAIN_IDLE, 2, 0.5, 15);
    few(v, "jiq/n=2/rho=0.8", "'jiq'", CHAIN_IDLE, 2, 0.8, 40);
    few(v, "jiq/tokens/n=2/rho=0.8", "'jiq_tokens'", CHAIN_IDLE, 2, 0.8, 40);
    if (v->length > VERIFY_SHORT)
        few(v, "jiq/n=3/rho=0.7", "'jiq'", CHAIN_IDLE, 3, 0.7, 35);
}

const struct verify_group verify_jiq = {
    .name = "jiq", .about = "an idle one if there is one, else any: two and three, exactly",
    .run = jiq };

/* ---- least work left is one queue before all workers ---- */

struct sums { u128 time[VERIFY_REPLICATIONS]; };

static void keep_sum(const struct record *r, uint32_t replication, void *arg)
{
    ((struct sums *)arg)->time[replication] = r->sojourn;
}

static void sums_of(const struct verify *v, struct sums *sums, const struct service *service,
                    const char *algorithm, uint32_t backends, uint32_t workers)
{
    struct sample unused;

    experiment_look(v, &unused, VERIFY_REPLICATIONS, keep_sum, sums,
                    "{ 'version': 1, 'name': 'verify', 'run': { 'requests': %u },"
                    " 'measure': { 'interval': '8000h' },"
                    " 'clients': [ { 'name': 'c', 'to': 'lb',"
                    "   'arrival': { 'process': 'poisson', 'rate': '%.9f/s' } } ],"
                    " 'balancers': [ { 'name': 'lb', 'algorithm': '%s', 'to': 's' } ],"
                    " 'backends': [ { 'name': 's', 'count': %u, 'workers': %u,"
                    "   'service': %s } ] }",
                    queueing_length(v, 10), 0.9 * backends * workers, algorithm, backends, workers,
                    service->json);
}

/* The same arrivals and demands: every request must start when it does behind one queue, so the
 * times in the system have the same sum, to the nanosecond. */
static void to_the_nanosecond(struct verify *v, const struct service *service, uint32_t c)
{
    struct sums apart, together;
    uint32_t different = 0;
    char id[64];

    sums_of(v, &apart, service, "least_work", c, 1);
    sums_of(v, &together, service, "round_robin", 1, c);
    for (uint32_t k = 0; k < VERIFY_REPLICATIONS; k++)
        different += apart.time[k] != together.time[k];
    snprintf(id, sizeof id, "lwl/sums/%s/c=%u/different", service->name, c);
    verify_exact(v, id, "least work left = first come first served, G/G/c", 0, different, 0);
}

static void lwl(struct verify *v)
{
    static const struct { uint32_t c; double rho; uint32_t warmup, thousands; } row[] = {
        { 2, 0.8, 500, 35 }, { 10, 0.9, 600, 60 },
    };

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++) {
        const struct law law = theory_mmc(row[i].c, row[i].rho);
        const struct queueing q = { .algorithm = "'least_work'", .backends = row[i].c,
                                    .rate = row[i].c * row[i].rho, .warmup = row[i].warmup,
                                    .thousands = row[i].thousands };
        struct sample s;
        char id[32];

        snprintf(id, sizeof id, "lwl/c=%u/rho=%g", row[i].c, row[i].rho);
        queueing_run(v, &q, &s);
        queueing_law(v, id, "M/M/c: Erlang C", &law, &s, ROWS_LAW, 0, NULL);
    }
    to_the_nanosecond(v, &service_exponential, 3);
    to_the_nanosecond(v, &service_lognormal, 4);
    to_the_nanosecond(v, &service_pareto1000, 10);
}

const struct verify_group verify_lwl = {
    .name = "lwl", .about = "least work left: the same as one queue before all workers",
    .run = lwl };
