/* saturation.c - two rules: a backend was offered more than its capacity and its backlog grew all
 * through; or ever more requests waited in the system as a whole. */
#include "saturation.h"

#include "slices.h"

#include <math.h>

enum { PARTS = 4 };

/* What arrived at a backend in the measured slices, as a share of what its workers can do. */
static double offered_load(const struct result_plan *plan, const struct record *const *run,
                           uint32_t backend)
{
    double offered = 0, time = 0;

    for (uint32_t k = 0; k < plan->replications; k++) {
        for (uint32_t i = slices_backend_first(run[k]); i < slices_backend_end(run[k]); i++)
            offered += (double)record_backend(run[k], backend, i)->offered;
        time += (double)slices_backend_time(run[k]);
    }
    return time > 0 ? offered / time / plan->backend_workers[backend] : 0;
}

/* Measured slices that ended while requests still arrived.  The last slice of a record is left out:
 * it may hold what drained after the last arrival. */
static uint32_t whole_slices(const struct record *r)
{
    uint64_t by_time = r->slice_width ? slices_measured_time(r) / r->slice_width : 0;
    uint32_t closed = r->slices > r->warmup_slices ? r->slices - r->warmup_slices - 1 : 0;

    return by_time < closed ? (uint32_t)by_time : closed;
}

/* The backlog at the end of part 1..PARTS of the measured time, all replications together. */
static uint64_t backlog_after(const struct record *const *run, uint32_t runs, uint32_t backend,
                              uint32_t part)
{
    uint64_t backlog = 0;

    for (uint32_t k = 0; k < runs; k++) {
        uint32_t last = run[k]->warmup_slices + whole_slices(run[k]) * part / PARTS - 1;

        backlog += record_backend(run[k], backend, last)->backlog;
    }
    return backlog;
}

static bool has_parts(const struct record *const *run, uint32_t runs)
{
    for (uint32_t k = 0; k < runs; k++)
        if (run[k]->backend_slices == 1 || whole_slices(run[k]) < PARTS)
            return false;
    return true;
}

/* The rule.  A backend is saturated when, over the measured slices of a stationary run,
 *   - the work that arrived was more than its workers could do in that time, and
 *   - its backlog was longer at the end of each quarter than at the end of the one before.
 * Either alone happens by chance: a run of a busy but stable queue may be offered a little more
 * than 1, and its queue may have grown; not both, all through and in all replications together.
 * Where too few slices are known (very many backends, a very short run), the first must do: work
 * that exceeds the capacity of the whole time cannot but have queued. */
static bool is_saturated(const struct result_plan *plan, const struct record *const *run,
                         uint32_t backend, double offered)
{
    if (!(offered > 1))
        return false;
    if (!has_parts(run, plan->replications))
        return true;
    for (uint32_t part = 2; part <= PARTS; part++)
        if (backlog_after(run, plan->replications, backend, part) <=
            backlog_after(run, plan->replications, backend, part - 1))
            return false;
    return true;
}

/* ---- the whole system ---- */

static uint64_t open_after(const struct record *const *run, uint32_t runs, uint32_t part)
{
    uint64_t open = 0;

    for (uint32_t k = 0; k < runs; k++)
        open += run[k]->slice[run[k]->warmup_slices + whole_slices(run[k]) * part / PARTS - 1].open;
    return open;
}

static uint64_t born(const struct record *const *run, uint32_t runs)
{
    uint64_t n = 0;

    for (uint32_t k = 0; k < runs; k++)
        for (uint32_t i = run[k]->warmup_slices; i < run[k]->slices; i++)
            n += run[k]->slice[i].born;
    return n;
}

/* More at the end of each quarter than at the end of the one before, and in all by more than one in
 * two hundred of the requests that were born meanwhile: a busy but stable system wavers by some
 * multiple of its own length, which does not grow with the run. */
bool saturation_of_all(const struct result_plan *plan, const struct record *const *run)
{
    const uint64_t least_share = 200;
    uint32_t runs = plan->replications;

    if (!plan->is_stationary)
        return false;
    for (uint32_t k = 0; k < runs; k++)
        if (whole_slices(run[k]) < PARTS)
            return false;
    for (uint32_t part = 2; part <= PARTS; part++)
        if (open_after(run, runs, part) <= open_after(run, runs, part - 1))
            return false;
    uint64_t growth = open_after(run, runs, PARTS) - open_after(run, runs, 1);
    return growth * least_share > born(run, runs);
}

uint32_t saturation_find(const struct result_plan *plan, const struct record *const *run,
                         double *offered)
{
    uint32_t found = NONE;

    *offered = NAN;
    for (uint32_t b = 0; b < plan->backends && plan->is_stationary; b++) {
        double load = offered_load(plan, run, b);

        if (is_saturated(plan, run, b, load) && (found == NONE || load > *offered)) {
            found = b;
            *offered = load;
        }
    }
    return found;
}
