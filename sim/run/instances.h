/* instances.h - what events do to instances of balancers: their hosts, their routes, and the
 * connections through them. */
#ifndef RUN_INSTANCES_H
#define RUN_INSTANCES_H

#include "graph.h"

/* Does the event, its begin or its end; it is about a balancer. */
void instances_begin(const struct graph *, struct sim *, const struct event_config *);
void instances_end(const struct graph *, struct sim *, const struct event_config *);

/* Connections through this l4 that are not in its table, and where it would send each: NONE for all
 * others.  Asked before a change of its backends, and compared after it: how many that moves away
 * from their end.  NULL when it does not pick for what it does not know, or not by a hash. */
uint32_t *instances_note_strays(const struct graph *, struct sim *, uint32_t picker);
uint64_t instances_count_moved(const struct graph *, struct sim *, uint32_t picker,
                               uint32_t *strays);

/* Of those connections the ones that end at this node. */
uint64_t instances_strays_of(const struct graph *, struct sim *, uint32_t picker, uint32_t node);

/* At the start: those that come by events only are not there yet. */
void instances_hide_standby(const struct graph *, struct sim *);

#endif
