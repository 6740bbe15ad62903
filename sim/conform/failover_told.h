/* failover_told.h - what a run of a dying server gave, and what was recorded of it. */
#ifndef CONFORM_FAILOVER_TOLD_H
#define CONFORM_FAILOVER_TOLD_H

#include "judge.h"

#include "../metrics/record.h"
#include "product_failover.h"

/* What was done to which server, in seconds from the first request. */
struct failover_trial { const char *mode; uint32_t server; double down, up, lasts, rate; };

/* One thing that both have; low, high: of the two recorded runs, NAN: it did not happen. */
struct failover_measure { const char *name; double ours, low, high, within; };

enum { FAILOVER_QUANTITIES = 8 + PRODUCT_MOST_SERVERS };

struct failover_told {
    struct failover_measure of[FAILOVER_QUANTITIES];
    uint32_t count, agreed;
};

/* Measures what was run (after its warm-up) against the recording. */
void failover_compare(const struct judged *, const struct failover_trial *,
                      const struct failover *, const struct record *, struct failover_told *);

/* Into the row. */
void failover_tell(struct judged *, const struct failover_told *);

static inline double seconds(nsec t)
{
    return (double)t / 1e9;
}

#endif
