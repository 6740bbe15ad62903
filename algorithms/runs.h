/* runs.h - a heap with queues behind its items, for turns by weight.
 *
 * Who has had its turn is due again after all others of its weight: these need no sorting, they
 * queue up.  Only the heads of the queues stand in the heap, which is as large as there are
 * weights and not as there are backends.  Who would not be last in its queue, as it comes from a
 * pause or its weight is on its way elsewhere, stands in the heap by itself until its next turn. */
#ifndef RUNS_H
#define RUNS_H

#include "heap.h"

struct run_link {
    uint32_t before, after;              /* in its queue; LB_NONE: nobody */
    uint32_t run;
};

struct run {
    uint32_t weight;
    uint32_t backends;                   /* of that weight, in or not */
    uint32_t last;                       /* LB_NONE: nobody queues */
};

struct runs {
    struct heap      heap;
    struct run_link *link;               /* by backend */
    struct run      *run;                /* [run_room], one a weight */
    uint32_t         run_room;
};

void     runs_room(struct runs *, uint32_t old_room, uint32_t room);     /* for backends */
void     runs_free(struct runs *);
size_t   runs_bytes(const struct runs *, uint32_t room);

/* Nobody is in; each weight of the backends has a run from now on.  Answers how many there are.
 * Allocates: run[] grows with the weights. */
uint32_t runs_clear(struct runs *, const struct lb *);

static inline bool runs_has(const struct runs *r, uint32_t i)
{
    return r->heap.place[i] != 0 || r->link[i].before != LB_NONE;
}

static inline bool run_has_weight_of(const struct runs *r, const struct lb *lb, uint32_t i)
{
    return r->run[r->link[i].run].weight == lb->backend[i].weight;
}

/* Would i be last in its queue? */
static inline bool run_can_end_with(const struct runs *r, const struct lb *lb, heap_order *before,
                                    uint32_t i)
{
    uint32_t last = r->run[r->link[i].run].last;

    return last != LB_NONE && !before(lb, i, last) && run_has_weight_of(r, lb, i);
}

/* i stands in the heap: if nobody queues, the others of its weight may do so behind it. */
static inline void run_begin(struct runs *r, const struct lb *lb, uint32_t i)
{
    struct run *run = &r->run[r->link[i].run];

    if (run->last == LB_NONE && run_has_weight_of(r, lb, i))
        run->last = i;
}

static inline void runs_put(struct runs *r, const struct lb *lb, heap_order *before, uint32_t i)
{
    struct run *run = &r->run[r->link[i].run];

    r->link[i].after = LB_NONE;
    if (!run_can_end_with(r, lb, before, i)) {
        heap_put(&r->heap, lb, before, i);
        run_begin(r, lb, i);
        return;
    }
    r->link[i].before = run->last;
    r->link[run->last].after = i;
    run->last = i;
}

/* Takes i out, whatever its key has become; who is next in its queue stands in its place. */
static inline void runs_leave(struct runs *r, const struct lb *lb, heap_order *before, uint32_t i)
{
    struct run_link l = r->link[i];
    uint32_t place = r->heap.place[i];

    if (r->run[l.run].last == i)
        r->run[l.run].last = l.before;
    if (l.after != LB_NONE)
        r->link[l.after].before = l.before;
    r->link[i].before = LB_NONE;
    if (place == 0) {
        r->link[l.before].after = l.after;
    } else if (l.after == LB_NONE) {
        heap_drop(&r->heap, lb, before, i);
    } else {
        r->heap.place[i] = 0;
        heap_set(&r->heap, place - 1, l.after);
        heap_sink(&r->heap, lb, before, l.after);
    }
}

/* Puts i where it belongs now that its key is a later one. */
static inline void runs_delay(struct runs *r, const struct lb *lb, heap_order *before, uint32_t i)
{
    bool is_alone = r->heap.place[i] != 0 && r->link[i].after == LB_NONE;
    bool is_last = r->run[r->link[i].run].last == i;

    if (is_alone && (is_last ? run_has_weight_of(r, lb, i) : !run_can_end_with(r, lb, before, i))) {
        heap_sink(&r->heap, lb, before, i);
        run_begin(r, lb, i);
        return;
    }
    runs_leave(r, lb, before, i);
    runs_put(r, lb, before, i);
}

/* Fetches what the turn of the third behind i will read, so that it does not wait for memory;
 * answers whose key to fetch as well. */
static inline uint32_t runs_fetch(const struct runs *r, const struct lb *lb, uint32_t i)
{
    uint32_t third = i;

    for (int k = 0; k < 3 && r->link[third].after != LB_NONE; k++)
        third = r->link[third].after;
    __builtin_prefetch(&lb->backend[third], 1);
    __builtin_prefetch(&r->link[third], 1);
    __builtin_prefetch(&r->heap.place[third], 1);
    return third;
}

/* The best one not yet tried, at or below a position: only tried ones are walked through. */
static inline uint32_t runs_best(const struct runs *r, const struct lb *lb, heap_order *before,
                                 const struct lb_request *rq, uint32_t position)
{
    if (position >= r->heap.size)
        return LB_NONE;

    uint32_t best = r->heap.item[position];
    if (!lb_is_avoided(rq, best))
        return best;
    while (best != LB_NONE && lb_is_avoided(rq, best))
        best = r->link[best].after;
    for (uint32_t child = 2 * position + 1; child <= 2 * position + 2; child++) {
        uint32_t i = runs_best(r, lb, before, rq, child);
        if (best == LB_NONE || (i != LB_NONE && before(lb, i, best)))
            best = i;
    }
    return best;
}

#endif
