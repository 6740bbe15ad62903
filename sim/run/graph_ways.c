/* graph_ways.c - numbers and makes them. */
#include "graph_ways.h"

#include "../nodes/path.h"
#include "../nodes/upstream.h"

/* Peers of a pool, those that events add included. */
static uint32_t most_peers(const struct graph *g, const char *to)
{
    struct tier_ref t = graph_find(g->scenario, to);

    return t.kind == TIER_BACKEND ? g->backend_total[t.index] : g->balancer[t.index].entries;
}

static uint32_t upstreams_of(const struct graph *g, const struct balancer_config *c)
{
    uint32_t peers = 0;

    for (uint32_t pool = 0; upstream_is_wanted(c) && pool < balancer_pools(c); pool++)
        peers += most_peers(g, balancer_pool(c, pool));
    return peers * c->instances;
}

uint32_t graph_number_ways(struct graph *g, struct arena *arena, uint32_t id)
{
    const struct scenario *s = g->scenario;

    g->path = arena_alloc(arena, s->clients * sizeof *g->path);
    g->upstream = arena_alloc(arena, s->balancers * sizeof *g->upstream);
    for (uint32_t i = 0; i < s->clients; i++)
        g->path[i] = path_is_wanted(&s->client[i]) ? id++ : NONE;
    for (uint32_t b = 0; b < s->balancers; b++) {
        g->upstream[b] = id;
        id += upstreams_of(g, &s->balancer[b]);
    }
    return id;
}

/* ---- paths ---- */

static uint32_t nat_of(const struct graph *g, uint32_t group)
{
    return g->scenario->client[group].nat.addresses > 0 ? g->nat + group : NONE;
}

uint32_t graph_group_entry(const struct graph *g, uint32_t group)
{
    return g->path[group] != NONE ? g->path[group] : nat_of(g, group);
}

void graph_build_path(const struct graph *g, struct sim *sim, uint32_t group)
{
    if (g->path[group] != NONE)
        path_new(sim, g->path[group], &g->scenario->client[group], nat_of(g, group));
}

/* ---- an l7's own connections ---- */

static bool is_of(const struct graph *g, uint32_t balancer, uint32_t picker)
{
    const struct balancer_config *c = &g->scenario->balancer[balancer];
    uint32_t first = g->balancer[balancer].picker;

    return picker >= first && picker < first + balancer_pools(c) * c->instances;
}

void graph_lead(const struct graph *g, struct sim *sim, uint32_t picker, uint32_t i,
                struct peer_config *peer)
{
    const struct scenario *s = g->scenario;
    uint32_t b = 0;

    while (!is_of(g, b, picker))
        b++;
    const struct balancer_config *c = &s->balancer[b];
    if (!upstream_is_wanted(c))
        return;
    uint32_t nth = picker - g->balancer[b].picker, pool = nth / c->instances;
    uint32_t id = g->upstream[b] + nth % c->instances * most_peers(g, balancer_pool(c, pool)) + i;
    for (uint32_t before = 0; before < pool; before++)
        id += most_peers(g, balancer_pool(c, before)) * c->instances;
    struct link l = graph_link(s, sim, c->name, balancer_pool(c, pool));
    upstream_new(sim, id, c, peer->node, &l);
    peer->node = id;
}
