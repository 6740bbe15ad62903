/* dataplane.c - the cores and the NIC that a message passes before a balancer's logic sees it, and
 * where TLS ends.
 *
 * A message comes in by the NIC, waits for a core, is worked on, and leaves by the NIC, each in the
 * order of arrival.  Replies pass too, unless they go to the client directly (DSR): then this box
 * hears nothing of them.  In front of backends it is where their end of TLS costs. */
#include "dataplane.h"

#include <stdlib.h>

#include "../base/xalloc.h"

/* Which counts its work goes to; TALLY_COUNT: to none. */
struct dataplane_tallies { enum tally busy, tls, bytes_up, bytes_down, packets_up, packets_down; };

struct dataplane_config {
    const struct cost_config *cost; /* cores 0: it costs nothing, and is only counted */
    const struct tls_config *tls;   /* NULL: TLS does not end here */
    uint32_t sessions;              /* 2: it ends, and another one goes on */
    const struct dataplane_tallies *tally;
    bool is_dsr;                    /* replies go past it */
    const bool *serves;             /* by class; NULL: all */
};

struct dataplane {
    struct node node;
    const struct cost_config *cost;
    const struct tls_config *tls;   /* NULL: TLS does not end here */
    uint32_t sessions;              /* of TLS that a byte passes here */
    const struct dataplane_tallies *tally;
    bool     is_dsr;
    const bool *serves;
    uint32_t next;
    bool     has_lane_up, has_lane_down;
    struct cores cores;
    struct wire in, out;
};

/* What one message asks of the box. */
struct load { nsec work, tls; uint64_t packets, bytes; };

/* ---- passing ---- */

/* How long it stays: waiting first, then work; both are told to the account.  What needs no core
 * waits for none. */
static nsec stay(struct dataplane *dp, struct sim *sim, struct req *r, const struct load *l)
{
    nsec work = l->work + l->packets * dp->cost->per_packet;
    nsec in = wire_pass(&dp->in, sim->now, l->bytes);
    nsec begin = work + l->tls > 0 ? cores_take(&dp->cores, in, work + l->tls) : in;
    nsec end = begin + work + l->tls;
    nsec out = wire_pass(&dp->out, end, l->bytes);

    sim_spend(sim, r, PART_BALANCER_QUEUE, begin - sim->now);
    sim_spend(sim, r, PART_TLS, l->tls);
    sim_spend(sim, r, PART_BALANCER_WORK, work + (out - end));
    meter_tally(&sim->meter, dp->tally->busy, work + l->tls);
    if (l->tls > 0)
        meter_tally(&sim->meter, dp->tally->tls, l->tls);
    return out - sim->now;
}

/* Where cores are mostly free and messages alike, most stay for the same time: it gets a lane. */
static void give_lane(struct sim *sim, bool *has_lane, nsec delay)
{
    if (!*has_lane && delay > 0)
        evq_lane_new(&sim->queue, delay);
    *has_lane = true;
}

static void pass_on(struct dataplane *dp, struct sim *sim, struct req *r, const struct load *l)
{
    nsec held = stay(dp, sim, r, l);

    if (r->what == MSG_ASK)
        give_lane(sim, &dp->has_lane_up, held);
    if (held > 0)
        sim_forward_held(sim, dp->next, r, held);
    else
        sim->node[dp->next]->ops->request(sim->node[dp->next], sim, r);
}

static void count_up(struct dataplane *dp, struct sim *sim, const struct traffic *t)
{
    if (dp->tally->bytes_up == TALLY_COUNT)
        return;
    meter_tally(&sim->meter, dp->tally->bytes_up, t->bytes_up);
    meter_tally(&sim->meter, dp->tally->packets_up, t->packets_up);
    meter_tally(&sim->meter, TALLY_BYTES_THROUGH, t->bytes_up + (dp->is_dsr ? 0 : t->bytes_down));
    meter_tally(&sim->meter, TALLY_BYTES_ALL, t->bytes_up + t->bytes_down);
    meter_tally(&sim->meter, TALLY_PACKETS_THROUGH,
                t->packets_up + (dp->is_dsr ? 0 : t->packets_down));
    meter_tally(&sim->meter, TALLY_PACKETS_ALL, t->packets_up + t->packets_down);
}

static void count_down(struct dataplane *dp, struct sim *sim, const struct traffic *t)
{
    if (dp->tally->bytes_down == TALLY_COUNT || dp->is_dsr)
        return;
    meter_tally(&sim->meter, dp->tally->bytes_down, t->bytes_down);
    meter_tally(&sim->meter, dp->tally->packets_down, t->packets_down);
}

/* The scenario keeps cost below an hour and bytes below 4 GB: the product of both below 2^64 is the
 * common case, and much the quicker to divide. */
static nsec per_kilobyte(nsec cost, uint64_t bytes)
{
    if (cost >> 32 == 0)
        return cost * bytes / 1000;
    return (nsec)((u128)cost * bytes / 1000);
}

/* ---- connections ---- */

static bool is_resumed(const struct tls_config *c, uint64_t luck)
{
    return (double)(rng_mix(luck ^ 0x746c73) >> 11) * 0x1p-53 < c->resumption;     /* "tls" */
}

/* The first OPEN is TCP's; each further one a round trip of the handshake, whose work is done when
 * the client's first words of TLS are there. */
static nsec shake_hands(struct dataplane *dp, struct sim *sim, const struct req *r)
{
    struct conn *c = sim_conn(sim, r->conn);

    if (!c->has_tls) {
        c->has_tls = true;
        c->is_resumed = is_resumed(dp->tls, r->luck);
        /* QUIC's handshake is TLS's (RFC 9001) */
        c->rounds = c->kind == CONN_QUIC ? 0 : (uint8_t)tls_rounds(dp->tls, c->is_resumed);
        if (c->rounds > 0)
            return 0;
    } else if (c->rounds > 0) {
        c->rounds--;
    }
    if (c->is_shaken)
        return 0;
    c->is_shaken = true;
    meter_tally(&sim->meter, TALLY_HANDSHAKES, 1);
    meter_tally(&sim->meter, TALLY_HANDSHAKES_RESUMED, c->is_resumed);
    return c->is_resumed ? dp->tls->resumed : dp->tls->handshake;
}

static bool is_first_open(const struct sim *sim, const struct req *r)
{
    return !sim_conn(sim, r->conn)->has_tls;
}

static void open_connection(struct dataplane *dp, struct sim *sim, struct req *r)
{
    bool is_first = r->is_orphan || is_first_open(sim, r);
    struct traffic t = is_first ? cost_of_open() : cost_of_exchange(500, 3000);
    struct load l = { .work = is_first ? dp->cost->per_connection : 0 };

    if (dp->tls != NULL && !r->is_orphan)
        l.tls = shake_hands(dp, sim, r);
    l.packets = t.packets_up + (dp->is_dsr ? 0 : t.packets_down);
    l.bytes = t.bytes_up;
    count_up(dp, sim, &t);
    count_down(dp, sim, &t);
    pass_on(dp, sim, r, &l);
}

static void close_connection(struct dataplane *dp, struct sim *sim, struct req *r)
{
    struct traffic t = cost_of_close();
    struct load l = { .packets = t.packets_up + (dp->is_dsr ? 0 : t.packets_down),
                      .bytes = t.bytes_up };

    count_up(dp, sim, &t);
    count_down(dp, sim, &t);
    pass_on(dp, sim, r, &l);
}

/* ---- requests and replies ---- */

/* It is read where TLS ends, and is for a host that others serve: its connection was opened for
 * another one, by whose name an l4 led it here.  What a tunnel carries has no host. */
static bool is_misdirected(const struct dataplane *dp, const struct sim *sim, const struct req *r)
{
    return !dp->serves[r->class] && sim_conn(sim, r->conn)->tunnel == TUNNEL_NONE;
}

/* 421 (RFC 9110, 15.5.20), after the work of reading it. */
static void misdirected(struct dataplane *dp, struct sim *sim, struct req *r, const struct load *l)
{
    meter_tally(&sim->meter, TALLY_MISDIRECTED, 1);
    r->status = STATUS_ERROR;
    sim_reply_held(sim, r, stay(dp, sim, r, l));
}

static void pass_request(struct dataplane *dp, struct sim *sim, struct req *r)
{
    struct traffic t = cost_of_exchange(r->request_bytes, r->reply_bytes);
    struct load l = { .work = dp->cost->per_request
                            + per_kilobyte(dp->cost->per_kilobyte, r->request_bytes),
                      .packets = t.packets_up, .bytes = t.bytes_up };

    if (dp->tls != NULL)
        l.tls = dp->sessions * per_kilobyte(dp->tls->per_kilobyte, r->request_bytes);
    count_up(dp, sim, &t);
    if (__builtin_expect(dp->serves != NULL, 0) && is_misdirected(dp, sim, r)) {
        misdirected(dp, sim, r, &l);
        return;
    }
    if (!dp->is_dsr)
        sim_via(sim, &dp->node, r);
    pass_on(dp, sim, r, &l);
}

/* An answer without a body is as small as a request's headers. */
static uint32_t size_of_reply(const struct req *r)
{
    return r->status == STATUS_OK ? r->reply_bytes : r->reply_bytes < 500 ? r->reply_bytes : 500;
}

static void dataplane_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    struct dataplane *dp = (struct dataplane *)n;
    uint32_t bytes = size_of_reply(r);
    struct traffic t = cost_of_exchange(r->request_bytes, bytes);
    struct load l = { .work = per_kilobyte(dp->cost->per_kilobyte, bytes),
                      .packets = t.packets_down, .bytes = t.bytes_down };

    (void)me;
    if (dp->tls != NULL)
        l.tls = dp->sessions * per_kilobyte(dp->tls->per_kilobyte, bytes);
    count_down(dp, sim, &t);
    nsec held = stay(dp, sim, r, &l);
    give_lane(sim, &dp->has_lane_down, r->back + held);
    sim_reply_held(sim, r, held);
}

static void dataplane_request(struct node *n, struct sim *sim, struct req *r)
{
    struct dataplane *dp = (struct dataplane *)n;
    struct load nothing = { .work = 0 };

    switch ((enum message)r->what) {
    case MSG_OPEN:
        open_connection(dp, sim, r);
        break;
    case MSG_ASK:
        pass_request(dp, sim, r);
        break;
    case MSG_CLOSE:
        close_connection(dp, sim, r);
        break;
    case MSG_CANCEL:
    case MSG_PROBE:
        pass_on(dp, sim, r, &nothing);
        break;
    case MSG_FREE:
        break;
    }
}

/* ---- making and ending ---- */

static void dataplane_destroy(struct node *n)
{
    struct dataplane *dp = (struct dataplane *)n;

    cores_fini(&dp->cores);
    free(dp);
}

static const struct node_ops dataplane_ops = {
    .kind    = "dataplane",
    .request = dataplane_request,
    .reply   = dataplane_reply,
    .destroy = dataplane_destroy,
};

/* Forwards to node `next` without a link; the config's parts must stay. */
static struct node *make(struct sim *sim, uint32_t id, const struct dataplane_config *c,
                         const char *name, uint32_t next)
{
    struct dataplane *dp = xcalloc(1, sizeof *dp);

    *dp = (struct dataplane){ .node.ops = &dataplane_ops, .cost = c->cost, .tls = c->tls,
                              .sessions = c->sessions,
                              .tally = c->tally, .is_dsr = c->is_dsr,
                              .serves = c->serves, .next = next,
                              .in.rate = c->cost->nic_in, .out.rate = c->cost->nic_out };
    cores_init(&dp->cores, c->cost->cores > 0 ? c->cost->cores : 1);
    sim_put_node(sim, &dp->node, id, name);
    return &dp->node;
}

void dataplane_charge(struct node *n, struct sim *sim, uint32_t packets, nsec work)
{
    struct dataplane *dp = (struct dataplane *)n;

    work += packets * dp->cost->per_packet;
    if (work == 0)
        return;
    cores_take(&dp->cores, sim->now, work);
    meter_tally(&sim->meter, dp->tally->busy, work);
}

/* ---- in front of balancers and backends ---- */

static const struct dataplane_tallies l4_tallies = {
    TALLY_CPU_L4, TALLY_CPU_TLS, TALLY_BYTES_UP, TALLY_BYTES_DOWN, TALLY_PACKETS_UP,
    TALLY_PACKETS_DOWN,
};
static const struct dataplane_tallies l7_tallies = {
    TALLY_CPU_L7, TALLY_CPU_TLS, TALLY_BYTES_UP, TALLY_BYTES_DOWN, TALLY_PACKETS_UP,
    TALLY_PACKETS_DOWN,
};
/* What a backend's wire carries is counted at the balancer before it. */
static const struct dataplane_tallies backend_tallies = {
    TALLY_CPU_BACKEND, TALLY_CPU_BACKEND_TLS, TALLY_COUNT, TALLY_COUNT, TALLY_COUNT, TALLY_COUNT,
};

bool dataplane_is_before_balancer(const struct balancer_config *c)
{
    return c->cost.cores > 0 || c->tls.mode != TLS_NONE || c->is_dsr;
}

static bool ends_here(const struct tls_config *c)
{
    return c->mode == TLS_TERMINATE || c->mode == TLS_RE_ENCRYPT;
}

struct node *dataplane_before_balancer(struct sim *sim, uint32_t id,
                                       const struct balancer_config *c, uint32_t instance,
                                       uint32_t next)
{
    struct dataplane_config config = {
        .cost = &c->cost, .tls = ends_here(&c->tls) ? &c->tls : NULL, .is_dsr = c->is_dsr,
        .sessions = c->tls.mode == TLS_RE_ENCRYPT ? 2 : 1, .serves = c->serves,
        .tally = c->layer == LAYER_L4 ? &l4_tallies : &l7_tallies,
    };

    (void)instance;
    return make(sim, id, &config, c->name, next);
}

bool dataplane_is_before_backend(const struct backend_config *c)
{
    return c->cost.cores > 0 || c->tls != NULL;
}

struct node *dataplane_before_backend(struct sim *sim, uint32_t id,
                                      const struct backend_config *c, uint32_t next)
{
    struct dataplane_config config = { .cost = &c->cost, .tls = c->tls, .sessions = 1,
                                       .serves = c->serves, .tally = &backend_tallies };

    return make(sim, id, &config, c->name, next);
}
