/* policy.h - from a policy to a balancer of the library: the algorithm with its parameters, inside
 * its wrappers. */
#ifndef NODES_POLICY_H
#define NODES_POLICY_H

#include "../../algorithms/lb.h"
#include "config.h"

/* Not started, without backends; parameters were checked when the policy was read.  The caller's:
 * lb_free(). */
struct lb *policy_new(const struct policy *, uint64_t seed);

/* enum lb_trait of the whole. */
uint32_t policy_traits(const struct policy *);

/* Does it read the request's key? */
bool policy_is_keyed(const struct policy *);

#endif
