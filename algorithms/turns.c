/* turns.c - see turns.h.  All backends cost the same, so smooth.h's groups are those of equal
 * weight and the pick is nginx's round robin. */
#include "turns.h"

enum { SAME_COST = 0 };

void turns_start(struct lb *lb)
{
    smooth_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        smooth_keep(lb, i, SAME_COST);
}

void turns_stop(struct lb *lb)
{
    smooth_free(lb->state);
}

size_t turns_bytes(const struct lb *lb)
{
    return smooth_bytes(lb->state);
}

void turns_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    smooth_keep(lb, i, SAME_COST);
}

void turns_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    (void)outcome;
    smooth_keep(lb, i, SAME_COST);
}

void turns_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    smooth_keep(lb, i, SAME_COST);
}

void turns_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        smooth_room(lb);
    smooth_keep(lb, i, SAME_COST);
}

uint32_t turns_pick(struct lb *lb, const struct lb_request *rq, uint64_t hash)
{
    if (!lb->peeking)
        return smooth_pick(lb, rq);

    uint32_t i = lb_next_usable(lb, rq, lb->count > 0 ? (uint32_t)(hash % lb->count) : 0);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}
