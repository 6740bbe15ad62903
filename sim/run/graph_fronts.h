/* graph_fronts.h - what stands before the l4 or l7 of a balancer's instance, outermost first. */
#ifndef RUN_GRAPH_FRONTS_H
#define RUN_GRAPH_FRONTS_H

#include "../nodes/nodes.h"

/* One kind of node; it forwards to `next` without delay. */
struct front {
    bool (*is_wanted)(const struct balancer_config *);
    struct node *(*make)(struct sim *, uint32_t id, const struct balancer_config *,
                         uint32_t instance, uint32_t next);
    uint32_t frames;                /* that it pushes on a request: 0 or 1 */
    bool     is_shared;             /* one a tier, before all its instances: next is the first */
};

/* Ends with is_wanted NULL; shared ones come first. */
extern const struct front graph_fronts[];

#endif
