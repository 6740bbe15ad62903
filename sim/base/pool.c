/* pool.c - the arena and the chunked free list; see pool.h. */
#include "pool.h"

#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_CHUNK = 64 * 1024 };

struct arena_chunk {
    struct arena_chunk *before;
    size_t used, size;
    _Alignas(16) char bytes[];
};

/* A block too big to share a chunk gets its own, behind the current one, which stays in use. */
static struct arena_chunk *arena_grow(struct arena *a, size_t size)
{
    bool own = a->last && size > ARENA_CHUNK / 4;
    size_t bytes = own || size > ARENA_CHUNK ? size : ARENA_CHUNK;

    assert(size <= SIZE_MAX - sizeof(struct arena_chunk));

    struct arena_chunk *c = xcalloc(1, sizeof *c + bytes);
    struct arena_chunk **place = own ? &a->last->before : &a->last;

    c->size = bytes;
    c->before = *place;
    *place = c;
    return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
    struct arena_chunk *c = a->last;

    assert(size <= SIZE_MAX / 2);
    size = (size + 15) & ~(size_t)15;
    if (!c || c->size - c->used < size)
        c = arena_grow(a, size);
    c->used += size;
    return c->bytes + (c->used - size);
}

char *arena_text(struct arena *a, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(arena_alloc(a, size), text, size);
}

void arena_fini(struct arena *a)
{
    for (struct arena_chunk *c = a->last, *before; c; c = before) {
        before = c->before;
        free(c);
    }
    a->last = NULL;
}

void pool_init(struct pool *p, size_t object_size)
{
    assert(object_size > 0);
    *p = (struct pool){ .size = (object_size + 15) & ~(size_t)15, .free_head = NONE };
}

void pool_fini(struct pool *p)
{
    for (uint32_t i = 0; i < p->chunks; i++)
        free(p->chunk[i]);
    free(p->chunk);
    *p = (struct pool){ .free_head = NONE };
}

uint32_t pool_grow(struct pool *p)
{
    assert(p->used_up < NONE);
    if (p->used_up == (uint64_t)p->chunks * POOL_CHUNK) {
        p->chunk = xrealloc(p->chunk, p->chunks + 1ul, sizeof *p->chunk);
        p->chunk[p->chunks++] = xaligned(64, POOL_CHUNK * p->size);
    }
    return p->used_up++;
}
