/* ecmp.h - a router before the instances of a tier of balancers: equal-cost multipath.
 *
 * The instances announce one address each by BGP, the router sends each flow to one of them. */
#ifndef NODES_ECMP_H
#define NODES_ECMP_H

#include "nodes.h"

/* As the config of a tier wants it, for graph_fronts.c: one for all its instances. */
bool ecmp_is_before_balancer(const struct balancer_config *);
struct node *ecmp_before_balancer(struct sim *, uint32_t id, const struct balancer_config *,
                                  uint32_t instance, uint32_t next);

/* ---- what can happen to instance k ---- */

/* Does somebody at least refuse what still comes to one that is gone? */
enum ecmp_loss { ECMP_SILENT, ECMP_REFUSES };

/* It is gone: its route is withdrawn after the detection time. */
void ecmp_lose(struct node *, struct sim *, uint32_t k, enum ecmp_loss);
void ecmp_withdraw(struct node *, uint32_t k);      /* planned: at once */
void ecmp_announce(struct node *, uint32_t k);      /* it is there, or back */

/* Who gets what now. */
const struct nexthops *ecmp_hops(const struct node *);

#endif
