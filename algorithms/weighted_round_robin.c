/* weighted_round_robin.c - nginx's smooth weighted round robin, pick for pick.
 *
 * The rule adds every usable backend's weight to its credit, takes the greatest credit (the first
 * of equals) and subtracts the sum of weights from it.  Done literally that is a scan.  Backends
 * of one weight all rise by the same amount, though, so their order among themselves changes only
 * when one is taken, and then it is last: each distinct weight has a queue and one common rise, and
 * a pick looks at the heads.  Same order, O(distinct weights).  With `max_fails`, those that failed
 * lately stand apart, with weights of their own that grow back by 1 a pick: these are scanned. */
#include "max_fails.h"
#include "runs.h"

#include <stdlib.h>

/* The backends of one weight.  Where nobody is, the head is LB_NONE, which has the least credit and
 * earns none. */
struct group {
    uint32_t head, weight;
    int64_t  credit;                     /* the head's */
};

struct weighted_round_robin {
    struct max_fails fails;
    int64_t      *credit;                /* by backend; while in a group without its rise */
    struct group *group;                 /* by run */
    struct runs  *slice;                 /* likewise: these share the arrays of `runs` */
    struct runs   runs;
    int64_t       turns;                 /* a group has risen by its weight in each */
    uint64_t      weight;                /* sum over the open ones */
    uint32_t      groups, group_room, room;
    bool          grouped;
};

static bool richer(const struct lb *lb, uint32_t a, uint32_t b)
{
    const int64_t *credit = ((const struct weighted_round_robin *)lb->state)->credit;

    return credit[a] > credit[b] || (credit[a] == credit[b] && a < b);
}

static struct runs *slice_of(const struct weighted_round_robin *w, uint32_t i)
{
    return &w->slice[w->runs.link[i].run];
}

static uint32_t weight_of(const struct weighted_round_robin *w, uint32_t i)
{
    return w->runs.run[w->runs.link[i].run].weight;
}

static int64_t rise_of(const struct weighted_round_robin *w, uint32_t i)
{
    return w->turns * weight_of(w, i);
}

/* After anything changed in i's group. */
static void see_head(struct weighted_round_robin *w, uint32_t i)
{
    const struct heap *heap = &slice_of(w, i)->heap;
    struct group *g = &w->group[w->runs.link[i].run];

    if (heap->size > 0)
        *g = (struct group){ heap->item[0], weight_of(w, i), w->credit[heap->item[0]] };
    else
        *g = (struct group){ .head = LB_NONE, .credit = INT64_MIN };
}

/* Enters or leaves its group; credit rests while a backend is not usable. */
static void weighted_round_robin_sync(struct lb *lb, uint32_t i)
{
    struct weighted_round_robin *w = lb->state;
    bool open = lb_is_open(lb, i) && !max_fails_is_apart(&w->fails, i);

    if (!w->grouped || open == runs_has(&w->runs, i))
        return;
    if (open) {
        w->credit[i] -= rise_of(w, i);
        w->weight += weight_of(w, i);
        runs_put(slice_of(w, i), lb, richer, i);
    } else {
        runs_leave(slice_of(w, i), lb, richer, i);
        w->credit[i] += rise_of(w, i);
        w->weight -= weight_of(w, i);
    }
    see_head(w, i);
}

static void ungroup(struct lb *lb)
{
    struct weighted_round_robin *w = lb->state;

    for (uint32_t i = 0; w->grouped && i < lb->count && i < w->room; i++)
        if (runs_has(&w->runs, i))
            w->credit[i] += rise_of(w, i);
    w->grouped = false;
    w->weight = 0;
    w->turns = 0;
}

static void make_room_for_groups(struct weighted_round_robin *w)
{
    uint32_t room = w->runs.run_room;

    w->group = lb_grow(w->group, w->group_room, room, sizeof *w->group);
    w->slice = lb_grow(w->slice, w->group_room, room, sizeof *w->slice);
    w->group_room = room;
}

/* Groups the backends by weight; each slice of the heap has room for all of a group. */
static void regroup(struct lb *lb)
{
    struct weighted_round_robin *w = lb->state;
    uint32_t *end = w->runs.heap.item;

    ungroup(lb);
    w->groups = runs_clear(&w->runs, lb);
    make_room_for_groups(w);
    for (uint32_t k = 0; k < w->groups; k++) {
        w->slice[k] = w->runs;
        w->slice[k].heap.item = end;
        end += w->runs.run[k].backends;
    }
    w->grouped = true;
    for (uint32_t i = 0; i < lb->count; i++) {
        see_head(w, i);
        weighted_round_robin_sync(lb, i);
    }
}

/* A backend that was tried already gets no credit for this request, as in nginx. */
static void hold_tried(struct lb *lb, const struct lb_request *rq, uint64_t *weight)
{
    struct weighted_round_robin *w = lb->state;

    for (uint32_t word = 0; 64 * word < lb->count; word++)
        for (uint64_t bits = rq->avoid[word] & lb->open[word]; bits != 0; bits &= bits - 1) {
            uint32_t i = 64 * word + (uint32_t)__builtin_ctzll(bits);
            if (max_fails_is_apart(&w->fails, i))
                continue;
            w->credit[i] -= weight_of(w, i);
            runs_delay(slice_of(w, i), lb, richer, i);
            see_head(w, i);
            *weight -= weight_of(w, i);
        }
}

/* Credit and index as one number, so that no branch asks which head is richer: nobody can guess. */
static __int128 rank_of(const struct group *g, int64_t turns)
{
    return (__int128)(g->credit + turns * g->weight) * ((__int128)1 << 32) + (LB_NONE - g->head);
}

static uint32_t richest(const struct weighted_round_robin *w)
{
    __int128 most = rank_of(&w->group[0], w->turns);

    for (uint32_t k = 1; k < w->groups; k++) {
        __int128 rank = rank_of(&w->group[k], w->turns);
        most = rank > most ? rank : most;
    }
    return LB_NONE - (uint32_t)most;
}

static int64_t credit_of(const struct weighted_round_robin *w, uint32_t i)
{
    return w->credit[i] + (runs_has(&w->runs, i) ? rise_of(w, i) : 0);
}

static uint32_t richest_untried(const struct lb *lb, const struct lb_request *rq)
{
    const struct weighted_round_robin *w = lb->state;
    uint32_t best = LB_NONE;

    for (uint32_t k = 0; k < w->groups; k++) {
        uint32_t i = runs_best(&w->slice[k], lb, richer, rq, 0);
        if (i == LB_NONE)
            continue;
        int64_t more = best == LB_NONE ? 1 : credit_of(w, i) - credit_of(w, best);
        if (more > 0 || (more == 0 && i < best))
            best = i;
    }
    return best;
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
        w->credit[i] += effective;
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
    uint32_t i;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    w->turns++;
    if (rq->avoid != NULL)
        hold_tried(lb, rq, &weight);
    i = rq->avoid != NULL ? richest_untried(lb, rq) : richest(w);
    if (w->fails.aparts > 0)
        i = richest_apart(lb, rq, i, &weight);
    if (i == LB_NONE)
        return LB_NONE;
    __builtin_prefetch(&w->credit[runs_fetch(&w->runs, lb, i)], 1);
    w->credit[i] -= (int64_t)weight;
    if (runs_has(&w->runs, i)) {
        runs_delay(slice_of(w, i), lb, richer, i);
        see_head(w, i);
    }
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
    w->credit = lb_grow(w->credit, w->room, room, sizeof *w->credit);
    runs_room(&w->runs, w->room, room);
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

    free(w->credit);
    free(w->group);
    free(w->slice);
    runs_free(&w->runs);
    max_fails_free(&w->fails);
}

static size_t weighted_round_robin_bytes(const struct lb *lb)
{
    const struct weighted_round_robin *w = lb->state;

    return w->room * sizeof *w->credit + w->group_room * (sizeof *w->group + sizeof *w->slice)
        + runs_bytes(&w->runs, w->room) + max_fails_bytes(&w->fails);
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
    .cost = "O(distinct weights) per pick, 28 bytes a backend and 76 a weight; O(n) when a\n"
            "backend is added or a weight changes. The order is that of the plain scan.\n"
            "With max_fails, those that failed lately are scanned; whoever was tried, full\n"
            "or away lately costs O(log) of how many these are.",
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
