/* l7_hedge.c - an l7 with several attempts of one request out at a time: hedging and redundancy
 * (Dean and Barroso, The Tail at Scale, 2013), where the first good answer counts, and fan-out,
 * where all do.
 *
 * The request itself stays here as the carrier, our frame on top of those below.  What goes out
 * are legs, requests of their own with our frame as their only one: so the tiers behind treat
 * them like any request.  A leg that came back stays in the carrier's list, without frames, until
 * all is over; one that is given up leaves the list and comes back as an orphan. */
#include "l7.h"

/* Timer argument, beside the carrier's id: time to hedge, or a fan-out's timeout. */
#define CARRIER_DUE (1u << 29)

static bool is_fan_out(const struct l7 *l7)
{
    return l7->b.config->fan_out > 0;
}

static struct hop *frame_of(struct req *carrier)
{
    return &carrier->via[carrier->depth - 1];
}

static uint32_t node_of(const struct l7 *l7, uint32_t peer)
{
    return l7->b.peer[peer].node;
}

/* The struct that carries a leg now: a tier behind may have forked it. */
static struct req *leg_at(const struct sim *sim, uint32_t leg)
{
    return sim_current(sim, leg);
}

static bool is_out(const struct req *leg)
{
    return leg->depth > 0;
}

/* ---- one leg ---- */

/* Every attempt but the first draws anew, where asked; so does every leaf of a fan-out. */
static void give_luck(const struct l7 *l7, struct req *leg)
{
    if (leg->attempt > 0 && (is_fan_out(l7) || l7->b.config->hedge.redraw))
        leg->luck = rng_mix(leg->luck ^ rng_mix(leg->attempt));
}

/* A new leg of the carrier to the peer that `pick` answers, ready to be sent; NULL: to none. */
static struct req *add_leg(struct l7 *l7, struct sim *sim, struct req *carrier,
                           uint32_t (*pick)(struct balancer *, struct sim *, const struct req *))
{
    struct req *leg = sim_leg(sim, carrier);

    give_luck(l7, leg);
    uint32_t peer = pick(&l7->b, sim, leg);
    if (peer == NONE) {
        sim_free(sim, leg);
        return NULL;
    }
    struct hop *me = sim_via(sim, &l7->b.node, leg);
    me->peer = peer;
    me->sent = sim->now;
    if (l7->b.config->timeout > 0 && !is_fan_out(l7))
        me->timer = sim_wake(sim, &l7->b.node, l7->b.config->timeout, leg->id);
    leg->next_leg = carrier->first_leg;
    carrier->first_leg = leg->id;
    carrier->legs_out++;
    carrier->attempt++;
    return leg;
}

static void post(const struct l7 *l7, struct sim *sim, struct req *leg)
{
    sim_post(sim, &l7->b.out, node_of(l7, leg->via[0].peer), leg);
}

/* Nobody waits for this leg any more: it goes on as an orphan, and a CANCEL follows it. */
static void drop(struct l7 *l7, struct sim *sim, struct req *leg, enum lb_result result)
{
    struct hop *me = &leg->via[0];
    uint32_t peer = me->peer;

    balancer_done(&l7->b, peer, sim->now, sim->now - me->sent, result);
    if (result == LB_TIMEOUT)
        balancer_saw(&l7->b, sim, peer, STATUS_TIMEOUT);
    me->peer = NONE;
    me->timer = 0;
    leg->is_orphan = true;
    sim->meter.record.orphans++;
    sim_cancel(sim, &l7->b.out, node_of(l7, peer), NONE, sim_req(sim, leg->root), CANCEL_REQUEST);
}

/* ---- all legs of a carrier ---- */

/* set: balancer_avoid() or balancer_allow(), for all peers that have or had a leg. */
static void for_each_tried(struct l7 *l7, const struct sim *sim, const struct req *carrier,
                           void (*set)(struct balancer *, uint32_t peer))
{
    for (uint32_t i = 0; i < carrier->tried_count; i++)
        set(&l7->b, carrier->tried[i]);
    for (uint32_t id = carrier->first_leg; id != NONE; id = sim_req(sim, id)->next_leg)
        if (is_out(leg_at(sim, id)))
            set(&l7->b, leg_at(sim, id)->via[0].peer);
}

static struct req *add_leg_elsewhere(struct l7 *l7, struct sim *sim, struct req *carrier)
{
    for_each_tried(l7, sim, carrier, balancer_avoid);
    struct req *leg = add_leg(l7, sim, carrier, balancer_pick_but);
    if (leg != NULL)
        balancer_allow(&l7->b, leg->via[0].peer);
    for_each_tried(l7, sim, carrier, balancer_allow);
    return leg;
}

static void unlink_leg(const struct sim *sim, struct req *carrier, uint32_t leg)
{
    uint32_t *at = &carrier->first_leg;

    while (*at != leg)
        at = &sim_req(sim, *at)->next_leg;
    *at = sim_req(sim, leg)->next_leg;
    carrier->legs_out--;
}

static void release_legs(struct l7 *l7, struct sim *sim, struct req *carrier, enum lb_result result)
{
    uint32_t id = carrier->first_leg;

    carrier->first_leg = NONE;
    carrier->legs_out = 0;
    while (id != NONE) {
        struct req *leg = leg_at(sim, id);

        id = sim_req(sim, id)->next_leg;
        if (is_out(leg))
            drop(l7, sim, leg, result);
        else
            sim_free(sim, leg);
    }
}

/* The carrier goes back; legs that are still out end with `result`. */
static void end(struct l7 *l7, struct sim *sim, struct req *carrier, enum status status,
                enum lb_result result)
{
    const struct hop *me = frame_of(carrier);

    release_legs(l7, sim, carrier, result);
    carrier->depth--;
    carrier->conn = me->conn;
    carrier->back = me->back;
    sim_answer(sim, carrier, status);
}

/* ---- sending ---- */

/* The next hedge is planned, if one is left. */
static void plan_hedge(struct l7 *l7, struct sim *sim, struct req *carrier)
{
    const struct hedge_config *c = &l7->b.config->hedge;

    frame_of(carrier)->timer = carrier->hedges == c->max ? 0
        : sim_wake(sim, &l7->b.node, c->after, CARRIER_DUE | carrier->id);
}

/* The first leg has its peer; all go out together. */
static void scatter(struct l7 *l7, struct sim *sim, struct req *carrier, struct req *leg,
                    uint32_t legs)
{
    for (; leg != NULL; leg = --legs > 0 ? add_leg(l7, sim, carrier, balancer_pick_but) : NULL) {
        balancer_avoid(&l7->b, leg->via[0].peer);
        post(l7, sim, leg);
    }
    for_each_tried(l7, sim, carrier, balancer_allow);
}

static uint32_t hedges_allowed(struct l7 *l7, struct sim *sim)
{
    uint32_t most = l7->b.config->hedge.max, n = 0;

    while (n < most && l7_may_retry(l7, sim))
        n++;
    return n;
}

static void ask(struct l7 *l7, struct sim *sim, struct req *r)
{
    const struct balancer_config *c = l7->b.config;

    if (l7_resets(l7, sim, r))
        return;
    if (r->is_cancelled) {
        sim_answer(sim, r, STATUS_CANCELLED);
        return;
    }
    r->first_leg = NONE;
    r->legs_out = r->hedges = r->tried_count = 0;
    r->worst = STATUS_OK;
    struct req *leg = add_leg(l7, sim, r, balancer_pick);
    if (leg == NULL) {
        sim_answer(sim, r, STATUS_UNAVAILABLE);
        return;
    }
    if (l7->care != NULL)
        budget_request(&l7->care->budget, sim->now);
    struct hop *me = sim_via(sim, &l7->b.node, r);
    me->tries = 1;
    if (is_fan_out(l7)) {
        if (c->timeout > 0)
            me->timer = sim_wake(sim, &l7->b.node, c->timeout, CARRIER_DUE | r->id);
        scatter(l7, sim, r, leg, c->fan_out);
    } else if (c->hedge.after == 0) {
        r->hedges = (uint16_t)c->hedge.max;
        scatter(l7, sim, r, leg, 1 + hedges_allowed(l7, sim));
    } else {
        plan_hedge(l7, sim, r);
        sim_forward(sim, &l7->b.out, node_of(l7, leg->via[0].peer), leg);
    }
}

static void pass_cancel(struct l7 *l7, struct sim *sim, struct req *cancel)
{
    struct req *r = sim_cancel_target(sim, cancel);
    enum status why = (enum status)cancel->status;

    sim_free(sim, cancel);
    if (r == NULL)
        return;
    if (sim_frame(r, l7->b.node.id) == NULL) {
        r->is_cancelled = true;     /* it was overtaken, on a link of random delay */
        return;
    }
    l7_note_outcome(l7, why);
    end(l7, sim, r, STATUS_CANCELLED, l7_result_of(why));
}

static void hedge_request(struct node *n, struct sim *sim, struct req *r)
{
    if (l7_is_tunnel(sim, r))
        l7_tunnel_request((struct l7 *)n, sim, r);
    else if (r->what == MSG_ASK)
        ask((struct l7 *)n, sim, r);
    else if (r->what == MSG_CANCEL)
        pass_cancel((struct l7 *)n, sim, r);
    else
        l7_request(n, sim, r);
}

/* ---- what comes back ---- */

/* No leg is out, and the last one failed with carrier->status: another attempt, or that is it. */
static void retry_or_end(struct l7 *l7, struct sim *sim, struct req *carrier)
{
    struct hop *me = frame_of(carrier);
    struct req *leg = NULL;

    if (l7_is_retry_wanted(l7, carrier, me->tries) && l7_may_retry(l7, sim)) {
        release_legs(l7, sim, carrier, LB_CANCELLED);
        leg = add_leg_elsewhere(l7, sim, carrier);
        if (leg == NULL)
            leg = add_leg(l7, sim, carrier, balancer_pick);
    }
    if (leg == NULL) {
        end(l7, sim, carrier, carrier->status, LB_CANCELLED);
        return;
    }
    me->tries++;
    meter_retry(&sim->meter);
    plan_hedge(l7, sim, carrier);
    post(l7, sim, leg);
}

static void note_failure(struct l7 *l7, struct sim *sim, struct req *carrier, uint32_t peer,
                         enum status status)
{
    l7_note_tried(l7, carrier, peer);
    carrier->status = (uint8_t)status;
    if (carrier->legs_out == 0)
        retry_or_end(l7, sim, carrier);
}

/* A leaf's answer: the worst status of all is the whole's. */
static void gather(struct l7 *l7, struct sim *sim, struct req *carrier, uint8_t status)
{
    if (status > carrier->worst)
        carrier->worst = status;
    if (carrier->legs_out == 0)
        end(l7, sim, carrier, carrier->worst, LB_CANCELLED);
}

static void hedge_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    struct l7 *l7 = (struct l7 *)n;

    if (r->what == MSG_PROBE) {
        balancer_probed(&l7->b, sim, r, me);
        return;
    }
    if (r->what == MSG_OPEN) {
        l7_tunnel_reply(l7, sim, r, me);
        return;
    }
    if (r->is_orphan) {
        sim_free(sim, r);
        return;
    }
    struct req *carrier = sim_req(sim, r->carrier);
    l7_note_outcome(l7, (enum status)r->status);
    balancer_answered(&l7->b, sim, me->peer, sim->now - me->sent,
                      l7_result_of((enum status)r->status), r);
    balancer_saw(&l7->b, sim, me->peer, (enum status)r->status);
    carrier->legs_out--;
    sim_take_account(sim, carrier, r);
    if (is_fan_out(l7))
        gather(l7, sim, carrier, r->status);
    else if (r->status == STATUS_OK)
        end(l7, sim, carrier, STATUS_OK, LB_CANCELLED);
    else
        note_failure(l7, sim, carrier, me->peer, r->status);
}

/* ---- time ---- */

/* Whose frame here waits for this timer: a carrier, or else a leg; NULL: nobody's any more. */
static struct req *awaited(const struct node *n, const struct sim *sim, uint32_t arg,
                           uint64_t token)
{
    struct req *r = arg & CARRIER_DUE ? sim_req(sim, arg & ~CARRIER_DUE) : leg_at(sim, arg);
    const struct hop *me = sim_frame(r, n->id);

    return me != NULL && me->timer == token ? r : NULL;
}

static void carrier_due(struct l7 *l7, struct sim *sim, struct req *carrier)
{
    if (is_fan_out(l7)) {
        end(l7, sim, carrier, STATUS_TIMEOUT, LB_TIMEOUT);
        return;
    }
    struct req *leg = l7_may_retry(l7, sim) ? add_leg_elsewhere(l7, sim, carrier) : NULL;
    frame_of(carrier)->timer = 0;
    if (leg == NULL)
        return;                     /* none is allowed, or no other may be picked: no more hedges */
    carrier->hedges++;
    plan_hedge(l7, sim, carrier);
    post(l7, sim, leg);
}

static void leg_due(struct l7 *l7, struct sim *sim, struct req *leg)
{
    struct req *carrier = sim_req(sim, leg->carrier);
    uint32_t peer = leg->via[0].peer;

    unlink_leg(sim, carrier, leg->root);
    drop(l7, sim, leg, LB_TIMEOUT);
    l7_note_outcome(l7, STATUS_TIMEOUT);
    note_failure(l7, sim, carrier, peer, STATUS_TIMEOUT);
}

static void hedge_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct l7 *l7 = (struct l7 *)n;

    if (arg & (BALANCER_CHECK | BALANCER_TIMEOUT)) {
        balancer_timer(&l7->b, sim, arg, token);
        return;
    }
    struct req *r = awaited(n, sim, arg, token);
    if (r == NULL)
        return;
    if (arg & CARRIER_DUE)
        carrier_due(l7, sim, r);
    else
        leg_due(l7, sim, r);
}

static bool hedge_is_waiting(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    if (arg & (BALANCER_CHECK | BALANCER_TIMEOUT))
        return balancer_is_waiting((struct balancer *)n, arg, token);
    return awaited(n, sim, arg, token) != NULL;
}

const struct node_ops l7_hedge_ops = {
    .kind       = "l7",
    .request    = hedge_request,
    .reply      = hedge_reply,
    .timer      = hedge_timer,
    .is_waiting = hedge_is_waiting,
    .destroy    = l7_destroy,
};
