/* ipvs_hash.h - what Linux's three hashing schedulers share: who is on the table, what a client
 * hashes to, and what happens when the one found may not be given the connection. */
#ifndef IPVS_HASH_H
#define IPVS_HASH_H

#include "address.h"
#include "lb.h"

/* Drained backends and those of weight 0 keep their places, and their clients are refused: that is
 * how IPVS quiesces.  What is down was taken off the list, as keepalived does. */
static inline bool ipvs_is_listed(const struct lb_backend *b)
{
    return b->state == LB_UP || b->state == LB_DRAINING;
}

/* The client's address, plus its port where the scheduler's flag wants that. */
static inline uint32_t ipvs_client(const struct lb_request *rq, bool with_port)
{
    struct endpoint e = key_endpoint(rq);

    return e.address + (with_port ? e.port : 0u);
}

/* hash_32() to 8 bits: the top ones of the product; old kernels took the lowest. */
static inline uint32_t ipvs_bucket(uint32_t value)
{
    return value * 0x61c88647u >> 24;
}

#endif
