/* graph_fronts.c - the order of the chain: who meets a message first. */
#include "graph_fronts.h"

#include "../nodes/dataplane.h"
#include "../nodes/deadline.h"
#include "../nodes/ecmp.h"
#include "../nodes/gate.h"
#include "../nodes/host.h"
#include "../nodes/router.h"
#include "../nodes/sni.h"

#include <stddef.h>

const struct front graph_fronts[] = {
    { ecmp_is_before_balancer, ecmp_before_balancer, .is_shared = true },
    { host_is_before_balancer, host_before_balancer, .frames = 1 },
    { gate_is_wanted, gate_new },
    { dataplane_is_before_balancer, dataplane_before_balancer, .frames = 1 },
    { deadline_is_wanted, deadline_new, .frames = 1 },
    { router_is_wanted, router_new },
    { sni_is_wanted, sni_new },
    { .is_wanted = NULL },
};
