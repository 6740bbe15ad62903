/* least_work.c - least work left: the backend that will be free first, by the demands of what this
 * balancer sent it.  Central queue in disguise: with equal single-worker backends, first come first
 * served, every request starts when it would at one queue before all workers.
 *
 * It needs lb_request.work, which no real proxy knows: a yardstick.  Nothing is predicted where
 * something is seen: a backend with none in flight is free, whatever the sums say. */
#include "heap.h"

#include <stdlib.h>

struct promise {
    uint64_t free_at;                    /* when what it was given so far is done, ns */
    uint64_t turn;                       /* of its last pick: ties rotate */
};

struct least_work {
    struct heap     heap;
    struct promise *promise;             /* by backend */
    uint32_t        room;
    uint64_t        picks;
    uint64_t        work;                /* of the request that is being picked for */
};

/* Idle before busy; then who is free first, which among idle ones is who was idle for longest. */
static bool sooner(const struct lb *lb, uint32_t a, uint32_t b)
{
    const struct promise *p = ((const struct least_work *)lb->state)->promise;
    bool is_a_busy = lb->backend[a].inflight > 0, is_b_busy = lb->backend[b].inflight > 0;

    if (is_a_busy != is_b_busy)
        return is_b_busy;
    if (p[a].free_at != p[b].free_at)
        return p[a].free_at < p[b].free_at;
    return p[a].turn < p[b].turn || (p[a].turn == p[b].turn && a < b);
}

static uint32_t least_work_pick(struct lb *lb, const struct lb_request *rq)
{
    struct least_work *w = lb->state;
    uint32_t i = heap_best(&w->heap, lb, sooner, rq, 0);

    w->work = rq->work;
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static void least_work_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    struct least_work *w = lb->state;
    struct promise *p = &w->promise[i];

    p->free_at = (p->free_at > now ? p->free_at : now) + w->work / lb->backend[i].weight;
    p->turn = ++w->picks;
    heap_keep(&w->heap, lb, sooner, i);
}

/* A promise that was not kept to the end (an error, a cancel, a quick backend) ends here. */
static void least_work_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    struct least_work *w = lb->state;

    if (lb->backend[i].inflight == 0)
        w->promise[i].free_at = outcome->now;
    heap_keep(&w->heap, lb, sooner, i);
}

static void least_work_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    heap_keep(&((struct least_work *)lb->state)->heap, lb, sooner, i);
}

static void make_room(struct lb *lb)
{
    struct least_work *w = lb->state;

    w->heap.item = lb_grow(w->heap.item, w->room, lb->capacity, sizeof *w->heap.item);
    w->heap.place = lb_grow(w->heap.place, w->room, lb->capacity, sizeof *w->heap.place);
    w->promise = lb_grow(w->promise, w->room, lb->capacity, sizeof *w->promise);
    w->room = lb->capacity;
}

static void least_work_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct least_work *w = lb->state;

    if (what == LB_ADDED)
        make_room(lb);
    heap_keep(&w->heap, lb, sooner, i);
}

static int least_work_start(struct lb *lb, const char **why)
{
    struct least_work *w = lb->state;

    (void)why;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        heap_keep(&w->heap, lb, sooner, i);
    return 0;
}

static void least_work_stop(struct lb *lb)
{
    struct least_work *w = lb->state;

    free(w->heap.item);
    free(w->heap.place);
    free(w->promise);
}

static size_t least_work_bytes(const struct lb *lb)
{
    const struct least_work *w = lb->state;

    return w->room * (sizeof *w->heap.item + sizeof *w->heap.place + sizeof *w->promise);
}

static const struct lb_page page = {
    .rule = "Knows the demand of each request and adds it up: a backend is free at\n"
            "max(free, now) + work / weight. Takes an idle one, longest idle first; else\n"
            "the one that is free first, of equals the one picked least recently. A weight\n"
            "is taken for the speed; speeds are not known otherwise.",
    .cost = "O(log n) per pick and per completion, 24 bytes a backend.",
    .used_by = "No proxy: sizes are not known before a request is served. A yardstick of\n"
               "theory: what is lost by not knowing them.",
    .fails_when = "The balancer's next tier is not the pool (an l4, another l7 in between):\n"
                  "work is then unknown, and it takes idle ones, else takes turns. Backends\n"
                  "with several workers or shared service are planned as if they had one\n"
                  "worker. Weights that are not speeds mislead it. Requests of other balancers\n"
                  "are not seen; cancelled work is forgotten only when a backend is idle.",
    .source = "Kiefer and Wolfowitz, On the theory of queues with many servers, 1955, for\n"
              "the recursion; Harchol-Balter, Performance Modeling and Design of Computer\n"
              "Systems, 2013, chapter 24, for its being the M/G/c queue.",
};

const struct lb_ops lb_least_work = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK | LB_BY_WORK,
    .name        = "least_work",
    .aliases     = "lwl",
    .summary     = "least work left: knows each request's demand, a yardstick (M/G/c queue)",
    .page        = &page,
    .state_size  = sizeof(struct least_work),
    .start       = least_work_start,
    .stop        = least_work_stop,
    .pick        = least_work_pick,
    .on_pick     = least_work_picked,
    .on_complete = least_work_complete,
    .on_change   = least_work_change,
    .bytes       = least_work_bytes,
    .on_shared   = least_work_shared,
};
