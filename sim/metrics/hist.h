/* hist.h - HdrHistogram's bucket layout for durations: 3 significant digits, 1 ns to 2^46 - 1 ns
 * (19.5 hours), 2048 sub-buckets; equal to any HdrHistogram made with (1, 2^46 - 1, 3).
 *
 * Bucket index = 1024 b + (value >> b) with b = max(0, bits(value) - 11).  A few values lie as
 * their buckets' indexes, two bytes each; many as counts, in pages of 1024 that appear with their
 * first value: a slice of a short run takes 1 kB, not 100.  Means come from exact sums elsewhere,
 * never from buckets. */
#ifndef METRICS_HIST_H
#define METRICS_HIST_H

#include "../base/types.h"

#include <stdio.h>

enum {
    HIST_PAGE_BITS = 10, HIST_PAGE = 1 << HIST_PAGE_BITS,
    HIST_PAGES = 37,
    HIST_BUCKETS = HIST_PAGES * HIST_PAGE,
    HIST_FEW = 4 * HIST_PAGE,               /* as many indexes as fit into the room of a page */
};
#define HIST_HIGHEST ((1ull << 46) - 1)     /* values above are counted here, and in `clamped` */

struct hist_few {
    uint32_t used, room;
    uint32_t in_order;                      /* so many from the start: readers see to the rest */
    uint16_t index[];
};

struct hist {
    struct hist_few *few;                   /* NULL: empty, or in pages */
    uint64_t **page;                        /* [HIST_PAGES], each NULL until needed; or NULL */
    uint64_t total, clamped;
    uint64_t min, max;                      /* of the values as recorded; NEVER and 0 when empty */
};

void hist_init(struct hist *);
void hist_fini(struct hist *);

/* n more in a bucket where hist_record finds no place: the counts only, not total nor bounds. */
void hist_store(struct hist *, uint32_t index, uint64_t n);

/* The bucket of a value of at most HIST_HIGHEST. */
static inline uint32_t hist_index(uint64_t ns)
{
    uint32_t b = 53 - (uint32_t)__builtin_clzll(ns | 2047);

    return (b << HIST_PAGE_BITS) + (uint32_t)(ns >> b);
}

static inline void hist_record(struct hist *h, uint64_t ns)
{
    h->total++;
    if (ns < h->min)
        h->min = ns;
    if (ns > h->max)
        h->max = ns;
    if (__builtin_expect(ns > HIST_HIGHEST, 0)) {
        h->clamped++;
        ns = HIST_HIGHEST;
    }

    uint32_t index = hist_index(ns);
    struct hist_few *few = h->few;

    if (few && few->used < few->room)
        few->index[few->used++] = (uint16_t)index;
    else if (h->page && h->page[index >> HIST_PAGE_BITS])
        h->page[index >> HIST_PAGE_BITS][index & (HIST_PAGE - 1)]++;
    else
        hist_store(h, index, 1);
}

/* n values of a bucket, read from a record: min and max widen to the bucket's bounds, which the
 * reader then replaces by the exact ones, as it sets `clamped`. */
void hist_add_count(struct hist *, uint32_t index, uint64_t n);

void hist_merge(struct hist *into, const struct hist *from);

/* The least and the greatest value that share the bucket. */
uint64_t hist_lowest(uint32_t index);
uint64_t hist_highest(uint32_t index);

/* The greatest value equivalent to the one of rank ceil(q total), at least 1, of `total` >=
 * h->total values of which those not in h are infinite (requests that never finished): NEVER when
 * the rank falls among these.  q in 0..1 counts to 12 decimals, so that 0.99 of 100 is rank 99;
 * q = 0 gives the lowest value equivalent to the least.  0 when total is 0. */
uint64_t hist_quantile(const struct hist *, double q, uint64_t total);

/* One bucket that is not empty. */
struct hist_bucket { uint32_t index; uint64_t low, high, count; };

/* The first non-empty bucket from *next on, and *next behind it; false at the end.  Start at 0;
 * what *next counts is the histogram's own, until something is added to it. */
bool hist_next(const struct hist *, uint32_t *next, struct hist_bucket *);

/* The text that HdrHistogram's plotter reads, in ms, 5 ticks per half distance; values and
 * footer as HdrHistogram computes them from the buckets.  Errors stay in the FILE. */
void hist_write_hgrm(FILE *, const struct hist *);

#endif
