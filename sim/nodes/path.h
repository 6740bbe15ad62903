/* path.h - a lossy way between a group of clients and the first hop. */
#ifndef NODES_PATH_H
#define NODES_PATH_H

#include "nodes.h"

bool path_is_wanted(const struct client_config *);

/* Sends on, without a link, to node nat; or, NONE, to where the connection goes. */
struct node *path_new(struct sim *, uint32_t id, const struct client_config *, uint32_t nat);

#endif
