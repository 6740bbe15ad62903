/* client.c - a group of clients: they ask, wait, give up, and keep connections.
 *
 * Latency counts from when a request should have started, waiting for a connection included, so
 * that a slow system cannot slow down its own measurement (coordinated omission). */
#include <stdlib.h>
#include <strings.h>

#include "../base/xalloc.h"
#include "client.h"

/* ---- the way to the first balancer ---- */

static nsec one_way(const struct client *c, uint32_t client)
{
    struct rng g = rng_from(rng_mix(c->salt ^ client) ^ 0x727474);      /* "rtt" */

    return dist_draw(&c->config->rtt, &g) / 2;
}

struct link client_way(const struct client *c, uint32_t client)
{
    struct link l = c->to.link;

    if (c->is_rtt_random) {
        l.delay += one_way(c, client);
        l.lane = NONE;
    }
    return l;
}

/* A warm client has a connection to every instance; its luck says which serves the request. */
uint32_t client_instance(const struct client *c, uint64_t luck)
{
    return c->to.count == 1 ? c->to.first
                            : c->to.first + (uint32_t)(rng_mix(luck) % c->to.count);
}

uint32_t client_first_hop(const struct client *c, const struct sim *sim, const struct req *r)
{
    if (c->nat != NONE)
        return c->nat;
    return r->conn != NONE ? sim_conn(sim, r->conn)->to : client_instance(c, r->luck);
}

/* ---- the end of a request ---- */

static bool is_enough(const struct quota *q)
{
    return q->born >= q->wanted;
}

static void check_done(const struct client *c, struct sim *sim)
{
    if (sim->meter.open == 0 && (is_enough(c->quota) || c->quota->sources == 0))
        sim->is_done = true;
}

static void think(struct client *c, struct sim *sim, uint32_t client, uint64_t luck)
{
    struct rng g = rng_from(luck ^ 0x7468696e6bull);                    /* "think" */

    sim_wake(sim, &c->node, dist_draw(&c->config->arrival.think, &g), CLIENT_ASKS | client);
}

static void tell_account(struct sim *sim, const struct req *r)
{
    if (sim->keeps_account)
        meter_spent(&sim->meter, r->slice, r->spent);
    else
        meter_served(&sim->meter, sim->now - r->born, r->slice, r->got + r->work);
}

void client_finish(struct client *c, struct sim *sim, struct req *r, enum status status)
{
    if (status == STATUS_OK)
        tell_account(sim, r);
    meter_ended(&sim->meter, sim->now, r->born, r->slice, status);
    if (c->is_closed_loop)
        think(c, sim, r->client, r->luck);
    if (sim->meter.open == 0)
        check_done(c, sim);
}

/* ---- requests ---- */

static void send_request(struct client *c, struct sim *sim, struct req *r)
{
    if (!client_is_warm(c)) {
        client_conns_ask(c, sim, r);
        return;
    }
    uint32_t to = client_first_hop(c, sim, r);

    r->via[0].peer = to;
    if (!c->is_rtt_random) {
        sim_forward(sim, &c->to.link, to, r);
        return;
    }
    struct link l = client_way(c, r->client);
    sim_forward(sim, &l, to, r);
}

/* A session is a client's run of requests with one key; without keys of its own the client is
 * one. */
static uint32_t key_of(struct client *c, struct person *who, uint32_t nth, const struct req *r)
{
    const struct keys_config *k = &c->config->keys;

    if (k->count == 0)
        return r->client;
    if (nth % k->session == 0)
        who->key = keys_draw(&c->keys, r->luck, c->sessions++);
    return who->key;
}

static void set_class(const struct client_config *c, struct req *r)
{
    uint32_t index;
    const struct class_config *class = classes_find(&c->classes, r->luck, &index);

    r->class = c->first_class + index;
    r->request_bytes = class->request_bytes;
    r->reply_bytes = class->reply_bytes;
}

void client_begin_attempt(struct client *c, struct sim *sim, struct req *r, uint32_t tries)
{
    struct hop *me = sim_via(sim, &c->node, r);

    me->tries = tries;
    me->sent = sim->now;
    if (c->config->timeout > 0)
        me->timer = sim_wake(sim, &c->node, c->config->timeout, r->root);
    send_request(c, sim, r);
}

static void bear(struct client *c, struct sim *sim, uint32_t client, const struct arrival_row *row)
{
    struct req *r = sim_new(sim, MSG_ASK);
    struct person *who = &c->person[client];
    uint32_t nth = who->asked++;

    r->number = sim->numbers++;
    r->client = client;
    r->luck = rng_mix(c->salt + ((uint64_t)client << 32 | nth) * 0x9e3779b97f4a7c15ull);
    r->born = sim->now;
    r->slice = sim->meter.birth_slice;
    r->source = who->address;
    r->port = 0;
    r->key = key_of(c, who, nth, r);
    if (row != NULL) {
        r->demand = row->demand;
        r->key = row->key == NONE ? r->key : row->key;
    }
    if (sim->keeps_account)
        set_class(c->config, r);
    meter_born(&sim->meter, sim->now);
    c->quota->last = sim->now;
    c->quota->born += sim->now >= c->quota->warmup;
    if (c->config->retries.max > 0) {
        budget_request(&c->budget, sim->now);
        sim_keep_account(sim, r, c->node.id);
    }
    client_begin_attempt(c, sim, r, 1);
}

/* Nobody asks a client. */
static void client_request(struct node *n, struct sim *sim, struct req *r)
{
    (void)n;
    sim_free(sim, r);
}

static void client_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    struct client *c = (struct client *)n;
    uint32_t conn = me->conn, tries = me->tries;

    if (conn != NONE && r->what == MSG_ASK && !sim_is_stray(r) && client_waits_on(c, sim, r, me))
        return;
    me->timer = 0;
    if (sim_is_stray(r)) {
        sim_free(sim, r);
        return;
    }
    if (r->what == MSG_OPEN) {
        client_conns_answered(c, sim, r);
        sim_free(sim, r);
        return;
    }
    bool is_over = !client_retry(c, sim, r, (enum status)r->status, tries);
    if (is_over)
        client_finish(c, sim, r, r->status);
    if (conn != NONE)
        client_conns_release(c, sim, r, conn);
    if (is_over)
        sim_free(sim, r);
}

/* ---- giving up ---- */

static struct hop *awaited(const struct client *c, struct sim *sim, uint32_t root, uint64_t token)
{
    struct req *r = sim_current(sim, root);

    struct hop *me = r->depth > 0 && r->via[0].node == c->node.id ? &r->via[0] : NULL;

    return me != NULL && me->timer == token ? me : NULL;
}

/* The attempt goes on as an orphan, and a CANCEL follows it. */
static void call_off(struct client *c, struct sim *sim, struct req *r, struct hop *me)
{
    uint32_t conn = me->conn, tries = me->tries;
    struct link l = client_way(c, r->client);
    struct req whom = { .luck = r->luck, .conn = conn };

    me->timer = 0;
    if (c->config->retries.max == 0 || !client_retry_anew(c, sim, r, tries))
        client_finish(c, sim, r, STATUS_TIMEOUT);
    r->is_orphan = true;
    sim->meter.record.orphans++;
    if (c->config->protocol != PROTOCOL_UDP)
        sim_cancel(sim, &l, client_first_hop(c, sim, &whom), conn, sim_req(sim, r->root),
                   CANCEL_REQUEST);
    if (conn != NONE)
        client_conns_abandon(c, sim, conn);
}

static void give_up(struct client *c, struct sim *sim, uint32_t root, uint64_t token)
{
    struct hop *me = awaited(c, sim, root, token);
    struct req *r = sim_current(sim, root);

    if (me == NULL)
        return;
    if (r->what == MSG_OPEN)
        client_conns_abandon_open(c, sim, r);
    else if (me->peer == CLIENT_RESTS)
        client_end_rest(c, sim, r);
    else if (me->peer == CLIENT_LOST)
        client_end_unanswered(c, sim, r, me);
    else if (me->peer == NONE)
        client_conns_stop_waiting(c, sim, r, STATUS_TIMEOUT);
    else
        call_off(c, sim, r, me);
}

/* ---- arrivals ---- */

static void stop(struct client *c, struct sim *sim)
{
    if (c->is_stopped)
        return;
    c->is_stopped = true;
    if (--c->quota->sources == 0 || is_enough(c->quota))
        meter_last_born(&sim->meter);
    check_done(c, sim);
}

static void plan_arrival(struct client *c, struct sim *sim, nsec at)
{
    if (at == NEVER || at >= c->quota->until)
        stop(c, sim);
    else if (c->alarm != NONE)
        evq_set_alarm(&sim->queue, c->alarm, at);
    else
        sim_wake_at(sim, &c->node, at, GROUP_ASKS);
}


static void next_arrival(struct client *c, struct sim *sim)
{
    const struct arrival_config *a = &c->config->arrival;
    const struct arrival_row *row = a->rows > 0 ? &a->row[c->arrival.row - 1] : NULL;
    uint32_t client = row != NULL && row->client != NONE ? row->client % c->config->count
                    : c->config->count == 1 ? 0 : rng_below(&c->who, c->config->count);

    bear(c, sim, client, row);
    if (is_enough(c->quota))
        stop(c, sim);
    else
        plan_arrival(c, sim, arrival_next(&c->arrival, sim->now));
}

static void client_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct client *c = (struct client *)n;

    if (arg == GROUP_STOPS)
        stop(c, sim);
    else if (arg == GROUP_ASKS) {
        if (!c->is_stopped && !is_enough(c->quota))
            next_arrival(c, sim);
    } else if (!(arg & (CLIENT_ASKS | CLIENT_CONN)))
        give_up(c, sim, arg, token);
    else if (!(arg & CLIENT_ASKS))
        client_conns_timer(c, sim, arg & ~CLIENT_CONN, token);
    else if (!c->is_stopped && !is_enough(c->quota)) {
        bear(c, sim, arg & ~CLIENT_ASKS, NULL);
        if (is_enough(c->quota))
            stop(c, sim);
    }
}

static bool client_is_waiting(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    if ((arg & (CLIENT_ASKS | GROUP_ASKS | CLIENT_CONN)) == CLIENT_CONN)
        return sim_conn(sim, arg & ~CLIENT_CONN)->timer == token;
    return arg & (CLIENT_ASKS | GROUP_ASKS) || awaited((struct client *)n, sim, arg, token) != NULL;
}

void client_start(struct node *n, struct sim *sim, struct quota *q)
{
    struct client *c = (struct client *)n;

    c->quota = q;
    q->sources++;
    if (!c->is_closed_loop) {
        plan_arrival(c, sim, arrival_next(&c->arrival, 0));
        return;
    }
    for (uint32_t i = 0; i < c->config->count; i++)
        think(c, sim, i, rng_mix(c->salt ^ i));
    if (q->until != NEVER)
        sim_wake_at(sim, n, q->until, GROUP_STOPS);
}

/* ---- making and ending ---- */

static void client_destroy(struct node *n)
{
    struct client *c = (struct client *)n;

    if (!client_is_warm(c))
        connpool_fini(&c->pool);
    keys_fini(&c->keys);
    free(c->host_of);
    free(c->person);
    free(c);
}

static const struct node_ops client_ops = {
    .kind       = "client",
    .request    = client_request,
    .reply      = client_reply,
    .timer      = client_timer,
    .is_waiting = client_is_waiting,
    .destroy    = client_destroy,
};

static bool is_session(const struct client_config *c)
{
    return c->protocol == PROTOCOL_WEBSOCKET || c->protocol == PROTOCOL_SESSION;
}

static uint32_t streams_of(const struct client_config *c)
{
    if (c->protocol == PROTOCOL_H2 || c->protocol == PROTOCOL_H3)
        return c->max_streams;
    return is_session(c) || c->protocol == PROTOCOL_UDP ? UINT32_MAX : 1;
}

static struct connpool_config pool_config(const struct client_config *c)
{
    bool is_one_enough = streams_of(c) != 1;
    const struct dist *age = is_session(c) ? &c->session_length : &c->max_connection_age;

    return (struct connpool_config){
        .connections = is_one_enough && c->connections == 0 ? 1 : c->connections,
        .streams = streams_of(c),
        .requests = c->protocol == PROTOCOL_TCP ? 1 : c->requests_per_connection,
        .age = age->kind != NULL ? age : NULL, .is_punctual = is_session(c),
        .idle = c->idle_timeout,
    };
}

/* Hosts that have connections of their own are numbered; one that is for a single request is its
 * host's, too. */
static void tell_hosts_apart(struct client *c)
{
    const struct classes_config *k = &c->config->classes;
    bool is_shared = c->config->reuse == REUSE_ANY && c->config->protocol != PROTOCOL_TCP;

    c->hosts = 1;
    if (is_shared || k->count == 0)
        return;
    c->host_of = xcalloc(k->count, sizeof *c->host_of);
    for (uint32_t i = 1; i < k->count; i++) {
        uint32_t first = 0;

        while (strcasecmp(k->class[first].host, k->class[i].host) != 0)
            first++;
        c->host_of[i] = first < i ? c->host_of[first] : c->hosts++;
    }
}

/* Half the round trip each way; a constant one gets a lane, in both directions. */
static void add_rtt(struct client *c, struct sim *sim)
{
    const struct dist *rtt = &c->config->rtt;

    if (rtt->kind == NULL)
        return;
    c->is_rtt_random = !dist_is_constant(rtt);
    if (c->is_rtt_random)
        return;
    c->to.link.delay += (nsec)(dist_mean(rtt) + 0.5) / 2;
    if (c->to.link.delay > 0)
        c->to.link.lane = evq_lane_new(&sim->queue, c->to.link.delay);
}

struct node *client_new(struct sim *sim, uint32_t id, const struct client_config *config,
                        uint32_t group, uint32_t nat, const struct tier *to)
{
    struct client *c = xcalloc(1, sizeof *c);
    struct rng g = rng_stream(sim->seed, "luck", group);
    struct connpool_config pool = pool_config(config);

    *c = (struct client){ .node.ops = &client_ops, .config = config, .to = *to, .nat = nat,
                          .salt = rng_next(&g),
                          .is_closed_loop = config->arrival.process == ARRIVAL_CLOSED,
                          .who = rng_stream(sim->seed, "who", group) };
    tell_hosts_apart(c);
    c->person = xcalloc(config->count, sizeof *c->person);
    for (uint32_t i = 0; i < config->count; i++)        /* scattered over all addresses */
        c->person[i].address = (uint32_t)(rng_mix((uint64_t)group << 32 | i) >> 32);
    arrival_init(&c->arrival, &config->arrival, sim->seed, group);
    keys_init(&c->keys, &config->keys);
    budget_init(&c->budget, &config->retries.budget);
    if (!client_is_warm(c))
        connpool_init(&c->pool, &pool, config->count * c->hosts);
    c->alarm = evq_alarm_new(&sim->queue, id, GROUP_ASKS);
    add_rtt(c, sim);
    if (config->timeout > 0)
        evq_lane_new(&sim->queue, config->timeout);
    sim_put_node(sim, &c->node, id, config->name);
    return &c->node;
}
