/* instances.h - what events do to instances of balancers: their hosts, their routes, and the
 * connections through them. */
#ifndef RUN_INSTANCES_H
#define RUN_INSTANCES_H

#include "graph.h"

/* Does the event, its begin or its end; it is about a balancer. */
void instances_begin(const struct graph *, struct sim *, const struct event_config *);
void instances_end(const struct graph *, struct sim *, const struct event_config *);

/* At the start: those that come by events only are not there yet. */
void instances_hide_standby(const struct graph *, struct sim *);

#endif
