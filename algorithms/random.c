/* random.c - any usable backend, with a chance in proportion to its weight.
 * nginx `random`; Caddy's default and Envoy's RANDOM are the same without weights. */
#include "alias.h"

struct random {
    struct alias alias;
};

static uint32_t random_pick(struct lb *lb, const struct lb_request *rq)
{
    struct random *r = lb->state;

    if (lb_all_usable(lb, rq))
        return alias_is_even(&r->alias, lb) ? lb->live[lb_random_below(lb, lb->live_count)]
                                            : alias_draw_live(&r->alias, lb);

    uint32_t i = alias_draw(&r->alias, lb, rq);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static int random_start(struct lb *lb, const char **why)
{
    (void)why;
    alias_change(&((struct random *)lb->state)->alias, lb);
    return 0;
}

static void random_change(struct lb *lb, uint32_t backend, enum lb_change what)
{
    struct random *r = lb->state;

    (void)backend;
    if (what != LB_LIMIT)
        alias_change(&r->alias, lb);
}

static void random_stop(struct lb *lb)
{
    alias_free(&((struct random *)lb->state)->alias);
}

static size_t random_bytes(const struct lb *lb)
{
    return alias_bytes(&((const struct random *)lb->state)->alias);
}

static const struct lb_page page = {
    .rule = "Draws a backend; each has a chance of weight / sum of weights. It looks at\n"
            "nothing else: not at load, not at what it chose before.",
    .cost = "One random number per pick, two table look-ups where weights differ.\n"
            "16 bytes a backend; O(n) at the first pick after a change.",
    .used_by = "nginx `random`, HAProxy `random(1)`, Caddy `random` (its default, without\n"
               "weights), Envoy RANDOM, kube-proxy's iptables mode.",
    .fails_when = "Load matters: by chance some backend is always busier than the others. With\n"
                  "n queues each one waits like a single server, 1/(1-rho) service times: five\n"
                  "at 80 % load, ten at 90 %. Two choices (p2c) cost hardly more.",
    .source = "Walker 1977 and Vose 1991 for the draw in O(1);\n"
              "nginx.org, ngx_http_upstream_module, directive random.",
};

const struct lb_ops lb_random = {
    .abi        = LB_ABI,
    .traits     = LB_WEIGHTED | LB_RAMPS,
    .name       = "random",
    .summary    = "a random backend by weight, blind to load (nginx random, Caddy's default)",
    .page       = &page,
    .state_size = sizeof(struct random),
    .start      = random_start,
    .stop       = random_stop,
    .pick       = random_pick,
    .on_change  = random_change,
    .bytes      = random_bytes,
};
