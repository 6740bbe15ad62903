/* prequal.c - Prequal: a pool of at most 16 answers to probes, each a backend's requests in flight
 * and latency; hot are those above a quantile of requests in flight.  The quickest cold one, else
 * the hot one with the fewest in flight.
 *
 * The host probes, at random, and hands every answer to lb_report(): latency and queued.  With
 * fewer than two answers in the pool a pick is random, and so it stays for a host that never
 * probes. */
#include "lb.h"

#include <string.h>

enum { POOL = 16, MEMORY = 64 };

struct probe {
    uint32_t backend, inflight, uses;    /* uses: how many picks it may still serve */
    uint64_t latency, at;
};

struct prequal {
    double       quantile, probes, removals, delta;
    uint64_t     age;
    struct probe pool[POOL];             /* the oldest first */
    uint32_t     pooled;
    uint32_t     recent[MEMORY];         /* requests in flight of the last reports, in a ring, */
    uint32_t     sorted[MEMORY];         /* and in order */
    uint32_t     reports;
    double       due;                    /* removals not made yet */
    bool         oldest_next;
};

/* ---- the estimate of requests in flight ---- */

static void sorted_remove(struct prequal *p, uint32_t count, uint32_t value)
{
    uint32_t k = 0;

    while (p->sorted[k] != value)
        k++;
    memmove(&p->sorted[k], &p->sorted[k + 1], (count - k - 1) * sizeof *p->sorted);
}

static void sorted_insert(struct prequal *p, uint32_t count, uint32_t value)
{
    uint32_t k = count;

    for (; k > 0 && p->sorted[k - 1] > value; k--)
        p->sorted[k] = p->sorted[k - 1];
    p->sorted[k] = value;
}

static void remember(struct prequal *p, uint32_t inflight)
{
    uint32_t count = p->reports < MEMORY ? p->reports : MEMORY;
    uint32_t *oldest = &p->recent[p->reports % MEMORY];

    if (count == MEMORY)
        sorted_remove(p, count--, *oldest);
    *oldest = inflight;
    sorted_insert(p, count, inflight);
    p->reports = p->reports + 1 < 2 * MEMORY ? p->reports + 1 : MEMORY;
}

/* Above this many in flight a backend is hot. */
static uint32_t threshold(const struct prequal *p)
{
    uint32_t count = p->reports < MEMORY ? p->reports : MEMORY;

    return p->quantile >= 1 ? UINT32_MAX : p->sorted[(uint32_t)(p->quantile * (count - 1))];
}

/* ---- the pool ---- */

static void pool_remove(struct prequal *p, uint32_t k)
{
    memmove(&p->pool[k], &p->pool[k + 1], (--p->pooled - k) * sizeof *p->pool);
}

/* Every answer serves so many picks that the pool neither runs dry nor grows stale. */
static uint32_t uses_of(struct lb *lb)
{
    const struct prequal *p = lb->state;
    double n = lb->live_count > 0 ? lb->live_count : 1;
    double rate = (1 - POOL / n) * p->probes - p->removals;
    double uses = rate > 0 ? (1 + p->delta) / rate : UINT32_MAX;

    uses = uses < 1 ? 1 : uses > 1e6 ? 1e6 : uses;
    return (uint32_t)uses + (lb_random_unit(lb) < uses - (uint32_t)uses);
}

static void prequal_report(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    struct prequal *p = lb->state;

    remember(p, o->queued);
    if (p->pooled == POOL)
        pool_remove(p, 0);
    p->pool[p->pooled++] = (struct probe){
        .backend = i, .inflight = o->queued, .uses = uses_of(lb), .latency = o->latency,
        .at = o->now };
}

/* Cold before hot, the quicker of cold ones, the less busy of hot ones. */
static bool is_better(const struct probe *a, const struct probe *b, uint32_t hot_above)
{
    bool a_hot = a->inflight > hot_above, b_hot = b->inflight > hot_above;

    if (a_hot != b_hot)
        return b_hot;
    return a_hot ? a->inflight < b->inflight : a->latency < b->latency;
}

static void remove_one(struct prequal *p)
{
    uint32_t worst = 0, hot_above = threshold(p);

    for (uint32_t k = 1; k < p->pooled && !p->oldest_next; k++)
        if (is_better(&p->pool[worst], &p->pool[k], hot_above))
            worst = k;
    pool_remove(p, worst);
    p->oldest_next = !p->oldest_next;
}

static void drop_old(struct lb *lb, uint64_t now)
{
    struct prequal *p = lb->state;

    for (uint32_t k = p->pooled; k-- > 0;)
        if (now > p->pool[k].at + p->age || lb->backend[p->pool[k].backend].state != LB_UP)
            pool_remove(p, k);
}

static uint32_t best_of_pool(const struct lb *lb, const struct lb_request *rq)
{
    const struct prequal *p = lb->state;
    uint32_t best = LB_NONE, hot_above = threshold(p);

    for (uint32_t k = 0; k < p->pooled; k++)
        if (lb_usable(lb, p->pool[k].backend, rq)
            && (best == LB_NONE || is_better(&p->pool[k], &p->pool[best], hot_above)))
            best = k;
    return best;
}

static uint32_t prequal_pick(struct lb *lb, const struct lb_request *rq)
{
    struct prequal *p = lb->state;

    drop_old(lb, rq->now);
    uint32_t k = p->pooled >= 2 ? best_of_pool(lb, rq) : LB_NONE;
    if (k == LB_NONE) {
        uint32_t i = lb_random_usable(lb, rq);
        return i != LB_NONE ? i : lb_none_or_full(lb, rq);
    }

    uint32_t i = p->pool[k].backend;
    p->pool[k].inflight++;
    if (--p->pool[k].uses == 0)
        pool_remove(p, k);
    for (p->due += p->removals; p->due >= 1; p->due--)
        if (p->pooled > 0)
            remove_one(p);
    return i;
}

static double prequal_probes(const struct lb *lb)
{
    return ((const struct prequal *)lb->state)->probes;
}

static const struct lb_param params[] = {
    { "quantile", LB_REAL, offsetof(struct prequal, quantile), 0.8409, 0, 1,
      "hot is who has more in flight than this share; 0: in flight only, 1: latency" },
    { "probes", LB_REAL, offsetof(struct prequal, probes), 3, 0.01, 16,
      "probes sent per pick, to backends at random: how often each answer is used follows" },
    { "removals", LB_REAL, offsetof(struct prequal, removals), 1, 0, 16,
      "answers removed per pick, the oldest and the worst in turn" },
    { "delta", LB_REAL, offsetof(struct prequal, delta), 1, 0, 100,
      "net answers gained per pick that the reuse limit aims at" },
    { "age", LB_DURATION, offsetof(struct prequal, age), 1e9, 1, 3600e9,
      "an answer this old is dropped" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Keeps the last 16 answers to probes: who, in flight, latency. Hot: more in\n"
            "flight than a quantile of the last 64 answers. Takes the cold one with the\n"
            "least latency, else the hot one with the fewest in flight, and adds 1 to its\n"
            "in flight. An answer serves max(1, (1 + delta) / ((1 - 16/n) probes -\n"
            "removals)) picks, n backends; one is removed per pick, the oldest and the\n"
            "worst in turn. Fewer than two answers: random.",
    .cost = "O(16) per pick, O(64) per answer, under 1.2 kB.",
    .used_by = "Google: YouTube's front ends and others.",
    .fails_when = "The host does not probe: then it is random. Backends that fail at once are\n"
                  "quick and idle, and attract. Fewer than about 24 backends: the reuse limit\n"
                  "has no value and answers are used until they are old.",
    .source = "Wydrowski, Kleinberg, Rumble, Archer, Load is not what you should balance:\n"
              "Introducing Prequal, NSDI 2024. The paper's own text leaves open how many\n"
              "answers the quantile is taken of: 64 here.",
};

const struct lb_ops lb_prequal = {
    .abi        = LB_ABI,
    .traits     = LB_FEEDBACK,
    .signals    = LB_PROBED,
    .name       = "prequal",
    .summary    = "probes: quick cold ones first (Wydrowski 2024)",
    .page       = &page,
    .state_size = sizeof(struct prequal),
    .params     = params,
    .pick       = prequal_pick,
    .on_report  = prequal_report,
    .probes     = prequal_probes,
};
