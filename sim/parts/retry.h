/* retry.h - may a failed attempt be tried again, how long after, and where. */
#ifndef PARTS_RETRY_H
#define PARTS_RETRY_H

#include "../core/req.h"
#include "budget.h"

/* Reasons a scenario can name, or-ed. */
enum retry_on { RETRY_ON_REFUSED = 1, RETRY_ON_TIMEOUT = 2, RETRY_ON_RESET = 4, RETRY_ON_5XX = 8 };

/* How waits of equal length are spread: Brooker, Exponential Backoff and Jitter (AWS, 2015); the
 * fifth is gRPC's (gRFC A6). */
enum retry_jitter {
    JITTER_NONE,                    /* d */
    JITTER_FULL,                    /* uniform in 0 .. d */
    JITTER_EQUAL,                   /* d/2 .. d */
    JITTER_DECORRELATED,            /* base .. 3 times the wait before */
    JITTER_FIFTH,                   /* 0.8 d .. 1.2 d */
};

struct backoff_config {
    nsec     base;                  /* before the first further attempt; 0: no wait */
    nsec     max;                   /* no wait is longer, before jitter */
    double   factor;                /* each wait is so many times the one before */
    uint32_t jitter;                /* enum retry_jitter */
    bool     same_only;             /* an attempt at another backend goes at once */
};

/* Which attempts go to another backend: every k-th further one, or: */
#define REDISPATCH_NEVER 0u
#define REDISPATCH_LAST  UINT32_MAX /* the last one only */

struct retry_config {
    uint32_t max;                   /* further attempts after the first; 0: none */
    uint32_t on;                    /* enum retry_on */
    uint32_t redispatch;            /* k, or one of the two above */
    struct backoff_config backoff;
    struct budget_config budget;
};

/* Is an attempt that ended so to be tried again? */
static inline bool retry_is_reason(const struct retry_config *c, enum status status)
{
    static const uint32_t reason[] = {
        [STATUS_OK] = 0, [STATUS_ERROR] = RETRY_ON_5XX, [STATUS_UNAVAILABLE] = RETRY_ON_5XX,
        [STATUS_REFUSED] = RETRY_ON_REFUSED, [STATUS_RESET] = RETRY_ON_RESET,
        [STATUS_TIMEOUT] = RETRY_ON_TIMEOUT, [STATUS_CANCELLED] = 0,
    };

    return reason[status] & c->on;
}

/* The wait before the n-th further attempt, n from 1; `luck` keys what is random in it. */
nsec retry_wait(const struct backoff_config *, uint32_t n, uint64_t luck);

/* Does the n-th further attempt go to another backend? */
bool retry_goes_elsewhere(const struct retry_config *, uint32_t n);

#endif
