/* router.h - what stands before the l7s of a balancer that sends to several pools. */
#ifndef NODES_ROUTER_H
#define NODES_ROUTER_H

#include "nodes.h"

bool router_is_wanted(const struct balancer_config *);

/* next: the l7 of the first pool at this instance; those of the others follow in steps of the
 * number of instances. */
struct node *router_new(struct sim *, uint32_t id, const struct balancer_config *,
                        uint32_t instance, uint32_t next);

#endif
