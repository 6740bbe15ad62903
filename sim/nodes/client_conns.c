/* client_conns.c - the connections of a group of clients: opened when requests wait, shared by
 * streams, closed when spent, given up when nobody waits. */
#include "client.h"

/* It waited since this attempt began; as far as this connection's TLS handshake took part of that, it was
 * TLS. */
static void tell_wait(const struct sim *sim, struct req *r, const struct conn *c)
{
    nsec began = r->via[0].sent;
    nsec since = c->tls_since > began ? c->tls_since : began;
    nsec tls = c->tls_since != NEVER && c->tls_until > since ? c->tls_until - since : 0;

    sim_spend(sim, r, PART_TLS, tls);
    sim_spend(sim, r, PART_CONNECT, sim->now - began - tls);
}

static void launch(struct client *c, struct sim *sim, struct req *r, uint32_t id)
{
    struct hop *me = &r->via[0];
    struct conn *conn = sim_conn(sim, id);
    struct link l = client_way(c, r->client);

    conn->streams++;
    tell_wait(sim, r, conn);
    me->conn = r->conn = id;
    me->peer = conn->to;
    r->source = conn->source;
    r->port = conn->port;
    sim_post(sim, &l, client_first_hop(c, sim, r), r);
}

static void close_conn(struct client *c, struct sim *sim, uint32_t id)
{
    struct req *r = sim_new(sim, MSG_CLOSE);
    struct link l = client_way(c, sim_conn(sim, id)->client);

    r->conn = id;
    r->luck = rng_mix(r->serial);
    sim_post(sim, &l, client_first_hop(c, sim, r), r);
}

/* TCP's handshake, or a further round trip of TLS's. */
static void send_open(struct client *c, struct sim *sim, uint32_t id, uint64_t luck)
{
    struct req *r = sim_new(sim, MSG_OPEN);
    const struct conn *conn = sim_conn(sim, id);
    struct link l = client_way(c, conn->client);

    r->luck = luck;
    r->client = conn->client;
    r->conn = id;
    r->source = conn->source;
    r->port = conn->port;
    struct hop *me = sim_via(sim, &c->node, r);
    if (c->config->timeout > 0)
        me->timer = sim_wake(sim, &c->node, c->config->timeout, r->root);
    sim_post(sim, &l, client_first_hop(c, sim, r), r);
}

static void open_conn(struct client *c, struct sim *sim, uint32_t client)
{
    uint32_t id = connpool_open(&c->pool, sim, client);
    struct conn *conn = sim_conn(sim, id);

    sim->meter.record.connections++;
    meter_tally(&sim->meter, TALLY_CONNECTIONS_OPENED, 1);
    uint64_t luck = rng_mix(c->salt ^ rng_mix(sim->meter.record.connections));
    conn->to = client_instance(c, luck);
    conn->source = c->person[client].address;
    conn->port = (uint16_t)(32768 + sim->meter.record.connections % 28232);
    send_open(c, sim, id, luck);
}

/* Waiting requests go onto connections with room, spent connections are closed, and what still
 * waits may be reason enough for a new one. */
static void pump(struct client *c, struct sim *sim, uint32_t client)
{
    struct req *r;
    uint32_t id;

    while ((id = connpool_take_spent(&c->pool, sim, client)) != NONE)
        close_conn(c, sim, id);
    while ((r = connpool_first_waiting(&c->pool, client)) != NULL
           && (id = connpool_find(&c->pool, sim, client)) != NONE) {
        connpool_unwait(&c->pool, r);
        launch(c, sim, r, id);
    }
    while (connpool_wants_more(&c->pool, client))
        open_conn(c, sim, client);
}

void client_conns_stop_waiting(struct client *c, struct sim *sim, struct req *r, enum status status)
{
    connpool_unwait(&c->pool, r);
    r->depth = 0;
    if (client_retry(c, sim, r, status, r->via[0].tries))
        return;
    client_finish(c, sim, r, status);
    sim_free(sim, r);
}

/* A connection that could not be had is the failure of the request that waited longest. */
static void fail_first_waiting(struct client *c, struct sim *sim, uint32_t client,
                               enum status status)
{
    struct req *r = connpool_first_waiting(&c->pool, client);

    if (r != NULL)
        client_conns_stop_waiting(c, sim, r, status);
}

static void shake_on(struct client *c, struct sim *sim, const struct req *open)
{
    struct conn *conn = sim_conn(sim, open->conn);

    if (conn->tls_since == NEVER)
        conn->tls_since = sim->now;
    send_open(c, sim, open->conn, rng_mix(open->luck));
}

void client_conns_answered(struct client *c, struct sim *sim, const struct req *open)
{
    uint32_t client = open->client;

    if (open->status == STATUS_OK && sim_conn(sim, open->conn)->rounds > 0) {
        shake_on(c, sim, open);
        return;
    }
    if (open->status == STATUS_OK) {
        sim_conn(sim, open->conn)->tls_until = sim->now;
        connpool_opened(&c->pool, sim, open->conn);
    } else {
        connpool_drop(&c->pool, sim, open->conn);
        close_conn(c, sim, open->conn);
        fail_first_waiting(c, sim, client, open->status);
    }
    pump(c, sim, client);
}

void client_conns_release(struct client *c, struct sim *sim, const struct req *r, uint32_t id)
{
    struct conn *conn = sim_conn(sim, id);

    conn->streams--;
    conn->served++;
    if (r->status == STATUS_RESET)
        conn->is_broken = true;
    pump(c, sim, r->client);
}

void client_conns_ask(struct client *c, struct sim *sim, struct req *r)
{
    connpool_wait(&c->pool, r);
    pump(c, sim, r->client);
}

/* ---- giving up ---- */

/* HTTP/1.1 and plain TCP have no other way to call a request off than to close. */
void client_conns_abandon(struct client *c, struct sim *sim, uint32_t client, uint32_t id)
{
    struct conn *conn = sim_conn(sim, id);

    conn->streams--;
    conn->served++;
    if (c->config->protocol != PROTOCOL_H2)
        conn->expires = sim->now;
    pump(c, sim, client);
}

void client_conns_abandon_open(struct client *c, struct sim *sim, struct req *r)
{
    uint32_t client = r->client, id = r->via[0].conn;

    r->via[0].timer = 0;
    r->is_orphan = true;
    connpool_drop(&c->pool, sim, id);
    close_conn(c, sim, id);
    pump(c, sim, client);
}
