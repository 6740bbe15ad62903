/* parts.h - what wrappers share: inner balancers, each over a part of the backends.
 *
 * A backend is in one part of a set or in none, and has an index of its own there.  struct parts
 * is the first member of a wrapper's state, so most of lb_ops can be the functions below. */
#ifndef PARTS_H
#define PARTS_H

#include "lb.h"

struct part {
    struct lb *lb;
    uint32_t  *outer;                    /* by the part's index: ours */
    uint32_t   room;
    bool       is_forced;                /* who is down counts as up there */
    bool       is_renumbered;            /* some index differs from ours */
};

struct part_spot { uint32_t part, index; };         /* part LB_NONE: in none */

struct parts {
    struct part      *part;
    uint32_t          count;
    struct part_spot *spot;              /* by backend */
    uint32_t          room;
    uint64_t         *avoid;             /* lb_request.avoid by a part's indexes */
    uint32_t          avoid_room;
};

/* The state of a wrapper begins with its parts. */
static inline struct parts *parts_of(const struct lb *lb)
{
    return lb->state;
}

/* Makes parts until there are `count`; those made after the start are started.  0, or -1: the inner
 * algorithm refuses, *why says it. */
int      parts_reserve(struct lb *, struct parts *, uint32_t count, const char **why);
/* Starts all of them: their backends are there. */
int      parts_start(struct parts *, const char **why);
void     parts_free(struct parts *);
size_t   parts_size(const struct parts *);

/* Puts backend i into a part; it is in none yet, or no more. */
void     parts_put(struct lb *, struct parts *, uint32_t i, uint32_t part, uint32_t weight);
/* Takes it out.  What it has in flight is completed as before. */
void     parts_take(struct parts *, uint32_t i);
/* Its weight there. */
void     parts_weigh(struct parts *, uint32_t i, uint32_t weight);
/* Tells its part what became of backend i but for its weight: state, limit, what is in flight. */
void     parts_tell(struct lb *, struct parts *, uint32_t i);
/* Counts those that are down as up, or no more. */
void     parts_force(struct lb *, struct parts *, uint32_t part, bool is_forced);

/* Asks a part (peeks, if the wrapper is peeked at): one of ours, LB_FULL or LB_NONE. */
uint32_t parts_pick(struct lb *, struct parts *, uint32_t part, const struct lb_request *);
/* Counts inside what was picked, if the part did not pick it itself: lb_take(), another part. */
void     parts_count(struct lb *, struct parts *, uint32_t i);
void     parts_complete(struct parts *, uint32_t i, const struct lb_outcome *);
void     parts_report(struct parts *, uint32_t i, const struct lb_outcome *);

/* Traits of the inner algorithm that most wrappers keep. */
enum {
    PARTS_INHERIT = LB_WEIGHTED | LB_BY_KEY | LB_CONSISTENT | LB_FEEDBACK | LB_BY_ADDRESS
                  | LB_BY_LOAD | LB_BY_WORK | LB_MAY_WAIT | LB_BY_ORDER | LB_MAY_DROP | LB_SCANS
                  | LB_STICKS | LB_PANICS | LB_MAY_LINGER
};

/* ---- for lb_ops, of wrappers with one set of parts ---- */

void   parts_on_pick(struct lb *, uint32_t i, uint64_t now);
void   parts_on_complete(struct lb *, uint32_t i, const struct lb_outcome *);
void   parts_on_report(struct lb *, uint32_t i, const struct lb_outcome *);
void   parts_on_shared(struct lb *, uint32_t i, int64_t by);
void   parts_on_stop(struct lb *);
size_t parts_bytes(const struct lb *);

#endif
