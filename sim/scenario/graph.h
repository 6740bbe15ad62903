/* graph.h - the tiers as a graph: which pools a group's requests end at. */
#ifndef SCENARIO_GRAPH_H
#define SCENARIO_GRAPH_H

#include "reader.h"

/* The share of these clients' requests that reach a pool; NAN: those that a cache does not have. */
double graph_share(const struct scenario *, const struct client_config *, uint32_t pool);

#endif
