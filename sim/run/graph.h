/* graph.h - a scenario's nodes by number, and the nodes themselves.
 *
 * Ids are dense: groups of clients, their NATs, every tier of balancers with what stands before and
 * behind it, every backend (those that events add included), who watches or fails them, and the
 * stage.
 *
 * An instance of a balancer is a chain of nodes, each only where the scenario asks for it: fronts
 * (graph_fronts.h), then the l4 or l7 that picks. */
#ifndef RUN_GRAPH_H
#define RUN_GRAPH_H

#include "../nodes/nodes.h"
#include "../scenario/scenario.h"

enum tier_kind { TIER_BALANCER, TIER_BACKEND };
struct tier_ref { enum tier_kind kind; uint32_t index; };

struct graph {
    const struct scenario *scenario;
    uint32_t client, nat;           /* id of group 0; nat + i is group i's, where it has one */
    struct tier_nodes {
        uint32_t entry, entries;    /* whom to send to: the outermost nodes of the tier */
        uint32_t picker;            /* l4 or l7 of pool 0, instance 0 */
    } *balancer;                    /* [balancers] */
    uint32_t *backend;              /* [backends]: id of instance 0 */
    uint32_t *cache;                /* [backends]: the caches before them; else themselves */
    uint32_t *backend_entry;        /* [backends]: whom to send to: itself, or what is before it */
    uint32_t *backend_total;        /* [backends]: instances, added ones included */
    uint32_t minders;               /* keepers and chaos of the pools that have them, in order */
    uint32_t *path;                 /* [clients]: of each group's lossy way, or NONE */
    uint32_t *upstream;             /* [balancers]: the first of its own connections' nodes */
    uint32_t stage, nodes;
    uint32_t backends;              /* over all pools: the meter's */
    uint32_t depth;                 /* frames that a request needs */
};

/* Counts and numbers everything; allocates from the arena. */
void graph_plan(struct graph *, const struct scenario *, struct arena *);

/* Is all time spent at backends?  Then no accounts need to be kept on the way. */
bool graph_is_plain(const struct scenario *);

/* The node that picks among one pool's, at instance k of a balancer. */
static inline uint32_t graph_picker(const struct graph *g, uint32_t balancer, uint32_t pool,
                                    uint32_t k)
{
    return g->balancer[balancer].picker + pool * g->scenario->balancer[balancer].instances + k;
}

/* The way from one tier to another. */
struct link graph_link(const struct scenario *, struct sim *, const char *from, const char *to);

struct tier_ref graph_find(const struct scenario *, const char *name);
uint32_t graph_tier_count(const struct scenario *, struct tier_ref);    /* at the start of a run */
uint32_t graph_meter_index(const struct graph *, uint32_t pool, uint32_t instance);
const char *graph_backend_name(const struct graph *, uint32_t pool, uint32_t instance,
                               struct arena *);

/* Makes the nodes, with `policy` at scenario->compare_at.  0, or -1 with the reason in err. */
int  graph_build(const struct graph *, struct sim *, const struct policy *, struct arena *,
                 struct err *);

/* Starts the clients; quota must live as long as the sim. */
void graph_start(const struct graph *, struct sim *, struct quota *);

#endif
