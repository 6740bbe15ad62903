/* simulate.c - see simulate.h. */
#include "simulate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../sim/nodes/balancer.h"
#include "../../sim/run/cell.h"
#include "../../sim/run/stage.h"
#include "unit.h"

static void tell(const struct err *err)
{
    for (uint32_t i = 0; i < err->kept; i++)
        fprintf(stderr, "  %s %s: %s\n", err->item[i].code, err->item[i].pointer,
                err->item[i].what);
}

void world_file(struct world *w, const char *path, const struct scenario_overrides *over)
{
    static struct err err;

    err_init(&err);
    w->is_loaded = scenario_load(&w->scenario, path, over, &err) == 0;
    CU_ASSERT_FATAL(w->is_loaded || (tell(&err), false));
}

static void load_text(struct world *w, const char *format, va_list args)
{
    char path[] = "/tmp/lblab-world-XXXXXX", text[8192];
    int length = vsnprintf(text, sizeof text, format, args), fd = mkstemp(path);

    CU_ASSERT_FATAL(fd >= 0 && length < (int)sizeof text);
    for (char *p = text; *p != '\0'; p++)
        *p = *p == '\'' ? '"' : *p;
    CU_ASSERT_FATAL(write(fd, text, (size_t)length) == length);
    close(fd);
    world_file(w, path, NULL);
    unlink(path);
}

void world_text(struct world *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    load_text(w, format, args);
    va_end(args);
}

void world_end(struct world *w)
{
    scenario_fini(&w->scenario);
}

struct record world_run(const struct world *w, uint32_t policy, uint32_t replication)
{
    static struct err err;
    struct cell cell = { policy, replication };
    struct record r;

    err_init(&err);
    int status = cell_run(&w->scenario, &cell, &r, NULL, NULL, &err);
    CU_ASSERT_FATAL(status == 0 || (tell(&err), false));
    return r;
}

struct record simulate(const char *format, ...)
{
    struct world w;
    va_list args;

    va_start(args, format);
    load_text(&w, format, args);
    va_end(args);
    struct record r = world_run(&w, 0, 0);
    world_end(&w);
    return r;
}

/* ---- records ---- */

uint64_t count_born(const struct record *r)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        n += r->slice[i].born;
    return n;
}

uint64_t count_ended(const struct record *r, enum outcome outcome)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        n += r->slice[i].ended[outcome];
    return n;
}

uint64_t count_unfinished(const struct record *r)
{
    uint64_t n = count_born(r);

    for (uint32_t k = 0; k < OUTCOME_COUNT; k++)
        n -= count_ended(r, k);
    return n;
}

static struct record_backend_slice sum_backend(const struct record *r, uint32_t backend)
{
    struct record_backend_slice sum = { .picked = 0 };

    for (uint32_t i = 0; i < (r->backend_slices == 1 ? 1 : r->slices); i++) {
        const struct record_backend_slice *s = record_backend(r, backend, i);

        sum.picked += s->picked;
        sum.served += s->served;
        sum.failed += s->failed;
        sum.offered += s->offered;
    }
    return sum;
}

uint64_t count_picked(const struct record *r, uint32_t backend)
{
    return sum_backend(r, backend).picked;
}

uint64_t count_served(const struct record *r, uint32_t backend)
{
    return sum_backend(r, backend).served;
}

uint64_t count_failed(const struct record *r, uint32_t backend)
{
    return sum_backend(r, backend).failed;
}

uint64_t count_tally(const struct record *r, enum tally tally)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        n += r->slice[i].tally[tally];
    return n;
}

u128 sum_spent(const struct record *r, enum part part)
{
    u128 sum = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        sum += r->slice[i].spent[part];
    return sum;
}

uint64_t sum_offered(const struct record *r)
{
    uint64_t sum = 0;

    for (uint32_t b = 0; b < r->backends; b++)
        sum += sum_backend(r, b).offered;
    return sum;
}

/* Warm-up's first slice may be shorter; then come whole ones. */
static nsec slice_begins(const struct record *r, uint32_t i)
{
    nsec first = r->warmup % r->slice_width;

    if (i == 0)
        return 0;
    return first ? first + (i - 1) * r->slice_width : i * r->slice_width;
}

static bool is_within(const struct record *r, uint32_t i, nsec from, nsec to)
{
    return slice_begins(r, i) >= from && slice_begins(r, i + 1) <= to;
}

uint64_t picked_between(const struct record *r, uint32_t backend, nsec from, nsec to)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        if (is_within(r, i, from, to))
            n += record_backend(r, backend, i)->picked;
    return n;
}

struct hist latency_between(const struct record *r, nsec from, nsec to)
{
    struct hist h;

    hist_init(&h);
    for (uint32_t i = 0; i < r->slices; i++)
        if (is_within(r, i, from, to))
            hist_merge(&h, &r->slice[i].latency);
    return h;
}

double record_mean(const struct record *r)
{
    u128 sum = 0;
    uint64_t n = 0;

    for (uint32_t i = r->warmup_slices; i < r->slices; i++) {
        sum += r->slice[i].latency_sum;
        n += r->slice[i].ended[OUTCOME_OK];
    }
    return (double)sum / (double)n * 1e-9;
}

double record_quantile(const struct record *r, double q)
{
    struct hist h;

    hist_init(&h);
    for (uint32_t i = r->warmup_slices; i < r->slices; i++)
        hist_merge(&h, &r->slice[i].latency);
    double at = (double)hist_quantile(&h, q, h.total) * 1e-9;
    hist_fini(&h);
    return at;
}

/* ---- the lab ---- */

void lab_begin(struct lab *lab, const struct world *w, uint32_t policy)
{
    static struct err err;
    const struct scenario *s = &w->scenario;
    struct sim *sim = &lab->sim;
    struct meter_plan plan = { .warmup = s->run.warmup, .duration = s->run.duration };

    *lab = (struct lab){ .quota = { .until = s->run.duration > 0 ? s->run.duration : NEVER,
                                    .wanted = s->run.requests > 0 ? s->run.requests : UINT64_MAX,
                                    .warmup = s->run.warmup } };
    err_init(&err);
    graph_plan(&lab->graph, s, &lab->arena);
    sim_init(sim, s->run.seed, lab->graph.nodes, lab->graph.depth);
    plan.backends = lab->graph.backends;
    meter_init(&sim->meter, &plan);
    CU_ASSERT_FATAL(graph_build(&lab->graph, sim, &s->policy[policy], &lab->arena, &err) == 0);
    stage_new(sim, &lab->graph, &lab->quota, &lab->arena);
    graph_start(&lab->graph, sim, &lab->quota);
}

void lab_run(struct lab *lab, nsec settle)
{
    lab->sim.horizon = lab->graph.scenario->run.duration + 100 * SECOND; /* something hangs */
    sim_run(&lab->sim, NULL, NULL);
    lab->sim.horizon = lab->sim.now + settle;
    lab->sim.is_done = false;
    sim_run(&lab->sim, NULL, NULL);
}

uint32_t lab_live_requests(const struct lab *lab)
{
    uint32_t live = 0;

    for (uint32_t i = 0; i < lab->sim.reqs.used_up; i++) {
        uint8_t what = sim_req(&lab->sim, i)->what;

        live += what != MSG_FREE && what != MSG_PROBE;
    }
    return live;
}

uint64_t lab_in_flight(const struct lab *lab)
{
    const struct scenario *s = lab->graph.scenario;
    uint64_t n = 0;

    for (uint32_t b = 0; b < s->balancers; b++) {
        uint32_t first = graph_picker(&lab->graph, b, 0, 0);

        for (uint32_t k = 0; k < s->balancer[b].instances * balancer_pools(&s->balancer[b]); k++) {
            struct balancer *node = (struct balancer *)lab->sim.node[first + k];

            for (uint32_t i = 0; i < node->lb->count; i++)
                n += node->lb->backend[i].inflight;
        }
    }
    return n;
}

void lab_run_to_the_end(struct lab *lab, const struct world *w, nsec settle)
{
    const struct record *r = &lab->sim.meter.record;

    lab_begin(lab, w, 0);
    lab_run(lab, settle);
    CU_ASSERT(r->requests > 0);
    CU_ASSERT_EQUAL(lab->sim.meter.open, 0);
    CU_ASSERT_EQUAL(count_unfinished(r), 0); /* wraps when one ends twice */
    CU_ASSERT_EQUAL(lab_live_requests(lab), 0);
    CU_ASSERT_EQUAL(lab_in_flight(lab), 0);
    CU_ASSERT_EQUAL(lab->sim.stuck, false);
}

void lab_end(struct lab *lab)
{
    record_fini(&lab->sim.meter.record);
    sim_fini(&lab->sim);
    arena_fini(&lab->arena);
}
