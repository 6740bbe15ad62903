/* policy.h - what a balancer chooses by: an algorithm with its parameters, inside its wrappers; and
 * from that to a balancer of the library. */
#ifndef PARTS_POLICY_H
#define PARTS_POLICY_H

#include <stdbool.h>
#include <stdint.h>

struct lb;
struct lb_ops;

/* As compared in a scenario. */
struct policy {
    const struct lb_ops *ops;
    const char *label;              /* how answers name it: label, or "p2c(choices=5)" */
    uint32_t    set_count;
    struct policy_set { const char *param; double value; } set[8];
    uint32_t    wraps;              /* around it, innermost first */
    struct policy_wrap { const struct lb_ops *ops; uint32_t set_count; struct policy_set set[6]; }
                wrap[6];
};

/* Not started, without backends; parameters were checked when the policy was read.  The caller's:
 * lb_free(). */
struct lb *policy_new(const struct policy *, uint64_t seed);

/* enum lb_trait of the whole. */
uint32_t policy_traits(const struct policy *);

/* Does it read the request's key? */
bool policy_is_keyed(const struct policy *);

#endif
