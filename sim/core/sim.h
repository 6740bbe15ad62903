/* sim.h - the loop, the graph, and how messages move: what every node is written against.
 *
 * A forward over a link without delay is a function call; everything else is an event.  New work
 * (a retry, a probe, a closed loop's next request) always goes through the queue. */
#ifndef CORE_SIM_H
#define CORE_SIM_H

#include "../base/dist.h"
#include "../base/pool.h"
#include "../metrics/meter.h"
#include "conn.h"
#include "evq.h"
#include "req.h"

struct sim;
struct node;

struct node_ops {
    const char *kind;
    /* On its way to a backend. */
    void (*request)(struct node *, struct sim *, struct req *);
    /* On its way back, if asked for. */
    void (*reply)  (struct node *, struct sim *, struct req *, struct hop *);
    void (*timer)  (struct node *, struct sim *, uint32_t arg, uint64_t token);
    /* Would timer() act on it? */
    bool (*is_waiting)(struct node *, struct sim *, uint32_t arg, uint64_t token);
    void (*destroy)(struct node *);
};

/* What a node struct begins with. */
struct node { const struct node_ops *ops; const char *name; uint32_t id; };

/* The way from one node to another, one direction.  Reply time is the same link's. */
struct link {
    nsec     delay;                 /* constant part */
    uint32_t lane;                  /* of delay; NONE: by the heap */
    const struct dist *jitter;      /* or NULL: a random delay, drawn from the request's luck */
    uint64_t salt;                  /* makes this link's draws its own */
};

struct sim {
    nsec     now;
    nsec     horizon;               /* nothing happens after this */
    bool     is_done;               /* set by whoever knows that all of interest has happened */
    struct evq queue;
    struct node **node;
    uint32_t nodes;
    struct pool reqs, conns;
    struct req *free_reqs;          /* linked by next */
    uint32_t depth;                 /* frames a request can carry */
    uint64_t serials, numbers;
    uint64_t opened;                /* connections that clients have opened: names the last one */
    uint64_t seed;
    struct meter meter;
    bool     keeps_account;         /* of where time goes; false: only at backends */
    uint64_t events;
    bool     stuck;                 /* ended because 2^20 events came at one instant */
};

/* depth: the longest chain of nodes that push a frame. */
void sim_init(struct sim *, uint64_t seed, uint32_t nodes, uint32_t depth);
void sim_fini(struct sim *);        /* destroys the nodes too */
void sim_put_node(struct sim *, struct node *, uint32_t id, const char *name);

/* Runs until done, the horizon or an empty queue, once: the event beyond the horizon is lost.
 * `pause` is called every 2^20 events. */
void sim_run(struct sim *, void (*pause)(struct sim *, void *arg), void *arg);

/* ---- messages ---- */

struct req *sim_new(struct sim *, enum message what);         /* its own root, no frames */
void        sim_free(struct sim *, struct req *);
static inline struct req *sim_req(const struct sim *sim, uint32_t id)
{
    return pool_at(&sim->reqs, id);
}

static inline struct conn *sim_conn(const struct sim *sim, uint32_t id)
{
    return pool_at(&sim->conns, id);
}

/* A connection in use has lost its end, which nobody may know yet: counted, once. */
void sim_lose_conn(struct sim *, uint32_t conn);
/* The same, and it is known: what is asked on it from now on is answered by a reset. */
void sim_break_conn(struct sim *, uint32_t conn);
void sim_break_conns_of(struct sim *, uint32_t node);   /* all that end there */

/* This node's word on an OPEN: it accepts the connection, unless that ends elsewhere already. */
static inline enum status sim_accept(const struct sim *sim, const struct req *open, uint32_t node)
{
    struct conn *c = sim_conn(sim, open->conn);

    if (open->is_orphan)
        return STATUS_OK;           /* the connection may be another one by now */
    if (c->ends_at != NONE && c->ends_at != node)
        return STATUS_RESET;
    c->ends_at = node;
    return STATUS_OK;
}

/* Is it asked on a connection that this node never accepted?  Datagrams are accepted unasked. */
static inline bool sim_is_stranger(const struct sim *sim, const struct req *r, uint32_t node)
{
    if (r->conn == NONE || r->is_orphan)
        return false;
    uint32_t end = sim_conn(sim, r->conn)->ends_at;

    return end != node && end != NONE;
}

/* A CLOSE has come to its end: the message and the connection's id are free again. */
void sim_end_conn(struct sim *, struct req *close);

/* The struct that carries the request with this root now. */
static inline struct req *sim_current(const struct sim *sim, uint32_t root)
{
    return sim_req(sim, sim_req(sim, root)->current);
}

/* This node's frame on the request, or NULL. */
struct hop *sim_frame(struct req *, uint32_t node);

/* "Show me the reply": pushes a frame. */
static inline struct hop *sim_via(struct sim *sim, struct node *n, struct req *r)
{
    struct hop *h = &r->via[r->depth++];

    (void)sim;
    *h = (struct hop){ .node = n->id, .peer = NONE, .conn = r->conn, .back = r->back };
    r->back = 0;
    return h;
}

/* Nobody waits for it, and the node that it has just come back to is the last on its way. */
static inline bool sim_is_stray(const struct req *r)
{
    return r->is_orphan && r->depth == 0;
}

/* latency NULL or unset: 0 */
struct link sim_link(struct sim *, const struct dist *latency, uint64_t salt);

/* Each is the last thing that a handler does with r.  sim_post is sim_forward that never calls
 * directly: for new work, and when a handler sends several messages. */
static inline void sim_forward(struct sim *, const struct link *, uint32_t to, struct req *);
void sim_post(struct sim *, const struct link *, uint32_t to, struct req *);
/* to the last frame, after the links' way back */
static inline void sim_reply(struct sim *, struct req *);
/* the same, after this node held it for so long */
void sim_reply_held(struct sim *, struct req *, nsec held);

/* To a node without a link, after the sender held it for so long. */
void sim_forward_held(struct sim *, uint32_t to, struct req *, nsec held);

/* A reply with this word. */
static inline void sim_answer(struct sim *, struct req *, enum status);

/* The attempt r goes on without us: returns a struct that carries the frames below this node's own,
 * to be answered or tried again.  r becomes an orphan: it comes back to this node with no frame
 * left, to be freed. */
struct req *sim_fork(struct sim *, struct node *, struct req *r);

/* Word from behind a link to the node that sends over it, in the time of the link's way back: it
 * arrives as a reply, with a frame that names the peer. */
void sim_tell(struct sim *, const struct link *, struct node *to, uint32_t peer, struct req *);

/* This use of the struct, and which attempt it carries. */
static inline uint64_t sim_mark(const struct req *r)
{
    return r->serial << 16 | (uint16_t)r->attempt;
}

/* Another struct for the same request, to be sent on beside others: a leg.  It is its own root and
 * has no frames; the carrier waits here, with a frame of this node, and is answered by it. */
struct req *sim_leg(struct sim *, const struct req *carrier);

/* Sends a CANCEL on connection conn after r; or after the request of which r is the root, whatever
 * its attempt is by then. */
enum cancel_scope { CANCEL_ATTEMPT, CANCEL_REQUEST };
void sim_cancel(struct sim *, const struct link *, uint32_t to, uint32_t conn, const struct req *r,
                enum cancel_scope);
/* The same, for the caller to send; its status says why nobody waits: CANCELLED. */
struct req *sim_new_cancel(struct sim *, uint32_t conn, const struct req *r, enum cancel_scope);

/* What a CANCEL follows, or NULL when it is gone already. */
struct req *sim_cancel_target(struct sim *, const struct req *cancel);

/* ---- accounts: see metrics/part.h ---- */

/* Whoever holds a request says so when it goes on: links and backends do already. */
static inline void sim_spend(const struct sim *sim, struct req *r, enum part part, nsec time)
{
    if (sim->keeps_account)
        r->spent[part] += time;
}

/* An attempt begins that may come to nothing, from this node; it did: all its time was lost. */
void sim_keep_account(const struct sim *, struct req *, uint32_t node);
void sim_lose_attempt(const struct sim *, struct req *, uint32_t node);

/* The carrier was answered by this leg: what the leg spent, and what was waited before it. */
void sim_take_account(const struct sim *, struct req *carrier, const struct req *leg);

/* ---- time ---- */

/* the token; never 0 */
uint64_t sim_wake(struct sim *, struct node *, nsec delay, uint32_t arg);
uint64_t sim_wake_at(struct sim *, struct node *, nsec at, uint32_t arg);

/* ---- the rest is inline for speed ---- */

static inline void sim_forward(struct sim *sim, const struct link *l, uint32_t to, struct req *r)
{
    struct node *n = sim->node[to];

    if (l->delay > 0 || l->jitter != NULL)
        sim_post(sim, l, to, r);
    else
        n->ops->request(n, sim, r);
}

void sim_reply_later(struct sim *, struct req *);

static inline void sim_deliver(struct sim *sim, struct req *r)
{
    struct hop *h = &r->via[--r->depth];
    struct node *n = sim->node[h->node];

    r->back = h->back;
    n->ops->reply(n, sim, r, h);
}

static inline void sim_reply(struct sim *sim, struct req *r)
{
    if (r->back == 0)
        sim_deliver(sim, r);
    else
        sim_reply_later(sim, r);
}

static inline void sim_answer(struct sim *sim, struct req *r, enum status status)
{
    r->status = (uint8_t)status;
    sim_reply(sim, r);
}

#endif
