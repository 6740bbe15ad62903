/* slices.h - where the slices of a record lie in time, and which of them are measured.
 *
 * All have one width and are cut at warmup + k x width, so that none is part warm-up; the first
 * may be shorter, the last may still have been open when the run ended. */
#ifndef RESULTS_SLICES_H
#define RESULTS_SLICES_H

#include "../metrics/record.h"

static inline nsec slices_start(const struct record *r, uint32_t slice)
{
    if (slice >= r->warmup_slices)
        return r->warmup + (slice - r->warmup_slices) * r->slice_width;

    nsec before = (r->warmup_slices - slice) * r->slice_width;

    return before < r->warmup ? r->warmup - before : 0;
}

/* Of the last arrival, or of the run if that ended first. */
static inline nsec slices_end(const struct record *r)
{
    return r->arrivals_end && r->arrivals_end < r->end ? r->arrivals_end : r->end;
}

/* How many slices had arrivals. */
static inline uint32_t slices_of_arrivals(const struct record *r)
{
    uint32_t n = 0;

    while (n < r->slices && slices_start(r, n) < slices_end(r))
        n++;
    return n;
}

/* Whether slice k of both is the same time. */
static inline bool slices_are_in_step(const struct record *a, const struct record *b)
{
    return a->slice_width == b->slice_width && a->warmup == b->warmup;
}

/* From the end of warm-up to the last arrival: what rates and loads are shares of. */
static inline nsec slices_measured_time(const struct record *r)
{
    nsec end = slices_end(r);

    return end > r->warmup ? end - r->warmup : 0;
}

/* What happened in the measured slices. */
struct slices_total { uint64_t done, attempts, retries, tally[TALLY_COUNT]; };

static inline struct slices_total slices_total(const struct record *r)
{
    struct slices_total t = { .done = 0 };

    for (uint32_t i = r->warmup_slices; i < r->slices; i++) {
        t.done += r->slice[i].done;
        t.attempts += r->slice[i].attempts;
        t.retries += r->slice[i].retries;
        for (uint32_t k = 0; k < TALLY_COUNT; k++)
            t.tally[k] += r->slice[i].tally[k];
    }
    return t;
}

/* The first slice of a backend that is measured, and one behind the last. */
static inline uint32_t slices_backend_first(const struct record *r)
{
    return r->backend_slices == 1 ? 0 : r->warmup_slices;
}

static inline uint32_t slices_backend_end(const struct record *r)
{
    return r->backend_slices == 1 ? 1 : r->slices;
}

/* The time that these slices stand for, up to the last arrival. */
static inline nsec slices_backend_time(const struct record *r)
{
    nsec time = slices_measured_time(r);

    return r->backend_slices == 1 && time ? time + r->warmup : time;
}

#endif
