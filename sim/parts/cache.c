/* cache.c - keys in a table with open addressing, at most half full, over a list by last use. */
#include "cache.h"

#include <stdlib.h>

#include "../base/rng.h"
#include "../base/xalloc.h"

void cache_memory_init(struct cache_memory *m, uint32_t entries)
{
    uint32_t slots = 4;

    while (slots / 2 < entries)
        slots *= 2;
    *m = (struct cache_memory){ .mask = slots - 1 };
    m->slot = xcalloc(slots, sizeof *m->slot);
    for (uint32_t i = 0; i < slots; i++)
        m->slot[i] = NONE;
    lru_init(&m->order, entries);
}

void cache_memory_fini(struct cache_memory *m)
{
    lru_fini(&m->order);
    free(m->slot);
}

void cache_memory_clear(struct cache_memory *m)
{
    uint32_t entries = m->order.capacity;

    cache_memory_fini(m);
    cache_memory_init(m, entries);
}

static uint32_t key_at(const struct cache_memory *m, uint32_t slot)
{
    return m->order.place[m->slot[slot]].what;
}

static uint32_t home_of(const struct cache_memory *m, uint32_t key)
{
    return (uint32_t)rng_mix(key) & m->mask;
}

/* Where the key is, or where it would be. */
static uint32_t slot_of(const struct cache_memory *m, uint32_t key)
{
    uint32_t s = home_of(m, key);

    while (m->slot[s] != NONE && key_at(m, s) != key)
        s = (s + 1) & m->mask;
    return s;
}

/* What was pushed beyond the freed place moves up (Knuth, volume 3, 6.4, algorithm R). */
static void free_slot(struct cache_memory *m, uint32_t hole)
{
    uint32_t s = hole;

    m->slot[hole] = NONE;
    while (m->slot[s = (s + 1) & m->mask] != NONE) {
        uint32_t home = home_of(m, key_at(m, s));

        if (((s - home) & m->mask) < ((s - hole) & m->mask))
            continue;
        m->slot[hole] = m->slot[s];
        m->slot[s] = NONE;
        hole = s;
    }
}

bool cache_memory_touch(struct cache_memory *m, uint32_t key)
{
    uint32_t place = m->slot[slot_of(m, key)];

    if (place == NONE)
        return false;
    lru_touch(&m->order, place);
    return true;
}

void cache_memory_add(struct cache_memory *m, uint32_t key)
{
    uint32_t evicted;

    if (cache_memory_touch(m, key))
        return;
    if (m->order.used == m->order.capacity)
        free_slot(m, slot_of(m, m->order.place[m->order.oldest].what));
    uint32_t place = lru_take(&m->order, key, &evicted);
    m->slot[slot_of(m, key)] = place;
}
