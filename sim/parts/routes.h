/* routes.h - which pool a request goes to, by what an L7 sees of it, or a connection by the name
 * that an L4 sees: rules in the order of the file, the first that matches decides.
 *
 * Matching is worked out once a class of requests, before the run; weights are drawn from the
 * request's luck, so that every policy sees the same split. */
#ifndef PARTS_ROUTES_H
#define PARTS_ROUTES_H

#include "classes.h"

/* Bytes of a request on the wire: from so many on, and below so many; below 0: no such limit. */
struct size_range { uint64_t from, below; };

/* What is NULL matches everything.  Hosts and names of headers are compared without regard to case
 * (RFC 9110, 4.2.3 and 5.1); "*.example.com" matches what ends so; a header without a value matches
 * any value. */
struct route_match {
    const char *host, *path_prefix, *header, *method;
    struct size_range size;
    const char *sni;                /* at an l4, and nothing else there: the host of the request
                                       that a connection was opened for */
};

/* A part of a rule's requests: the pool's name, and its index in routes_config.pool. */
struct route_way { const char *to; uint32_t weight, pool; };

struct route_config {
    struct route_match match;
    struct route_way *way;
    uint32_t ways;
};

struct routes_config {
    struct route_config *route;     /* [count] */
    uint32_t count;                 /* 0: all go to the balancer's `to` */
    const char **pool;              /* [pools]: each once; the first is the balancer's `to` */
    uint32_t pools;
    uint32_t *of_class;             /* by class of request, over all groups; NONE: to pool 0 */
};

bool route_matches(const struct route_match *, const struct class_config *);

/* Does the first match all that the second does? */
bool route_covers(const struct route_match *, const struct route_match *);

/* The first rule that matches, or NONE. */
uint32_t routes_find(const struct routes_config *, const struct class_config *);

/* The pool, by index, of a request of this class with this luck; salt: each router's own. */
uint32_t routes_pool(const struct routes_config *, uint32_t class, uint64_t luck, uint64_t salt);

#endif
