/* ecmp.c - see ecmp.h.  It keeps no state of flows: a hash of addresses and ports says which
 * instance gets a packet.
 *
 * What goes to an instance that is gone, while its route still stands, is lost and sent again by
 * TCP: after 1 s for an OPEN (RFC 6298; Linux TCP_TIMEOUT_INIT), else 200 ms (Linux TCP_RTO_MIN),
 * twice as long each time. */
#include "ecmp.h"

#include <stdlib.h>

#include "../base/xalloc.h"

/* Timer argument: with it an instance's route is withdrawn, without it a message is sent again. */
enum { WITHDRAW = 1 << 30 };

static const nsec first_wait_open = SECOND, first_wait = SECOND / 5;

struct ecmp {
    struct node node;
    const struct ecmp_config *config;
    struct nexthops hops;
    uint32_t first;                 /* node id of instance 0 */
    bool     *is_lost;              /* [members]: silent, and its route stands */
    uint64_t *token;                /* [members]: of the pending withdrawal; 0: none */
    struct lost { struct req *r; nsec wait; uint32_t next_free; } *lost;    /* to be sent again */
    uint32_t losts, capacity, free_lost;
};

/* ---- whose is it ---- */

/* Of the connection, as it was last seen; a warm one is its client's. */
static uint64_t hash_of(const struct sim *sim, const struct req *r)
{
    if (r->conn != NONE) {
        const struct conn *c = sim_conn(sim, r->conn);

        return nexthops_hash(c->seen_source, c->seen_port);
    }
    if (r->what == MSG_PROBE)
        return nexthops_hash((uint32_t)r->luck, (uint16_t)(r->luck >> 48));
    return nexthops_hash(r->source, r->port);
}

/* What ends or cancels does not say it itself; QUIC's may change. */
static void note_tuple(const struct sim *sim, const struct req *r)
{
    struct conn *c = r->conn != NONE ? sim_conn(sim, r->conn) : NULL;

    if (c == NULL || r->is_orphan)
        return;
    if (r->what == MSG_OPEN || (r->what == MSG_ASK && c->kind != CONN_TCP)) {
        c->seen_source = r->source;
        c->seen_port = r->port;
    }
}

/* ---- what is lost ---- */

static uint32_t take_slot(struct ecmp *e)
{
    uint32_t slot = e->free_lost;

    if (slot != NONE) {
        e->free_lost = e->lost[slot].next_free;
        return slot;
    }
    if (e->losts == e->capacity) {
        e->capacity = e->capacity ? 2 * e->capacity : 16;
        e->lost = xrealloc(e->lost, e->capacity, sizeof *e->lost);
    }
    return e->losts++;
}

static void send_again(struct ecmp *e, struct sim *sim, struct req *r, nsec wait)
{
    uint32_t slot = take_slot(e);

    meter_tally(&sim->meter, TALLY_ECMP_LOST, 1);
    e->lost[slot] = (struct lost){ .r = r, .wait = wait };
    sim_wake(sim, &e->node, wait, slot);
}

/* ---- messages ---- */

static void pass(struct ecmp *e, struct sim *sim, struct req *r, uint64_t hash, nsec wait)
{
    uint32_t k = nexthops_at(&e->hops, hash);

    if (k != NONE && e->is_lost[k]) {
        if (r->what == MSG_PROBE)
            sim_free(sim, r);
        else
            send_again(e, sim, r, wait);
        return;
    }
    if (k != NONE)
        sim->node[e->first + k]->ops->request(sim->node[e->first + k], sim, r);
    else if (r->what == MSG_CLOSE)
        sim_end_conn(sim, r);
    else if (r->what == MSG_CANCEL)
        sim_free(sim, r);
    else
        sim_answer(sim, r, STATUS_UNAVAILABLE);     /* no route to host */
}

/* It goes where the request went whose end it tells of. */
static bool follow_target(struct sim *sim, struct req *cancel)
{
    const struct req *target = sim_cancel_target(sim, cancel);

    if (target == NULL)
        return false;
    cancel->source = target->source;
    cancel->port = target->port;
    return true;
}

static void ecmp_request(struct node *n, struct sim *sim, struct req *r)
{
    struct ecmp *e = (struct ecmp *)n;

    note_tuple(sim, r);
    if (r->what == MSG_CANCEL && r->conn == NONE && !follow_target(sim, r)) {
        sim_free(sim, r);
        return;
    }
    pass(e, sim, r, hash_of(sim, r), r->what == MSG_OPEN ? first_wait_open : first_wait);
}

static void ecmp_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct ecmp *e = (struct ecmp *)n;

    if (arg & WITHDRAW) {
        if (e->token[arg & ~(uint32_t)WITHDRAW] == token)
            ecmp_withdraw(n, arg & ~(uint32_t)WITHDRAW);
        return;
    }
    struct lost l = e->lost[arg];

    e->lost[arg].next_free = e->free_lost;
    e->free_lost = arg;
    sim_spend(sim, l.r, PART_NETWORK, l.wait);
    pass(e, sim, l.r, hash_of(sim, l.r), 2 * l.wait);
}

/* ---- making and ending ---- */

static void ecmp_destroy(struct node *n)
{
    struct ecmp *e = (struct ecmp *)n;

    nexthops_fini(&e->hops);
    free(e->is_lost);
    free(e->token);
    free(e->lost);
    free(e);
}

static const struct node_ops ecmp_ops = {
    .kind    = "ecmp",
    .request = ecmp_request,
    .timer   = ecmp_timer,
    .destroy = ecmp_destroy,
};

bool ecmp_is_before_balancer(const struct balancer_config *c)
{
    return c->ecmp.hash != ECMP_NONE;
}

struct node *ecmp_before_balancer(struct sim *sim, uint32_t id, const struct balancer_config *c,
                                  uint32_t instance, uint32_t next)
{
    struct ecmp *e = xcalloc(1, sizeof *e);

    (void)instance;
    *e = (struct ecmp){ .node.ops = &ecmp_ops, .config = &c->ecmp, .first = next,
                        .free_lost = NONE };
    nexthops_init(&e->hops, &c->ecmp, c->instances, c->instances - c->standby);
    e->is_lost = xcalloc(c->instances, sizeof *e->is_lost);
    e->token = xcalloc(c->instances, sizeof *e->token);
    sim_put_node(sim, &e->node, id, c->name);
    return &e->node;
}

/* ---- what can happen to an instance ---- */

void ecmp_lose(struct node *n, struct sim *sim, uint32_t k, enum ecmp_loss loss)
{
    struct ecmp *e = (struct ecmp *)n;

    e->is_lost[k] = loss == ECMP_SILENT;
    e->token[k] = sim_wake(sim, n, e->config->detection, WITHDRAW | k);
}

void ecmp_withdraw(struct node *n, uint32_t k)
{
    struct ecmp *e = (struct ecmp *)n;

    e->is_lost[k] = false;
    e->token[k] = 0;
    nexthops_leave(&e->hops, k);
}

void ecmp_announce(struct node *n, uint32_t k)
{
    struct ecmp *e = (struct ecmp *)n;

    e->is_lost[k] = false;
    e->token[k] = 0;
    nexthops_join(&e->hops, k);
}

const struct nexthops *ecmp_hops(const struct node *n)
{
    return &((const struct ecmp *)n)->hops;
}
