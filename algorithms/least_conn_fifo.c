/* least_conn_fifo.c - HAProxy's leastconn: the least (in flight + 1) / weight as an integer key,
 * and first in, first out among equal keys; every take and every release queues anew.
 *
 * An idle backend's key is 0 whatever its weight: one request at a time, weights do nothing. */
#include "heap.h"

#include <stdlib.h>

enum { MOST_LISTS = 16 };

struct seat {
    uint64_t key, turn;                  /* turn: when it queued */
    uint32_t list;
};

struct least_conn_fifo {
    uint32_t     lists, scale;
    struct heap  heap[MOST_LISTS];       /* share one place[]: a backend stands in one of them */
    struct seat *seat;                   /* by backend */
    uint32_t    *place;
    uint64_t     turns;
    uint32_t     room;
};

static bool sooner(const struct lb *lb, uint32_t a, uint32_t b)
{
    const struct seat *s = ((const struct least_conn_fifo *)lb->state)->seat;

    return s[a].key < s[b].key || (s[a].key == s[b].key && s[a].turn < s[b].turn);
}

/* HAProxy: 4096 / effective weight, which is 16 times the configured one. */
static uint64_t key_of(const struct least_conn_fifo *f, const struct lb_backend *b)
{
    if (b->inflight == 0 || b->weight == 0)
        return 0;
    return ((uint64_t)b->inflight + 1) * 4096 / ((uint64_t)b->weight * f->scale);
}

static void queue_anew(struct lb *lb, uint32_t i)
{
    struct least_conn_fifo *f = lb->state;
    struct seat *s = &f->seat[i];

    heap_drop(&f->heap[s->list], lb, sooner, i);
    s->key = key_of(f, &lb->backend[i]);
    s->turn = ++f->turns;
    s->list = f->lists > 1 ? lb_random_below(lb, f->lists) : 0;
    heap_keep(&f->heap[s->list], lb, sooner, i);
}

static uint32_t least_conn_fifo_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct least_conn_fifo *f = lb->state;
    uint32_t from = f->lists > 1 ? lb_random_below(lb, f->lists) : 0, best = LB_NONE;

    for (uint32_t k = 0; k < f->lists; k++) {
        uint32_t i = heap_best(&f->heap[(from + k) % f->lists], lb, sooner, rq, 0);
        if (i != LB_NONE && (best == LB_NONE || f->seat[i].key < f->seat[best].key))
            best = i;
    }
    return best != LB_NONE ? best : lb_none_or_full(lb, rq);
}

static void least_conn_fifo_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    queue_anew(lb, i);
}

static void least_conn_fifo_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    (void)o;
    queue_anew(lb, i);
}

static void least_conn_fifo_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    queue_anew(lb, i);
}

static void make_room(struct lb *lb)
{
    struct least_conn_fifo *f = lb->state;

    for (uint32_t k = 0; k < f->lists; k++)
        f->heap[k].item = lb_grow(f->heap[k].item, f->room, lb->capacity, sizeof *f->place);
    f->place = lb_grow(f->place, f->room, lb->capacity, sizeof *f->place);
    f->seat = lb_grow(f->seat, f->room, lb->capacity, sizeof *f->seat);
    for (uint32_t k = 0; k < f->lists; k++)
        f->heap[k].place = f->place;
    f->room = lb->capacity;
}

static void least_conn_fifo_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct least_conn_fifo *f = lb->state;

    if (what == LB_ADDED)
        make_room(lb);
    if (what == LB_LIMIT)
        heap_keep(&f->heap[f->seat[i].list], lb, sooner, i);
    else
        queue_anew(lb, i);
}

static int least_conn_fifo_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        queue_anew(lb, i);
    return 0;
}

static void least_conn_fifo_stop(struct lb *lb)
{
    struct least_conn_fifo *f = lb->state;

    for (uint32_t k = 0; k < f->lists; k++)
        free(f->heap[k].item);
    free(f->place);
    free(f->seat);
}

static size_t least_conn_fifo_bytes(const struct lb *lb)
{
    const struct least_conn_fifo *f = lb->state;

    return f->room * ((f->lists + 1) * sizeof *f->place + sizeof *f->seat);
}

static const struct lb_param params[] = {
    { "lists", LB_UINT, offsetof(struct least_conn_fifo, lists), 1, 1, MOST_LISTS,
      "1: one queue of equals (HAProxy up to 3.1); 4: one of 4 at random (3.2 on)" },
    { "scale", LB_UINT, offsetof(struct least_conn_fifo, scale), 16, 1, 16,
      "effective weight per unit of weight; 1 where weights are in sixteenths already" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "A backend's key is 0 when idle, else (in flight + 1) * 256 / weight, rounded\n"
            "down. Takes the least key; of equal keys the one that queued first. Every\n"
            "take and every release queues the backend anew, behind its equals. With\n"
            "`lists` above 1 equals stand in that many queues, joined and asked at random.",
    .cost = "O(log n) per pick and per completion, 32 bytes a backend, 4 more a list.",
    .used_by = "HAProxy `leastconn`.",
    .fails_when = "As least_conn: a backend that fails fast attracts everything, a slow one gets\n"
                  "fewer. At light load nearly all picks find idle backends, and weights are\n"
                  "not met: 5,1,1 serves 1/3 each. Weights are meant up to HAProxy's 256.",
    .source = "HAProxy, lb_fwlc.c and its manual (`balance leastconn`); order checked against\n"
              "recordings of HAProxy 2.6.12. That of several lists: its commit 9fe72bba3.",
};

const struct lb_ops lb_least_conn_fifo = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK | LB_RAMPS,
    .name        = "least_conn_fifo",
    .summary     = "HAProxy's leastconn: idle first, then by weight",
    .page        = &page,
    .state_size  = sizeof(struct least_conn_fifo),
    .params      = params,
    .start       = least_conn_fifo_start,
    .stop        = least_conn_fifo_stop,
    .pick        = least_conn_fifo_pick,
    .on_pick     = least_conn_fifo_picked,
    .on_complete = least_conn_fifo_complete,
    .on_change   = least_conn_fifo_change,
    .bytes       = least_conn_fifo_bytes,
    .on_shared   = least_conn_fifo_shared,
};
