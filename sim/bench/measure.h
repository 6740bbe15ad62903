/* measure.h - one algorithm at one number of backends, one round. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "bench.h"

/* Who is there: names, ids and weights, made once so that making them is not measured. */
struct measure_pool;
struct measure_pool *measure_pool_new(uint32_t backends);
void                 measure_pool_free(struct measure_pool *);

struct measured {
    double   ns[BENCH_FIGURES];
    uint64_t times[BENCH_FIGURES];
    uint64_t bytes;
};

/* Builds it, asks it for `time` without and for `time` with completions, takes one backend away and
 * throws it away.  0, or -1 with *why (static text): it refused the backends. */
int measure_round(const struct policy *, const struct measure_pool *, nsec time,
                  struct measured *, const char **why);

/* The same loop of picks around an algorithm that does nothing: ns, and *times. */
double measure_loop(nsec time, uint64_t *times);

#endif
