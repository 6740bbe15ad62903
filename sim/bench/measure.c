/* measure.c - see measure.h.
 *
 * Keys are 8 bytes (4 where they are addresses), another one for each pick, hashed by the host.
 * Requests and outcomes are made between batches, so that their making is not measured.  Without
 * completions: what a batch picked is completed after it.  With completions: as many requests are
 * in flight as there are backends, and each step ends one at random and picks. */
#include "measure.h"

#include "timer.h"

#include "../../algorithms/lb.h"
#include "../base/xalloc.h"
#include "../parts/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 1024, NAME = 24, MOST_WEIGHT = 10, SEED = 1 };
static const nsec BATCH_TIME = 50 * MICROSECOND, LATENCY = 10 * MILLISECOND;

struct measure_pool {
    uint32_t backends;
    char (*name)[NAME];
    uint64_t *id;
    uint32_t *weight;
};

struct measure_pool *measure_pool_new(uint32_t backends)
{
    struct measure_pool *p = xcalloc(1, sizeof *p);

    *p = (struct measure_pool){ .backends = backends, .name = xcalloc(backends, sizeof *p->name),
                                .id = xcalloc(backends, sizeof *p->id),
                                .weight = xcalloc(backends, sizeof *p->weight) };
    for (uint32_t i = 0; i < backends; i++) {
        int length = snprintf(p->name[i], NAME, "10.%u.%u.%u:80", i >> 16 & 255, i >> 8 & 255,
                              i & 255);

        p->id[i] = lb_hash(p->name[i], (size_t)length, 0);
        p->weight[i] = 1 + (uint32_t)(lb_mix(i) % MOST_WEIGHT);
    }
    return p;
}

void measure_pool_free(struct measure_pool *p)
{
    free(p->name);
    free(p->id);
    free(p->weight);
    free(p);
}

/* ---- the host's side ---- */

struct step {
    struct lb_request rq;
    struct lb_outcome outcome;      /* of who is ended in this step */
    uint8_t  key[8];
    uint32_t luck;
};

struct host {
    struct lb *lb;
    struct step step[BATCH];
    uint64_t count;
    nsec     now, between;          /* two picks */
    nsec     timer_cost;
    uint32_t *flight, in_flight;    /* whom the requests in flight went to */
};

static void host_init(struct host *h, struct lb *lb, nsec timer_cost)
{
    /* cppcheck-suppress nullPointerRedundantCheck ; out of memory does not come back */
    nsec between = LATENCY / lb->count;

    h->lb = lb;
    h->between = between ? between : 1;
    h->timer_cost = timer_cost;
    h->count = h->now = h->in_flight = 0;
    h->flight = NULL;
}

/* Latencies are between half and one and a half times the mean. */
static void prepare_step(struct host *h, struct step *s)
{
    uint64_t luck = lb_mix(h->count += 0x9e3779b97f4a7c15u);
    nsec latency = LATENCY / 2 + (luck >> 32) * LATENCY / UINT32_MAX;

    memcpy(s->key, &luck, sizeof s->key);
    s->luck = (uint32_t)luck;
    h->now += h->between;
    s->rq = (struct lb_request){ .now = h->now, .hash = luck, .key = s->key, .work = LATENCY,
                                 .key_length = h->lb->traits & LB_BY_ADDRESS ? 4 : 8 };
    s->outcome = (struct lb_outcome){ .now = h->now, .latency = latency, .load = 0.5,
                                      .result = LB_OK, .rps = 100, .service = latency / 2,
                                      .queued = 1 };
}

static void prepare(struct host *h, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        prepare_step(h, &h->step[i]);
}

static inline void complete(struct host *h, uint32_t backend, const struct step *s)
{
    if (backend < LB_FULL)
        lb_complete(h->lb, backend, &s->outcome);
}

/* ---- picks alone ---- */

static nsec pick_batch(struct host *h, uint32_t n)
{
    uint32_t picked[BATCH];
    nsec begun, took;

    prepare(h, n);
    begun = timer_now();
    for (uint32_t i = 0; i < n; i++)
        picked[i] = lb_pick(h->lb, &h->step[i].rq);
    took = timer_since(begun, h->timer_cost);
    for (uint32_t i = 0; i < n; i++)
        complete(h, picked[i], &h->step[i]);
    return took;
}

/* ---- picks with completions ---- */

static nsec fly_batch(struct host *h, uint32_t n)
{
    nsec begun;

    prepare(h, n);
    begun = timer_now();
    for (uint32_t i = 0; i < n; i++) {
        const struct step *s = &h->step[i];
        uint32_t *slot = &h->flight[(uint64_t)s->luck * h->in_flight >> 32];

        complete(h, *slot, s);
        *slot = lb_pick(h->lb, &s->rq);
    }
    return timer_since(begun, h->timer_cost);
}

/* One a backend, or as many as it takes on in that time; reports from all, if it wants them. */
static void take_off(struct host *h, nsec time)
{
    uint32_t n = h->lb->count;
    nsec begun = timer_now();

    h->flight = xcalloc(n, sizeof *h->flight);
    while (h->in_flight < n
           && (h->in_flight % 64 || !h->in_flight || timer_now() - begun < time)) {
        prepare(h, 1);
        lb_report(h->lb, h->in_flight, &h->step[0].outcome);
        h->flight[h->in_flight++] = lb_pick(h->lb, &h->step[0].rq);
    }
}

/* ---- either ---- */

/* ns a step: batches that are long beside the clock, at first some that are not counted. */
static double repeat(struct host *h, nsec (*batch)(struct host *, uint32_t), nsec time,
                     uint64_t *times)
{
    uint32_t n = 1;
    nsec sum = 0;

    while (batch(h, n) < BATCH_TIME && n < BATCH)
        n *= 2;
    *times = 0;
    do {
        sum += batch(h, n);
        *times += n;
    } while (sum < time);
    return (double)sum / (double)*times;
}

/* ---- a round ---- */

static int fill(struct lb *lb, const struct measure_pool *p, const char **why)
{
    bool is_weighted = lb->traits & LB_WEIGHTED;

    for (uint32_t i = 0; i < p->backends; i++)
        lb_add(lb, p->id[i], p->name[i], is_weighted ? p->weight[i] : 1, 0);
    return lb_start(lb, why);
}

/* With the first pick: some tables are built when they are first asked. */
static int build(struct host *h, const struct policy *policy, const struct measure_pool *p,
                 double *ns, const char **why)
{
    nsec cost = timer_cost(), begun = timer_now();
    struct lb *lb = policy_new(policy, SEED);

    if (fill(lb, p, why) != 0) {
        lb_free(lb);
        return -1;
    }
    host_init(h, lb, cost);

    prepare(h, 1);

    uint32_t first = lb_pick(lb, &h->step[0].rq);

    *ns = (double)timer_since(begun, cost);
    complete(h, first, &h->step[0]);
    return 0;
}

static double rebuild(struct host *h)
{
    nsec begun;

    prepare(h, 1);
    begun = timer_now();
    lb_remove(h->lb, h->lb->count / 2);
    lb_pick(h->lb, &h->step[0].rq);
    return (double)timer_since(begun, h->timer_cost);
}

int measure_round(const struct policy *policy, const struct measure_pool *p, nsec time,
                  struct measured *m, const char **why)
{
    struct host h;

    if (build(&h, policy, p, &m->ns[BENCH_BUILD], why) < 0)
        return -1;
    m->bytes = lb_bytes(h.lb);
    m->ns[BENCH_PICK] = repeat(&h, pick_batch, time, &m->times[BENCH_PICK]);
    take_off(&h, time);
    m->ns[BENCH_BOTH] = repeat(&h, fly_batch, time, &m->times[BENCH_BOTH]);
    m->ns[BENCH_REBUILD] = rebuild(&h);
    m->times[BENCH_BUILD] = m->times[BENCH_REBUILD] = 1;
    free(h.flight);
    lb_free(h.lb);
    return 0;
}

/* ---- the loop itself ---- */

static uint32_t pick_first(struct lb *lb, const struct lb_request *rq)
{
    (void)lb;
    (void)rq;
    return 0;
}

double measure_loop(nsec time, uint64_t *times)
{
    static const struct lb_ops ops = { .abi = LB_ABI, .name = "nothing", .pick = pick_first };
    const char *why;
    struct lb *lb = lb_new(&ops, SEED);
    struct host h;
    double ns;

    if (!lb)
        xalloc_failed();
    lb_add(lb, 1, "only", 1, 0);
    lb_start(lb, &why);
    host_init(&h, lb, timer_cost());
    ns = repeat(&h, pick_batch, time, times);
    lb_free(lb);
    return ns;
}
