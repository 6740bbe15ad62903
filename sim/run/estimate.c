/* estimate.c - how much a run would be: requests, events, memory, from the scenario alone. */
#include "run.h"

#include "../base/text.h"
#include "graph.h"
#include "plan.h"

static double requests_of(const struct scenario *s)
{
    double rate = 0, rows = 0, closed = 0;

    for (uint32_t i = 0; i < s->clients; i++) {
        const struct client_config *c = &s->client[i];

        rate += arrival_mean_rate(&c->arrival, s->run.duration);
        rows += c->arrival.rows;
        if (c->arrival.process == ARRIVAL_CLOSED)
            closed += c->count / (dist_mean(&c->arrival.think) + (double)MICROSECOND);
    }
    if (s->run.requests > 0)
        return (double)s->run.requests + rate * (double)s->run.warmup / (double)SECOND;
    if (s->run.duration == 0)
        return rows;
    return rate * (double)s->run.duration / (double)SECOND + closed * (double)s->run.duration;
}

static double peers_of(const struct scenario *s, const struct balancer_config *b)
{
    double peers = 0;

    for (uint32_t i = 0; i < balancer_pools(b); i++)
        peers += graph_tier_count(s, graph_find(s, balancer_pool(b, i)));
    return peers;
}

/* Health checks: two events each way for every peer of every instance. */
static double checks_of(const struct scenario *s)
{
    double checks = 0, time = s->run.duration ? (double)s->run.duration
                                              : requests_of(s) * (double)MILLISECOND;

    for (uint32_t i = 0; i < s->balancers; i++) {
        const struct balancer_config *b = &s->balancer[i];

        if (b->health.interval > 0)
            checks += time / (double)b->health.interval * peers_of(s, b) * b->instances;
    }
    return checks;
}

static double peers_held(const struct scenario *s)
{
    double peers = 0;

    for (uint32_t i = 0; i < s->balancers; i++)
        peers += s->balancer[i].instances * peers_of(s, &s->balancer[i]);
    return peers;
}

/* Requests that wait at the end of a run of which more is asked than the backends can do. */
static double backlog_of(const struct scenario *s)
{
    double backlog = 0;

    for (uint32_t i = 0; i < s->clients; i++)
        if (s->client[i].timeout > 0)
            return 0;               /* nobody waits longer than that */
    for (uint32_t i = 0; i < s->backends; i++) {
        double load = scenario_offered_load(s, i);

        if (load > 1 && s->backend[i].station.queue_limit == NONE)
            backlog += requests_of(s) * (1 - 1 / load);
    }
    return backlog;
}

/* A table twice to four times as large as what it holds, and a list. */
static double cached_of(const struct graph *g)
{
    double entries = 0;

    for (uint32_t i = 0; i < g->scenario->backends; i++)
        entries += (double)g->backend_total[i] * g->scenario->backend[i].cache.entries;
    return entries * 28;
}

void run_estimate(const struct scenario *s, struct run_estimate *e)
{
    struct graph g;
    struct plan plan;
    struct arena arena = { .last = NULL };
    double clients = 0, rows = 0, keys = 0;

    graph_plan(&g, s, &arena);
    for (uint32_t i = 0; i < s->clients; i++) {
        clients += s->client[i].count;
        rows += s->client[i].arrival.rows;
        keys += s->client[i].keys.law == KEYS_ZIPF ? s->client[i].keys.count : 0;
    }
    plan_make(&plan, s);
    *e = (struct run_estimate){ .cells = plan.cells };
    e->requests = requests_of(s) * e->cells;
    e->events = (requests_of(s) * (2 + 2 * g.depth) + 3 * checks_of(s)) * e->cells;
    e->memory_bytes = 8e6 + clients * 48 + rows * 40 + keys * 8 + peers_held(s) * 256
                    + g.backends * 512.0 + backlog_of(s) * 384
                    + cached_of(&g) + (g.backends > 1024 ? 0 : g.backends * 64.0 * 56);
    arena_fini(&arena);
}

int run_check_size(const struct scenario *s, struct err *err)
{
    const double most_events = 1e12, most_memory = 8e9, most_cells = 1e5;
    struct run_estimate e;
    char events[32], memory[32];

    run_estimate(s, &e);
    text_show_count(events, sizeof events, e.events);
    text_show_bytes(memory, sizeof memory, e.memory_bytes);
    if (e.cells > most_cells)
        err_input(err, "E170", "this asks for %u cells (policies x seeds); the most is %.0f",
                  e.cells,
                  most_cells);
    else if (e.events > most_events)
        err_input(err, "E171", "this asks for about %s events in %u cells; the most is 1e12",
                  events,
                  e.cells);
    else if (e.memory_bytes > most_memory)
        err_input(err, "E172", "this asks for about %s of memory a cell; the most is 8 GB", memory);
    else
        return 0;
    err_hint(err, "lower the rate, the duration, the number of seeds or the counts");
    return -1;
}
