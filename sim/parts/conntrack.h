/* conntrack.h - what a box in the middle remembers of each connection: the NAT's mapping, the L4
 * balancer's choice.  Connection ids are small and dense, so the table is an array. */
#ifndef PARTS_CONNTRACK_H
#define PARTS_CONNTRACK_H

#include "../base/types.h"

enum table_kind { TABLE_UNLIMITED, TABLE_BOUNDED, TABLE_NONE };
enum when_full {
    FULL_EVICT,                     /* the flow that was used longest ago has to go (Katran) */
    FULL_REFUSE,                    /* new ones are refused (netfilter: table full) */
};
enum unknown_flow {
    UNKNOWN_DEFAULT,                /* reset, but where there is no table */
    UNKNOWN_RESET,                  /* IPVS, netfilter */
    UNKNOWN_PICK,                   /* as if it began: Maglev, Katran */
};
enum gone_backend {
    GONE_FOLLOW,                    /* its flows go there all the same */
    GONE_DROP,                      /* IPVS with expire_nodest_conn 0; UDP through kube-proxy */
    GONE_RESET,                     /* IPVS with expire_nodest_conn 1 */
    GONE_PICK,                      /* another backend gets them: Maglev, Katran */
};

enum port_reuse {
    REUSE_PICK,                     /* a new connection is a new one: IPVS conn_reuse_mode 1 */
    REUSE_FOLLOW,                   /* it goes where the one went that had its ports: 0 */
};

/* What an L4 does for want of an entry, or of a backend behind it. */
struct flow_table_config {
    uint32_t kind;                  /* enum table_kind */
    uint32_t entries;               /* bounded: at most */
    uint32_t when_full;             /* enum when_full */
    nsec     time_wait;             /* but evict: an entry stays for so long after its CLOSE */
    uint32_t port_reuse;            /* enum port_reuse, within time_wait */
};

struct flow {
    uint32_t to;                    /* l4: the peer; nat: the outside address; NONE: no entry */
    uint32_t port;                  /* nat; l4: its place in a bounded table */
    nsec     used;                  /* last seen */
    uint64_t timer;                 /* token of the pending idle timeout; 0: none */
    uint32_t tuple;                 /* l4, of QUIC: of addresses and ports as it saw them last */
};

struct conntrack { struct flow *flow; uint32_t capacity, live; };

void conntrack_init(struct conntrack *);
void conntrack_fini(struct conntrack *);

/* The entry of connection conn; made (to == NONE) when the table never saw such an id. */
struct flow *conntrack_at(struct conntrack *, uint32_t conn);

#endif
