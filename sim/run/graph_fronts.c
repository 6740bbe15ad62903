/* graph_fronts.c - the order of the chain: who meets a message first. */
#include "graph_fronts.h"

#include "../nodes/dataplane.h"

#include <stddef.h>

const struct front graph_fronts[] = {
    { dataplane_is_before_balancer, dataplane_before_balancer, .frames = 1 },
    { .is_wanted = NULL },
};
