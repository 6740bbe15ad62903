/* copies.c - several copies of a request: the first that is done counts (redundancy, hedging), or
 * the last (fan-out). */
#include "chain.h"
#include "groups.h"
#include "mg1.h"
#include "queueing.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdio.h>

/* ---- redundancy ---- */

static void redundancy(struct verify *v)
{
    static const struct { uint32_t k, d; double lambda; } row[] = {
        { 3, 2, 0.8 }, { 10, 2, 0.8 }, { 4, 3, 0.7 },
    };
    char id[48], hedge[80];
    struct sample s;

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++) {
        const struct queueing q = { .algorithm = "'random'", .backends = row[i].k,
                                    .rate = row[i].k * row[i].lambda, .balancer = hedge,
                                    .warmup = 300, .thousands = 25 };

        snprintf(hedge, sizeof hedge, ", 'hedge': { 'after': '0', 'max': %u, 'redraw': true }",
                 row[i].d - 1);
        snprintf(id, sizeof id, "redundancy/%u-of-%u/lambda=%g", row[i].d, row[i].k, row[i].lambda);
        queueing_run(v, &q, &s);
        queueing_mean(v, id, "mean", "redundancy-d: a sum over i = d .. k (Gardner et al. 2017)",
                      theory_redundancy_mean(row[i].k, row[i].d, row[i].lambda), s.mean, s.n);
    }

    /* At both of two: whichever is done frees both, so one server of twice the rate. */
    const struct law both = theory_exponential(2 * (1 - 0.8));
    const struct queueing q = {
        .algorithm = "'round_robin'", .backends = 2, .rate = 1.6, .warmup = 400, .thousands = 35,
        .balancer = ", 'hedge': { 'after': '0', 'max': 1, 'redraw': true }" };

    queueing_run(v, &q, &s);
    queueing_law(v, "redundancy/2-of-2/lambda=0.8", "all at all servers: M/M/1 of their sum", &both,
                 &s, ROWS_LAW, 0, NULL);
}

const struct verify_group verify_redundancy = {
    .name = "redundancy", .about = "d copies at once, the first counts, the others are cancelled",
    .run = redundancy };

/* ---- hedging without queues ---- */

struct hedge { double after; theory_tail *service; };

static double exponential_tail(double t, const void *unused)
{
    (void)unused;
    return exp(-t);
}

/* sigma 1, mean 1 */
static double lognormal_tail(double t, const void *unused)
{
    (void)unused;
    return t > 0 ? gsl_cdf_lognormal_Q(t, -0.5, 1) : 1;
}

/* Both copies are still out; the second began `after` later. */
static double hedged_tail(double t, const void *arg)
{
    const struct hedge *h = arg;

    return h->service(t, NULL) * (t > h->after ? h->service(t - h->after, NULL) : 1);
}

static double hedged(double t, void *arg)
{
    return hedged_tail(t, arg);
}

static struct law hedged_law(struct hedge *h)
{
    gsl_integration_workspace *w = gsl_integration_workspace_alloc(1000);
    gsl_function f = { .function = hedged, .params = h };
    double before, behind, error;

    gsl_integration_qag(&f, 0, h->after, 0, 1e-9, 1000, GSL_INTEG_GAUSS61, w, &before, &error);
    gsl_integration_qagiu(&f, h->after, 0, 1e-9, 1000, w, &behind, &error);
    gsl_integration_workspace_free(w);
    return theory_law(hedged_tail, h, before + behind);
}

static void hedging(struct verify *v)
{
    static const struct {
        const char *name;
        const struct service *service;
        theory_tail *tail;
        double after;
    } row[] = {
        { "exp/after=1", &service_exponential, exponential_tail, 1 },
        { "lognormal/after=p95", &service_lognormal, lognormal_tail, 3.1422 },
    };
    char id[48], text[96];
    struct sample s;

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++) {
        struct hedge h = { row[i].after, row[i].tail };
        const struct law law = hedged_law(&h);
        const struct queueing q = {
            .algorithm = "'random'", .backends = 10, .workers = "'unlimited'", .rate = 10,
            .service = row[i].service->json, .balancer = text, .warmup = 100, .thousands = 20 };

        snprintf(text, sizeof text, ", 'hedge': { 'after': '%.4fs', 'max': 1, 'redraw': true }",
                 row[i].after);
        snprintf(id, sizeof id, "hedging/%s", row[i].name);
        queueing_run(v, &q, &s);
        queueing_law(v, id, "independent copies: P(S > t) P(S > t - after)", &law, &s, ROWS_LAW, 0,
                     NULL);
        queueing_mean(v, id, "attempts", "1 + P(S > after)", 1 + row[i].tail(row[i].after, NULL),
                      s.attempts, s.n);
    }

    /* The same work again cannot be quicker. */
    const struct law alone = theory_exponential(1);
    const struct queueing q = {
        .algorithm = "'random'", .backends = 10, .workers = "'unlimited'", .rate = 10,
        .balancer = ", 'hedge': { 'after': '1s', 'max': 1 }", .warmup = 100, .thousands = 20 };

    queueing_run(v, &q, &s);
    queueing_law(v, "hedging/same-demand", "a copy of the same work is never first", &alone, &s,
                 ROW_MEAN | ROW_P99, 0, NULL);
}

const struct verify_group verify_hedging = {
    .name = "hedging", .about = "a second copy after a while, on idle servers", .run = hedging };

/* ---- fan-out ---- */

static double slowest_tail(double t, const void *n)
{
    return -expm1(*(const double *)n * log1p(-exp(-t)));
}

static void all_idle(struct verify *v, uint32_t n)
{
    const double leaves = n;
    double mean = 0;
    char id[32];
    const struct queueing q = { .algorithm = "'round_robin'", .backends = n, .rate = 10,
                                .workers = "'unlimited'", .balancer = ", 'fan_out': 'all'",
                                .warmup = 10, .thousands = n > 50 ? 1 : 15 };
    struct sample s;

    for (uint32_t i = 1; i <= n; i++)
        mean += 1.0 / i;

    const struct law law = theory_law(slowest_tail, &leaves, mean);

    snprintf(id, sizeof id, "fanout/idle/n=%u", n);
    queueing_run(v, &q, &s);
    queueing_law(v, id, "the slowest of n: F(t)^n", &law, &s,
                 n > 50 ? ROWS_LAW & ~ROW_P999 : ROWS_LAW, 0, NULL);
}

static void fan_out(struct verify *v)
{
    static const double rho[] = { 0.5, 0.8 };
    struct sample s;
    char id[48];

    for (uint32_t i = 0; i < verify_effort(v, 1, ARRAY_LEN(rho), ARRAY_LEN(rho)); i++) {
        const struct law law = chain_fork_join(rho[i]);
        const struct queueing q = { .algorithm = "'round_robin'", .backends = 2, .rate = rho[i],
                                    .balancer = ", 'fan_out': 2", .warmup = 500,
                                    .thousands = 35 };

        snprintf(id, sizeof id, "fanout/fork-join/rho=%g", rho[i]);
        queueing_run(v, &q, &s);
        queueing_law(v, id, "two M/M/1: (12 - rho) / 8 (1 - rho), and their chain", &law, &s,
                     ROWS_LAW, 0, NULL);
    }
    all_idle(v, 10);
    all_idle(v, 100);

    /* One in a hundred is slow: 63 % of those that need a hundred wait for a slow one. */
    const double slow = -expm1(100 * log1p(-0.01));
    const struct queueing q = {
        .algorithm = "'round_robin'", .backends = 100, .rate = 10, .workers = "'unlimited'",
        .service = "{ 'dist': 'bimodal', 'fast': '10ms', 'slow': '1s', 'slow_share': 0.01 }",
        .balancer = ", 'fan_out': 'all'", .warmup = 10, .thousands = 1 };

    queueing_run(v, &q, &s);
    queueing_mean(v, "fanout/slow=1%/n=100", "mean", "1 - (1 - p)^n are slow",
                  slow + 0.01 * (1 - slow), s.mean, s.n);
}

const struct verify_group verify_fanout = {
    .name = "fanout", .about = "to several at once, the last counts", .run = fan_out };
