/* saturation.c - two rules: a backend was offered more than its capacity and its backlog grew all
 * through; or ever more requests waited in the system as a whole.
 *
 * Both look at a calm: a stretch of the run in which nothing but the requests went on.  Without
 * events that is all of the measured time; with events it is the time before the first of them, and
 * that after the end of the last; one that comes again and again has none.  What an incident piles
 * up is worked off in such a stretch, or stands still where the work just suffices: only what goes
 * on growing has no steady value. */
#include "saturation.h"

#include "slices.h"

#include <math.h>

enum { PARTS = 4 };

/* The calms of a run; `is_all`: the whole of it, its last, open slice too. */
struct calm { nsec from, to; bool is_all; };
enum { MOST_CALMS = 2 };

static uint32_t find_calms(const struct result_plan *plan, struct calm calm[MOST_CALMS])
{
    nsec first = NEVER, last = 0;

    if (!plan->is_stationary)
        return 0;
    if (plan->events == 0) {
        calm[0] = (struct calm){ 0, NEVER, true };
        return 1;
    }
    for (uint32_t i = 0; i < plan->events; i++) {
        const struct result_event *e = &plan->event[i];
        nsec end = e->recurs ? NEVER : e->until > e->at ? e->until : e->at;

        first = e->at < first ? e->at : first;
        last = end > last ? end : last;
    }
    calm[0] = (struct calm){ 0, first, false };
    calm[1] = (struct calm){ last, NEVER, false };
    return 2;
}

/* Measured slices that ended while requests still arrived.  The last slice of a record is left out:
 * it may hold what drained after the last arrival. */
static uint32_t whole_slices(const struct record *r)
{
    uint64_t by_time = r->slice_width ? slices_measured_time(r) / r->slice_width : 0;
    uint32_t closed = r->slices > r->warmup_slices ? r->slices - r->warmup_slices - 1 : 0;

    return by_time < closed ? (uint32_t)by_time : closed;
}

/* The whole slices of a calm. */
struct span { uint32_t first, n; };

static struct span span_of(const struct record *r, const struct calm *calm)
{
    uint32_t first = r->warmup_slices, end = first + whole_slices(r);

    while (first < end && slices_start(r, first) < calm->from)
        first++;
    while (end > first && slices_start(r, end) > calm->to)
        end--;
    return (struct span){ first, end - first };
}

static uint32_t end_of_part(const struct record *r, const struct calm *calm, uint32_t part)
{
    struct span s = span_of(r, calm);

    return s.first + s.n * part / PARTS - 1;
}

static bool has_parts(const struct record *const *run, uint32_t runs, const struct calm *calm)
{
    for (uint32_t k = 0; k < runs; k++)
        if (span_of(run[k], calm).n < PARTS)
            return false;
    return true;
}

/* A calm beside events is short.  Arrivals and departures are both counts, so that of a queue that
 * goes nowhere the length still wanders by the root of both: three of these are no chance.  The
 * whole of a run is long by its maker's choice, and has rules of its own below. */
static bool is_beyond_chance(const struct calm *calm, uint64_t growth, uint64_t arrivals)
{
    return calm->is_all || (double)growth > 3 * sqrt(2 * (double)arrivals);
}

/* ---- a backend ---- */

/* What arrived at a backend in the calm, as a share of what its workers can do. */
static double offered_load(const struct result_plan *plan, const struct record *const *run,
                           const struct calm *calm, uint32_t backend)
{
    double offered = 0, time = 0;

    for (uint32_t k = 0; k < plan->replications; k++) {
        struct span s = span_of(run[k], calm);
        uint32_t first = calm->is_all ? slices_backend_first(run[k]) : s.first,
                 end = calm->is_all ? slices_backend_end(run[k]) : s.first + s.n;

        for (uint32_t i = first; i < end; i++)
            offered += (double)record_backend(run[k], backend, i)->offered;
        time += calm->is_all ? (double)slices_backend_time(run[k])
                             : (double)s.n * (double)run[k]->slice_width;
    }
    return time > 0 ? offered / time / plan->backend_workers[backend] : 0;
}

static bool is_sliced(const struct record *const *run, uint32_t runs)
{
    for (uint32_t k = 0; k < runs; k++)
        if (run[k]->backend_slices == 1)
            return false;
    return true;
}

/* The backlog at the end of part 1..PARTS of the calm, all replications together. */
static uint64_t backlog_after(const struct record *const *run, uint32_t runs,
                              const struct calm *calm, uint32_t backend, uint32_t part)
{
    uint64_t backlog = 0;

    for (uint32_t k = 0; k < runs; k++)
        backlog += record_backend(run[k], backend, end_of_part(run[k], calm, part))->backlog;
    return backlog;
}

static uint64_t asked(const struct record *const *run, uint32_t runs, const struct calm *calm,
                      uint32_t backend)
{
    uint64_t n = 0;

    for (uint32_t k = 0; k < runs; k++) {
        struct span s = span_of(run[k], calm);

        for (uint32_t i = s.first; i < s.first + s.n; i++)
            n += record_backend(run[k], backend, i)->asked;
    }
    return n;
}

/* The rule.  A backend is saturated when, over a calm,
 *   - the work that arrived was more than its workers could do in that time, and
 *   - its backlog was longer at the end of each quarter than at the end of the one before.
 * Either alone happens by chance: a run of a busy but stable queue may be offered a little more
 * than 1, and its queue may have grown; not both, all through and in all replications together.
 * Where too few slices are known (very many backends, a very short run), the first must do: work
 * that exceeds the capacity of the whole time cannot but have queued.  Not so beside events: what
 * else was in that time is not known then. */
static bool is_saturated(const struct result_plan *plan, const struct record *const *run,
                         const struct calm *calm, uint32_t backend, double offered)
{
    uint32_t runs = plan->replications;

    if (!(offered > 1))
        return false;
    if (!is_sliced(run, runs) || !has_parts(run, runs, calm))
        return calm->is_all;
    for (uint32_t part = 2; part <= PARTS; part++)
        if (backlog_after(run, runs, calm, backend, part) <=
            backlog_after(run, runs, calm, backend, part - 1))
            return false;
    return is_beyond_chance(calm, backlog_after(run, runs, calm, backend, PARTS) -
                                      backlog_after(run, runs, calm, backend, 1),
                            asked(run, runs, calm, backend));
}

static void find_backend(const struct result_plan *plan, const struct record *const *run,
                         const struct calm *calm, struct saturation *s)
{
    if (!calm->is_all && (!is_sliced(run, plan->replications) ||
                          !has_parts(run, plan->replications, calm)))
        return;
    for (uint32_t b = 0; b < plan->backends; b++) {
        double load = offered_load(plan, run, calm, b);

        if (is_saturated(plan, run, calm, b, load) && (s->backend == NONE || load > s->offered)) {
            s->backend = b;
            s->offered = load;
        }
    }
}

/* ---- the whole system ---- */

static uint64_t open_after(const struct record *const *run, uint32_t runs, const struct calm *calm,
                           uint32_t part)
{
    uint64_t open = 0;

    for (uint32_t k = 0; k < runs; k++)
        open += run[k]->slice[end_of_part(run[k], calm, part)].open;
    return open;
}

static uint64_t born(const struct record *const *run, uint32_t runs, const struct calm *calm)
{
    uint64_t n = 0;

    for (uint32_t k = 0; k < runs; k++) {
        struct span s = span_of(run[k], calm);
        uint32_t end = calm->is_all ? run[k]->slices : s.first + s.n;

        for (uint32_t i = s.first; i < end; i++)
            n += run[k]->slice[i].born;
    }
    return n;
}

/* More at the end of each quarter than at the end of the one before, and in all by more than one in
 * two hundred of the requests that were born meanwhile: a busy but stable system wavers by some
 * multiple of its own length, which does not grow with the run. */
static bool grows(const struct record *const *run, uint32_t runs, const struct calm *calm)
{
    const uint64_t least_share = 200;
    uint64_t growth;

    if (!has_parts(run, runs, calm))
        return false;
    for (uint32_t part = 2; part <= PARTS; part++)
        if (open_after(run, runs, calm, part) <= open_after(run, runs, calm, part - 1))
            return false;
    growth = open_after(run, runs, calm, PARTS) - open_after(run, runs, calm, 1);
    return growth * least_share > born(run, runs, calm) &&
           is_beyond_chance(calm, growth, born(run, runs, calm));
}

/* Requests a second by which the system filled, from the first quarter's end to the last's; NAN
 * where that is not known, or not more than none. */
static double growth_of(const struct record *const *run, uint32_t runs, const struct calm *calm)
{
    double time = 0, more;

    if (!has_parts(run, runs, calm))
        return NAN;
    for (uint32_t k = 0; k < runs; k++)
        time += (double)(end_of_part(run[k], calm, PARTS) - end_of_part(run[k], calm, 1)) *
                (double)run[k]->slice_width / (double)SECOND;
    more = (double)open_after(run, runs, calm, PARTS) - (double)open_after(run, runs, calm, 1);
    return more > 0 ? more / time : NAN;
}

struct saturation saturation_find(const struct result_plan *plan, const struct record *const *run)
{
    struct saturation s = { false, NONE, NAN, NAN };
    struct calm calm[MOST_CALMS];
    uint32_t calms = find_calms(plan, calm);

    for (uint32_t i = 0; i < calms && !s.is_found; i++) {
        find_backend(plan, run, &calm[i], &s);
        s.is_found = s.backend != NONE || grows(run, plan->replications, &calm[i]);
        if (s.is_found)
            s.growth = growth_of(run, plan->replications, &calm[i]);
    }
    return s;
}
