/* deadline.h - how long all attempts of a request at an l7 may take together, waits between them
 * and in its queue included: Envoy's `timeout` of a route beside `per_try_timeout`, a call's
 * deadline in gRPC. */
#ifndef NODES_DEADLINE_H
#define NODES_DEADLINE_H

#include "nodes.h"

/* As the config of a tier wants it, for graph_fronts.c. */
bool deadline_is_wanted(const struct balancer_config *);
struct node *deadline_new(struct sim *, uint32_t id, const struct balancer_config *,
                          uint32_t instance, uint32_t next);

#endif
