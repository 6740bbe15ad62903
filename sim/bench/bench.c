/* bench.c - see bench.h: rounds over all rows, and what their values say. */
#include "bench.h"

#include "engine.h"
#include "measure.h"

#include "../../algorithms/lb.h"
#include "../base/stats.h"
#include "../base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- room ---- */

static struct bench_series new_series(uint32_t rounds)
{
    return (struct bench_series){ xcalloc(rounds, sizeof(double)),
                                  xcalloc(rounds, sizeof(uint64_t)) };
}

static void free_series(struct bench_series *s)
{
    free(s->ns);
    free(s->times);
}

static void init_row(struct bench_row *row, const struct policy *policy, uint32_t backends,
                     uint32_t rounds)
{
    *row = (struct bench_row){ .algorithm = policy->label, .backends = backends,
                               .max_backends = policy->ops->max_backends };
    for (uint32_t f = 0; f < BENCH_FIGURES; f++)
        row->of[f] = new_series(rounds);
}

static void init(struct bench *b, const struct bench_plan *plan)
{
    *b = (struct bench){ .rounds = plan->rounds, .rows = plan->sizes * plan->policies,
                         .loop = new_series(plan->rounds) };
    while (engine_works()[b->engines])
        b->engines++;
    b->row = xcalloc(b->rows, sizeof *b->row);
    b->engine = xcalloc(b->engines, sizeof *b->engine);
    for (uint32_t i = 0; i < b->rows; i++)
        init_row(&b->row[i], &plan->policy[i % plan->policies],
                 plan->backends[i / plan->policies], plan->rounds);
    for (uint32_t i = 0; i < b->engines; i++)
        b->engine[i] = (struct bench_engine_row){ .work = engine_works()[i],
                                                  .request = new_series(plan->rounds) };
}

void bench_fini(struct bench *b)
{
    for (uint32_t i = 0; i < b->rows; i++)
        for (uint32_t f = 0; f < BENCH_FIGURES; f++)
            free_series(&b->row[i].of[f]);
    for (uint32_t i = 0; i < b->engines; i++)
        free_series(&b->engine[i].request);
    free_series(&b->loop);
    free(b->row);
    free(b->engine);
}

/* ---- rounds ---- */

static void measure_row(struct bench_row *row, const struct policy *policy,
                        const struct measure_pool *pool, nsec time, uint32_t round)
{
    struct measured m;

    if (row->refused || measure_round(policy, pool, time, &m, &row->refused) < 0)
        return;
    row->bytes = m.bytes;
    for (uint32_t f = 0; f < BENCH_FIGURES; f++) {
        row->of[f].ns[round] = m.ns[f];
        row->of[f].times[round] = m.times[f];
    }
}

/* How far: a step a row and a piece of work, each round. */
struct steps { const struct bench_listener *listener; uint32_t done, all; };

static void step(struct steps *s)
{
    s->listener->tell(++s->done, s->all, s->listener->arg);
}

static void measure_size(struct bench *b, const struct bench_plan *plan, uint32_t size,
                         uint32_t round, struct steps *steps)
{
    struct measure_pool *pool = measure_pool_new(plan->backends[size]);

    for (uint32_t i = 0; i < plan->policies; i++) {
        measure_row(&b->row[size * plan->policies + i], &plan->policy[i], pool,
                    plan->time / plan->rounds, round);
        step(steps);
    }
    measure_pool_free(pool);
}

static int measure_engine(struct bench_engine_row *row, uint32_t work, uint32_t round,
                          struct err *err)
{
    struct engine_measured m;

    if (engine_round(work, &m, err) < 0)
        return -1;
    row->request.ns[round] = m.ns;
    row->request.times[round] = m.requests;
    row->events = m.events;
    return 0;
}

int bench_run(struct bench *b, const struct bench_plan *plan,
              const struct bench_listener *listener, struct err *err)
{
    struct steps steps = { .listener = listener };

    init(b, plan);
    steps.all = plan->rounds * (b->rows + b->engines);
    for (uint32_t round = 0; round < plan->rounds; round++) {
        b->loop.ns[round] = measure_loop(plan->time / plan->rounds, &b->loop.times[round]);
        for (uint32_t size = 0; size < plan->sizes; size++)
            measure_size(b, plan, size, round, &steps);
        for (uint32_t i = 0; i < b->engines; i++) {
            if (measure_engine(&b->engine[i], i, round, err) < 0)
                return -1;
            step(&steps);
        }
    }
    return 0;
}

/* ---- what they say ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct bench_value bench_value(const struct bench_series *s, uint32_t rounds)
{
    const struct stats_ranks ranks = stats_quantile_ranks(rounds, 0.5, 0.95);
    double *sorted = xcalloc(rounds, sizeof *sorted);
    struct bench_value v = { .low = NAN, .high = NAN };

    memcpy(sorted, s->ns, rounds * sizeof *sorted);
    qsort(sorted, rounds, sizeof *sorted, by_size);
    v.median = (sorted[(rounds - 1) / 2] + sorted[rounds / 2]) / 2;
    if (ranks.low) {
        v.low = sorted[ranks.low - 1];
        v.high = sorted[ranks.high - 1];
    }
    free(sorted);
    return v;
}
