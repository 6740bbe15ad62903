/* membership.c - see membership.h.  Crashes are for balancers to find out; this is what a control
 * plane tells them: xDS, endpoint slices, a file to reload.  Around each change the keyed policies
 * are asked where 10 000 keys go, before and after. */
#include "membership.h"

#include <stdlib.h>

#include "../base/xalloc.h"
#include "instances.h"
#include "graph_ways.h"

enum { REMAP_KEYS = 10000 };

/* What one instance is told: about peers first .. last of an event. */
struct news {
    const struct event_config *e;
    enum change change;
    uint32_t first, last;
    struct node *balancer;
};

struct membership {
    const struct graph *graph;
    struct node *timer;
    struct arena *arena;
    uint32_t *before;               /* [REMAP_KEYS]: node ids */
    nsec     *learned;              /* [nodes]: when a balancer's last news arrives */
    struct news *later;             /* by the argument of its timer */
    uint32_t laters, capacity;
    uint64_t told;                  /* news so far: draws their delays */
};

struct membership *membership_new(const struct graph *g, struct node *timer, struct arena *arena)
{
    struct membership *m = xcalloc(1, sizeof *m);

    *m = (struct membership){ .graph = g, .timer = timer, .arena = arena };
    m->before = xcalloc(REMAP_KEYS, sizeof *m->before);
    m->learned = xcalloc(g->nodes, sizeof *m->learned);
    return m;
}

void membership_free(struct membership *m)
{
    free(m->before);
    free(m->learned);
    free(m->later);
    free(m);
}

static uint32_t node_of(const struct membership *m, const struct event_config *e, uint32_t i)
{
    return m->graph->backend[e->pool] + i;
}

bool membership_is_target(const struct graph *g, const struct event_config *e, uint32_t i)
{
    const struct backend_config *c = &g->scenario->backend[e->pool];

    if (i < e->first || i > e->last)
        return false;
    return e->zone == 0 || (c->zone != NULL && i < c->count && c->zone[i] == e->zone);
}

/* ---- one balancer is told ---- */

static void put_in(const struct membership *m, struct sim *sim, const struct news *n, uint32_t i)
{
    const struct backend_config *c = &m->graph->scenario->backend[n->e->pool];
    struct peer_config peer = {
        .node = m->graph->backend_entry[n->e->pool] + i, .target = node_of(m, n->e, i),
        .backend = graph_meter_index(m->graph, n->e->pool, i),
        .name = graph_backend_name(m->graph, n->e->pool, i, m->arena), .weight = n->e->weight,
        .zone = c->zone != NULL ? c->zone[0] : 0,
        .priority = c->priority != NULL ? c->priority[0] : 0 };

    graph_lead(m->graph, sim, n->balancer->id, i, &peer);
    balancer_add_peer(n->balancer, &peer);
    balancer_watch_peer(n->balancer, sim, peer.target);
}

static void apply_to(const struct membership *m, struct sim *sim, const struct news *n, uint32_t i)
{
    const struct backend_config *c = &m->graph->scenario->backend[n->e->pool];
    uint32_t peer = node_of(m, n->e, i);

    switch (n->change) {
    case CHANGE_DRAIN:
        balancer_drain_peer(n->balancer, peer);
        break;
    case CHANGE_UNDRAIN:
        balancer_undrain_peer(n->balancer, peer);
        break;
    case CHANGE_ADD:
        put_in(m, sim, n, i);
        break;
    case CHANGE_REMOVE:
        balancer_remove_peer(n->balancer, peer);
        break;
    case CHANGE_WEIGH:
        balancer_weigh_peer(n->balancer, peer, n->e->weight);
        break;
    case CHANGE_WEIGH_BACK:
        balancer_weigh_peer(n->balancer, peer, i < c->count ? c->weight[i] : 1);
        break;
    }
}

static bool is_about(const struct membership *m, const struct news *n, uint32_t i)
{
    return i >= n->first && i <= n->last && membership_is_target(m->graph, n->e, i);
}

static void apply(const struct membership *m, struct sim *sim, const struct news *n)
{
    for (uint32_t i = n->first; i <= n->last; i++)
        if (is_about(m, n, i))
            apply_to(m, sim, n, i);
}

/* ---- what it did to the keys ---- */

static uint32_t where(struct node *b, const struct sim *sim, uint32_t i)
{
    uint64_t mixed = rng_mix(i);

    return balancer_where(b, sim->now, i, (uint32_t)mixed, (uint16_t)(mixed >> 48));
}

static bool leads_to_targets(const struct membership *m, const struct news *n, uint32_t node)
{
    return node != NONE && is_about(m, n, node - node_of(m, n->e, 0));
}

struct record_remap *membership_row(struct sim *sim, const struct graph *g,
                                    const struct event_config *e)
{
    struct record *r = &sim->meter.record;
    uint32_t event = (uint32_t)(e - g->scenario->event);

    for (uint32_t i = 0; i < r->remaps; i++)
        if (r->remap[i].event == event)
            return &r->remap[i];
    r->remap = xrealloc(r->remap, r->remaps + 1, sizeof *r->remap);
    r->remap[r->remaps] = (struct record_remap){ .event = event };
    return &r->remap[r->remaps++];
}

static struct record_remap *row_of(const struct membership *m, struct sim *sim,
                                   const struct event_config *e)
{
    return membership_row(sim, m->graph, e);
}

/* Keys that a perfect policy would move: the share of all weight that changes sides when the
 * targets' weight does. */
static uint64_t share_moved(struct node *b, double all_before, double targets_before)
{
    double all = balancer_weight(b, NONE);
    double targets = all - (all_before - targets_before);
    double moved = targets / all - targets_before / all_before;

    return (uint64_t)((moved > 0 ? moved : -moved) * REMAP_KEYS + 0.5);
}

static double weight_of_targets(const struct membership *m, const struct news *n)
{
    double sum = 0;

    for (uint32_t i = n->first; n->change != CHANGE_ADD && i <= n->last; i++)
        if (is_about(m, n, i))
            sum += balancer_weight(n->balancer, node_of(m, n->e, i));
    return sum;
}

static uint64_t keys_of_targets(const struct membership *m, const struct news *n)
{
    uint64_t keys = 0;

    for (uint32_t i = 0; i < REMAP_KEYS; i++)
        keys += leads_to_targets(m, n, m->before[i]);
    return keys;
}

static void apply_keyed(const struct membership *m, struct sim *sim, const struct news *n,
                        struct record_remap *row)
{
    double all = balancer_weight(n->balancer, NONE), targets = weight_of_targets(m, n);

    for (uint32_t i = 0; i < REMAP_KEYS; i++)
        m->before[i] = where(n->balancer, sim, i);
    apply(m, sim, n);
    row->keys += REMAP_KEYS;
    if (n->change == CHANGE_REMOVE || n->change == CHANGE_DRAIN)
        row->unavoidable += keys_of_targets(m, n);
    if (n->change == CHANGE_WEIGH)
        row->unavoidable += share_moved(n->balancer, all, targets);
    for (uint32_t i = 0; i < REMAP_KEYS; i++) {
        uint32_t now = where(n->balancer, sim, i);

        row->moved += now != m->before[i];
        row->unavoidable += n->change == CHANGE_ADD && leads_to_targets(m, n, now);
    }
}

/* What is undone, and a rolling restart, are not asked about keys: they come back. */
static bool is_counted(const struct news *n)
{
    return n->change != CHANGE_UNDRAIN && n->change != CHANGE_WEIGH_BACK
           && n->e->kind != EVENT_RESTART;
}

/* Then its keys have gone already. */
static bool is_drained_before(const struct news *n)
{
    return n->change == CHANGE_REMOVE && n->e->drain > 0;
}

static void tell(const struct membership *m, struct sim *sim, const struct news *n)
{
    if (!is_counted(n)) {
        apply(m, sim, n);
        return;
    }
    struct record_remap *row = row_of(m, sim, n->e);

    for (uint32_t i = n->first; n->change == CHANGE_REMOVE && i <= n->last; i++)
        if (is_about(m, n, i))
            row->broken += balancer_connections(n->balancer, node_of(m, n->e, i));
    uint32_t *strays = instances_note_strays(m->graph, sim, n->balancer->id);
    if (balancer_maps_keys(n->balancer) && !is_drained_before(n))
        apply_keyed(m, sim, n, row);
    else
        apply(m, sim, n);
    row->broken += instances_count_moved(m->graph, sim, n->balancer->id, strays);
}

/* ---- when ---- */

static void keep(struct membership *m, struct sim *sim, const struct news *n, nsec at)
{
    if (m->laters == m->capacity) {
        m->capacity = m->capacity ? 2 * m->capacity : 16;
        m->later = xrealloc(m->later, m->capacity, sizeof *m->later);
    }
    m->later[m->laters] = *n;
    sim_wake_at(sim, m->timer, at, MEMBERSHIP_LATER | m->laters++);
}

void membership_timer(struct membership *m, struct sim *sim, uint32_t arg)
{
    tell(m, sim, &m->later[arg & ~MEMBERSHIP_LATER]);
}

static nsec delay_of(struct membership *m, const struct sim *sim, const struct balancer_config *c)
{
    struct rng g = rng_from(rng_mix(sim->seed ^ 0x646973636f766572ull) + m->told++);

    return c->discovery_delay.kind == NULL ? 0 : dist_draw(&c->discovery_delay, &g);
}

static void tell_in_time(struct membership *m, struct sim *sim, const struct balancer_config *c,
                         const struct news *n)
{
    nsec at = sim->now + delay_of(m, sim, c), *last = &m->learned[n->balancer->id];

    *last = at > *last ? at : *last;
    if (*last > sim->now)
        keep(m, sim, n, *last);
    else
        tell(m, sim, n);
}

/* Which of the balancer's pools this is; NONE: of none. */
static uint32_t pool_of(const struct graph *g, uint32_t balancer, uint32_t pool)
{
    const struct balancer_config *c = &g->scenario->balancer[balancer];

    for (uint32_t i = 0; i < balancer_pools(c); i++) {
        struct tier_ref t = graph_find(g->scenario, balancer_pool(c, i));

        if (t.kind == TIER_BACKEND && t.index == pool)
            return i;
    }
    return NONE;
}

static uint32_t instances_with(const struct graph *g, uint32_t balancer, uint32_t pool)
{
    return pool_of(g, balancer, pool) != NONE ? g->scenario->balancer[balancer].instances : 0;
}

void membership_tell(struct membership *m, struct sim *sim, const struct event_config *e,
                     enum change change, uint32_t first, uint32_t last)
{
    const struct graph *g = m->graph;

    for (uint32_t b = 0; b < g->scenario->balancers; b++)
        for (uint32_t k = 0; k < instances_with(g, b, e->pool); k++) {
            uint32_t picker = graph_picker(g, b, pool_of(g, b, e->pool), k);

            tell_in_time(m, sim, &g->scenario->balancer[b],
                         &(struct news){ e, change, first, last, sim->node[picker] });
        }
}

/* ---- what a crash breaks ---- */

void membership_count_broken(struct membership *m, struct sim *sim, const struct event_config *e,
                             uint32_t first, uint32_t last)
{
    const struct graph *g = m->graph;
    uint64_t broken = 0;

    for (uint32_t b = 0; b < g->scenario->balancers; b++)
        for (uint32_t k = 0; k < instances_with(g, b, e->pool); k++)
            for (uint32_t i = first; i <= last; i++)
                if (membership_is_target(g, e, i)) {
                    uint32_t picker = graph_picker(g, b, pool_of(g, b, e->pool), k);

                    broken += balancer_connections(sim->node[picker], node_of(m, e, i))
                            + instances_strays_of(g, sim, picker, node_of(m, e, i));
                }
    if (broken > 0)
        row_of(m, sim, e)->broken += broken;
}
