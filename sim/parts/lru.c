/* lru.c - a doubly linked list of places, by their last use. */
#include "lru.h"

#include <stdlib.h>

#include "../base/xalloc.h"

void lru_init(struct lru *l, uint32_t capacity)
{
    *l = (struct lru){ .capacity = capacity, .newest = NONE, .oldest = NONE };
    l->place = capacity > 0 ? xcalloc(capacity, sizeof *l->place) : NULL;
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

uint32_t lru_take(struct lru *l, uint32_t what, uint32_t *evicted)
{
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
