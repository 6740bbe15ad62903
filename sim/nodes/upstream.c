/* upstream.c - the connections of one l7 instance to one peer: opened when requests wait, kept
 * alive, shared by streams, closed when old or idle.  What passes unread (tunnels, checks)
 * has none of them. */
#include "upstream.h"

#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/connpool.h"

struct upstream {
    struct node node;
    const struct upstream_config *config;
    uint32_t to;
    struct link link;
    struct connpool pool;           /* of one client */
    uint32_t opened;
};

/* hop.peer of our frame: still waits for a connection; no longer counted on one.  Else: on it. */
enum { WAITS = NONE - 1, IS_OVER = NONE };

/* ---- connections ---- */

static void close_conn(struct upstream *u, struct sim *sim, uint32_t id)
{
    struct req *r = sim_new(sim, MSG_CLOSE);

    r->conn = id;
    r->luck = rng_mix(r->serial);
    sim_post(sim, &u->link, u->to, r);
}

static void send_open(struct upstream *u, struct sim *sim, uint32_t id, uint64_t luck)
{
    struct req *r = sim_new(sim, MSG_OPEN);
    const struct conn *c = sim_conn(sim, id);

    r->luck = luck;
    r->conn = id;
    r->source = c->source;
    r->port = c->port;
    sim_via(sim, &u->node, r)->sent = sim->now;
    sim_post(sim, &u->link, u->to, r);
}

static void open_conn(struct upstream *u, struct sim *sim)
{
    uint32_t id = connpool_open(&u->pool, sim, 0), nth = u->opened++;
    struct conn *c = sim_conn(sim, id);

    meter_tally(&sim->meter, TALLY_UPSTREAM_OPENED, 1);
    c->to = u->to;
    c->source = 0x0a000000u + u->node.id;                               /* 10.0.0.0/8, RFC 1918 */
    c->port = (uint16_t)(32768 + nth % 28232);
    send_open(u, sim, id, rng_mix(sim->seed ^ rng_mix((uint64_t)u->node.id << 32 | nth)));
}

static void launch(struct upstream *u, struct sim *sim, struct req *r, uint32_t id)
{
    struct hop *me = sim_frame(r, u->node.id);
    struct conn *c = sim_conn(sim, id);

    c->streams++;
    connpool_tell_wait(sim, r, c, me->sent);
    me->peer = r->conn = id;
    sim_post(sim, &u->link, u->to, r);
}

static void launch_waiting(struct upstream *u, struct sim *sim)
{
    struct req *r;
    uint32_t id;

    while ((r = connpool_first_waiting(&u->pool, 0)) != NULL
           && (id = connpool_find(&u->pool, sim, 0)) != NONE) {
        connpool_unwait(&u->pool, 0, r);
        launch(u, sim, r, id);
    }
}

static void pump(struct upstream *u, struct sim *sim)
{
    uint32_t id;

    while ((id = connpool_take_spent(&u->pool, sim, 0)) != NONE)
        close_conn(u, sim, id);
    launch_waiting(u, sim);
    while (connpool_wants_more(&u->pool, 0))
        open_conn(u, sim);
}

static void release(struct upstream *u, struct sim *sim, uint32_t id)
{
    connpool_end_stream(sim, id);
    pump(u, sim);
    connpool_watch(&u->pool, sim, &u->node, id, id);
}

/* ---- the answer to an OPEN ---- */

/* A connection that could not be had is the failure of the request that waited longest. */
static void fail_first_waiting(struct upstream *u, struct sim *sim, enum status status)
{
    struct req *r = connpool_first_waiting(&u->pool, 0);

    if (r == NULL)
        return;
    struct hop *me = sim_frame(r, u->node.id);
    connpool_unwait(&u->pool, 0, r);
    sim_spend(sim, r, PART_CONNECT, sim->now - me->sent);
    me->peer = IS_OVER;
    sim_answer(sim, r, status);
}

static void take_connection(struct upstream *u, struct sim *sim, uint32_t id)
{
    sim_conn(sim, id)->tls_until = sim->now;
    connpool_opened(&u->pool, sim, id);
    connpool_watch(&u->pool, sim, &u->node, id, id);
}

static void opened(struct upstream *u, struct sim *sim, const struct req *open, nsec sent)
{
    struct conn *c = sim_conn(sim, open->conn);

    if (c->rtt == 0)
        c->rtt = sim->now - sent;
    if (open->status == STATUS_OK && c->rounds > 0) {
        c->tls_since = c->tls_since == NEVER ? sim->now : c->tls_since;
        send_open(u, sim, open->conn, rng_mix(open->luck));
        return;
    }
    if (open->status == STATUS_OK) {
        take_connection(u, sim, open->conn);
    } else {
        connpool_drop(&u->pool, sim, open->conn);
        close_conn(u, sim, open->conn);
        fail_first_waiting(u, sim, (enum status)open->status);
    }
    pump(u, sim);
}

/* ---- messages ---- */

static void ask(struct upstream *u, struct sim *sim, struct req *r)
{
    struct hop *me = sim_via(sim, &u->node, r);

    me->peer = WAITS;
    me->sent = sim->now;
    connpool_wait(&u->pool, 0, r);
    pump(u, sim);
}

/* HTTP/1.1 has no other way to call a request off than to close. */
static void call_off(struct upstream *u, struct sim *sim, struct hop *me, struct req *cancel)
{
    uint32_t id = me->peer;

    me->peer = IS_OVER;
    cancel->conn = id;
    sim_post(sim, &u->link, u->to, cancel);
    if (u->config->protocol == PROTOCOL_H1)
        sim_conn(sim, id)->expires = sim->now;
    release(u, sim, id);
}

static void stop_waiting(struct upstream *u, struct sim *sim, struct req *r, struct hop *me)
{
    connpool_unwait(&u->pool, 0, r);
    sim_spend(sim, r, PART_CONNECT, sim->now - me->sent);
    me->peer = IS_OVER;
    sim_answer(sim, r, STATUS_CANCELLED);
}

static void take_cancel(struct upstream *u, struct sim *sim, struct req *cancel)
{
    struct req *r = sim_cancel_target(sim, cancel);
    struct hop *me = r != NULL ? sim_frame(r, u->node.id) : NULL;

    if (me != NULL && me->peer < WAITS) {
        call_off(u, sim, me, cancel);
        return;
    }
    sim_free(sim, cancel);
    if (me != NULL && me->peer == WAITS)
        stop_waiting(u, sim, r, me);
    else if (r != NULL && me == NULL)
        r->is_cancelled = true;
}

static void upstream_request(struct node *n, struct sim *sim, struct req *r)
{
    struct upstream *u = (struct upstream *)n;

    if (r->conn != NONE || r->what == MSG_PROBE)
        sim_forward(sim, &u->link, u->to, r);
    else if (r->what == MSG_ASK)
        ask(u, sim, r);
    else
        take_cancel(u, sim, r);
}

static void upstream_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    struct upstream *u = (struct upstream *)n;
    uint32_t id = me->peer;

    if (r->what == MSG_OPEN) {
        opened(u, sim, r, me->sent);
        sim_free(sim, r);
        return;
    }
    r->conn = me->conn;
    if (id < WAITS) {
        if (r->status == STATUS_RESET)
            sim_conn(sim, id)->is_broken = true;
        release(u, sim, id);
    }
    sim_reply(sim, r);
}

static void upstream_timer(struct node *n, struct sim *sim, uint32_t id, uint64_t token)
{
    struct upstream *u = (struct upstream *)n;

    if (sim_conn(sim, id)->timer == token && connpool_is_due(&u->pool, sim, n, id, id))
        close_conn(u, sim, id);
}

static bool upstream_is_waiting(struct node *n, struct sim *sim, uint32_t id, uint64_t token)
{
    (void)n;
    return sim_conn(sim, id)->timer == token;
}

/* ---- making and ending ---- */

static void upstream_destroy(struct node *n)
{
    connpool_fini(&((struct upstream *)n)->pool);
    free(n);
}

static const struct node_ops upstream_ops = {
    .kind       = "upstream",
    .request    = upstream_request,
    .reply      = upstream_reply,
    .timer      = upstream_timer,
    .is_waiting = upstream_is_waiting,
    .destroy    = upstream_destroy,
};

struct node *upstream_new(struct sim *sim, uint32_t id, const struct balancer_config *b,
                          uint32_t to, const struct link *link)
{
    const struct upstream_config *c = &b->upstream;
    struct upstream *u = xcalloc(1, sizeof *u);
    struct connpool_config pool = {
        .connections = c->protocol == PROTOCOL_H2 && c->connections == 0 ? 1 : c->connections,
        .streams = c->protocol == PROTOCOL_H2 ? c->max_streams : 1,
        .requests = c->requests_per_connection, .idle = c->idle_timeout,
        .age = c->max_connection_age.kind != NULL ? &c->max_connection_age : NULL,
    };

    *u = (struct upstream){ .node.ops = &upstream_ops, .config = c, .to = to, .link = *link };
    connpool_init(&u->pool, &pool, 1);
    sim_put_node(sim, &u->node, id, b->name);
    return &u->node;
}

const struct link *upstream_way(const struct node *n)
{
    return &((const struct upstream *)n)->link;
}
