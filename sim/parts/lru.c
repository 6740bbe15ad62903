/* lru.c - a doubly linked list of places, by their last use. */
#include "lru.h"

#include <stdlib.h>

#include "../base/xalloc.h"

void lru_init(struct lru *l, uint32_t capacity)
{
    *l = (struct lru){ .capacity = capacity, .newest = NONE, .oldest = NONE };
}

void lru_fini(struct lru *l)
{
    free(l->place);
}

static void unlink_place(struct lru *l, uint32_t i)
{
    const struct lru_place *p = &l->place[i];

    if (p->newer == NONE)
        l->newest = p->older;
    else
        l->place[p->newer].older = p->older;
    if (p->older == NONE)
        l->oldest = p->newer;
    else
        l->place[p->older].newer = p->newer;
}

static void link_newest(struct lru *l, uint32_t i)
{
    l->place[i].newer = NONE;
    l->place[i].older = l->newest;
    if (l->newest == NONE)
        l->oldest = i;
    else
        l->place[l->newest].newer = i;
    l->newest = i;
}

static void grow(struct lru *l)
{
    uint64_t wanted = l->room > 0 ? 2 * (uint64_t)l->room : 64;

    l->room = wanted < l->capacity ? (uint32_t)wanted : l->capacity;
    l->place = xrealloc(l->place, l->room, sizeof *l->place);
}

uint32_t lru_take(struct lru *l, uint32_t what, uint32_t *evicted)
{
    if (l->used == l->room && l->room < l->capacity)
        grow(l);
    uint32_t i = l->used < l->capacity ? l->used++ : l->oldest;

    *evicted = NONE;
    if (i == l->oldest) {
        *evicted = l->place[i].what;
        unlink_place(l, i);
    }
    l->place[i].what = what;
    link_newest(l, i);
    return i;
}

void lru_touch(struct lru *l, uint32_t i)
{
    if (i == l->newest)
        return;
    unlink_place(l, i);
    link_newest(l, i);
}

void lru_end(struct lru *l, uint32_t i)
{
    l->place[i].what = NONE;
}
