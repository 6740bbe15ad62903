/* graph_plan.c - which nodes a scenario needs, their numbers, and how deep frames can lie. */
#include "graph.h"

#include "../nodes/cache.h"
#include "../nodes/dataplane.h"
#include "../nodes/path.h"
#include "../nodes/upstream.h"
#include "graph_fronts.h"
#include "graph_ways.h"

#include <stdio.h>
#include <string.h>

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

/* ---- how deep frames can lie ---- */

static uint32_t frames_of_fronts(const struct balancer_config *c)
{
    uint32_t frames = 0;

    for (const struct front *f = graph_fronts; f->is_wanted != NULL; f++)
        frames += f->is_wanted(c) ? f->frames : 0;
    return frames;
}

/* Frames from a tier on, each worked out once: several ways may lead there. */
struct frames { const struct scenario *s; uint32_t *of_balancer, *of_backend; };

static uint32_t frames_from(const struct frames *, const char *to);

static uint32_t frames_from_backend(const struct frames *f, const struct backend_config *c)
{
    uint32_t frames = dataplane_is_before_backend(c);

    return cache_is_before_backend(c) ? frames + 1 + frames_from(f, c->cache.to) : frames;
}

/* A balancer pushes one, and what stands before it. */
static uint32_t frames_from_balancer(const struct frames *f, const struct balancer_config *c)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < balancer_pools(c); i++) {
        uint32_t frames = frames_from(f, balancer_pool(c, i));

        most = frames > most ? frames : most;
    }
    return 1 + frames_of_fronts(c) + upstream_is_wanted(c) + most;
}

static uint32_t frames_from(const struct frames *f, const char *to)
{
    struct tier_ref t = graph_find(f->s, to);
    uint32_t *known = t.kind == TIER_BACKEND ? &f->of_backend[t.index] : &f->of_balancer[t.index];

    if (*known == NONE)
        *known = t.kind == TIER_BACKEND ? frames_from_backend(f, &f->s->backend[t.index])
                                        : frames_from_balancer(f, &f->s->balancer[t.index]);
    return *known;
}

static uint32_t depth_of(const struct scenario *s, struct arena *arena)
{
    uint32_t depth = 1;
    struct frames f = { s, arena_alloc(arena, s->balancers * sizeof *f.of_balancer),
                        arena_alloc(arena, s->backends * sizeof *f.of_backend) };

    memset(f.of_balancer, 0xff, s->balancers * sizeof *f.of_balancer);
    memset(f.of_backend, 0xff, s->backends * sizeof *f.of_backend);
    for (uint32_t i = 0; i < s->clients; i++) {
        uint32_t frames = 1 + path_is_wanted(&s->client[i]) + frames_from(&f, s->client[i].to);

        depth = frames > depth ? frames : depth;
    }
    return depth;
}

/* ---- numbers ---- */

/* Fronts, outermost first, then the pickers, pool by pool; answers the next free id. */
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
    return id + c->instances * balancer_pools(c);
}

/* What stands before backends comes after all of them: their own ids are the meter's order. */
static uint32_t number_entries(struct graph *g, struct arena *arena, uint32_t id)
{
    const struct scenario *s = g->scenario;

    g->backend_entry = arena_alloc(arena, s->backends * sizeof *g->backend_entry);
    g->cache = arena_alloc(arena, s->backends * sizeof *g->cache);
    for (uint32_t i = 0; i < s->backends; i++) {
        g->cache[i] = g->backend_entry[i] = g->backend[i];
        if (cache_is_before_backend(&s->backend[i])) {
            g->cache[i] = g->backend_entry[i] = id;
            id += g->backend_total[i];
        }
        if (dataplane_is_before_backend(&s->backend[i])) {
            g->backend_entry[i] = id;
            id += g->backend_total[i];
        }
    }
    return id;
}

static uint32_t added_by_events(const struct scenario *s, uint32_t pool)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->events; i++)
        if (s->event[i].kind == EVENT_ADD && s->event[i].balancer == 0
            && s->event[i].pool == pool)
            n += s->event[i].count;
    return n;
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
        id += (uint32_t)keeper_is_wanted(&s->backend[i]) + chaos_is_wanted(&s->backend[i]);
    id = graph_number_ways(g, arena, id);
    g->stage = id;
    g->nodes = id + 1;
    g->depth = depth_of(s, arena);
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

/* ---- what all of it amounts to ---- */

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
        && c->queue.limit == 0 && !upstream_is_wanted(c);
}

bool graph_is_plain(const struct scenario *s)
{
    bool is_plain = s->links == 0;

    for (uint32_t i = 0; i < s->clients; i++)
        is_plain = is_plain && is_plain_client(&s->client[i]);
    for (uint32_t i = 0; i < s->balancers; i++)
        is_plain = is_plain && is_plain_balancer(&s->balancer[i]);
    for (uint32_t i = 0; i < s->backends; i++)
        is_plain = is_plain && !dataplane_is_before_backend(&s->backend[i])
                   && !cache_is_before_backend(&s->backend[i]);
    return is_plain;
}
