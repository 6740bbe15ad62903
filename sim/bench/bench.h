/* bench.h - what a pick costs on this machine: ns, bytes, building; and what a simulated request
 * costs.  Times are CPU times of this thread, so that other programs do not count. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "../base/err.h"
#include "../nodes/config.h"

/* What is measured of an algorithm at one number of backends. */
enum bench_figure {
    BENCH_PICK,                     /* ns of lb_pick() */
    BENCH_BOTH,                     /* ns of lb_pick() and lb_complete(), one in flight a backend */
    BENCH_BUILD,                    /* ns of lb_new() to the first pick */
    BENCH_REBUILD,                  /* ns of taking one backend away, with the next pick */
    BENCH_FIGURES,
};

enum { BENCH_MOST_ROUNDS = 1000, BENCH_MOST_BACKENDS = 1000000 };

struct bench_plan {
    const struct policy *policy;    /* [policies] */
    const uint32_t *backends;       /* [sizes] */
    uint32_t policies, sizes;
    uint32_t rounds;                /* 1 .. BENCH_MOST_ROUNDS */
    nsec     time;                  /* of PICK and of BOTH each, all rounds together */
};

/* A figure, a value a round, in the order in which they were taken. */
struct bench_series { double *ns; uint64_t *times; };  /* times: how often it was done */

struct bench_row {
    const char *algorithm;          /* the policy's label; borrowed from the plan */
    uint32_t backends;
    const char *refused;            /* why it does not take so many; NULL: it was measured */
    uint32_t max_backends;          /* 0: it says none */
    uint64_t bytes;                 /* all that the balancer holds, after the build */
    struct bench_series of[BENCH_FIGURES];
};

/* One standing scenario on this simulator, one core. */
struct bench_engine_row {
    const char *work;
    struct bench_series request;    /* ns of a simulated request */
    double events;                  /* of a request */
};

struct bench {
    uint32_t rounds, rows, engines;
    struct bench_row *row;          /* size by size, the policies in the plan's order */
    struct bench_engine_row *engine;
    struct bench_series loop;       /* an algorithm that does nothing: in every ns of PICK */
};

struct bench_listener { void (*tell)(uint32_t done, uint32_t all, void *arg); void *arg; };

/* Measures everything once a round, so that what disturbs a while disturbs all alike.  0, or -1
 * with the fault in err: the simulator failed (exit 3).  bench_fini() in any case. */
int  bench_run(struct bench *, const struct bench_plan *, const struct bench_listener *,
               struct err *);
void bench_fini(struct bench *);

/* The median of a series, and the two of its values between which the median of their law lies with
 * a confidence of 95 % or a little more, whatever that law is; NAN when so few cannot tell. */
struct bench_value { double median, low, high; };
struct bench_value bench_value(const struct bench_series *, uint32_t rounds);

#endif
