/* instances.c - see instances.h.
 *
 * Under ECMP each event is asked what it does to 10 000 flows, and to the connections that stand:
 * which reach another backend, and which of them break for it.  An instance that knows nothing of a
 * flow resets it or picks anew; an algorithm that maps keys says whom, any other is taken to pick
 * another backend. */
#include "instances.h"

#include <stdlib.h>

#include "../base/xalloc.h"
#include "../nodes/ecmp.h"
#include "../nodes/host.h"
#include "../parts/connpool.h"
#include "membership.h"

enum { ASKED = 10000 };

struct tier_at {
    const struct graph *graph;
    struct sim *sim;
    const struct event_config *e;
    const struct balancer_config *config;
    uint32_t balancer;
};

static struct tier_at tier_of(const struct graph *g, struct sim *sim, const struct event_config *e)
{
    return (struct tier_at){ g, sim, e, &g->scenario->balancer[e->balancer - 1], e->balancer - 1 };
}

static bool has_router(const struct tier_at *t)
{
    return ecmp_is_before_balancer(t->config);
}

static struct node *router_of(const struct tier_at *t)
{
    return t->sim->node[t->graph->balancer[t->balancer].entry];
}

/* The id of the host of instance k: behind the router, if there is one. */
static uint32_t host_id(const struct tier_at *t, uint32_t k)
{
    return t->graph->balancer[t->balancer].entry + has_router(t) + k;
}

static struct node *host_of(const struct tier_at *t, uint32_t k)
{
    return t->sim->node[host_id(t, k)];
}

static struct node *picker_of(const struct tier_at *t, uint32_t k)
{
    return t->sim->node[graph_picker(t->graph, t->balancer, 0, k)];
}

/* Where connections end at instance k of an l7: at the node before the pickers of its routes, if it
 * has any. */
static uint32_t end_at(const struct graph *g, uint32_t balancer, uint32_t k)
{
    const struct balancer_config *c = &g->scenario->balancer[balancer];
    uint32_t picker = graph_picker(g, balancer, 0, k);

    return c->routes.count > 0 ? picker - c->instances : picker;
}

/* Does a connection that is sent to this node, a peer of ours, end there? */
static bool leads_to(const struct tier_at *t, uint32_t node, uint32_t end)
{
    const struct graph *g = t->graph;

    for (uint32_t b = 0; b < g->scenario->balancers; b++) {
        const struct tier_nodes *n = &g->balancer[b];

        if (node >= n->entry && node < n->entry + n->entries)
            return end == end_at(g, b, node - n->entry);
    }
    return node == end;
}

static bool is_target(const struct tier_at *t, uint32_t k)
{
    return k >= t->e->first && k <= t->e->last
        && (t->e->zone == 0 || (t->config->zone != NULL && t->config->zone[k] == t->e->zone));
}

static bool is_l4(const struct tier_at *t)
{
    return t->config->layer == LAYER_L4;
}

/* ---- what becomes of flows ---- */

/* A flow that instance k does not know goes here; NONE: it is reset, or nobody can say. */
static uint32_t picked_at(const struct tier_at *t, uint32_t k, uint32_t source, uint16_t port)
{
    struct node *picker = picker_of(t, k);

    if (!is_l4(t) || !balancer_picks_unknown(picker) || !balancer_maps_keys(picker))
        return NONE;
    return balancer_where(picker, t->sim->now, 0, source, port);
}

static void ask_flows(const struct tier_at *t, const struct nexthops *before,
                      const struct nexthops *after, struct record_remap *row)
{
    for (uint32_t i = 0; i < ASKED; i++) {
        uint64_t mixed = rng_mix(i);
        uint32_t source = (uint32_t)mixed;
        uint16_t port = (uint16_t)(mixed >> 48);
        uint32_t from = nexthops_at(before, nexthops_hash(source, port));
        uint32_t to = nexthops_at(after, nexthops_hash(source, port));
        uint32_t backend = from != to && to != NONE ? picked_at(t, to, source, port) : NONE;

        row->keys++;
        if (from == to || (from != NONE && backend != NONE
                           && backend == picked_at(t, from, source, port)))
            continue;
        row->moved++;
        row->unavoidable += !is_l4(t) && from != NONE && is_target(t, from);
    }
}

/* The table of the pool that it belongs to knows it. */
static uint32_t flow_at(const struct tier_at *t, uint32_t k, uint32_t conn)
{
    uint32_t to = NONE;

    for (uint32_t pool = 0; to == NONE && pool < balancer_pools(t->config); pool++)
        to = balancer_flow(t->sim->node[graph_picker(t->graph, t->balancer, pool, k)], conn);
    return to;
}

/* Does this connection go on when instance `to` gets it? */
static bool survives(const struct tier_at *t, uint32_t conn, uint32_t to)
{
    const struct conn *c = sim_conn(t->sim, conn);

    if (to == NONE || !is_l4(t))
        return false;
    uint32_t known = flow_at(t, to, conn);

    return leads_to(t, known != NONE ? known : picked_at(t, to, c->seen_source, c->seen_port),
                    c->ends_at);
}

static bool is_here(const struct tier_at *t, const struct conn *c)
{
    return c->to == router_of(t)->id && c->state == CONN_OPEN && !c->is_counted;
}

static void ask_connections(const struct tier_at *t, const struct nexthops *before,
                            const struct nexthops *after, struct record_remap *row)
{
    for (uint32_t i = 0; i < t->sim->conns.used_up; i++) {
        const struct conn *c = sim_conn(t->sim, i);
        uint64_t hash = nexthops_hash(c->seen_source, c->seen_port);
        uint32_t from = nexthops_at(before, hash), to = nexthops_at(after, hash);

        row->broken += is_here(t, c) && from != to && !survives(t, i, to);
    }
}

static void report_routes(const struct tier_at *t,
                          void (*change)(struct nexthops *, uint32_t member))
{
    const struct nexthops *before = ecmp_hops(router_of(t));
    struct record_remap *row = membership_row(t->sim, t->graph, t->e);
    struct nexthops after;

    nexthops_copy(&after, before);
    for (uint32_t k = t->e->first; k <= t->e->last; k++)
        if (is_target(t, k))
            change(&after, k);
    ask_flows(t, before, &after, row);
    ask_connections(t, before, &after, row);
    nexthops_fini(&after);
}

/* Without a router nobody takes over. */
static void report_loss(const struct tier_at *t)
{
    struct record_remap *row = membership_row(t->sim, t->graph, t->e);

    for (uint32_t i = 0; i < t->sim->conns.used_up; i++) {
        const struct conn *c = sim_conn(t->sim, i);

        row->broken += c->state == CONN_OPEN && !c->is_counted && c->to >= host_id(t, 0)
                    && is_target(t, c->to - host_id(t, 0));
    }
}

/* ---- what happens to one instance ---- */

static void lose_connections(const struct tier_at *t, uint32_t k)
{
    struct sim *sim = t->sim;

    if (!is_l4(t))
        sim_break_conns_of(sim, end_at(t->graph, t->balancer, k));
    for (uint32_t i = 0; is_l4(t) && !has_router(t) && i < sim->conns.used_up; i++)
        if (sim_conn(sim, i)->to == host_id(t, k))
            sim_lose_conn(sim, i);
    for (uint32_t pool = 0; is_l4(t) && pool < balancer_pools(t->config); pool++)
        balancer_lose_flows(sim->node[graph_picker(t->graph, t->balancer, pool, k)], sim);
}

static void crash(const struct tier_at *t, uint32_t k)
{
    if (has_router(t))
        ecmp_lose(router_of(t), t->sim, k, is_l4(t) ? ECMP_SILENT : ECMP_REFUSES);
    lose_connections(t, k);
    host_crash(host_of(t, k), t->sim);
}

static void hang(const struct tier_at *t, uint32_t k)
{
    if (has_router(t))
        ecmp_lose(router_of(t), t->sim, k, ECMP_SILENT);
    host_hang(host_of(t, k));
}

static void fail(const struct tier_at *t, uint32_t k)
{
    if (t->e->kind == EVENT_FAIL && t->e->mode == FAIL_CRASH)
        crash(t, k);
    else
        hang(t, k);
}

static void remove_instance(const struct tier_at *t, uint32_t k)
{
    if (has_router(t))
        ecmp_withdraw(router_of(t), k);
    lose_connections(t, k);
    host_crash(host_of(t, k), t->sim);
}

static void come(const struct tier_at *t, uint32_t k)
{
    if (has_router(t))
        ecmp_announce(router_of(t), k);
    host_recover(host_of(t, k), t->sim);
}

/* An l4 ends no connection and can tell nobody; its flows are the others' from now on.  An l7's
 * route stays, for what is sent on its connections has to reach it. */
static void drain(const struct tier_at *t, uint32_t k)
{
    if (is_l4(t)) {
        ecmp_withdraw(router_of(t), k);
        return;
    }
    host_leave(host_of(t, k));
    connpool_go_away(t->sim, end_at(t->graph, t->balancer, k));
}

static void end_drain(const struct tier_at *t, uint32_t k)
{
    if (is_l4(t))
        come(t, k);
    else
        host_stay(host_of(t, k));
}

/* Clients close those that were told to go and carry nothing: they are no loss. */
static void let_go(const struct tier_at *t, uint32_t k)
{
    uint32_t end = end_at(t->graph, t->balancer, k);

    for (uint32_t i = 0; !is_l4(t) && i < t->sim->conns.used_up; i++) {
        struct conn *c = sim_conn(t->sim, i);

        c->is_counted |= c->ends_at == end && c->expires <= t->sim->now && c->streams == 0;
    }
}

static void for_each(const struct tier_at *t, void (*act)(const struct tier_at *, uint32_t k))
{
    for (uint32_t k = t->e->first; k <= t->e->last; k++)
        if (is_target(t, k))
            act(t, k);
}

/* ---- events ---- */

/* It is back before its route is withdrawn: nothing moves. */
static bool is_brief(const struct tier_at *t)
{
    return t->e->lasts > 0 && t->e->kind != EVENT_DRAIN
        && t->e->lasts <= t->config->ecmp.detection;
}

static void report(const struct tier_at *t)
{
    bool is_coming = t->e->kind == EVENT_ADD || t->e->kind == EVENT_RECOVER;

    if ((has_router(t) && is_brief(t)) || (t->e->kind == EVENT_DRAIN && !is_l4(t)))
        return;
    if (has_router(t))
        report_routes(t, is_coming ? nexthops_join : nexthops_leave);
    else if (t->e->kind == EVENT_REMOVE
             || (t->e->kind == EVENT_FAIL && t->e->mode == FAIL_CRASH))
        report_loss(t);
}

void instances_begin(const struct graph *g, struct sim *sim, const struct event_config *e)
{
    struct tier_at t = tier_of(g, sim, e);

    if (e->kind == EVENT_REMOVE)
        for_each(&t, let_go);
    report(&t);
    switch ((enum event_kind)e->kind) {
    case EVENT_FAIL:
    case EVENT_PAUSE:
        for_each(&t, fail);
        break;
    case EVENT_REMOVE:
        for_each(&t, remove_instance);
        break;
    case EVENT_DRAIN:
        for_each(&t, drain);
        break;
    case EVENT_ADD:
    case EVENT_RECOVER:
        for_each(&t, come);
        break;
    case EVENT_SLOW:
    case EVENT_WEIGHT:
    case EVENT_RESTART:
        break;                      /* the loader has refused them */
    }
}

void instances_end(const struct graph *g, struct sim *sim, const struct event_config *e)
{
    struct tier_at t = tier_of(g, sim, e);

    for_each(&t, e->kind == EVENT_DRAIN ? end_drain : come);
}

/* ---- connections that no table has ---- */

/* The tier that has this l4, and its place there; e is NULL. */
static struct tier_at find_tier(const struct graph *g, struct sim *sim, uint32_t picker,
                                uint32_t *k)
{
    struct tier_at t = { g, sim, NULL, g->scenario->balancer, 0 };

    for (; t.balancer < g->scenario->balancers; t.balancer++, t.config++) {
        *k = picker - graph_picker(g, t.balancer, 0, 0);
        if (*k < t.config->instances)
            break;
    }
    return t;
}

static bool is_through(const struct tier_at *t, const struct conn *c, uint32_t k)
{
    const struct tier_nodes *n = &t->graph->balancer[t->balancer];

    if (!has_router(t))
        return c->to == n->entry + k;
    return c->to == n->entry
        && k == nexthops_at(ecmp_hops(router_of(t)), nexthops_hash(c->seen_source, c->seen_port));
}

static bool is_stray(const struct tier_at *t, uint32_t conn, uint32_t k)
{
    const struct conn *c = sim_conn(t->sim, conn);

    return c->state == CONN_OPEN && !c->is_counted && c->ends_at != NONE && is_through(t, c, k)
        && balancer_flow(picker_of(t, k), conn) == NONE;
}

uint32_t *instances_note_strays(const struct graph *g, struct sim *sim, uint32_t picker)
{
    uint32_t k = 0, *strays;
    struct tier_at t = find_tier(g, sim, picker, &k);

    if (t.balancer == g->scenario->balancers || !balancer_picks_unknown(sim->node[picker])
        || !balancer_maps_keys(sim->node[picker]))
        return NULL;
    strays = xcalloc(sim->conns.used_up + 1, sizeof *strays);
    for (uint32_t i = 0; i < sim->conns.used_up; i++) {
        const struct conn *c = sim_conn(sim, i);

        strays[i] = is_stray(&t, i, k) ? picked_at(&t, k, c->seen_source, c->seen_port) : NONE;
    }
    return strays;
}

uint64_t instances_count_moved(const struct graph *g, struct sim *sim, uint32_t picker,
                               uint32_t *strays)
{
    uint32_t k = 0;
    struct tier_at t = find_tier(g, sim, picker, &k);
    uint64_t moved = 0;

    for (uint32_t i = 0; strays != NULL && i < sim->conns.used_up; i++) {
        const struct conn *c = sim_conn(sim, i);

        moved += strays[i] != NONE && leads_to(&t, strays[i], c->ends_at)
              && picked_at(&t, k, c->seen_source, c->seen_port) != strays[i];
    }
    free(strays);
    return moved;
}

uint64_t instances_strays_of(const struct graph *g, struct sim *sim, uint32_t picker, uint32_t node)
{
    uint32_t *strays = instances_note_strays(g, sim, picker);
    uint64_t count = 0;

    for (uint32_t i = 0; strays != NULL && i < sim->conns.used_up; i++)
        count += strays[i] != NONE && sim_conn(sim, i)->ends_at == node;
    free(strays);
    return count;
}

void instances_hide_standby(const struct graph *g, struct sim *sim)
{
    for (uint32_t b = 0; b < g->scenario->balancers; b++) {
        const struct balancer_config *c = &g->scenario->balancer[b];
        struct event_config all = { .balancer = b + 1, .last = c->instances };
        struct tier_at t = tier_of(g, sim, &all);

        for (uint32_t k = c->instances - c->standby; k < c->instances; k++)
            host_crash(host_of(&t, k), sim);
    }
}
