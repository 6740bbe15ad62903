/* signals.c - balancers that go by what servers say: tokens of idle ones, a board that is out of
 * date, and the order of policies that Prequal's paper reports. */
#include <stdio.h>

#include "groups.h"
#include "old_news.h"
#include "queueing.h"

/* ---- old news, against the limit of very many servers ---- */

static void tokens(struct verify *v, double load)
{
    const struct queueing q = { .algorithm = "'jiq_tokens'", .backends = 500, .rate = 500 * load,
                                .balancer = ", 'instances': 50", .warmup = 60, .thousands = 12 };
    struct sample s;
    char id[64];

    snprintf(id, sizeof id, "old/tokens/rho=%g/mean", load);
    queueing_run(v, &q, &s);
    verify_mean(v, id, "Lu et al. 2011, with tokens that stay where they are: mean field",
                old_news_tokens(10, load), s.mean, s.n, 0.015,
                "50 lists of 10 servers each are not infinitely many");
}

static void board(struct verify *v, uint32_t d, uint32_t period)
{
    char algorithm[64], balancer[80], id[64];
    /* thousands: the short form's window is of three periods of 5 s */
    const struct queueing q = { .algorithm = algorithm, .backends = 500, .rate = 400,
                                .balancer = balancer, .warmup = 60, .thousands = 15 };
    struct sample s;

    snprintf(algorithm, sizeof algorithm, "{ 'name': 'least_reported', 'choices': %u }", d);
    snprintf(balancer, sizeof balancer, ", 'reports': { 'interval': '%us', 'together': true }",
             period);
    snprintf(id, sizeof id, "old/board/d=%u/period=%u/mean", d, period);
    queueing_run(v, &q, &s);
    verify_mean(v, id, "Mitzenmacher 2000, periodic updates: mean field",
                old_news_board(d, period, 0.8), s.mean, s.n, 0.015,
                "500 servers are not infinitely many");
}

static void old(struct verify *v)
{
    tokens(v, 0.5);
    tokens(v, 0.9);
    board(v, 2, 1);
    board(v, 2, 5);
    board(v, 3, 5);
}

const struct verify_group verify_old = {
    .name = "old", .about = "idle tokens and boards of load that are out of date, by mean fields",
    .run = old };

/* ---- Prequal's order ---- */

enum { TRIALS = 4 };

/* As in the paper: 100 clients, 100 replicas, half of which have a neighbour on their machine (0.6
 * of the speed here), work whose deviation is its mean; at 81 % of what all can do. */
static void replicas(const struct verify *v, struct sample *sample, const char *algorithm)
{
    char speed[512];
    int used = 0;

    for (uint32_t i = 0; i < 100; i++)
        used += snprintf(speed + used, sizeof speed - (size_t)used, "%s%s", i == 0 ? "" : ",",
                         i < 50 ? "1" : "0.6");
    experiment(v, sample, TRIALS,
               "{ 'version': 1, 'name': 't', 'run': { 'duration': '%us', 'warmup': '3s' },"
               "  'clients': [ { 'name': 'c', 'to': 'lb', 'count': 1000, 'timeout': '5s',"
               "    'arrival': { 'process': 'poisson', 'rate': '6500/s' } } ],"
               "  'balancers': [ { 'name': 'lb', 'instances': 100, 'algorithm': %s,"
               "    'reports': { 'interval': '500ms' }, 'to': 's' } ],"
               "  'backends': [ { 'name': 's', 'count': 100, 'workers': 2, 'discipline': 'ps',"
               "    'service': { 'dist': 'exponential', 'mean': '20ms' }, 'speed': [%s] } ] }",
               verify_effort(v, 5, 8, 20), algorithm, speed);
}

static void check_p99(struct verify *v, const char *id, const struct sample *quicker,
                      const struct sample *slower)
{
    double sum = 0;

    for (uint32_t k = 0; k < TRIALS; k++)
        sum += quicker->p99[k] / slower->p99[k];
    verify_range(v, id, "Wydrowski et al., NSDI 2024, their table of rules: the order at high load",
                 0, 1, sum / TRIALS, "ratio of p99, the same arrivals and work in both");
}

static void prequal(struct verify *v)
{
    struct sample probes, polled, weighted, turns;

    replicas(v, &probes, "'prequal'");
    replicas(v, &polled, "{ 'name': 'least_reported', 'choices': 2 }");
    replicas(v, &weighted, "{ 'name': 'static_stride', 'blackout_period': '1s' }");
    replicas(v, &turns, "'round_robin'");
    check_p99(v, "prequal/order/p99/prequal<polled_po2c", &probes, &polled);
    check_p99(v, "prequal/order/p99/polled_po2c<wrr", &polled, &weighted);
    check_p99(v, "prequal/order/p99/wrr<round_robin", &weighted, &turns);
}

const struct verify_group verify_prequal = {
    .name = "prequal", .about = "the order of policies that Prequal's paper reports, half of the "
                                "machines shared", .run = prequal };
