/* l7_retry.c - after an attempt that failed: whether there is another, when, and where. */
#include "l7.h"

/* ---- whether ---- */

static bool is_denied(const struct l7 *l7)
{
    uint32_t limit = l7->b.config->limits.retries;

    return limit > 0 && l7->care->retrying >= limit;
}

void l7_note_outcome(struct l7 *l7, enum status status)
{
    const struct retry_config *c = &l7->b.config->retries;

    if (l7->care != NULL && (status == STATUS_OK || retry_is_reason(c, status)))
        budget_outcome(&l7->care->budget, status != STATUS_OK);
}

bool l7_may_retry(struct l7 *l7, struct sim *sim)
{
    struct l7_care *care = l7->care;

    if (care == NULL)
        return true;
    if (!is_denied(l7)
        && budget_take(&care->budget, sim->now, care->active + care->waiting, care->retrying))
        return true;
    meter_tally(&sim->meter, TALLY_RETRIES_DENIED, 1);
    return false;
}

/* ---- where ---- */

/* The peer that it was at; a server that is known to be down is left at once. */
static uint32_t same_again(const struct l7 *l7, const struct req *r, uint32_t tries)
{
    uint32_t peer = r->tried[r->tried_count - 1];
    bool is_stuck = l7->b.config->retries.redispatch == REDISPATCH_NEVER;

    if (retry_goes_elsewhere(&l7->b.config->retries, tries)
        || (!is_stuck && l7->b.lb->backend[peer].state != LB_UP))
        return NONE;
    return peer;
}

/* ---- without care: at once, elsewhere ---- */

static void try_elsewhere(struct l7 *l7, struct sim *sim, struct req *r, uint32_t tries)
{
    uint32_t other = balancer_pick_other(&l7->b, sim, r, r->tried, r->tried_count);

    if (other == NONE) {
        sim_reply(sim, r);
        return;
    }
    sim_lose_attempt(sim, r, l7->b.node.id);
    r->attempt++;
    meter_retry(&sim->meter);
    l7_push_attempt(l7, sim, r, other, tries + 1);
    sim_post(sim, &l7->b.out, l7->b.peer[other].node, r);
}

/* ---- with it ---- */

/* The tries-th attempt, counted as retrying already. */
static void start_attempt(struct l7 *l7, struct sim *sim, struct req *r, uint32_t tries)
{
    uint32_t wanted = same_again(l7, r, tries - 1);

    sim_lose_attempt(sim, r, l7->b.node.id);
    meter_tally(&sim->meter, TALLY_REDISPATCHED,
                wanted == NONE && l7->b.config->retries.redispatch != 1);
    if (l7_admit(l7, sim, r, tries, wanted))
        return;
    l7->care->retrying--;
    sim_reply(sim, r);
}

static nsec wait_before(const struct l7 *l7, const struct req *r, uint32_t tries)
{
    const struct backoff_config *c = &l7->b.config->retries.backoff;

    if (c->same_only && same_again(l7, r, tries) == NONE)
        return 0;
    return retry_wait(c, tries, r->luck ^ l7->b.node.id);
}

void l7_retry_or_reply(struct l7 *l7, struct sim *sim, struct req *r, uint32_t peer, uint32_t tries)
{
    if (!l7_is_retry_wanted(l7, r, tries) || !l7_may_retry(l7, sim)) {
        sim_reply(sim, r);
        return;
    }
    l7_note_tried(l7, r, peer);
    if (l7->care == NULL) {
        try_elsewhere(l7, sim, r, tries);
        return;
    }
    nsec wait = wait_before(l7, r, tries);

    l7->care->retrying++;
    if (wait > 0)
        l7_push_wait(l7, sim, r, L7_RESTS, tries + 1, wait);
    else
        start_attempt(l7, sim, r, tries + 1);
}

/* ---- waits that are over ---- */

static void leave_queue_unserved(struct l7 *l7, struct sim *sim, struct req *r,
                                 const struct hop *me)
{
    l7_leave_queue(l7, r, me);
    l7->care->retrying -= me->tries > 1;
    meter_tally(&sim->meter, TALLY_QUEUE_TIMEOUTS, 1);
    l7_pop(r, me);
    sim_answer(sim, r, STATUS_UNAVAILABLE);
}

void l7_wait_over(struct l7 *l7, struct sim *sim, struct req *r, const struct hop *me)
{
    uint32_t tries = me->tries;

    if (me->peer != L7_RESTS) {
        leave_queue_unserved(l7, sim, r, me);
        return;
    }
    l7_pop(r, me);
    start_attempt(l7, sim, r, tries);
}
