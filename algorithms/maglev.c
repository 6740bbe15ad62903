/* maglev.c - Google's Maglev table: every backend has its own order of preference over M slots
 * and they take turns claiming the next free one; a key's slot is its hash mod M.
 *
 * Weighted by Envoy's rule: in turn t backend i is passed over while t w_i < target_i, and each
 * slot that it takes raises its target by the greatest weight.  The order of turns is by hash of
 * the id, not by position, which would make the table depend on the order of configuration. */
#include "maglev_table.h"

#include <stdlib.h>

struct maglev {
    uint32_t            table_size;
    struct maglev_table table;
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

static void maglev_build(struct lb *lb, struct maglev_table *t)
{
    maglev_clear(t);
    for (uint32_t k = 0; k < lb->live_count; k++) {
        const struct lb_backend *b = &lb->backend[lb->live[k]];
        maglev_claim(t, lb->live[k], b->weight, hash_id(b->id, 0), hash_id(b->id, 1));
        t->claim[k].turn = hash_id(b->id, 2);
    }
    if (t->claims > 0)
        qsort(t->claim, t->claims, sizeof *t->claim, by_turn);
    maglev_fill_by_target(t);
}

static uint32_t maglev_pick(struct lb *lb, const struct lb_request *rq)
{
    struct maglev_table *t = &((struct maglev *)lb->state)->table;

    if (!t->built)
        maglev_build(lb, t);
    return maglev_owner(lb, t, rq, maglev_slot(t, lb_mix(rq->hash)));
}

static void maglev_changed(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what != LB_LIMIT)
        maglev_change(&((struct maglev *)lb->state)->table, lb);
}

static int maglev_start(struct lb *lb, const char **why)
{
    struct maglev *m = lb->state;

    if (!maglev_is_prime(m->table_size))
        *why = "table_size must be prime";
    else if (lb->live_count > m->table_size)
        *why = "table_size must not be below the number of backends";
    else {
        maglev_open(&m->table, m->table_size);
        maglev_change(&m->table, lb);
        return 0;
    }
    return -1;
}

static void maglev_stop(struct lb *lb)
{
    maglev_close(&((struct maglev *)lb->state)->table);
}

static size_t maglev_bytes(const struct lb *lb)
{
    return maglev_memory(&((const struct maglev *)lb->state)->table);
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
    .cost = "O(1) per pick, 4 bytes a slot, 32 a backend; O(M log M) at the first pick\n"
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
    .on_change  = maglev_changed,
    .bytes      = maglev_bytes,
};
