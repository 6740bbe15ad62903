/* heap.h - a binary heap of backends that knows each one's place, so that a key which changed is
 * put right in O(log n).  Inline, with the order as a constant argument: compilers then inline
 * the comparison as well, which halves the cost of a move. */
#ifndef HEAP_H
#define HEAP_H

#include "lb.h"

struct heap {
    uint32_t *item;                      /* [size], the best first */
    uint32_t *place;                     /* by backend: its position in item[] + 1, 0 = not in */
    uint32_t  size;
};

/* Does a come before b?  A strict order. */
typedef bool heap_order(const struct lb *, uint32_t a, uint32_t b);

static inline void heap_set(struct heap *h, uint32_t position, uint32_t i)
{
    h->item[position] = i;
    h->place[i] = position + 1;
}

static inline void heap_rise(struct heap *h, const struct lb *lb, heap_order *before, uint32_t i)
{
    uint32_t at = h->place[i] - 1;

    while (at > 0 && before(lb, i, h->item[(at - 1) / 2])) {
        heap_set(h, at, h->item[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_set(h, at, i);
}

static inline void heap_sink(struct heap *h, const struct lb *lb, heap_order *before, uint32_t i)
{
    uint32_t at = h->place[i] - 1;

    for (uint32_t child = 2 * at + 1; child < h->size; child = 2 * at + 1) {
        if (child + 1 < h->size && before(lb, h->item[child + 1], h->item[child]))
            child++;
        if (!before(lb, h->item[child], i))
            break;
        heap_set(h, at, h->item[child]);
        at = child;
    }
    heap_set(h, at, i);
}

/* Puts i where its key belongs, new or not. */
static inline void heap_put(struct heap *h, const struct lb *lb, heap_order *before, uint32_t i)
{
    if (h->place[i] == 0)
        heap_set(h, h->size++, i);
    heap_rise(h, lb, before, i);
    heap_sink(h, lb, before, i);
}

static inline void heap_drop(struct heap *h, const struct lb *lb, heap_order *before, uint32_t i)
{
    uint32_t hole = h->place[i];

    if (hole == 0)
        return;
    uint32_t last = h->item[--h->size];
    h->place[i] = 0;
    if (last == i)
        return;
    heap_set(h, hole - 1, last);
    heap_put(h, lb, before, last);
}

/* Keeps exactly the open backends in the heap: called for each that changed in any way. */
static inline void heap_keep(struct heap *h, const struct lb *lb, heap_order *before, uint32_t i)
{
    if (lb_is_open(lb, i))
        heap_put(h, lb, before, i);
    else
        heap_drop(h, lb, before, i);
}

/* The best one not yet tried at or below a position: only tried ones are walked through. */
static inline uint32_t heap_best(const struct heap *h, const struct lb *lb, heap_order *before,
                                 const struct lb_request *rq, uint32_t position)
{
    if (position >= h->size)
        return LB_NONE;
    if (!lb_is_avoided(rq, h->item[position]))
        return h->item[position];

    uint32_t a = heap_best(h, lb, before, rq, 2 * position + 1);
    uint32_t b = heap_best(h, lb, before, rq, 2 * position + 2);
    if (a == LB_NONE || b == LB_NONE)
        return a == LB_NONE ? b : a;
    return before(lb, b, a) ? b : a;
}

#endif
