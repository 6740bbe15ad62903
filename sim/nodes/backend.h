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
    const struct backend_config *config;
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
    struct teller *teller;          /* of its load; NULL: nobody listens */
};

/* Another condition than the one it is in: what that means for whom it has, and who waits. */
void backend_enter(struct backend *, struct sim *, enum condition);

/* ---- backend_report.c ---- */

/* A request has come; its reply goes back, with what the backend says of itself in it: where
 * there is a teller. */
void backend_note_ask(struct backend *, struct req *);
void backend_note_answer(struct backend *, struct sim *, struct req *, enum status);
/* It has begun to serve: it may have an idle token to send.  Also by a timer with this argument;
 * those of the station are ids of requests, or NONE - 1. */
#define BACKEND_IDLE NONE
void backend_say_idle(struct backend *, struct sim *);
/* A probe for load. */
void backend_answer_load(struct backend *, struct sim *, struct req *);
void backend_free_teller(struct backend *);

#endif
