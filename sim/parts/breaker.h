/* breaker.h - circuit breakers: limits on what is out at a time, and a switch that opens after
 * failures, lets nobody through for a while, and then a few to see (Nygard, Release It!, 2007). */
#ifndef PARTS_BREAKER_H
#define PARTS_BREAKER_H

#include "../base/types.h"

/* Envoy's thresholds, of one balancer for all its backends; 0: no limit. */
struct limits_config {
    uint32_t per_backend;           /* attempts out at one backend: HAProxy's maxconn */
    uint32_t connections;           /* attempts out in all, one a connection: beyond, they wait */
    uint32_t requests;              /* attempts out in all: beyond, they are refused */
    uint32_t retries;               /* further attempts out, or about to be */
};

enum breaker_kind { BREAKER_NONE, BREAKER_CONSECUTIVE, BREAKER_RATE };
enum breaker_scope { BREAKER_BACKEND, BREAKER_ALL };

struct breaker_config {
    uint32_t kind;                  /* enum breaker_kind */
    uint32_t scope;                 /* enum breaker_scope: one for each backend, or one for all */
    uint32_t failures;              /* CONSECUTIVE: in a row that open it */
    double   rate;                  /* RATE: share of failures from which on it opens, */
    uint32_t calls;                 /* when there were so many, */
    nsec     window;                /* in so long */
    nsec     open;                  /* how long it stays open the first time, */
    nsec     open_max;              /* doubled each time in a row up to this; 0: never longer */
    uint32_t probes;                /* let through then; all good: closed, one bad: open again */
};

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };
enum { BREAKER_WINDOWS = 10 };      /* pieces of the window, as in Hystrix */

struct breaker {
    enum breaker_state state;
    nsec     since, until;          /* of this state; OPEN: until */
    uint32_t streak;                /* CONSECUTIVE: failures in a row */
    uint32_t opened;                /* times in a row without a good probe between */
    uint32_t admitted, passed;      /* HALF_OPEN: probes */
    uint64_t turn;
    struct breaker_window { uint32_t calls, failures; } window[BREAKER_WINDOWS];
};

/* May one go through?  If it does, breaker_admit() is told. */
bool breaker_is_passable(const struct breaker *, const struct breaker_config *, nsec now);
void breaker_admit(struct breaker *, nsec now);

/* What was sent at `sent` came back; true: this opened it.  What was sent before the present state
 * began tells nothing of it. */
bool breaker_note(struct breaker *, const struct breaker_config *, nsec now, nsec sent,
                  bool failed);
/* It never came back: nothing is known, and another may be let through. */
void breaker_forget(struct breaker *, nsec sent);

#endif
