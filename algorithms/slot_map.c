/* slot_map.c - see slot_map.h.  Slot by slot every backend's score rises by its weight, the first
 * one with a whole slot saved up is taken, else the first that owes nothing, and pays the sum of
 * weights.  Scores rise evenly, so a heap of the times at which they cross a limit replaces the
 * scan. */
#include "slot_map.h"

#include "divisor.h"

#include <stdlib.h>

enum { OWING, EVEN, RICH };     /* score below 0, below the sum of weights, not below */

/* ---- filling the map ---- */

static uint32_t share_of(const struct lb *lb, uint32_t i)
{
    const struct slot_map *s = lb->state;

    return s->weight[i] / s->divisor;
}

static bool listed_before(const struct lb *lb, uint32_t a, uint32_t b)
{
    (void)lb;
    return a < b;
}

static bool moves_before(const struct lb *lb, uint32_t a, uint32_t b)
{
    const struct slot_saver *s = ((const struct slot_map *)lb->state)->saver;

    return s[a].moves < s[b].moves;
}

/* By its score while a slot is filled (the first is 1): slot x share - slots given x all slots. */
static void classify(struct lb *lb, uint32_t i, uint64_t slot)
{
    struct slot_map *s = lb->state;
    struct slot_saver *m = &s->saver[i];
    uint64_t share = share_of(lb, i), saved = slot * share, paid = m->slots * s->slots;

    m->class = saved < paid ? OWING : saved < paid + s->slots ? EVEN : RICH;
    heap_put(&s->class[m->class], lb, listed_before, i);
    if (m->class == RICH)
        return;
    m->moves = (paid + m->class * s->slots + share - 1) / share;
    heap_put(&s->moving, lb, moves_before, i);
}

static void declassify(struct lb *lb, uint32_t i)
{
    struct slot_map *s = lb->state;

    heap_drop(&s->class[s->saver[i].class], lb, listed_before, i);
    heap_drop(&s->moving, lb, moves_before, i);
}

static uint32_t best_for(struct lb *lb, uint64_t slot)
{
    struct slot_map *s = lb->state;
    uint32_t best = RICH;

    while (s->moving.size > 0 && s->saver[s->moving.item[0]].moves <= slot) {
        uint32_t i = s->moving.item[0];
        declassify(lb, i);
        classify(lb, i, slot);
    }
    while (s->class[best].size == 0)
        best--;
    return s->class[best].item[0];
}

void slot_map_fill(struct lb *lb)
{
    struct slot_map *s = lb->state;

    if (!s->is_stale)
        return;
    s->slots = 0;
    for (uint32_t k = 0; k < lb->live_count; k++)
        s->slots += share_of(lb, lb->live[k]);
    for (uint32_t k = 0; k < lb->live_count; k++) {
        s->saver[lb->live[k]].slots = 0;
        classify(lb, lb->live[k], 1);
    }
    for (uint64_t slot = 1; slot <= s->slots; slot++) {
        uint32_t i = best_for(lb, slot);
        s->map[slot - 1] = i;
        declassify(lb, i);
        s->saver[i].slots++;
        classify(lb, i, slot);
    }
    for (uint32_t k = 0; k < lb->live_count; k++)
        declassify(lb, lb->live[k]);
    s->is_stale = false;
}

/* ---- changes ---- */

static void make_room(struct lb *lb)
{
    struct slot_map *s = lb->state;
    uint32_t room = lb->capacity;

    s->weight = lb_grow(s->weight, s->room, room, sizeof *s->weight);
    s->saver = lb_grow(s->saver, s->room, room, sizeof *s->saver);
    s->place = lb_grow(s->place, s->room, room, sizeof *s->place);
    s->moving_place = lb_grow(s->moving_place, s->room, room, sizeof *s->moving_place);
    s->moving.item = lb_grow(s->moving.item, s->room, room, sizeof *s->moving.item);
    s->moving.place = s->moving_place;
    for (struct heap *h = s->class; h < s->class + SLOT_CLASSES; h++) {
        h->item = lb_grow(h->item, s->room, room, sizeof *h->item);
        h->place = s->place;
    }
    s->room = room;
}

/* The map has room for all backends, so that a pick can fill it again when one comes up. */
static void reckon_weights(struct lb *lb)
{
    struct slot_map *s = lb->state;
    uint64_t sum = 0;

    s->divisor = 0;
    for (uint32_t i = 0; i < lb->count; i++) {
        uint32_t weight = lb->backend[i].weight;
        if (s->weight[i] == 0)
            s->weight[i] = weight < SLOT_MAP_MOST_WEIGHT ? weight
                                                            : SLOT_MAP_MOST_WEIGHT;
        if (lb->backend[i].state == LB_GONE)
            continue;
        sum += s->weight[i];
        s->divisor = common_divisor(s->weight[i], s->divisor);
    }
    if (s->divisor == 0)
        s->divisor = 1;
    sum /= s->divisor;
    s->map = lb_grow(s->map, s->map_room, sum, sizeof *s->map);
    s->map_room = sum > s->map_room ? sum : s->map_room;
    s->is_stale = true;
}

void slot_map_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct slot_map *s = lb->state;

    if (lb->capacity > s->room)
        make_room(lb);
    if (what == LB_ADDED || what == LB_REMOVED || (what == LB_WEIGHT && s->weight[i] == 0))
        reckon_weights(lb);
    else if (what != LB_LIMIT)
        s->is_stale = true;
}

int slot_map_start(struct lb *lb, const char **why)
{
    for (uint32_t i = 0; i < lb->count; i++)
        if (lb->backend[i].weight > SLOT_MAP_MOST_WEIGHT) {
            *why = "a weight may be 256 at most, as in HAProxy";
            return -1;
        }
    make_room(lb);
    reckon_weights(lb);
    return 0;
}

void slot_map_stop(struct lb *lb)
{
    struct slot_map *s = lb->state;

    for (struct heap *h = s->class; h < s->class + SLOT_CLASSES; h++)
        free(h->item);
    free(s->moving.item);
    free(s->moving_place);
    free(s->place);
    free(s->saver);
    free(s->weight);
    free(s->map);
}

size_t slot_map_bytes(const struct lb *lb)
{
    const struct slot_map *s = lb->state;
    size_t each = sizeof *s->weight + sizeof *s->saver + 2 * sizeof *s->place
                  + (SLOT_CLASSES + 1) * sizeof *s->moving.item;

    return s->room * each + s->map_room * sizeof *s->map;
}
