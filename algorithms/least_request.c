/* least_request.c - Envoy's LEAST_REQUEST: of backends of equal weight `choices` are drawn with
 * replacement and the least busy taken; of unequal ones the earliest deadline, a turn lasting
 * (in flight + 1)^bias / weight.
 *
 * The length of a turn is fixed when it begins: what is in flight later does not move a deadline,
 * so in the weighted mode a backend that hangs still gets its turns. */
#include "fmath.h"
#include "heap.h"

#include <stdlib.h>

struct entry {
    double   deadline;
    uint64_t order;                      /* of entry: first in, first out among equal deadlines */
};

struct least_request {
    uint32_t      choices;
    double        bias;
    bool          deadlines;             /* also when all weights are equal */
    struct heap   heap;
    struct entry *entry;                 /* by backend */
    double        clock;                 /* the deadline served last */
    uint64_t      entries;
    uint32_t      room;
    bool          built, even;
};

static bool earlier(const struct lb *lb, uint32_t a, uint32_t b)
{
    const struct entry *e = ((const struct least_request *)lb->state)->entry;

    return e[a].deadline < e[b].deadline
        || (e[a].deadline == e[b].deadline && e[a].order < e[b].order);
}

static double turn_of(const struct least_request *l, const struct lb_backend *b)
{
    double busy = (double)b->inflight + 1;

    if (l->bias == 0)
        return 1 / (double)b->weight;
    return 1 / ((double)b->weight / (l->bias == 1 ? busy : fm_pow(busy, l->bias)));
}

static void enter(struct lb *lb, uint32_t i)
{
    struct least_request *l = lb->state;

    l->entry[i] = (struct entry){ l->clock + turn_of(l, &lb->backend[i]), ++l->entries };
    heap_keep(&l->heap, lb, earlier, i);
}

/* Envoy makes a new schedule whenever a host comes, goes, or changes health. */
static void build(struct lb *lb)
{
    struct least_request *l = lb->state;

    l->built = l->even = true;
    l->clock = 0;
    for (uint32_t i = 0; i < lb->count; i++)
        heap_drop(&l->heap, lb, earlier, i);
    for (uint32_t k = 0; k < lb->live_count; k++) {
        l->even = l->even && lb->backend[lb->live[k]].weight == lb->backend[lb->live[0]].weight;
        enter(lb, lb->live[k]);
    }
}

static uint32_t least_of_draws(struct lb *lb, const struct lb_request *rq)
{
    const struct least_request *l = lb->state;
    uint32_t best = lb_random_usable(lb, rq);

    for (uint32_t k = 1; k < l->choices && best != LB_NONE; k++) {
        uint32_t i = lb_random_usable(lb, rq);
        if (lb->backend[i].inflight < lb->backend[best].inflight)
            best = i;
    }
    return best;
}

static uint32_t least_request_pick(struct lb *lb, const struct lb_request *rq)
{
    struct least_request *l = lb->state;
    uint32_t i;

    if (!l->built)
        build(lb);
    if (l->even && !l->deadlines) {
        i = least_of_draws(lb, rq);
        return i != LB_NONE ? i : lb_none_or_full(lb, rq);
    }
    i = heap_best(&l->heap, lb, earlier, rq, 0);
    if (i == LB_NONE)
        return lb_none_or_full(lb, rq);
    l->clock = l->entry[i].deadline > l->clock ? l->entry[i].deadline : l->clock;
    enter(lb, i);
    return i;
}

static void least_request_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    struct least_request *l = lb->state;

    (void)now;
    if (lb->backend[i].limit != 0)
        heap_keep(&l->heap, lb, earlier, i);
}

static void least_request_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    (void)o;
    least_request_picked(lb, i, 0);
}

static void least_request_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    least_request_picked(lb, i, 0);
}

static void make_room(struct lb *lb)
{
    struct least_request *l = lb->state;

    l->heap.item = lb_grow(l->heap.item, l->room, lb->capacity, sizeof *l->heap.item);
    l->heap.place = lb_grow(l->heap.place, l->room, lb->capacity, sizeof *l->heap.place);
    l->entry = lb_grow(l->entry, l->room, lb->capacity, sizeof *l->entry);
    l->room = lb->capacity;
}

static void least_request_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct least_request *l = lb->state;

    if (what == LB_ADDED)
        make_room(lb);
    if (what == LB_LIMIT && l->built)
        heap_keep(&l->heap, lb, earlier, i);
    else if (what != LB_RAMP || l->even)        /* else read when its next turn begins */
        l->built = false;
}

static int least_request_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    return 0;
}

static void least_request_stop(struct lb *lb)
{
    struct least_request *l = lb->state;

    free(l->heap.item);
    free(l->heap.place);
    free(l->entry);
}

static size_t least_request_bytes(const struct lb *lb)
{
    const struct least_request *l = lb->state;

    return l->room * (sizeof *l->heap.item + sizeof *l->heap.place + sizeof *l->entry);
}

static const struct lb_param params[] = {
    { "choices", LB_UINT, offsetof(struct least_request, choices), 2, 1, 1000,
      "choice_count: backends drawn per pick when all weights are equal" },
    { "bias", LB_REAL, offsetof(struct least_request, bias), 1, 0, 100,
      "active_request_bias: 0 ignores what is in flight, above 1 stresses it" },
    { "deadlines", LB_BOOL, offsetof(struct least_request, deadlines), 0, 0, 1,
      "by deadlines even if all weights are equal, as newer Envoys with a bias set?" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "All weights equal: draws `choices` usable backends, perhaps the same twice,\n"
            "and takes the fewest in flight, the first drawn of equals. Else: takes the\n"
            "earliest deadline and gives it a new one, (in flight + 1)^bias / weight later,\n"
            "what is in flight being counted before this request. All deadlines start anew\n"
            "when a backend comes, goes or changes state.",
    .cost = "O(choices), or O(log n) by deadlines; 24 bytes a backend; O(n log n) at the\n"
            "first pick after a change.",
    .used_by = "Envoy LEAST_REQUEST, Istio's default, gRPC least_request (without weights).",
    .fails_when = "Two backends: the busier one still gets a quarter. By deadlines: a backend\n"
                  "that hangs is never quite avoided. Frequent changes start all turns anew\n"
                  "and starve light ones. Several Envoys do not share counts.",
    .source = "Envoy 1.26, least_request_lb.cc and edf_scheduler.h; its own tests' numbers.\n"
              "Envoy burns a random number of turns after each change: not done here.",
};

const struct lb_ops lb_least_request = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED | LB_FEEDBACK | LB_RAMPS,
    .name        = "least_request",
    .summary     = "Envoy's: best of n draws, by deadlines if weighted",
    .page        = &page,
    .state_size  = sizeof(struct least_request),
    .params      = params,
    .start       = least_request_start,
    .stop        = least_request_stop,
    .pick        = least_request_pick,
    .on_pick     = least_request_picked,
    .on_complete = least_request_complete,
    .on_change   = least_request_change,
    .bytes       = least_request_bytes,
    .on_shared   = least_request_shared,
};
