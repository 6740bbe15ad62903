/* arrival.h - when the next request comes: one stream of arrivals for a whole group of clients.
 *
 * Open-loop processes never look at the answers, so every policy sees the same arrivals. */
#ifndef PARTS_ARRIVAL_H
#define PARTS_ARRIVAL_H

#include "../base/dist.h"

enum arrival_process {
    ARRIVAL_POISSON,                /* exponential gaps */
    ARRIVAL_CONSTANT,               /* equal gaps */
    /* Poisson whose rate jumps between states, exponential stays, in a ring */
    ARRIVAL_MMPP,
    /* Poisson with a rate that is given piece by piece, from the start of the run */
    ARRIVAL_STEPS,
    ARRIVAL_TRACE,                  /* times from a file */
    ARRIVAL_CLOSED,                 /* each client asks, waits for the answer, thinks, asks again */
};

/* mmpp: mean stay; steps: length of the step */
struct arrival_state { double rate; nsec hold; };

/* One line of a trace.  What a column does not give is NONE or NEVER. */
struct arrival_row { nsec at, demand; uint32_t client, key; };

struct arrival_config {
    uint32_t process;               /* enum arrival_process */
    double   rate;                  /* per second, of the whole group; poisson and constant */
    struct arrival_state *state;    /* mmpp, steps */
    uint32_t states;
    struct dist think;              /* closed */
    const char *file;               /* trace: as written in the scenario */
    struct arrival_row *row;        /* trace: read by the loader, rising in time */
    uint32_t rows;
};

/* Mean rate of an open-loop process over [0, duration); 0 for closed loops. */
double arrival_mean_rate(const struct arrival_config *, nsec duration);

struct arrival {
    const struct arrival_config *config;
    struct rng rng;
    double   mean_gap;              /* poisson, constant: ns */
    uint64_t count;                 /* constant: arrivals so far */
    nsec     state_ends;
    uint32_t state, row;
};

void arrival_init(struct arrival *, const struct arrival_config *, uint64_t seed, uint32_t group);

/* The time of the arrival after `now`, NEVER when there is none any more.  Trace: a->row is then
 * the index of the row after the one that this time belongs to. */
nsec arrival_next(struct arrival *, nsec now);

#endif
