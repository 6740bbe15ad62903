/* client_wait.c - requests that are not over though they came back: nobody tells of a datagram that
 * was lost, and a reply larger than the window comes in pieces. */
#include "client.h"

/* Nobody tells of a datagram that was lost or that nobody wanted: its client waits on. */
static bool is_silent(const struct client *c, const struct req *r)
{
    return c->config->protocol == PROTOCOL_UDP
        && (r->status == STATUS_RESET || r->status == STATUS_REFUSED
            || r->status == STATUS_UNAVAILABLE);
}

static void wait_in_vain(struct sim *sim, struct req *r, struct hop *me)
{
    r->depth = 1;
    me->peer = CLIENT_LOST;
    connpool_end_stream(sim, me->conn);
    meter_tally(&sim->meter, TALLY_DATAGRAMS_LOST, 1);
}

/* Round trips until a reply larger than the window is here: a window of it comes in each. */
static nsec further_trips(const struct client *c, const struct sim *sim, const struct req *r,
                          const struct hop *me)
{
    uint32_t window = c->config->window;

    if (r->status != STATUS_OK || me->peer == CLIENT_READS || r->reply_bytes <= window)
        return 0;
    return (r->reply_bytes - 1) / window * sim_conn(sim, me->conn)->rtt;
}

static void read_on(struct client *c, struct sim *sim, struct req *r, struct hop *me, nsec time)
{
    r->depth = 1;
    me->peer = CLIENT_READS;
    sim_spend(sim, r, PART_NETWORK, time);
    evq_push(&sim->queue, sim->now + time, c->node.id, EVQ_REPLY, r->id);
}

bool client_waits_on(struct client *c, struct sim *sim, struct req *r, struct hop *me)
{
    nsec trips;

    if (is_silent(c, r)) {
        wait_in_vain(sim, r, me);
        return true;
    }
    trips = c->config->window > 0 ? further_trips(c, sim, r, me) : 0;
    if (trips > 0)
        read_on(c, sim, r, me, trips);
    return trips > 0;
}

void client_end_unanswered(struct client *c, struct sim *sim, struct req *r, const struct hop *me)
{
    r->depth = 0;
    if (client_retry(c, sim, r, STATUS_TIMEOUT, me->tries))
        return;
    client_finish(c, sim, r, STATUS_TIMEOUT);
    sim_free(sim, r);
}
