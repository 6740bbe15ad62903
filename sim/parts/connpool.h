/* connpool.h - the connections that each client of a group holds, or an l7 to a peer, and the
 * requests that wait for one.  Who sends the messages is the owner's matter; this part only keeps
 * the books. */
#ifndef PARTS_CONNPOOL_H
#define PARTS_CONNPOOL_H

#include "../core/sim.h"

struct connpool_config {
    uint32_t connections;           /* most at a time a client; 0: no limit */
    uint32_t streams;               /* most requests at a time on one */
    uint32_t requests;              /* most requests ever on one; 0: no limit */
    const struct dist *age;         /* none is used for longer; NULL: no limit */
    nsec     idle;                  /* closed after so long without a stream; 0: never */
    bool     is_punctual;           /* closed when its age is reached; else when that is noticed */
};

struct connpool_client {
    uint32_t first;                 /* its connections, newest first */
    uint32_t connections, opening;
    uint32_t waiting;               /* its requests without a connection, */
    struct req *head, *tail;        /* oldest first */
};

struct connpool { struct connpool_config config; struct connpool_client *client; };

void connpool_init(struct connpool *, const struct connpool_config *, uint32_t clients);
void connpool_fini(struct connpool *);

/* The open connection with the fewest streams that takes one more request, or NONE. */
uint32_t connpool_find(const struct connpool *, const struct sim *, uint32_t client);

/* Should the client open another one for those that wait? */
bool     connpool_wants_more(const struct connpool *, uint32_t client);

/* a new one, opening, of TCP */
uint32_t connpool_open(struct connpool *, struct sim *, uint32_t client);
void     connpool_opened(struct connpool *, struct sim *, uint32_t conn);

/* A connection of the client's that has no stream and must not be used again; NONE when there is
 * none.  It leaves the pool: the caller sends the CLOSE. */
uint32_t connpool_take_spent(struct connpool *, struct sim *, uint32_t client);
/* leaves the pool at once */
void     connpool_drop(struct connpool *, struct sim *, uint32_t conn);

/* By GOAWAY, or "Connection: close": the end that accepts a connection says, at the first OPEN, how
 * old it may become (kind NULL: nothing); or that it takes no more requests on this one, or on any
 * that ends at this node. */
void     connpool_limit_age(struct sim *, const struct req *open, const struct dist *age);
void     connpool_tell_to_go(struct sim *, uint32_t conn);
void     connpool_go_away(struct sim *, uint32_t node);

/* A request that goes out on it now has waited since `began`: as far as the connection's TLS
 * handshake took part of that it was TLS, and connecting else. */
void     connpool_tell_wait(const struct sim *, struct req *, const struct conn *, nsec began);

/* A request has left it. */
void     connpool_end_stream(struct sim *, uint32_t conn);

/* Wakes node n with arg when an open connection has been idle for too long, or is old: see
 * connpool_config.  One timer a connection: calling again is free. */
void     connpool_watch(const struct connpool *, struct sim *, struct node *n, uint32_t conn,
                        uint32_t arg);
/* In that timer: is it to be closed now?  Then it leaves the pool, and the owner sends the CLOSE;
 * else it is watched on. */
bool     connpool_is_due(struct connpool *, struct sim *, struct node *n, uint32_t conn,
                         uint32_t arg);

void     connpool_wait(struct connpool *, uint32_t client, struct req *);
void     connpool_unwait(struct connpool *, uint32_t client, struct req *);
static inline struct req *connpool_first_waiting(const struct connpool *p, uint32_t client)
{
    return p->client[client].head;
}

#endif
