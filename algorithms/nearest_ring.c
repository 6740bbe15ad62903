/* nearest_ring.c - HAProxy's `hash-type consistent`: the nearest of the nodes on a ring of 2^32.
 *
 * Others take the next node; HAProxy looks both ways and only then walks on, past who was tried or
 * has more than his share of what is in flight (hash-balance-factor).  Nodes go by the server's
 * id, which HAProxy counts by position unless it is given: then a server taken out of the list
 * moves nearly all keys.  What is down is not on the ring. */
#include "hash_text.h"
#include "ring.h"

#include <stdlib.h>

enum { NODES_PER_WEIGHT = 16, MOST_WEIGHT = 256, ID_SPACING = 4096 };
static const uint64_t MOST_NODES = 1u << 25;

enum { WAIT_ALWAYS, WAIT_UNLESS_OTHERS };

struct nearest_ring {
    struct key_rule rule;
    uint32_t        factor;              /* percent of the fair share; 0: no bound */
    uint32_t        affinity;            /* when the key's backend is full */
    struct ring     ring;                /* of 2^32: in the upper halves of places */
    uint64_t       *before;              /* by backend: sum of weights of live ones before it */
    uint32_t        room;
    uint64_t        inflight;            /* over all backends */
    bool            built;
};

static uint64_t nodes_of(const struct lb_backend *b, uint32_t halve)
{
    uint64_t weight = b->weight < MOST_WEIGHT ? b->weight : MOST_WEIGHT;
    uint64_t nodes = NODES_PER_WEIGHT * weight >> halve;

    return nodes > 0 ? nodes : 1;
}

static uint64_t nodes_of_all(const struct lb *lb, uint32_t halve)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < lb->count; i++)
        if (lb->backend[i].state != LB_GONE)
            sum += nodes_of(&lb->backend[i], halve);
    return sum;
}

static uint32_t halvings(const struct lb *lb)
{
    uint32_t halve = 0;

    while (halve < 12 && nodes_of_all(lb, halve) > MOST_NODES)
        halve++;
    return halve;
}

static void build(struct lb *lb)
{
    struct nearest_ring *n = lb->state;
    uint32_t halve = halvings(lb);
    uint64_t sum = 0;

    n->built = true;
    ring_clear(&n->ring);
    for (uint32_t k = 0; k < lb->live_count; k++) {
        uint32_t i = lb->live[k], start = (uint32_t)lb->backend[i].id * ID_SPACING;
        uint32_t nodes = (uint32_t)nodes_of(&lb->backend[i], halve);
        for (uint32_t j = 0; j < nodes; j++)
            ring_put(&n->ring, (uint64_t)hash_avalanche(start + j) << 32, i);
        n->before[i] = sum;
        sum += lb->backend[i].weight;
    }
    ring_sort(&n->ring);
}

static uint32_t key_at(const struct ring *r, uint32_t at)
{
    return (uint32_t)(r->point[at].place >> 32);
}

/* The nearer of the nodes round the hash, the one before it if both are as near. */
static uint32_t nearest(const struct ring *r, uint32_t hash)
{
    uint32_t after = ring_find(r, (uint64_t)hash << 32);
    uint32_t before = (after > 0 ? after : r->points) - 1;

    return hash - key_at(r, before) <= key_at(r, after) - hash ? before : after;
}

/* Slots are dealt to the weights one after another, so that parts of slots add up. */
static bool has_room(const struct lb *lb, uint32_t i)
{
    const struct nearest_ring *n = lb->state;
    const struct lb_backend *b = &lb->backend[i];
    uint64_t all = ((n->inflight + 1) * n->factor + 99) / 100, rest = all % lb->live_weight;
    uint64_t slots = all / lb->live_weight * b->weight;

    slots += (n->before[i] + b->weight) * rest / lb->live_weight;
    slots -= n->before[i] * rest / lb->live_weight;
    return n->factor == 0 || b->inflight < (slots > 0 ? slots : 1);
}

/* Where tries leave only backends beyond the bound, the first of them serves. */
static uint32_t walk(const struct lb *lb, const struct lb_request *rq, uint32_t at)
{
    const struct nearest_ring *n = lb->state;
    uint32_t spare = LB_NONE;

    for (uint32_t left = n->ring.points; left > 0; left--) {
        uint32_t i = n->ring.point[at].backend;
        if (!lb_is_avoided(rq, i) && (n->affinity == WAIT_ALWAYS || lb_is_open(lb, i))) {
            if (has_room(lb, i))
                return i;
            spare = spare == LB_NONE ? i : spare;
        }
        at = ring_next(&n->ring, at);
    }
    return spare;
}

static uint32_t nearest_ring_pick(struct lb *lb, const struct lb_request *rq)
{
    struct nearest_ring *n = lb->state;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    if (!n->built)
        build(lb);

    uint32_t i = walk(lb, rq, nearest(&n->ring, key_rule_hash(&n->rule, rq)));
    return lb_is_open(lb, i) ? i : LB_FULL;
}

static void nearest_ring_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)i;
    (void)now;
    ((struct nearest_ring *)lb->state)->inflight++;
}

static void nearest_ring_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    (void)i;
    (void)outcome;
    ((struct nearest_ring *)lb->state)->inflight--;
}

static void nearest_ring_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)i;
    ((struct nearest_ring *)lb->state)->inflight += (uint64_t)by;
}

static void make_room(struct lb *lb)
{
    struct nearest_ring *n = lb->state;

    ring_reserve(&n->ring, (uint32_t)nodes_of_all(lb, halvings(lb)));
    n->before = lb_grow(n->before, n->room, lb->capacity, sizeof *n->before);
    n->room = lb->capacity;
    n->built = false;
}

static void nearest_ring_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what == LB_ADDED || what == LB_REMOVED || what == LB_WEIGHT)
        make_room(lb);
    if (what == LB_STATE)
        ((struct nearest_ring *)lb->state)->built = false;
}

static int nearest_ring_start(struct lb *lb, const char **why)
{
    const struct nearest_ring *n = lb->state;

    if (n->factor != 0 && n->factor <= 100) {
        *why = "hash_balance_factor must be 0 (off) or above 100";
        return -1;
    }
    make_room(lb);
    return 0;
}

static void nearest_ring_stop(struct lb *lb)
{
    struct nearest_ring *n = lb->state;

    ring_free(&n->ring);
    free(n->before);
}

static size_t nearest_ring_bytes(const struct lb *lb)
{
    const struct nearest_ring *n = lb->state;

    return ring_memory(&n->ring) + n->room * sizeof *n->before;
}

static const char *const affinities[] = { "always", "maxconn", NULL };

static const struct lb_param params[] = {
    KEY_RULE_PARAMS(struct nearest_ring, 1),
    { "hash_balance_factor", LB_UINT, offsetof(struct nearest_ring, factor), 0, 0, 65535,
      "most in flight, in percent of the fair share: above 100, or 0 for no bound" },
    { "hash_preserve_affinity", LB_CHOICE, offsetof(struct nearest_ring, affinity), WAIT_ALWAYS, 0,
      WAIT_UNLESS_OTHERS, "wait always for a full backend, or go on past it", affinities },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Each backend has 16 x weight nodes on a ring of 2^32, at the avalanche of\n"
            "4096 id + j, as long as it is up. A key belongs to the node nearest to its\n"
            "hash, before or behind; past a tried backend, or one that has its share of\n"
            "hash_balance_factor, it goes on to the next node behind. A full backend's\n"
            "requests wait for it unless hash_preserve_affinity is maxconn. Above 2^25\n"
            "nodes all counts are halved; weights above 256 count as 256.",
    .cost = "O(key) per pick, 512 bytes and more a backend and unit of weight; O(nodes) at\n"
            "the first pick after any backend came, went, changed weight or state.",
    .used_by = "HAProxy `hash-type consistent`, which is sdbm with avalanche, and\n"
               "`hash-type consistent <function> [avalanche]`; `hash-balance-factor`.",
    .fails_when = "Weight 1: 16 nodes a server, shares between 0.6 and 1.4 of the mean; 100 each\n"
                  "is far better. Ids by position: taking out the first of ten servers moves\n"
                  "99 % of the keys. A function without avalanche lumps similar keys.",
    .source = "HAProxy, lb_chash.c and its manual; checked key for key against recordings of\n"
              "HAProxy 2.6.12. Mirrokni and others, SODA 2018, for the bound.",
};

const struct lb_ops lb_nearest_ring = {
    .abi          = LB_ABI,
    .traits       = LB_BY_KEY | LB_CONSISTENT | LB_BY_LOAD | LB_MAY_WAIT,
    .max_backends = 1u << 25,
    .name         = "nearest_ring",
    .summary      = "the nearest node on a ring (HAProxy consistent)",
    .page         = &page,
    .state_size   = sizeof(struct nearest_ring),
    .params       = params,
    .start        = nearest_ring_start,
    .stop         = nearest_ring_stop,
    .pick         = nearest_ring_pick,
    .on_pick      = nearest_ring_picked,
    .on_complete  = nearest_ring_complete,
    .on_change    = nearest_ring_change,
    .bytes        = nearest_ring_bytes,
    .on_shared    = nearest_ring_shared,
};
