/* source_hash.c - IPVS's `sh`: 256 buckets, dealt out in order, as many in a row as a backend
 * weighs.  One of the three schedulers that refuse a connection whose backend is full or drained
 * although others have room, unless told to fall back. */
#include "ipvs_hash.h"

enum { BUCKETS = 256 };

struct source_hash {
    uint32_t bucket[BUCKETS];            /* LB_NONE: nobody is on the list */
    bool     fallback, port, built;
};

static uint32_t next_listed(const struct lb *lb, uint32_t from)
{
    for (uint32_t steps = 0; steps < lb->count; steps++) {
        uint32_t i = (from + steps) % lb->count;
        if (ipvs_is_listed(&lb->backend[i]))
            return i;
    }
    return LB_NONE;
}

/* Weight 0 takes one bucket all the same: its clients are refused. */
static void build(struct lb *lb)
{
    struct source_hash *s = lb->state;
    uint32_t i = next_listed(lb, 0), taken = 0;

    for (int k = 0; k < BUCKETS; k++) {
        s->bucket[k] = i;
        if (i == LB_NONE)
            continue;
        const struct lb_backend *b = &lb->backend[i];
        uint32_t weight = b->state == LB_DRAINING ? 0 : b->weight;
        if (++taken < weight)
            continue;
        i = next_listed(lb, i + 1);
        taken = 0;
    }
    s->built = true;
}

/* The fallback looks up the same client at all 256 offsets. */
static uint32_t fall_back(const struct lb *lb, const struct lb_request *rq, uint32_t home)
{
    const struct source_hash *s = lb->state;

    for (uint32_t offset = 0; offset < BUCKETS; offset++) {
        uint32_t i = s->bucket[(home + (home + offset) % BUCKETS) % BUCKETS];
        if (lb_usable(lb, i, rq))
            return i;
    }
    return lb_next_usable(lb, rq, 0);            /* one without a bucket */
}

static uint32_t source_hash_pick(struct lb *lb, const struct lb_request *rq)
{
    struct source_hash *s = lb->state;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    if (!s->built)
        build(lb);

    uint32_t home = ipvs_bucket(ipvs_client(rq, s->port));

    if (lb_usable(lb, s->bucket[home], rq))
        return s->bucket[home];
    return s->fallback ? fall_back(lb, rq, home) : LB_NONE;
}

static void source_hash_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what != LB_LIMIT)
        ((struct source_hash *)lb->state)->built = false;
}

static const struct lb_param params[] = {
    { "fallback", LB_BOOL, offsetof(struct source_hash, fallback), 0, 0, 1,
      "look on when the backend found may not be given the connection (sh-fallback)?" },
    { "port", LB_BOOL, offsetof(struct source_hash, port), 0, 0, 1,
      "hash the client's port too (sh-port)? Needs a key that has one: hash_on flow" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "256 buckets are dealt out in configured order, weight of them in a row to\n"
            "each, round and round. A client's bucket is the top 8 bits of its address\n"
            "times 0x61c88647. If its backend is full, drained or was tried, the\n"
            "connection is refused; with fallback, buckets at other offsets are asked.",
    .cost = "O(1) per pick, 1 KB; O(n) at the first pick after any backend came, went or\n"
            "changed weight.",
    .used_by = "Linux IPVS `sh`, and so kube-proxy in ipvs mode with scheduler sh.",
    .fails_when = "Clients share an address: all of them go to one backend. One of n goes: the\n"
                  "buckets are dealt anew and most clients move; use ipvs_maglev. Draining\n"
                  "refuses clients, see above. More than 256 backends: the rest get nothing.",
    .source = "Linux, net/netfilter/ipvs/ip_vs_sh.c.",
};

const struct lb_ops lb_source_hash = {
    .abi        = LB_ABI,
    .traits     = LB_WEIGHTED | LB_BY_KEY | LB_BY_ADDRESS | LB_MAY_DROP,
    .name       = "source_hash",
    .summary    = "256 buckets by address and weight (IPVS sh)",
    .page       = &page,
    .state_size = sizeof(struct source_hash),
    .params     = params,
    .pick       = source_hash_pick,
    .on_change  = source_hash_change,
};
