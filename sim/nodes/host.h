/* host.h - the machine of a balancer's instance, where events can happen to it. */
#ifndef NODES_HOST_H
#define NODES_HOST_H

#include "nodes.h"

/* As the config of a tier wants it, for graph_fronts.c. */
bool host_is_before_balancer(const struct balancer_config *);
struct node *host_before_balancer(struct sim *, uint32_t id, const struct balancer_config *,
                                  uint32_t instance, uint32_t next);

/* It swallows everything, and goes on where it stopped when it recovers. */
void host_hang(struct node *);
/* Its process is gone: an l7 refuses and resets, and what it worked on is reset; an l4 passes
 * nothing on, and nobody answers in its place. */
void host_crash(struct node *, struct sim *);
void host_recover(struct node *, struct sim *);
/* An l7 that is drained serves on, fails its checks, and tells every connection that it answers on
 * to take no more requests; until it stays after all. */
void host_leave(struct node *);
void host_stay(struct node *);

#endif
