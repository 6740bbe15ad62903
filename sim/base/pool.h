/* pool.h - memory for many small things: an arena that is freed as a whole, and a chunked free
 * list of equal objects that are named by index and never move. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "types.h"

struct arena_chunk;
struct arena { struct arena_chunk *last; };

void *arena_alloc(struct arena *, size_t size);       /* zeroed, aligned to 16; never NULL */
char *arena_text(struct arena *, const char *text);   /* a copy */
void  arena_fini(struct arena *);

enum { POOL_CHUNK_BITS = 10, POOL_CHUNK = 1 << POOL_CHUNK_BITS };

/* Objects of one size, in chunks of POOL_CHUNK; indexes are dense and reused, latest freed first.
 * The first four bytes of a free object are the free list's. */
struct pool {
    char   **chunk;
    size_t   size;                  /* of one object, a multiple of 16 */
    uint32_t chunks, used_up;       /* used_up: indexes ever given out */
    uint32_t free_head;             /* NONE: none free */
    uint32_t live;
};

void     pool_init(struct pool *, size_t object_size);
void     pool_fini(struct pool *);
uint32_t pool_grow(struct pool *);  /* a never used index; allocates a chunk when needed */

static inline void *pool_at(const struct pool *p, uint32_t i)
{
    return p->chunk[i >> POOL_CHUNK_BITS] + (size_t)(i & (POOL_CHUNK - 1)) * p->size;
}

/* The object's bytes are what its last user left (zero the first time). */
static inline uint32_t pool_take(struct pool *p)
{
    uint32_t i = p->free_head;

    p->live++;
    if (i == NONE)
        return pool_grow(p);
    p->free_head = *(uint32_t *)pool_at(p, i);
    return i;
}

static inline void pool_give(struct pool *p, uint32_t i)
{
    *(uint32_t *)pool_at(p, i) = p->free_head;
    p->free_head = i;
    p->live--;
}

#endif
