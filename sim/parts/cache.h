/* cache.h - a cache: as the scenario says it, and what it holds.
 *
 * Of so many keys the one that was used longest ago goes first; each call is O(1). */
#ifndef PARTS_CACHE_H
#define PARTS_CACHE_H

#include "lru.h"

struct cache_config {
    uint32_t entries;               /* that each holds; 0: it is none */
    const char *to;                 /* whom it asks for what it lacks: a tier of balancers */
};

struct cache_memory {
    struct lru order;
    uint32_t *slot;                 /* [mask + 1]: places in `order`, by key; NONE: free */
    uint32_t mask;
};

void cache_memory_init(struct cache_memory *, uint32_t entries);    /* >= 1 */
void cache_memory_fini(struct cache_memory *);
void cache_memory_clear(struct cache_memory *);

/* Is the key there?  Then it is the newest now. */
bool cache_memory_touch(struct cache_memory *, uint32_t key);

/* Puts it in as the newest; the oldest goes if there is no room. */
void cache_memory_add(struct cache_memory *, uint32_t key);

#endif
