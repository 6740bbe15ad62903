/* l7.h - what the files of an l7 share: l7.c (messages, one attempt at a time), l7_entry.c (limits,
 * breakers and the queue before an attempt), l7_retry.c (after one that failed) and l7_hedge.c
 * (several attempts at a time); l7_tunnel.c is what does not care for requests. */
#ifndef NODES_L7_H
#define NODES_L7_H

#include "balancer.h"

/* Only where the scenario asks for limits, a queue, a breaker, or retries that wait, stay or are
 * counted. */
struct l7_care {
    uint32_t active;                /* attempts that are out */
    uint32_t retrying;              /* requests past their first attempt: out, or waiting for it */
    struct backlog any;             /* wait for any backend */
    struct backlog *bound;          /* [bounds]: for this one */
    uint32_t bounds, waiting;       /* waiting: in all of these */
    struct breaker *breaker;        /* [breakers]: of each peer, or one of all */
    uint32_t breakers, tripped;     /* tripped: of these are not closed */
    struct budget budget;
};

struct l7 {
    struct balancer b;
    struct l7_care *care;
    struct conntrack *tunnels;      /* NULL: there were none yet */
};

/* hop.peer of a frame of ours that has no attempt out, beside NONE, which is: its attempt ended. */
#define L7_QUEUED    (1u << 31)             /* bound to peer (without it), */
#define L7_ANY       (L7_QUEUED - 16)       /* L7_QUEUED | this: to none */
#define L7_RESTS     (NONE - 1)             /* waits for the time of its next attempt */

static inline bool l7_is_out(const struct hop *me)
{
    return me->peer < L7_QUEUED;
}

/* Of an l7 that hedges or fans out. */
extern const struct node_ops l7_hedge_ops;

/* All messages, for an l7 that does neither; for one that does, those other than ASK and CANCEL. */
void l7_request(struct node *, struct sim *, struct req *);
void l7_destroy(struct node *);

/* The last few that were tried are avoided; another tier of L7s keeps its own list. */
void l7_note_tried(struct l7 *, struct req *, uint32_t peer);

/* Pushes our frame for an attempt at this peer; the caller sends r. */
void l7_push_attempt(struct l7 *, struct sim *, struct req *, uint32_t peer, uint32_t tries);
/* A frame of ours that waits: r is where it was when it came. */
void l7_push_wait(struct l7 *, struct sim *, struct req *, uint32_t peer, uint32_t tries,
                  nsec time);
void l7_pop(struct req *, const struct hop *me);
/* A request on a connection that ends elsewhere, or is broken, is answered by a reset: true. */
bool l7_resets(struct l7 *, struct sim *, struct req *);

/* ---- l7_entry.c ---- */

bool l7_wants_care(const struct balancer_config *);
struct l7_care *l7_care_new(const struct balancer_config *);
void l7_care_end(struct l7_care *);

/* A request's first attempt. */
void l7_enter(struct l7 *, struct sim *, struct req *);
/* Its tries-th: at peer `wanted`, or, if that is NONE, not at those tried before.  It goes out or
 * waits in the queue; false: neither can be, and r is as before. */
bool l7_admit(struct l7 *, struct sim *, struct req *, uint32_t tries, uint32_t wanted);
/* Takes a request that waits in it out of the queue; its frame stays. */
void l7_leave_queue(struct l7 *, struct req *, const struct hop *me);
/* The attempt of this frame at this peer has ended: its place is free. */
void l7_note_result(struct l7 *, struct sim *, const struct hop *me, uint32_t peer, enum status);

/* ---- l7_retry.c ---- */

/* Another attempt, now or later, or what became of the last one goes back. */
void l7_retry_or_reply(struct l7 *, struct sim *, struct req *, uint32_t peer, uint32_t tries);
/* It has waited here as long as it may. */
void l7_wait_over(struct l7 *, struct sim *, struct req *, const struct hop *me);
/* For the budget: an attempt ended. */
void l7_note_outcome(struct l7 *, enum status);
/* May there be one more attempt, after one or beside it?  Counts those that may not. */
bool l7_may_retry(struct l7 *, struct sim *);

/* ---- l7_tunnel.c ---- */

static inline bool l7_is_tunnel(const struct sim *sim, const struct req *r)
{
    return r->conn != NONE && sim_conn(sim, r->conn)->tunnel != TUNNEL_NONE;
}

/* What comes on one, and the answer to its OPEN. */
void l7_tunnel_request(struct l7 *, struct sim *, struct req *);
void l7_tunnel_reply(struct l7 *, struct sim *, struct req *, const struct hop *me);
void l7_tunnels_end(struct l7 *);

static inline enum lb_result l7_result_of(enum status status)
{
    static const enum lb_result result[] = {
        [STATUS_OK] = LB_OK, [STATUS_ERROR] = LB_ERROR, [STATUS_UNAVAILABLE] = LB_ERROR,
        [STATUS_REFUSED] = LB_REFUSED, [STATUS_RESET] = LB_ERROR, [STATUS_TIMEOUT] = LB_TIMEOUT,
        [STATUS_CANCELLED] = LB_CANCELLED,
    };

    return result[status];
}

/* After `tries` attempts of which the last ended with this r->status. */
static inline bool l7_is_retry_wanted(const struct l7 *l7, const struct req *r, uint32_t tries)
{
    return tries <= l7->b.config->retries.max
        && retry_is_reason(&l7->b.config->retries, (enum status)r->status);
}

#endif
