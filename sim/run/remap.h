/* remap.h - which share of the keys changes its backend when the set of backends changes: exact,
 * by asking the algorithm for every key before and after.  No time is simulated. */
#ifndef RUN_REMAP_H
#define RUN_REMAP_H

#include "../base/err.h"
#include "../scenario/scenario.h"

enum remap_change { REMAP_REMOVE, REMAP_ADD };

struct remap_question {
    uint32_t backends;
    enum remap_change change;
    uint32_t by;                    /* how many are removed (the middle ones) or added */
    uint32_t keys;
    uint64_t seed;
};

struct remap_row {
    /* Keys.  unavoidable: those of the removed, or those that go to the added. */
    uint64_t moved, unavoidable;
    double   max_over_mean;         /* keys on the fullest backend / mean, before the change */
    size_t   table_bytes;
    double   build_ns;              /* measured on this machine */
};

/* 0, or -1 with the reason in err (the policy does not map keys, too many backends ...). */
int remap_measure(const struct policy *, const struct remap_question *, struct remap_row *,
                  struct err *);

#endif
