/* stage.h - what happens to the cast: a scenario's events, and the turning of the time line's
 * slices. */
#ifndef RUN_STAGE_H
#define RUN_STAGE_H

#include "graph.h"

/* Slices turn until the quota's last arrival. */
struct node *stage_new(struct sim *, const struct graph *, const struct quota *, struct arena *);

#endif
