/* limiter.h - so much a second and no more: a token bucket, for all or one a source.
 *
 * Kept as the time when the bucket would be full again, as ITU-T I.371 does (the generic cell rate
 * algorithm, the same thing as a token bucket): one number a bucket, and no timer. */
#ifndef PARTS_LIMITER_H
#define PARTS_LIMITER_H

#include "../base/types.h"

enum limit_by {
    LIMIT_BY_INSTANCE,              /* each instance of the tier has a bucket */
    LIMIT_BY_TIER,                  /* one for all of them */
    LIMIT_BY_SOURCE,                /* each instance has one for every source address */
};

struct limit_config {
    double   rate;                  /* per second; 0: no limit */
    uint32_t burst;                 /* tokens of a full bucket, >= 1 */
    uint32_t by;                    /* enum limit_by */
};

/* A bucket that is full again is forgotten when the table grows. */
struct limiter {
    double gap, slack;              /* ns a token; ns that it may be ahead */
    struct bucket { double full_at; uint32_t source; bool is_used; } *bucket;   /* [mask + 1] */
    uint32_t mask, count;
};

void limiter_init(struct limiter *, const struct limit_config *);
void limiter_fini(struct limiter *);

/* Takes a token of this source's bucket, if there is one; sources that are alike share one. */
bool limiter_admit(struct limiter *, nsec now, uint32_t source);

#endif
