/* jiq.c - join idle queue: a backend that has become idle stands in a list; a pick takes its head.
 * Lu, Xie, Kliot, Geller, Larus, Greenberg 2011, with one dispatcher that sees for itself who is
 * idle (nothing of its own in flight).  So the list is never out of date, and a random pick never
 * hits an idle backend: it is made only when no usable one is idle. */
#include "lb.h"

#include <stdlib.h>

struct seat {                            /* a backend's place in the list of idle ones */
    uint32_t before, after;
    bool     is_in;
};

struct jiq {
    struct seat *seat;                   /* by backend */
    uint32_t     room;
    uint32_t     first, last;            /* idle for longest, for shortest */
};

static void join(struct jiq *q, uint32_t i)
{
    q->seat[i] = (struct seat){ q->last, LB_NONE, true };
    if (q->last == LB_NONE)
        q->first = i;
    else
        q->seat[q->last].after = i;
    q->last = i;
}

static void leave(struct jiq *q, uint32_t i)
{
    struct seat s = q->seat[i];

    if (s.before == LB_NONE)
        q->first = s.after;
    else
        q->seat[s.before].after = s.after;
    if (s.after == LB_NONE)
        q->last = s.before;
    else
        q->seat[s.after].before = s.before;
    q->seat[i].is_in = false;
}

/* In the list stands who is idle and may be picked. */
static void jiq_sync(struct lb *lb, uint32_t i)
{
    struct jiq *q = lb->state;
    bool is_idle = lb->backend[i].inflight == 0 && lb_is_open(lb, i);

    if (is_idle == q->seat[i].is_in)
        return;
    if (is_idle)
        join(q, i);
    else
        leave(q, i);
}

static uint32_t jiq_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct jiq *q = lb->state;

    for (uint32_t i = q->first; i != LB_NONE; i = q->seat[i].after)
        if (!lb_is_avoided(rq, i))
            return i;

    uint32_t i = lb_random_usable(lb, rq);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static void jiq_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    jiq_sync(lb, i);
}

static void jiq_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    (void)outcome;
    jiq_sync(lb, i);
}

static void jiq_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    jiq_sync(lb, i);
}

static void make_room(struct lb *lb)
{
    struct jiq *q = lb->state;

    q->seat = lb_grow(q->seat, q->room, lb->capacity, sizeof *q->seat);
    q->room = lb->capacity;
}

static void jiq_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        make_room(lb);
    jiq_sync(lb, i);
}

static int jiq_start(struct lb *lb, const char **why)
{
    struct jiq *q = lb->state;

    (void)why;
    q->first = q->last = LB_NONE;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        jiq_sync(lb, i);
    return 0;
}

static void jiq_stop(struct lb *lb)
{
    free(((struct jiq *)lb->state)->seat);
}

static size_t jiq_bytes(const struct lb *lb)
{
    const struct jiq *q = lb->state;

    return q->room * sizeof *q->seat;
}

static const struct lb_page page = {
    .rule = "Keeps a first-in-first-out list of the usable backends that have nothing of\n"
            "its own in flight, and takes the head. When none is idle: any usable one,\n"
            "each with the same chance. Weights are ignored but for 0, which means none.",
    .cost = "O(1) per pick and per completion, 12 bytes a backend.",
    .used_by = "Proposed for large web front ends; no proxy that we know of ships it under\n"
               "this name.",
    .fails_when = "High load: nobody is idle, and the rest is random. Several balancers: each\n"
                  "sees only its own requests, so a backend that is idle to one may be busy\n"
                  "with another's; the paper's own scheme, in which a backend reports itself\n"
                  "to one dispatcher's list when it becomes idle, is not modelled. A backend\n"
                  "that fails fast is idle all the time and comes round again and again.",
    .source = "Lu, Xie, Kliot, Geller, Larus, Greenberg, Join-Idle-Queue: A Novel Load\n"
              "Balancing Algorithm for Dynamically Scalable Web Services, Performance\n"
              "Evaluation 68(11), 2011.",
};

const struct lb_ops lb_jiq = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK,
    .name        = "jiq",
    .summary     = "join idle queue: who has been idle for longest, else random (Lu et al. 2011)",
    .page        = &page,
    .state_size  = sizeof(struct jiq),
    .start       = jiq_start,
    .stop        = jiq_stop,
    .pick        = jiq_pick,
    .on_pick     = jiq_picked,
    .on_complete = jiq_complete,
    .on_change   = jiq_change,
    .bytes       = jiq_bytes,
    .on_shared   = jiq_shared,
};
