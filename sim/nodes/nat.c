/* nat.c - source address translation: many clients behind few addresses.
 *
 * A client keeps one outside address (paired pooling, RFC 4787), each connection gets a port; a
 * mapping that was idle too long is forgotten, and the connection with it. */
#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/conntrack.h"
#include "nodes.h"

enum { FIRST_PORT = 1024 };

#define FIRST_ADDRESS 0xcb007101u   /* 203.0.113.1, RFC 5737 */

struct nat {
    struct node node;
    const struct nat_config *config;
    struct tier to;
    struct conntrack mappings;      /* flow.to: number of the outside address; flow.port */
    struct outside { uint32_t in_use, next; uint64_t *taken; } *outside;    /* [addresses] */
};

static uint32_t address_of(const struct nat *nat, uint32_t source)
{
    return (uint32_t)(rng_mix(source) % nat->config->addresses);
}

/* The next free port after the one given last, or NONE. */
static uint32_t take_port(struct nat *nat, struct outside *o)
{
    if (o->in_use == nat->config->ports)
        return NONE;
    while (o->taken[o->next / 64] >> (o->next % 64) & 1)
        o->next = (o->next + 1) % nat->config->ports;
    uint32_t port = o->next;
    o->taken[port / 64] |= 1ull << (port % 64);
    o->in_use++;
    o->next = (port + 1) % nat->config->ports;
    return port;
}

static void forget(struct nat *nat, struct flow *m)
{
    struct outside *o = &nat->outside[m->to];

    o->taken[m->port / 64] &= ~(1ull << (m->port % 64));
    o->in_use--;
    *m = (struct flow){ .to = NONE };
}

static void rewrite(struct req *r, uint32_t address, uint32_t port)
{
    r->source = FIRST_ADDRESS + address;
    r->port = (uint16_t)(FIRST_PORT + port);
}

static void send_on(struct nat *nat, struct sim *sim, struct req *r)
{
    uint32_t to = r->conn != NONE ? sim_conn(sim, r->conn)->to
                                  : nat->to.first + (uint32_t)(rng_mix(r->luck) % nat->to.count);

    sim_forward(sim, &nat->to.link, to, r);
}

/* A forgotten connection would come out with another port: its other end does not know it. */
static void translate(struct nat *nat, struct sim *sim, struct req *r)
{
    if (r->conn == NONE) {
        rewrite(r, address_of(nat, r->source), 0);
        send_on(nat, sim, r);
        return;
    }
    struct flow *m = conntrack_at(&nat->mappings, r->conn);
    if (m->to == NONE) {
        sim_answer(sim, r, STATUS_RESET);
        return;
    }
    m->used = sim->now;
    rewrite(r, m->to, m->port);
    send_on(nat, sim, r);
}

static void open_mapping(struct nat *nat, struct sim *sim, struct req *r)
{
    uint32_t address = address_of(nat, r->source);
    struct flow *m = conntrack_at(&nat->mappings, r->conn);

    if (m->to != NONE && !r->is_orphan) {
        translate(nat, sim, r);     /* a further round trip of its handshake */
        return;
    }
    uint32_t port = take_port(nat, &nat->outside[address]);
    if (port == NONE) {
        sim_answer(sim, r, STATUS_REFUSED);
        return;
    }
    *m = (struct flow){ .to = address, .port = port, .used = sim->now };
    if (nat->config->timeout > 0)
        m->timer = sim_wake(sim, &nat->node, nat->config->timeout, r->conn);
    rewrite(r, address, port);
    send_on(nat, sim, r);
}

static void close_mapping(struct nat *nat, struct sim *sim, struct req *r)
{
    struct flow *m = conntrack_at(&nat->mappings, r->conn);

    if (m->to != NONE)
        forget(nat, m);
    send_on(nat, sim, r);
}

static void nat_request(struct node *n, struct sim *sim, struct req *r)
{
    struct nat *nat = (struct nat *)n;

    switch ((enum message)r->what) {
    case MSG_OPEN:
        open_mapping(nat, sim, r);
        break;
    case MSG_ASK:
        translate(nat, sim, r);
        break;
    case MSG_CLOSE:
        close_mapping(nat, sim, r);
        break;
    case MSG_CANCEL:
        send_on(nat, sim, r);
        break;
    case MSG_PROBE:
    case MSG_FREE:
        break;
    }
}

/* An idle mapping ends; one that was used meanwhile is looked at again when its time would come. */
static void nat_timer(struct node *n, struct sim *sim, uint32_t conn, uint64_t token)
{
    struct nat *nat = (struct nat *)n;
    struct flow *m = conntrack_at(&nat->mappings, conn);

    if (m->to == NONE || m->timer != token)
        return;
    nsec ends = m->used + nat->config->timeout;
    if (ends <= sim->now)
        forget(nat, m);
    else
        m->timer = sim_wake_at(sim, n, ends, conn);
}

static bool nat_is_waiting(struct node *n, struct sim *sim, uint32_t conn, uint64_t token)
{
    (void)sim;
    return conntrack_at(&((struct nat *)n)->mappings, conn)->timer == token;
}

static void nat_destroy(struct node *n)
{
    struct nat *nat = (struct nat *)n;

    for (uint32_t i = 0; i < nat->config->addresses; i++)
        free(nat->outside[i].taken);
    free(nat->outside);
    conntrack_fini(&nat->mappings);
    free(nat);
}

static const struct node_ops nat_ops = {
    .kind       = "nat",
    .request    = nat_request,
    .timer      = nat_timer,
    .is_waiting = nat_is_waiting,
    .destroy    = nat_destroy,
};

struct node *nat_new(struct sim *sim, uint32_t id, const struct nat_config *c,
                     const struct tier *to)
{
    struct nat *nat = xcalloc(1, sizeof *nat);

    *nat = (struct nat){ .node.ops = &nat_ops, .config = c, .to = *to };
    nat->outside = xcalloc(c->addresses, sizeof *nat->outside);
    for (uint32_t i = 0; i < c->addresses; i++)
        nat->outside[i].taken = xcalloc(c->ports / 64 + 1, sizeof(uint64_t));
    conntrack_init(&nat->mappings);
    if (c->timeout > 0)
        evq_lane_new(&sim->queue, c->timeout);
    sim_put_node(sim, &nat->node, id, "nat");
    return &nat->node;
}
