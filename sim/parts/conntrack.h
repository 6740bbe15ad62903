/* conntrack.h - what a box in the middle remembers of each connection: the NAT's mapping, the L4
 * balancer's choice.  Connection ids are small and dense, so the table is an array. */
#ifndef PARTS_CONNTRACK_H
#define PARTS_CONNTRACK_H

#include "../base/types.h"

struct flow {
    uint32_t to;                    /* l4: the peer; nat: the outside address; NONE: no entry */
    uint32_t port;                  /* nat */
    nsec     used;                  /* last seen */
    uint64_t timer;                 /* token of the pending idle timeout; 0: none */
};

struct conntrack { struct flow *flow; uint32_t capacity, live; };

void conntrack_init(struct conntrack *);
void conntrack_fini(struct conntrack *);

/* The entry of connection conn; made (to == NONE) when the table never saw such an id. */
struct flow *conntrack_at(struct conntrack *, uint32_t conn);

#endif
