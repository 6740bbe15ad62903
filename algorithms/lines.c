/* lines.c - see lines.h.  Sums of weights, searched by halving where nginx walks. */
#include "lines.h"

#include <stdlib.h>

static void build(struct lb *lb)
{
    struct lines *l = lb->state;
    uint64_t sum = 0;

    l->count = 0;
    l->built = true;
    for (uint32_t i = 0; i < lb->count; i++) {
        if (lb->backend[i].state == LB_GONE || lb->backend[i].weight == 0)
            continue;
        l->line[l->count] = i;
        l->upto[l->count++] = sum += lb->backend[i].weight;
    }
}

uint32_t lines_at(struct lb *lb, uint64_t hash)
{
    struct lines *l = lb->state;

    if (!l->built)
        build(lb);
    if (l->count == 0)
        return LB_NONE;

    uint64_t place = hash % l->upto[l->count - 1];
    uint32_t low = 0, high = l->count - 1;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (place < l->upto[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return l->line[low];
}

static void make_room(struct lb *lb)
{
    struct lines *l = lb->state;

    l->upto = lb_grow(l->upto, l->room, lb->capacity, sizeof *l->upto);
    l->line = lb_grow(l->line, l->room, lb->capacity, sizeof *l->line);
    l->room = lb->capacity;
    l->built = false;
}

int lines_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    turns_start(lb);
    return 0;
}

void lines_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    turns_change(lb, i, what);
    if (what == LB_ADDED || what == LB_REMOVED || what == LB_WEIGHT)
        make_room(lb);
}

void lines_stop(struct lb *lb)
{
    struct lines *l = lb->state;

    turns_stop(lb);
    free(l->upto);
    free(l->line);
}

size_t lines_bytes(const struct lb *lb)
{
    const struct lines *l = lb->state;

    return turns_bytes(lb) + l->room * (sizeof *l->upto + sizeof *l->line);
}
