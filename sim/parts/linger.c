/* linger.c - first in, first out. */
#include "linger.h"

#include <stdlib.h>

#include "../base/xalloc.h"

void linger_fini(struct linger *l)
{
    free(l->ring);
}

static void grow(struct linger *l)
{
    uint32_t old = l->capacity;

    l->capacity = old > 0 ? 2 * old : 64;
    l->ring = xrealloc(l->ring, l->capacity, sizeof *l->ring);
    for (uint32_t i = 0; i < l->head; i++)      /* what had wrapped around goes on behind */
        l->ring[old + i] = l->ring[i];
}

void linger_add(struct linger *l, nsec until, uint64_t what)
{
    if (l->count == l->capacity)
        grow(l);
    l->ring[(l->head + l->count++) % l->capacity] = (struct lingering){ until, what };
}

bool linger_next(struct linger *l, nsec now, uint64_t *what)
{
    if (l->count == 0 || l->ring[l->head].until > now)
        return false;
    *what = l->ring[l->head].what;
    l->head = (l->head + 1) % l->capacity;
    l->count--;
    return true;
}
