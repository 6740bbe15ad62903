/* round_robin.c - the usable backends in turn, in configured order, from the first one on.
 * The place in the order is an index that is never reused, so changes to the set need no care:
 * the turn goes on behind the backend that had the last one. */
#include "lb.h"

struct round_robin {
    uint32_t next;                       /* index from which to look */
    uint32_t start;
    bool     random_start;
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

/* gRPC makes its list anew, with another random start, whenever a connection comes or goes. */
static void round_robin_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct round_robin *rr = lb->state;

    (void)i;
    if (rr->random_start && what != LB_LIMIT && lb->live_count > 0)
        rr->next = lb->live[lb_random_below(lb, lb->live_count)];
}

static int round_robin_start(struct lb *lb, const char **why)
{
    struct round_robin *rr = lb->state;

    (void)why;
    rr->next = lb->count > 0 ? rr->start % lb->count : 0;
    round_robin_change(lb, 0, LB_ADDED);
    return 0;
}

static const struct lb_param params[] = {
    { "start", LB_UINT, offsetof(struct round_robin, start), 0, 0, UINT32_MAX,
      "position of the first turn, modulo the backends: 0, in Caddy 1" },
    { "random_start", LB_BOOL, offsetof(struct round_robin, random_start), 0, 0, 1,
      "start anywhere, and again after every change of the set, as gRPC does" },
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "Takes the usable backends in turn, in configured order, starting at the\n"
            "first unless told otherwise. A backend that is full or was tried already loses\n"
            "its turn. Weights are ignored but for 0, which means none.",
    .cost = "O(1) per pick; 64 unusable backends are skipped in a step. 12 bytes in all.",
    .used_by = "gRPC `round_robin` (random_start), AWS ALB, IPVS `rr`, Caddy `round_robin`\n"
               "(start 1). With equal weights also HAProxy `roundrobin`, nginx without a\n"
               "directive and Envoy ROUND_ROBIN; with others see fwrr, weighted_round_robin\n"
               "and edf.",
    .fails_when = "Requests differ in cost or backends in speed: a slow one is given as many as\n"
                  "the others and its queue grows. With several balancers each has its own\n"
                  "turn, and they can fall into step. At low load it beats random choice and\n"
                  "two choices, since it spaces the arrivals.",
    .source = "The oldest rule there is; start and order as in HAProxy's reg-tests\n"
              "(balance-rr.vtc: s1 s2 s3 s4 s1), Caddy's in its tests (b c a).",
};

const struct lb_ops lb_round_robin = {
    .abi        = LB_ABI,
    .name       = "round_robin",
    .aliases    = "rr",
    .summary    = "each in turn, unweighted (what HAProxy, nginx and Envoy do with equal"
                  " weights)",
    .page       = &page,
    .state_size = sizeof(struct round_robin),
    .params     = params,
    .start      = round_robin_start,
    .pick       = round_robin_pick,
    .on_change  = round_robin_change,
};
