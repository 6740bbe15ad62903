/* gate.c - a limit of requests (at an l7) or of connections (at an l4), and the backlog of those
 * whose handshake is not over.
 *
 * What is dropped here costs the box no more than its packets; a cookie costs work of its own.  A
 * SYN that is dropped is sent again by its client; a request over the limit is told so. */
#include "gate.h"

#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/half_open.h"
#include "../parts/limiter.h"
#include "dataplane.h"

struct gate {
    struct node node;
    const struct balancer_config *config;
    uint32_t next;
    bool     has_dataplane;         /* behind this node */
    struct limiter own, *limiter;   /* NULL: no limit */
    struct half_open half_open;
};

static void pass_on(const struct gate *g, struct sim *sim, struct req *r)
{
    sim->node[g->next]->ops->request(sim->node[g->next], sim, r);
}

/* Packets that go no further. */
static void charge(const struct gate *g, struct sim *sim, uint32_t packets, nsec work)
{
    if (g->has_dataplane)
        dataplane_charge(sim->node[g->next], sim, packets, work);
}

static bool is_of_flood(const struct req *r)
{
    return r->client == NONE;
}

/* ---- limits ---- */

static bool is_admitted(struct gate *g, const struct sim *sim, const struct req *r)
{
    uint32_t source = g->config->limit.by == LIMIT_BY_SOURCE ? r->source : 0;

    return g->limiter == NULL || limiter_admit(g->limiter, sim->now, source);
}

/* One packet in, one out: the answer is a line of text. */
static void ask(struct gate *g, struct sim *sim, struct req *r)
{
    if (g->config->layer == LAYER_L4 || is_admitted(g, sim, r)) {
        pass_on(g, sim, r);
        return;
    }
    meter_tally(&sim->meter, is_of_flood(r) ? TALLY_FLOOD_DROPPED : TALLY_LIMITED, 1);
    charge(g, sim, 2, 0);
    sim_answer(sim, r, STATUS_UNAVAILABLE);
}

/* ---- handshakes ---- */

static bool is_first_syn(const struct sim *sim, const struct req *open)
{
    const struct conn *c = sim_conn(sim, open->conn);

    return !open->is_orphan && !c->has_tls;
}

/* Its client sends it again after 1 s, 2 s, 4 s ..., and after the last of them gives up. */
static void lose(struct gate *g, struct sim *sim, struct req *open)
{
    nsec wait = SECOND << open->attempt++;

    meter_tally(&sim->meter, TALLY_SYN_LOST, 1);
    charge(g, sim, 1, 0);
    evq_push(&sim->queue, sim->now + wait, g->node.id, EVQ_REQUEST, open->id);
}

/* Is it answered without a place?  The work is its own, not that of the packets. */
static bool gets_cookie(struct gate *g, struct sim *sim, bool has_place)
{
    uint32_t cookies = g->config->syn.cookies;

    if (cookies != COOKIES_ALWAYS && (cookies == COOKIES_NEVER || has_place))
        return false;
    meter_tally(&sim->meter, TALLY_SYN_COOKIES, 1);
    return true;
}

/* Its place is free when the client's ACK is there, a round trip later. */
static void take_place(struct gate *g, struct sim *sim, const struct req *open)
{
    if (open->back == 0)
        return;
    half_open_take(&g->half_open);
    sim_wake(sim, &g->node, 2 * open->back, 0);
}

static void shake_hands(struct gate *g, struct sim *sim, struct req *open)
{
    bool has_place = half_open_has_place(&g->half_open, sim->now);

    if (gets_cookie(g, sim, has_place))
        charge(g, sim, 0, g->config->syn.cookie_work);
    else if (has_place)
        take_place(g, sim, open);
    else {
        lose(g, sim, open);
        return;
    }
    pass_on(g, sim, open);
}

static void open_connection(struct gate *g, struct sim *sim, struct req *open)
{
    if (!is_first_syn(sim, open))
        pass_on(g, sim, open);
    else if (open->attempt > SYN_RETRIES)
        sim_answer(sim, open, STATUS_TIMEOUT);
    else if (g->config->layer == LAYER_L4 && !is_admitted(g, sim, open))
        lose(g, sim, open);
    else if (g->config->syn.backlog > 0)
        shake_hands(g, sim, open);
    else
        pass_on(g, sim, open);
}

/* From an address that is not its sender's: nobody will answer the SYN-ACK. */
static void take_flood(struct gate *g, struct sim *sim, struct req *syn)
{
    bool has_place = half_open_has_place(&g->half_open, sim->now);

    sim_free(sim, syn);
    if (gets_cookie(g, sim, has_place))
        charge(g, sim, 2, g->config->syn.cookie_work);
    else if (has_place) {
        charge(g, sim, 2, 0);
        half_open_take_silent(&g->half_open, sim->now);
    } else {
        meter_tally(&sim->meter, TALLY_FLOOD_DROPPED, 1);
        charge(g, sim, 1, 0);
    }
}

/* ---- the node ---- */

static void gate_request(struct node *n, struct sim *sim, struct req *r)
{
    struct gate *g = (struct gate *)n;

    if (r->what == MSG_ASK)
        ask(g, sim, r);
    else if (r->what != MSG_OPEN)
        pass_on(g, sim, r);
    else if (is_of_flood(r))
        take_flood(g, sim, r);
    else
        open_connection(g, sim, r);
}

static void gate_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    (void)sim;
    (void)arg;
    (void)token;
    half_open_leave(&((struct gate *)n)->half_open);
}

static void gate_destroy(struct node *n)
{
    struct gate *g = (struct gate *)n;

    if (g->limiter == &g->own)
        limiter_fini(&g->own);
    half_open_fini(&g->half_open);
    free(g);
}

static const struct node_ops gate_ops = {
    .kind    = "gate",
    .request = gate_request,
    .timer   = gate_timer,
    .destroy = gate_destroy,
};

bool gate_is_wanted(const struct balancer_config *c)
{
    return c->limit.rate > 0 || c->syn.backlog > 0;
}

static struct limiter *limiter_of(struct gate *g, const struct sim *sim, uint32_t first)
{
    const struct limit_config *c = &g->config->limit;

    if (c->rate == 0)
        return NULL;
    if (c->by == LIMIT_BY_TIER && g->node.id != first)
        return ((struct gate *)sim->node[first])->limiter;
    limiter_init(&g->own, c);
    return &g->own;
}

struct node *gate_new(struct sim *sim, uint32_t id, const struct balancer_config *c,
                      uint32_t instance, uint32_t next)
{
    struct gate *g = xcalloc(1, sizeof *g);

    *g = (struct gate){ .node.ops = &gate_ops, .config = c, .next = next,
                        .has_dataplane = dataplane_is_before_balancer(c) };
    sim_put_node(sim, &g->node, id, c->name);
    g->limiter = limiter_of(g, sim, id - instance);
    half_open_init(&g->half_open, &c->syn);
    return &g->node;
}
