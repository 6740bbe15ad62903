/* sweep_points.h - the points of `lblab sweep`: from options or the scenario's own `sweep` to
 * loaded scenarios. */
#ifndef CLI_SWEEP_POINTS_H
#define CLI_SWEEP_POINTS_H

#include "../scenario/sweep.h"
#include "load.h"

struct sweep_points {
    struct arena arena;
    struct sweep_axis axis;
    struct scenario *scenario;      /* [axis.values]; the first `loaded` are there */
    uint32_t loaded;
};

/* Loads every point; more: further sets of all points, NULL-terminated, or NULL.  -1 with the fault
 * in cli->err, told at the option that it came by; sweep_points_fini() in any case. */
int  sweep_points_load(struct sweep_points *, struct cli *, const struct loaded *,
                       const char *const *more);
void sweep_points_fini(struct sweep_points *);

/* Refuses what no machine could finish, each point and all together; -1 with err. */
struct run_estimate;
void sweep_points_estimate(const struct sweep_points *, struct run_estimate *sum);
int  sweep_points_check_size(const struct sweep_points *, struct err *);

#endif
