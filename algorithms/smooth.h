/* smooth.h - the least cost / weight, and smooth weighted round robin among those that tie.
 *
 * nginx's rule as a structure: backends of one cost and one weight are a group, in which credits
 * all rise alike; groups stand in a heap by cost / weight.  A pick touches the tied groups only. */
#ifndef SMOOTH_H
#define SMOOTH_H

#include "heap.h"

struct smooth_member {                   /* a node of its group's pairing heap, by credit */
    int64_t  credit;                     /* while in a group: without the group's rise */
    uint32_t group;                      /* 0: in none */
    uint32_t cost;
    uint32_t child, next, back;          /* back: the sibling before, or the parent of the first */
    bool     is_tried;                   /* in but for the request that is being picked for */
};

struct smooth_group {
    uint32_t cost, weight;
    uint32_t best;                       /* the root: the greatest credit, the first of equals */
    uint32_t members;
    int64_t  rise;
    uint32_t next;                       /* in its bucket, or among the spare ones */
};

/* The first field of the private state of an algorithm that uses it. */
struct smooth {
    struct heap           heap;          /* of groups */
    struct smooth_member *member;        /* by backend */
    struct smooth_group  *group;         /* [room + 1], from 1 on */
    uint32_t             *bucket;        /* groups by hash of (cost, weight) */
    uint32_t              room, buckets, spare;
};

void     smooth_room(struct lb *);                    /* at the start and after LB_ADDED */
void     smooth_free(struct smooth *);
size_t   smooth_bytes(const struct smooth *);

/* Backend i now costs this much; in if open, out if not.  Its credit rests while it is out. */
void     smooth_keep(struct lb *, uint32_t i, uint32_t cost);

/* Takes backend i out, open or not, until the next smooth_keep(). */
void     smooth_set_aside(struct lb *, uint32_t i);

/* A backend, LB_FULL or LB_NONE.  A tried one takes no part: it earns no credit. */
uint32_t smooth_pick(struct lb *, const struct lb_request *);

/* ---- a pick in steps, for who has backends set aside that tie ---- */

/* What a pick learns of the tied ones. */
struct smooth_turn {
    uint32_t best, count;
    uint64_t weight;                     /* the sum of theirs */
};

/* Those that were tried are out between the two. */
void     smooth_begin(struct lb *, const struct lb_request *);
void     smooth_end(struct lb *, const struct lb_request *);

/* The least cost / weight of those that are in; false: none is. */
struct smooth_ratio { uint32_t cost, weight; };
bool     smooth_least(const struct lb *, struct smooth_ratio *);

/* Those that have it earn their credit. */
void     smooth_raise(struct lb *, struct smooth_turn *);
int64_t  smooth_credit(const struct lb *, uint32_t i);
/* To the credit of one, in or set aside. */
void     smooth_earn(struct lb *, uint32_t i, int64_t credit);

#endif
