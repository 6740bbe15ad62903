/* flood.h - traffic that nobody waits for: a group of "clients" that only sends. */
#ifndef NODES_FLOOD_H
#define NODES_FLOOD_H

#include "nodes.h"

/* It is in no metric but its own: its requests are nobody's. */
struct node *flood_new(struct sim *, uint32_t id, const struct client_config *, uint32_t group,
                       const struct tier *to);

/* It ends with the others' arrivals. */
void flood_start(struct node *, struct sim *, const struct quota *);

#endif
