/* stage.c - a node that acts on others by name: it fails, slows, drains, adds and removes backends.
 *
 * Changes of membership reach every balancer at once; crashes are theirs to find out.  Around each
 * change of membership the keyed policies are asked where 10 000 keys go, before and after. */
#include "stage.h"

#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/station.h"

enum { REMAP_KEYS = 10000, SLICE_TURNS = 1 << 30 };

struct stage {
    struct node node;
    const struct graph *graph;
    const struct quota *quota;
    struct arena *arena;
    uint32_t *added;                /* [backends]: instances that are peers by now */
    uint32_t *backlog;              /* [graph.backends] */
    uint32_t *before;               /* [REMAP_KEYS]: node ids */
};

typedef void (*each_balancer)(struct stage *, struct sim *, struct node *,
                              const struct event_config *);

static bool serves_pool(const struct graph *g, uint32_t balancer, uint32_t pool)
{
    struct tier_ref t = graph_find(g->scenario, g->scenario->balancer[balancer].to);

    return t.kind == TIER_BACKEND && t.index == pool;
}

static void for_each_balancer(struct stage *st, struct sim *sim, const struct event_config *e,
                              each_balancer act)
{
    const struct graph *g = st->graph;

    for (uint32_t b = 0; b < g->scenario->balancers; b++)
        for (uint32_t k = 0; k < g->scenario->balancer[b].instances && serves_pool(g, b, e->pool);
             k++)
            act(st, sim, sim->node[graph_picker(g, b, k)], e);
}

static uint32_t target(const struct stage *st, const struct event_config *e, uint32_t i)
{
    return st->graph->backend[e->pool] + i;
}

/* ---- membership, as one balancer sees it ---- */

static void drain(struct stage *st, struct sim *sim, struct node *b, const struct event_config *e)
{
    (void)sim;
    for (uint32_t i = e->first; i <= e->last; i++)
        balancer_drain_peer(b, target(st, e, i));
}

static void undrain(struct stage *st, struct sim *sim, struct node *b, const struct event_config *e)
{
    (void)sim;
    for (uint32_t i = e->first; i <= e->last; i++)
        balancer_undrain_peer(b, target(st, e, i));
}

static void take_out(struct stage *st, struct sim *sim, struct node *b,
                     const struct event_config *e)
{
    (void)sim;
    for (uint32_t i = e->first; i <= e->last; i++)
        balancer_remove_peer(b, target(st, e, i));
}

static void weigh(struct stage *st, struct sim *sim, struct node *b, const struct event_config *e)
{
    (void)sim;
    for (uint32_t i = e->first; i <= e->last; i++)
        balancer_weigh_peer(b, target(st, e, i), e->weight);
}

static void weigh_as_before(struct stage *st, struct sim *sim, struct node *b,
                            const struct event_config *e)
{
    const struct backend_config *c = &st->graph->scenario->backend[e->pool];

    (void)sim;
    for (uint32_t i = e->first; i <= e->last; i++)
        balancer_weigh_peer(b, target(st, e, i), i < c->count ? c->weight[i] : 1);
}

static void put_in(struct stage *st, struct sim *sim, struct node *b, const struct event_config *e)
{
    for (uint32_t i = st->added[e->pool]; i < st->added[e->pool] + e->count; i++) {
        struct peer_config peer = {
            .node = target(st, e, i), .target = target(st, e, i),
            .backend = graph_meter_index(st->graph, e->pool, i),
            .name = graph_backend_name(st->graph, e->pool, i, st->arena), .weight = e->weight };

        balancer_add_peer(b, &peer);
        balancer_watch_peer(b, sim, peer.node);
    }
}

/* ---- what it did to the keys ---- */

static uint32_t where(struct node *b, const struct sim *sim, uint32_t i)
{
    uint64_t mixed = rng_mix(i);

    return balancer_where(b, sim->now, i, (uint32_t)mixed, (uint16_t)(mixed >> 48));
}

static bool is_target(const struct stage *st, const struct event_config *e, uint32_t node)
{
    return node >= target(st, e, e->first) && node <= target(st, e, e->last);
}

static bool is_added(const struct stage *st, const struct event_config *e, uint32_t node)
{
    uint32_t first = target(st, e, st->added[e->pool]);

    return node >= first && node < first + e->count;
}

static struct record_remap *remap_row(struct sim *sim, uint32_t event)
{
    struct record *r = &sim->meter.record;

    for (uint32_t i = 0; i < r->remaps; i++)
        if (r->remap[i].event == event)
            return &r->remap[i];
    r->remap = xrealloc(r->remap, r->remaps + 1, sizeof *r->remap);
    r->remap[r->remaps] = (struct record_remap){ .event = event };
    return &r->remap[r->remaps++];
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

static uint64_t keys_of_targets(const struct stage *st, const struct event_config *e)
{
    uint64_t keys = 0;

    for (uint32_t i = 0; i < REMAP_KEYS; i++)
        keys += is_target(st, e, st->before[i]);
    return keys;
}

static bool is_taking_out(const struct event_config *e)
{
    return e->kind == EVENT_REMOVE || e->kind == EVENT_DRAIN;
}

static void change_keyed(struct stage *st, struct sim *sim, struct node *b,
                         const struct event_config *e, each_balancer act,
                         struct record_remap *row)
{
    double all = balancer_weight(b, NONE), targets = 0;

    for (uint32_t i = 0; i < REMAP_KEYS; i++)
        st->before[i] = where(b, sim, i);
    for (uint32_t i = e->first; e->kind != EVENT_ADD && i <= e->last; i++)
        targets += balancer_weight(b, target(st, e, i));
    act(st, sim, b, e);
    row->keys += REMAP_KEYS;
    row->unavoidable += is_taking_out(e) ? keys_of_targets(st, e)
                      : e->kind == EVENT_WEIGHT ? share_moved(b, all, targets) : 0;
    for (uint32_t i = 0; i < REMAP_KEYS; i++) {
        uint32_t now = where(b, sim, i);

        row->moved += now != st->before[i];
        row->unavoidable += e->kind == EVENT_ADD && is_added(st, e, now);
    }
}

/* How each change of membership is made at one balancer; NULL: not one. */
static const each_balancer membership[] = {
    [EVENT_DRAIN] = drain, [EVENT_REMOVE] = take_out, [EVENT_ADD] = put_in, [EVENT_WEIGHT] = weigh,
};

static bool is_membership(const struct event_config *e)
{
    return e->kind < ARRAY_LEN(membership) && membership[e->kind] != NULL;
}

static void change(struct stage *st, struct sim *sim, struct node *b, const struct event_config *e)
{
    struct record_remap *row = remap_row(sim, (uint32_t)(e - st->graph->scenario->event));

    for (uint32_t i = e->first; e->kind == EVENT_REMOVE && i <= e->last; i++)
        row->broken += balancer_connections(b, target(st, e, i));
    if (balancer_maps_keys(b))
        change_keyed(st, sim, b, e, membership[e->kind], row);
    else
        membership[e->kind](st, sim, b, e);
}

/* ---- what happens to the backends themselves ---- */

static void count_broken(struct stage *st, struct sim *sim, struct node *b,
                         const struct event_config *e)
{
    uint64_t broken = 0;

    for (uint32_t i = e->first; i <= e->last; i++)
        broken += balancer_connections(b, target(st, e, i));
    if (broken > 0)
        remap_row(sim, (uint32_t)(e - st->graph->scenario->event))->broken += broken;
}

static void act_on_backend(struct sim *sim, struct node *b, const struct event_config *e)
{
    switch ((enum event_kind)e->kind) {
    case EVENT_FAIL:
        backend_fail(b, sim, (enum fail_mode)e->mode);
        break;
    case EVENT_SLOW:
        backend_set_speed(b, sim, 1 / e->factor);
        break;
    case EVENT_RECOVER:
        backend_recover(b, sim);
        backend_set_speed(b, sim, 1);
        break;
    case EVENT_REMOVE:
        backend_vanish(b, sim);
        break;
    case EVENT_DRAIN:
    case EVENT_ADD:
    case EVENT_WEIGHT:
        break;
    }
}

static void begin(struct stage *st, struct sim *sim, const struct event_config *e)
{
    if (e->kind == EVENT_FAIL && e->mode == FAIL_CRASH)
        for_each_balancer(st, sim, e, count_broken);
    if (e->kind == EVENT_RECOVER)
        for_each_balancer(st, sim, e, undrain);
    if (is_membership(e))
        for_each_balancer(st, sim, e, change);
    if (e->kind == EVENT_ADD)
        st->added[e->pool] += e->count;
    for (uint32_t i = e->first; e->kind != EVENT_ADD && i <= e->last; i++)
        act_on_backend(sim, sim->node[target(st, e, i)], e);
}

static void end(struct stage *st, struct sim *sim, const struct event_config *e)
{
    if (e->kind == EVENT_DRAIN)
        for_each_balancer(st, sim, e, undrain);
    if (e->kind == EVENT_WEIGHT)
        for_each_balancer(st, sim, e, weigh_as_before);
    for (uint32_t i = e->first; i <= e->last; i++) {
        struct node *b = sim->node[target(st, e, i)];

        if (e->kind == EVENT_FAIL)
            backend_recover(b, sim);
        else if (e->kind == EVENT_SLOW)
            backend_set_speed(b, sim, 1);
    }
}

/* ---- the node ---- */

/* What comes after the last arrival belongs to the slices of before: nothing is born in it. */
static bool is_over(const struct quota *q, nsec now)
{
    return now >= q->until || q->sources == 0 || q->born >= q->wanted;
}

static void turn_slice(struct stage *st, struct sim *sim)
{
    const struct graph *g = st->graph;

    if (is_over(st->quota, sim->now))
        return;
    for (uint32_t i = 0; i < g->backends; i++)
        st->backlog[i] = station_jobs(backend_station(sim->node[g->backend[0] + i]));
    meter_turn(&sim->meter, sim->now, st->backlog);
    sim_wake_at(sim, &st->node, sim->meter.now_slice_ends, SLICE_TURNS);
}

/* Argument: twice the event's index, plus one for its end. */
static void stage_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct stage *st = (struct stage *)n;

    (void)token;
    if (arg == SLICE_TURNS)
        turn_slice(st, sim);
    else if (arg & 1)
        end(st, sim, &st->graph->scenario->event[arg / 2]);
    else
        begin(st, sim, &st->graph->scenario->event[arg / 2]);
}

static void stage_request(struct node *n, struct sim *sim, struct req *r)
{
    (void)n;
    sim_free(sim, r);
}

static void stage_destroy(struct node *n)
{
    struct stage *st = (struct stage *)n;

    free(st->backlog);
    free(st->before);
    free(st->added);
    free(st);
}

static const struct node_ops stage_ops = {
    .kind    = "stage",
    .request = stage_request,
    .timer   = stage_timer,
    .destroy = stage_destroy,
};

struct node *stage_new(struct sim *sim, const struct graph *g, const struct quota *quota,
                       struct arena *arena)
{
    const struct scenario *s = g->scenario;
    struct stage *st = xcalloc(1, sizeof *st);

    *st = (struct stage){ .node.ops = &stage_ops, .graph = g, .quota = quota,
                          .arena = arena };
    st->backlog = xcalloc(g->backends, sizeof *st->backlog);
    st->before = xcalloc(REMAP_KEYS, sizeof *st->before);
    st->added = xcalloc(s->backends, sizeof *st->added);
    for (uint32_t i = 0; i < s->backends; i++)
        st->added[i] = s->backend[i].count;
    sim_put_node(sim, &st->node, g->stage, "stage");
    for (uint32_t i = 0; i < s->events; i++) {
        sim_wake_at(sim, &st->node, s->event[i].at, 2 * i);
        if (s->event[i].lasts > 0)
            sim_wake_at(sim, &st->node, s->event[i].at + s->event[i].lasts, 2 * i + 1);
    }
    sim_wake_at(sim, &st->node, sim->meter.now_slice_ends, SLICE_TURNS);
    return &st->node;
}
