/* hist.c - see hist.h; layout and quantile rule are HdrHistogram's (hdrhistogram.github.io),
 * checked against its JavaScript version. */
#include "hist.h"

#include "../base/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

void hist_init(struct hist *h)
{
    *h = (struct hist){ .min = NEVER };
}

void hist_fini(struct hist *h)
{
    for (uint32_t i = 0; i < HIST_PAGES; i++)
        free(h->page[i]);
    hist_init(h);
}

uint64_t *hist_grow(struct hist *h, uint32_t index)
{
    uint64_t **page = &h->page[index >> HIST_PAGE_BITS];

    if (!*page)
        *page = xcalloc(HIST_PAGE, sizeof **page);
    return *page + (index & (HIST_PAGE - 1));
}

/* How far the values of a bucket are shifted. */
static uint32_t bucket_shift(uint32_t index)
{
    return index < 2 * HIST_PAGE ? 0 : (index >> HIST_PAGE_BITS) - 1;
}

uint64_t hist_lowest(uint32_t index)
{
    uint32_t shift = bucket_shift(index);

    return (uint64_t)(index - (shift << HIST_PAGE_BITS)) << shift;
}

uint64_t hist_highest(uint32_t index)
{
    return hist_lowest(index) + (1ull << bucket_shift(index)) - 1;
}

static void widen(struct hist *h, uint64_t min, uint64_t max)
{
    if (min < h->min)
        h->min = min;
    if (max > h->max)
        h->max = max;
}

void hist_add_count(struct hist *h, uint32_t index, uint64_t n)
{
    assert(index < HIST_BUCKETS);
    if (n == 0)
        return;
    *hist_grow(h, index) += n;
    h->total += n;
    widen(h, hist_lowest(index), hist_highest(index));
}

void hist_merge(struct hist *into, const struct hist *from)
{
    for (uint32_t p = 0; p < HIST_PAGES; p++) {
        if (!from->page[p])
            continue;

        uint64_t *counts = hist_grow(into, p << HIST_PAGE_BITS);

        for (uint32_t i = 0; i < HIST_PAGE; i++)
            counts[i] += from->page[p][i];
    }
    into->total += from->total;
    into->clamped += from->clamped;
    widen(into, from->min, from->max);
}

bool hist_next(const struct hist *h, uint32_t *next, struct hist_bucket *bucket)
{
    for (uint32_t i = *next; i < HIST_BUCKETS; i++) {
        const uint64_t *page = h->page[i >> HIST_PAGE_BITS];

        if (!page) {
            i |= HIST_PAGE - 1;
            continue;
        }
        if (!page[i & (HIST_PAGE - 1)])
            continue;
        *bucket = (struct hist_bucket){ i, hist_lowest(i), hist_highest(i),
                                        page[i & (HIST_PAGE - 1)] };
        *next = i + 1;
        return true;
    }
    *next = HIST_BUCKETS;
    return false;
}

/* ceil(q total) in integers: 0.07 x 100 as doubles would be 7.000000000000001. */
static uint64_t rank_of(double q, uint64_t total)
{
    const uint64_t one = 1000000000000;
    u128 product = (u128)(uint64_t)(q * (double)one + 0.5) * total;
    uint64_t rank = (uint64_t)((product + one - 1) / one);

    return rank ? rank : 1;
}

uint64_t hist_quantile(const struct hist *h, double q, uint64_t total)
{
    struct hist_bucket bucket;
    uint64_t seen = 0;

    assert(q >= 0 && q <= 1 && total >= h->total);
    if (total == 0)
        return 0;

    uint64_t rank = rank_of(q, total);

    for (uint32_t next = 0; hist_next(h, &next, &bucket);) {
        seen += bucket.count;
        if (seen >= rank)
            return q > 0 ? bucket.high : bucket.low;
    }
    return NEVER;
}

/* HdrHistogram's stand-in for the values of a bucket. */
static double bucket_middle(const struct hist_bucket *b)
{
    uint64_t middle = b->low + (b->high - b->low + 1) / 2;

    return (double)middle;
}

static void write_footer(FILE *out, const struct hist *h, double ms)
{
    struct hist_bucket b;
    double sum = 0, squares = 0, mean = 0, deviation = 0;
    uint64_t max = h->max < HIST_HIGHEST ? h->max : HIST_HIGHEST;

    for (uint32_t next = 0; hist_next(h, &next, &b);)
        sum += bucket_middle(&b) * (double)b.count;
    if (h->total) {
        mean = sum / (double)h->total;
        for (uint32_t next = 0; hist_next(h, &next, &b);)
            squares += (bucket_middle(&b) - mean) * (bucket_middle(&b) - mean) * (double)b.count;
        deviation = sqrt(squares / (double)h->total);
    }
    fprintf(out, "#[Mean    = %12.6f, StdDeviation   = %12.6f]\n", mean / ms, deviation / ms);
    fprintf(out, "#[Max     = %12.6f, Total count    = %12llu]\n",
            (double)hist_highest(hist_index(max)) / ms, (unsigned long long)h->total);
    fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", HIST_PAGES - 1, 2 * HIST_PAGE);
}

/* A line at every level that a bucket reaches; between 1 - 2^-k and 1 - 2^-(k+1) lie 5 levels. */
void hist_write_hgrm(FILE *out, const struct hist *h)
{
    const double ms = MILLISECOND, ticks = 5;
    struct hist_bucket b = { .count = 0 };
    double level = 0;
    uint64_t seen = 0;

    fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    for (uint32_t next = 0; hist_next(h, &next, &b);) {
        seen += b.count;
        while (100.0 * (double)seen / (double)h->total >= level) {
            fprintf(out, "%12.6f %14.12f %10llu %14.2f\n", (double)b.high / ms, level / 100,
                    (unsigned long long)seen, 100 / (100 - level));
            level += 100 / (ticks * ldexp(1, ilogb(100 / (100 - level)) + 1));
            if (seen == h->total)
                break;
        }
    }
    if (h->total)
        fprintf(out, "%12.6f %14.12f %10llu\n", (double)b.high / ms, 1.0, (unsigned long long)seen);
    write_footer(out, h, ms);
}
