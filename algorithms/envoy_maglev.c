/* envoy_maglev.c - MAGLEV as Envoy has it, slot for slot: names hashed with XXH64, backends take
 * turns in the order in which they are configured, which is why two proxies that were told the
 * same backends in another order disagree on some keys. */
#include "address.h"
#include "maglev_table.h"
#include "spill.h"

struct envoy_maglev {
    uint32_t            table_size;
    struct spill        spill;
    struct maglev_table table;
};

static void build(struct lb *lb)
{
    struct maglev_table *t = &((struct envoy_maglev *)lb->state)->table;
    struct label label;

    maglev_clear(t);
    for (uint32_t k = 0; k < lb->live_count; k++) {
        label_of(&label, &lb->backend[lb->live[k]]);
        maglev_claim(t, lb->live[k], lb->backend[lb->live[k]].weight,
                     lb_hash(label.text, label.length, 0), lb_hash(label.text, label.length, 1));
    }
    maglev_fill_by_target(t);
}

/* Try a looks up hash ^ -a, as in Envoy when a retry may not go where it went before. */
static uint32_t look_up(struct lb *lb, const struct lb_request *rq)
{
    const struct maglev_table *t = &((struct envoy_maglev *)lb->state)->table;

    for (uint64_t try = 0; try < 64; try++) {
        uint32_t i = t->slot[maglev_slot(t, rq->hash ^ (0 - try))];
        if (lb_usable(lb, i, rq))
            return i;
    }
    return maglev_owner(lb, t, rq, maglev_slot(t, rq->hash));
}

static uint32_t envoy_maglev_pick(struct lb *lb, const struct lb_request *rq)
{
    struct envoy_maglev *e = lb->state;

    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);
    if (!e->table.built)
        build(lb);

    uint32_t home = look_up(lb, rq);

    return home >= LB_FULL ? home : spill_pick(&e->spill, lb, rq, home);
}

static void envoy_maglev_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)i;
    (void)now;
    ((struct envoy_maglev *)lb->state)->spill.inflight++;
}

static void envoy_maglev_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    (void)i;
    (void)outcome;
    ((struct envoy_maglev *)lb->state)->spill.inflight--;
}

static void envoy_maglev_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)i;
    ((struct envoy_maglev *)lb->state)->spill.inflight += (uint64_t)by;
}

static void envoy_maglev_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct envoy_maglev *e = lb->state;

    (void)i;
    if (what == LB_LIMIT)
        return;
    maglev_change(&e->table, lb);
    shuffle_reserve(&e->spill.shuffle, lb->capacity);
}

static int envoy_maglev_start(struct lb *lb, const char **why)
{
    struct envoy_maglev *e = lb->state;

    *why = maglev_is_prime(e->table_size) ? spill_fault(&e->spill) : "table_size must be prime";
    if (*why != NULL)
        return -1;
    maglev_open(&e->table, e->table_size);
    envoy_maglev_change(lb, 0, LB_ADDED);
    return 0;
}

static void envoy_maglev_stop(struct lb *lb)
{
    struct envoy_maglev *e = lb->state;

    maglev_close(&e->table);
    shuffle_free(&e->spill.shuffle);
}

static size_t envoy_maglev_bytes(const struct lb *lb)
{
    const struct envoy_maglev *e = lb->state;

    return maglev_memory(&e->table) + e->spill.shuffle.room * 2 * sizeof(uint32_t);
}

static const struct lb_param params[] = {
    { "table_size", LB_UINT, offsetof(struct envoy_maglev, table_size), 65537, 3, 5000011,
      "slots, a prime" },
    { "hash_balance_factor", LB_UINT, offsetof(struct envoy_maglev, spill.factor), 0, 0, 100000,
      "percent of its share that a backend may have in flight: 100 or more, 0 for no bound" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "offset = XXH64(name, 0) mod M, skip = XXH64(name, 1) mod (M - 1) + 1. In\n"
            "configured order, in turn t = 1, 2, ..., each backend takes its next free slot\n"
            "unless t w < target; taking one raises its target by the greatest weight. A\n"
            "key's slot is its hash mod M; try a, where one may not be used, (hash xor -a)\n"
            "mod M. hash_balance_factor: as in envoy_ring_hash.",
    .cost = "O(1) per pick, 4 bytes a slot, 40 a backend; O(M log M) at the first pick\n"
            "after any backend came, went, failed or changed weight (65537 slots 3 ms).",
    .used_by = "Envoy `MAGLEV`, Istio's consistentHash with maglev.",
    .fails_when = "Proxies are told of backends in different order: their tables differ. Weights\n"
                  "change: 5 % of 500 backends from 1 to 127 move 81 % of all keys. Losing one\n"
                  "of 500 moves 1 % of keys where 0.2 % must. More backends than slots: the\n"
                  "last ones get none.",
    .source = "Envoy, maglev_lb.cc (1.26), checked against its tests; Eisenbud and others,\n"
              "NSDI 2016.",
};

const struct lb_ops lb_envoy_maglev = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED | LB_BY_KEY | LB_CONSISTENT | LB_BY_LOAD | LB_BY_ORDER,
    .name        = "envoy_maglev",
    .summary     = "Maglev by name in configured order (Envoy MAGLEV)",
    .page        = &page,
    .state_size  = sizeof(struct envoy_maglev),
    .params      = params,
    .start       = envoy_maglev_start,
    .stop        = envoy_maglev_stop,
    .pick        = envoy_maglev_pick,
    .on_pick     = envoy_maglev_picked,
    .on_complete = envoy_maglev_complete,
    .on_change   = envoy_maglev_change,
    .bytes       = envoy_maglev_bytes,
    .on_shared   = envoy_maglev_shared,
};
