/* one_server.c - a server with one worker: M/M/1, M/G/1 first come first served, M/G/1 under
 * processor sharing. */
#include "groups.h"
#include "mg1.h"
#include "queueing.h"

#include <stdio.h>

/* Time until an empty system has forgotten that it was empty: many times the relaxation time of
 * M/M/1, 1 / (1 - sqrt(rho))^2, times (1 + cv^2) / 2 for other laws. */
static uint32_t warmup(double rho, double square)
{
    return (uint32_t)(10 * square / ((1 - rho) * (1 - rho))) + 100;
}

static void mm1(struct verify *v)
{
    static const struct { double rho; uint32_t thousands; } row[] = {
        { 0.3, 10 }, { 0.5, 15 }, { 0.7, 25 }, { 0.8, 35 }, { 0.9, 80 },
    };

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++) {
        const struct law law = theory_mm1(row[i].rho);
        const struct queueing q = { .algorithm = "'round_robin'", .backends = 1,
                                    .rate = row[i].rho, .warmup = warmup(row[i].rho, 2),
                                    .thousands = row[i].thousands };
        struct sample s;
        char id[32];

        snprintf(id, sizeof id, "mm1/rho=%g", row[i].rho);
        queueing_run(v, &q, &s);
        queueing_law(v, id, "M/M/1: exponential with rate 1 - rho", &law, &s, ROWS_LAW, 0, NULL);
        queueing_mean(v, id, "utilisation", "rho", row[i].rho, s.utilisation, s.n);
    }
}

const struct verify_group verify_mm1 = {
    .name = "mm1", .about = "one server, exponential service: the whole law", .run = mm1 };

/* ---- any law of service ---- */

struct general {
    const struct service *service;
    double rho;
    uint32_t rows;
    uint32_t thousands;
    enum verify_length from;        /* the shortest form that has it */
};

static void mg1_one(struct verify *v, const struct general *g)
{
    double error, square = g->service->second(g->service->p, 1e9);
    const struct law law = mg1_law(g->service, g->rho, &error);
    const struct queueing q = { .algorithm = "'round_robin'", .backends = 1, .rate = g->rho,
                                .service = g->service->json, .warmup = warmup(g->rho, square),
                                .thousands = g->thousands };
    struct sample s;
    char id[48];

    snprintf(id, sizeof id, "mg1/%s/rho=%g", g->service->name, g->rho);
    queueing_run(v, &q, &s);
    queueing_law(v, id, "Pollaczek-Khinchine: 1 + rho E[S^2] / 2 (1 - rho)", &law, &s,
                 g->rows & ROW_MEAN, 0, NULL);
    queueing_law(v, id, "geometric sum of residual services, by FFT", &law, &s,
                 g->rows & ROWS_QUANTILES, error, "the FFT's lattice");
}

/* At rho = 0.5 the median of M/D/1 is the service itself, where half of all lie: not a row. */
static void mg1(struct verify *v)
{
    static const struct general row[] = {
        { &service_constant, 0.5, ROWS_LAW & ~ROW_P50, 10, VERIFY_SHORT },
        { &service_constant, 0.8, ROWS_LAW, 25, VERIFY_SHORT },
        { &service_constant, 0.9, ROWS_LAW, 40, VERIFY_NORMAL },
        { &service_erlang4, 0.5, ROWS_LAW, 10, VERIFY_NORMAL },
        { &service_erlang4, 0.8, ROWS_LAW, 25, VERIFY_SHORT },
        { &service_erlang4, 0.9, ROWS_LAW, 50, VERIFY_NORMAL },
        { &service_lognormal, 0.5, ROWS_LAW, 30, VERIFY_SHORT },
        { &service_lognormal, 0.8, ROWS_LAW, 60, VERIFY_NORMAL },
        { &service_hyper4, 0.5, ROWS_LAW, 30, VERIFY_SHORT },
        { &service_hyper4, 0.8, ROWS_LAW, 60, VERIFY_NORMAL },
        { &service_pareto100, 0.5, ROWS_LAW, 40, VERIFY_SHORT },
        { &service_pareto100, 0.8, ROWS_LAW, 80, VERIFY_NORMAL },
    };

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++)
        if (v->length >= row[i].from)
            mg1_one(v, &row[i]);
}

const struct verify_group verify_mg1 = {
    .name = "mg1", .about = "one server, any service, first come first served", .run = mg1 };

/* ---- processor sharing ---- */

/* The mean is 1 / (1 - rho) whatever the law: insensitivity. */
static void ps(struct verify *v)
{
    static const struct general row[] = {
        { &service_exponential, 0.5, ROWS_LAW, 20, VERIFY_SHORT },
        { &service_exponential, 0.8, ROWS_LAW, 50, VERIFY_SHORT },
        { &service_exponential, 0.9, ROWS_LAW, 80, VERIFY_NORMAL },
        { &service_constant, 0.8, ROW_MEAN, 20, VERIFY_SHORT },
        { &service_lognormal, 0.8, ROW_MEAN, 30, VERIFY_SHORT },
        { &service_hyper4, 0.8, ROW_MEAN, 30, VERIFY_SHORT },
        { &service_pareto100, 0.8, ROW_MEAN, 30, VERIFY_SHORT },
        { &service_pareto1000, 0.8, ROW_MEAN, 60, VERIFY_NORMAL },
    };

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++) {
        const struct general *g = &row[i];
        const struct law law = g->rows == ROW_MEAN ? (struct law){ .mean = 1 / (1 - g->rho) }
                                                   : theory_ps(g->rho);
        const struct queueing q = {
            .algorithm = "'round_robin'", .backends = 1, .rate = g->rho, .discipline = "ps",
            .service = g->service->json, .thousands = g->thousands,
            .warmup = warmup(g->rho, g->service->second(g->service->p, 1e9)) };
        struct sample s;
        char id[48];

        if (v->length < g->from)
            continue;
        snprintf(id, sizeof id, "ps/%s/rho=%g", g->service->name, g->rho);
        queueing_run(v, &q, &s);
        queueing_law(v, id, "M/G/1-PS: 1 / (1 - rho) for every law", &law, &s, g->rows & ROW_MEAN,
                     0, NULL);
        queueing_law(v, id, "M/M/1-PS: the tagged request's chain", &law, &s,
                     g->rows & ROWS_QUANTILES, 0, NULL);
    }
}

const struct verify_group verify_ps = {
    .name = "ps", .about = "one server shared by all: the mean does not depend on the law",
    .run = ps };
