/* path.c - packets get lost between clients and the first hop, both ways.
 *
 * On a TCP connection all is delivered in order, so that what comes behind a loss waits for it
 * (head-of-line blocking); on QUIC each stream is a message of its own; a datagram is gone. */
#include "path.h"

#include <stdlib.h>

#include "../base/xalloc.h"

enum way { UP, DOWN };

struct path {
    struct node node;
    const struct loss_config *loss;
    uint32_t nat;                   /* node id, or NONE */
};

/* ---- how long a message is held ---- */

static struct rng luck_of(const struct req *r, enum way way)
{
    return rng_from(rng_mix(r->luck + r->attempt) ^ ((uint64_t)way << 32 | r->what)
                    ^ 0x6c6f7373ull << 33);                             /* "loss" */
}

static enum loss_law law_of(const struct conn *c)
{
    return c->kind == CONN_TCP ? LOSS_TCP : LOSS_QUIC;
}

static uint32_t packets_of(const struct req *r, const struct conn *c, enum way way)
{
    uint32_t bytes = way == UP ? r->request_bytes : r->reply_bytes;

    return r->what == MSG_ASK ? loss_packets(law_of(c), bytes) : 1;
}

/* When all of a message that comes now is there, by losses of its own. */
static nsec arrival(const struct path *p, struct sim *sim, const struct req *r,
                    const struct conn *c, enum way way)
{
    struct rng g = luck_of(r, way);
    nsec late = loss_delay(p->loss, law_of(c), c->rtt, packets_of(r, c, way), &g);

    meter_tally(&sim->meter, TALLY_LOSSES, late > 0);
    return sim->now + late;
}

/* In order: not before all that came before it.  On QUIC only its handshake is before all else. */
static nsec delivery(struct sim *sim, const struct req *r, struct conn *c, enum way way, nsec at)
{
    nsec before = c->ordered[way];

    if (before > at)
        meter_tally(&sim->meter, TALLY_BLOCKED, r->what == MSG_ASK);
    at = before > at ? before : at;
    if (c->kind == CONN_TCP || r->what == MSG_OPEN)
        c->ordered[way] = at;
    if (way == UP && at > c->last_up)
        c->last_up = at;
    return at;
}

static nsec held(const struct path *p, struct sim *sim, struct req *r, enum way way)
{
    struct conn *c = sim_conn(sim, r->conn);
    nsec time = delivery(sim, r, c, way, arrival(p, sim, r, c, way)) - sim->now;

    if (r->what == MSG_OPEN && c->rtt == 0)
        c->lost += time;
    sim_spend(sim, r, PART_NETWORK, time);
    return time;
}

/* ---- messages ---- */

static void send_on(const struct path *p, struct sim *sim, struct req *r, nsec time)
{
    uint32_t to = p->nat != NONE ? p->nat : sim_conn(sim, r->conn)->to;

    if (time > 0)
        evq_push(&sim->queue, sim->now + time, to, EVQ_REQUEST, r->id);
    else
        sim->node[to]->ops->request(sim->node[to], sim, r);
}

static bool is_datagram_lost(const struct path *p, const struct sim *sim, const struct req *r,
                             enum way way)
{
    const struct conn *c = sim_conn(sim, r->conn);
    struct rng g = luck_of(r, way);

    return c->kind == CONN_DATAGRAMS && loss_strikes(p->loss, packets_of(r, c, way), &g);
}

static void take_request(struct path *p, struct sim *sim, struct req *r)
{
    bool is_datagram = sim_conn(sim, r->conn)->kind == CONN_DATAGRAMS;

    if (is_datagram && is_datagram_lost(p, sim, r, UP)) {
        sim_answer(sim, r, STATUS_RESET);
        return;
    }
    nsec time = is_datagram ? 0 : held(p, sim, r, UP);
    sim_via(sim, &p->node, r);
    send_on(p, sim, r, time);
}

/* What ends a connection, or follows a request, comes behind all that is still on its way. */
static nsec rest_of_way(const struct sim *sim, const struct req *r)
{
    nsec last = sim_conn(sim, r->conn)->last_up;

    return last > sim->now ? last - sim->now : 0;
}

static void path_request(struct node *n, struct sim *sim, struct req *r)
{
    struct path *p = (struct path *)n;

    switch ((enum message)r->what) {
    case MSG_OPEN:
    case MSG_ASK:
        take_request(p, sim, r);
        break;
    case MSG_CLOSE:
    case MSG_CANCEL:
        send_on(p, sim, r, rest_of_way(sim, r));
        break;
    case MSG_PROBE:
    case MSG_FREE:
        break;
    }
}

/* The connection of an orphan may be another one by now. */
static void path_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    struct path *p = (struct path *)n;

    r->conn = me->conn;
    if (r->is_orphan)
        sim_reply(sim, r);
    else if (sim_conn(sim, r->conn)->kind != CONN_DATAGRAMS)
        sim_reply_held(sim, r, held(p, sim, r, DOWN));
    else
        sim_answer(sim, r, is_datagram_lost(p, sim, r, DOWN) ? STATUS_RESET
                                                             : (enum status)r->status);
}

/* ---- making and ending ---- */

static void path_destroy(struct node *n)
{
    free(n);
}

static const struct node_ops path_ops = {
    .kind    = "path",
    .request = path_request,
    .reply   = path_reply,
    .destroy = path_destroy,
};

bool path_is_wanted(const struct client_config *c)
{
    return c->path.share > 0;
}

struct node *path_new(struct sim *sim, uint32_t id, const struct client_config *c, uint32_t nat)
{
    struct path *p = xcalloc(1, sizeof *p);

    *p = (struct path){ .node.ops = &path_ops, .loss = &c->path, .nat = nat };
    sim_put_node(sim, &p->node, id, c->name);
    return &p->node;
}
