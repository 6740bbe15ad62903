/* sim.c - the loop and the moving of messages. */
#include "sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../base/xalloc.h"

/* So many events at one instant, and we say that time stands still. */
enum { PAUSE_MASK = (1 << 20) - 1 };

static bool is_timer_live(void *arg, uint32_t node, uint32_t timer_arg, uint64_t token)
{
    struct sim *sim = arg;
    struct node *n = sim->node[node];

    return n->ops->is_waiting == NULL || n->ops->is_waiting(n, sim, timer_arg, token);
}

/* A request begins on a cache line of its own. */
static size_t lines(size_t size)
{
    return (size + 63) & ~(size_t)63;
}

void sim_init(struct sim *sim, uint64_t seed, uint32_t nodes, uint32_t depth)
{
    *sim = (struct sim){ .seed = seed, .horizon = NEVER, .nodes = nodes, .depth = depth };
    sim->node = xcalloc(nodes, sizeof *sim->node);
    pool_init(&sim->reqs, lines(sizeof(struct req) + depth * sizeof(struct hop)));
    pool_init(&sim->conns, sizeof(struct conn));
    evq_init(&sim->queue);
    sim->queue.sequence = 1;        /* so that no token is 0 */
    sim->queue.is_live = is_timer_live;
    sim->queue.is_live_arg = sim;
}

void sim_fini(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->nodes; i++)
        if (sim->node[i] != NULL)
            sim->node[i]->ops->destroy(sim->node[i]);
    free(sim->node);
    pool_fini(&sim->reqs);
    pool_fini(&sim->conns);
    evq_fini(&sim->queue);
}

void sim_put_node(struct sim *sim, struct node *n, uint32_t id, const char *name)
{
    assert(id < sim->nodes && sim->node[id] == NULL);
    n->id = id;
    n->name = name;
    sim->node[id] = n;
}

/* ---- replies ---- */

static uint64_t push_after(struct sim *sim, nsec delay, uint32_t node, uint32_t verb, uint32_t arg)
{
    uint32_t lane = evq_lane_of(&sim->queue, delay);

    if (lane != NONE)
        return evq_push_lane(&sim->queue, lane, sim->now, node, verb, arg);
    return evq_push(&sim->queue, sim->now + delay, node, verb, arg);
}

void sim_reply_later(struct sim *sim, struct req *r)
{
    sim_reply_held(sim, r, 0);
}

void sim_reply_held(struct sim *sim, struct req *r, nsec held)
{
    nsec delay = r->back + held;

    if (delay == 0) {
        sim_deliver(sim, r);
        return;
    }
    sim_spend(sim, r, PART_NETWORK, r->back);
    r->back = 0;
    push_after(sim, delay, r->via[r->depth - 1].node, EVQ_REPLY, r->id);
}

void sim_forward_held(struct sim *sim, uint32_t to, struct req *r, nsec held)
{
    push_after(sim, held, to, EVQ_REQUEST, r->id);
}

/* ---- the loop ---- */

static inline void dispatch(struct sim *sim, const struct event *e)
{
    struct node *n = sim->node[e->node];

    switch ((enum evq_verb)e->verb) {
    case EVQ_TIMER:
        n->ops->timer(n, sim, e->arg, e->token);
        break;
    case EVQ_REQUEST:
        n->ops->request(n, sim, sim_req(sim, e->arg));
        break;
    case EVQ_REPLY:
        sim_deliver(sim, sim_req(sim, e->arg));
        break;
    }
}

/* Looked at now and then: does time move at all? */
static bool makes_progress(struct sim *sim, nsec *last)
{
    bool moves = sim->now != *last;

    *last = sim->now;
    if (!moves)
        sim->stuck = true;
    return moves;
}

void sim_run(struct sim *sim, void (*pause)(struct sim *, void *arg), void *arg)
{
    struct event e;
    nsec last_pause = NEVER;

    while (!sim->is_done && evq_pop(&sim->queue, &e)) {
        assert(e.at >= sim->now);
        if (e.at > sim->horizon) {
            sim->now = sim->horizon;
            return;
        }
        sim->now = e.at;
        dispatch(sim, &e);
        if ((++sim->events & PAUSE_MASK) != 0)
            continue;
        if (!makes_progress(sim, &last_pause))
            return;
        if (pause != NULL)
            pause(sim, arg);
    }
}

/* ---- messages ---- */

/* A struct never used before; its id is its own for ever. */
static struct req *first_use(struct sim *sim)
{
    uint32_t id = pool_take(&sim->reqs);
    struct req *r = sim_req(sim, id);

    r->id = id;
    return r;
}

static inline struct req *take(struct sim *sim)
{
    struct req *r = sim->free_reqs;

    if (r == NULL)
        return first_use(sim);
    sim->free_reqs = r->next;
    return r;
}

static inline void give(struct sim *sim, struct req *r)
{
    r->next = sim->free_reqs;
    sim->free_reqs = r;
}

struct req *sim_new(struct sim *sim, enum message what)
{
    struct req *r = take(sim);

    r->root = r->current = r->id;
    r->holds = 1;
    r->backend = r->conn = r->carrier = NONE;
    r->job = 0;
    r->back = 0;
    r->demand = NEVER;
    r->serial = ++sim->serials;
    r->attempt = 0;
    r->what = (uint8_t)what;
    r->depth = r->tried_count = 0;
    r->is_orphan = r->is_cancelled = false;
    if (sim->keeps_account) {
        memset(r->spent, 0, sizeof r->spent);
        r->kept_by = NONE;
    }
    return r;
}

/* A root stays until the last struct of its request is gone: timers and cancels find it by id. */
void sim_free(struct sim *sim, struct req *r)
{
    struct req *root = r->root == r->id ? r : sim_req(sim, r->root);

    assert(r->what != MSG_FREE && root->holds > 0);
    r->depth = 0;
    r->what = MSG_FREE;
    if (r != root)
        give(sim, r);
    if (--root->holds > 0)
        return;
    root->serial = 0;
    give(sim, root);
}

void sim_end_conn(struct sim *sim, struct req *close)
{
    pool_give(&sim->conns, close->conn);
    sim_free(sim, close);
}

void sim_lose_conn(struct sim *sim, uint32_t id)
{
    struct conn *c = sim_conn(sim, id);

    meter_tally(&sim->meter, TALLY_CONNECTIONS_BROKEN, c->state == CONN_OPEN && !c->is_counted);
    c->is_counted = true;
}

void sim_break_conn(struct sim *sim, uint32_t id)
{
    sim_lose_conn(sim, id);
    sim_conn(sim, id)->is_broken = true;
}

void sim_break_conns_of(struct sim *sim, uint32_t node)
{
    for (uint32_t i = 0; i < sim->conns.used_up; i++)
        if (sim_conn(sim, i)->ends_at == node)
            sim_break_conn(sim, i);
}

struct hop *sim_frame(struct req *r, uint32_t node)
{
    for (uint32_t i = r->depth; i-- > 0;)
        if (r->via[i].node == node)
            return &r->via[i];
    return NULL;
}

struct link sim_link(struct sim *sim, const struct dist *latency, uint64_t salt)
{
    struct link l = { .lane = NONE, .salt = rng_mix(salt) };

    if (latency == NULL || latency->kind == NULL)
        return l;
    if (!dist_is_constant(latency)) {
        l.jitter = latency;
        return l;
    }
    l.delay = (nsec)(dist_mean(latency) + 0.5);
    if (l.delay > 0)
        l.lane = evq_lane_new(&sim->queue, l.delay);
    return l;
}

/* Draws are keyed, not taken from a stream, so that every policy sees the same network. */
static nsec jitter(const struct link *l, const struct req *r, uint64_t direction)
{
    struct rng g = rng_from(rng_mix(r->luck + r->attempt) ^ l->salt ^ (direction << 32 | r->what));

    return dist_draw(l->jitter, &g);
}

static nsec way_there(const struct link *l, struct req *r)
{
    if (l->jitter == NULL) {
        r->back += l->delay;
        return l->delay;
    }
    r->back += l->delay + jitter(l, r, 1);
    return l->delay + jitter(l, r, 0);
}

/* ---- accounts ---- */

static nsec sum_of(const nsec part[PART_COUNT])
{
    nsec sum = 0;

    for (uint32_t i = 0; i < PART_COUNT; i++)
        sum += part[i];
    return sum;
}

void sim_keep_account(const struct sim *sim, struct req *r, uint32_t node)
{
    if (!sim->keeps_account || (r->kept_by != NONE && r->kept_by != node))
        return;                     /* an outer tier's attempt holds all that we may lose */
    memcpy(r->kept, r->spent, sizeof r->kept);
    r->kept_by = node;
}

/* Time of which nobody told was lost.  A link tells when it is entered: what was left behind on one
 * has told too much. */
static void lose_rest(const struct sim *sim, struct req *r)
{
    nsec told = sum_of(r->spent), passed = sim->now - r->born;

    if (told <= passed)
        r->spent[PART_RETRIES] += passed - told;
    else
        r->spent[PART_NETWORK] -= told - passed;
}

void sim_lose_attempt(const struct sim *sim, struct req *r, uint32_t node)
{
    if (!sim->keeps_account)
        return;
    if (r->kept_by == node)
        memcpy(r->spent, r->kept, sizeof r->spent);
    lose_rest(sim, r);
}

void sim_take_account(const struct sim *sim, struct req *carrier, const struct req *leg)
{
    if (!sim->keeps_account)
        return;
    memcpy(carrier->spent, leg->spent, sizeof carrier->spent);
    lose_rest(sim, carrier);
}

void sim_post(struct sim *sim, const struct link *l, uint32_t to, struct req *r)
{
    nsec delay = way_there(l, r);

    sim_spend(sim, r, PART_NETWORK, delay);
    if (l->lane != NONE && l->jitter == NULL)
        evq_push_lane(&sim->queue, l->lane, sim->now, to, EVQ_REQUEST, r->id);
    else
        evq_push(&sim->queue, sim->now + delay, to, EVQ_REQUEST, r->id);
}

void sim_tell(struct sim *sim, const struct link *l, struct node *to, uint32_t peer, struct req *r)
{
    nsec delay = l->delay + (l->jitter != NULL ? jitter(l, r, 1) : 0);

    sim_via(sim, to, r)->peer = peer;
    push_after(sim, delay, to->id, EVQ_REPLY, r->id);
}

/* ---- attempts that nobody waits for ---- */

/* The same request in another struct, with its lowest frames; at no backend, not cancelled. */
static struct req *copy(struct sim *sim, const struct req *of, uint32_t frames)
{
    struct req *r = take(sim);
    uint32_t id = r->id;

    memcpy(r, of, sizeof *r + frames * sizeof(struct hop));
    r->id = id;
    r->depth = (uint8_t)frames;
    r->backend = NONE;
    r->job = 0;
    r->is_cancelled = false;
    r->serial = ++sim->serials;
    return r;
}

struct req *sim_leg(struct sim *sim, const struct req *carrier)
{
    struct req *leg = copy(sim, carrier, 0);

    leg->root = leg->current = leg->id;
    leg->holds = 1;
    leg->back = 0;
    leg->conn = NONE;
    leg->is_orphan = false;
    leg->tried_count = 0;
    leg->carrier = carrier->id;
    return leg;
}

struct req *sim_fork(struct sim *sim, struct node *n, struct req *old)
{
    struct req *root = sim_req(sim, old->root);
    struct hop *own = sim_frame(old, n->id);
    uint32_t below = (uint32_t)(own - old->via);
    struct req *r = copy(sim, old, below);      /* an orphan's copy is an orphan too */

    r->back = own->back;
    r->conn = own->conn;
    root->current = r->id;
    root->holds++;
    old->is_orphan = true;          /* its own frames now begin with this node's */
    old->depth = (uint8_t)(old->depth - below);
    memmove(old->via, own, old->depth * sizeof *own);
    return r;
}

struct req *sim_new_cancel(struct sim *sim, uint32_t conn, const struct req *target,
                           enum cancel_scope scope)
{
    struct req *c = sim_new(sim, MSG_CANCEL);

    c->luck = target->luck;
    c->conn = conn;
    c->target = target->id;
    c->target_serial = target->serial;
    c->is_target_whole = scope == CANCEL_REQUEST;
    c->status = STATUS_CANCELLED;
    return c;
}

void sim_cancel(struct sim *sim, const struct link *l, uint32_t to, uint32_t conn,
                const struct req *target, enum cancel_scope scope)
{
    sim_post(sim, l, to, sim_new_cancel(sim, conn, target, scope));
}

struct req *sim_cancel_target(struct sim *sim, const struct req *c)
{
    struct req *r = sim_req(sim, c->target);

    if (r->serial != c->target_serial)
        return NULL;
    r = c->is_target_whole ? sim_req(sim, r->current) : r;
    if (r->what == MSG_FREE || (c->is_target_whole && r->root != c->target))
        return NULL;                /* over, and its last struct may be another request's by now */
    return r;
}

/* ---- time ---- */

uint64_t sim_wake(struct sim *sim, struct node *n, nsec delay, uint32_t arg)
{
    return push_after(sim, delay, n->id, EVQ_TIMER, arg);
}

uint64_t sim_wake_at(struct sim *sim, struct node *n, nsec at, uint32_t arg)
{
    return evq_push(&sim->queue, at, n->id, EVQ_TIMER, arg);
}
