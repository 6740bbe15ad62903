/* membership.h - what balancers are told of their peers, when each instance learns of it, and what
 * it does to the keys of those that map keys. */
#ifndef RUN_MEMBERSHIP_H
#define RUN_MEMBERSHIP_H

#include "graph.h"

enum change {
    CHANGE_DRAIN, CHANGE_UNDRAIN, CHANGE_ADD, CHANGE_REMOVE, CHANGE_WEIGH, CHANGE_WEIGH_BACK,
};

struct membership;

/* The node whose timer gets back, with MEMBERSHIP_LATER in the argument, what instances learn
 * later; it calls membership_timer() then. */
#define MEMBERSHIP_LATER (1u << 31)

struct membership *membership_new(const struct graph *, struct node *timer, struct arena *);
void membership_free(struct membership *);

/* Tells every instance of every balancer of e's pool about e's targets from `first` to `last`, at
 * once or after its discovery_delay.  Instances learn of changes in order. */
void membership_tell(struct membership *, struct sim *, const struct event_config *e,
                     enum change, uint32_t first, uint32_t last);
void membership_timer(struct membership *, struct sim *, uint32_t arg);

/* Counts the connections through L4s, in a table or not, that the end of e's targets from `first`
 * to `last` breaks. */
void membership_count_broken(struct membership *, struct sim *, const struct event_config *e,
                             uint32_t first, uint32_t last);

/* What an event did to keys and connections, as it is reported. */
struct record_remap *membership_row(struct sim *, const struct graph *,
                                    const struct event_config *e);

/* Is backend i one of e's targets? */
bool membership_is_target(const struct graph *, const struct event_config *e, uint32_t i);

#endif
