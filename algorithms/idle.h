/* idle.h - a list of idle backends, first in first out, from which any may leave in O(1). */
#ifndef IDLE_H
#define IDLE_H

#include "lb.h"

#include <stdlib.h>

struct seat {                            /* a backend's place in the list */
    uint32_t before, after;
    bool     is_in;
};

struct idle {
    struct seat *seat;                   /* by backend */
    uint32_t     room;
    uint32_t     first, last;            /* idle for longest, for shortest; LB_NONE: nobody */
};

static inline void idle_join(struct idle *q, uint32_t i)
{
    q->seat[i] = (struct seat){ q->last, LB_NONE, true };
    if (q->last == LB_NONE)
        q->first = i;
    else
        q->seat[q->last].after = i;
    q->last = i;
}

static inline void idle_leave(struct idle *q, uint32_t i)
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
static inline void idle_sync(struct idle *q, const struct lb *lb, uint32_t i, bool is_idle)
{
    bool belongs = is_idle && lb_is_open(lb, i);

    if (belongs == q->seat[i].is_in)
        return;
    if (belongs)
        idle_join(q, i);
    else
        idle_leave(q, i);
}

/* The head, but for those to be avoided; else any usable one, each with the same chance. */
static inline uint32_t idle_pick(const struct idle *q, struct lb *lb, const struct lb_request *rq)
{
    for (uint32_t i = q->first; i != LB_NONE; i = q->seat[i].after)
        if (!lb_is_avoided(rq, i))
            return i;

    uint32_t i = lb_random_usable(lb, rq);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static inline void idle_make_room(struct idle *q, const struct lb *lb)
{
    if (q->room == 0)
        q->first = q->last = LB_NONE;
    q->seat = lb_grow(q->seat, q->room, lb->capacity, sizeof *q->seat);
    q->room = lb->capacity;
}

static inline void idle_free(struct idle *q)
{
    free(q->seat);
}

static inline size_t idle_bytes(const struct idle *q)
{
    return q->room * sizeof *q->seat;
}

#endif
