/* meter.h - what nodes call to be counted, and the record that comes of it.
 *
 * Requests are filed by the slice of their birth, backends' work by the slice in which it happens.
 * Runs whose length is not known before double the width of their slices when these run out. */
#ifndef METRICS_METER_H
#define METRICS_METER_H

#include "../base/rng.h"
#include "record.h"

struct meter_plan {
    nsec warmup;
    /* until the last arrival, as far as known: sets the width of slices */
    nsec duration;
    nsec interval;                  /* shortest slice wanted; 0: none */
    uint32_t backends;
    uint32_t trail;                 /* requests whose steps are kept; 0: none */
};

struct meter {
    struct record record;
    nsec     now_slice_ends;        /* when meter_turn() is due */
    uint32_t birth_slice;           /* of what is born now: see meter_slot() */
    uint32_t slice;                 /* of record.slice, now */
    struct record_backend_slice *backend;   /* [backends]: of this slice */
    uint32_t folds;                 /* how often pairs of slices were merged */
    bool     is_over;               /* the last request was born */
    uint64_t open;                  /* requests born and not ended */
    nsec     changed;               /* when `open` last did */
};

void meter_init(struct meter *, const struct meter_plan *);

/* The slice ended: to be called at now_slice_ends; backlog[] of every backend at that time. */
void meter_turn(struct meter *, nsec now, const uint32_t *backlog);

/* Nothing more will be born. */
static inline void meter_last_born(struct meter *m)
{
    if (m->is_over)
        return;
    m->is_over = true;
    m->record.slice[m->slice].open = m->open;
}

/* Nothing more happens: what is open stays unfinished.  waited: ns that the open requests have
 * spent so far, counted from the requests themselves. */
void meter_close(struct meter *, nsec now, u128 waited);

/* A label given at birth stays right when slices fold. */
static inline uint32_t meter_slot(const struct meter *m, uint32_t birth_slice)
{
    uint32_t warm = m->record.warmup_slices;

    return birth_slice < warm ? birth_slice : warm + ((birth_slice - warm) >> m->folds);
}

static inline void meter_area(struct meter *m, nsec now)
{
    m->record.area += (u128)m->open * (now - m->changed);
    m->changed = now;
}

static inline void meter_born(struct meter *m, nsec now)
{
    meter_area(m, now);
    m->open++;
    m->record.requests++;
    m->record.slice[m->slice].born++;
}

static inline void meter_ended(struct meter *m, nsec now, nsec born, uint32_t birth_slice,
                               uint32_t outcome)
{
    struct record_slice *s = &m->record.slice[meter_slot(m, birth_slice)];

    meter_area(m, now);
    m->open--;
    m->record.sojourn += now - born;
    s->ended[outcome]++;
    if (outcome != OUTCOME_OK)
        return;
    m->record.slice[m->slice].done += !m->is_over;
    s->latency_sum += now - born;
    hist_record(&s->latency, now - born);
}

/* Where the time of one that ended ok went, told before meter_ended(). */
void meter_spent(struct meter *, uint32_t birth_slice, const nsec spent[PART_COUNT]);

/* The same in a run where all of it is spent at backends: service of it as work. */
static inline void meter_served(struct meter *m, nsec latency, uint32_t birth_slice, nsec service)
{
    struct record_slice *s = &m->record.slice[meter_slot(m, birth_slice)];

    s->spent[PART_SERVICE] += service;
    s->spent[PART_BACKEND_QUEUE] += latency - service;
}

static inline struct record_backend_slice *meter_backend(struct meter *m, uint32_t backend)
{
    return &m->backend[backend];
}

/* Worker time spent; what drains after the last birth is no part of any rate. */
static inline void meter_busy(struct meter *m, uint32_t backend, nsec time)
{
    if (!m->is_over)
        m->backend[backend].busy += time;
}

static inline void meter_tally(struct meter *m, enum tally tally, uint64_t count)
{
    if (!m->is_over)
        m->record.slice[m->slice].tally[tally] += count;
}

/* A tally that ends as the greatest of its values: what each adds to those before it. */
void meter_tally_max(struct meter *, enum tally, uint64_t value);

static inline void meter_retry(struct meter *m)
{
    m->record.retries++;
    m->record.slice[m->slice].retries += !m->is_over;
    meter_tally(m, TALLY_RETRIES, 1);
}

/* Adds an attempt to the trail; of a request that is in it. */
void meter_add_step(struct meter *, uint64_t request, uint32_t attempt, uint32_t backend,
                    nsec born, nsec sent, nsec done, uint32_t status);

/* The same for any request of any run: nearly all have no trail. */
static inline void meter_step(struct meter *m, uint64_t request, uint32_t attempt,
                              uint32_t backend, nsec born, nsec sent, nsec done, uint32_t status)
{
    if (__builtin_expect(request < m->record.trail_length, 0))
        meter_add_step(m, request, attempt, backend, born, sent, done, status);
}

/* One attempt's line in the digest; hashes of lines are added: their order cannot matter. */
static inline void meter_attempt(struct meter *m, uint64_t request, uint32_t attempt,
                                 uint32_t backend, nsec sent, nsec done, uint32_t status)
{
    uint64_t who = (request << 8 ^ attempt) * 0x9e3779b97f4a7c15ull
                 ^ (uint64_t)backend << 32 ^ status;
    u128 a = (u128)(who ^ 0xa0761d6478bd642full) * (sent ^ 0xe7037ed1a0b428dbull);
    u128 b = (u128)((uint64_t)a ^ (uint64_t)(a >> 64) ^ done) * 0xd6e8feb86659fd93ull;

    m->record.attempts++;
    m->record.slice[m->slice].attempts += !m->is_over;
    m->record.digest += a ^ b;
}

#endif
