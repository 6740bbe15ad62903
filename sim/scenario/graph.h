/* graph.h - the tiers as a graph: which pool a group's requests end at. */
#ifndef SCENARIO_GRAPH_H
#define SCENARIO_GRAPH_H

#include "reader.h"

/* Index of the backend pool that these clients reach; NONE when they reach none. */
uint32_t graph_pool_of(const struct scenario *, const struct client_config *);

#endif
