/* weighted_round_robin.c - nginx's smooth weighted round robin, pick for pick.
 *
 * The rule adds every usable backend's weight to its credit, takes the greatest credit (the first
 * of equals) and subtracts the sum of weights from it.  Done literally that is a scan.  Backends
 * of one weight all rise by the same amount, though, so their order among themselves changes only
 * when one is taken: each distinct weight has a heap and one common rise, and a pick looks at
 * the heaps' tops.  Same order, O(distinct weights + log n).  With `max_fails`, those that failed
 * lately stand apart, with weights of their own that grow back by 1 a pick: these are scanned. */
#include "heap.h"
#include "max_fails.h"

#include <stdlib.h>

struct member {
    int64_t  credit;                     /* while in a heap: without the group's rise */
    uint32_t group;
};

struct group {
    struct heap heap;
    uint32_t    weight;
    int64_t     rise;
};

struct weighted_round_robin {
    struct max_fails fails;
    struct member *member;               /* by backend */
    struct group  *group;
    uint32_t      *item, *place;         /* the heaps' arrays: a slice of item[] a group */
    uint64_t       weight;               /* sum over the open ones */
    uint32_t       groups, room;
    bool           grouped;
};

static bool richer(const struct lb *lb, uint32_t a, uint32_t b)
{
    const struct member *m = ((const struct weighted_round_robin *)lb->state)->member;

    return m[a].credit > m[b].credit || (m[a].credit == m[b].credit && a < b);
}

/* Enters or leaves the heap of its group; credit rests while a backend is not usable. */
static void weighted_round_robin_sync(struct lb *lb, uint32_t i)
{
    struct weighted_round_robin *w = lb->state;
    struct group *g = &w->group[w->member[i].group];
    bool open = lb_is_open(lb, i) && !max_fails_is_apart(&w->fails, i);

    if (!w->grouped || open == (w->place[i] != 0))
        return;
    if (open) {
        w->member[i].credit -= g->rise;
        w->weight += g->weight;
        heap_put(&g->heap, lb, richer, i);
        return;
    }
    heap_drop(&g->heap, lb, richer, i);
    w->member[i].credit += g->rise;
    w->weight -= g->weight;
}

static void ungroup(struct lb *lb)
{
    struct weighted_round_robin *w = lb->state;

    for (uint32_t i = 0; w->grouped && i < lb->count && i < w->room; i++) {
        if (w->place[i] != 0)
            w->member[i].credit += w->group[w->member[i].group].rise;
        w->place[i] = 0;
    }
    w->grouped = false;
    w->weight = 0;
}

static int by_weight(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Groups the backends by weight; each group's slice of item[] has room for all its members. */
static void regroup(struct lb *lb)
{
    struct weighted_round_robin *w = lb->state;
    uint64_t *order = lb_grow(NULL, 0, lb->count ? lb->count : 1, sizeof *order);

    ungroup(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        order[i] = (uint64_t)lb->backend[i].weight << 32 | i;
    qsort(order, lb->count, sizeof *order, by_weight);

    w->groups = 0;
    for (uint32_t k = 0; k < lb->count; k++) {
        uint32_t weight = (uint32_t)(order[k] >> 32);
        if (w->groups == 0 || w->group[w->groups - 1].weight != weight)
            w->group[w->groups++] = (struct group){
                .heap = { .item = w->item + k, .place = w->place }, .weight = weight };
        w->member[(uint32_t)order[k]].group = w->groups - 1;
    }
    w->grouped = true;
    for (uint32_t i = 0; i < lb->count; i++)
        weighted_round_robin_sync(lb, i);
    free(order);
}

/* A backend that was tried already gets no credit for this request, as in nginx. */
static void hold_tried(struct lb *lb, const struct lb_request *rq, uint64_t *weight)
{
    struct weighted_round_robin *w = lb->state;

    for (uint32_t word = 0; 64 * word < lb->count; word++)
        for (uint64_t bits = rq->avoid[word] & lb->open[word]; bits != 0; bits &= bits - 1) {
            uint32_t i = 64 * word + (uint32_t)__builtin_ctzll(bits);
            struct group *g = &w->group[w->member[i].group];
            if (max_fails_is_apart(&w->fails, i))
                continue;
            w->member[i].credit -= g->weight;
            heap_sink(&g->heap, lb, richer, i);
            *weight -= g->weight;
        }
}

static uint32_t richest(const struct lb *lb, const struct lb_request *rq)
{
    const struct weighted_round_robin *w = lb->state;
    uint32_t best = LB_NONE;
    int64_t most = 0;

    for (const struct group *g = w->group; g < w->group + w->groups; g++) {
        uint32_t i = heap_best(&g->heap, lb, richer, rq, 0);
        if (i == LB_NONE)
            continue;
        int64_t credit = w->member[i].credit + g->rise;
        if (best == LB_NONE || credit > most || (credit == most && i < best)) {
            best = i;
            most = credit;
        }
    }
    return best;
}

static int64_t credit_of(const struct weighted_round_robin *w, uint32_t i)
{
    const struct member *m = &w->member[i];

    return m->credit + (w->place[i] != 0 ? w->group[m->group].rise : 0);
}

/* The richest of those apart and `best`, the richest of the others; adds to the sum of weights. */
static uint32_t richest_apart(struct lb *lb, const struct lb_request *rq, uint32_t best,
                              uint64_t *weight)
{
    struct weighted_round_robin *w = lb->state;

    for (uint32_t k = 0; k < w->fails.aparts; k++) {
        uint32_t i = w->fails.apart[k], effective;
        if (!max_fails_may_try(&w->fails, lb, rq, i))
            continue;
        effective = max_fails_weight(&w->fails, lb, i);
        w->member[i].credit += effective;
        *weight += effective;
        int64_t more = best == LB_NONE ? 1 : credit_of(w, i) - credit_of(w, best);
        if (more > 0 || (more == 0 && i < best))
            best = i;
    }
    return best;
}

/* ---- picking ---- */

static uint32_t weighted_round_robin_pick(struct lb *lb, const struct lb_request *rq)
{
    struct weighted_round_robin *w = lb->state;
    uint64_t weight = w->weight;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    for (struct group *g = w->group; g < w->group + w->groups; g++)
        g->rise += g->weight;
    if (rq->avoid != NULL)
        hold_tried(lb, rq, &weight);

    uint32_t i = richest(lb, rq);
    if (w->fails.aparts > 0)
        i = richest_apart(lb, rq, i, &weight);
    if (i == LB_NONE)
        return LB_NONE;
    w->member[i].credit -= (int64_t)weight;
    if (w->place[i] != 0)
        heap_sink(&w->group[w->member[i].group].heap, lb, richer, i);
    max_fails_picked(&w->fails, lb, i, rq->now);
    return i;
}

static void weighted_round_robin_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    if (lb->backend[i].limit != 0)
        weighted_round_robin_sync(lb, i);
}

static void weighted_round_robin_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    struct weighted_round_robin *w = lb->state;

    if (lb->backend[i].limit != 0)
        weighted_round_robin_sync(lb, i);
    max_fails_complete(&w->fails, lb, i, o);
}

static void weighted_round_robin_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    weighted_round_robin_sync(lb, i);
}

static void make_room(struct lb *lb)
{
    struct weighted_round_robin *w = lb->state;
    uint32_t room = lb->capacity;

    ungroup(lb);
    w->member = lb_grow(w->member, w->room, room, sizeof *w->member);
    w->group = lb_grow(w->group, w->room, room, sizeof *w->group);
    w->item = lb_grow(w->item, w->room, room, sizeof *w->item);
    w->place = lb_grow(w->place, w->room, room, sizeof *w->place);
    max_fails_room(&w->fails, room);
    w->room = room;
}

static void weighted_round_robin_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct weighted_round_robin *w = lb->state;

    if (lb->capacity > w->room)
        make_room(lb);
    if (what == LB_ADDED || what == LB_WEIGHT || what == LB_RAMP)
        regroup(lb);
    else
        weighted_round_robin_sync(lb, i);
}

static int weighted_round_robin_start(struct lb *lb, const char **why)
{
    struct weighted_round_robin *w = lb->state;

    (void)why;
    w->fails.moved = weighted_round_robin_sync;
    make_room(lb);
    regroup(lb);
    return 0;
}

static void weighted_round_robin_stop(struct lb *lb)
{
    struct weighted_round_robin *w = lb->state;

    free(w->member);
    free(w->group);
    free(w->item);
    free(w->place);
    max_fails_free(&w->fails);
}

static size_t weighted_round_robin_bytes(const struct lb *lb)
{
    const struct weighted_round_robin *w = lb->state;

    size_t each = sizeof *w->member + sizeof *w->group + sizeof *w->item + sizeof *w->place;

    return w->room * each + max_fails_bytes(&w->fails);
}

static const struct lb_param params[] = {
    MAX_FAILS_PARAMS(weighted_round_robin, fails),
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "Every usable backend has a credit. A pick adds each one's weight to it,\n"
            "takes the greatest (the first of equals) and subtracts the sum of all weights\n"
            "from it. So turns follow the weights exactly and are spread out: weights 5,1,1\n"
            "give a a b a c a a, not five a in a row. With max_fails a failure takes\n"
            "weight / max_fails off, which grows back by 1 a pick, and after so many the\n"
            "backend sits out for fail_timeout, then tries one request.",
    .cost = "O(distinct weights + log n) per pick, 64 bytes a backend; O(n log n) when a\n"
            "backend is added or a weight changes. The order is that of the plain scan.\n"
            "With max_fails, those that failed lately are scanned.",
    .used_by = "nginx (its default). HAProxy `roundrobin`, Envoy and Traefik use deadlines\n"
               "instead: same shares, other order (Envoy bunches: 5,1,1 gives a a a a b c a).",
    .fails_when = "Weights are a guess at speed, made once. As with any turn-taking, a backend\n"
                  "that becomes slow is given its share all the same. W nginx workers without\n"
                  "`zone` each start at the first backend, which gets the first W requests.",
    .source = "nginx, ngx_http_upstream_round_robin.c; order checked against recordings of\n"
              "nginx 1.22.1, also of failures.",
};

const struct lb_ops lb_weighted_round_robin = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED | LB_RAMPS,
    .name        = "weighted_round_robin",
    .aliases     = "wrr",
    .summary     = "smooth weighted round robin, in exactly nginx's order",
    .page        = &page,
    .state_size  = sizeof(struct weighted_round_robin),
    .params      = params,
    .start       = weighted_round_robin_start,
    .stop        = weighted_round_robin_stop,
    .pick        = weighted_round_robin_pick,
    .on_pick     = weighted_round_robin_picked,
    .on_complete = weighted_round_robin_complete,
    .on_change   = weighted_round_robin_change,
    .bytes       = weighted_round_robin_bytes,
    .on_shared   = weighted_round_robin_shared,
};
