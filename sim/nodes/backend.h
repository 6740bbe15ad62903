/* backend.h - a backend's state, as backend.c (what it does with messages) and backend_fault.c (how
 * badly off it is, by whose fault, and who knows) share it. */
#ifndef NODES_BACKEND_H
#define NODES_BACKEND_H

#include "../parts/station.h"
#include "nodes.h"

/* From well to worst. */
enum condition {
    CONDITION_GOOD, CONDITION_GREY, CONDITION_CUT_OFF, CONDITION_BROKEN, CONDITION_RESETS,
    CONDITION_HUNG, CONDITION_CRASHED,
};

/* While it lasts: since when (NEVER: none), and how many instances have found it. */
struct fault { nsec since; uint32_t found; };

struct backend {
    struct node node;
    enum condition condition;       /* the worst of blamed[] */
    double   fails;                 /* share of the requests, when grey or cut off */
    struct blamed { enum condition condition; double share; } blamed[BLAMES];
    struct fault fault;
    uint32_t watchers;              /* balancer instances that could find a fault */
    bool     is_slow;
    uint32_t index;                 /* in the meter */
    struct station station;
    double   speed;                 /* as configured */
    struct req **swallowed;         /* OPENs that a hung process will answer when it recovers */
    uint32_t swallowed_count, swallowed_capacity;
    struct sessions *sessions;      /* the pool's, or NULL */
    bool     keeps_table;           /* the pool's first */
    bool     is_external;           /* their state lies in a store */
    uint32_t life;                  /* of the process: crashes so far */
};

/* Another condition than the one it is in: what that means for whom it has, and who waits. */
void backend_enter(struct backend *, struct sim *, enum condition);

#endif
