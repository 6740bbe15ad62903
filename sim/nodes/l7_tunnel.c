/* l7_tunnel.c - connections that an l7 passes on unread: WebSockets and long sessions.
 *
 * It picks when the connection is upgraded, or opened, and counts it as in flight at that peer
 * until its end; what is sent on it goes there, and no timeout, retry or limit of requests is about
 * it. */
#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/conntrack.h"
#include "l7.h"

static struct flow *flow_of(struct l7 *l7, uint32_t conn)
{
    if (l7->tunnels == NULL) {
        l7->tunnels = xcalloc(1, sizeof *l7->tunnels);
        conntrack_init(l7->tunnels);
    }
    return conntrack_at(l7->tunnels, conn);
}

static void send_on(struct l7 *l7, struct sim *sim, uint32_t peer, struct req *r)
{
    sim_forward(sim, &l7->b.out, l7->b.peer[peer].node, r);
}

static void forget(struct l7 *l7, struct sim *sim, struct flow *f, enum lb_result result)
{
    balancer_done(&l7->b, f->to, sim->now, 0, result);
    *f = (struct flow){ .to = NONE };
    l7->tunnels->live--;
}

/* To a peer that is picked now; its answer is seen. */
static void open_tunnel(struct l7 *l7, struct sim *sim, struct req *r)
{
    uint32_t peer = balancer_pick(&l7->b, sim, r);

    if (peer == NONE) {
        sim_answer(sim, r, STATUS_UNAVAILABLE);
        return;
    }
    *flow_of(l7, r->conn) = (struct flow){ .to = peer, .used = sim->now };
    l7->tunnels->live++;
    sim_via(sim, &l7->b.node, r)->peer = peer;
    send_on(l7, sim, peer, r);
}

/* TCP's and TLS's handshakes end here, and nothing goes on before the upgrade. */
static bool is_for_us(const struct conn *c)
{
    return c->tunnel == TUNNEL_WAITS || c->rounds > 0;
}

static void take_open(struct l7 *l7, struct sim *sim, struct req *r)
{
    uint32_t to = r->is_orphan ? NONE : flow_of(l7, r->conn)->to;

    if (r->is_orphan)
        sim_answer(sim, r, STATUS_REFUSED);
    else if (is_for_us(sim_conn(sim, r->conn)))
        sim_answer(sim, r, STATUS_OK);
    else if (to != NONE)
        send_on(l7, sim, to, r);
    else
        open_tunnel(l7, sim, r);
}

static void take_close(struct l7 *l7, struct sim *sim, struct req *r)
{
    struct flow *f = flow_of(l7, r->conn);
    uint32_t to = f->to;

    if (to == NONE) {
        sim_end_conn(sim, r);
        return;
    }
    forget(l7, sim, f, LB_OK);
    send_on(l7, sim, to, r);
}

static void pass(struct l7 *l7, struct sim *sim, struct req *r)
{
    uint32_t to = flow_of(l7, r->conn)->to;

    if (to != NONE)
        send_on(l7, sim, to, r);
    else if (r->what == MSG_ASK)
        sim_answer(sim, r, STATUS_RESET);
    else
        sim_free(sim, r);
}

void l7_tunnel_request(struct l7 *l7, struct sim *sim, struct req *r)
{
    switch ((enum message)r->what) {
    case MSG_OPEN:
        take_open(l7, sim, r);
        break;
    case MSG_ASK:
    case MSG_CANCEL:
        pass(l7, sim, r);
        break;
    case MSG_CLOSE:
        take_close(l7, sim, r);
        break;
    case MSG_PROBE:
    case MSG_FREE:
        break;
    }
}

void l7_tunnel_reply(struct l7 *l7, struct sim *sim, struct req *r, const struct hop *me)
{
    struct flow *f = flow_of(l7, me->conn);

    balancer_saw(&l7->b, sim, me->peer, (enum status)r->status);
    if (r->status != STATUS_OK && !r->is_orphan && f->to == me->peer)
        forget(l7, sim, f, l7_result_of((enum status)r->status));
    sim_reply(sim, r);
}

uint64_t l7_tunnels_to(const struct node *n, uint32_t peer_node)
{
    const struct l7 *l7 = (const struct l7 *)n;
    uint64_t count = 0;

    for (uint32_t i = 0; l7->tunnels != NULL && i < l7->tunnels->capacity; i++) {
        uint32_t to = l7->tunnels->flow[i].to;

        count += to != NONE && l7->b.peer[to].target == peer_node;
    }
    return count;
}

void l7_tunnels_end(struct l7 *l7)
{
    if (l7->tunnels != NULL)
        conntrack_fini(l7->tunnels);
    free(l7->tunnels);
}
