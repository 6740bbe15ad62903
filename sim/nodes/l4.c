/* l4.c - a balancer of connections: it picks on OPEN, remembers the choice, and hears no replies
 * to requests; under DSR not even whether a connection was accepted.  The end of a connection, or
 * its idle timeout, is when the choice is completed.
 *
 * What its table (l4_table.c) does not know is picked for again, or reset. */
#include "l4.h"

#include <stdlib.h>

#include "../base/xalloc.h"

/* ---- connections ---- */

static bool is_gone(const struct l4 *l4, uint32_t peer)
{
    return l4->b.peer[peer].is_removed || l4->b.lb->backend[peer].state == LB_DOWN;
}

static void drop(struct l4 *l4, struct sim *sim, struct req *r)
{
    meter_tally(&sim->meter, TALLY_FLOWS_DROPPED, 1);
    backlog_add(&l4->dropped, r);
}

/* Is this flow's backend gone, and the flow treated for it?  Then true for what was dropped; what
 * was forgotten is unknown from now on. */
static bool leave_gone(struct l4 *l4, struct sim *sim, struct req *r, struct flow *f)
{
    if (!is_gone(l4, f->to))
        return false;
    if (l4->b.config->gone_backend != GONE_DROP) {
        l4_forget(l4, sim, f, LB_ERROR);
        return false;
    }
    if (r->what == MSG_CANCEL) {
        sim_free(sim, r);
        return true;
    }
    meter_tally(&sim->meter, TALLY_FLOWS_DROPPED, 1);
    if (sim_conn(sim, r->conn)->kind == CONN_DATAGRAMS) {
        sim_answer(sim, r, STATUS_RESET);       /* which its client takes for silence */
        return true;
    }
    sim_lose_conn(sim, r->conn);
    backlog_add(&l4->dropped, r);
    return true;
}

/* Addresses and ports, as it saw them last. */
static uint32_t tuple_of(const struct req *r)
{
    return (uint32_t)rng_mix((uint64_t)r->source << 16 | r->port);
}

/* A QUIC connection that has moved is another flow to whom cannot read its id: it is picked for
 * anew, and found again only if that leads to the same peer. */
static void pick_if_moved(struct l4 *l4, struct sim *sim, struct req *r, struct flow *f)
{
    if (l4->b.config->route_by == ROUTE_BY_CONNECTION_ID || f->tuple == tuple_of(r))
        return;
    uint32_t peer = balancer_pick(&l4->b, sim, r);
    if (peer == NONE)
        return;
    balancer_done(&l4->b, f->to, sim->now, 0, LB_OK);
    f->to = peer;
    f->tuple = tuple_of(r);
}

/* What belongs to a known flow goes where it went; `used` is what the idle timeout counts from. */
static bool follow_flow(struct l4 *l4, struct sim *sim, struct req *r)
{
    struct flow *f = conntrack_at(&l4->flows, r->conn);

    if (f->to == NONE)
        return false;
    if (r->what == MSG_ASK && !r->is_orphan && sim_conn(sim, r->conn)->moves > 0)
        pick_if_moved(l4, sim, r, f);
    if (__builtin_expect(l4->b.config->gone_backend != GONE_FOLLOW, 0)) {
        if (leave_gone(l4, sim, r, f))
            return true;
        if (f->to == NONE)
            return false;
    }
    f->used = sim->now;
    if (l4_evicts(l4))
        lru_touch(&l4->recent, f->port);
    sim_forward(sim, &l4->b.out, l4->b.peer[f->to].node, r);
    return true;
}

/* Is it taken for an ended connection of a backend that is gone?  Then it is lost, or refused. */
static bool is_misled(struct l4 *l4, struct sim *sim, struct req *r, uint32_t old)
{
    if (old == NONE || !is_gone(l4, old) || l4->b.config->gone_backend > GONE_DROP)
        return false;
    if (l4->b.config->gone_backend == GONE_DROP)
        drop(l4, sim, r);
    else
        sim_answer(sim, r, STATUS_REFUSED);
    return true;
}

static uint32_t pick_for(struct l4 *l4, struct sim *sim, const struct req *r, uint32_t old)
{
    uint32_t peer = old != NONE && !is_gone(l4, old) ? balancer_take(&l4->b, sim, old) : NONE;

    return peer != NONE ? peer : balancer_pick(&l4->b, sim, r);
}

static void open_flow(struct l4 *l4, struct sim *sim, struct req *r)
{
    if (r->is_orphan) {             /* its CLOSE may have come first, on a link of random delay */
        sim_answer(sim, r, STATUS_REFUSED);
        return;
    }
    if (follow_flow(l4, sim, r))
        return;                     /* a further round trip of its handshake */
    if (l4_is_full(l4, sim)) {
        meter_tally(&sim->meter, TALLY_FLOWS_REFUSED, 1);
        sim_answer(sim, r, STATUS_REFUSED);
        return;
    }
    uint32_t old = tuples_find(&l4->used, tuple_key(r->source, r->port), sim->now);
    if (is_misled(l4, sim, r, old))
        return;
    uint32_t peer = pick_for(l4, sim, r, old);
    if (peer == NONE) {
        sim_answer(sim, r, STATUS_UNAVAILABLE);
        return;
    }
    sim_conn(sim, r->conn)->seen_source = r->source;
    sim_conn(sim, r->conn)->seen_port = r->port;
    l4_remember(l4, sim, r->conn, peer);
    if (sim_conn(sim, r->conn)->kind == CONN_QUIC)
        conntrack_at(&l4->flows, r->conn)->tuple = tuple_of(r);
    if (!l4->b.config->is_dsr)
        sim_via(sim, &l4->b.node, r)->peer = peer;
    sim_forward(sim, &l4->b.out, l4->b.peer[peer].node, r);
}

/* A flow that began elsewhere, or that was forgotten here: picked for as if it began.  Datagrams
 * begin no other way. */
static bool adopt_flow(struct l4 *l4, struct sim *sim, struct req *r)
{
    bool is_datagram = sim_conn(sim, r->conn)->ends_at == NONE;

    if ((!l4->picks_unknown && !is_datagram) || r->is_orphan)
        return false;
    if (l4_is_full(l4, sim)) {
        meter_tally(&sim->meter, TALLY_FLOWS_REFUSED, 1);
        return false;
    }
    uint32_t peer = balancer_pick(&l4->b, sim, r);
    if (peer == NONE)
        return false;
    meter_tally(&sim->meter, TALLY_FLOWS_ADOPTED, !is_datagram);
    l4_remember(l4, sim, r->conn, peer);
    sim_forward(sim, &l4->b.out, l4->b.peer[peer].node, r);
    return true;
}

/* A server writes its own name into the ids that it gives its QUIC connections: no table is needed
 * to find it. */
static bool follow_id(struct l4 *l4, struct sim *sim, struct req *r)
{
    if (l4->b.config->route_by != ROUTE_BY_CONNECTION_ID || r->is_orphan)
        return false;
    uint32_t end = sim_conn(sim, r->conn)->ends_at, peer = 0;

    while (peer < l4->b.peers && l4->b.peer[peer].target != end)
        peer++;
    if (peer == l4->b.peers || end == NONE)
        return false;
    sim_forward(sim, &l4->b.out, l4->b.peer[peer].node, r);
    return true;
}

static void pass_request(struct l4 *l4, struct sim *sim, struct req *r)
{
    if (follow_flow(l4, sim, r) || follow_id(l4, sim, r) || adopt_flow(l4, sim, r))
        return;
    if (!r->is_orphan)
        sim_break_conn(sim, r->conn);
    sim_answer(sim, r, STATUS_RESET);
}

/* An OPEN that was dropped, and given up: this ends it. */
static void end_dropped_open(struct l4 *l4, struct sim *sim, uint32_t conn)
{
    struct req *r = l4->dropped.head;

    while (r != NULL && !(r->what == MSG_OPEN && r->conn == conn))
        r = r->next;
    if (r == NULL)
        return;
    backlog_remove(&l4->dropped, r);
    sim_answer(sim, r, STATUS_CANCELLED);
}

static void close_flow(struct l4 *l4, struct sim *sim, struct req *r)
{
    struct flow *f = conntrack_at(&l4->flows, r->conn);

    if (f->to == NONE) {
        if (l4->dropped.count > 0)
            end_dropped_open(l4, sim, r->conn);
        sim_end_conn(sim, r);
        return;
    }
    uint32_t to = l4->b.peer[f->to].node;
    l4_end_flow(l4, sim, f, sim_conn(sim, r->conn));
    sim_forward(sim, &l4->b.out, to, r);
}

/* ---- what follows a request that nobody waits for ---- */

static bool is_dropped(const struct l4 *l4, const struct req *r)
{
    const struct req *d = l4->dropped.head;

    while (d != NULL && d != r)
        d = d->next;
    return d != NULL;
}

/* Without a table: where the algorithm says that the request went. */
static uint32_t where_picked(struct l4 *l4, struct sim *sim, const struct req *target)
{
    uint32_t peer = target != NULL ? balancer_pick(&l4->b, sim, target) : NONE;

    if (peer != NONE)
        balancer_done(&l4->b, peer, sim->now, 0, LB_OK);
    return peer;
}

static void pass_cancel(struct l4 *l4, struct sim *sim, struct req *cancel)
{
    struct req *target = sim_cancel_target(sim, cancel);
    uint32_t peer = NONE;

    if (target != NULL && is_dropped(l4, target)) {
        sim_free(sim, cancel);
        backlog_remove(&l4->dropped, target);
        sim_answer(sim, target, STATUS_CANCELLED);
        return;
    }
    if (follow_flow(l4, sim, cancel))
        return;
    if (l4_table(l4)->kind == TABLE_NONE)
        peer = where_picked(l4, sim, target);
    if (peer == NONE)
        sim_free(sim, cancel);
    else
        sim_forward(sim, &l4->b.out, l4->b.peer[peer].node, cancel);
}

static void l4_request(struct node *n, struct sim *sim, struct req *r)
{
    struct l4 *l4 = (struct l4 *)n;

    switch ((enum message)r->what) {
    case MSG_OPEN:
        open_flow(l4, sim, r);
        break;
    case MSG_ASK:
        pass_request(l4, sim, r);
        break;
    case MSG_CLOSE:
        close_flow(l4, sim, r);
        break;
    case MSG_CANCEL:
        pass_cancel(l4, sim, r);
        break;
    case MSG_PROBE:
        sim_answer(sim, r, STATUS_OK);
        break;
    case MSG_FREE:
        break;
    }
}

/* Only OPENs and our own checks are seen on the way back. */
static void l4_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    struct l4 *l4 = (struct l4 *)n;

    if (r->what == MSG_PROBE) {
        balancer_probed(&l4->b, sim, r, me);
        return;
    }
    struct flow *f = conntrack_at(&l4->flows, r->conn);
    balancer_saw(&l4->b, sim, me->peer, (enum status)r->status);
    if (r->status != STATUS_OK && f->to == me->peer)
        l4_forget(l4, sim, f, r->status == STATUS_REFUSED ? LB_REFUSED : LB_ERROR);
    sim_reply(sim, r);
}

/* ---- timers ---- */

static void l4_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct l4 *l4 = (struct l4 *)n;

    if (arg & (BALANCER_CHECK | BALANCER_TIMEOUT))
        balancer_timer(&l4->b, sim, arg, token);
    else
        l4_look_at_idle(l4, sim, arg, token);
}

static bool l4_is_waiting(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct l4 *l4 = (struct l4 *)n;

    (void)sim;
    if (arg & (BALANCER_CHECK | BALANCER_TIMEOUT))
        return balancer_is_waiting(&l4->b, arg, token);
    return conntrack_at(&l4->flows, arg)->timer == token;
}

static void l4_destroy(struct node *n)
{
    struct l4 *l4 = (struct l4 *)n;

    conntrack_fini(&l4->flows);
    lru_fini(&l4->recent);
    linger_fini(&l4->ended);
    tuples_fini(&l4->used);
    balancer_fini(&l4->b);
    free(l4);
}

static const struct node_ops l4_ops = {
    .kind       = "l4",
    .request    = l4_request,
    .reply      = l4_reply,
    .timer      = l4_timer,
    .is_waiting = l4_is_waiting,
    .destroy    = l4_destroy,
};

struct node *l4_new(struct sim *sim, uint32_t id, const struct balancer_config *c,
                    uint32_t instance, const struct link *out)
{
    struct l4 *l4 = xcalloc(1, sizeof *l4);

    l4->b.node.ops = &l4_ops;
    conntrack_init(&l4->flows);
    balancer_init(&l4->b, sim, c, instance, out);
    lru_init(&l4->recent, l4_evicts(l4) ? c->flow_table.entries : 0);
    l4->picks_unknown = c->unknown_flow == UNKNOWN_PICK || c->flow_table.kind == TABLE_NONE
                        || c->gone_backend == GONE_PICK;
    if (c->idle_timeout > 0)
        evq_lane_new(&sim->queue, c->idle_timeout);
    sim_put_node(sim, &l4->b.node, id, c->name);
    return &l4->b.node;
}
