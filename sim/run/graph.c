/* graph.c - makes the nodes that graph_plan.c has numbered. */
#include "graph.h"

#include "../nodes/cache.h"
#include "../nodes/dataplane.h"
#include "../nodes/flood.h"
#include "../nodes/upstream.h"
#include "graph_fronts.h"
#include "graph_ways.h"

#include <stdio.h>
#include <string.h>

#include "../../algorithms/lb.h"

static const struct link_config *link_between(const struct scenario *s, const char *from,
                                              const char *to)
{
    for (uint32_t i = 0; i < s->links; i++)
        if (strcmp(s->link[i].from, from) == 0 && strcmp(s->link[i].to, to) == 0)
            return &s->link[i];
    return NULL;
}

struct link graph_link(const struct scenario *s, struct sim *sim, const char *from,
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

    return (struct tier){ first, count, graph_link(s, sim, from, to) };
}

static void build_before_backends(const struct graph *g, struct sim *sim, uint32_t pool)
{
    const struct backend_config *c = &g->scenario->backend[pool];
    bool is_cache = cache_is_before_backend(c);
    struct tier to = is_cache ? make_tier(g, sim, c->name, c->cache.to) : (struct tier){ 0 };

    for (uint32_t i = 0; i < g->backend_total[pool]; i++) {
        if (is_cache)
            cache_before_backend(sim, g->cache[pool] + i, c, g->backend[pool] + i, &to);
        if (dataplane_is_before_backend(c))
            dataplane_before_backend(sim, g->backend_entry[pool] + i, c, g->cache[pool] + i);
    }
}

static void build_backends(const struct graph *g, struct sim *sim)
{
    const struct scenario *s = g->scenario;

    for (uint32_t p = 0; p < s->backends; p++) {
        for (uint32_t i = 0; i < g->backend_total[p]; i++) {
            const struct backend_config *c = &s->backend[p];
            /* what is added runs at full speed */
            double speed = i < c->count ? c->speed[i] : 1;

            backend_new(sim, g->backend[p] + i, c, p, speed, graph_meter_index(g, p, i));
            if (c->sessions.state != SESSIONS_NONE)
                backend_keep_sessions(sim->node[g->backend[p] + i], sim->node[g->backend[p]],
                                      &c->sessions);
        }
        build_before_backends(g, sim, p);
    }
}

static void build_minders(const struct graph *g, struct sim *sim)
{
    const struct scenario *s = g->scenario;
    uint32_t id = g->minders;

    for (uint32_t p = 0; p < s->backends; p++) {
        const struct backend_config *c = &s->backend[p];

        if (keeper_is_wanted(c))
            keeper_new(sim, id++, c, g->backend[p], g->backend_total[p]);
        if (chaos_is_wanted(c))
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

static void add_peers(const struct graph *g, struct sim *sim, uint32_t b, uint32_t pool,
                      struct arena *arena)
{
    const struct scenario *s = g->scenario;
    struct tier_ref t = graph_find(s, balancer_pool(&s->balancer[b], pool));
    uint32_t count = t.kind == TIER_BALANCER ? g->balancer[t.index].entries
                                             : graph_tier_count(s, t);

    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < s->balancer[b].instances; k++) {
            struct peer_config peer = peer_of(g, t, i, arena);
            uint32_t picker = graph_picker(g, b, pool, k);

            graph_lead(g, sim, picker, i, &peer);
            balancer_add_peer(sim->node[picker], &peer);
        }
}

static int start_balancers(const struct graph *g, struct sim *sim, uint32_t b, uint32_t pool,
                           struct err *err)
{
    const struct balancer_config *c = &g->scenario->balancer[b];
    const char *why = "";

    for (uint32_t k = 0; k < c->instances; k++)
        if (balancer_start(sim->node[graph_picker(g, b, pool, k)], sim, &why) != 0)
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

/* Those that pick among the backends of one pool, at all instances. */
static int build_pickers(const struct graph *g, struct sim *sim, uint32_t b, uint32_t pool,
                         const struct balancer_config *c, struct arena *arena, struct err *err)
{
    struct link none = { .lane = NONE };
    struct link out = upstream_is_wanted(c)
                          ? none : graph_link(g->scenario, sim, c->name, balancer_pool(c, pool));
    uint32_t first = graph_picker(g, b, pool, 0);

    for (uint32_t k = 0; k < c->instances; k++)
        (c->layer == LAYER_L4 ? l4_new : l7_new)(sim, first + k, c, k, &out);
    for (uint32_t k = 1; k < c->instances; k++)
        balancer_share(sim->node[first + k], sim->node[first]);
    add_peers(g, sim, b, pool, arena);
    return start_balancers(g, sim, b, pool, err);
}

static int build_balancers(const struct graph *g, struct sim *sim, const struct policy *policy,
                           struct arena *arena, struct err *err)
{
    const struct scenario *s = g->scenario;

    for (uint32_t b = 0; b < s->balancers; b++) {
        struct balancer_config *c = arena_alloc(arena, sizeof *c);

        *c = s->balancer[b];
        if (b == s->compare_at)
            c->policy = *policy;
        build_fronts(g, sim, b, c);
        for (uint32_t pool = 0; pool < balancer_pools(c); pool++)
            if (build_pickers(g, sim, b, pool, c, arena, err) != 0)
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
    struct link l = graph_link(s, sim, from, to);

    if (so_far + l.delay > 0 && l.jitter == NULL)
        evq_lane_new(&sim->queue, so_far + l.delay);
    if (t.kind != TIER_BALANCER || s->balancer[t.index].layer != LAYER_L4)
        return;
    for (uint32_t i = 0; i < balancer_pools(&s->balancer[t.index]); i++)
        add_lanes(g, sim, to, balancer_pool(&s->balancer[t.index], i), so_far + l.delay);
}

static void build_clients(const struct graph *g, struct sim *sim)
{
    const struct scenario *s = g->scenario;

    for (uint32_t i = 0; i < s->clients; i++) {
        const struct client_config *c = &s->client[i];
        struct tier to = make_tier(g, sim, c->name, c->to);
        struct tier inside = { to.first, to.count, { .lane = NONE } };
        bool is_constant = c->rtt.kind != NULL && dist_is_constant(&c->rtt);

        if (client_is_flood(c)) {
            flood_new(sim, g->client + i, c, i, &to);
            continue;
        }
        if (c->nat.addresses > 0)
            nat_new(sim, g->nat + i, &c->nat, &inside);
        graph_build_path(g, sim, i);
        client_new(sim, g->client + i, c, i, graph_group_entry(g, i), &to);
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
        if (!client_is_flood(&g->scenario->client[i]))
            client_start(sim->node[g->client + i], sim, q);
    for (uint32_t i = 0; i < g->scenario->clients; i++)
        if (client_is_flood(&g->scenario->client[i]))
            flood_start(sim->node[g->client + i], sim, q);
}
