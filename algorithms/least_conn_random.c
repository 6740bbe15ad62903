/* least_conn_random.c - the fewest in flight; of equals any, each with the same chance.  Caddy's
 * least_conn, Envoy's least request with a full scan.
 *
 * The open backends stand in an array in order of their count, so equals are neighbours: a pick
 * draws from the first block, and a count that changes by one moves one place over a border. */
#include "lb.h"

#include <stdlib.h>

struct block {                           /* block 0 is both ends of the chain */
    uint32_t inflight;
    uint32_t begin, end;                 /* in item[] */
    uint32_t below, above;
};

struct spot { uint32_t place, block; };  /* block 0: not in */

struct least_conn_random {
    struct spot  *spot;                  /* by backend */
    uint32_t     *item;
    struct block *block;
    uint32_t      size, room;
    uint32_t      blocks, spare;         /* blocks ever used; those free again, through .above */
};

static uint32_t block_new(struct least_conn_random *l, uint32_t below, struct block fresh)
{
    uint32_t b = l->spare, above = l->block[below].above;

    if (b != 0)
        l->spare = l->block[b].above;
    else
        b = ++l->blocks;
    fresh.below = below;
    fresh.above = above;
    l->block[b] = fresh;
    l->block[below].above = b;
    l->block[above].below = b;
    return b;
}

static void block_free(struct least_conn_random *l, uint32_t b)
{
    struct block *block = l->block;

    block[block[b].below].above = block[b].above;
    block[block[b].above].below = block[b].below;
    block[b].above = l->spare;
    l->spare = b;
}

static void set_item(struct least_conn_random *l, uint32_t place, uint32_t i)
{
    l->item[place] = i;
    l->spot[i].place = place;
}

/* The hole is carried over a block: its last, or first, member falls into it. */
static uint32_t hole_over_block_up(struct least_conn_random *l, uint32_t b, uint32_t hole)
{
    set_item(l, hole, l->item[l->block[b].end - 1]);
    l->block[b].begin--;
    return --l->block[b].end;
}

static uint32_t hole_over_block_down(struct least_conn_random *l, uint32_t b, uint32_t hole)
{
    set_item(l, hole, l->item[l->block[b].begin]);
    l->block[b].end++;
    return l->block[b].begin++;
}

/* Leaves the array; the hole is left behind its block. */
static uint32_t take_out(struct least_conn_random *l, uint32_t i)
{
    uint32_t b = l->spot[i].block, hole = --l->block[b].end;

    set_item(l, l->spot[i].place, l->item[hole]);
    l->spot[i].block = 0;
    return hole;
}

static void settle(struct least_conn_random *l, uint32_t below, uint32_t inflight, uint32_t hole,
                   uint32_t i)
{
    uint32_t above = l->block[below].above;

    if (below != 0 && l->block[below].inflight == inflight) {
        l->block[below].end++;
        above = below;
    } else if (above != 0 && l->block[above].inflight == inflight) {
        l->block[above].begin--;
    } else {
        above = block_new(l, below, (struct block){
            .inflight = inflight, .begin = hole, .end = hole + 1 });
    }
    l->spot[i].block = above;
    set_item(l, hole, i);
}

static void place(struct least_conn_random *l, uint32_t below, uint32_t hole, uint32_t i,
                  uint32_t inflight)
{
    while (below != 0 && l->block[below].inflight > inflight) {
        hole = hole_over_block_down(l, below, hole);
        below = l->block[below].below;
    }
    for (uint32_t b = l->block[below].above; b != 0 && l->block[b].inflight < inflight;
         b = l->block[b].above) {
        hole = hole_over_block_up(l, b, hole);
        below = b;
    }
    settle(l, below, inflight, hole, i);
}

static void close_hole(struct least_conn_random *l, uint32_t below, uint32_t hole)
{
    for (uint32_t b = l->block[below].above; b != 0; b = l->block[b].above)
        hole = hole_over_block_up(l, b, hole);
    l->size--;
}

static void least_conn_random_sync(struct lb *lb, uint32_t i)
{
    struct least_conn_random *l = lb->state;
    uint32_t from = l->spot[i].block, inflight = lb->backend[i].inflight;
    bool open = lb_is_open(lb, i);

    if (from == 0) {
        if (open)
            place(l, l->block[0].below, l->size++, i, inflight);
        return;
    }
    if (open && l->block[from].inflight == inflight)
        return;
    uint32_t hole = take_out(l, i);
    if (open)
        place(l, from, hole, i, inflight);
    else
        close_hole(l, from, hole);
    if (l->block[from].begin == l->block[from].end)
        block_free(l, from);
}

/* One of a block that was not tried, each with the same chance; LB_NONE: all were. */
static uint32_t draw(struct lb *lb, const struct lb_request *rq, const struct block *b)
{
    const struct least_conn_random *l = lb->state;
    uint32_t chosen = LB_NONE, seen = 0;

    for (int tries = 0; tries < 8; tries++) {
        uint32_t i = l->item[b->begin + lb_random_below(lb, b->end - b->begin)];
        if (!lb_is_avoided(rq, i))
            return i;
    }
    for (uint32_t k = b->begin; k < b->end; k++)
        if (!lb_is_avoided(rq, l->item[k]) && lb_random_below(lb, ++seen) == 0)
            chosen = l->item[k];
    return chosen;
}

static uint32_t least_conn_random_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct least_conn_random *l = lb->state;

    for (uint32_t b = l->block[0].above; b != 0; b = l->block[b].above) {
        uint32_t i = draw(lb, rq, &l->block[b]);
        if (i != LB_NONE)
            return i;
    }
    return lb_none_or_full(lb, rq);
}

static void least_conn_random_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    least_conn_random_sync(lb, i);
}

static void least_conn_random_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    (void)o;
    least_conn_random_sync(lb, i);
}

static void least_conn_random_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    least_conn_random_sync(lb, i);
}

static void make_room(struct lb *lb)
{
    struct least_conn_random *l = lb->state;
    uint32_t room = lb->capacity + 2;    /* block 0, and a new one before the old one is freed */

    l->spot = lb_grow(l->spot, l->room, room, sizeof *l->spot);
    l->item = lb_grow(l->item, l->room, room, sizeof *l->item);
    l->block = lb_grow(l->block, l->room, room, sizeof *l->block);
    l->room = room;
}

static void least_conn_random_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        make_room(lb);
    least_conn_random_sync(lb, i);
}

static int least_conn_random_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        least_conn_random_sync(lb, i);
    return 0;
}

static void least_conn_random_stop(struct lb *lb)
{
    struct least_conn_random *l = lb->state;

    free(l->spot);
    free(l->item);
    free(l->block);
}

static size_t least_conn_random_bytes(const struct lb *lb)
{
    const struct least_conn_random *l = lb->state;

    return l->room * (sizeof *l->spot + sizeof *l->item + sizeof *l->block);
}

static const struct lb_page page = {
    .rule = "Takes the usable backend with the fewest requests in flight; of several equal\n"
            "ones any, each with the same chance. Weights are ignored but for 0.",
    .cost = "O(1) per pick and per completion, 32 bytes a backend.",
    .used_by = "Caddy `least_conn` (requests, not connections); Envoy LEAST_REQUEST with\n"
               "selection FULL_SCAN and equal weights.",
    .fails_when = "As least_conn. At light load it is a random choice, which waits longer than\n"
                  "taking turns does.",
    .source = "Caddy, selectionpolicies.go; Envoy, least_request_lb.cc. Distribution checked\n"
              "against recordings of Caddy 2.6.2.",
};

const struct lb_ops lb_least_conn_random = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK,
    .name        = "least_conn_random",
    .summary     = "fewest in flight, ties at random (Caddy, Envoy)",
    .page        = &page,
    .state_size  = sizeof(struct least_conn_random),
    .start       = least_conn_random_start,
    .stop        = least_conn_random_stop,
    .pick        = least_conn_random_pick,
    .on_pick     = least_conn_random_picked,
    .on_complete = least_conn_random_complete,
    .on_change   = least_conn_random_change,
    .bytes       = least_conn_random_bytes,
    .on_shared   = least_conn_random_shared,
};
