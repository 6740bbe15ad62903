/* splitting.c - policies that do not look at the queues: by lot, in turn; and trying again. */
#include "groups.h"
#include "queueing.h"

#include <math.h>
#include <stdio.h>

static void split(struct verify *v)
{
    static const struct { const char *id, *algorithm; } row[] = {
        { "split/random/n=10/rho=0.8", "'random'" },
        { "split/p2c(choices=1)/n=10/rho=0.8", "{ 'name': 'p2c', 'choices': 1 }" },
    };
    const struct law same = theory_mm1(0.8);
    struct sample s;

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++) {
        const struct queueing q = { .algorithm = row[i].algorithm, .backends = 10, .rate = 8,
                                    .warmup = 500, .thousands = 35 };

        queueing_run(v, &q, &s);
        queueing_law(v, row[i].id, "a Poisson stream split by lot: n times M/M/1", &same, &s,
                     ROWS_LAW, 0, NULL);
    }

    /* Speeds 1, 1, 2, 4 in all 8, weights alike: every server at 0.8, M/M/1 in its own time. */
    static const double share[] = { 0.125, 0.125, 0.25, 0.5 }, rate[] = { 0.2, 0.2, 0.4, 0.8 };
    const struct law mixed = theory_mixture(share, rate, ARRAY_LEN(share));
    const struct queueing q = { .algorithm = "'random'", .backends = 4, .rate = 6.4,
                                .pool = ", 'speed': [1, 1, 2, 4], 'weight': [1, 1, 2, 4]",
                                .warmup = 500, .thousands = 35 };

    queueing_run(v, &q, &s);
    queueing_law(v, "split/weighted/rho=0.8", "by lot with weights: a mixture of M/M/1", &mixed, &s,
                 ROWS_LAW, 0, NULL);
}

const struct verify_group verify_split = {
    .name = "split", .about = "by lot, also with weights: M/M/1 at every server", .run = split };

/* ---- in turn ---- */

static void rr(struct verify *v)
{
    static const struct { uint32_t n; double rho; uint32_t warmup, thousands; } row[] = {
        { 2, 0.8, 500, 35 }, { 4, 0.5, 100, 15 }, { 10, 0.8, 400, 35 }, { 10, 0.9, 1500, 60 },
        { 100, 0.8, 200, 50 },
    };
    double speed[100];
    struct sample s;
    char id[32];

    for (uint32_t i = 0; i < ARRAY_LEN(speed); i++)
        speed[i] = 1;
    for (uint32_t i = 0; i < ARRAY_LEN(row); i++) {
        double rate = row[i].n * row[i].rho;
        const struct law law = theory_round_robin(row[i].n, rate, speed);
        const struct queueing q = { .algorithm = "'round_robin'", .backends = row[i].n,
                                    .rate = rate, .warmup = row[i].warmup,
                                    .thousands = row[i].thousands };

        snprintf(id, sizeof id, "rr/n=%u/rho=%g", row[i].n, row[i].rho);
        if (row[i].rho > 0.85 && v->length == VERIFY_SHORT)
            continue;
        queueing_run(v, &q, &s);
        queueing_law(v, id, "E_n/M/1: exponential with rate 1 - sigma", &law, &s, ROWS_LAW, 0,
                     NULL);
    }

    /* One of ten at half the speed: it is at 0.9 when the others are at 0.45. */
    speed[9] = 0.5;

    const struct law law = theory_round_robin(10, 4.5, speed);
    const struct queueing q = { .algorithm = "'round_robin'", .backends = 10, .rate = 4.5,
                                .pool = ", 'speed': [1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5]",
                                .warmup = 2500, .thousands = 60 };

    queueing_run(v, &q, &s);
    queueing_law(v, "rr/slow-tenth/rho=0.45", "a mixture of E_n/M/1, each in its own time", &law,
                 &s, ROWS_LAW, 0, NULL);
}

const struct verify_group verify_rr = {
    .name = "rr", .about = "in turn: every server's gaps are Erlang", .run = rr };

/* ---- retries ---- */

/* k of n backends answer 500 at once; a further attempt goes to another backend each. */
static void failing_hosts(struct verify *v)
{
    static const struct { uint32_t n, k, m; } row[] = {
        { 10, 3, 0 }, { 10, 3, 1 }, { 10, 3, 2 }, { 10, 5, 4 }, { 100, 10, 1 }, { 3, 2, 2 },
    };
    struct sample s;
    char id[48];

    for (uint32_t i = 0; i < ARRAY_LEN(row); i++) {
        double fails = theory_retry_failure(row[i].n, row[i].k, row[i].m);

        experiment(v, &s, VERIFY_REPLICATIONS,
                   "{ 'version': 1, 'name': 'verify',"
                   " 'run': { 'requests': %u, 'warmup': '1s' },"
                   " 'measure': { 'interval': '8000h' },"
                   " 'clients': [ { 'name': 'c', 'to': 'lb',"
                   "   'arrival': { 'process': 'poisson', 'rate': '1000/s' } } ],"
                   " 'balancers': [ { 'name': 'lb', 'algorithm': 'random', 'to': 's',"
                   "   'retries': { 'max': %u, 'on': ['5xx'] } } ],"
                   " 'backends': [ { 'name': 's', 'count': %u, 'workers': 'unlimited',"
                   "   'service': '1ms' } ],"
                   " 'events': [ { 'at': '0', 'do': 'fail', 'mode': 'error',"
                   "   'target': 's[0..%u]' } ] }",
                   queueing_length(v, 10), row[i].m, row[i].n, row[i].k - 1);
        snprintf(id, sizeof id, "retries/bad=%u-of-%u/max=%u", row[i].k, row[i].n, row[i].m);
        if (fails > 0)
            queueing_mean(v, id, "failed", "C(k, m+1) / C(n, m+1): all draws bad", fails, s.errors,
                          s.n);
        else
            verify_exact(v, "retries/bad=2-of-3/max=2/failed", "one of three is good", 0,
                         s.errors[0], 0);
        if (row[i].m > 0)
            queueing_mean(v, id, "attempts", "sum of C(k, j) / C(n, j), j = 0 .. m",
                          theory_retry_attempts(row[i].n, row[i].k, row[i].m), s.attempts, s.n);
    }
}

/* The work of a request is the same at its second attempt: one too long for the timeout is so
 * again.  e^-2 exceed 2 s of an exponential with mean 1 s. */
static void too_long_twice(struct verify *v)
{
    const struct queueing q = {
        .algorithm = "'random'", .backends = 4, .workers = "'unlimited'", .rate = 10,
        .balancer = ", 'timeout': '2s', 'retries': { 'max': 1, 'on': ['timeout'] }",
        .warmup = 20, .thousands = 10 };
    struct sample s;

    queueing_run(v, &q, &s);
    queueing_mean(v, "retries/timeout=2s", "failed", "e^-2: the same demand again", exp(-2),
                  s.errors, s.n);
    queueing_mean(v, "retries/timeout=2s", "mean", "E[S | S < 2] = 1 - 2 e^-2 / (1 - e^-2)",
                  1 - 2 * exp(-2) / (1 - exp(-2)), s.mean, s.n);
}

static void retries(struct verify *v)
{
    failing_hosts(v);
    too_long_twice(v);
}

const struct verify_group verify_retries = {
    .name = "retries", .about = "further attempts elsewhere: how many, how often in vain",
    .run = retries };
