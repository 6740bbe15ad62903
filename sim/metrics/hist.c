/* hist.c - see hist.h; layout and quantile rule are HdrHistogram's (hdrhistogram.github.io),
 * checked against its JavaScript version. */
#include "hist.h"

#include "../base/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void hist_init(struct hist *h)
{
    *h = (struct hist){ .min = NEVER };
}

void hist_fini(struct hist *h)
{
    free(h->few);
    for (uint32_t i = 0; h->page && i < HIST_PAGES; i++)
        free(h->page[i]);
    free(h->page);
    hist_init(h);
}

/* ---- a few values ---- */

static struct hist_few *with_room(struct hist_few *few, uint32_t n)
{
    uint32_t used = few ? few->used : 0, in_order = few ? few->in_order : 0;
    uint32_t room = few ? few->room : 64;

    while (room < used + n)
        room *= 2;
    if (few && few->room == room)
        return few;
    few = xrealloc(few, 1, sizeof *few + room * sizeof few->index[0]);
    few->used = used;
    few->in_order = in_order;
    few->room = room;
    return few;
}

static void store_few(struct hist *h, uint32_t index, uint32_t n)
{
    struct hist_few *few = h->few = with_room(h->few, n);
    bool goes_on = few->in_order == few->used && (few->used == 0 ||
                                                  few->index[few->used - 1] <= index);

    for (uint32_t i = 0; i < n; i++)
        few->index[few->used++] = (uint16_t)index;
    few->in_order = goes_on ? few->used : few->in_order;
}

/* One digit of a radix sort: by the byte of the indexes that lies `shift` bits up. */
static void sort_by(const uint16_t *from, uint16_t *to, uint32_t n, int shift)
{
    uint32_t start[257] = { 0 };

    for (uint32_t i = 0; i < n; i++)
        start[(from[i] >> shift & 255) + 1]++;
    for (uint32_t d = 0; d < 255; d++)
        start[d + 1] += start[d];
    for (uint32_t i = 0; i < n; i++)
        to[start[from[i] >> shift & 255]++] = from[i];
}

static void put_in_order(struct hist_few *few)
{
    uint16_t other[HIST_FEW];

    if (few->in_order == few->used)
        return;
    sort_by(few->index, other, few->used, 0);
    sort_by(other, few->index, few->used, 8);
    few->in_order = few->used;
}

/* ---- many ---- */

static uint64_t *count_of(struct hist *h, uint32_t index)
{
    uint64_t **page = &h->page[index >> HIST_PAGE_BITS];

    if (!*page)
        *page = xcalloc(HIST_PAGE, sizeof **page);
    return *page + (index & (HIST_PAGE - 1));
}

static void count_few(struct hist *h, const struct hist_few *few)
{
    for (uint32_t i = 0; i < few->used; i++)
        ++*count_of(h, few->index[i]);
}

static void turn_to_pages(struct hist *h)
{
    if (!h->page)
        h->page = xcalloc(HIST_PAGES, sizeof *h->page);
    if (h->few)
        count_few(h, h->few);
    free(h->few);
    h->few = NULL;
}

static bool takes_few(const struct hist *h, uint64_t n)
{
    return !h->page && n <= HIST_FEW - (h->few ? h->few->used : 0);
}

void hist_store(struct hist *h, uint32_t index, uint64_t n)
{
    if (takes_few(h, n)) {
        store_few(h, index, (uint32_t)n);
        return;
    }
    turn_to_pages(h);
    *count_of(h, index) += n;
}

/* ---- buckets ---- */

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
    hist_store(h, index, n);
    h->total += n;
    widen(h, hist_lowest(index), hist_highest(index));
}

static void merge_pages(struct hist *into, const struct hist *from)
{
    turn_to_pages(into);
    for (uint32_t p = 0; p < HIST_PAGES; p++) {
        if (!from->page[p])
            continue;

        uint64_t *counts = count_of(into, p << HIST_PAGE_BITS);

        for (uint32_t i = 0; i < HIST_PAGE; i++)
            counts[i] += from->page[p][i];
    }
}

static void merge_few(struct hist *into, const struct hist_few *from)
{
    if (!takes_few(into, from->used)) {
        turn_to_pages(into);
        count_few(into, from);
        return;
    }
    into->few = with_room(into->few, from->used);
    memcpy(into->few->index + into->few->used, from->index, from->used * sizeof from->index[0]);
    into->few->used += from->used;
}

void hist_merge(struct hist *into, const struct hist *from)
{
    if (from->page)
        merge_pages(into, from);
    else if (from->few)
        merge_few(into, from->few);
    into->total += from->total;
    into->clamped += from->clamped;
    widen(into, from->min, from->max);
}

static struct hist_bucket bucket_at(uint32_t index, uint64_t count)
{
    return (struct hist_bucket){ index, hist_lowest(index), hist_highest(index), count };
}

/* Here *next counts values. */
static bool next_of_few(struct hist_few *few, uint32_t *next, struct hist_bucket *bucket)
{
    uint32_t first = *next;

    put_in_order(few);
    if (first >= few->used)
        return false;
    while (*next < few->used && few->index[*next] == few->index[first])
        ++*next;
    *bucket = bucket_at(few->index[first], *next - first);
    return true;
}

static bool next_of_pages(const struct hist *h, uint32_t *next, struct hist_bucket *bucket)
{
    for (uint32_t i = *next; h->page && i < HIST_BUCKETS; i++) {
        const uint64_t *page = h->page[i >> HIST_PAGE_BITS];

        if (!page) {
            i |= HIST_PAGE - 1;
            continue;
        }
        if (!page[i & (HIST_PAGE - 1)])
            continue;
        *bucket = bucket_at(i, page[i & (HIST_PAGE - 1)]);
        *next = i + 1;
        return true;
    }
    *next = HIST_BUCKETS;
    return false;
}

bool hist_next(const struct hist *h, uint32_t *next, struct hist_bucket *bucket)
{
    return h->few ? next_of_few(h->few, next, bucket) : next_of_pages(h, next, bucket);
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
