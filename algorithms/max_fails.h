/* max_fails.h - what nginx remembers of servers that failed, for the algorithms that are its own.
 *
 * A failure takes weight / max_fails off a server's weight, which grows back by 1 whenever its turn
 * is considered; after max_fails of them it sits out (fail_clock.h).  Who is in trouble stands
 * apart from the structure of the others, and is scanned: there are few. */
#ifndef MAX_FAILS_H
#define MAX_FAILS_H

#include "fail_clock.h"
#include "lb.h"

struct trouble {
    struct fail_clock clock;
    uint32_t lost;                       /* of its weight; grows back */
    uint32_t apart;                      /* its place in apart[] + 1; 0: with the others */
};

/* A field of the private state; max_fails 0: nothing is remembered. */
struct max_fails {
    uint32_t        max_fails;
    bool            errors_fail;
    uint64_t        fail_timeout;        /* ns */
    struct trouble *of;                  /* by backend */
    uint32_t       *apart, aparts, room;
    void          (*moved)(struct lb *, uint32_t i);    /* after i went apart or came back */
};

#define MAX_FAILS_PARAMS(state, field)                                                            \
    { "max_fails", LB_UINT, offsetof(struct state, field.max_fails), 0, 0, 1e6,                   \
      "failures after which a backend sits out; nginx has 1; 0: never" },                         \
    { "fail_timeout", LB_DURATION, offsetof(struct state, field.fail_timeout), 10e9, 0, 1e15,     \
      "how long it sits out, in whole seconds of the clock" },                                    \
    { "errors_fail", LB_BOOL, offsetof(struct state, field.errors_fail), 0, 0, 1,                 \
      "error replies count as failures, as with proxy_next_upstream http_500" }

void   max_fails_room(struct max_fails *, uint32_t room);    /* at the start and after LB_ADDED */
void   max_fails_free(struct max_fails *);
size_t max_fails_bytes(const struct max_fails *);

static inline bool max_fails_is_apart(const struct max_fails *m, uint32_t i)
{
    return i < m->room && m->of[i].apart != 0;
}

/* Of one apart: may it be given this request? */
bool max_fails_may_try(const struct max_fails *, const struct lb *, const struct lb_request *,
                       uint32_t i);

/* What is left of the weight of one apart, whose turn is being considered: it grows by 1 after. */
uint32_t max_fails_weight(struct max_fails *, const struct lb *, uint32_t i);

/* i was picked: those with nothing left to tell them from the others come back. */
void max_fails_picked(struct max_fails *, struct lb *, uint32_t i, uint64_t now);

/* What became of a request.  A lone server is never held to have failed. */
void max_fails_complete(struct max_fails *, struct lb *, uint32_t i, const struct lb_outcome *);

#endif
