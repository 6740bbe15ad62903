/* destination_hash.c - IPVS's `dh`: 256 buckets, dealt out one each in turn, weights ignored; a
 * connection whose backend is full or drained is refused.  Meant for caches behind a transparent
 * proxy, where the key is the address that the client wanted. */
#include "ipvs_hash.h"

enum { BUCKETS = 256 };

struct destination_hash {
    uint32_t bucket[BUCKETS];            /* LB_NONE: nobody is on the list */
    bool     built;
};

/* The listed backends in order fill the first buckets, then what is dealt repeats itself. */
static void build(struct lb *lb)
{
    struct destination_hash *d = lb->state;
    uint32_t dealt = 0;

    for (uint32_t i = 0; i < lb->count && dealt < BUCKETS; i++)
        if (ipvs_is_listed(&lb->backend[i]))
            d->bucket[dealt++] = i;
    for (uint32_t k = dealt; k < BUCKETS; k++)
        d->bucket[k] = dealt > 0 ? d->bucket[k - dealt] : LB_NONE;
    d->built = true;
}

static uint32_t destination_hash_pick(struct lb *lb, const struct lb_request *rq)
{
    struct destination_hash *d = lb->state;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    if (!d->built)
        build(lb);

    uint32_t i = d->bucket[ipvs_bucket(ipvs_client(rq, false))];

    return lb_usable(lb, i, rq) ? i : LB_NONE;
}

static void destination_hash_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what != LB_LIMIT)
        ((struct destination_hash *)lb->state)->built = false;
}

static const struct lb_page page = {
    .rule = "256 buckets are dealt out in configured order, one each, round and round,\n"
            "whatever the weights. A key's bucket is the top 8 bits of the address times\n"
            "0x61c88647. If its backend is full, drained or was tried, the connection is\n"
            "refused. The address is the key's: give it the one that was wanted.",
    .cost = "O(1) per pick, 1 KB; O(n) at the first pick after any backend came or went.",
    .used_by = "Linux IPVS `dh`, for transparent caches.",
    .fails_when = "As source_hash, and weights do nothing.",
    .source = "Linux, net/netfilter/ipvs/ip_vs_dh.c.",
};

const struct lb_ops lb_destination_hash = {
    .abi        = LB_ABI,
    .traits     = LB_BY_KEY | LB_BY_ADDRESS | LB_MAY_DROP,
    .name       = "destination_hash",
    .summary    = "256 buckets by address, one each in turn (IPVS dh)",
    .page       = &page,
    .state_size = sizeof(struct destination_hash),
    .pick       = destination_hash_pick,
    .on_change  = destination_hash_change,
};
