/* tuples.c - a hash table with linear probing; what is taken out closes its gap (Knuth 6.4, R). */
#include "tuples.h"

#include <stdlib.h>

#include "../base/rng.h"
#include "../base/xalloc.h"

void tuples_fini(struct tuples *t)
{
    free(t->slot);
    linger_fini(&t->ended);
}

static uint32_t home(const struct tuples *t, uint64_t key)
{
    return (uint32_t)rng_mix(key) & (t->slots - 1);
}

/* Its slot, or the free one where it belongs. */
static uint32_t slot_of(const struct tuples *t, uint64_t key)
{
    uint32_t i = home(t, key);

    while (t->slot[i].until != 0 && t->slot[i].key != key)
        i = (i + 1) & (t->slots - 1);
    return i;
}

static void grow(struct tuples *t)
{
    struct tuple *old = t->slot;
    uint32_t slots = t->slots;

    t->slots = slots > 0 ? 2 * slots : 64;
    t->slot = xcalloc(t->slots, sizeof *t->slot);
    for (uint32_t i = 0; i < slots; i++)
        if (old[i].until != 0)
            t->slot[slot_of(t, old[i].key)] = old[i];
    free(old);
}

static void take_out(struct tuples *t, uint32_t gap)
{
    uint32_t mask = t->slots - 1;

    t->used--;
    for (uint32_t i = (gap + 1) & mask; t->slot[i].until != 0; i = (i + 1) & mask) {
        uint32_t distance = (i - home(t, t->slot[i].key)) & mask;

        if (distance < ((i - gap) & mask))
            continue;               /* it may not stand before its home */
        t->slot[gap] = t->slot[i];
        gap = i;
    }
    t->slot[gap].until = 0;
}

static void forget_old(struct tuples *t, nsec now)
{
    for (uint64_t key; linger_next(&t->ended, now, &key);) {
        uint32_t i = slot_of(t, key);

        if (t->slot[i].until != 0 && t->slot[i].until <= now)
            take_out(t, i);         /* else it was used again since */
    }
}

void tuples_add(struct tuples *t, uint64_t key, uint32_t to, nsec until)
{
    if (2 * (t->used + 1) > t->slots)
        grow(t);
    uint32_t i = slot_of(t, key);

    t->used += t->slot[i].until == 0;
    t->slot[i] = (struct tuple){ key, until, to };
    linger_add(&t->ended, until, key);
}

uint32_t tuples_find(struct tuples *t, uint64_t key, nsec now)
{
    if (t->slots == 0)
        return NONE;
    forget_old(t, now);
    uint32_t i = slot_of(t, key);

    return t->slot[i].until != 0 ? t->slot[i].to : NONE;
}
