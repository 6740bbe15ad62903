/* l7_entry.c - before an attempt: limits, circuit breakers, and the queue for those who may wait.
 *
 * As in HAProxy there is one queue for requests that any backend can serve and one a backend for
 * those bound to it; where a place falls free, the older of the two heads has it. */
#include <stdlib.h>

#include "../base/xalloc.h"
#include "l7.h"

/* ---- which l7 takes such care ---- */

static bool are_retries_plain(const struct retry_config *c)
{
    return c->max == 0
        || (c->backoff.base == 0 && c->redispatch == 1 && c->budget.kind == BUDGET_NONE);
}

static bool is_at_limit(uint32_t limit, uint32_t count)
{
    return limit > 0 && count >= limit;
}

static bool has_limits(const struct limits_config *c)
{
    return c->per_backend > 0 || c->connections > 0 || c->requests > 0 || c->retries > 0;
}

bool l7_wants_care(const struct balancer_config *c)
{
    return !are_retries_plain(&c->retries) || has_limits(&c->limits) || c->queue.limit > 0
        || c->breaker.kind != BREAKER_NONE;
}

struct l7_care *l7_care_new(const struct balancer_config *c)
{
    struct l7_care *care = xcalloc(1, sizeof *care);

    budget_init(&care->budget, &c->retries.budget);
    return care;
}

void l7_care_end(struct l7_care *care)
{
    if (care == NULL)
        return;
    free(care->bound);
    free(care->breaker);
    free(care);
}

/* ---- breakers ---- */

static struct breaker *breaker_of(struct l7 *l7, uint32_t peer)
{
    struct l7_care *care = l7->care;
    uint32_t wanted = l7->b.config->breaker.scope == BREAKER_ALL ? 1 : l7->b.peers;

    if (care->breakers < wanted) {
        care->breaker = xrealloc(care->breaker, wanted, sizeof *care->breaker);
        for (; care->breakers < wanted; care->breakers++)
            care->breaker[care->breakers] = (struct breaker){ .state = BREAKER_CLOSED };
    }
    return &care->breaker[wanted == 1 ? 0 : peer];
}

static bool has_breakers(const struct l7 *l7)
{
    return l7->b.config->breaker.kind != BREAKER_NONE;
}

static bool has_one_for_all(const struct l7 *l7)
{
    return has_breakers(l7) && l7->b.config->breaker.scope == BREAKER_ALL;
}

/* set: balancer_avoid() or balancer_allow(), for all peers that no request may go to now. */
static void for_each_tripped(struct l7 *l7, nsec now, void (*set)(struct balancer *, uint32_t peer))
{
    if (l7->care->tripped == 0)
        return;
    for (uint32_t i = 0; i < l7->b.peers; i++)
        if (!breaker_is_passable(breaker_of(l7, i), &l7->b.config->breaker, now))
            set(&l7->b, i);
}

static void note_breaker(struct l7 *l7, struct sim *sim, const struct hop *me, uint32_t peer,
                         enum status status)
{
    struct breaker *b = breaker_of(l7, peer);
    bool was_closed = b->state == BREAKER_CLOSED;

    if (status == STATUS_CANCELLED)
        breaker_forget(b, me->sent);
    else if (breaker_note(b, &l7->b.config->breaker, sim->now, me->sent, status != STATUS_OK))
        meter_tally(&sim->meter, TALLY_BREAKER_OPENED, 1);
    l7->care->tripped += was_closed && b->state != BREAKER_CLOSED;
    l7->care->tripped -= !was_closed && b->state == BREAKER_CLOSED;
}

/* ---- the queue ---- */

static struct backlog *bound_to(struct l7 *l7, uint32_t peer)
{
    struct l7_care *care = l7->care;

    if (care->bounds <= peer) {
        care->bound = xrealloc(care->bound, l7->b.peers, sizeof *care->bound);
        while (care->bounds < l7->b.peers)
            care->bound[care->bounds++] = (struct backlog){ .head = NULL };
    }
    return &care->bound[peer];
}

static struct backlog *queue_of(struct l7 *l7, uint32_t wait)
{
    return wait == (L7_QUEUED | L7_ANY) ? &l7->care->any : bound_to(l7, wait & ~L7_QUEUED);
}

static bool enqueue(struct l7 *l7, struct sim *sim, struct req *r, uint32_t tries, uint32_t wanted)
{
    const struct queue_config *c = &l7->b.config->queue;
    uint32_t wait = L7_QUEUED | (wanted == NONE ? L7_ANY : wanted);

    if (l7->care->waiting >= c->limit) {
        meter_tally(&sim->meter, TALLY_QUEUE_REFUSED, c->limit > 0);
        return false;
    }
    l7_push_wait(l7, sim, r, wait, tries, c->timeout);
    backlog_add(queue_of(l7, wait), r);
    l7->care->waiting++;
    meter_tally(&sim->meter, TALLY_QUEUE_WAITED, 1);
    return true;
}

void l7_leave_queue(struct l7 *l7, struct req *r, const struct hop *me)
{
    backlog_remove(queue_of(l7, me->peer), r);
    l7->care->waiting--;
}

/* ---- an attempt ---- */

static void for_each_tried(struct l7 *l7, const struct req *r,
                           void (*set)(struct balancer *, uint32_t peer))
{
    for (uint32_t i = 0; i < r->tried_count; i++)
        set(&l7->b, r->tried[i]);
}

static uint32_t pick_passable(struct l7 *l7, struct sim *sim, const struct req *r)
{
    if (l7->care->tripped == 0)
        return balancer_pick(&l7->b, sim, r);
    for_each_tripped(l7, sim->now, balancer_avoid);
    uint32_t peer = balancer_pick_but(&l7->b, sim, r);
    for_each_tripped(l7, sim->now, balancer_allow);
    return peer;
}

/* Another one than those tried before, if there is one. */
static uint32_t pick_other(struct l7 *l7, struct sim *sim, const struct req *r)
{
    for_each_tripped(l7, sim->now, balancer_avoid);
    for_each_tried(l7, r, balancer_avoid);
    uint32_t peer = balancer_pick_but(&l7->b, sim, r);
    for_each_tried(l7, r, balancer_allow);
    for_each_tripped(l7, sim->now, balancer_allow);
    return peer != NONE ? peer : pick_passable(l7, sim, r);
}

static uint32_t take(struct l7 *l7, struct sim *sim, uint32_t peer)
{
    if (l7->care->tripped == 0
        || breaker_is_passable(breaker_of(l7, peer), &l7->b.config->breaker, sim->now))
        return balancer_take(&l7->b, sim, peer);
    l7->b.is_full = false;
    return NONE;
}

/* At peer `wanted`, or where the algorithm says. */
static uint32_t find_place(struct l7 *l7, struct sim *sim, const struct req *r, uint32_t tries,
                           uint32_t wanted)
{
    if (is_at_limit(l7->b.config->limits.connections, l7->care->active)) {
        l7->b.is_full = true;
        return NONE;
    }
    if (wanted != NONE)
        return take(l7, sim, wanted);
    return tries > 1 ? pick_other(l7, sim, r) : pick_passable(l7, sim, r);
}

static void go(struct l7 *l7, struct sim *sim, struct req *r, uint32_t tries, uint32_t peer)
{
    if (has_breakers(l7))
        breaker_admit(breaker_of(l7, peer), sim->now);
    if (tries > 1) {
        r->attempt++;
        meter_retry(&sim->meter);
    }
    l7->care->active++;
    l7_push_attempt(l7, sim, r, peer, tries);
}

/* Nobody may pass, queue or not. */
static bool is_shut(struct l7 *l7, const struct sim *sim)
{
    return is_at_limit(l7->b.config->limits.requests, l7->care->active)
        || (has_one_for_all(l7)
            && !breaker_is_passable(breaker_of(l7, 0), &l7->b.config->breaker, sim->now));
}

bool l7_admit(struct l7 *l7, struct sim *sim, struct req *r, uint32_t tries, uint32_t wanted)
{
    if (is_shut(l7, sim)) {
        meter_tally(&sim->meter, TALLY_BREAKER_REFUSED, 1);
        return false;
    }
    uint32_t peer = find_place(l7, sim, r, tries, wanted);
    if (peer == NONE && l7->b.is_full)
        return enqueue(l7, sim, r, tries, wanted);
    if (peer == NONE) {
        meter_tally(&sim->meter, TALLY_BREAKER_REFUSED, l7->care->tripped > 0);
        return false;
    }
    go(l7, sim, r, tries, peer);
    sim_post(sim, &l7->b.out, l7->b.peer[peer].node, r);
    return true;
}

/* ---- places that fall free ---- */

/* From the queue to this peer. */
static void send_waiting(struct l7 *l7, struct sim *sim, struct req *r, uint32_t peer)
{
    struct hop me = r->via[r->depth - 1];

    l7_leave_queue(l7, r, &me);
    l7_pop(r, &me);
    sim_spend(sim, r, PART_BALANCER_QUEUE, sim->now - me.sent);
    go(l7, sim, r, me.tries, peer);
    sim_post(sim, &l7->b.out, l7->b.peer[peer].node, r);
}

static const struct hop *wait_of(const struct req *r)
{
    return &r->via[r->depth - 1];
}

static bool send_if_place(struct l7 *l7, struct sim *sim, struct req *r, uint32_t wanted)
{
    uint32_t peer = find_place(l7, sim, r, wait_of(r)->tries, wanted);

    if (peer == NONE)
        return false;
    send_waiting(l7, sim, r, peer);
    return true;
}

/* The first of a queue that has a place now.  Keys that wait for one backend hold up no others. */
static bool send_first(struct l7 *l7, struct sim *sim, const struct backlog *q, uint32_t wanted)
{
    bool may_pass = l7->b.is_keyed || l7->b.lb->traits & LB_MAY_WAIT;

    for (struct req *r = q->head; r != NULL; r = may_pass ? r->next : NULL)
        if (send_if_place(l7, sim, r, wanted))
            return true;
    return false;
}

static bool is_older(const struct req *a, const struct req *b)
{
    return b == NULL || (a != NULL && wait_of(a)->sent <= wait_of(b)->sent);
}

/* HAProxy's random and its like chose a full one though others had room: now whoever has room takes
 * the head without asking them again. */
static bool takes_any(const struct l7 *l7, uint32_t peer)
{
    return l7->b.lb->traits & LB_MAY_WAIT && !l7->b.is_keyed
        && l7->b.lb->backend[peer].state == LB_UP;
}

/* The place that fell free at this peer: the older head has it. */
static void fill(struct l7 *l7, struct sim *sim, uint32_t peer)
{
    struct backlog *own = peer < l7->care->bounds ? &l7->care->bound[peer] : NULL;

    if (own != NULL && own->head != NULL && is_older(own->head, l7->care->any.head)
        && send_first(l7, sim, own, peer))
        return;
    if (!send_first(l7, sim, &l7->care->any, takes_any(l7, peer) ? peer : NONE) && own != NULL)
        send_first(l7, sim, own, peer);
}

/* A backend that came up has places of which no completion tells. */
void l7_enter(struct l7 *l7, struct sim *sim, struct req *r)
{
    budget_request(&l7->care->budget, sim->now);
    while (l7->care->any.head != NULL && !is_shut(l7, sim)
           && send_if_place(l7, sim, l7->care->any.head, NONE))
        continue;
    if (!l7_admit(l7, sim, r, 1, NONE))
        sim_answer(sim, r, STATUS_UNAVAILABLE);
}

void l7_note_result(struct l7 *l7, struct sim *sim, const struct hop *me, uint32_t peer,
                    enum status status)
{
    struct l7_care *care = l7->care;

    care->active--;
    care->retrying -= me->tries > 1;
    if (has_breakers(l7))
        note_breaker(l7, sim, me, peer, status);
    l7_note_outcome(l7, status);
    if (care->waiting > 0 && !is_shut(l7, sim))
        fill(l7, sim, peer);
}
