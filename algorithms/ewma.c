/* ewma.c - the smallest rolling average of latency, taken literally: for teaching.
 *
 * average += (sample - average) (1 - e^(-dt/decay)), dt since that backend's last completion.  It
 * does not count what is in flight, so all requests run to one backend until its answers, which
 * come too late, show what they did to it.  peak_ewma is the form that people use. */
#include "fmath.h"
#include "heap.h"

#include <stdlib.h>

struct average {
    double   latency;                    /* ns; 0: no sample yet, which makes it the best */
    uint64_t at;                         /* of the last sample */
    uint64_t turn;                       /* of the last pick: equals take turns */
};

struct ewma {
    uint64_t        decay;
    struct average *average;             /* by backend */
    struct heap     heap;
    uint64_t        turn;
    uint32_t        room;
};

static bool faster(const struct lb *lb, uint32_t a, uint32_t b)
{
    const struct average *average = ((const struct ewma *)lb->state)->average;

    if (average[a].latency != average[b].latency)
        return average[a].latency < average[b].latency;
    return average[a].turn < average[b].turn || (average[a].turn == average[b].turn && a < b);
}

static uint32_t ewma_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct ewma *e = lb->state;
    uint32_t i = heap_best(&e->heap, lb, faster, rq, 0);

    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static void ewma_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    struct ewma *e = lb->state;

    (void)now;
    e->average[i].turn = ++e->turn;
    heap_keep(&e->heap, lb, faster, i);
}

static void ewma_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    struct ewma *e = lb->state;
    struct average *a = &e->average[i];
    double sample = (double)outcome->latency;

    if (a->latency == 0)
        a->latency = sample;
    else
        a->latency += (sample - a->latency)
                    * (1 - fm_exp(-((double)(outcome->now - a->at) / (double)e->decay)));
    a->at = outcome->now;
    heap_keep(&e->heap, lb, faster, i);
}

static void ewma_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    heap_keep(&((struct ewma *)lb->state)->heap, lb, faster, i);
}

static void make_room(struct lb *lb)
{
    struct ewma *e = lb->state;

    e->heap.item = lb_grow(e->heap.item, e->room, lb->capacity, sizeof *e->heap.item);
    e->heap.place = lb_grow(e->heap.place, e->room, lb->capacity, sizeof *e->heap.place);
    e->average = lb_grow(e->average, e->room, lb->capacity, sizeof *e->average);
    e->room = lb->capacity;
}

static void ewma_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct ewma *e = lb->state;

    if (what == LB_ADDED)
        make_room(lb);
    heap_keep(&e->heap, lb, faster, i);
}

static int ewma_start(struct lb *lb, const char **why)
{
    struct ewma *e = lb->state;

    (void)why;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        heap_keep(&e->heap, lb, faster, i);
    return 0;
}

static void ewma_stop(struct lb *lb)
{
    struct ewma *e = lb->state;

    free(e->heap.item);
    free(e->heap.place);
    free(e->average);
}

static size_t ewma_bytes(const struct lb *lb)
{
    const struct ewma *e = lb->state;

    return e->room * (sizeof *e->heap.item + sizeof *e->heap.place + sizeof *e->average);
}

static const struct lb_param params[] = {
    { "decay", LB_DURATION, offsetof(struct ewma, decay), 10e9, 1e3, 1e15,
      "time after which a sample counts 1/e" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Takes the usable backend with the smallest average latency. A completion moves\n"
            "the average by (sample - average)(1 - e^(-dt/decay)), dt being the time since\n"
            "that backend's last one. Backends without a sample come first, in turn.\n"
            "Weights are ignored but for 0, which means none.",
    .cost = "O(log n) per pick and per completion and one exp, 32 bytes a backend.",
    .used_by = "Nobody in this bare form: it is here to show why. nginx `least_time` and\n"
               "Traefik `leasttime` multiply the average by the requests in flight, Linkerd\n"
               "and Finagle draw two and let averages decay (peak_ewma).",
    .fails_when = "Nearly always under load. All requests go to one backend until their answers\n"
                  "return slow, then to the next: it herds. One slow answer and a backend that\n"
                  "is not asked again keeps its average for ever. Fast failures win everything.",
    .source = "Textbook exponential smoothing (Brown 1956) of latency, irregular samples\n"
              "weighted by e^(-dt/decay).",
};

const struct lb_ops lb_ewma = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK,
    .name        = "ewma",
    .summary     = "smallest rolling average of latency, the naive form, for teaching",
    .page        = &page,
    .state_size  = sizeof(struct ewma),
    .params      = params,
    .start       = ewma_start,
    .stop        = ewma_stop,
    .pick        = ewma_pick,
    .on_pick     = ewma_picked,
    .on_complete = ewma_complete,
    .on_change   = ewma_change,
    .bytes       = ewma_bytes,
    .on_shared   = ewma_shared,
};
