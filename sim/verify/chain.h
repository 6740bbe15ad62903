/* chain.h - the stationary distribution of a Markov chain in continuous time whose states lie in
 * levels, every transition going to the same level or one next to it. */
#ifndef VERIFY_CHAIN_H
#define VERIFY_CHAIN_H

#include "../base/types.h"

struct arc { uint32_t from, to; double rate; };

struct chain {
    uint32_t states, levels;
    uint32_t *level;                /* [states]: the caller fills it */
    struct arc *arc;
    uint32_t arcs, room;
};

void chain_init(struct chain *, uint32_t states, uint32_t levels);
void chain_fini(struct chain *);
void chain_arc(struct chain *, uint32_t from, uint32_t to, double rate);

/* p[states], summing up to 1; states without an arc get 0.  Gauss-Seidel, and after every sweep
 * what flows up between two levels is set equal to what flows down (aggregation: Koury, McAllister
 * and Stewart 1984), which takes it to the last digits in some dozens of sweeps. */
void chain_solve(const struct chain *, double *p);

/* ---- servers with a queue each, Poisson arrivals, exponential service of mean 1 ---- */

/* Which of the n servers, sorted by how many requests they have, gets the next one. */
enum chain_rule {
    CHAIN_SHORTEST,                 /* one of the shortest */
    CHAIN_TWO,                      /* the shorter of two different ones */
    CHAIN_TWO_WITH,                 /* the shorter of two that may be the same */
    CHAIN_IDLE,                     /* an idle one if there is one, else any */
};

/* The law of the time in the system at n = 2 or 3 servers, rho at most 0.9.  Queues longer, and
 * further apart, than the table of states are left out: less than 1e-9 of all. */
struct law chain_servers(enum chain_rule, uint32_t n, double rho);

/* Fork-join of two M/M/1: every request at both, its time the greater of two. */
struct law chain_fork_join(double rho);

#endif
