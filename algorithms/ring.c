/* ring.c - counting sort by the top bits into buckets of about four, then insertion in each. */
#include "ring.h"

#include "lb.h"

#include <stdlib.h>

static uint32_t bits_for(uint32_t points)
{
    uint32_t bits = 4;

    while ((uint64_t)4 << bits < points)
        bits++;
    return bits;
}

void ring_reserve(struct ring *r, uint32_t points)
{
    uint32_t buckets = (1u << bits_for(points)) + 1;

    if (points > r->room) {
        r->point = lb_grow(r->point, r->room, points, sizeof *r->point);
        r->unsorted = lb_grow(r->unsorted, r->room, points, sizeof *r->unsorted);
        r->room = points;
    }
    if (buckets > r->bucket_room) {
        r->bucket = lb_grow(r->bucket, r->bucket_room, buckets, sizeof *r->bucket);
        r->bucket_room = buckets;
    }
}

void ring_free(struct ring *r)
{
    free(r->point);
    free(r->unsorted);
    free(r->bucket);
}

size_t ring_memory(const struct ring *r)
{
    return r->room * 2 * sizeof *r->point + r->bucket_room * sizeof *r->bucket;
}

void ring_clear(struct ring *r)
{
    r->points = 0;
}

void ring_put(struct ring *r, uint64_t place, uint32_t backend)
{
    r->unsorted[r->points++] = (struct ring_point){ .place = place, .backend = backend };
}

static bool comes_before(const struct ring_point *a, const struct ring_point *b)
{
    return a->place < b->place || (a->place == b->place && a->backend < b->backend);
}

static void sort_bucket(struct ring_point *point, uint32_t from, uint32_t to)
{
    for (uint32_t k = from + 1; k < to; k++) {
        struct ring_point p = point[k];
        uint32_t at = k;
        for (; at > from && comes_before(&p, &point[at - 1]); at--)
            point[at] = point[at - 1];
        point[at] = p;
    }
}

void ring_sort(struct ring *r)
{
    r->bits = bits_for(r->points);

    uint32_t buckets = 1u << r->bits, shift = 64 - r->bits;

    for (uint32_t k = 0; k <= buckets; k++)
        r->bucket[k] = 0;
    for (uint32_t k = 0; k < r->points; k++)
        r->bucket[r->unsorted[k].place >> shift]++;
    for (uint32_t k = 1; k <= buckets; k++)
        r->bucket[k] += r->bucket[k - 1];
    for (uint32_t k = 0; k < r->points; k++)             /* ends of buckets become beginnings */
        r->point[--r->bucket[r->unsorted[k].place >> shift]] = r->unsorted[k];
    for (uint32_t k = 0; k < buckets; k++)
        sort_bucket(r->point, r->bucket[k], r->bucket[k + 1]);
}
