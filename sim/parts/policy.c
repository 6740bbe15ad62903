/* policy.c - see policy.h. */
#include "policy.h"

#include <assert.h>

#include "../../algorithms/lb.h"
#include "../base/xalloc.h"

static struct lb *configured(const struct lb_ops *ops, const struct policy_set *set, uint32_t count,
                             uint64_t seed)
{
    struct lb *lb = lb_new(ops, seed);
    const char *why = NULL;

    if (lb == NULL)
        xalloc_failed();
    for (uint32_t k = 0; k < count; k++) {
        int rc = lb_set(lb, set[k].param, set[k].value, &why);

        assert(rc == 0);
        (void)rc;
    }
    return lb;
}

struct lb *policy_new(const struct policy *p, uint64_t seed)
{
    struct lb *lb = configured(p->ops, p->set, p->set_count, seed);

    for (uint32_t k = 0; k < p->wraps; k++) {
        const struct policy_wrap *w = &p->wrap[k];
        struct lb *outer = configured(w->ops, w->set, w->set_count, seed);

        lb_wrap(outer, lb);
        lb = outer;
    }
    return lb;
}

uint32_t policy_traits(const struct policy *p)
{
    uint32_t traits = p->ops->traits;

    for (uint32_t k = 0; k < p->wraps; k++)
        traits = p->wrap[k].ops->traits | (traits & p->wrap[k].ops->inherits);
    return traits;
}

bool policy_is_keyed(const struct policy *p)
{
    return policy_traits(p) & (LB_BY_KEY | LB_BY_LOAD | LB_STICKS);
}
