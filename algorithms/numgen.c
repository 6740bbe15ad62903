/* numgen.c - a rule of packet filters: connection k goes to position k mod n, or to a random one.
 *
 * nftables' `numgen inc` and iptables' `statistic nth` counters come out alike.  The rule is made
 * anew when backends change, and with it the counter: frequent changes favour the first ones. */
#include "lb.h"

enum { INC, RANDOM };

struct numgen {
    uint32_t mode, turn;
};

/* The packet filter has no limits: what is full or was tried is passed over in order. */
static uint32_t numgen_pick(struct lb *lb, const struct lb_request *rq)
{
    struct numgen *g = lb->state;
    uint32_t position;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    if (g->mode == RANDOM)
        return lb_random_usable(lb, rq);
    position = g->turn < lb->live_count ? g->turn : 0;
    g->turn = position + 1;
    return lb_next_usable(lb, rq, lb->live[position]);
}

static void numgen_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what != LB_LIMIT)
        ((struct numgen *)lb->state)->turn = 0;
}

static const char *const modes[] = { "inc", "random", NULL };

static const struct lb_param params[] = {
    { "mode", LB_CHOICE, offsetof(struct numgen, mode), INC, 0, 1,
      "inc: in turn; random: any, as kube-proxy's nftables mode", modes },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Connection k since the last change of the backends goes to the one at position\n"
            "k mod n of the usable ones (inc), or to any, all alike (random). Weights are\n"
            "ignored.",
    .cost = "O(1) per pick, no memory.",
    .used_by = "nftables `numgen inc` and `numgen random`; iptables `-m statistic --mode nth`;\n"
               "kube-proxy's nftables mode (random).",
    .fails_when = "Backends change often: the counter starts anew each time, at the first one.\n"
                  "Connections live long: what is counted is openings, not load.",
    .source = "Linux, net/netfilter/nft_numgen.c and xt_statistic.c; both orders checked\n"
              "against recordings of Linux 6.18.",
};

const struct lb_ops lb_numgen = {
    .abi        = LB_ABI,
    .name       = "numgen",
    .summary    = "in turn, anew after a change, or random (nftables)",
    .page       = &page,
    .state_size = sizeof(struct numgen),
    .params     = params,
    .pick       = numgen_pick,
    .on_change  = numgen_change,
};
