/* jhash.c - nftables' `jhash ip saddr mod n seed s`: Jenkins's hash of the address, scaled to a
 * position.  A change of n moves a quarter to a half of the clients. */
#include "address.h"
#include "hash_jenkins.h"
#include "lb.h"

struct jhash {
    uint32_t seed;
};

/* The packet filter has no limits: what is full or was tried is passed over in order. */
static uint32_t jhash_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct jhash *j = lb->state;
    struct key_bytes key;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    key_bytes_of(&key, rq);

    uint32_t hash = hash_jenkins(key.byte, key.length, j->seed);

    return lb_next_usable(lb, rq, lb->live[hash_scale(hash, lb->live_count)]);
}

static const struct lb_param params[] = {
    { "seed", LB_UINT, offsetof(struct jhash, seed), 1, 0, UINT32_MAX,
      "of the hash; a rule that names none is given a random one" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "jhash (Jenkins's lookup3) of the key's bytes under the seed, times n, shifted\n"
            "right by 32: a position among the usable backends. Weights are ignored.",
    .cost = "O(1) per pick, no memory.",
    .used_by = "nftables `jhash ip saddr mod n seed s map { ... }`.",
    .fails_when = "Any backend comes, goes or fails: a quarter to a half of all clients move, for\n"
                  "positions are slices of the hash's range. Clients behind a NAT are one.",
    .source = "Linux, net/netfilter/nft_hash.c and include/linux/jhash.h; checked against a\n"
              "recording of Linux 6.18.",
};

const struct lb_ops lb_jhash = {
    .abi        = LB_ABI,
    .traits     = LB_BY_KEY | LB_BY_ADDRESS,
    .name       = "jhash",
    .summary    = "the address hashed to a position (nftables jhash)",
    .page       = &page,
    .state_size = sizeof(struct jhash),
    .params     = params,
    .pick       = jhash_pick,
};
