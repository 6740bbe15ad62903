/* l4.c - a balancer of connections: it picks on OPEN, remembers the choice, and hears no replies
 * to requests; under DSR not even whether a connection was accepted.  The end of a connection, or
 * its idle timeout, is when the choice is completed. */
#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/conntrack.h"
#include "balancer.h"

struct l4 {
    struct balancer b;
    struct conntrack flows;         /* flow.to: the peer; flow.used: last seen */
};

/* It heard no reply, so it has no latency to tell of. */
static void forget(struct l4 *l4, struct sim *sim, struct flow *f, enum lb_result result)
{
    balancer_done(&l4->b, f->to, sim->now, 0, result);
    *f = (struct flow){ .to = NONE };
    l4->flows.live--;
}

/* ---- connections ---- */

/* What belongs to a known flow goes where it went; `used` is what the idle timeout counts from. */
static bool follow_flow(struct l4 *l4, struct sim *sim, struct req *r)
{
    struct flow *f = conntrack_at(&l4->flows, r->conn);

    if (f->to == NONE)
        return false;
    f->used = sim->now;
    sim_forward(sim, &l4->b.out, l4->b.peer[f->to].node, r);
    return true;
}

static void open_flow(struct l4 *l4, struct sim *sim, struct req *r)
{
    if (r->is_orphan) {             /* its CLOSE may have come first, on a link of random delay */
        sim_answer(sim, r, STATUS_REFUSED);
        return;
    }
    if (follow_flow(l4, sim, r))
        return;                     /* a further round trip of its handshake */
    uint32_t peer = balancer_pick(&l4->b, sim, r);
    if (peer == NONE) {
        sim_answer(sim, r, STATUS_UNAVAILABLE);
        return;
    }
    struct flow *f = conntrack_at(&l4->flows, r->conn);
    *f = (struct flow){ .to = peer, .used = sim->now };
    l4->flows.live++;
    if (l4->b.config->idle_timeout > 0)
        f->timer = sim_wake(sim, &l4->b.node, l4->b.config->idle_timeout, r->conn);
    if (!l4->b.config->is_dsr)
        sim_via(sim, &l4->b.node, r)->peer = peer;
    sim_forward(sim, &l4->b.out, l4->b.peer[peer].node, r);
}

static void close_flow(struct l4 *l4, struct sim *sim, struct req *r)
{
    struct flow *f = conntrack_at(&l4->flows, r->conn);

    if (f->to == NONE) {
        sim_end_conn(sim, r);
        return;
    }
    uint32_t to = l4->b.peer[f->to].node;
    forget(l4, sim, f, LB_OK);
    sim_forward(sim, &l4->b.out, to, r);
}

static void l4_request(struct node *n, struct sim *sim, struct req *r)
{
    struct l4 *l4 = (struct l4 *)n;

    switch ((enum message)r->what) {
    case MSG_OPEN:
        open_flow(l4, sim, r);
        break;
    case MSG_ASK:
        if (!follow_flow(l4, sim, r))
            sim_answer(sim, r, STATUS_RESET);
        break;
    case MSG_CLOSE:
        close_flow(l4, sim, r);
        break;
    case MSG_CANCEL:
        if (!follow_flow(l4, sim, r))
            sim_free(sim, r);
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
        forget(l4, sim, f, r->status == STATUS_REFUSED ? LB_REFUSED : LB_ERROR);
    sim_reply(sim, r);
}

/* ---- idle flows ---- */

static void l4_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct l4 *l4 = (struct l4 *)n;

    if (arg & (BALANCER_CHECK | BALANCER_TIMEOUT)) {
        balancer_timer(&l4->b, sim, arg, token);
        return;
    }
    struct flow *f = conntrack_at(&l4->flows, arg);
    if (f->to == NONE || f->timer != token)
        return;
    nsec forgotten_at = f->used + l4->b.config->idle_timeout;
    if (forgotten_at <= sim->now)
        forget(l4, sim, f, LB_TIMEOUT);
    else
        f->timer = sim_wake_at(sim, n, forgotten_at, arg);
}

static bool l4_is_waiting(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct l4 *l4 = (struct l4 *)n;

    (void)sim;
    if (arg & (BALANCER_CHECK | BALANCER_TIMEOUT))
        return balancer_is_waiting(&l4->b, arg, token);
    return conntrack_at(&l4->flows, arg)->timer == token;
}

uint64_t balancer_connections(const struct node *n, uint32_t peer_node)
{
    const struct l4 *l4 = (const struct l4 *)n;
    uint64_t count = 0;

    if (l4->b.config->layer != LAYER_L4)
        return 0;
    for (uint32_t i = 0; i < l4->flows.capacity; i++) {
        const struct flow *f = &l4->flows.flow[i];

        count += f->to != NONE && l4->b.peer[f->to].target == peer_node;
    }
    return count;
}

static void l4_destroy(struct node *n)
{
    struct l4 *l4 = (struct l4 *)n;

    conntrack_fini(&l4->flows);
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
    if (c->idle_timeout > 0)
        evq_lane_new(&sim->queue, c->idle_timeout);
    sim_put_node(sim, &l4->b.node, id, c->name);
    return &l4->b.node;
}
