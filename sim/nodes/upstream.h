/* upstream.h - an l7's own connections to one of its peers. */
#ifndef NODES_UPSTREAM_H
#define NODES_UPSTREAM_H

#include "nodes.h"

static inline bool upstream_is_wanted(const struct balancer_config *c)
{
    return c->upstream.is_used;
}

/* To node `to` over the link; the config must stay. */
struct node *upstream_new(struct sim *, uint32_t id, const struct balancer_config *, uint32_t to,
                          const struct link *);

#endif
