/* warmup.c - see warmup.h.  Looks at all slices, whatever is called warm-up in them: so it finds
 * the same before and after it was applied. */
#include "warmup.h"

#include "../base/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { LEAST_SERIES = 4 };

/* From the back, so that each sum of squares follows from the one before (Welford 1962). */
uint32_t warmup_mser(const double *y, uint32_t n, bool *is_found)
{
    double mean = 0, squares = 0, least = INFINITY;
    uint32_t best = 0;

    *is_found = false;
    if (n < LEAST_SERIES)
        return 0;
    for (uint32_t d = n; d-- > 0;) {
        double left = n - d, step = y[d] - mean;

        mean += step / left;
        squares += step * (y[d] - mean);
        if (d <= n / 2 && squares / (left * left) <= least) {
            least = squares / (left * left);
            best = d;
        }
    }
    *is_found = best < n / 2;
    return best;
}

/* ---- over records ---- */

/* A slice of the series: all records' slices that lie in [k width, (k + 1) width). */
static double response_in(const struct record *r, nsec width, uint32_t k)
{
    uint32_t each = (uint32_t)(width / r->slice_width);
    u128 sum = 0;
    uint64_t ok = 0;

    for (uint32_t i = k * each; i < (k + 1) * each && i < r->slices; i++) {
        sum += r->slice[i].latency_sum;
        ok += r->slice[i].ended[OUTCOME_OK];
    }
    return ok ? (double)sum / (double)ok : NAN;
}

static double response_of_all(const struct record *const *records, uint32_t n, nsec width,
                              uint32_t k)
{
    double sum = 0;
    uint32_t known = 0;

    for (uint32_t i = 0; i < n; i++) {
        double y = response_in(records[i], width, k);

        sum += isnan(y) ? 0 : y;
        known += isnan(y) ? 0 : 1;
    }
    return known ? sum / known : NAN;
}

static nsec widest(const struct record *const *records, uint32_t n)
{
    nsec width = 0;

    for (uint32_t i = 0; i < n; i++)
        width = records[i]->slice_width > width ? records[i]->slice_width : width;
    return width;
}

/* Slices in which every record still had arrivals. */
static uint32_t whole(const struct record *const *records, uint32_t n, nsec width)
{
    uint64_t least = RECORD_SLICES;

    for (uint32_t i = 0; i < n; i++)
        if (records[i]->arrivals_end / width < least)
            least = records[i]->arrivals_end / width;
    return (uint32_t)least;
}

struct warmup warmup_find(const struct record *const *records, uint32_t n)
{
    nsec width = widest(records, n);
    uint32_t slices = width ? whole(records, n, width) : 0, known = 0, cut;
    uint32_t at[RECORD_SLICES] = { 0 };
    double y[RECORD_SLICES];
    struct warmup w;

    for (uint32_t k = 0; k < slices; k++) {
        y[known] = response_of_all(records, n, width, k);
        at[known] = k;
        known += isnan(y[known]) ? 0 : 1;
    }
    cut = warmup_mser(y, known, &w.is_found);
    w.time = cut ? at[cut] * width : 0;
    return w;
}

void warmup_apply(struct record *r, nsec time)
{
    uint32_t slices = r->slice_width ? (uint32_t)(time / r->slice_width) : 0;

    assert(r->slice_width == 0 || time % r->slice_width == 0);
    r->warmup = time;
    r->warmup_slices = slices < r->slices ? slices : r->slices;
}

void result_settle_warmup(struct record *records, uint32_t n, const struct result_plan *plan)
{
    const struct record **each;

    if (plan->warmup_rule != WARMUP_AUTO)
        return;
    each = xcalloc(n, sizeof *each);
    for (uint32_t i = 0; i < n; i++)
        each[i] = &records[i];

    struct warmup w = warmup_find(each, n);

    for (uint32_t i = 0; i < n; i++)
        warmup_apply(&records[i], w.time);
    free(each);
}
