/* dataplane.h - the box in front of a balancer's logic, or of a backend: cores, NIC, TLS. */
#ifndef NODES_DATAPLANE_H
#define NODES_DATAPLANE_H

#include "nodes.h"

/* Packets that are dropped before anyone looks at them, and other work of its cores for them. */
void dataplane_charge(struct node *, struct sim *, uint32_t packets, nsec work);

/* As the configs of balancers and backends want it. */
bool dataplane_is_before_balancer(const struct balancer_config *);
struct node *dataplane_before_balancer(struct sim *, uint32_t id, const struct balancer_config *,
                                       uint32_t instance, uint32_t next);
bool dataplane_is_before_backend(const struct backend_config *);
struct node *dataplane_before_backend(struct sim *, uint32_t id, const struct backend_config *,
                                      uint32_t next);

#endif
