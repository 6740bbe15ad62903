/* round_robin.c - the usable backends in turn, in configured order, from the first one on.
 * The place in the order is an index that is never reused, so changes to the set need no care:
 * the turn goes on behind the backend that had the last one. */
#include "lb.h"

struct round_robin {
    uint32_t next;                       /* index from which to look */
};

static uint32_t round_robin_pick(struct lb *lb, const struct lb_request *rq)
{
    struct round_robin *rr = lb->state;
    uint32_t i = lb_next_usable(lb, rq, rr->next);

    if (i == LB_NONE)
        return lb_none_or_full(lb, rq);
    rr->next = i + 1;
    return i;
}

static const struct lb_page page = {
    .rule = "Takes the usable backends in turn, in configured order, starting at the\n"
            "first. A backend that is full or was tried already loses its turn. Weights\n"
            "are ignored but for 0, which means none.",
    .cost = "O(1) per pick; 64 unusable backends are skipped in a step. 4 bytes in all.",
    .used_by = "gRPC `round_robin`, AWS ALB and IPVS `rr`, which know no weights of single\n"
               "backends. With equal weights also HAProxy `roundrobin`, nginx without a\n"
               "directive and Envoy ROUND_ROBIN; for others see weighted_round_robin.",
    .fails_when = "Requests differ in cost or backends in speed: a slow one is given as many as\n"
                  "the others and its queue grows. With several balancers each has its own\n"
                  "turn, and they can fall into step. At low load it beats random choice and\n"
                  "two choices, since it spaces the arrivals.",
    .source = "The oldest rule there is; start and order as in HAProxy's reg-tests\n"
              "(balance-rr.vtc: s1 s2 s3 s4 s1).",
};

const struct lb_ops lb_round_robin = {
    .abi        = LB_ABI,
    .name       = "round_robin",
    .aliases    = "rr",
    .summary    = "each in turn, unweighted (what HAProxy, nginx and Envoy do with equal"
                  " weights)",
    .page       = &page,
    .state_size = sizeof(struct round_robin),
    .pick       = round_robin_pick,
};
