/* client_retry.c - clients that ask again: whether, and after which wait. */
#include "client.h"

static bool may_retry(struct client *c, struct sim *sim, enum status status, uint32_t tries)
{
    const struct retry_config *config = &c->config->retries;

    if (status == STATUS_OK || retry_is_reason(config, status))
        budget_outcome(&c->budget, status != STATUS_OK);
    if (!retry_is_reason(config, status) || tries > config->max)
        return false;
    if (budget_take(&c->budget, sim->now, (uint32_t)sim->meter.open, c->retrying))
        return true;
    meter_tally(&sim->meter, TALLY_RETRIES_DENIED, 1);
    return false;
}

static void try_again(struct client *c, struct sim *sim, struct req *r, uint32_t tries)
{
    sim_lose_attempt(sim, r, c->node.id);
    sim_keep_account(sim, r, c->node.id);
    r->attempt++;
    r->conn = NONE;
    r->source = c->person[r->client].address;
    r->port = 0;
    meter_retry(&sim->meter);
    meter_tally(&sim->meter, TALLY_CLIENT_RETRIES, 1);
    client_begin_attempt(c, sim, r, tries);
}

static void rest(struct client *c, struct sim *sim, struct req *r, uint32_t tries)
{
    nsec wait = retry_wait(&c->config->retries.backoff, tries, r->luck ^ c->node.id);
    struct hop *me = sim_via(sim, &c->node, r);

    me->peer = CLIENT_RESTS;
    me->tries = tries + 1;
    me->timer = sim_wake(sim, &c->node, wait, r->root);
}

bool client_retry(struct client *c, struct sim *sim, struct req *r, enum status status,
                  uint32_t tries)
{
    if (c->config->retries.max == 0)
        return false;
    c->retrying -= tries > 1;
    if (!may_retry(c, sim, status, tries))
        return false;
    c->retrying++;
    rest(c, sim, r, tries);
    return true;
}

bool client_retry_anew(struct client *c, struct sim *sim, const struct req *old, uint32_t tries)
{
    struct req *r = sim_leg(sim, old);

    r->carrier = NONE;
    r->status = STATUS_TIMEOUT;
    if (client_retry(c, sim, r, STATUS_TIMEOUT, tries))
        return true;
    sim_free(sim, r);
    return false;
}

void client_end_rest(struct client *c, struct sim *sim, struct req *r)
{
    r->depth = 0;
    try_again(c, sim, r, r->via[0].tries);
}
