/* panic.c - too few are healthy: health is not believed, and all are used.  Envoy's panic
 * threshold.
 *
 * Who is drained, or has weight 0, is left alone: that was somebody's will, not a failed check. */
#include "parts.h"

struct panic {
    struct parts parts;                  /* one */
    uint32_t     threshold, overprovisioning;
    bool         refuse;
    bool         is_on;
};

/* Healthy enough in Envoy's sense is what over-provisioning makes whole: no panic above that. */
static bool is_time_for(const struct lb *lb)
{
    const struct panic *p = lb->state;
    uint64_t all = 0;

    for (uint32_t i = 0; i < lb->count; i++)
        all += lb->backend[i].state != LB_GONE && lb->backend[i].weight > 0;
    return 100ull * lb->live_count < p->threshold * all
        && (uint64_t)p->overprovisioning * lb->live_count < 100 * all;
}

static void follow(struct lb *lb)
{
    struct panic *p = lb->state;

    p->is_on = is_time_for(lb);
    parts_force(lb, &p->parts, 0, p->is_on && !p->refuse);
}

static uint32_t panic_pick(struct lb *lb, const struct lb_request *rq)
{
    struct panic *p = lb->state;

    return p->is_on && p->refuse ? LB_NONE : parts_pick(lb, &p->parts, 0, rq);
}

static void panic_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct panic *p = lb->state;

    if (what == LB_ADDED)
        parts_put(lb, &p->parts, i, 0, lb->backend[i].weight);
    else if (what == LB_WEIGHT)
        parts_weigh(&p->parts, i, lb->backend[i].weight);
    else
        parts_tell(lb, &p->parts, i);
    if (what != LB_LIMIT)
        follow(lb);
}

static int panic_start(struct lb *lb, const char **why)
{
    struct panic *p = lb->state;

    if (parts_reserve(lb, &p->parts, 1, why) != 0)
        return -1;
    for (uint32_t i = 0; i < lb->count; i++)
        parts_put(lb, &p->parts, i, 0, lb->backend[i].weight);
    follow(lb);
    return parts_start(&p->parts, why);
}

static const struct lb_param params[] = {
    { "threshold", LB_UINT, offsetof(struct panic, threshold), 50, 0, 100,
      "percent of the backends that must be up; 0: never panics" },
    { "overprovisioning", LB_UINT, offsetof(struct panic, overprovisioning), 140, 100, 10000,
      "percent: no panic while healthy * this makes all" },
    { "refuse", LB_BOOL, offsetof(struct panic, refuse), 0, 0, 1,
      "in panic answer nobody (fail_traffic_on_panic), do not use all?" },
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "While up / all is under `threshold` %, and overprovisioning * up under all,\n"
            "those that are down are used like the others. All: weight above 0 and not\n"
            "removed; drained ones count as not up and are not used. With `refuse` nobody\n"
            "is.",
    .cost = "O(n) at a change of state, nothing per pick; the inner balancer, 8 bytes a\n"
            "backend.",
    .used_by = "Envoy healthy_panic_threshold, 50 %; Istio sets it to 0. ALB, NLB and Google's\n"
               "network balancer do so when none is up: threshold 1 with few backends.\n"
               "HAProxy, nginx, Caddy, Traefik never do.",
    .fails_when = "The others are really dead: the dead ones' share of the requests fails,\n"
                  "without retries. What it is for: those that are up would break under all of\n"
                  "the load, or it is the checks that fail.",
    .source = "Envoy 1.26, load_balancer_impl.cc (isHostSetInPanic) and panic_threshold.rst.\n"
              "For several priorities see priority, which has a threshold of its own.",
};

const struct lb_ops lb_panic = {
    .abi         = LB_ABI,
    .traits      = LB_WRAPS | LB_PANICS | LB_MAY_DROP,
    .name        = "panic",
    .summary     = "wrapper: with too few healthy backends all are used (Envoy)",
    .page        = &page,
    .state_size  = sizeof(struct panic),
    .params      = params,
    .start       = panic_start,
    .stop        = parts_on_stop,
    .pick        = panic_pick,
    .on_pick     = parts_on_pick,
    .on_complete = parts_on_complete,
    .on_change   = panic_change,
    .on_report   = parts_on_report,
    .bytes       = parts_bytes,
    .on_shared   = parts_on_shared,
    .inherits    = PARTS_INHERIT,
};
