/* shortest_delay.c - the IPVS family: the least (in flight + 1) / weight, and of equals the first
 * in the list (sed).  wlc does not count the request that is to be placed, lc ignores weights, nq
 * takes the first idle one before it asks anything else.
 *
 * Ties never rotate: one request at a time, everything goes to one backend. */
#include "heap.h"

#include <stdlib.h>

enum { SED, NQ, WLC, LC };
static const char *const rule_words[] = { "sed", "nq", "wlc", "lc", NULL };

struct shortest_delay {
    uint32_t    rule;
    struct heap heap;
    uint32_t    room;
};

static bool shorter(const struct lb *lb, uint32_t a, uint32_t b)
{
    uint32_t rule = ((const struct shortest_delay *)lb->state)->rule;
    const struct lb_backend *x = &lb->backend[a], *y = &lb->backend[b];
    uint64_t left = x->inflight, right = y->inflight;

    if (rule == SED || (rule == NQ && left > 0 && right > 0)) {
        left = (left + 1) * y->weight;
        right = (right + 1) * x->weight;
    } else if (rule == WLC) {
        left *= y->weight;
        right *= x->weight;
    }
    return left < right || (left == right && a < b);
}

static uint32_t shortest_delay_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct shortest_delay *d = lb->state;
    uint32_t i = heap_best(&d->heap, lb, shorter, rq, 0);

    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static void shortest_delay_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    heap_keep(&((struct shortest_delay *)lb->state)->heap, lb, shorter, i);
}

static void shortest_delay_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    (void)o;
    heap_keep(&((struct shortest_delay *)lb->state)->heap, lb, shorter, i);
}

static void shortest_delay_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    heap_keep(&((struct shortest_delay *)lb->state)->heap, lb, shorter, i);
}

static void make_room(struct lb *lb)
{
    struct shortest_delay *d = lb->state;

    d->heap.item = lb_grow(d->heap.item, d->room, lb->capacity, sizeof *d->heap.item);
    d->heap.place = lb_grow(d->heap.place, d->room, lb->capacity, sizeof *d->heap.place);
    d->room = lb->capacity;
}

static void shortest_delay_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        make_room(lb);
    heap_keep(&((struct shortest_delay *)lb->state)->heap, lb, shorter, i);
}

static int shortest_delay_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        shortest_delay_change(lb, i, LB_STATE);
    return 0;
}

static void shortest_delay_stop(struct lb *lb)
{
    struct shortest_delay *d = lb->state;

    free(d->heap.item);
    free(d->heap.place);
}

static size_t shortest_delay_bytes(const struct lb *lb)
{
    const struct shortest_delay *d = lb->state;

    return d->room * (sizeof *d->heap.item + sizeof *d->heap.place);
}

static const struct lb_param params[] = {
    { "rule", LB_CHOICE, offsetof(struct shortest_delay, rule), SED, SED, LC,
      "sed, nq: the first idle one before all; wlc, lc: see the rule", rule_words },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Takes the least of, and the first in the list of equals:\n"
            "sed: (in flight + 1) / weight. nq, never queue: the same, but the first idle\n"
            "one before all others. wlc: in flight / weight. lc: in flight.",
    .cost = "O(log n) per pick and per completion, 8 bytes a backend.",
    .used_by = "Linux IPVS `sed`, `nq`, `wlc` (its default), `lc`. IPVS adds 1/256 for each\n"
               "connection that is closing; in flight here has none of those.",
    .fails_when = "Light load: ties go to the first of the list, so wlc and lc send a single\n"
                  "client always to the same one and sed to the heaviest. nq ignores weights\n"
                  "while anyone is idle. Otherwise as least_conn.",
    .source = "Linux, net/netfilter/ipvs: ip_vs_sed.c, ip_vs_nq.c, ip_vs_wlc.c, ip_vs_lc.c.",
};

const struct lb_ops lb_shortest_delay = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK | LB_RAMPS,
    .name        = "shortest_delay",
    .aliases     = "sed",
    .summary     = "IPVS sed, nq, wlc, lc: ties go to the first",
    .page        = &page,
    .state_size  = sizeof(struct shortest_delay),
    .params      = params,
    .start       = shortest_delay_start,
    .stop        = shortest_delay_stop,
    .pick        = shortest_delay_pick,
    .on_pick     = shortest_delay_picked,
    .on_complete = shortest_delay_complete,
    .on_change   = shortest_delay_change,
    .bytes       = shortest_delay_bytes,
    .on_shared   = shortest_delay_shared,
};
