/* meter.c - slices of time: how wide, which is now, and what happens when they run out. */
#include "meter.h"

#include "../base/xalloc.h"

#include <assert.h>

/* The width is 1, 2 or 5 times a power of ten, so that the axes of figures read well. */
static nsec nice_width(nsec at_least)
{
    static const nsec step[] = { 1, 2, 5 };

    for (nsec unit = 1; unit <= UINT64_MAX / 100; unit *= 10)
        for (uint32_t i = 0; i < 3; i++)
            if (unit * step[i] >= at_least)
                return unit * step[i];
    return at_least;
}

/* Slices are cut at warmup - k x width and warmup + k x width: no slice is part warm-up. */
static uint32_t slices_for(nsec time, nsec width)
{
    return (uint32_t)((time + width - 1) / width);
}

static nsec choose_width(const struct meter_plan *p)
{
    nsec measured = p->duration > p->warmup ? p->duration - p->warmup : 1;
    nsec width = nice_width(p->duration / RECORD_SLICES + 1);

    if (width < p->interval)
        width = p->interval;
    while (slices_for(p->warmup, width) + slices_for(measured, width) > RECORD_SLICES)
        width = nice_width(width + 1);
    return width;
}

void meter_init(struct meter *m, const struct meter_plan *p)
{
    struct record *r = &m->record;

    *m = (struct meter){ .slice = 0 };
    record_init(r, p->backends);
    r->warmup = p->warmup;
    r->slice_width = choose_width(p);
    r->warmup_slices = slices_for(p->warmup, r->slice_width);
    r->slices = 1;
    nsec first = p->warmup % r->slice_width;
    m->now_slice_ends = first ? first : r->slice_width;
    m->backend = record_backend(r, 0, 0);
    r->trail = p->trail ? xcalloc(p->trail, sizeof *r->trail) : NULL;
    r->trail_length = p->trail;
}

/* Sums of hashes: attempts may end in any order. */
void meter_add_step(struct meter *m, uint64_t request, uint32_t attempt, uint32_t backend,
                    nsec born, nsec sent, nsec done, uint32_t status)
{
    struct record_step *step = &m->record.trail[request];
    uint64_t hash = rng_mix((uint64_t)attempt << 40 ^ (uint64_t)backend << 8 ^ status);

    hash = rng_mix(rng_mix(hash ^ sent) ^ done);
    step->born = born;
    step->rest = (uint8_t)(step->rest + hash);
    if (attempt == 0)
        step->backend = (uint8_t)backend;
}

/* Values in warm-up do not count, like all of it. */
void meter_tally_max(struct meter *m, enum tally tally, uint64_t value)
{
    uint32_t warm = m->record.warmup_slices;
    uint64_t so_far = 0;

    for (uint32_t i = m->slice < warm ? 0 : warm; i <= m->slice; i++)
        so_far += m->record.slice[i].tally[tally];
    if (value > so_far)
        meter_tally(m, tally, value - so_far);
}

void meter_spent(struct meter *m, uint32_t birth_slice, const nsec spent[PART_COUNT])
{
    struct record_slice *s = &m->record.slice[meter_slot(m, birth_slice)];

    for (uint32_t i = 0; i < PART_COUNT; i++)
        s->spent[i] += spent[i];
}

static void merge_slice(struct record_slice *into, struct record_slice *from)
{
    into->born += from->born;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++)
        into->ended[i] += from->ended[i];
    into->latency_sum += from->latency_sum;
    for (uint32_t i = 0; i < PART_COUNT; i++)
        into->spent[i] += from->spent[i];
    into->done += from->done;
    into->attempts += from->attempts;
    into->retries += from->retries;
    into->open = from->open;
    for (uint32_t i = 0; i < TALLY_COUNT; i++)
        into->tally[i] += from->tally[i];
    hist_merge(&into->latency, &from->latency);
    hist_fini(&from->latency);
    *from = (struct record_slice){ .born = 0 };
    hist_init(&from->latency);
}

static void merge_backend_slice(struct record_backend_slice *into,
                                struct record_backend_slice *from)
{
    into->picked += from->picked;
    into->asked += from->asked;
    into->served += from->served;
    into->failed += from->failed;
    into->latency_sum += from->latency_sum;
    into->busy += from->busy;
    into->offered += from->offered;
    into->backlog = from->backlog;
    *from = (struct record_backend_slice){ .picked = 0 };
}

static void move_slice(struct record *r, uint32_t to, uint32_t from)
{
    if (to == from)
        return;
    merge_slice(&r->slice[to], &r->slice[from]);
    for (uint32_t b = 0; b < r->backends && r->backend_slices > 1; b++)
        merge_backend_slice(record_backend(r, b, to), record_backend(r, b, from));
}

/* Pairs of measured slices become one; warm-up stays as it is.  An odd last one stays open. */
static void fold(struct meter *m)
{
    struct record *r = &m->record;
    uint32_t warm = r->warmup_slices;

    for (uint32_t i = warm; i < r->slices; i++)
        move_slice(r, warm + (i - warm) / 2, i);
    r->slices = warm + (r->slices - warm + 1) / 2;
    r->slice_width *= 2;
    m->folds++;
}

static void note_backlog(struct meter *m, const uint32_t *backlog)
{
    m->record.slice[m->slice].open = m->open;
    for (uint32_t b = 0; b < m->record.backends; b++)
        meter_backend(m, b)->backlog = backlog[b];
}

/* An odd number of measured slices before a fold leaves the last one half full: the next turn comes
 * after one old width. */
void meter_turn(struct meter *m, nsec now, const uint32_t *backlog)
{
    struct record *r = &m->record;
    nsec lasts = r->slice_width;
    bool goes_on = false;

    note_backlog(m, backlog);
    m->birth_slice += r->slices <= r->warmup_slices ? 1 : 1u << m->folds;
    if (r->slices == RECORD_SLICES) {
        goes_on = (r->slices - r->warmup_slices) % 2 == 1;
        fold(m);
        lasts = goes_on ? lasts : r->slice_width;
    }
    m->slice = goes_on ? r->slices - 1 : r->slices++;
    m->now_slice_ends = now + lasts;
    m->backend = record_backend(r, 0, m->slice);
}

void meter_close(struct meter *m, nsec now, u128 waited)
{
    struct record *r = &m->record;

    meter_area(m, now);
    r->sojourn += waited;
    r->end = now;
}
