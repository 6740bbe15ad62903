/* alias.c - see alias.h.  Built at the first draw after a change, so a burst of changes costs one
 * table.  Draws that hit an unusable backend are repeated; after 32 of them an exact walk. */
#include "alias.h"

#include <stdlib.h>

void alias_change(struct alias *a, const struct lb *lb)
{
    a->column = lb_grow(a->column, a->room, lb->capacity, sizeof *a->column);
    a->part = lb_grow(a->part, a->room, lb->capacity, sizeof *a->part);
    a->room = lb->capacity;
    a->built = false;
}

void alias_free(struct alias *a)
{
    free(a->column);
    free(a->part);
}

size_t alias_bytes(const struct alias *a)
{
    return a->room * (sizeof *a->column + sizeof *a->part);
}

static uint32_t share_of(uint64_t part, uint64_t whole)
{
    double share = (double)part / (double)whole * 0x1p32;

    return share >= 0x1p32 ? UINT32_MAX : (uint32_t)share;
}

/* Each column has room for `whole`; a light backend's column is filled up by a heavy one.  keep
 * serves as two stacks of columns not done yet: light ones from the left, heavy ones from the
 * right. */
static void fill_columns(struct alias *a, const struct lb *lb)
{
    uint32_t n = lb->live_count, light = 0, heavy = n;
    uint64_t whole = lb->live_weight;
    struct alias_column *c = a->column;

    for (uint32_t k = 0; k < n; k++) {
        c[a->part[k] < whole ? light++ : --heavy].keep = k;
        c[k].other = k;
    }
    while (light > 0 && heavy < n) {
        uint32_t low = c[--light].keep, high = c[heavy].keep;
        c[low].other = high;
        a->part[high] -= whole - a->part[low];
        if (a->part[high] < whole) {
            heavy++;
            c[light++].keep = high;
        }
    }
    for (uint32_t k = 0; k < n; k++)
        c[k] = (struct alias_column){
            .keep = c[k].other == k ? UINT32_MAX : share_of(a->part[k], whole),
            .other = lb->live[c[k].other] };
}

void alias_build(struct alias *a, const struct lb *lb)
{
    uint32_t n = lb->live_count;

    a->built = a->even = true;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t weight = lb->backend[lb->live[k]].weight;
        a->part[k] = (uint64_t)weight * n;
        a->even = a->even && weight == lb->backend[lb->live[0]].weight;
    }
    if (!a->even)
        fill_columns(a, lb);
}

static uint32_t walk_usable(struct lb *lb, const struct lb_request *rq)
{
    uint64_t weight = 0;

    for (uint32_t k = 0; k < lb->live_count; k++)
        if (lb_usable(lb, lb->live[k], rq))
            weight += lb->backend[lb->live[k]].weight;

    uint64_t left = (uint64_t)(lb_random_unit(lb) * (double)weight);
    for (uint32_t k = 0; k < lb->live_count; k++) {
        uint32_t i = lb->live[k];
        if (!lb_usable(lb, i, rq))
            continue;
        if (left < lb->backend[i].weight)
            return i;
        left -= lb->backend[i].weight;
    }
    return LB_NONE;
}

uint32_t alias_draw(struct alias *a, struct lb *lb, const struct lb_request *rq)
{
    if (alias_is_even(a, lb))
        return lb_random_usable(lb, rq);
    if (lb->open_count == 0)
        return LB_NONE;
    for (int tries = 0; tries < 32; tries++) {
        uint32_t i = alias_draw_live(a, lb);
        if (lb_usable(lb, i, rq))
            return i;
    }
    return walk_usable(lb, rq);
}
