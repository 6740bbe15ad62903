/* weighted_least_conn.c - the least in flight / weight, compared by cross-multiplication.
 *
 * Ties, which at light load are nearly all picks, go to whoever is due first: each pick moves a
 * backend's due time on by 1/weight, so even idle backends are used by weight, as nginx's smooth
 * round robin among equals does (same shares, not the same order).  An indexed heap: O(log n). */
#include "heap.h"

#include <stdlib.h>

struct weighted_least_conn {
    struct heap heap;
    uint64_t   *due;                     /* by backend, in 2^-32 of a turn of weight 1 */
    uint64_t    clock;                   /* the latest due time that was served */
    uint32_t    room;
};

static bool lighter(const struct lb *lb, uint32_t a, uint32_t b)
{
    const uint64_t *due = ((const struct weighted_least_conn *)lb->state)->due;
    const struct lb_backend *x = &lb->backend[a], *y = &lb->backend[b];
    uint64_t left = (uint64_t)x->inflight * y->weight, right = (uint64_t)y->inflight * x->weight;

    if (left != right)
        return left < right;
    return due[a] < due[b] || (due[a] == due[b] && a < b);
}

static uint32_t weighted_least_conn_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct weighted_least_conn *w = lb->state;
    uint32_t i = heap_best(&w->heap, lb, lighter, rq, 0);

    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static void weighted_least_conn_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    struct weighted_least_conn *w = lb->state;

    (void)now;
    if (w->due[i] > w->clock)
        w->clock = w->due[i];
    w->due[i] = w->clock + ((uint64_t)1 << 32) / lb->backend[i].weight;
    heap_keep(&w->heap, lb, lighter, i);
}

static void weighted_least_conn_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    struct weighted_least_conn *w = lb->state;

    (void)o;
    heap_keep(&w->heap, lb, lighter, i);
}

static void weighted_least_conn_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    heap_keep(&((struct weighted_least_conn *)lb->state)->heap, lb, lighter, i);
}

static void make_room(struct lb *lb)
{
    struct weighted_least_conn *w = lb->state;

    w->heap.item = lb_grow(w->heap.item, w->room, lb->capacity, sizeof *w->heap.item);
    w->heap.place = lb_grow(w->heap.place, w->room, lb->capacity, sizeof *w->heap.place);
    w->due = lb_grow(w->due, w->room, lb->capacity, sizeof *w->due);
    w->room = lb->capacity;
}

static void weighted_least_conn_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct weighted_least_conn *w = lb->state;

    if (what == LB_ADDED) {
        make_room(lb);
        w->due[i] = w->clock;
    }
    heap_keep(&w->heap, lb, lighter, i);
}

static int weighted_least_conn_start(struct lb *lb, const char **why)
{
    struct weighted_least_conn *w = lb->state;

    (void)why;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        heap_keep(&w->heap, lb, lighter, i);
    return 0;
}

static void weighted_least_conn_stop(struct lb *lb)
{
    struct weighted_least_conn *w = lb->state;

    free(w->heap.item);
    free(w->heap.place);
    free(w->due);
}

static size_t weighted_least_conn_bytes(const struct lb *lb)
{
    const struct weighted_least_conn *w = lb->state;

    return w->room * (sizeof *w->heap.item + sizeof *w->heap.place + sizeof *w->due);
}

static const struct lb_page page = {
    .rule = "Takes the usable backend with the least in flight / weight. Equal ones take\n"
            "turns in proportion to their weights.",
    .cost = "O(log n) per pick and per completion, 16 bytes a backend.",
    .used_by = "The rule of nginx, IPVS, HAProxy and Envoy but for ties. With each one's ties:\n"
               "least_conn_smooth, shortest_delay, least_conn_fifo, least_request.",
    .fails_when = "As least_conn: fast failures attract, separate balancers herd, a new backend\n"
                  "is flooded. At few requests in flight the ratio cannot meet the weights: one\n"
                  "in flight at weight 1 counts more than four at weight 5.",
    .source = "nginx, ngx_http_upstream_least_conn_module.c; Linux, ip_vs_wlc.c for the\n"
              "comparison without a division.",
};

const struct lb_ops lb_weighted_least_conn = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED | LB_FEEDBACK | LB_RAMPS,
    .name        = "weighted_least_conn",
    .aliases     = "wlc",
    .summary     = "least in flight / weight, ties take weighted turns (nginx least_conn)",
    .page        = &page,
    .state_size  = sizeof(struct weighted_least_conn),
    .start       = weighted_least_conn_start,
    .stop        = weighted_least_conn_stop,
    .pick        = weighted_least_conn_pick,
    .on_pick     = weighted_least_conn_picked,
    .on_complete = weighted_least_conn_complete,
    .on_change   = weighted_least_conn_change,
    .bytes       = weighted_least_conn_bytes,
    .on_shared   = weighted_least_conn_shared,
};
