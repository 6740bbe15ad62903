/* ring.h - points on a ring of 2^64, sorted, with an index by their top bits: hashes are even, so
 * the first point at or behind a place is found in O(1) and sorting is O(points). */
#ifndef RING_H
#define RING_H

#include <stddef.h>
#include <stdint.h>

struct ring_point { uint64_t place; uint32_t backend; };

struct ring {
    struct ring_point *point, *unsorted; /* [room] */
    uint32_t *bucket;                    /* [2^bits + 1] where points with these top bits begin */
    uint32_t  points, room, bucket_room, bits;
};

/* Room for that many points: the only one of these that allocates. */
void     ring_reserve(struct ring *, uint32_t points);
void     ring_free(struct ring *);
size_t   ring_memory(const struct ring *);

void     ring_clear(struct ring *);
void     ring_put(struct ring *, uint64_t place, uint32_t backend);
void     ring_sort(struct ring *);       /* equal places: the lower backend first */

/* The first point at or behind a place, round the end.  Not of an empty ring. */
static inline uint32_t ring_find(const struct ring *r, uint64_t place)
{
    uint32_t at = r->bucket[place >> (64 - r->bits)];

    while (at < r->points && r->point[at].place < place)
        at++;
    return at < r->points ? at : 0;
}

static inline uint32_t ring_next(const struct ring *r, uint32_t at)
{
    return at + 1 < r->points ? at + 1 : 0;
}

#endif
