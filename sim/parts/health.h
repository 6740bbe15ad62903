/* health.h - active checks: what one asks for, when the next is due, and what a balancer (or the
 * keeper of a pool) believes after so many good or bad ones.
 *
 * The belief is HAProxy's (configuration manual 2.6, 5.2 "rise", "fall", "fastinter", "downinter"):
 * so many results in a row against it change it, one result for it begins the count anew. */
#ifndef PARTS_HEALTH_H
#define PARTS_HEALTH_H

#include "../base/types.h"

/* How much of a backend a check asks; each sees all that those before it see. */
enum check_level {
    CHECK_L4,                       /* does the port accept?  The kernel answers, not the process */
    CHECK_L7,                       /* does the process answer?  What costs waits for a worker */
    CHECK_DEEP,                     /* can the backend reach what it depends on? */
    CHECK_LOAD,                     /* none: it asks for what the backend says of its load */
};

/* What the time to the next check counts from. */
enum check_pace { PACE_START, PACE_END };

enum observe { OBSERVE_NOTHING, OBSERVE_L4, OBSERVE_L7 };
enum on_error { ON_ERROR_FASTINTER, ON_ERROR_FAIL_CHECK, ON_ERROR_SUDDEN_DEATH,
                ON_ERROR_MARK_DOWN };

struct health_config {
    nsec     interval;              /* 0: no checks */
    nsec     timeout;               /* a check without answer by then has failed */
    uint32_t rise, fall;            /* good or bad checks in a row that change the mind */
    uint32_t level;                 /* enum check_level */
    uint32_t pace;                  /* enum check_pace */
    nsec     fast_interval;         /* while results in a row speak against the belief; 0: same */
    nsec     down_interval;         /* while it is down; 0: interval */
    nsec     jitter;                /* each wait is longer by a random time below this */
    nsec     first;                 /* of every peer; NEVER: spread over the interval by the seed */
    nsec     cost;                  /* server time of one at the backend; 0: answered at once */

    /* HAProxy's `observe`: results of requests that lead to checks, or stand for them. */
    uint32_t observe;               /* enum observe */
    uint32_t error_limit;           /* failures in a row that are one */
    uint32_t on_error;              /* enum on_error: what then */
};

/* One peer's state; `streak` counts checks that speak against the present belief. */
struct health { uint32_t streak; bool is_down; };

/* Takes one check's result; true when the belief changed (h->is_down is the new one). */
bool health_note(struct health *, const struct health_config *, bool passed);

/* Down at once, whatever was believed; true when that is news. */
bool health_condemn(struct health *);

/* ns from one check to the next, without jitter. */
nsec health_wait(const struct health *, const struct health_config *);

#endif
