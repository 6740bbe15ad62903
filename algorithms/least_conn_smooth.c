/* least_conn_smooth.c - nginx's least_conn, pick for pick: the least in flight / weight, and of
 * those that tie the one whose turn it is by smooth weighted round robin among the tied.
 *
 * Only the tied ones earn credit, so the order differs from that of weighted_round_robin as soon
 * as anything is in flight; one at a time, from idle, it is the same. */
#include "smooth.h"

struct least_conn_smooth { struct smooth smooth; };

static void least_conn_smooth_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    smooth_keep(lb, i, lb->backend[i].inflight);
}

static void least_conn_smooth_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    (void)o;
    smooth_keep(lb, i, lb->backend[i].inflight);
}

static void least_conn_smooth_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        smooth_room(lb);
    smooth_keep(lb, i, lb->backend[i].inflight);
}

static int least_conn_smooth_start(struct lb *lb, const char **why)
{
    (void)why;
    smooth_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        smooth_keep(lb, i, 0);
    return 0;
}

static void least_conn_smooth_stop(struct lb *lb)
{
    smooth_free(lb->state);
}

static size_t least_conn_smooth_bytes(const struct lb *lb)
{
    return smooth_bytes(lb->state);
}

static const struct lb_page page = {
    .rule = "Takes the usable backend with the least in flight / weight. If several have\n"
            "it: adds each one's weight to its credit, takes the greatest (the first of\n"
            "equals) and subtracts the sum of the tied weights from it.",
    .cost = "O(distinct weights + log n) per pick and per completion, about 90 bytes a\n"
            "backend. The order is that of nginx's scan.",
    .used_by = "nginx `least_conn`. One instance a worker process, or one shared with `zone`.",
    .fails_when = "As least_conn: fast failures attract, separate workers herd, a new backend is\n"
                  "flooded. At few in flight the ratio cannot meet the weights.",
    .source = "nginx, ngx_http_upstream_least_conn_module.c; order checked against recordings\n"
              "of nginx 1.22.1.",
};

const struct lb_ops lb_least_conn_smooth = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED | LB_FEEDBACK,
    .name        = "least_conn_smooth",
    .summary     = "in flight / weight, ties in exactly nginx's order",
    .page        = &page,
    .state_size  = sizeof(struct least_conn_smooth),
    .start       = least_conn_smooth_start,
    .stop        = least_conn_smooth_stop,
    .pick        = smooth_pick,
    .on_pick     = least_conn_smooth_picked,
    .on_complete = least_conn_smooth_complete,
    .on_change   = least_conn_smooth_change,
    .bytes       = least_conn_smooth_bytes,
};
