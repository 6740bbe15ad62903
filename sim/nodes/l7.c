/* l7.c - a proxy that ends the client's connection and picks a peer for every request.
 *
 * Its own connections to the peers are a warm pool: they cost no OPEN.  An attempt that takes too
 * long goes on without us as an orphan, and a CANCEL follows it. */
#include <stdlib.h>
#include <string.h>

#include "../base/xalloc.h"
#include "../parts/connpool.h"
#include "l7.h"

/* ---- attempts ---- */

void l7_push_attempt(struct l7 *l7, struct sim *sim, struct req *r, uint32_t peer, uint32_t tries)
{
    struct hop *me = sim_via(sim, &l7->b.node, r);

    sim_keep_account(sim, r, l7->b.node.id);
    me->peer = peer;
    me->tries = tries;
    me->sent = sim->now;
    if (l7->b.config->timeout > 0)
        me->timer = sim_wake(sim, &l7->b.node, l7->b.config->timeout, r->root);
    r->conn = NONE;
}

bool l7_resets(struct l7 *l7, struct sim *sim, struct req *r)
{
    if (__builtin_expect(!sim_is_stranger(sim, r, l7->b.node.id), 1)
        || l7->b.config->routes.count > 0)      /* the router has looked */
        return false;
    sim_break_conn(sim, r->conn);
    sim_answer(sim, r, STATUS_RESET);
    return true;
}

static void ask(struct l7 *l7, struct sim *sim, struct req *r)
{
    if (l7_resets(l7, sim, r))
        return;
    if (r->is_cancelled) {
        sim_answer(sim, r, STATUS_CANCELLED);
        return;
    }
    if (l7->care != NULL) {
        l7_enter(l7, sim, r);
        return;
    }
    uint32_t peer = balancer_pick(&l7->b, sim, r);
    if (peer == NONE) {
        sim_answer(sim, r, STATUS_UNAVAILABLE);
        return;
    }
    l7_push_attempt(l7, sim, r, peer, 1);
    sim_forward(sim, &l7->b.out, l7->b.peer[peer].node, r);
}

void l7_note_tried(struct l7 *l7, struct req *r, uint32_t peer)
{
    if (r->tried_by != l7->b.node.id)
        r->tried_count = 0;
    r->tried_by = l7->b.node.id;
    if (r->tried_count == REQ_TRIED)
        memmove(r->tried, r->tried + 1, --r->tried_count * sizeof *r->tried);
    r->tried[r->tried_count++] = peer;
}

/* An attempt that is out has ended, by whatever comes first; frees its place.  reply NULL: none
 * came. */
static void attempt_over(struct l7 *l7, struct sim *sim, struct hop *me, enum status status,
                         const struct req *reply)
{
    uint32_t peer = me->peer;

    me->peer = NONE;
    me->timer = 0;
    if (reply != NULL)
        balancer_answered(&l7->b, sim, peer, sim->now - me->sent, l7_result_of(status), reply);
    else
        balancer_done(&l7->b, peer, sim->now, sim->now - me->sent, l7_result_of(status));
    balancer_saw(&l7->b, sim, peer, status);
    if (l7->care != NULL)
        l7_note_result(l7, sim, me, peer, status);
}

/* ---- waiting here, without an attempt ---- */

void l7_push_wait(struct l7 *l7, struct sim *sim, struct req *r, uint32_t peer, uint32_t tries,
                  nsec time)
{
    struct hop *me = sim_via(sim, &l7->b.node, r);

    me->peer = peer;
    me->tries = tries;
    me->sent = sim->now;
    if (time > 0)
        me->timer = sim_wake(sim, &l7->b.node, time, r->root);
}

void l7_pop(struct req *r, const struct hop *me)
{
    r->depth--;
    r->conn = me->conn;
    r->back = me->back;
}

/* Nobody waits for it any more, and it waits here. */
static void end_wait(struct l7 *l7, struct sim *sim, struct req *r, struct hop *me)
{
    if (me->peer != L7_RESTS)
        l7_leave_queue(l7, r, me);
    l7->care->retrying -= me->tries > 1;
    l7_pop(r, me);
    sim_answer(sim, r, STATUS_CANCELLED);
}

/* ---- messages ---- */

static void pass_cancel(struct l7 *l7, struct sim *sim, struct req *cancel)
{
    struct req *r = sim_cancel_target(sim, cancel);
    struct hop *me = r != NULL ? sim_frame(r, l7->b.node.id) : NULL;

    if (r != NULL && me == NULL)
        r->is_cancelled = true;     /* it was overtaken, on a link of random delay */
    if (me == NULL || !l7_is_out(me)) {
        sim_free(sim, cancel);
        if (me != NULL && me->peer != NONE)
            end_wait(l7, sim, r, me);
        return;
    }
    uint32_t peer = me->peer;
    attempt_over(l7, sim, me, (enum status)cancel->status, NULL);
    cancel->conn = NONE;
    cancel->status = STATUS_CANCELLED;      /* why is this tier's own affair */
    sim_forward(sim, &l7->b.out, l7->b.peer[peer].node, cancel);
}

void l7_request(struct node *n, struct sim *sim, struct req *r)
{
    struct l7 *l7 = (struct l7 *)n;

    if (l7_is_tunnel(sim, r)) {
        l7_tunnel_request(l7, sim, r);
        return;
    }
    switch ((enum message)r->what) {
    case MSG_ASK:
        ask(l7, sim, r);
        break;
    case MSG_OPEN:
        connpool_limit_age(sim, r, &l7->b.config->max_connection_age);
        sim_answer(sim, r, sim_accept(sim, r, n->id));
        break;
    case MSG_CLOSE:
        sim_end_conn(sim, r);
        break;
    case MSG_CANCEL:
        pass_cancel(l7, sim, r);
        break;
    case MSG_PROBE:
        sim_answer(sim, r, STATUS_OK);
        break;
    case MSG_FREE:
        break;
    }
}

static void l7_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    struct l7 *l7 = (struct l7 *)n;
    uint32_t peer = me->peer, tries = me->tries;

    if (r->what == MSG_PROBE) {
        balancer_probed(&l7->b, sim, r, me);
        return;
    }
    if (r->what == MSG_OPEN) {
        l7_tunnel_reply(l7, sim, r, me);
        return;
    }
    r->conn = me->conn;
    me->timer = 0;
    if (peer != NONE)
        attempt_over(l7, sim, me, (enum status)r->status, r);
    if (sim_is_stray(r))
        sim_free(sim, r);
    else if (r->status == STATUS_OK || peer == NONE)
        sim_reply(sim, r);
    else
        l7_retry_or_reply(l7, sim, r, peer, tries);
}

/* ---- timeouts ---- */

/* Our frame on the request, if this timeout is still awaited. */
static struct hop *awaited(struct node *n, struct sim *sim, uint32_t root, uint64_t token)
{
    struct hop *me = sim_frame(sim_current(sim, root), n->id);

    return me != NULL && me->timer == token ? me : NULL;
}

static void give_up(struct l7 *l7, struct sim *sim, struct req *r, struct hop *me)
{
    uint32_t peer = me->peer, tries = me->tries;

    attempt_over(l7, sim, me, STATUS_TIMEOUT, NULL);
    struct req *next = sim_fork(sim, &l7->b.node, r);
    sim->meter.record.orphans++;
    sim_cancel(sim, &l7->b.out, l7->b.peer[peer].node, NONE, r, CANCEL_ATTEMPT);
    next->status = STATUS_TIMEOUT;
    l7_retry_or_reply(l7, sim, next, peer, tries);
}

static void l7_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct l7 *l7 = (struct l7 *)n;

    if (arg & (BALANCER_CHECK | BALANCER_TIMEOUT)) {
        balancer_timer(&l7->b, sim, arg, token);
        return;
    }
    struct hop *me = awaited(n, sim, arg, token);
    if (me == NULL)
        return;
    if (l7_is_out(me))
        give_up(l7, sim, sim_current(sim, arg), me);
    else
        l7_wait_over(l7, sim, sim_current(sim, arg), me);
}

static bool l7_is_waiting(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    if (arg & (BALANCER_CHECK | BALANCER_TIMEOUT))
        return balancer_is_waiting((struct balancer *)n, arg, token);
    return awaited(n, sim, arg, token) != NULL;
}

void l7_destroy(struct node *n)
{
    l7_care_end(((struct l7 *)n)->care);
    l7_tunnels_end((struct l7 *)n);
    balancer_fini((struct balancer *)n);
    free(n);
}

static const struct node_ops l7_ops = {
    .kind       = "l7",
    .request    = l7_request,
    .reply      = l7_reply,
    .timer      = l7_timer,
    .is_waiting = l7_is_waiting,
    .destroy    = l7_destroy,
};

struct node *l7_new(struct sim *sim, uint32_t id, const struct balancer_config *c,
                    uint32_t instance, const struct link *out)
{
    struct l7 *l7 = xcalloc(1, sizeof *l7);

    l7->b.node.ops = c->hedge.max > 0 || c->fan_out > 0 ? &l7_hedge_ops : &l7_ops;
    balancer_init(&l7->b, sim, c, instance, out);
    if (c->timeout > 0)
        evq_lane_new(&sim->queue, c->timeout);
    if (l7_wants_care(c))
        l7->care = l7_care_new(c);
    if (c->queue.timeout > 0)
        evq_lane_new(&sim->queue, c->queue.timeout);
    if (c->hedge.after > 0)
        evq_lane_new(&sim->queue, c->hedge.after);
    sim_put_node(sim, &l7->b.node, id, c->name);
    return &l7->b.node;
}
