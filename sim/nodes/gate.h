/* gate.h - what stands before everything else of a balancer's instance: limits, and who gets a
 * place before his connection stands. */
#ifndef NODES_GATE_H
#define NODES_GATE_H

#include "nodes.h"

bool gate_is_wanted(const struct balancer_config *);
struct node *gate_new(struct sim *, uint32_t id, const struct balancer_config *, uint32_t instance,
                      uint32_t next);

#endif
