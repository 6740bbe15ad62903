/* client_conns.c - the connections of a group of clients: opened when requests wait, shared by
 * streams, closed when spent, given up when nobody waits. */
#include "client.h"

/* Who holds connections for this request, as the pool counts: its client, or that client's host. */
static uint32_t holder_of(const struct client *c, const struct req *r)
{
    uint32_t host = c->host_of != NULL ? c->host_of[r->class - c->config->first_class] : 0;

    return r->client * c->hosts + host;
}

static uint32_t client_of(const struct client *c, const struct conn *conn)
{
    return conn->client / c->hosts;
}

static nsec time_at_address(const struct client *c, const struct sim *sim, const struct conn *conn)
{
    struct rng g = rng_from(rng_mix((uint64_t)conn->source << 32 | conn->port) ^ conn->moves);

    return sim->now + dist_draw(&c->config->migrate_every, &g);
}

/* Another network: address and port are new from the next packet on. */
static void migrate(struct client *c, struct sim *sim, struct conn *conn)
{
    uint64_t luck = rng_mix((uint64_t)conn->source << 32 | conn->port);

    conn->moves++;
    conn->source = (uint32_t)(luck >> 32);
    conn->port = (uint16_t)(32768 + (luck & 0xffff) % 28232);
    conn->moves_at = time_at_address(c, sim, conn);
    meter_tally(&sim->meter, TALLY_MIGRATIONS, 1);
}

static void launch(struct client *c, struct sim *sim, struct req *r, uint32_t id)
{
    struct hop *me = &r->via[0];
    struct conn *conn = sim_conn(sim, id);
    struct link l = client_way(c, r->client);

    conn->streams++;
    if (conn->moves_at <= sim->now)
        migrate(c, sim, conn);
    connpool_tell_wait(sim, r, conn, r->via[0].sent);
    me->conn = r->conn = id;
    me->peer = conn->to;
    r->source = conn->source;
    r->port = conn->port;
    sim_post(sim, &l, client_first_hop(c, sim, r), r);
}

/* Nobody hears of the end of datagrams: boxes on the way know the flow until it was idle for long
 * enough, so its id is never another's. */
static void close_conn(struct client *c, struct sim *sim, uint32_t id)
{
    if (sim_conn(sim, id)->kind == CONN_DATAGRAMS)
        return;
    struct req *r = sim_new(sim, MSG_CLOSE);
    struct link l = client_way(c, client_of(c, sim_conn(sim, id)));

    r->conn = id;
    r->luck = rng_mix(r->serial);
    sim_post(sim, &l, client_first_hop(c, sim, r), r);
}

/* TCP's handshake, or a further round trip of TLS's. */
static void send_open(struct client *c, struct sim *sim, uint32_t id, uint64_t luck)
{
    struct req *r = sim_new(sim, MSG_OPEN);
    const struct conn *conn = sim_conn(sim, id);
    uint32_t client = client_of(c, conn);
    struct link l = client_way(c, client);

    r->luck = luck;
    r->client = client;
    r->conn = id;
    r->source = conn->source;
    r->port = conn->port;
    struct hop *me = sim_via(sim, &c->node, r);
    me->sent = sim->now;
    if (c->config->timeout > 0)
        me->timer = sim_wake(sim, &c->node, c->config->timeout, r->root);
    sim_post(sim, &l, client_first_hop(c, sim, r), r);
}

static void set_kind(const struct client *c, const struct sim *sim, struct conn *conn)
{
    uint32_t protocol = c->config->protocol;

    conn->kind = protocol == PROTOCOL_H3 ? CONN_QUIC
               : protocol == PROTOCOL_UDP ? CONN_DATAGRAMS : CONN_TCP;
    conn->tunnel = protocol == PROTOCOL_WEBSOCKET ? TUNNEL_WAITS
                 : protocol == PROTOCOL_SESSION ? TUNNEL_STANDS : TUNNEL_NONE;
    if (c->config->migrate_every.kind != NULL)
        conn->moves_at = time_at_address(c, sim, conn);
}

static void is_open_now(struct client *c, struct sim *sim, uint32_t id)
{
    connpool_opened(&c->pool, sim, id);
    connpool_watch(&c->pool, sim, &c->node, id, CLIENT_CONN | id);
}

/* Requests go with its first packet: 0-RTT (RFC 8446), or there is no handshake at all. */
static bool is_early(const struct client *c, const struct conn *conn, uint64_t luck)
{
    struct rng g = rng_brief(luck ^ 0x302d727474);                      /* "0-rtt" */

    return conn->kind == CONN_DATAGRAMS || rng_uniform(&g) < c->config->zero_rtt;
}

/* Somebody waits for it. */
static void open_conn(struct client *c, struct sim *sim, uint32_t holder)
{
    uint32_t id = connpool_open(&c->pool, sim, holder);
    struct conn *conn = sim_conn(sim, id);

    meter_tally(&sim->meter, TALLY_CONNECTIONS_OPENED, 1);
    sim->opened++;
    uint64_t luck = rng_mix(c->salt ^ rng_mix(sim->opened));
    conn->to = client_instance(c, luck);
    conn->source = c->person[client_of(c, conn)].address;
    conn->class = connpool_first_waiting(&c->pool, holder)->class;
    conn->port = (uint16_t)(32768 + sim->opened % 28232);
    set_kind(c, sim, conn);
    if (conn->kind != CONN_DATAGRAMS)
        send_open(c, sim, id, luck);
    if (!is_early(c, conn, luck))
        return;
    conn->is_early = conn->kind != CONN_DATAGRAMS;
    is_open_now(c, sim, id);
}

static void launch_waiting(struct client *c, struct sim *sim, uint32_t holder)
{
    struct req *r;
    uint32_t id;

    while ((r = connpool_first_waiting(&c->pool, holder)) != NULL
           && (id = connpool_find(&c->pool, sim, holder)) != NONE) {
        connpool_unwait(&c->pool, holder, r);
        launch(c, sim, r, id);
    }
}

/* Waiting requests go onto connections with room, spent connections are closed, and what still
 * waits may be reason enough for a new one. */
static void pump(struct client *c, struct sim *sim, uint32_t holder)
{
    uint32_t id;

    while ((id = connpool_take_spent(&c->pool, sim, holder)) != NONE)
        close_conn(c, sim, id);
    launch_waiting(c, sim, holder);
    while (connpool_wants_more(&c->pool, holder)) {
        open_conn(c, sim, holder);
        launch_waiting(c, sim, holder);
    }
}

void client_conns_stop_waiting(struct client *c, struct sim *sim, struct req *r, enum status status)
{
    connpool_unwait(&c->pool, holder_of(c, r), r);
    r->depth = 0;
    if (client_retry(c, sim, r, status, r->via[0].tries))
        return;
    client_finish(c, sim, r, status);
    sim_free(sim, r);
}

/* A connection that could not be had is the failure of the request that waited longest. */
static void fail_first_waiting(struct client *c, struct sim *sim, uint32_t holder,
                               enum status status)
{
    struct req *r = connpool_first_waiting(&c->pool, holder);

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

/* "101 Switching Protocols", which the peer says (RFC 6455). */
static void upgrade(struct client *c, struct sim *sim, const struct req *open)
{
    sim_conn(sim, open->conn)->tunnel = TUNNEL_STANDS;
    send_open(c, sim, open->conn, rng_mix(open->luck));
}

/* An OPEN that requests did not wait for: they meet what became of it themselves. */
static void early_answered(struct client *c, struct sim *sim, const struct req *open)
{
    struct conn *conn = sim_conn(sim, open->conn);

    conn->is_early = false;
    conn->is_broken |= open->status != STATUS_OK;
    pump(c, sim, conn->client);
}

void client_conns_answered(struct client *c, struct sim *sim, const struct req *open)
{
    struct conn *conn = sim_conn(sim, open->conn);
    uint32_t holder = conn->client;

    if (conn->rtt == 0)
        conn->rtt = sim->now - open->via[0].sent - conn->lost;
    if (conn->state == CONN_OPEN) {
        early_answered(c, sim, open);
        return;
    }
    if (open->status == STATUS_OK && conn->rounds > 0) {
        shake_on(c, sim, open);
        return;
    }
    if (conn->tls_since != NEVER && conn->tls_until == NEVER)
        conn->tls_until = sim->now;
    if (open->status == STATUS_OK && conn->tunnel == TUNNEL_WAITS) {
        upgrade(c, sim, open);
        return;
    }
    if (open->status == STATUS_OK) {
        is_open_now(c, sim, open->conn);
    } else {
        connpool_drop(&c->pool, sim, open->conn);
        close_conn(c, sim, open->conn);
        fail_first_waiting(c, sim, holder, open->status);
    }
    pump(c, sim, holder);
}

void client_conns_release(struct client *c, struct sim *sim, const struct req *r, uint32_t id)
{
    connpool_end_stream(sim, id);
    if (r->status == STATUS_RESET)
        sim_conn(sim, id)->is_broken = true;
    pump(c, sim, sim_conn(sim, id)->client);
    connpool_watch(&c->pool, sim, &c->node, id, CLIENT_CONN | id);
}

void client_conns_ask(struct client *c, struct sim *sim, struct req *r)
{
    uint32_t holder = holder_of(c, r);

    connpool_wait(&c->pool, holder, r);
    pump(c, sim, holder);
}

/* ---- giving up ---- */

/* HTTP/1.1 and plain TCP have no other way to call a request off than to close. */
void client_conns_abandon(struct client *c, struct sim *sim, uint32_t id)
{
    connpool_end_stream(sim, id);
    if (c->config->protocol == PROTOCOL_TCP || c->config->protocol == PROTOCOL_H1)
        sim_conn(sim, id)->expires = sim->now;
    pump(c, sim, sim_conn(sim, id)->client);
    connpool_watch(&c->pool, sim, &c->node, id, CLIENT_CONN | id);
}

void client_conns_abandon_open(struct client *c, struct sim *sim, struct req *r)
{
    uint32_t id = r->via[0].conn, holder = sim_conn(sim, id)->client;

    r->via[0].timer = 0;
    r->is_orphan = true;
    if (sim_conn(sim, id)->state == CONN_OPEN) {
        sim_conn(sim, id)->is_broken = true;
        sim_conn(sim, id)->is_early = false;
        pump(c, sim, holder);
        return;
    }
    connpool_drop(&c->pool, sim, id);
    close_conn(c, sim, id);
    pump(c, sim, holder);
}

/* ---- idle and old connections ---- */

void client_conns_timer(struct client *c, struct sim *sim, uint32_t id, uint64_t token)
{
    if (sim_conn(sim, id)->timer == token
        && connpool_is_due(&c->pool, sim, &c->node, id, CLIENT_CONN | id))
        close_conn(c, sim, id);
}
