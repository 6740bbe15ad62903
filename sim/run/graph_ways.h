/* graph_ways.h - nodes on the ways between tiers: lossy paths of clients, and an l7's own
 * connections to each peer.  Their ids come after all others'. */
#ifndef RUN_GRAPH_WAYS_H
#define RUN_GRAPH_WAYS_H

#include "graph.h"

/* Numbers them; answers the next free id. */
uint32_t graph_number_ways(struct graph *, struct arena *, uint32_t id);

/* The node that stands before a group's first hop: its path, or its NAT; NONE. */
uint32_t graph_group_entry(const struct graph *, uint32_t group);
void     graph_build_path(const struct graph *, struct sim *, uint32_t group);

/* The i-th peer of this picker: the node of its own connections to it is made, if it has such, and
 * becomes where to send. */
void graph_lead(const struct graph *, struct sim *, uint32_t picker, uint32_t i,
                struct peer_config *);

#endif
