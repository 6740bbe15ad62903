/* lru.h - a table of so many places: what is new takes the place of what was used longest ago.
 *
 * As the connection table of Katran (BPF_MAP_TYPE_LRU_HASH) it hears of no ends: a place is taken
 * until a newer flow needs it. */
#ifndef PARTS_LRU_H
#define PARTS_LRU_H

#include "../base/types.h"

struct lru {
    uint32_t capacity, used, room;  /* room: places made so far */
    uint32_t newest, oldest;        /* places; NONE: the table is empty */
    struct lru_place { uint32_t what, newer, older; } *place;   /* what NONE: it ended */
};

void lru_init(struct lru *, uint32_t capacity);
void lru_fini(struct lru *);

/* A place for `what`, now the newest; *evicted: what had to go for it, or NONE. */
uint32_t lru_take(struct lru *, uint32_t what, uint32_t *evicted);
void     lru_touch(struct lru *, uint32_t place);
/* Its flow has ended; nobody tells the table, which keeps the place. */
void     lru_end(struct lru *, uint32_t place);

#endif
