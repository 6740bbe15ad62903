/* p2c.c - power of d choices: draw d backends by weight, take the least in flight / weight.
 * Mitzenmacher 2001.  The draw is without replacement unless asked otherwise: with it, the busier
 * of two backends is still chosen a quarter of the time (Envoy), without it never (Finagle). */
#include "alias.h"

enum { MOST_CHOICES = 16, REDRAWS = 16 };

struct p2c {
    uint32_t     choices;
    bool         replacement, neighbour;
    struct alias alias;
};

/* inflight/weight without a division: a/wa < b/wb  <=>  a*wb < b*wa */
static bool lighter(const struct lb_backend *a, const struct lb_backend *b)
{
    return (uint64_t)a->inflight * b->weight < (uint64_t)b->inflight * a->weight;
}

/* Not `?:`: which of two is lighter is a coin's throw that no branch predictor guesses. */
static uint32_t second_if(bool is_second, uint32_t a, uint32_t b)
{
    return a ^ ((a ^ b) & (0u - is_second));
}

/* The common case: two, of equal weight, all usable.  One random number serves both draws. */
static uint32_t pick_of_pair(struct lb *lb, const struct p2c *p)
{
    uint64_t r = lb_random_bits(lb);
    uint32_t n = lb->live_count, m = p->replacement ? n : n - 1;
    uint32_t a = (uint32_t)((r >> 32) * n >> 32);
    uint32_t b = (uint32_t)((r & UINT32_MAX) * m >> 32);

    b += !p->replacement && b >= a;      /* skips the first: each of the others is as likely */
    a = lb->live[a];
    b = lb->live[b];
    return second_if(lb->backend[b].inflight < lb->backend[a].inflight, a, b);
}

/* The same by weight; a second draw that is the first is repeated as draw_another() would. */
static uint32_t pick_of_weighted_pair(struct lb *lb, const struct p2c *p)
{
    uint32_t a = alias_draw_live(&p->alias, lb), b = alias_draw_live(&p->alias, lb);

    for (int tries = 1; tries < REDRAWS && b == a && !p->replacement; tries++)
        b = alias_draw_live(&p->alias, lb);
    return second_if(lighter(&lb->backend[b], &lb->backend[a]), a, b);
}

static bool is_among(const uint32_t *drawn, uint32_t count, uint32_t i)
{
    while (count > 0)
        if (drawn[--count] == i)
            return true;
    return false;
}

static uint32_t draw_another(struct lb *lb, const struct lb_request *rq, const uint32_t *drawn,
                             uint32_t count)
{
    struct p2c *p = lb->state;

    for (int tries = 0; tries < REDRAWS; tries++) {
        uint32_t i = alias_draw(&p->alias, lb, rq);
        if (p->replacement || i == LB_NONE || !is_among(drawn, count, i))
            return i;
        if (p->neighbour)
            return lb_next_usable(lb, rq, i + 1);
    }
    return LB_NONE;
}

/* Out of line: its array would give the common case a guarded frame as well. */
__attribute__((noinline))
static uint32_t pick_of_drawn(struct lb *lb, const struct lb_request *rq)
{
    struct p2c *p = lb->state;
    uint32_t drawn[MOST_CHOICES], best = LB_NONE;

    for (uint32_t k = 0; k < p->choices; k++) {
        uint32_t i = drawn[k] = draw_another(lb, rq, drawn, k);
        if (i == LB_NONE)
            break;
        if (best == LB_NONE || lighter(&lb->backend[i], &lb->backend[best]))
            best = i;
    }
    return best != LB_NONE ? best : lb_none_or_full(lb, rq);
}

static uint32_t p2c_pick(struct lb *lb, const struct lb_request *rq)
{
    struct p2c *p = lb->state;

    if (p->choices == 2 && !p->neighbour && lb_all_usable(lb, rq) && lb->live_count > 1)
        return alias_is_even(&p->alias, lb) ? pick_of_pair(lb, p) : pick_of_weighted_pair(lb, p);
    return pick_of_drawn(lb, rq);
}

static int p2c_start(struct lb *lb, const char **why)
{
    struct p2c *p = lb->state;

    if (p->replacement && p->neighbour) {
        *why = "replacement and neighbour exclude each other";
        return -1;
    }
    alias_change(&p->alias, lb);
    return 0;
}

static void p2c_change(struct lb *lb, uint32_t backend, enum lb_change what)
{
    struct p2c *p = lb->state;

    (void)backend;
    if (what != LB_LIMIT)
        alias_change(&p->alias, lb);
}

static void p2c_stop(struct lb *lb)
{
    alias_free(&((struct p2c *)lb->state)->alias);
}

static size_t p2c_bytes(const struct lb *lb)
{
    return alias_bytes(&((const struct p2c *)lb->state)->alias);
}

static const struct lb_param params[] = {
    { "choices", LB_UINT, offsetof(struct p2c, choices), 2, 1, MOST_CHOICES,
      "backends drawn per pick" },
    { "replacement", LB_BOOL, offsetof(struct p2c, replacement), 0, 0, 1,
      "may a pick draw the same backend twice?" },
    { "neighbour", LB_BOOL, offsetof(struct p2c, neighbour), 0, 0, 1,
      "draws the same twice: take the next in the list, do not draw again?" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Draws `choices` different backends by weight and takes the one with the least\n"
            "in flight / weight; the first drawn if equal. `replacement` allows drawing\n"
            "the same one twice. After 16 redraws a pick makes do with fewer. `neighbour`:\n"
            "instead of drawing again, the next in the list (Traefik, on equal weights).",
    .cost = "O(choices) per pick, nothing on completion, 16 bytes a backend.",
    .used_by = "Envoy LEAST_REQUEST (Istio's default) and gRPC least_request, both with\n"
               "replacement (see least_request); Finagle and Linkerd without; Traefik `p2c`\n"
               "with `neighbour`. nginx: random_two, HAProxy: random_ring, Caddy:\n"
               "random_choose.",
    .fails_when = "Fewer than about ten backends (least_conn costs as little and is better), or\n"
                  "several balancers that each have few in flight: counts near zero tell\n"
                  "nothing and the choice is random. At loads below about a half, round robin\n"
                  "waits less. Fast failures attract, but at most 2/n of the requests.",
    .source = "Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, IEEE\n"
              "TPDS 12(10), 2001; mean time at load r: sum over i >= 1 of r^(2^i - 2).",
};

const struct lb_ops lb_p2c = {
    .abi        = LB_ABI,
    .traits     = LB_WEIGHTED | LB_FEEDBACK | LB_RAMPS,
    .name       = "p2c",
    .summary    = "power of two choices on requests in flight (Mitzenmacher 2001)",
    .page       = &page,
    .state_size = sizeof(struct p2c),
    .params     = params,
    .start      = p2c_start,
    .stop       = p2c_stop,
    .pick       = p2c_pick,
    .on_change  = p2c_change,
    .bytes      = p2c_bytes,
};
