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

/* The link behind it: words that no connection carries come back over that alone. */
const struct link *upstream_way(const struct node *);

#endif
