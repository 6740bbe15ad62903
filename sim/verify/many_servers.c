/* many_servers.c - several workers behind one queue, queues that are full, clients that wait. */
#include "groups.h"
#include "mg1.h"
#include "queueing.h"

#include <stdio.h>

static void mmc(struct verify *v)
{
    static const struct { uint32_t c; double rho; uint32_t warmup, thousands; } row[] = {
        { 2, 0.5, 200, 15 }, { 2, 0.8, 500, 35 }, { 4, 0.9, 1000, 60 }, { 10, 0.8, 200, 35 },
        { 10, 0.9, 600, 60 }, { 100, 0.9, 60, 50 },
    };
    struct sample s;
    char id[32], workers[16];

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++) {
        const struct law law = theory_mmc(row[i].c, row[i].rho);
        const struct queueing q = { .algorithm = "'round_robin'", .backends = 1,
                                    .workers = workers, .rate = row[i].c * row[i].rho,
                                    .warmup = row[i].warmup, .thousands = row[i].thousands };

        snprintf(workers, sizeof workers, "%u", row[i].c);
        snprintf(id, sizeof id, "mmc/c=%u/rho=%g", row[i].c, row[i].rho);
        queueing_run(v, &q, &s);
        queueing_law(v, id, "M/M/c: Erlang C", &law, &s, ROWS_LAW, 0, NULL);
    }

    const struct law alone = theory_exponential(1);
    const struct queueing q = { .algorithm = "'round_robin'", .backends = 1,
                                .workers = "'unlimited'", .rate = 5, .warmup = 30,
                                .thousands = 10 };

    queueing_run(v, &q, &s);
    queueing_law(v, "mmc/unlimited", "M/M/inf: nobody waits", &alone, &s, ROWS_LAW, 0, NULL);
}

const struct verify_group verify_mmc = {
    .name = "mmc", .about = "c workers behind one queue: the whole law", .run = mmc };

/* ---- loss ---- */

struct full {
    uint32_t c, queue;
    double offered;
    const struct service *service;
    uint32_t thousands;
};

/* Those let in, where there is a formula: their mean time, with one worker the whole law. */
static void accepted(struct verify *v, const char *id, const struct full *f, const struct sample *s)
{
    static const char source[] = "M/M/c/K: birth and death, Little's law";
    uint32_t places = f->c + f->queue;

    if (f->service != &service_exponential)
        return;
    if (f->c > 1) {
        queueing_mean(v, id, "mean", source, theory_accepted_mean(f->c, places, f->offered),
                      s->mean, s->n);
        return;
    }

    const struct law law = theory_accepted(places, f->offered);

    queueing_law(v, id, source, &law, s, ROWS_LAW, 0, NULL);
}

static void loss_one(struct verify *v, const struct full *f)
{
    double blocked = theory_blocking(f->c, f->c + f->queue, f->offered);
    char id[48], workers[16], limit[48];
    const struct queueing q = { .algorithm = "'round_robin'", .backends = 1, .workers = workers,
                                .rate = f->offered, .service = f->service->json, .pool = limit,
                                .warmup = 200, .thousands = f->thousands };
    struct sample s;

    snprintf(workers, sizeof workers, "%u", f->c);
    snprintf(limit, sizeof limit, ", 'queue_limit': %u", f->queue);
    snprintf(id, sizeof id, "loss/c=%u/queue=%u/a=%g/%s", f->c, f->queue, f->offered,
             f->service->name);
    queueing_run(v, &q, &s);
    queueing_mean(v, id, "refused",
                  f->queue ? "M/M/c/K: birth and death" : "Erlang B, for every law of service",
                  blocked, s.errors, s.n);
    queueing_mean(v, id, "utilisation", "offered (1 - refused) / c",
                  f->offered * (1 - blocked) / f->c, s.utilisation, s.n);
    accepted(v, id, f, &s);
}

static void loss(struct verify *v)
{
    static const struct full row[] = {
        { 10, 0, 8, &service_exponential, 15 }, { 10, 0, 8, &service_constant, 15 },
        { 10, 0, 8, &service_hyper4, 20 },      { 10, 0, 8, &service_pareto1000, 40 },
        { 1, 0, 0.8, &service_lognormal, 10 },  { 50, 0, 45, &service_exponential, 40 },
        { 1, 9, 0.9, &service_exponential, 25 }, { 2, 3, 1.6, &service_exponential, 15 },
        { 4, 6, 5, &service_exponential, 15 },
    };

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++)
        loss_one(v, &row[i]);
}

const struct verify_group verify_loss = {
    .name = "loss", .about = "queues with an end: who is refused, how long the others take",
    .run = loss };

/* ---- closed loops ---- */

struct loop {
    uint32_t servers, clients;
    double think;
    const char *law;                /* of thinking: "exponential", "constant" */
};

/* From an empty start; half of the relaxation of the slowest lies in the thinking. */
static void closed_one(struct verify *v, const struct loop *l)
{
    const struct closed theory = theory_repairman(l->servers, l->think, l->clients);
    uint32_t warmup = 300;
    double length = queueing_length(v, 12) / theory.throughput;
    struct sample s;
    char id[48];

    experiment(v, &s, VERIFY_REPLICATIONS,
               "{ 'version': 1, 'name': 'verify',"
               " 'run': { 'duration': '%.0fs', 'warmup': '%us' },"
               " 'measure': { 'interval': '8000h' },"
               " 'clients': [ { 'name': 'c', 'to': 'lb', 'count': %u,"
               "   'arrival': { 'process': 'closed', 'think':"
               "     { 'dist': '%s', 'mean': '%.9fs' } } } ],"
               " 'balancers': [ { 'name': 'lb', 'algorithm': 'round_robin', 'to': 's' } ],"
               " 'backends': [ { 'name': 's', 'workers': %u, 'service': " EXPONENTIAL " } ] }",
               length + warmup, warmup, l->clients, l->law, l->think, l->servers);
    snprintf(id, sizeof id, "closed/c=%u/think=%g/n=%u/%s", l->servers, l->think, l->clients,
             l->law);
    queueing_mean(v, id, "throughput", "machine repairman: birth and death, for every law of think",
                  theory.throughput, s.throughput, s.n);
    queueing_mean(v, id, "mean", "Little's law: clients / throughput - think", theory.response,
                  s.mean, s.n);
    if (l->servers == 1) {
        const struct law law = theory_repairman_law(l->think, l->clients);

        queueing_law(v, id, "arrival theorem: Erlang behind the others", &law, &s, ROWS_QUANTILES,
                     0, NULL);
    }
}

static void closed(struct verify *v)
{
    static const struct loop row[] = {
        { 1, 2, 1, "exponential" },   { 1, 10, 10, "exponential" }, { 1, 10, 10, "constant" },
        { 4, 5, 1, "exponential" },   { 4, 50, 10, "exponential" }, { 4, 50, 10, "constant" },
        { 10, 100, 10, "exponential" },
    };

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++)
        closed_one(v, &row[i]);
}

const struct verify_group verify_closed = {
    .name = "closed", .about = "clients that wait for their answer and think", .run = closed };
