/* balancer.h - what l4 and l7 share: the algorithm and its peers, what it hashes on, health
 * checks. */
#ifndef NODES_BALANCER_H
#define NODES_BALANCER_H

#include "../../algorithms/lb.h"
#include "nodes.h"

struct peer {
    uint32_t node;                  /* where to send what is for it */
    uint32_t target;                /* the node that it stands for; mostly the same */
    uint32_t backend;               /* index in the meter, or NONE */
    struct health health;
    bool     is_removed;
    bool     is_drained;            /* by an event: health checks do not bring it back */
    uint64_t probe;                 /* token of the pending check's timeout; 0: none out */
    uint64_t next_check;            /* token of the wake for the next; any other is out of date */
    nsec     next_at;               /* when that will be */
    uint32_t checks;                /* so far: draws the jitter of the next wait */
    uint32_t errors;                /* of requests, in a row, as `observe` counts them */
    nsec     fault_seen;            /* the last one of it that this instance found */
    struct passive passive;
};

struct balancer {
    struct node node;
    const struct balancer_config *config;
    struct lb *lb;
    struct balancer *head;          /* whose lb and beliefs it has: its own, or the first's */
    struct lb_site site;
    struct peer *peer;
    uint32_t peers, capacity;
    uint32_t instance;
    struct link out;                /* to every peer */
    uint64_t *avoid;                /* bits of peers not to pick, all zero between picks */
    bool     is_full;               /* why the last pick answered NONE: limits were in the way */
    bool     is_keyed;              /* the algorithm reads the key, */
    bool     is_sized;              /* the request's work */
    uint32_t hash_on;               /* enum hash_on, never DEFAULT */
    bool     is_watching;           /* results of requests tell of health, too: outlier.h ... */
    bool     is_open;               /* nobody was left, and it failed open: states are ignored */
    struct outlier *outlier;        /* NULL: none */
    struct signals *signals;        /* what it hears of load; NULL: nothing */
    uint32_t watched;               /* peers that balancer_health.c has begun with */
};

/* Timer arguments: request roots are below both. */
#define BALANCER_CHECK   (1u << 31) /* time to check peer (arg without it) */
#define BALANCER_TIMEOUT (1u << 30) /* its check had no answer in time */
#define BALANCER_PASSIVE (BALANCER_CHECK | BALANCER_TIMEOUT)    /* passive_due() of peer */
#define BALANCER_TICK    (BALANCER_PASSIVE | 1u << 29)          /* outlier_tick() */
#define BALANCER_SIGNAL  (BALANCER_TIMEOUT | 1u << 29)          /* balancer_signals.c's */

/* What a balancer hashes for a policy: as its "hash_on" says, never DEFAULT. */
uint32_t balancer_hash_on(const struct balancer_config *, const struct policy *);

void balancer_init(struct balancer *, struct sim *, const struct balancer_config *,
                   uint32_t instance,
                   const struct link *);
void balancer_fini(struct balancer *);

/* The index of a usable peer, counted as picked, or NONE. */
uint32_t balancer_pick(struct balancer *, struct sim *, const struct req *);

/* The same, but another one than those in tried[] if there is another. */
uint32_t balancer_pick_other(struct balancer *, struct sim *, const struct req *,
                             const uint32_t *tried, uint32_t count);

/* This very peer, if it is not down and below its limit, else NONE. */
uint32_t balancer_take(struct balancer *, struct sim *, uint32_t peer);

/* The same, but never one of avoid[]: balancer's own bits, set and cleared by the caller. */
uint32_t balancer_pick_but(struct balancer *, struct sim *, const struct req *);
static inline void balancer_avoid(struct balancer *b, uint32_t peer)
{
    b->avoid[peer / 64] |= 1ull << (peer % 64);
}

static inline void balancer_allow(struct balancer *b, uint32_t peer)
{
    b->avoid[peer / 64] &= ~(1ull << (peer % 64));
}

static inline void balancer_done(struct balancer *b, uint32_t peer, nsec now, nsec latency,
                                 enum lb_result result)
{
    lb_complete(b->lb, peer, &(struct lb_outcome){ .now = now, .latency = latency, .load = -1,
                                                   .result = result });
}

/* The same when a reply came, which may carry what the peer says of itself. */
void balancer_done_and_told(struct balancer *, struct sim *, uint32_t peer, nsec latency,
                            enum lb_result, const struct req *reply);
static inline void balancer_answered(struct balancer *b, struct sim *sim, uint32_t peer,
                                     nsec latency, enum lb_result result, const struct req *reply)
{
    if (__builtin_expect(b->signals != NULL, 0))
        balancer_done_and_told(b, sim, peer, latency, result, reply);
    else
        balancer_done(b, peer, sim->now, latency, result);
}

/* What became of an attempt at this peer, beside balancer_done(): for those that learn from it. */
void balancer_learn(struct balancer *, struct sim *, uint32_t peer, enum status);
static inline void balancer_saw(struct balancer *b, struct sim *sim, uint32_t peer,
                                enum status status)
{
    if (__builtin_expect(b->is_watching, 0))
        balancer_learn(b, sim, peer, status);
}

/* ---- balancer_health.c: for balancer.c ---- */

void balancer_begin_health(struct balancer *, struct sim *);    /* once, of the first peers */
void balancer_forget_peer(struct balancer *, uint32_t peer);    /* it was removed */
void balancer_tell_state(struct balancer *, uint32_t peer);     /* to the algorithm */
void balancer_note_pick(struct balancer *, struct sim *, uint32_t peer);    /* is_watching */

/* ---- balancer_signals.c: likewise ---- */

void balancer_begin_signals(struct balancer *, struct sim *);
void balancer_end_signals(struct balancer *);
void balancer_listen(struct balancer *, struct sim *, uint32_t peer);   /* it was added */
void balancer_probe(struct balancer *, struct sim *);           /* a pick was made; has signals */
/* A message in which a peer speaks of its load: takes it. */
void balancer_told(struct balancer *, struct sim *, struct req *, uint32_t peer);
void balancer_signal_timer(struct balancer *, struct sim *, uint32_t arg);

/* Handles a PROBE's reply, and a timer whose argument has one of the two bits. */
void balancer_probed(struct balancer *, struct sim *, struct req *, const struct hop *);
void balancer_timer(struct balancer *, struct sim *, uint32_t arg, uint64_t token);
bool balancer_is_waiting(const struct balancer *, uint32_t arg, uint64_t token);

#endif
