/* plan.c - cells are numbered policy by policy; their records carry policy and seed. */
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../algorithms/lb.h"
#include "../base/text.h"
#include "../base/version.h"
#include "../nodes/balancer.h"
#include "graph.h"

/* Traces are not in the scenario's text, but decide what happens. */
static uint64_t trace_digest(const struct scenario *s)
{
    uint64_t digest = 0;

    for (uint32_t i = 0; i < s->clients; i++) {
        const struct arrival_config *a = &s->client[i].arrival;

        digest ^= lb_hash(a->row, a->rows * sizeof *a->row, digest + i);
    }
    return digest;
}

void plan_make(struct plan *p, const struct scenario *s)
{
    char *text = NULL, hex[65];
    int length = asprintf(&text, "%s %s %016llx %s", version_text(), version_git(),
                          (unsigned long long)trace_digest(s), s->effective);

    p->most = s->run.until.within > 0 ? s->run.until.most : s->run.replications;
    p->cells = s->policies * p->most;
    text_sha256(text, (size_t)(length > 0 ? length : 0), hex);
    snprintf(p->digest, sizeof p->digest, "%.16s", hex);
    free(text);
}

/* ---- for the result ---- */

static bool is_stationary(const struct scenario *s)
{
    for (uint32_t i = 0; i < s->clients; i++) {
        uint32_t process = s->client[i].arrival.process;

        if (process == ARRIVAL_TRACE || process == ARRIVAL_STEPS)
            return false;
    }
    return true;
}

static double busiest_load(const struct scenario *s)
{
    double busiest = NAN;

    for (uint32_t i = 0; i < s->backends; i++) {
        double load = scenario_offered_load(s, i);

        if (!isnan(load) && !(load < busiest))
            busiest = load;
    }
    return busiest;
}

static void name_backends(const struct scenario *s, struct result_plan *p, struct arena *arena)
{
    struct graph g;
    const char **name;
    double *workers;

    graph_plan(&g, s, arena);
    p->backends = g.backends;
    p->backend = name = arena_alloc(arena, g.backends * sizeof *name);
    p->backend_workers = workers = arena_alloc(arena, g.backends * sizeof *workers);
    for (uint32_t pool = 0; pool < s->backends; pool++)
        for (uint32_t i = 0; i < g.backend_total[pool]; i++) {
            uint32_t n = s->backend[pool].station.workers, at = graph_meter_index(&g, pool, i);

            name[at] = graph_backend_name(&g, pool, i, arena);
            workers[at] = n == STATION_UNLIMITED ? (double)INFINITY : n;
        }
}

/* 0: it has no end of its own. */
static nsec end_of(const struct event_config *e)
{
    uint32_t batches = e->kind == EVENT_RESTART ? (e->last - e->first) / e->batch + 1 : 0;

    if (batches > 0)
        return e->at + batches * (e->drain + e->lasts) + (batches - 1) * e->gap;
    if (e->every > 0)
        return e->until;
    return e->lasts > 0 ? e->at + e->lasts : 0;
}

static void name_events(const struct scenario *s, struct result_plan *p, struct arena *arena)
{
    struct result_event *event = arena_alloc(arena, s->events * sizeof *event);

    for (uint32_t i = 0; i < s->events; i++)
        event[i] = (struct result_event){
            .at = s->event[i].at, .label = s->event[i].label,
            .until = end_of(&s->event[i]),
            .recurs = s->event[i].every > 0 && s->event[i].until == 0 };
    p->event = event;
    p->events = s->events;
}

/* What the policies hash, of those that hash at all: "source_ip (ip_hash), flow (maglev)". */
static const char *name_hashed(const struct scenario *s, const struct balancer_config *balancer,
                               struct arena *arena)
{
    static const char *const word[] = { [HASH_ON_KEY] = "key", [HASH_ON_SOURCE_IP] = "source_ip",
                                        [HASH_ON_FLOW] = "flow" };
    char text[480];
    size_t used = 0;

    for (uint32_t on = HASH_ON_KEY; on <= HASH_ON_FLOW; on++) {
        bool is_first = true;

        for (uint32_t i = 0; i < s->policies && used + 100 < sizeof text; i++) {
            const struct policy *p = &s->policy[i];

            if (!policy_is_keyed(p) || balancer_hash_on(balancer, p) != on)
                continue;
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s%.60s",
                                     used ? ", " : "", is_first ? word[on] : "",
                                     is_first ? " (" : "", p->label);
            is_first = false;
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "%s", is_first ? "" : ")");
    }
    return used ? arena_text(arena, text) : NULL;
}

void plan_for_result(const struct scenario *s, struct result_plan *p, struct arena *arena)
{
    const char **policy = arena_alloc(arena, s->policies * sizeof *policy);

    *p = (struct result_plan){
        .scenario = s->name, .title = s->title, .sha256 = s->sha256, .effective = s->effective,
        .override = s->override, .overrides = s->overrides,
        .first_seed = s->run.seed, .policies = s->policies, .replications = s->run.replications,
        .baseline = s->baseline, .percentiles = s->measure.percentiles, .slo = s->measure.slo,
        .warmup_rule = s->run.finds_warmup ? WARMUP_AUTO : WARMUP_GIVEN,
        .is_stationary = is_stationary(s), .offered_load = busiest_load(s), .policy = policy,
        .show = s->measure.show, .shows = s->measure.shows,
        .assertion = s->assertion, .assertions = s->assertions };
    for (uint32_t i = 0; i < s->policies; i++)
        policy[i] = s->policy[i].label;
    memcpy(p->percentile, s->measure.percentile, sizeof p->percentile);
    if (s->compare_at < s->balancers) {
        p->hasher = s->balancer[s->compare_at].name;
        p->hashed = name_hashed(s, &s->balancer[s->compare_at], arena);
    }
    name_backends(s, p, arena);
    name_events(s, p, arena);
}
