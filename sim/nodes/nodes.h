/* nodes.h - the kinds of node: constructors, and what scripted events may do to them.
 *
 * A constructor puts its node at `id` in the graph and keeps the config by reference. */
#ifndef NODES_NODES_H
#define NODES_NODES_H

#include "../core/sim.h"
#include "config.h"

/* Where traffic goes: nodes first .. first + count - 1, one link to all of them. */
struct tier { uint32_t first, count; struct link link; };

struct node *client_new(struct sim *, uint32_t id, const struct client_config *, uint32_t group,
                        uint32_t nat, const struct tier *to);      /* nat: node id, or NONE */
struct node *nat_new(struct sim *, uint32_t id, const struct nat_config *, const struct tier *to);

/* What a balancer needs to know of its peers. */
struct peer_config {
    uint32_t node;                  /* where to send what is for it: itself, or who leads there */
    uint32_t target;                /* itself: events and questions name it so */
    uint32_t backend;               /* index in the meter; NONE: the peer is a balancer */
    const char *name;
    uint32_t weight;
    uint32_t zone, priority;
};

struct node *l4_new(struct sim *, uint32_t id, const struct balancer_config *, uint32_t instance,
                    const struct link *);
struct node *l7_new(struct sim *, uint32_t id, const struct balancer_config *, uint32_t instance,
                    const struct link *);
struct node *backend_new(struct sim *, uint32_t id, const struct backend_config *, uint32_t pool,
                         double speed, uint32_t index);            /* index: in the meter */

/* ---- clients ---- */

/* When arrivals end, for all groups together: at a time, or when enough were born. */
struct quota {
    nsec     until;                 /* no arrivals at or after this; NEVER: no such end */
    uint64_t wanted;                /* born after warm-up; UINT64_MAX: no such end */
    nsec     warmup;
    uint64_t born;                  /* so far, after warm-up */
    uint32_t sources;               /* groups that may still ask */
    nsec     last;                  /* birth of the last request */
};

/* First arrivals; the run is over when quota says so and all have been answered. */
void client_start(struct node *, struct sim *, struct quota *);

/* ---- balancers: l4 and l7 alike ---- */

/* Before the first peers: what it has in common with the first instance of its tier. */
void balancer_share(struct node *, struct node *first);
void balancer_add_peer(struct node *, const struct peer_config *);
/* Once, when the first peers are there: 0, or -1 with the algorithm's reason. */
int  balancer_start(struct node *, struct sim *, const char **why);
/* A peer added after the start is not yet checked: this begins it. */
void balancer_watch_peer(struct node *, struct sim *, uint32_t peer_node);
void balancer_remove_peer(struct node *, uint32_t peer_node);
void balancer_drain_peer(struct node *, uint32_t peer_node);
void balancer_undrain_peer(struct node *, uint32_t peer_node);
void balancer_weigh_peer(struct node *, uint32_t peer_node, uint32_t weight);

/* Does its algorithm map keys to peers?  Then: to which node does this key, or address, go now? */
bool     balancer_maps_keys(const struct node *);
uint32_t balancer_where(struct node *, nsec now, uint64_t key, uint32_t address, uint16_t port);
/* The weight of a peer that may be picked (0: it may not); of all when peer_node is NONE. */
double   balancer_weight(const struct node *, uint32_t peer_node);
/* At an l4: where its table sends this connection, or NONE; does it pick for what it does not know?
 * A process that starts anew knows no flows. */
uint32_t balancer_flow(const struct node *, uint32_t conn);
bool     balancer_picks_unknown(const struct node *);
void     balancer_lose_flows(struct node *, struct sim *);

/* Connections that go to this peer: at an l4, and at an l7 those that it passes on unread. */
uint64_t balancer_connections(const struct node *, uint32_t peer_node);
uint64_t l7_tunnels_to(const struct node *, uint32_t peer_node);

/* ---- backends ---- */

/* Who is to blame for a fault.  A backend is as badly off as the worst of them makes it; each ends
 * what it began.  A restart by its keeper cures what lies in the process: hang, error, grey. */
enum blame { BLAME_EVENT, BLAME_CHANCE, BLAME_KEEPER, BLAME_PLAN, BLAMES };

/* share: of the requests, where the mode is grey or dependency. */
void backend_fail(struct node *, struct sim *, enum blame, enum fail_mode, double share);
void backend_recover(struct node *, struct sim *, enum blame);      /* not from being slow */
void backend_cure(struct node *, struct sim *);         /* restarted: what lies in the process */
/* The state of sessions is kept, in a table of the pool: once, of each backend, the first first. */
void backend_keep_sessions(struct node *, struct node *first, const struct sessions_config *);
/* of its configured speed */
void backend_set_speed(struct node *, struct sim *, double factor);
void backend_go_away(struct node *, struct sim *);      /* drained: it tells its connections */
void backend_vanish(struct node *, struct sim *);       /* removed: as a crash, for ever */

/* Which of its processes runs: another number after each crash. */
uint32_t backend_life(const struct node *);

/* One more balancer instance looks after it: a fault counts as detected when all have found it. */
void backend_watch(struct node *);
/* An instance took it out of its list; *seen: the fault that it knew of, by when it began. */
void backend_taken_out(struct node *, struct sim *, nsec *seen);

/* Somebody listens to what it says of its load: its replies carry that from now on; it also keeps
 * how long requests took, for probes. */
void backend_keep_count(struct node *);
void backend_keep_paces(struct node *);
/* It says it now, in a message to `to`, where it is this peer. */
void backend_tell(struct node *, struct sim *, struct node *to, uint32_t peer, const struct link *);
/* One more that its idle tokens may go to. */
void backend_listen_for_idle(struct node *, struct sim *, struct node *to, uint32_t peer,
                             const struct link *, enum layer);

/* What a check asks; a MSG_PROBE carries it in `key`, and its server time in `demand`. */
static inline void probe_ask(struct req *probe, const struct health_config *c)
{
    probe->key = c->level;
    probe->demand = c->cost;
}

static inline bool keeper_is_wanted(const struct backend_config *c)
{
    return c->liveness.check.interval > 0;
}

static inline bool chaos_is_wanted(const struct backend_config *c)
{
    return c->failures.mtbf > 0;
}

/* Watches a pool's backends first .. first + count - 1 and restarts those that fail its checks. */
struct node *keeper_new(struct sim *, uint32_t id, const struct backend_config *, uint32_t first,
                        uint32_t count);
/* Makes them fail at random, and repairs them. */
struct node *chaos_new(struct sim *, uint32_t id, const struct backend_config *, uint32_t first,
                       uint32_t count);

struct station *backend_station(struct node *);

#endif
