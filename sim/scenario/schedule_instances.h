/* schedule_instances.h - events that happen to instances of a balancer. */
#ifndef SCENARIO_SCHEDULE_INSTANCES_H
#define SCENARIO_SCHEDULE_INSTANCES_H

#include "target.h"

/* Is the target a balancer's?  Then the event is aimed at its instances, or told why it cannot be;
 * those that it adds are counted among the balancer's from now on. */
bool schedule_aim_instances(struct reader *, const cJSON *event, const struct target *,
                            struct event_config *);

/* W208: a router that has nothing to choose. */
void schedule_warn_router(struct reader *, void (*warn)(struct reader *));

#endif
