/* maglev.c - Google's Maglev table: every backend has its own order of preference over M slots
 * and they take turns claiming the next free one; a key's slot is its hash mod M.
 *
 * Weighted by Envoy's rule: in turn t backend i is passed over while t w_i < target_i, and each
 * slot that it takes raises its target by the greatest weight.  The order of turns is by hash of
 * the id, not by position, which would make the table depend on the order of configuration. */
#include "lb.h"

#include <stdlib.h>

struct claim {
    uint64_t turn;                       /* hash of the id: the order of turns */
    uint64_t target;
    uint32_t backend, weight;
    uint32_t next, skip;                 /* the slot wanted next, and the step to the one after */
};

struct maglev {
    uint32_t      table_size;
    uint32_t     *slot;                  /* [table_size] */
    struct claim *claim;
    uint32_t      room;
    bool          built;
};

static uint64_t hash_id(uint64_t id, uint64_t seed)
{
    unsigned char bytes[8];

    for (int k = 0; k < 8; k++)
        bytes[k] = (unsigned char)(id >> (8 * k));
    return lb_hash(bytes, sizeof bytes, seed);
}

static int by_turn(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;

    if (x->turn != y->turn)
        return x->turn < y->turn ? -1 : 1;
    return (x->backend > y->backend) - (x->backend < y->backend);
}

static uint32_t list_claims(struct lb *lb)
{
    struct maglev *m = lb->state;
    uint32_t most = 0;

    for (uint32_t k = 0; k < lb->live_count; k++) {
        const struct lb_backend *b = &lb->backend[lb->live[k]];
        m->claim[k] = (struct claim){
            .turn = hash_id(b->id, 2), .backend = lb->live[k], .weight = b->weight,
            .next = (uint32_t)(hash_id(b->id, 0) % m->table_size),
            .skip = (uint32_t)(hash_id(b->id, 1) % (m->table_size - 1)) + 1,
        };
        most = b->weight > most ? b->weight : most;
    }
    if (lb->live_count > 0)
        qsort(m->claim, lb->live_count, sizeof *m->claim, by_turn);
    return most;
}

static void take_slot(struct maglev *m, struct claim *c)
{
    uint32_t at = c->next;

    while (m->slot[at] != LB_NONE)
        at = (uint32_t)(((uint64_t)at + c->skip) % m->table_size);
    m->slot[at] = c->backend;
    c->next = at;
}

static void maglev_build(struct lb *lb)
{
    struct maglev *m = lb->state;
    uint32_t most = list_claims(lb), left = m->table_size;

    m->built = true;
    for (uint32_t k = 0; k < m->table_size; k++)
        m->slot[k] = LB_NONE;
    for (uint64_t t = 1; left > 0 && lb->live_count > 0; t++)
        for (uint32_t k = 0; k < lb->live_count && left > 0; k++) {
            struct claim *c = &m->claim[k];
            if (t * c->weight < c->target)
                continue;
            c->target += most;
            take_slot(m, c);
            left--;
        }
}

/* A backend that is full or tried hands over to the owners of the slots behind: they follow in
 * no order, so its keys spread over all the others. */
static uint32_t maglev_pick(struct lb *lb, const struct lb_request *rq)
{
    struct maglev *m = lb->state;

    if (!m->built)
        maglev_build(lb);
    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);

    uint32_t at = (uint32_t)(lb_mix(rq->hash) % m->table_size);
    for (uint32_t steps = 0; steps < m->table_size; steps++) {
        if (lb_usable(lb, m->slot[at], rq))
            return m->slot[at];
        at = at + 1 < m->table_size ? at + 1 : 0;
        if (steps == 64 && lb_next_usable(lb, rq, 0) == LB_NONE)
            break;
    }
    uint32_t i = lb_next_usable(lb, rq, 0);      /* one without a slot: more backends than slots */
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static void maglev_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct maglev *m = lb->state;

    (void)i;
    if (what == LB_LIMIT)
        return;
    m->claim = lb_grow(m->claim, m->room, lb->capacity, sizeof *m->claim);
    m->room = lb->capacity;
    m->built = false;
}

static bool is_prime(uint32_t n)
{
    for (uint32_t d = 2; (uint64_t)d * d <= n; d++)
        if (n % d == 0)
            return false;
    return n > 1;
}

static int maglev_start(struct lb *lb, const char **why)
{
    struct maglev *m = lb->state;

    if (!is_prime(m->table_size))
        *why = "table_size must be prime";
    else if (lb->live_count > m->table_size)
        *why = "table_size must not be below the number of backends";
    else {
        m->slot = lb_grow(NULL, 0, m->table_size, sizeof *m->slot);
        maglev_change(lb, 0, LB_ADDED);
        return 0;
    }
    return -1;
}

static void maglev_stop(struct lb *lb)
{
    struct maglev *m = lb->state;

    free(m->slot);
    free(m->claim);
}

static size_t maglev_bytes(const struct lb *lb)
{
    const struct maglev *m = lb->state;

    return m->table_size * sizeof *m->slot + m->room * sizeof *m->claim;
}

static const struct lb_param params[] = {
    { "table_size", LB_UINT, offsetof(struct maglev, table_size), 65537, 3, 5000011,
      "slots, a prime; 100 times the number of backends or more" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Backend i wants the slots offset + j skip mod M, j = 0, 1, ..., both hashes of\n"
            "its id. Backends take turns to claim the next free slot that they want, by\n"
            "weight in Envoy's way, until all are claimed. A key belongs to slot hash mod\n"
            "M; a full or tried backend's requests go to the owner of the next slot.",
    .cost = "O(1) per pick, 4 bytes a slot, 40 a backend; O(M log M) at the first pick\n"
            "after any backend came, went or changed weight.",
    .used_by = "Google's Maglev, Meta's Katran, Envoy MAGLEV, Cilium, IPVS `mh`, GCP's\n"
               "passthrough balancer. Cilium has 16381 slots, IPVS 4093, the others 65537.",
    .fails_when = "Everything hangs on few backends changing at once: besides the keys that must\n"
                  "move some others do, 0.24 % at 10 backends and 0.6 % at 1000, M 65537.\n"
                  "Weights are met in whole slots; a changed weight moves keys everywhere.\n"
                  "More backends than slots are refused.",
    .source = "Eisenbud and others, Maglev: A Fast and Reliable Software Network Load\n"
              "Balancer, NSDI 2016; weights as in Envoy's maglev_lb.cc.",
};

const struct lb_ops lb_maglev = {
    .abi        = LB_ABI,
    .traits     = LB_WEIGHTED | LB_BY_KEY | LB_CONSISTENT,
    .name       = "maglev",
    .summary    = "Maglev's table, weighted as in Envoy (Eisenbud 2016)",
    .page       = &page,
    .state_size = sizeof(struct maglev),
    .params     = params,
    .start      = maglev_start,
    .stop       = maglev_stop,
    .pick       = maglev_pick,
    .on_change  = maglev_change,
    .bytes      = maglev_bytes,
};
