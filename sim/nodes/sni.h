/* sni.h - what stands before the l4s of a balancer that sends to several pools. */
#ifndef NODES_SNI_H
#define NODES_SNI_H

#include "nodes.h"

bool sni_is_wanted(const struct balancer_config *);

/* next: the l4 of the first pool at this instance; those of the others follow in steps of the
 * number of instances. */
struct node *sni_new(struct sim *, uint32_t id, const struct balancer_config *, uint32_t instance,
                     uint32_t next);

#endif
