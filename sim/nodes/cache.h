/* cache.h - what makes a backend a cache: it stands before it. */
#ifndef NODES_CACHE_H
#define NODES_CACHE_H

#include "nodes.h"

bool cache_is_before_backend(const struct backend_config *);

/* next: the backend, whose service is the look-up; to: the tier that is asked on a miss. */
struct node *cache_before_backend(struct sim *, uint32_t id, const struct backend_config *,
                                  uint32_t next, const struct tier *to);

#endif
