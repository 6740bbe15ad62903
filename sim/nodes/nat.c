/* nat.c - source address translation: many clients behind few addresses.
 *
 * A client keeps one outside address (paired pooling, RFC 4787) or not, each connection gets a
 * port, of all of the address or of the client's own block (RFC 7422); a mapping that was idle too
 * long is forgotten, and the connection with it.  All go to one destination: a port serves one
 * connection at a time, and after its CLOSE none until TIME_WAIT is over. */
#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/conntrack.h"
#include "../parts/linger.h"
#include "nodes.h"

enum { FIRST_PORT = 1024 };

#define FIRST_ADDRESS 0xcb007101u   /* 203.0.113.1, RFC 5737 */

struct nat {
    struct node node;
    const struct nat_config *config;
    struct tier to;
    struct conntrack mappings;      /* flow.to: number of the outside address; flow.port */
    struct outside { uint32_t in_use, next; uint64_t *taken; } *outside;    /* [addresses] */
    uint32_t *next_of;              /* block > 0, [clients so far]: port looked at next */
    uint32_t clients;
    struct linger ended;            /* mappings after their CLOSE: address * 65536 + port */
};

/* ---- ports ---- */

/* Those that a mapping may have: first .. first + count - 1, and where to begin to look. */
struct ports { uint32_t first, count, *next; };

static uint32_t *next_of(struct nat *nat, uint32_t client)
{
    uint32_t old = nat->clients;

    if (client >= old) {
        nat->clients = client < 64 ? 128 : 2 * client;
        nat->next_of = xrealloc(nat->next_of, nat->clients, sizeof *nat->next_of);
        for (uint32_t i = old; i < nat->clients; i++)
            nat->next_of[i] = 0;
    }
    return &nat->next_of[client];
}

static struct ports ports_of(struct nat *nat, struct outside *o, uint32_t client)
{
    const struct nat_config *c = nat->config;

    if (c->block == 0)
        return (struct ports){ 0, c->ports, &o->next };
    return (struct ports){ client % (c->ports / c->block) * c->block, c->block,
                           next_of(nat, client) };
}

/* Blocks are dealt out address by address; else it is a matter of the client's own address, or, not
 * paired, of each connection's. */
static uint32_t address_of(const struct nat *nat, const struct req *r)
{
    const struct nat_config *c = nat->config;

    if (c->block > 0)
        return r->client / (c->ports / c->block) % c->addresses;
    uint64_t whose = c->pooling == NAT_PAIRED ? r->source : r->source ^ r->luck << 32;

    return (uint32_t)(rng_mix(whose) % c->addresses);
}

static bool is_taken(const struct outside *o, uint32_t port)
{
    return o->taken[port / 64] >> (port % 64) & 1;
}

/* The next free port after the one given last, or NONE. */
static uint32_t take_port(struct outside *o, const struct ports *p)
{
    uint32_t tries = 0, port;

    do {
        port = p->first + *p->next;
        *p->next = (*p->next + 1) % p->count;
    } while (is_taken(o, port) && ++tries < p->count);
    if (tries == p->count)
        return NONE;
    o->taken[port / 64] |= 1ull << (port % 64);
    o->in_use++;
    return port;
}

static void give_port(struct nat *nat, uint32_t address, uint32_t port)
{
    struct outside *o = &nat->outside[address];

    o->taken[port / 64] &= ~(1ull << (port % 64));
    o->in_use--;
}

static void end_time_wait(struct nat *nat, nsec now)
{
    for (uint64_t ended; linger_next(&nat->ended, now, &ended);)
        give_port(nat, (uint32_t)(ended >> 16), ended & 0xffff);
}

/* ---- messages ---- */

static void forget(struct nat *nat, struct flow *m)
{
    give_port(nat, m->to, m->port);
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

static uint32_t take_any_port(struct nat *nat, struct sim *sim, uint32_t client, uint32_t address)
{
    struct outside *o = &nat->outside[address];
    struct ports p = ports_of(nat, o, client);

    end_time_wait(nat, sim->now);
    uint32_t port = o->in_use < nat->config->ports ? take_port(o, &p) : NONE;
    if (port == NONE)
        meter_tally(&sim->meter, TALLY_NAT_EXHAUSTED, 1);
    meter_tally_max(&sim->meter, TALLY_NAT_PORTS_MAX, o->in_use);
    return port;
}

/* false: there is no port left. */
static bool map(struct nat *nat, struct sim *sim, const struct req *r, struct flow *m)
{
    uint32_t address = address_of(nat, r);
    uint32_t port = take_any_port(nat, sim, r->client, address);

    if (port == NONE)
        return false;
    *m = (struct flow){ .to = address, .port = port, .used = sim->now };
    if (nat->config->timeout > 0)
        m->timer = sim_wake(sim, &nat->node, nat->config->timeout, r->conn);
    return true;
}

/* A forgotten connection would come out with another port: its other end does not know it. */
static void translate(struct nat *nat, struct sim *sim, struct req *r)
{
    if (r->conn == NONE) {
        rewrite(r, address_of(nat, r), 0);
        send_on(nat, sim, r);
        return;
    }
    struct flow *m = conntrack_at(&nat->mappings, r->conn);
    if (m->to == NONE) {
        if (!r->is_orphan)
            sim_break_conn(sim, r->conn);
        sim_answer(sim, r, STATUS_RESET);
        return;
    }
    m->used = sim->now;
    rewrite(r, m->to, m->port);
    send_on(nat, sim, r);
}

static void open_mapping(struct nat *nat, struct sim *sim, struct req *r)
{
    struct flow *m = conntrack_at(&nat->mappings, r->conn);

    if (m->to != NONE && !r->is_orphan) {
        translate(nat, sim, r);     /* a further round trip of its handshake */
        return;
    }
    if (r->is_orphan || !map(nat, sim, r, m)) {     /* its CLOSE may have come first */
        sim_answer(sim, r, STATUS_REFUSED);
        return;
    }
    rewrite(r, m->to, m->port);
    send_on(nat, sim, r);
}

/* Its port stays taken for a while, so that no late packet of it meets another connection. */
static void close_mapping(struct nat *nat, struct sim *sim, struct req *r)
{
    struct flow *m = conntrack_at(&nat->mappings, r->conn);

    if (m->to != NONE && nat->config->time_wait > 0) {
        linger_add(&nat->ended, sim->now + nat->config->time_wait,
                   (uint64_t)m->to << 16 | m->port);
        *m = (struct flow){ .to = NONE };
    } else if (m->to != NONE) {
        forget(nat, m);
    }
    send_on(nat, sim, r);
}

/* Any of them makes a mapping: no OPEN comes before. */
static bool is_datagram(const struct sim *sim, const struct req *r)
{
    return r->conn != NONE && sim_conn(sim, r->conn)->kind == CONN_DATAGRAMS;
}

static void nat_request(struct node *n, struct sim *sim, struct req *r)
{
    struct nat *nat = (struct nat *)n;

    switch ((enum message)r->what) {
    case MSG_OPEN:
        open_mapping(nat, sim, r);
        break;
    case MSG_ASK:
        if (is_datagram(sim, r))
            open_mapping(nat, sim, r);
        else
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
    free(nat->next_of);
    linger_fini(&nat->ended);
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
