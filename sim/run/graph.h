/* graph.h - a scenario's nodes by number, and the nodes themselves.
 *
 * Ids are dense: groups of clients, their NATs, every instance of every balancer, every backend
 * (those that events add included), and the stage. */
#ifndef RUN_GRAPH_H
#define RUN_GRAPH_H

#include "../nodes/nodes.h"
#include "../scenario/scenario.h"

enum tier_kind { TIER_BALANCER, TIER_BACKEND };
struct tier_ref { enum tier_kind kind; uint32_t index; };

struct graph {
    const struct scenario *scenario;
    uint32_t client, nat;           /* id of group 0; nat + i is group i's, where it has one */
    uint32_t *balancer;             /* [balancers]: id of instance 0 */
    uint32_t *backend;              /* [backends]: id of instance 0 */
    uint32_t *backend_total;        /* [backends]: instances, added ones included */
    uint32_t stage, nodes;
    uint32_t backends;              /* over all pools: the meter's */
    uint32_t depth;                 /* frames that a request needs */
};

/* Counts and numbers everything; allocates from the arena. */
void graph_plan(struct graph *, const struct scenario *, struct arena *);

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
