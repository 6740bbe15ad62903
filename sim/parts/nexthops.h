/* nexthops.h - how a router spreads flows over the instances of a tier (ECMP, RFC 2991), and what
 * its hash does to them when an instance comes or goes. */
#ifndef PARTS_NEXTHOPS_H
#define PARTS_NEXTHOPS_H

#include "../base/rng.h"
#include "../base/types.h"

enum ecmp_hash {
    ECMP_NONE,
    ECMP_MODULO,                    /* hash mod n: (n - 1) / n of the flows move when n changes */
    ECMP_THRESHOLD,                 /* n regions of equal size (RFC 2992): 1/4 to 1/2 move */
    /* buckets; those of who leaves go to the others, and who joins takes its share of each */
    ECMP_RESILIENT,
    ECMP_CONSISTENT,                /* buckets by highest random weight (Thaler and Ravishankar) */
};

struct ecmp_config {
    uint32_t hash;                  /* enum ecmp_hash; NONE: there is no such router */
    uint32_t buckets;               /* resilient and consistent */
    nsec     detection;             /* until the route to an instance that is gone is withdrawn */
};

enum { ECMP_BUCKETS = 4096 };

struct nexthops {
    const struct ecmp_config *config;
    uint32_t members, live;
    bool     *is_in;                /* [members] */
    uint32_t *order;                /* [live]: the members with a route, in order */
    uint32_t *bucket;               /* [config->buckets]: whose it is; NULL: hash has none */
};

/* The first `in` of the members have a route; config must stay. */
void nexthops_init(struct nexthops *, const struct ecmp_config *, uint32_t members, uint32_t in);
void nexthops_copy(struct nexthops *, const struct nexthops *from);
void nexthops_fini(struct nexthops *);

void nexthops_leave(struct nexthops *, uint32_t member);    /* no effect when it has */
void nexthops_join(struct nexthops *, uint32_t member);

/* The member that gets a flow with this hash; NONE: no member has a route. */
uint32_t nexthops_at(const struct nexthops *, uint64_t hash);

/* Of the 5-tuple: destination and protocol are the same for all. */
static inline uint64_t nexthops_hash(uint32_t source, uint16_t port)
{
    return rng_mix(((uint64_t)source << 16 | port) ^ 0x65636d70ull << 24);     /* "ecmp" */
}

#endif
