/* dataplane.h - the box in front of a balancer's logic, or of a backend: cores, NIC, TLS. */
#ifndef NODES_DATAPLANE_H
#define NODES_DATAPLANE_H

#include "nodes.h"

/* Which counts its work goes to; TALLY_COUNT: to none. */
struct dataplane_tallies { enum tally busy, tls, bytes_up, bytes_down, packets_up, packets_down; };

struct dataplane_config {
    const struct cost_config *cost; /* cores 0: it costs nothing, and is only counted */
    const struct tls_config *tls;   /* NULL: TLS does not end here */
    uint32_t sessions;              /* 2: it ends, and another one goes on */
    const struct dataplane_tallies *tally;
    bool is_dsr;                    /* replies go past it */
};

/* Forwards to node `next` without a link; the config's parts must stay. */
struct node *dataplane_new(struct sim *, uint32_t id, const struct dataplane_config *,
                           const char *name, uint32_t next);

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
