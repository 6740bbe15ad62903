/* graph.c - from a scenario to a graph of nodes. */
#include "graph.h"

#include "../nodes/dataplane.h"
#include "graph_fronts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../algorithms/lb.h"

struct tier_ref graph_find(const struct scenario *s, const char *name)
{
    for (uint32_t i = 0; i < s->balancers; i++)
        if (strcmp(s->balancer[i].name, name) == 0)
            return (struct tier_ref){ TIER_BALANCER, i };
    for (uint32_t i = 0; i < s->backends; i++)
        if (strcmp(s->backend[i].name, name) == 0)
            return (struct tier_ref){ TIER_BACKEND, i };
    return (struct tier_ref){ TIER_BACKEND, NONE };     /* the loader has refused such names */
}

uint32_t graph_tier_count(const struct scenario *s, struct tier_ref t)
{
    return t.kind == TIER_BACKEND ? s->backend[t.index].count : s->balancer[t.index].instances;
}

/* ---- numbering ---- */

static uint32_t added_by_events(const struct scenario *s, uint32_t pool)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->events; i++)
        if (s->event[i].kind == EVENT_ADD && s->event[i].pool == pool)
            n += s->event[i].count;
    return n;
}

static uint32_t frames_of_fronts(const struct balancer_config *c)
{
    uint32_t frames = 0;

    for (const struct front *f = graph_fronts; f->is_wanted != NULL; f++)
        frames += f->is_wanted(c) ? f->frames : 0;
    return frames;
}

/* Frames from this tier on: each balancer pushes one, and what stands before it. */
static uint32_t frames_from(const struct scenario *s, const char *to)
{
    struct tier_ref t = graph_find(s, to);

    if (t.kind == TIER_BACKEND)
        return dataplane_is_before_backend(&s->backend[t.index]);
    return 1 + frames_of_fronts(&s->balancer[t.index]) + frames_from(s, s->balancer[t.index].to);
}

static uint32_t depth_of(const struct scenario *s)
{
    uint32_t depth = 1;

    for (uint32_t i = 0; i < s->clients; i++) {
        uint32_t frames = 1 + frames_from(s, s->client[i].to);

        depth = frames > depth ? frames : depth;
    }
    return depth;
}

/* Fronts, outermost first, then the pickers; answers the next free id. */
static uint32_t number_balancer(struct tier_nodes *t, const struct balancer_config *c, uint32_t id)
{
    *t = (struct tier_nodes){ .entry = id, .entries = c->instances };
    for (const struct front *f = graph_fronts; f->is_wanted != NULL; f++) {
        if (!f->is_wanted(c))
            continue;
        if (f->is_shared && id == t->entry)
            t->entries = 1;
        id += f->is_shared ? 1 : c->instances;
    }
    t->picker = id;
    return id + c->instances;
}

static bool is_plain_client(const struct client_config *c)
{
    return c->protocol == PROTOCOL_WARM && c->rtt.kind == NULL && c->timeout == 0
        && c->classes.count == 0 && c->retries.max == 0;
}

static bool is_plain_balancer(const struct balancer_config *c)
{
    for (const struct front *f = graph_fronts; f->is_wanted != NULL; f++)
        if (f->is_wanted(c))
            return false;
    return c->timeout == 0 && c->retries.max == 0 && c->hedge.max == 0 && c->fan_out == 0
        && c->queue.limit == 0;
}

bool graph_is_plain(const struct scenario *s)
{
    bool is_plain = s->links == 0;

    for (uint32_t i = 0; i < s->clients; i++)
        is_plain = is_plain && is_plain_client(&s->client[i]);
    for (uint32_t i = 0; i < s->balancers; i++)
        is_plain = is_plain && is_plain_balancer(&s->balancer[i]);
    for (uint32_t i = 0; i < s->backends; i++)
        is_plain = is_plain && !dataplane_is_before_backend(&s->backend[i]);
    return is_plain;
}

static bool has_keeper(const struct backend_config *c)
{
    return c->liveness.check.interval > 0;
}

static bool has_chaos(const struct backend_config *c)
{
    return c->failures.mtbf > 0;
}

/* What stands before backends comes after all of them: their own ids are the meter's order. */
static uint32_t number_entries(struct graph *g, struct arena *arena, uint32_t id)
{
    const struct scenario *s = g->scenario;

    g->backend_entry = arena_alloc(arena, s->backends * sizeof *g->backend_entry);
    for (uint32_t i = 0; i < s->backends; i++) {
        bool has_entry = dataplane_is_before_backend(&s->backend[i]);

        g->backend_entry[i] = has_entry ? id : g->backend[i];
        id += has_entry ? g->backend_total[i] : 0;
    }
    return id;
}

void graph_plan(struct graph *g, const struct scenario *s, struct arena *arena)
{
    uint32_t id = 0;

    *g = (struct graph){ .scenario = s, .client = 0, .nat = s->clients };
    g->balancer = arena_alloc(arena, s->balancers * sizeof *g->balancer);
    g->backend = arena_alloc(arena, s->backends * sizeof *g->backend);
    g->backend_total = arena_alloc(arena, s->backends * sizeof *g->backend_total);
    id = 2 * s->clients;
    for (uint32_t i = 0; i < s->balancers; i++)
        id = number_balancer(&g->balancer[i], &s->balancer[i], id);
    for (uint32_t i = 0; i < s->backends; i++) {
        g->backend[i] = id;
        g->backend_total[i] = s->backend[i].count + added_by_events(s, i);
        id += g->backend_total[i];
        g->backends += g->backend_total[i];
    }
    id = number_entries(g, arena, id);
    g->minders = id;
    for (uint32_t i = 0; i < s->backends; i++)
        id += (uint32_t)has_keeper(&s->backend[i]) + has_chaos(&s->backend[i]);
    g->stage = id;
    g->nodes = id + 1;
    g->depth = depth_of(s);
}

uint32_t graph_meter_index(const struct graph *g, uint32_t pool, uint32_t instance)
{
    return g->backend[pool] - g->backend[0] + instance;
}

const char *graph_backend_name(const struct graph *g, uint32_t pool, uint32_t instance,
                               struct arena *arena)
{
    char name[128];

    snprintf(name, sizeof name, "%s[%u]", g->scenario->backend[pool].name, instance);
    return arena_text(arena, name);
}

/* ---- nodes ---- */

static const struct link_config *link_between(const struct scenario *s, const char *from,
                                              const char *to)
{
    for (uint32_t i = 0; i < s->links; i++)
        if (strcmp(s->link[i].from, from) == 0 && strcmp(s->link[i].to, to) == 0)
            return &s->link[i];
    return NULL;
}

static struct link make_link(const struct scenario *s, struct sim *sim, const char *from,
                             const char *to)
{
    const struct link_config *c = link_between(s, from, to);

    return c == NULL ? (struct link){ .lane = NONE }
                     : sim_link(sim, &c->latency, sim->seed ^ (uint64_t)(c - s->link + 1));
}

static struct tier make_tier(const struct graph *g, struct sim *sim, const char *from,
                             const char *to)
{
    const struct scenario *s = g->scenario;
    struct tier_ref t = graph_find(s, to);
    const struct tier_nodes *b = t.kind == TIER_BALANCER ? &g->balancer[t.index] : NULL;
    uint32_t first = b != NULL ? b->entry : g->backend[t.index];
    uint32_t count = b != NULL ? b->entries : graph_tier_count(s, t);

    return (struct tier){ first, count, make_link(s, sim, from, to) };
}

static void build_backends(const struct graph *g, struct sim *sim)
{
    const struct scenario *s = g->scenario;

    for (uint32_t p = 0; p < s->backends; p++)
        for (uint32_t i = 0; i < g->backend_total[p]; i++) {
            const struct backend_config *c = &s->backend[p];
            /* what is added runs at full speed */
            double speed = i < c->count ? c->speed[i] : 1;

            backend_new(sim, g->backend[p] + i, c, p, speed, graph_meter_index(g, p, i));
            if (c->sessions.state != SESSIONS_NONE)
                backend_keep_sessions(sim->node[g->backend[p] + i], sim->node[g->backend[p]],
                                      &c->sessions);
            if (dataplane_is_before_backend(c))
                dataplane_before_backend(sim, g->backend_entry[p] + i, c, g->backend[p] + i);
        }
}

static void build_minders(const struct graph *g, struct sim *sim)
{
    const struct scenario *s = g->scenario;
    uint32_t id = g->minders;

    for (uint32_t p = 0; p < s->backends; p++) {
        const struct backend_config *c = &s->backend[p];

        if (has_keeper(c))
            keeper_new(sim, id++, c, g->backend[p], g->backend_total[p]);
        if (has_chaos(c))
            chaos_new(sim, id++, c, g->backend[p], g->backend_total[p]);
    }
}

static uint32_t zone_of(const struct backend_config *c, uint32_t i)
{
    return c->zone != NULL ? c->zone[i] : 0;
}

static uint32_t priority_of(const struct backend_config *c, uint32_t i)
{
    return c->priority != NULL ? c->priority[i] : 0;
}

static struct peer_config peer_of(const struct graph *g, struct tier_ref t, uint32_t i,
                                  struct arena *arena)
{
    const struct scenario *s = g->scenario;
    char name[128];

    if (t.kind == TIER_BACKEND) {
        uint32_t node = g->backend[t.index] + i;

        return (struct peer_config){ .node = g->backend_entry[t.index] + i, .target = node,
                                     .backend = graph_meter_index(g, t.index, i),
                                     .name = graph_backend_name(g, t.index, i, arena),
                                     .weight = s->backend[t.index].weight[i],
                                     .zone = zone_of(&s->backend[t.index], i),
                                     .priority = priority_of(&s->backend[t.index], i) };
    }
    snprintf(name, sizeof name, "%s[%u]", s->balancer[t.index].name, i);
    uint32_t node = g->balancer[t.index].entry + i;
    return (struct peer_config){ .node = node, .target = node, .backend = NONE,
                                 .name = arena_text(arena, name), .weight = 1 };
}

static void add_peers(const struct graph *g, struct sim *sim, uint32_t b, struct arena *arena)
{
    const struct scenario *s = g->scenario;
    struct tier_ref t = graph_find(s, s->balancer[b].to);
    uint32_t count = t.kind == TIER_BALANCER ? g->balancer[t.index].entries
                                             : graph_tier_count(s, t);

    for (uint32_t i = 0; i < count; i++) {
        struct peer_config peer = peer_of(g, t, i, arena);

        for (uint32_t k = 0; k < s->balancer[b].instances; k++)
            balancer_add_peer(sim->node[graph_picker(g, b, k)], &peer);
    }
}

static int start_balancers(const struct graph *g, struct sim *sim, uint32_t b, struct err *err)
{
    const struct balancer_config *c = &g->scenario->balancer[b];
    const char *why = "";

    for (uint32_t k = 0; k < c->instances; k++)
        if (balancer_start(sim->node[graph_picker(g, b, k)], sim, &why) != 0)
            return err_input(err, "E107", "balancer \"%s\": the algorithm refuses: %s", c->name,
                             why);
    return 0;
}

static void build_fronts(const struct graph *g, struct sim *sim, uint32_t b,
                         const struct balancer_config *c)
{
    uint32_t id = g->balancer[b].entry;

    for (const struct front *f = graph_fronts; f->is_wanted != NULL; f++) {
        if (!f->is_wanted(c))
            continue;
        uint32_t nodes = f->is_shared ? 1 : c->instances;

        for (uint32_t k = 0; k < nodes; k++)
            f->make(sim, id + k, c, k, id + nodes + k);
        id += nodes;
    }
}

static int build_balancers(const struct graph *g, struct sim *sim, const struct policy *policy,
                           struct arena *arena, struct err *err)
{
    const struct scenario *s = g->scenario;

    for (uint32_t b = 0; b < s->balancers; b++) {
        struct balancer_config *c = arena_alloc(arena, sizeof *c);
        struct link out = make_link(s, sim, s->balancer[b].name, s->balancer[b].to);

        *c = s->balancer[b];
        if (b == s->compare_at)
            c->policy = *policy;
        for (uint32_t k = 0; k < c->instances; k++)
            (c->layer == LAYER_L4 ? l4_new : l7_new)(sim, graph_picker(g, b, k), c, k, &out);
        for (uint32_t k = 1; k < c->instances; k++)
            balancer_share(sim->node[graph_picker(g, b, k)], sim->node[graph_picker(g, b, 0)]);
        build_fronts(g, sim, b, c);
        add_peers(g, sim, b, arena);
        if (start_balancers(g, sim, b, err) != 0)
            return -1;
    }
    return 0;
}

/* An L4 does not push a frame for a request: its reply travels two links at once, and the sum wants
 * a lane of its own. */
static void add_lanes(const struct graph *g, struct sim *sim, const char *from, const char *to,
                      nsec so_far)
{
    const struct scenario *s = g->scenario;
    struct tier_ref t = graph_find(s, to);
    struct link l = make_link(s, sim, from, to);

    if (so_far + l.delay > 0 && l.jitter == NULL)
        evq_lane_new(&sim->queue, so_far + l.delay);
    if (t.kind == TIER_BALANCER && s->balancer[t.index].layer == LAYER_L4)
        add_lanes(g, sim, to, s->balancer[t.index].to, so_far + l.delay);
}

static void build_clients(const struct graph *g, struct sim *sim)
{
    const struct scenario *s = g->scenario;

    for (uint32_t i = 0; i < s->clients; i++) {
        const struct client_config *c = &s->client[i];
        struct tier to = make_tier(g, sim, c->name, c->to);
        struct tier inside = { to.first, to.count, { .lane = NONE } };
        bool is_constant = c->rtt.kind != NULL && dist_is_constant(&c->rtt);

        if (c->nat.addresses > 0)
            nat_new(sim, g->nat + i, &c->nat, &inside);
        client_new(sim, g->client + i, c, i, c->nat.addresses > 0 ? g->nat + i : NONE, &to);
        add_lanes(g, sim, c->name, c->to, is_constant ? (nsec)(dist_mean(&c->rtt) + 0.5) / 2 : 0);
    }
}

int graph_build(const struct graph *g, struct sim *sim, const struct policy *policy,
                struct arena *arena, struct err *err)
{
    build_backends(g, sim);
    build_minders(g, sim);
    build_clients(g, sim);
    return build_balancers(g, sim, policy, arena, err);
}

void graph_start(const struct graph *g, struct sim *sim, struct quota *q)
{
    for (uint32_t i = 0; i < g->scenario->clients; i++)
        client_start(sim->node[g->client + i], sim, q);
}
