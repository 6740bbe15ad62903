/* random_ring.c - HAProxy's random(n): n random points on its consistent ring, the owner of the
 * nearest node each; of the owners the one with the least in flight / weight.
 *
 * Nothing in it is random: the generator starts at the same number in every process (HAProxy
 * 2.6), so every pick can be foretold.  The winner is not replaced when it is full. */
#include "hash_text.h"
#include "ring.h"

#include <stdlib.h>

static const uint64_t SECOND = 1000000000;

enum { NODES_PER_WEIGHT = 16, MOST_WEIGHT = 256, SERVER_SPACING = 4096 };

enum { LAST, RATE };
static const char *const tie_words[] = { "last", "rate", NULL };

struct rate {                            /* picks: in this second and in the one before */
    uint64_t second;
    uint32_t now, before;
};

struct random_ring {
    uint32_t     draws, start, ties;
    struct rate *rate;                   /* by backend; with ties by rate only */
    uint32_t     rates;
    uint32_t     state;                  /* xorshift32 */
    struct ring  ring;                   /* of 2^32: in the upper halves of places */
    bool         built;
};

static uint32_t nodes_of(const struct lb_backend *b)
{
    return NODES_PER_WEIGHT * (b->weight < MOST_WEIGHT ? b->weight : MOST_WEIGHT);
}

/* A server's id is its position in the configuration, counted from 1. */
static void build(struct lb *lb)
{
    struct random_ring *r = lb->state;
    uint32_t nodes = 0;

    r->built = true;
    for (uint32_t k = 0; k < lb->live_count; k++)
        nodes += nodes_of(&lb->backend[lb->live[k]]);
    ring_clear(&r->ring);
    ring_reserve(&r->ring, nodes);
    for (uint32_t k = 0; k < lb->live_count; k++) {
        uint32_t i = lb->live[k], end = nodes_of(&lb->backend[i]);
        for (uint32_t j = 0; j < end; j++)
            ring_put(&r->ring, (uint64_t)hash_avalanche((i + 1) * SERVER_SPACING + j) << 32, i);
    }
    ring_sort(&r->ring);
}

static uint32_t draw_point(struct random_ring *r)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 17;
    r->state ^= r->state << 5;
    return r->state;
}

static uint32_t key_at(const struct ring *r, uint32_t at)
{
    return (uint32_t)(r->point[at].place >> 32);
}

/* The nearer of the nodes round the point, the one before it if both are as near. */
static uint32_t nearest(const struct ring *r, uint32_t point)
{
    uint32_t after = ring_find(r, (uint64_t)point << 32);
    uint32_t before = (after > 0 ? after : r->points) - 1;

    return point - key_at(r, before) <= key_at(r, after) - point ? before : after;
}

/* The owner of that node, or of the next one that was not tried; LB_NONE: all were. */
static uint32_t owner(const struct lb *lb, const struct lb_request *rq, uint32_t at)
{
    const struct ring *r = &((const struct random_ring *)lb->state)->ring;

    for (uint32_t left = r->points; left > 0; left--) {
        uint32_t i = r->point[at].backend;
        if (!lb_is_avoided(rq, i))
            return i;
        at = ring_next(r, at);
    }
    return LB_NONE;
}

static void roll(struct rate *r, uint64_t second)
{
    if (second == r->second)
        return;
    r->before = second == r->second + 1 ? r->now : 0;
    r->now = 0;
    r->second = second;
}

/* Picks in the last second, times 10^9: the second before counts by what of it is still inside. */
static uint64_t picks_lately(struct random_ring *r, uint32_t i, uint64_t now)
{
    roll(&r->rate[i], now / SECOND);
    return r->rate[i].now * SECOND + r->rate[i].before * (SECOND - now % SECOND);
}

/* Does what was drawn before stay ahead of i, drawn now? */
static bool stays(const struct lb *lb, uint32_t before, uint32_t i, uint64_t now)
{
    struct random_ring *r = lb->state;
    const struct lb_backend *a = &lb->backend[before], *b = &lb->backend[i];
    uint64_t left = (uint64_t)a->inflight * b->weight, right = (uint64_t)b->inflight * a->weight;

    if (left != right || r->ties == LAST)
        return left < right;
    double rate = (double)picks_lately(r, before, now) * b->weight;
    return rate < (double)picks_lately(r, i, now) * a->weight;
}

static uint32_t random_ring_pick(struct lb *lb, const struct lb_request *rq)
{
    struct random_ring *r = lb->state;
    uint32_t best = LB_NONE;

    if (!r->built)
        build(lb);
    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);
    for (uint32_t k = 0; k < r->draws; k++) {
        uint32_t i = owner(lb, rq, nearest(&r->ring, draw_point(r)));
        if (i == LB_NONE)
            return LB_NONE;
        if (best == LB_NONE || !stays(lb, best, i, rq->now))
            best = i;
    }
    return lb_is_open(lb, best) ? best : LB_FULL;
}

static void random_ring_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    struct random_ring *r = lb->state;

    if (r->ties == LAST)
        return;
    roll(&r->rate[i], now / SECOND);
    r->rate[i].now++;
}

static void make_room(struct lb *lb)
{
    struct random_ring *r = lb->state;

    if (r->ties == LAST)
        return;
    r->rate = lb_grow(r->rate, r->rates, lb->capacity, sizeof *r->rate);
    r->rates = lb->capacity;
}

static void random_ring_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct random_ring *r = lb->state;

    (void)i;
    if (what == LB_ADDED)
        make_room(lb);
    if (what != LB_LIMIT)
        r->built = false;
}

static int random_ring_start(struct lb *lb, const char **why)
{
    struct random_ring *r = lb->state;

    (void)why;
    make_room(lb);
    r->state = r->start;
    while (r->state == 0)                /* xorshift would stay there */
        r->state = (uint32_t)lb_random_bits(lb);
    return 0;
}

static void random_ring_stop(struct lb *lb)
{
    struct random_ring *r = lb->state;

    ring_free(&r->ring);
    free(r->rate);
}

static size_t random_ring_bytes(const struct lb *lb)
{
    const struct random_ring *r = lb->state;

    return ring_memory(&r->ring) + r->rates * sizeof *r->rate;
}

static const struct lb_param params[] = {
    { "draws", LB_UINT, offsetof(struct random_ring, draws), 2, 1, 1000,
      "points drawn per pick" },
    { "start", LB_UINT, offsetof(struct random_ring, start), 2463534242, 0, UINT32_MAX,
      "where the generator starts; 0: at a number of the run's seed" },
    { "ties", LB_CHOICE, offsetof(struct random_ring, ties), LAST, LAST, RATE,
      "last: the one drawn last (HAProxy up to 3.3); rate: fewest picks in 1 s (3.4)",
      tie_words },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Every backend has 16 nodes a unit of weight on a ring of 2^32. Draws `draws`\n"
            "points with xorshift32; each belongs to the nearest node's owner. Takes the\n"
            "owner with the least in flight / weight; of equals the last drawn, or the one\n"
            "that had fewer requests / weight in the last second. If the winner is at its\n"
            "limit the request waits, even while others have room.",
    .cost = "O(draws) per pick, 512 bytes and more a backend and unit of weight; O(nodes)\n"
            "at the first pick after a backend came, went or changed weight.",
    .used_by = "HAProxy `random`, `random(<draws>)`: its default since 3.3.",
    .fails_when = "Shares follow the arcs of the ring, not the weights: with weight 1 and 16\n"
                  "nodes they differ by 0.6 to 1.4 times. Two draws may hit the same backend.\n"
                  "Weights above 256 count as 256.",
    .source = "HAProxy, backend.c (get_server_rnd) and lb_chash.c; picks checked against\n"
              "recordings of HAProxy 2.6.12. Ties by rate: its commit b6bdb2553.",
};

const struct lb_ops lb_random_ring = {
    .abi        = LB_ABI,
    .traits     = LB_FEEDBACK | LB_MAY_WAIT,
    .name       = "random_ring",
    .summary    = "best of n random points on a ring (HAProxy random)",
    .page       = &page,
    .state_size = sizeof(struct random_ring),
    .params     = params,
    .start      = random_ring_start,
    .stop       = random_ring_stop,
    .pick       = random_ring_pick,
    .on_pick    = random_ring_picked,
    .on_change  = random_ring_change,
    .bytes      = random_ring_bytes,
};
