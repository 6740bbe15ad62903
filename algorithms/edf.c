/* edf.c - earliest deadline first as in Envoy's ROUND_ROBIN.
 *
 * A backend's next turn is due 1 / weight after its last.  Backends of one weight have no
 * deadlines: they take turns from a random start.  The surprises: it bunches, 5,1,1 gives
 * a a a a b c a, and it begins anew, the heavy ones first, at every change of the set. */
#include "runs.h"

#include <stdlib.h>

#define DRAWN UINT32_MAX                 /* `start`: at random */

struct due {
    double   deadline;
    uint64_t came;                       /* of equal deadlines the one set first */
};

struct edf {
    uint32_t    start;
    struct due *due;                     /* by backend */
    struct runs runs;                    /* the open ones */
    uint32_t    room;
    double      now;
    uint64_t    came;
    uint64_t    turn;                    /* with equal weights */
    bool        is_equal, is_stale;
};

static bool due_before(const struct lb *lb, uint32_t a, uint32_t b)
{
    const struct due *d = ((const struct edf *)lb->state)->due;

    return d[a].deadline < d[b].deadline
        || (d[a].deadline == d[b].deadline && d[a].came < d[b].came);
}

static void set_deadline(struct lb *lb, uint32_t i)
{
    struct edf *e = lb->state;

    e->due[i] = (struct due){ e->now + 1 / (double)lb->backend[i].weight, ++e->came };
}

/* A deadline that passed while its backend was full or tried does not turn back the clock. */
static void take_turn(struct lb *lb, uint32_t i)
{
    struct edf *e = lb->state;

    __builtin_prefetch(&e->due[runs_fetch(&e->runs, lb, i)], 1);
    if (e->due[i].deadline > e->now)
        e->now = e->due[i].deadline;
    set_deadline(lb, i);
    runs_delay(&e->runs, lb, due_before, i);
}

static bool weights_are_equal(const struct lb *lb)
{
    for (uint32_t k = 1; k < lb->live_count; k++)
        if (lb->backend[lb->live[k]].weight != lb->backend[lb->live[0]].weight)
            return false;
    return true;
}

static void sync(struct lb *lb, uint32_t i)
{
    struct edf *e = lb->state;

    if (e->is_stale || e->is_equal || lb_is_open(lb, i) == runs_has(&e->runs, i))
        return;
    if (lb_is_open(lb, i))
        runs_put(&e->runs, lb, due_before, i);
    else
        runs_leave(&e->runs, lb, due_before, i);
}

/* Envoy makes its heap anew at every change and spends some turns, against all starting alike. */
static void make_heap(struct lb *lb)
{
    struct edf *e = lb->state;
    const struct heap *heap = &e->runs.heap;

    e->is_stale = false;
    e->is_equal = weights_are_equal(lb);
    e->now = 0;
    runs_clear(&e->runs, lb);
    for (uint32_t k = 0; k < lb->live_count && !e->is_equal; k++) {
        set_deadline(lb, lb->live[k]);
        sync(lb, lb->live[k]);
    }
    for (uint32_t k = e->start % (lb->live_count + !lb->live_count); k > 0 && heap->size > 0; k--)
        take_turn(lb, heap->item[0]);
}

/* ---- picking ---- */

static uint32_t place_in_live(const struct lb *lb, uint32_t i)
{
    uint32_t low = 0, high = lb->live_count - 1;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lb->live[middle] < i)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The turn is a position in the list, so it means somebody else when the list has changed. */
static uint32_t pick_in_turn(struct lb *lb, const struct lb_request *rq)
{
    struct edf *e = lb->state;
    uint32_t n = lb->live_count, at = n ? (uint32_t)(e->turn % n) : 0;
    uint32_t i = n ? lb_next_usable(lb, rq, lb->live[at]) : LB_NONE;

    if (i != LB_NONE)
        e->turn += (place_in_live(lb, i) + n - at) % n + 1;
    return i;
}

static uint32_t pick_due(struct lb *lb, const struct lb_request *rq)
{
    struct edf *e = lb->state;
    uint32_t i = runs_best(&e->runs, lb, due_before, rq, 0);

    if (i != LB_NONE)
        take_turn(lb, i);
    return i;
}

static uint32_t edf_pick(struct lb *lb, const struct lb_request *rq)
{
    struct edf *e = lb->state;
    uint32_t i;

    if (e->is_stale)
        make_heap(lb);
    i = e->is_equal ? pick_in_turn(lb, rq) : pick_due(lb, rq);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

/* ---- changes ---- */

static void edf_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    if (lb->backend[i].limit != 0)
        sync(lb, i);
}

static void edf_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    (void)outcome;
    if (lb->backend[i].limit != 0)
        sync(lb, i);
}

static void edf_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    sync(lb, i);
}

static void make_room(struct lb *lb)
{
    struct edf *e = lb->state;
    uint32_t room = lb->capacity;

    e->due = lb_grow(e->due, e->room, room, sizeof *e->due);
    runs_room(&e->runs, e->room, room);
    e->room = room;
}

static void edf_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct edf *e = lb->state;

    if (lb->capacity > e->room)
        make_room(lb);
    if (what == LB_LIMIT)
        sync(lb, i);
    else if (what != LB_RAMP || e->is_equal)            /* else read when it next has its turn */
        e->is_stale = true;
}

static int edf_start(struct lb *lb, const char **why)
{
    struct edf *e = lb->state;

    (void)why;
    if (e->start == DRAWN)
        e->start = (uint32_t)lb_random_bits(lb);
    e->turn = e->start;
    make_room(lb);
    e->is_stale = true;
    return 0;
}

static void edf_stop(struct lb *lb)
{
    struct edf *e = lb->state;

    free(e->due);
    runs_free(&e->runs);
}

static size_t edf_bytes(const struct lb *lb)
{
    const struct edf *e = lb->state;

    return e->room * sizeof *e->due + runs_bytes(&e->runs, e->room);
}

static const struct lb_param params[] = {
    { "start", LB_UINT, offsetof(struct edf, start), DRAWN, 0, DRAWN,
      "turns spent beforehand, modulo the backends; 4294967295: drawn at random" },
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "Each backend has a deadline. The earliest is served (of equals the one set\n"
            "first), the clock goes on to it, and the next is 1 / weight later. 5,1,1 gives\n"
            "a a a a b c a. Weights all equal: plain turns from a random start. A change of\n"
            "the set or of a weight begins anew, with `start` turns spent beforehand.",
    .cost = "O(log of the distinct weights) per pick, 36 bytes a backend and 12 a weight;\n"
            "a change costs O(n) at the next pick.",
    .used_by = "Envoy ROUND_ROBIN, so gateways made of Envoy. LEAST_REQUEST with unequal\n"
               "weights goes by deadlines too: see least_request.",
    .fails_when = "One weight is 100 and ten are 1: a hundred requests go to the one, then ten\n"
                  "follow at once. Sets that change often: heavy backends always come first\n"
                  "after a change, and light ones may get nothing (envoy#14597).",
    .source = "Envoy 1.26, edf_scheduler.h and its tests: 1,2 gives b a b b a b, and with one\n"
              "turn spent a b b a b b. Later versions spend more turns at a change.",
};

const struct lb_ops lb_edf = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED | LB_RAMPS,
    .name        = "edf",
    .summary     = "earliest deadline, 1/weight apart: Envoy's turns",
    .page        = &page,
    .state_size  = sizeof(struct edf),
    .params      = params,
    .start       = edf_start,
    .stop        = edf_stop,
    .pick        = edf_pick,
    .on_pick     = edf_picked,
    .on_complete = edf_complete,
    .on_change   = edf_change,
    .bytes       = edf_bytes,
    .on_shared   = edf_shared,
};
