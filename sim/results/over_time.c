/* over_time.c - see over_time.h. */
#include "over_time.h"

#include "slices.h"

#include <math.h>
#include <string.h>

static const struct record *clock_of(const struct result *r)
{
    return r->runs ? r->run[0].record : NULL;
}

uint32_t over_time_slices(const struct result *r)
{
    const struct record *clock = clock_of(r);

    return clock ? slices_of_arrivals(clock) : 0;
}

/* ---- what is in a slice ---- */

struct sum { uint64_t born, ok, done, attempts, retries, tally[TALLY_COUNT]; double seconds; };

static void add_slice(struct sum *sum, const struct record *r, uint32_t slice)
{
    const struct record_slice *s = &r->slice[slice];
    nsec start = slices_start(r, slice), next = slices_start(r, slice + 1), end = slices_end(r);

    sum->born += s->born;
    sum->ok += s->ended[OUTCOME_OK];
    sum->done += s->done;
    sum->attempts += s->attempts;
    sum->retries += s->retries;
    for (uint32_t i = 0; i < TALLY_COUNT; i++)
        sum->tally[i] += s->tally[i];
    sum->seconds += (double)((next < end ? next : end) - start) / (double)SECOND;
}

static struct sum sum_of(const struct result *r, uint32_t policy, uint32_t slice)
{
    const struct record *clock = clock_of(r);
    struct sum sum = { .born = 0 };

    for (uint32_t i = 0; i < r->runs; i++) {
        const struct record *record = r->run[i].record;

        if (r->run[i].policy == policy && record && slices_are_in_step(record, clock) &&
            slices_start(record, slice) < slices_end(record))
            add_slice(&sum, record, slice);
    }
    return sum;
}

/* ---- the metrics ---- */

static double ratio(double part, double all)
{
    return all > 0 ? part / all : NAN;
}

static double throughput(const struct sum *s)   { return ratio((double)s->done, s->seconds); }
static double error_rate(const struct sum *s)
{
    return ratio((double)(s->born - s->ok), (double)s->born);
}
static double availability(const struct sum *s) { return ratio((double)s->ok, (double)s->born); }
static double amplification(const struct sum *s)
{
    return ratio((double)s->attempts, (double)s->born);
}
static double requests(const struct sum *s)     { return ratio((double)s->born, s->seconds); }
static double attempts(const struct sum *s)     { return ratio((double)s->attempts, s->seconds); }
static double retries(const struct sum *s)      { return ratio((double)s->retries, s->seconds); }

static const struct { const char *name; double (*of)(const struct sum *); } told[] = {
    { "throughput", throughput },       { "goodput", throughput },
    { "error_rate", error_rate },       { "availability", availability },
    { "amplification", amplification }, { "requests", requests },
    { "attempts", attempts },           { "retries", retries },
};

static double (*find(const struct metric *m))(const struct sum *)
{
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        if (strcmp(told[i].name, m->name) == 0)
            return told[i].of;
    return NULL;
}

static bool is_counted(const struct metric *m)
{
    return m->of_run == NULL && m->source == METRIC_TALLY && m->unit != METRIC_NS &&
           m->over != OVER_IF_TALLY;
}

bool over_time_is_told(const struct metric *m)
{
    return is_counted(m) || find(m) != NULL;
}

double over_time_at(const struct result *r, uint32_t policy, const struct metric *m, uint32_t slice)
{
    double (*of)(const struct sum *) = find(m);
    const struct sum s = sum_of(r, policy, slice);

    if (of)
        return of(&s);
    if (!is_counted(m))
        return NAN;
    if (m->over == OVER_NOTHING)
        return ratio((double)s.tally[m->index], s.seconds);
    return metric_of_counts(m, &(struct metric_counts){ s.tally, NULL, s.born, s.ok, s.seconds });
}
