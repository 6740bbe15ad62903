/* l4_table.c - the flows that an l4 remembers: room for so many, or no table at all; entries that
 * stay after their connection, and those that are idle for too long. */
#include "l4.h"

/* It heard no reply, so it has no latency to tell of. */
void l4_forget(struct l4 *l4, struct sim *sim, struct flow *f, enum lb_result result)
{
    balancer_done(&l4->b, f->to, sim->now, 0, result);
    if (l4_evicts(l4))
        lru_end(&l4->recent, f->port);
    *f = (struct flow){ .to = NONE };
    l4->flows.live--;
}

bool l4_is_full(struct l4 *l4, const struct sim *sim)
{
    const struct flow_table_config *t = l4_table(l4);
    uint64_t unused;

    if (t->kind != TABLE_BOUNDED || t->when_full != FULL_REFUSE)
        return false;
    while (linger_next(&l4->ended, sim->now, &unused))
        continue;
    return l4->flows.live + l4->ended.count >= t->entries;
}

static void make_room(struct l4 *l4, struct sim *sim, struct flow *f, uint32_t conn)
{
    uint32_t evicted;

    f->port = lru_take(&l4->recent, conn, &evicted);
    if (evicted == NONE)
        return;
    struct flow *old = conntrack_at(&l4->flows, evicted);
    balancer_done(&l4->b, old->to, sim->now, 0, LB_OK);
    *old = (struct flow){ .to = NONE };
    l4->flows.live--;
    meter_tally(&sim->meter, TALLY_FLOWS_EVICTED, 1);
}

void l4_remember(struct l4 *l4, struct sim *sim, uint32_t conn, uint32_t peer)
{
    if (l4_table(l4)->kind == TABLE_NONE) {
        balancer_done(&l4->b, peer, sim->now, 0, LB_OK);
        return;
    }
    struct flow *f = conntrack_at(&l4->flows, conn);
    *f = (struct flow){ .to = peer, .used = sim->now };
    l4->flows.live++;
    if (l4_evicts(l4))
        make_room(l4, sim, f, conn);
    if (l4->b.config->idle_timeout > 0)
        f->timer = sim_wake(sim, &l4->b.node, l4->b.config->idle_timeout, conn);
}

void l4_end_flow(struct l4 *l4, struct sim *sim, struct flow *f, const struct conn *c)
{
    const struct flow_table_config *t = l4_table(l4);
    nsec until = sim->now + t->time_wait;

    if (t->kind == TABLE_BOUNDED && t->time_wait > 0)
        linger_add(&l4->ended, until, 0);
    if (t->port_reuse == REUSE_FOLLOW)
        tuples_add(&l4->used, tuple_key(c->seen_source, c->seen_port), f->to, until);
    l4_forget(l4, sim, f, LB_OK);
}

void l4_look_at_idle(struct l4 *l4, struct sim *sim, uint32_t conn, uint64_t token)
{
    struct flow *f = conntrack_at(&l4->flows, conn);

    if (f->to == NONE || f->timer != token)
        return;
    nsec forgotten_at = f->used + l4->b.config->idle_timeout;
    if (forgotten_at <= sim->now)
        l4_forget(l4, sim, f, LB_TIMEOUT);
    else
        f->timer = sim_wake_at(sim, &l4->b.node, forgotten_at, conn);
}

/* ---- questions ---- */

uint64_t balancer_connections(const struct node *n, uint32_t peer_node)
{
    const struct l4 *l4 = (const struct l4 *)n;
    uint64_t count = 0;

    if (l4->b.config->layer != LAYER_L4)
        return l7_tunnels_to(n, peer_node);
    for (uint32_t i = 0; i < l4->flows.capacity; i++) {
        const struct flow *f = &l4->flows.flow[i];

        count += f->to != NONE && l4->b.peer[f->to].target == peer_node;
    }
    return count;
}

uint32_t balancer_flow(const struct node *n, uint32_t conn)
{
    struct l4 *l4 = (struct l4 *)(uintptr_t)n;
    uint32_t peer = conntrack_at(&l4->flows, conn)->to;

    return peer == NONE ? NONE : l4->b.peer[peer].target;
}

bool balancer_picks_unknown(const struct node *n)
{
    const struct l4 *l4 = (const struct l4 *)n;

    return l4->b.config->layer == LAYER_L4 && l4->picks_unknown;
}

void balancer_lose_flows(struct node *n, struct sim *sim)
{
    struct l4 *l4 = (struct l4 *)n;

    if (l4->b.config->layer != LAYER_L4)
        return;
    for (uint32_t i = 0; i < l4->flows.capacity; i++)
        if (l4->flows.flow[i].to != NONE)
            l4_forget(l4, sim, &l4->flows.flow[i], LB_ERROR);
    lru_fini(&l4->recent);
    lru_init(&l4->recent, l4_evicts(l4) ? l4_table(l4)->entries : 0);
}
