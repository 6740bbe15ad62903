/* failover_told.c - see failover_told.h.  Times are told by slices of 200 ms: the middle of one. */
#include "failover_told.h"

#include <math.h>
#include <string.h>

/* ---- what a run gave ---- */

/* Slices after the warm-up; the k-th begins at k x width. */
struct run { const struct record *record; uint32_t first; double width; };

static uint32_t slices_of(const struct run *r)
{
    return r->record->slices - r->first;
}

static uint64_t failed_in(const struct run *r, uint32_t k)
{
    const struct record_slice *s = &r->record->slice[r->first + k];

    return s->born - s->ended[OUTCOME_OK];
}

static uint64_t answered_in(const struct run *r, uint32_t server, uint32_t k, bool with_failed)
{
    const struct record_backend_slice *b = record_backend(r->record, server, r->first + k);

    return b->served + (with_failed ? b->failed : 0);
}

static double failed(const struct run *r)
{
    uint64_t n = 0;

    for (uint32_t k = 0; k < slices_of(r); k++)
        n += failed_in(r, k);
    return (double)n;
}

static double answered(const struct run *r, uint32_t server, bool with_failed)
{
    uint64_t n = 0;

    for (uint32_t k = 0; k < slices_of(r); k++)
        n += answered_in(r, server, k, with_failed);
    return (double)n;
}

/* The middle of the first, or last, slice in which a request was born that failed. */
static double first_failed(const struct run *r)
{
    for (uint32_t k = 0; k < slices_of(r); k++)
        if (failed_in(r, k) > 0)
            return (k + 0.5) * r->width;
    return NAN;
}

static double last_failed(const struct run *r)
{
    for (uint32_t k = slices_of(r); k-- > 0;)
        if (failed_in(r, k) > 0)
            return (k + 0.5) * r->width;
    return NAN;
}

/* A slice that began before, and holds the moment, does not count. */
static double first_answer_after(const struct run *r, uint32_t server, double at)
{
    for (uint32_t k = (uint32_t)(at / r->width + 0.5); k < slices_of(r); k++)
        if (answered_in(r, server, k, false) > 0)
            return (k + 0.5) * r->width;
    return NAN;
}

static double first_taken_out(const struct run *r)
{
    for (uint32_t k = 0; k < slices_of(r); k++)
        if (r->record->slice[r->first + k].tally[TALLY_TAKEN_OUT] > 0)
            return (k + 0.5) * r->width;
    return NAN;
}

static double slower_than(const struct run *r, double ms)
{
    uint64_t n = 0;
    struct hist_bucket b;

    for (uint32_t k = 0; k < slices_of(r); k++)
        for (uint32_t next = 0; hist_next(&r->record->slice[r->first + k].latency, &next, &b);)
            if ((double)b.low / 1e6 > ms)
                n += b.count;
    return (double)n;
}

/* ---- against the recording ---- */

static double member(const cJSON *object, const char *key)
{
    const cJSON *node = doc_get(object, key);

    return cJSON_IsNumber(node) ? node->valuedouble : NAN;
}

static double from_pair(const struct judged *j, const char *group, const char *key, bool want_high)
{
    static const char *const runs[] = { "outputs", "outputs_repeated" };
    double found = NAN;

    for (size_t k = 0; k < ARRAY_LEN(runs); k++) {
        const cJSON *run = doc_get(j->recording->doc.root, runs[k]);
        double value = member(group ? doc_get(run, group) : run, key);

        found = want_high ? fmax(found, value) : fmin(found, value);
    }
    return found;
}

/* The time of the first change to "stopped". */
static double stopped_at(const struct judged *j, bool want_high)
{
    static const char *const runs[] = { "outputs", "outputs_repeated" };
    double found = NAN;

    for (size_t k = 0; k < ARRAY_LEN(runs); k++) {
        const cJSON *run = doc_get(j->recording->doc.root, runs[k]), *change;

        cJSON_ArrayForEach(change, doc_get(run, "haproxy_s2_state_changes")) {
            const cJSON *at = cJSON_GetArrayItem(change, 0), *op = cJSON_GetArrayItem(change, 1);

            if (!cJSON_IsNumber(at) || !cJSON_IsString(op) || strncmp(op->valuestring, "op=0", 4))
                continue;
            found = want_high ? fmax(found, at->valuedouble) : fmin(found, at->valuedouble);
            break;
        }
    }
    return found;
}

static bool agrees(const struct failover_measure *m)
{
    if (isnan(m->low) || isnan(m->ours))
        return isnan(m->low) && isnan(m->ours);
    return m->ours >= m->low - m->within && m->ours <= m->high + m->within;
}

static void add(struct failover_told *t, struct failover_measure m)
{
    t->of[t->count++] = m;
    t->agreed += agrees(&m);
}

static void add_pair(struct failover_told *t, const struct judged *j, const char *key, double ours,
                     double within)
{
    add(t, (struct failover_measure){ key, ours, from_pair(j, NULL, key, false),
                             from_pair(j, NULL, key, true), within });
}

/* A request that fails takes as long as its attempts: hanging, or waiting for the next one. */
static bool fails_slowly(const struct failover_trial *r, const struct failover *f)
{
    nsec waits = f->redispatch == FAILOVER_REDISPATCH_OFF || f->waits_always ? f->retries * f->wait
                                                                           : 0;
    return strcmp(r->mode, "hang") == 0
           || (strcmp(r->mode, "crash") == 0 && waits > 500 * MILLISECOND);
}

/* The keys that a hash sees are not in the recording: three standard deviations of so many draws of
 * one server of n. */
static double by_chance(const struct judged *j, double requests)
{
    double p = 1.0 / j->recording->pool.servers;

    return j->policy.ops->traits & LB_BY_KEY ? 3 * sqrt(requests * p * (1 - p)) : 0;
}

/* What one server gets in a check interval, and how far off times may be. */
void failover_compare(const struct judged *j, const struct failover_trial *r,
                      const struct failover *f, const struct record *record,
                      struct failover_told *t)
{
    const struct run *run = &(struct run){ record, record->warmup_slices,
                                           seconds(record->slice_width) };
    uint32_t n = j->recording->pool.servers;
    double interval = seconds(f->interval > 0 ? f->interval
                              : f->max_fails > 0 ? f->fail_timeout : 0);
    double count = 1 + interval * r->rate / n, time = interval + run->width;
    double meanwhile = count + by_chance(j, r->rate * (r->up - r->down));
    bool with_failed = strcmp(r->mode, "error") == 0;

    count += by_chance(j, r->rate * r->lasts);
    *t = (struct failover_told){ .count = 0 };
    add_pair(t, j, "client_errors", failed(run), meanwhile);
    add_pair(t, j, "slow_requests_over_500ms",
             slower_than(run, 500) + (fails_slowly(r, f) ? failed(run) : 0), meanwhile);
    for (uint32_t k = 0; k < n; k++)
        add(t, (struct failover_measure){ j->recording->name[k],
                                 answered(run, k, with_failed && k + 1 == r->server),
                                 from_pair(j, "share", j->recording->name[k], false),
                                 from_pair(j, "share", j->recording->name[k], true), count });
    add_pair(t, j, "first_error_t", first_failed(run), time);
    add_pair(t, j, "last_error_t", last_failed(run), time);
    add_pair(t, j, "first_request_after_recovery_s_after_up",
             first_answer_after(run, r->server - 1, r->up) - r->up, time);
    if (strcmp(j->recording->program, "haproxy") == 0)
        add(t, (struct failover_measure){ "stopped at", first_taken_out(run), stopped_at(j, false),
                                 stopped_at(j, true), time });
}

/* ---- the row ---- */

void failover_tell(struct judged *j, const struct failover_told *t)
{
    for (uint32_t k = 0; k < t->count; k++) {
        const struct failover_measure *m = &t->of[k];

        judge_quantity(j, m->ours, (m->low + m->high) / 2, (m->high - m->low) / 2 + m->within,
                       "%s", m->name);
        if (!agrees(m))
            judge_differs(j, "%s: ours %.4g, recorded %.4g and %.4g, %.3g allowed", m->name,
                          m->ours, m->low, m->high, m->within);
    }
}
