/* cell.c - builds the graph, lets it run, closes the books and checks that they balance. */
#include "cell.h"

#include <math.h>

#include "../parts/station.h"
#include "graph.h"
#include "stage.h"

struct running {
    const struct scenario *scenario;
    struct graph graph;
    struct sim sim;
    struct quota quota;
    struct arena arena;
    uint32_t trail;                 /* requests whose steps are recorded */
    void (*progress)(double, void *);
    void *progress_arg;
};

/* ---- how long ---- */

static bool has_trace(const struct scenario *s)
{
    for (uint32_t i = 0; i < s->clients; i++)
        if (s->client[i].arrival.process == ARRIVAL_TRACE)
            return true;
    return false;
}

static nsec trace_end(const struct scenario *s)
{
    nsec end = 0;

    for (uint32_t i = 0; i < s->clients; i++) {
        const struct arrival_config *a = &s->client[i].arrival;

        if (a->process == ARRIVAL_TRACE && a->rows > 0 && a->row[a->rows - 1].at > end)
            end = a->row[a->rows - 1].at;
    }
    return end;
}

static double mean_rate(const struct scenario *s)
{
    double rate = 0;

    for (uint32_t i = 0; i < s->clients; i++)
        if (!client_is_flood(&s->client[i]))
            rate += arrival_mean_rate(&s->client[i].arrival, s->run.duration);
    return rate;
}

/* The time of the last arrival, as far as it can be said before the run: it sets the slices. */
static nsec expected_end(const struct scenario *s)
{
    double rate = mean_rate(s);

    if (s->run.duration > 0)
        return s->run.duration;
    if (s->run.requests == 0 && has_trace(s))
        return trace_end(s) + 1;
    if (rate > 0)
        return s->run.warmup + (nsec)((double)s->run.requests / rate * (double)SECOND) + 1;
    return s->run.warmup + SECOND;          /* a closed loop: slices fold as it goes on */
}

/* Whatever is unanswered long after the last arrival never will be: a hang without a timeout. */
static nsec horizon(const struct scenario *s, nsec last_arrival)
{
    const nsec patience = 3600 * SECOND;

    if (s->run.drain != NEVER)
        return last_arrival + s->run.drain;
    return last_arrival < NEVER / 32 ? 11 * last_arrival + patience : NEVER;
}

/* ---- the run ---- */

static void report_progress(struct sim *sim, void *arg)
{
    struct running *run = arg;
    const struct quota *q = &run->quota;
    double share = q->wanted < UINT64_MAX ? (double)q->born / (double)q->wanted
                 : (double)sim->now / (double)expected_end(run->scenario);

    if (run->progress != NULL)
        run->progress(share < 1 ? share : 1, run->progress_arg);
    if (q->born >= q->wanted && sim->horizon == NEVER)
        sim->horizon = horizon(run->scenario, q->last);
}

static void set_end(struct running *run)
{
    const struct scenario *s = run->scenario;

    run->quota = (struct quota){ .until = s->run.duration > 0 ? s->run.duration : NEVER,
                                 .wanted = s->run.requests > 0 ? s->run.requests : UINT64_MAX,
                                 .warmup = s->run.warmup };
    if (s->run.requests == 0)
        run->sim.horizon = horizon(s, expected_end(s));
}

static int build(struct running *run, const struct cell *cell, struct err *err)
{
    const struct scenario *s = run->scenario;
    struct sim *sim = &run->sim;
    struct meter_plan plan = { .warmup = s->run.warmup, .duration = expected_end(s),
                               .interval = s->measure.interval, .trail = run->trail };

    graph_plan(&run->graph, s, &run->arena);
    sim_init(sim, s->run.seed + cell->replication, run->graph.nodes, run->graph.depth);
    plan.backends = run->graph.backends;
    meter_init(&sim->meter, &plan);
    sim->keeps_account = !graph_is_plain(s);
    if (graph_build(&run->graph, sim, &s->policy[cell->policy], &run->arena, err) != 0)
        return -1;
    stage_new(sim, &run->graph, &run->quota, &run->arena);
    set_end(run);
    graph_start(&run->graph, sim, &run->quota);
    return 0;
}

/* ---- the books ---- */

static struct station *station_at(const struct running *run, uint32_t i)
{
    return backend_station(run->sim.node[run->graph.backend[0] + i]);
}

static void close_jobs(struct running *run)
{
    struct sim *sim = &run->sim;

    for (uint32_t i = 0; i < sim->reqs.used_up; i++) {
        const struct req *r = sim_req(sim, i);

        if (r->what != MSG_FREE && r->backend != NONE)
            station_close_job(backend_station(sim->node[r->backend]), sim, r);
    }
}

static uint64_t close_stations(struct running *run)
{
    struct record *r = &run->sim.meter.record;
    uint64_t slack = 0;

    for (uint32_t i = 0; i < run->graph.backends; i++)
        station_close(station_at(run, i), &run->sim);
    close_jobs(run);
    for (uint32_t i = 0; i < run->graph.backends; i++) {
        const struct station *s = station_at(run, i);

        meter_backend(&run->sim.meter, i)->backlog = station_jobs(s);
        r->busy += s->busy;
        r->demand_served += s->served;
        r->demand_wasted += s->wasted;
        slack += s->slack;
    }
    return slack;
}

/* What the unfinished have waited: each has one struct that is nobody's orphan and no leg. */
static u128 time_of_unfinished(const struct sim *sim)
{
    u128 waited = 0;

    for (uint32_t i = 0; i < sim->reqs.used_up; i++) {
        const struct req *r = sim_req(sim, i);

        if (r->what == MSG_ASK && !r->is_orphan && r->carrier == NONE)
            waited += sim->now - r->born;
    }
    return waited;
}

static u128 distance(u128 a, u128 b)
{
    return a > b ? a - b : b - a;
}

static uint64_t ended(const struct record *r)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        for (uint32_t k = 0; k < OUTCOME_COUNT; k++)
            n += r->slice[i].ended[k];
    return n;
}

/* Of those that ended ok in one slice, or in all. */
static u128 spent_in(const struct record_slice *s)
{
    u128 sum = 0;

    for (uint32_t i = 0; i < PART_COUNT; i++)
        sum += s->spent[i];
    return sum;
}

static bool adds_up(const struct record *r)
{
    for (uint32_t i = 0; i < r->slices; i++)
        if (spent_in(&r->slice[i]) != r->slice[i].latency_sum)
            return false;
    return true;
}

/* What must hold on every run whatever the scenario. */
static int check_identities(const struct running *run, uint64_t slack, struct err *err)
{
    const struct meter *m = &run->sim.meter;
    const struct record *r = &m->record;
    const char *broken = NULL;

    if (r->requests != ended(r) + m->open)
        broken = "conservation: requests born = ended + unfinished";
    else if (r->area != r->sojourn)
        broken = "Little's law: integral of the number in the system = sum of times in it";
    else if (distance(r->busy, r->demand_served + r->demand_wasted) > slack)
        broken = "busy time = demand served + demand thrown away";
    else if (!adds_up(r))
        broken = "accounts: the parts of the latencies add up to the latencies";
    else if (run->sim.stuck)
        broken = "progress: simulated time stands still";
    if (broken == NULL)
        return 0;
    err_input(err, "E912", "lblab has a bug: an identity does not hold in seed %llu: %s",
              (unsigned long long)run->sim.seed, broken);
    err->exit_code = 3;
    return -1;
}

static int close_books(struct running *run, const struct cell *cell, struct record *record,
                       struct err *err)
{
    struct meter *m = &run->sim.meter;
    uint64_t slack = close_stations(run);

    meter_close(m, run->sim.now, time_of_unfinished(&run->sim));
    m->record.policy = cell->policy;
    m->record.replication = cell->replication;
    m->record.seed = run->sim.seed;
    m->record.events = run->sim.events;
    m->record.arrivals_end = run->scenario->run.duration > 0 ? run->scenario->run.duration
                                                             : run->quota.last;
    *record = m->record;
    return check_identities(run, slack, err);
}

static int simulate(struct running *run, const struct cell *cell, struct record *record,
                    struct err *err)
{
    int status = build(run, cell, err);

    if (status == 0) {
        sim_run(&run->sim, report_progress, run);
        status = close_books(run, cell, record, err);
    } else {
        *record = run->sim.meter.record;
    }
    sim_fini(&run->sim);
    arena_fini(&run->arena);
    return status;
}

int cell_run(const struct scenario *s, const struct cell *cell, struct record *record,
             void (*progress)(double share, void *arg), void *arg, struct err *err)
{
    struct running run = { .scenario = s, .progress = progress, .progress_arg = arg };

    return simulate(&run, cell, record, err);
}

int cell_run_trail(const struct scenario *s, const struct cell *cell, uint32_t most,
                   struct record *record, struct err *err)
{
    struct running run = { .scenario = s, .trail = most };

    return simulate(&run, cell, record, err);
}
