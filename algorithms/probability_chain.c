/* probability_chain.c - kube-proxy's iptables rules: rule i of n takes a connection with
 * probability 1 / (n - i), the last takes the rest.
 *
 * The probability is printed with 10 decimals and kept in 31 bits, so shares are not quite equal.
 * The rules' product is summed up once and a pick is one draw from it. */
#include "lb.h"

#include <stdlib.h>

struct probability_chain {
    double  *upto;                       /* [positions] chance that it is this one or one before */
    uint32_t positions, room;
    bool     built;
};

/* 1 / rules as iptables keeps it: "%0.10f", then a multiple of 2^-31. */
static double rule_probability(uint32_t rules)
{
    uint64_t printed = (20000000000u + rules) / (2 * (uint64_t)rules);
    double exact = (double)printed / 1e10 * 0x1p31;

    return (double)(uint64_t)(exact + 0.5) * 0x1p-31;
}

static void build(struct lb *lb)
{
    struct probability_chain *c = lb->state;
    double left = 1;

    c->positions = lb->live_count;
    for (uint32_t k = 0; k < c->positions; k++) {
        left -= left * rule_probability(c->positions - k);
        c->upto[k] = 1 - left;
    }
    c->built = true;
}

/* Shares are almost equal: the position is where they would put it, or a step beside. */
static uint32_t position_at(const struct probability_chain *c, double u)
{
    uint32_t k = (uint32_t)(u * c->positions);

    while (k > 0 && u < c->upto[k - 1])
        k--;
    while (k + 1 < c->positions && u >= c->upto[k])
        k++;
    return k;
}

/* The packet filter has no limits: what is full or was tried is drawn again. */
static uint32_t probability_chain_pick(struct lb *lb, const struct lb_request *rq)
{
    struct probability_chain *c = lb->state;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    if (!c->built)
        build(lb);

    uint32_t i = lb->live[position_at(c, lb_random_unit(lb))];

    return lb_usable(lb, i, rq) ? i : lb_random_usable(lb, rq);
}

static void probability_chain_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct probability_chain *c = lb->state;

    (void)i;
    if (what == LB_LIMIT)
        return;
    c->upto = lb_grow(c->upto, c->room, lb->capacity, sizeof *c->upto);
    c->room = lb->capacity;
    c->built = false;
}

static int probability_chain_start(struct lb *lb, const char **why)
{
    (void)why;
    probability_chain_change(lb, 0, LB_ADDED);
    return 0;
}

static void probability_chain_stop(struct lb *lb)
{
    free(((struct probability_chain *)lb->state)->upto);
}

static size_t probability_chain_bytes(const struct lb *lb)
{
    const struct probability_chain *c = lb->state;

    return c->room * sizeof *c->upto;
}

static const struct lb_page page = {
    .rule = "The usable backends are a chain of rules; rule i of n matches with probability\n"
            "1/(n - i), rounded to 10 decimals and to 31 bits, the last always: 0.25,\n"
            "0.3333333333, 0.5, rest. So all are alike, to nine digits; weights count not.",
    .cost = "O(1) per pick here (the kernel walks n/2 rules), 8 bytes a backend; O(n) at\n"
            "the first pick after any change.",
    .used_by = "kube-proxy in iptables mode, its default: for each connection, not request.",
    .fails_when = "Connections are few and live long: random shares of few are uneven, 3 pods\n"
                  "with 3 connections have 1.87 times the mean on one; new pods get nothing\n"
                  "until connections end. It knows neither load nor health.",
    .source = "Kubernetes, pkg/proxy/iptables/proxier.go; Linux, xt_statistic.c; recording\n"
              "of Linux 6.18.",
};

const struct lb_ops lb_probability_chain = {
    .abi        = LB_ABI,
    .name       = "probability_chain",
    .summary    = "random by a chain of rules (kube-proxy iptables)",
    .page       = &page,
    .state_size = sizeof(struct probability_chain),
    .start      = probability_chain_start,
    .stop       = probability_chain_stop,
    .pick       = probability_chain_pick,
    .on_change  = probability_chain_change,
    .bytes      = probability_chain_bytes,
};
