/* l4.h - what l4.c (where messages go) and l4_table.c (what it remembers of them) share. */
#ifndef NODES_L4_H
#define NODES_L4_H

#include "../parts/backlog.h"
#include "../parts/conntrack.h"
#include "../parts/linger.h"
#include "../parts/lru.h"
#include "../parts/tuples.h"
#include "balancer.h"

struct l4 {
    struct balancer b;
    struct conntrack flows;         /* flow.to: the peer; flow.used: last seen */
    struct lru recent;              /* FULL_EVICT: places of the table */
    struct linger ended;            /* FULL_REFUSE: entries after their CLOSE */
    struct tuples used;             /* REUSE_FOLLOW: ports of ended connections, and their peers */
    struct backlog dropped;         /* messages to backends that are gone */
    bool picks_unknown;
};

static inline const struct flow_table_config *l4_table(const struct l4 *l4)
{
    return &l4->b.config->flow_table;
}

static inline bool l4_evicts(const struct l4 *l4)
{
    return l4_table(l4)->kind == TABLE_BOUNDED && l4_table(l4)->when_full == FULL_EVICT;
}

/* Has the table no room for one more? */
bool l4_is_full(struct l4 *, const struct sim *);

/* A choice was made: it is in the table until one of the other three; without a table it is over
 * as soon as it is made. */
void l4_remember(struct l4 *, struct sim *, uint32_t conn, uint32_t peer);
void l4_forget(struct l4 *, struct sim *, struct flow *, enum lb_result);
/* The flow is over; its entry may stay for a while. */
void l4_end_flow(struct l4 *, struct sim *, struct flow *, const struct conn *);
/* A flow's timer: it is forgotten when it was idle for long enough. */
void l4_look_at_idle(struct l4 *, struct sim *, uint32_t conn, uint64_t token);

#endif
