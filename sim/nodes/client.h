/* client.h - what client.c (who asks, and when) and client_conns.c (on which connection) share. */
#ifndef NODES_CLIENT_H
#define NODES_CLIENT_H

#include "../parts/connpool.h"
#include "nodes.h"

struct client {
    struct node node;
    const struct client_config *config;
    struct tier to;
    uint32_t nat;                   /* node id, or NONE */
    bool     is_rtt_random;         /* drawn once for every client */
    bool     is_closed_loop;
    bool     is_stopped;
    uint64_t salt;
    struct person { uint32_t asked, address, key; } *person;    /* [count]: requests so far, IPv4 */
    uint64_t sessions;              /* begun, over all clients */
    uint32_t alarm;
    struct quota *quota;
    struct arrival arrival;
    struct rng who;                 /* which client the next arrival is of */
    struct keys keys;
    struct connpool pool;           /* of each client, or of each of its hosts: */
    uint32_t hosts;                 /* so many, of which a request's is */
    uint32_t *host_of;              /* [class - config->first_class]; NULL: one for all */
    struct budget budget;           /* of the group's retries together */
    uint32_t retrying;              /* requests past their first attempt, resting ones too */
};

/* hop.peer of our frame, beside NONE, which waits for a connection: it waits to be tried again; */
#define CLIENT_RESTS (NONE - 1)
/* nobody answers it, and nobody says so (UDP); it was answered, and the rest of it comes in. */
#define CLIENT_LOST  (NONE - 2)
#define CLIENT_READS (NONE - 3)

/* Timer arguments: requests' roots are below all. */
#define CLIENT_ASKS (1u << 31)      /* a closed loop's client (arg without it) has thought enough */
#define GROUP_ASKS  (1u << 30)      /* the next arrival of the group */
#define GROUP_STOPS (GROUP_ASKS | 1)
#define CLIENT_CONN (1u << 29)      /* a connection (arg without it) is idle or old */

/* Our frame, the time that we wait, and off it goes. */
void client_begin_attempt(struct client *, struct sim *, struct req *, uint32_t tries);

/* ---- client_retry.c: with config->retries ---- */

/* Is r, which has no frame, tried again after `tries` attempts of which the last ended so?  Then it
 * rests here until then; false: it is over. */
bool client_retry(struct client *, struct sim *, struct req *, enum status, uint32_t tries);
/* The same for one that is still out: its next attempt is a request of its own to those behind, so
 * that nothing of this one can meet it. */
bool client_retry_anew(struct client *, struct sim *, const struct req *, uint32_t tries);
/* It has rested long enough. */
void client_end_rest(struct client *, struct sim *, struct req *);

static inline bool client_is_warm(const struct client *c)
{
    return c->config->protocol == PROTOCOL_WARM;
}

/* The instance of `to` that a request's luck says. */
uint32_t client_instance(const struct client *, uint64_t luck);

/* The link to the first hop, and which node that is for this request: the NAT, the connection's
 * instance, or for a warm client client_instance(). */
struct link client_way(const struct client *, uint32_t client);
uint32_t client_first_hop(const struct client *, const struct sim *, const struct req *);

/* The request is over: counted, and a closed loop's client begins to think. */
void client_finish(struct client *, struct sim *, struct req *, enum status);

/* ---- client_wait.c ---- */

/* Is r, though it came back, not over?  Then it waits here, with our frame, for the rest of the
 * reply or until we give up. */
bool client_waits_on(struct client *, struct sim *, struct req *, struct hop *me);
/* It was lost on the way, and given up: nothing is out there to be called off. */
void client_end_unanswered(struct client *, struct sim *, struct req *, const struct hop *me);

/* ---- connections ---- */

/* A request that needs one: it waits, or goes out at once. */
void client_conns_ask(struct client *, struct sim *, struct req *);

/* An OPEN came back; a request came back on a connection. */
void client_conns_answered(struct client *, struct sim *, const struct req *open);
void client_conns_release(struct client *, struct sim *, const struct req *, uint32_t conn);

/* A connection's timer, of connpool_watch(). */
void client_conns_timer(struct client *, struct sim *, uint32_t conn, uint64_t token);

/* A request that still waits for a connection is over, with this outcome. */
void client_conns_stop_waiting(struct client *, struct sim *, struct req *, enum status);

/* Nobody waits any more for the answer to a request on this connection; to an OPEN. */
void client_conns_abandon(struct client *, struct sim *, uint32_t conn);
void client_conns_abandon_open(struct client *, struct sim *, struct req *open);

#endif
